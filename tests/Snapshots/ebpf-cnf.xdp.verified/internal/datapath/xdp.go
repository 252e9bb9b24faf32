// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/netdev"
)

const (
	modeAuto    = "auto"
	modeNative  = "native"
	modeGeneric = "generic"
)

var modeFlags = map[string]link.XDPAttachFlags{
	modeNative:  link.XDPDriverMode,
	modeGeneric: link.XDPGenericMode,
}

// attachTo names the mode in every attempt. Left to itself, the kernel takes native where the
// driver knows XDP at all, and fails if the driver then refuses, as with an MTU that is
// too large.
func (h *xdpHook) attachTo(d netdev.Device) (Link, error) {
	if h.mode != modeAuto {
		return h.attachAs(d, h.mode)
	}
	attached, err := h.attachAs(d, modeNative)
	refusal := (*refusedError)(nil)
	if !errors.As(err, &refusal) {
		return attached, err
	}
	h.log.Info("driver refuses native XDP, generic is tried", "interface", d.Name, "reason", refusal.reason())
	return h.attachAs(d, modeGeneric)
}

// attachAs tries once more after a refusal, to hear what the driver says.
func (h *xdpHook) attachAs(d netdev.Device, mode string) (Link, error) {
	attached, err := h.tryAs(d, mode)
	refusal := (*refusedError)(nil)
	if !errors.As(err, &refusal) {
		return attached, err
	}
	driver, listenErr := listenToDriver()
	if listenErr != nil {
		h.log.Debug("the driver's own words are not known", "error", listenErr)
		return nil, err
	}
	defer driver.close()
	attached, err = h.tryAs(d, mode)
	if errors.As(err, &refusal) {
		refusal.words = driver.String()
	}
	return attached, err
}

func (h *xdpHook) tryAs(d netdev.Device, mode string) (Link, error) {
	attached, err := link.AttachXDP(link.XDPOptions{
		Program:   h.program,
		Interface: d.Index,
		Flags:     modeFlags[mode],
	})
	switch {
	case err == nil:
		return attached, nil
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EEXIST):
		return nil, slotTaken(d)
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES), errors.Is(err, unix.ENODEV):
		return nil, err
	}
	return nil, &refusedError{mode: mode, cause: err}
}

// refusedError is the driver's, or for generic mode the kernel's, refusal.
type refusedError struct {
	mode  string
	cause error
	words string
}

func (e *refusedError) Error() string {
	if e.mode == modeNative {
		return fmt.Sprintf("the driver refuses native XDP (%s): lower the MTU, or use --mode generic or auto", e.reason())
	}
	return "the kernel refuses generic XDP: " + e.reason()
}

func (e *refusedError) reason() string {
	if e.words == "" {
		return e.cause.Error()
	}
	return fmt.Sprintf("%v, %q", e.cause, e.words)
}

func (e *refusedError) Unwrap() error { return e.cause }

// slotTaken says who has the one place for an XDP program that an interface has.
func slotTaken(d netdev.Device) error {
	const remedy = "stop the program's owner, or detach it with `ip link set dev %[2]s xdp off`"
	found, err := netlink.LinkByIndex(d.Index)
	if err != nil || found.Attrs().Xdp == nil || found.Attrs().Xdp.ProgId == 0 {
		return fmt.Errorf("another program holds the XDP slot of %[1]s: "+remedy, d.Name, d.Name)
	}
	id := found.Attrs().Xdp.ProgId
	return fmt.Errorf("%[1]s holds the XDP slot of %[2]s: "+remedy, describeProgram(id), d.Name)
}

// describeProgram adds the name if this process may ask for it, which takes CAP_SYS_ADMIN.
func describeProgram(id uint32) string {
	program, err := ebpf.NewProgramFromID(ebpf.ProgramID(id))
	if err != nil {
		return fmt.Sprintf("program %d", id)
	}
	defer program.Close()
	info, err := program.Info()
	if err != nil {
		return fmt.Sprintf("program %d", id)
	}
	return fmt.Sprintf("program %d (%s)", id, info.Name)
}

// modeInUse asks the kernel where the program really runs.
func modeInUse(index int) string {
	found, err := netlink.LinkByIndex(index)
	if err != nil || found.Attrs().Xdp == nil {
		return "unknown"
	}
	switch found.Attrs().Xdp.AttachMode {
	case nl.XDP_ATTACHED_DRV:
		return modeNative
	case nl.XDP_ATTACHED_SKB:
		return modeGeneric
	case nl.XDP_ATTACHED_HW:
		return "offload"
	}
	return "unknown"
}
