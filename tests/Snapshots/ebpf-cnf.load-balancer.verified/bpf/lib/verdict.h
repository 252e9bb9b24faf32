// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/types.h>
#include <bpf/bpf_helpers.h>

enum direction {
	DIRECTION_INGRESS,
	DIRECTION_EGRESS,
	DIRECTION_COUNT,
};

enum verdict {
	VERDICT_PASS,
	VERDICT_DROP,
	VERDICT_FORWARD, /* to a backend */
	VERDICT_COUNT,
};

/*
 * What the parser found wrong with a packet, or why a function dropped it.
 * Totals are kept by these numbers: add new reasons before REASON_COUNT.
 */
enum reason {
	REASON_NONE,
	REASON_NOT_IP,		/* ARP, LLDP, ... */
	REASON_TRUNCATED,	/* ends within a header */
	REASON_BAD_IPV4_HEADER, /* version, or a header or total length below the minimum */
	REASON_BAD_IPV6_HEADER, /* version */
	REASON_BAD_TCP_HEADER,	/* data offset below the minimum or behind the segment's end */
	REASON_BAD_LENGTH,	/* IP or UDP claims more than there is, or UDP less than a header */
	REASON_EXT_HEADERS,	/* more IPv6 extension headers than the parser follows */
	REASON_VLAN_DEPTH,	/* more VLAN tags than the parser follows */
	REASON_NO_BACKEND,	/* a service has no backend that could take it */
	REASON_NO_ROOM,		/* no room before the packet for the headers that lead there */
	REASON_COUNT,
};

/*
 * bpf2go exports only types that the object's BTF describes, which are those
 * that a map or a variable refers to. These variables serve for nothing else,
 * and are hidden from Go.
 */
const enum direction *export_direction __hidden;
const enum verdict *export_verdict __hidden;
const enum reason *export_reason __hidden;
