// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// from: 6.6
// otherwise: refused
// message: bpf_map_sum_elem_count

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* The kernel's own type has to be a struct here too; which fields it has does not matter. */
struct bpf_map {
	__u32 id;
} __attribute__((preserve_access_index));

extern __s64 bpf_map_sum_elem_count(const struct bpf_map *map) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} table SEC(".maps");

/* snippet: entries */
/* User space runs it with BPF_PROG_RUN; walking the table would take longer. */
SEC("syscall")
int entries(void *ctx)
{
	return bpf_map_sum_elem_count((void *)&table);
}
/* end snippet */
