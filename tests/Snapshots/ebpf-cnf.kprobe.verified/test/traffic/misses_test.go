// SPDX-License-Identifier: Apache-2.0

package traffic

// mayMiss is how many of so many messages the kernel may let pass without running the programs. It skips a
// kprobe's program on a CPU where another one runs, or where it has interrupted a change of a BPF map
// (trace_call_bpf and bpf_disable_instrumentation in the kernel), of which a CNF that starts makes many.
func mayMiss(messages uint64) uint64 { return 1 + messages/100 }
