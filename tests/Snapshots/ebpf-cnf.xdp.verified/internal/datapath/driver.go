// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// driverWords holds what a driver said when it last refused a program. The system call returns a bare
// number; since Linux 6.6 the text passes a tracepoint. Listening to it takes CAP_PERFMON, which
// nothing else here needs: whoever has it gets the better message.
type driverWords struct {
	text    *ebpf.Map
	program *ebpf.Program
	link    link.Link
}

const driverTextSize = 128

func listenToDriver() (*driverWords, error) {
	text, err := ebpf.NewMap(&ebpf.MapSpec{
		Name: "driver_text", Type: ebpf.Array, KeySize: 4, ValueSize: driverTextSize, MaxEntries: 1,
	})
	if err != nil {
		return nil, fmt.Errorf("create map: %w", err)
	}
	d := &driverWords{text: text}
	if d.program, err = ebpf.NewProgram(copyTextProgram(text)); err != nil {
		d.close()
		return nil, fmt.Errorf("load program: %w", err)
	}
	d.link, err = link.AttachRawTracepoint(link.RawTracepointOptions{Name: "bpf_xdp_link_attach_failed", Program: d.program})
	if err != nil {
		d.close()
		return nil, fmt.Errorf("attach to tracepoint: %w", err)
	}
	return d, nil
}

// copyTextProgram copies the tracepoint's only argument, a string, into the map.
func copyTextProgram(text *ebpf.Map) *ebpf.ProgramSpec {
	return &ebpf.ProgramSpec{
		Name: "driver_text",
		Type: ebpf.RawTracepoint,
		Instructions: asm.Instructions{
			asm.Mov.Reg(asm.R6, asm.R1),
			asm.StoreImm(asm.RFP, -4, 0, asm.Word),
			asm.LoadMapPtr(asm.R1, text.FD()),
			asm.Mov.Reg(asm.R2, asm.RFP),
			asm.Add.Imm(asm.R2, -4),
			asm.FnMapLookupElem.Call(),
			asm.JEq.Imm(asm.R0, 0, "end"),
			asm.Mov.Reg(asm.R1, asm.R0),
			asm.Mov.Imm(asm.R2, driverTextSize),
			asm.LoadMem(asm.R3, asm.R6, 0, asm.DWord),
			asm.FnProbeReadKernelStr.Call(),
			asm.Mov.Imm(asm.R0, 0).WithSymbol("end"),
			asm.Return(),
		},
		License: "Dual BSD/GPL",
	}
}

// String returns the text, empty if the driver said nothing.
func (d *driverWords) String() string {
	var text [driverTextSize]byte
	if err := d.text.Lookup(uint32(0), &text); err != nil {
		return ""
	}
	words, _, _ := bytes.Cut(text[:], []byte{0})
	return string(words)
}

func (d *driverWords) close() {
	if d.link != nil {
		d.link.Close()
	}
	if d.program != nil {
		d.program.Close()
	}
	d.text.Close()
}
