// SPDX-License-Identifier: Apache-2.0

// Package privilege knows the capabilities of this process: which it has, which are
// missing, and how to give them up.
package privilege

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Capability is one of the kernel's CAP_ numbers.
type Capability int

const (
	NetAdmin Capability = unix.CAP_NET_ADMIN
	SysAdmin Capability = unix.CAP_SYS_ADMIN
	Perfmon  Capability = unix.CAP_PERFMON
	BPF      Capability = unix.CAP_BPF
)

var names = map[Capability]string{
	NetAdmin: "CAP_NET_ADMIN",
	SysAdmin: "CAP_SYS_ADMIN",
	Perfmon:  "CAP_PERFMON",
	BPF:      "CAP_BPF",
}

func (c Capability) String() string {
	if name, ok := names[c]; ok {
		return name
	}
	return fmt.Sprintf("capability %d", int(c))
}

// Set is a set of capabilities, one bit for each.
type Set uint64

func (s Set) Has(c Capability) bool { return s&(1<<c) != 0 }

// Missing returns those of wanted that the set does not grant. CAP_SYS_ADMIN stands in
// for CAP_BPF and CAP_PERFMON, which were split from it in Linux 5.8.
func (s Set) Missing(wanted []Capability) []Capability {
	var missing []Capability
	for _, c := range wanted {
		implied := (c == BPF || c == Perfmon) && s.Has(SysAdmin)
		if !s.Has(c) && !implied {
			missing = append(missing, c)
		}
	}
	return missing
}

// Join lists capabilities the way a sentence does.
func Join(capabilities []Capability) string {
	list := make([]string, len(capabilities))
	for i, c := range capabilities {
		list[i] = c.String()
	}
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// Setcap is the argument that setcap needs to give a binary these capabilities.
func Setcap(capabilities []Capability) string {
	list := make([]string, len(capabilities))
	for i, c := range capabilities {
		list[i] = strings.ToLower(c.String())
	}
	return strings.Join(list, ",") + "+ep"
}

// Effective returns the capabilities that the kernel checks for this process.
func Effective() (Set, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	// Version 3 fills two of these: the low and the high 32 bits.
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return 0, fmt.Errorf("read capabilities: %w", err)
	}
	return Set(data[0].Effective) | Set(data[1].Effective)<<32, nil
}
