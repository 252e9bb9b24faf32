// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"log/slog"
	"math"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/doctor"
	"example.com/my-cnf/internal/netdev"
)

const (
	anchorHead = "head"
	anchorTail = "tail"
)

// tcProgram is a program for one side of an interface.
type tcProgram struct {
	// name is the program's name in C.
	name    string
	program *ebpf.Program
	// side is ebpf.AttachTCXIngress or ebpf.AttachTCXEgress.
	side ebpf.AttachType
	// slot is the program's place in the guard of the clsact fallback. It must not change
	// between versions.
	slot uint32
}

// trafficControl attaches programs to interfaces: by tcx links, or on kernels before 6.6 by filters of a
// clsact qdisc.
type trafficControl struct {
	links  *Links
	anchor string
	// clsact is nil where the kernel has tcx.
	clsact *clsact
}

// newTrafficControl finds out which of the two the kernel has. Any loaded program will do for that.
func newTrafficControl(program *ebpf.Program, anchor string, links *Links, log *slog.Logger) (*trafficControl, error) {
	t := &trafficControl{links: links, anchor: anchor}
	supported, err := tcxSupported(program)
	if err != nil || supported {
		return t, err
	}
	log.Info("kernel has no tcx (Linux 6.6), clsact is used instead", "hook", HookName)
	t.clsact, err = newClsact(links.pins, anchor, log)
	return t, err
}

// tcxSupported asks for a link to an interface that cannot exist. A kernel with tcx
// answers that there is none; an older one does not know what is asked for.
func tcxSupported(program *ebpf.Program) (bool, error) {
	attached, err := link.AttachTCX(link.TCXOptions{
		Interface: math.MaxInt32,
		Program:   program,
		Attach:    ebpf.AttachTCXIngress,
	})
	switch {
	case err == nil:
		return true, attached.Close()
	case errors.Is(err, unix.ENODEV):
		return true, nil
	case errors.Is(err, link.ErrNotSupported):
		return false, nil
	}
	return false, fmt.Errorf("find out whether the kernel has tcx: %w", err)
}

func (t *trafficControl) attachment(d netdev.Device, p tcProgram) Attachment {
	a := Attachment{
		Name:    tcName(d, p.name),
		Target:  d.Name,
		Program: p.program,
		Attach:  func() (Link, error) { return t.attachTCX(d, p) },
		Mode:    func() string { return "tcx" },
	}
	if t.clsact != nil {
		a.Attach = func() (Link, error) { return t.clsact.attach(d, p) }
		a.Mode = func() string { return "clsact" }
	}
	return a
}

// tcName has the index, which stays when an interface is renamed.
func tcName(d netdev.Device, program string) string { return fmt.Sprintf("%s-%d", program, d.Index) }

func (t *trafficControl) attachTCX(d netdev.Device, p tcProgram) (Link, error) {
	anchor := link.Tail()
	if t.anchor == anchorHead {
		anchor = link.Head()
	}
	attached, err := link.AttachTCX(link.TCXOptions{
		Interface: d.Index,
		Program:   p.program,
		Attach:    p.side,
		Anchor:    anchor,
	})
	if err != nil {
		return nil, err
	}
	return attached, nil
}

// prune removes filters of an earlier run that nothing wants any more.
func (t *trafficControl) prune() error {
	if t.clsact == nil {
		return nil
	}
	return t.clsact.prune()
}

// needsCapabilities is true for clsact, which is netlink. A tcx link needs none when its program
// is held open.
func (t *trafficControl) needsCapabilities() bool { return t.clsact != nil }

// close leaves the filters to the links, and gives up what they share.
func (t *trafficControl) close() error {
	if t.clsact == nil {
		return nil
	}
	return t.clsact.close()
}

// removeLeftovers removes the filters of a clsact qdisc that a run with this pin folder has left.
func (o *HookOptions) removeLeftovers(pins *pinFolder, log *slog.Logger) error {
	if version, _, err := doctor.RunningKernel(); err == nil && !version.Less(doctor.Version{Major: 6, Minor: 6}) {
		return nil
	}
	return removeFilters(func(name filterName, _ int) bool { return name.instance == pinnedInstance(pins) }, log)
}

// trafficControlCheck tells which way of attaching this kernel has. Not to have tcx is no failure.
func trafficControlCheck() doctor.Check {
	return doctor.Check{Name: "tcx", Run: func() doctor.Result {
		program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
			Type:         ebpf.SchedCLS,
			Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
			License:      "Dual BSD/GPL",
		})
		if err != nil {
			return doctor.Unknown(err.Error())
		}
		defer program.Close()
		supported, err := tcxSupported(program)
		switch {
		case err != nil:
			return doctor.Unknown(err.Error())
		case !supported:
			return doctor.Passed("not in this kernel (Linux 6.6), clsact is used instead")
		}
		return doctor.Passed("supported")
	}}
}
