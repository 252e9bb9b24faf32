// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// slot is the size of an instruction, which some take twice.
const slot = asm.InstructionSize

// withCallsCounted adds one to the counter after each call of a helper: there, R1 and R2 are free. Jumps over it
// become longer.
func withCallsCounted(code asm.Instructions, maps map[string]*ebpf.MapSpec, counter *ebpf.Map) asm.Instructions {
	count := asm.Instructions{
		asm.LoadMapValue(asm.R1, counter.FD(), 0),
		asm.Mov.Imm(asm.R2, 1),
		asm.StoreXAdd(asm.R1, asm.R2, asm.DWord),
	}
	var longer asm.Instructions
	var from []int // where what is at a place in longer was before
	moved := map[int]int{}
	before, now := 0, 0
	for i, instruction := range code {
		moved[before] = now
		longer, from = append(longer, instruction), append(from, before)
		before, now = before+slots(instruction), now+slots(instruction)
		if instruction.IsBuiltinCall() && !inlined(code[:i+1], maps) {
			for _, added := range count {
				longer, from = append(longer, added), append(from, -1)
				now += slots(added)
			}
		}
	}
	for i, place := range from {
		if place >= 0 && jumps(longer[i]) {
			target := place + 1 + int(longer[i].Offset)
			longer[i].Offset = int16(moved[target] - moved[place] - 1)
		}
	}
	return longer
}

func slots(instruction asm.Instruction) int { return int(instruction.Size()) / slot }

func jumps(instruction asm.Instruction) bool {
	operation := instruction.OpCode.JumpOp()
	return instruction.OpCode.Class().IsJump() && operation != asm.Call && operation != asm.Exit
}

// inlined tells whether the kernel puts the helper in line that is called at the end of the code.
func inlined(code asm.Instructions, maps map[string]*ebpf.MapSpec) bool {
	switch asm.BuiltinFunc(code[len(code)-1].Constant) {
	case asm.FnJiffies64, asm.FnGetSmpProcessorId, asm.FnTailCall:
		return true
	case asm.FnMapLookupElem:
		for i := len(code) - 2; i >= 0; i-- {
			if code[i].Dst != asm.R1 {
				continue
			}
			of := maps[code[i].Reference()]
			return of != nil && (of.Type == ebpf.Array || of.Type == ebpf.PerCPUArray)
		}
	}
	return false
}
