// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryProbeHasItsProgram(t *testing.T) {
	spec, err := Spec()
	if err != nil {
		t.Fatal(err)
	}
	for _, probe := range probes(&bpfPrograms{}) {
		program, ok := spec.Programs[probe.function]
		if !ok {
			t.Errorf("no program for %s", probe.function)
			continue
		}
		if program.AttachTo != probe.function {
			t.Errorf("program %s is written for %s", probe.function, program.AttachTo)
		}
	}
	if table := spec.Maps["programs"]; int(table.MaxEntries) < len(probes(&bpfPrograms{})) {
		t.Errorf("the program table has room for %d", table.MaxEntries)
	}
}

func TestConfigure(t *testing.T) {
	for _, all := range []bool{false, true} {
		spec, err := Spec()
		if err != nil {
			t.Fatal(err)
		}
		spec.Maps[flowsMap].MaxEntries = 77
		if err := (&HookOptions{AllNamespaces: all}).configure(spec); err != nil {
			t.Fatal(err)
		}
		var cookie uint64
		if err := spec.Variables["netns_cookie"].Get(&cookie); err != nil {
			t.Fatal(err)
		}
		if (cookie == 0) != all {
			t.Errorf("all namespaces %v: cookie %d", all, cookie)
		}
		if got := spec.Maps["connections"].MaxEntries; got != 77 {
			t.Errorf("connection table has %d entries, want as many as the flow table", got)
		}
	}
}

func TestMissingFunctions(t *testing.T) {
	symbols := strings.Join([]string{
		"0000000000000000 T tcp_set_state",
		"0000000000000000 t tcp_sendmsg",
		"0000000000000000 D tcp_recvmsg",
		"0000000000000000 T release_sock.isra.0",
		"0000000000000000 T tcp_close",
		"0000000000000000 T ip_send_skb",
		"0000000000000000 T ip6_send_skb\t[ipv6]",
		"0000000000000000 T skb_consume_udp",
	}, "\n")
	missing, err := missingFunctions(strings.NewReader(symbols))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"tcp_recvmsg", "release_sock"}; !slices.Equal(missing, want) {
		t.Errorf("missing %v, want %v", missing, want)
	}
}
