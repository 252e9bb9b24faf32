// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/netdev"
)

func TestHookOptionsValidate(t *testing.T) {
	eth0 := netdev.Options{Interfaces: []string{"eth0"}}
	for _, mode := range []string{"auto", "native", "generic"} {
		if err := (&HookOptions{Devices: eth0, Mode: mode}).Validate(); err != nil {
			t.Errorf("mode %s: %v", mode, err)
		}
	}
	if err := (&HookOptions{Devices: eth0, Mode: "driver"}).Validate(); err == nil {
		t.Error("an unknown mode is accepted")
	}
	if err := (&HookOptions{Mode: "auto"}).Validate(); err == nil {
		t.Error("no interface is accepted")
	}
}

func TestRefusalKeepsItsCause(t *testing.T) {
	err := error(&refusedError{mode: modeNative, cause: unix.ERANGE, words: "too large"})
	if !errors.Is(err, unix.ERANGE) {
		t.Error("the cause is lost")
	}
	if !strings.Contains(err.Error(), "--mode generic") || !strings.Contains(err.Error(), "too large") {
		t.Errorf("remedy or reason are missing in %q", err)
	}
}

func TestAddRefusesDevicesWithoutEthernetHeader(t *testing.T) {
	err := (&xdpHook{}).Add(netdev.Device{Name: "wg0"})
	if err == nil || !strings.Contains(err.Error(), "tcx") {
		t.Errorf("got %v", err)
	}
}

// Without frags, interfaces with jumbo frames refuse the program.
func TestProgramTakesFrags(t *testing.T) {
	spec, err := Spec()
	if err != nil {
		t.Fatal(err)
	}
	const hasFrags = 1 << 5
	program := spec.Programs["xdp_ingress"]
	if program.Type != ebpf.XDP || program.Flags&hasFrags == 0 {
		t.Errorf("type %v, flags %#x", program.Type, program.Flags)
	}
}
