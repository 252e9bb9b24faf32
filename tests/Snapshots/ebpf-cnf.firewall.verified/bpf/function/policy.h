// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/*
 * The rules as user space compiles them (internal/firewall), and which of them
 * is the first to match a packet.
 *
 * Every property of a packet that rules ask for (source, destination, kind,
 * source port, destination port) puts it in a class, and to each class belongs
 * a set of bits: the rules that a packet of this class can match. The bits that
 * are in all five sets are the rules that match, and the lowest is the first of
 * them. So the cost hardly depends on how many rules there are. A summary in
 * front of each set, with a bit for every word of it that is not zero, tells
 * which words are worth a look.
 *
 * Everything is looked up in arrays, which the kernel does without a call. There
 * are two halves of each. User space fills the one that is not in use, and then
 * changes policy_active: a packet reads that once and sees one policy to the end.
 */

#define POLICY_HALVES 2
#define POLICY_RULES  1024
#define SET_WORDS     (POLICY_RULES / 64)

/* What fits into each half. */
#define POLICY_SETS  8192
#define POLICY_STEPS 512
#define POLICY_CELLS 65536

/* The numbers of 16 bits: where each table begins. */
#define NUMBERS_SOURCE_PORTS 0
#define NUMBERS_DEST_PORTS   65536
#define NUMBERS_KINDS	     131072
#define NUMBERS_VERDICTS     132096
#define POLICY_NUMBERS	     133120

/* The half in use. */
__u32 policy_active = 0;

/*
 * A verdict: the slot in hits of the rule, and in the lowest bit 1 for allow. A
 * class of addresses can be a verdict already, with this bit: no rule is about
 * them, or the first one that is asks for nothing else.
 */
#define VERDICT_ALLOW	   1
#define VERDICT_SLOT_SHIFT 1
#define CLASS_DECIDES	   0x80000000

/* The search for prefixes of one length; prefix.h tells how. */
struct prefix_step {
	__u64 mask[2];
	__u64 multiplier;
	__u32 hash_shift;
	__u32 first_cell;
	__u32 cell_mask;
	__u32 on_hit; /* the next step; 0 for none */
	__u32 on_miss;
	__u32 pad;
};

struct prefix_cell {
	__u64 address[2];
	__u32 class;
	__u16 used;	    /* 0: no prefix is here */
	__u16 displacement; /* 0: all prefixes of this hash are here */
};

/* The addresses of one IP version. */
struct address_space {
	struct prefix_step first;
	__u32 steps; /* 0: no rule cares about addresses of this version */
	__u32 any;   /* the class of an address that no prefix contains */
};

/* Their order in each half. */
enum space {
	SPACE_SOURCE_6,
	SPACE_SOURCE_4,
	SPACE_DEST_6,
	SPACE_DEST_4,
	SPACE_COUNT,
};

struct policy {
	__u32 enabled;
	__u32 stateful;
	__u32 generation;	/* a hash of the rules, in 24 bits */
	__u32 fallback;		/* the verdict when no rule matches */
	__u32 source_port_mask; /* 0: no rule cares about the port */
	__u32 dest_port_mask;
};

struct rule_set {
	__u64 summary;
	__u64 words[SET_WORDS];
};

/* User space writes to the memory of the arrays, for which it needs no capability. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, POLICY_HALVES);
	__type(key, __u32);
	__type(value, struct policy);
} policies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, POLICY_HALVES *SPACE_COUNT);
	__type(key, __u32);
	__type(value, struct address_space);
} policy_spaces SEC(".maps");

/* Four numbers of 16 bits in each word, the first in its lowest bits. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, POLICY_HALVES *POLICY_NUMBERS / 4);
	__type(key, __u32);
	__type(value, __u64);
} policy_numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, POLICY_HALVES *POLICY_STEPS);
	__type(key, __u32);
	__type(value, struct prefix_step);
} policy_steps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, POLICY_HALVES *POLICY_CELLS);
	__type(key, __u32);
	__type(value, struct prefix_cell);
} policy_cells SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, POLICY_HALVES *POLICY_SETS);
	__type(key, __u32);
	__type(value, struct rule_set);
} policy_sets SEC(".maps");
