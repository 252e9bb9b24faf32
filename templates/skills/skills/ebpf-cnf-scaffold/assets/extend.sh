#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# where: pack
set -eu
ip link set lo up
assets=$(cd "$(dirname "$0")" && pwd)
dotnet new ebpf-cnf --name my-cnf
cd my-cnf

# Puts its input below the first line of a file that has a text.
below() {
	line=$(grep -nFm1 -- "$2" "$1" | cut -d: -f1)
	sed -i "${line:?"$1 has no line with $2"}r /dev/stdin" "$1"
}

# snippet: function
cp "$assets/bpf/function/guard.h" bpf/function/
sed -i 's|function/monitor.h|function/guard.h|' bpf/hook/tcx.bpf.c
cp "$assets/guard.go" internal/datapath/
# end snippet

# snippet: flag
below internal/datapath/options.go 'MaxFlows uint32' << 'END'
	// Guard are the ports to which nothing may pass.
	Guard []uint
END
below internal/datapath/options.go 'o.Hook.AddFlags(flags)' << 'END'
	flags.UintSliceVar(&o.Guard, "guard", nil, "port to which nothing may pass; may be given several times")
END
below internal/datapath/options.go 'func (o *Options) Validate() error' << 'END'
	for _, port := range o.Guard {
		if port < 1 || port > 65535 {
			return fmt.Errorf("--guard %d: want a number between 1 and 65535", port)
		}
	}
END
# end snippet

# snippet: map
below internal/datapath/datapath.go 'd.links = newLinks(' << 'END'
	if err := d.guard(d.options.Guard); err != nil {
		return err
	}
END
# end snippet

# snippet: event
sed -i 's|-type flow_event_kind|& -type guard_event|' internal/datapath/gen.go
below internal/datapath/datapath.go 'd.watchEvictions(ctx)' << 'END'
	group.Go(func() error { return d.readGuardEvents(ctx) })
END
# end snippet

# snippet: metric
collector=internal/telemetry/collector.go
below $collector 'type Source interface {' << 'END'
	GuardedPorts() ([]datapath.GuardedPort, error)
END
below $collector 'type collector struct {' << 'END'
	guarded metric
END
below $collector 'return &collector{' << 'END'
		guarded: newMetric(counter, "guarded_packets_total", "Packets that were dropped because their port is guarded.", "port"),
END
below $collector 'list := []metric{' << 'END'
		c.guarded,
END
below $collector 'c.collectPrograms(metrics)' << 'END'
	c.collectGuarded(metrics)
END
cat > internal/telemetry/guard.go << 'END'
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

func (c *collector) collectGuarded(metrics chan<- prometheus.Metric) {
	ports, err := c.source.GuardedPorts()
	if err != nil {
		metrics <- c.guarded.broken(err)
		return
	}
	for _, port := range ports {
		metrics <- c.guarded.value(float64(port.Dropped), strconv.Itoa(int(port.Port)))
	}
}
END
cat >> internal/telemetry/telemetry_test.go << 'END'

func (f *fakeSource) GuardedPorts() ([]datapath.GuardedPort, error) {
	return []datapath.GuardedPort{{Port: 53, Dropped: 1}}, f.err
}
END
# end snippet

# snippet: reason
sed -i 's|^\tREASON_COUNT|\tREASON_GUARDED, /* to a guarded port */\n&|' bpf/lib/verdict.h
below bpf/function/guard.h '__sync_fetch_and_add(dropped, 1);' << 'END'
	*reason = REASON_GUARDED;
END
# end snippet

# snippet: check
make fmt all
go test ./internal/telemetry -update
make lint test
make test-datapath TESTFLAGS=-test.short
# end snippet

# What is sent to a neighbour that does not exist leaves through out0 all the same.
ip link add out0 type veth peer name in0
ip address add 10.0.0.1/24 dev out0
ip link set out0 up
ip link set in0 up
ip neighbour add 10.0.0.2 lladdr 02:00:00:00:00:02 dev out0

# snippet: run
./my-cnf run --interface out0 --guard 53 2> log &
trap 'kill %1; wait; cat log' EXIT
curl -s --retry 60 --retry-delay 1 --retry-all-errors --fail -o /dev/null http://localhost:9464/readyz
for port in 53 53 54; do
	echo query > "/dev/udp/10.0.0.2/$port"
done
curl -sS --fail -o metrics http://localhost:9464/metrics
grep -x 'cnf_guarded_packets_total{port="53"} 2' metrics
grep -x 'cnf_packets_total{direction="egress",reason="guarded",verdict="drop"} 2' metrics
./my-cnf flows -o json | grep '"destination_port": 54'
grep 'msg="guarded port" port=53 source=10.0.0.1' log
# end snippet
