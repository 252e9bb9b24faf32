// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/doctor"
	"example.com/my-cnf/internal/netdev"
)

func netkitAttachment(d netdev.Device, p tcProgram) Attachment {
	return Attachment{
		Name:    tcName(d, p.name),
		Target:  d.Name,
		Program: p.program,
		Attach:  func() (Link, error) { return attachNetkit(d, p) },
		Mode:    func() string { return HookName },
	}
}

// attachNetkit attaches either side through the primary: the peer belongs to the pod, which cannot detach
// what hangs on the primary.
func attachNetkit(d netdev.Device, p tcProgram) (Link, error) {
	side := ebpf.AttachNetkitPeer
	if p.side == ebpf.AttachTCXEgress {
		side = ebpf.AttachNetkitPrimary
	}
	attached, err := link.AttachNetkit(link.NetkitOptions{
		Interface: d.Index,
		Program:   p.program,
		Attach:    side,
		Anchor:    link.Tail(),
	})
	switch {
	case err == nil:
		return attached, nil
	case errors.Is(err, unix.EACCES):
		// No lack of privilege, so the error is not wrapped.
		return nil, fmt.Errorf("%s is the peer of a netkit pair: name its primary, which is the device on the host", d.Name)
	case errors.Is(err, unix.EOPNOTSUPP):
		return nil, fmt.Errorf("%s is a single netkit device: programs attach to pairs", d.Name)
	}
	return nil, err
}

// netkitCheck asks to attach to the loopback device, which is none. Only a kernel with
// netkit knows that. Not to have it is no failure: veth stands in.
func netkitCheck() doctor.Check {
	return doctor.Check{Name: HookName, Run: func() doctor.Result {
		program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
			Type:         ebpf.SchedCLS,
			Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
			License:      "Dual BSD/GPL",
		})
		if err != nil {
			return doctor.Unknown(err.Error())
		}
		defer program.Close()

		const loopback = 1
		_, err = link.AttachNetkit(link.NetkitOptions{Interface: loopback, Program: program, Attach: ebpf.AttachNetkitPrimary})
		switch {
		case errors.Is(err, unix.ENXIO):
			return doctor.Passed("supported")
		case errors.Is(err, link.ErrNotSupported):
			return doctor.Passed("not in this kernel (Linux 6.7, CONFIG_NETKIT), --create makes a veth pair instead")
		case err == nil:
			return doctor.Unknown("the loopback device is a netkit device")
		}
		return doctor.Unknown(err.Error())
	}}
}
