// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// What a fresh device would send unasked disturbs counts. Without a link-local
// address and solicitations a device is silent until it is told to send.
var quiet = map[string]string{
	"net/ipv6/conf/default/accept_ra":            "0",
	"net/ipv6/conf/default/accept_dad":           "0",
	"net/ipv6/conf/default/dad_transmits":        "0",
	"net/ipv6/conf/default/autoconf":             "0",
	"net/ipv6/conf/default/router_solicitations": "0",
	"net/ipv6/conf/default/addr_gen_mode":        "1",
	"net/ipv6/conf/default/disable_ipv6":         "0",
	"net/ipv6/conf/all/disable_ipv6":             "0",
	// Answers to pings and resets are what tests count: none may be held back.
	"net/ipv4/icmp_ratelimit": "0",
	"net/ipv6/icmp/ratelimit": "0",
	// Test traffic may come from addresses that have no route back.
	"net/ipv4/conf/all/rp_filter":     "0",
	"net/ipv4/conf/default/rp_filter": "0",
}

func (n *Namespace) quieten() error {
	return n.Do(func() error {
		// First of all: Go asks once per process whether there is IPv6, and the
		// answer is no while lo is down.
		lo, err := n.netlink.LinkByName("lo")
		if err != nil {
			return fmt.Errorf("find lo: %w", err)
		}
		if err := n.netlink.LinkSetUp(lo); err != nil {
			return fmt.Errorf("set lo up: %w", err)
		}
		for name, value := range quiet {
			err := os.WriteFile(filepath.Join("/proc/sys", name), []byte(value), 0o644)
			// Not every kernel has every setting in a namespace.
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("set %s: %w", name, err)
			}
		}
		return nil
	})
}
