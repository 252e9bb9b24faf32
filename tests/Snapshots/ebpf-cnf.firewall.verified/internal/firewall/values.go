// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

var protocolNumbers = map[string]uint8{"icmp": icmp, "tcp": tcp, "udp": udp, "icmpv6": icmpv6, "sctp": sctp}

// The names of RFC 792 and RFC 4443, 4861 and 3810.
var icmpTypes = map[uint8]map[string]uint8{
	icmp: {
		"echo-reply": 0, "destination-unreachable": 3, "redirect": 5, "echo-request": 8,
		"time-exceeded": 11, "parameter-problem": 12,
	},
	icmpv6: {
		"destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4,
		"echo-request": 128, "echo-reply": 129, "listener-query": 130, "listener-report": 131, "listener-done": 132,
		"router-solicitation": 133, "router-advertisement": 134, "neighbor-solicitation": 135,
		"neighbor-advertisement": 136, "redirect": 137, "listener-report-v2": 143,
	},
}

func parseAction(text string) (Action, error) {
	switch text {
	case "allow":
		return Allow, nil
	case "deny":
		return Deny, nil
	}
	return 0, fmt.Errorf("%q is no action: want allow or deny", text)
}

func parseDirection(text string) (Direction, error) {
	switch text {
	case "ingress":
		return Ingress, nil
	case "egress":
		return Egress, nil
	}
	return 0, fmt.Errorf("%q is no direction: want ingress or egress", text)
}

func parseProtocol(text string) (uint8, error) {
	if number, ok := protocolNumbers[text]; ok {
		return number, nil
	}
	number, err := strconv.ParseUint(text, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("%q is no protocol: want tcp, udp, sctp, icmp, icmpv6 or a number from 0 to 255", text)
	}
	return uint8(number), nil
}

// parsePrefix takes an address for a prefix of all its bits. Bits behind the prefix are a mistake, of which
// nobody knows on which side it is.
func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no address and no prefix such as 192.0.2.0/24 or 2001:db8::/32", text)
	}
	if prefix != prefix.Masked() {
		return netip.Prefix{}, fmt.Errorf("%s has bits behind the prefix: want %s, or an address without a length", text, prefix.Masked())
	}
	if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= 96 {
		return netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96), nil
	}
	return prefix, nil
}

// parsePorts takes 80 and 8000-8999.
func parsePorts(text string) (PortRange, error) {
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	from, err1 := strconv.ParseUint(first, 10, 16)
	to, err2 := strconv.ParseUint(last, 10, 16)
	if err1 != nil || err2 != nil || from > to {
		return PortRange{}, fmt.Errorf("%q is no port from 0 to 65535 and no range such as 8000-8999", text)
	}
	return PortRange{uint16(from), uint16(to)}, nil
}

// parseICMPType takes echo-request, 3, and 3/4 for one code of a type.
func parseICMPType(protocol uint8, text string) (PortRange, error) {
	name, code, hasCode := strings.Cut(text, "/")
	kind, known := icmpTypes[protocol][name]
	if !known {
		number, err := strconv.ParseUint(name, 10, 8)
		if err != nil {
			return PortRange{}, fmt.Errorf("%q is no type of this protocol: want a name such as echo-request, or a number from 0 to 255", name)
		}
		kind = uint8(number)
	}
	if !hasCode {
		return PortRange{uint16(kind) << 8, uint16(kind)<<8 | 0xff}, nil
	}
	number, err := strconv.ParseUint(code, 10, 8)
	if err != nil {
		return PortRange{}, fmt.Errorf("%q is no code: want a number from 0 to 255", code)
	}
	both := uint16(kind)<<8 | uint16(number)
	return PortRange{both, both}, nil
}
