// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/netdev"
)

// filterName is how filters are told apart. A filter has no other place for a note.
type filterName struct {
	instance string
	program  string
	// ownsQdisc is true when the qdisc was made for filters of this program, and goes with the last
	// of them.
	ownsQdisc bool
}

const (
	filterPrefix = "my-cnf"
	qdiscMark    = "qdisc"
	pinnedMark   = "pin-"
)

func (n filterName) String() string {
	parts := []string{filterPrefix, n.instance, n.program}
	if n.ownsQdisc {
		parts = append(parts, qdiscMark)
	}
	return strings.Join(parts, "/")
}

func parseFilterName(text string) (filterName, bool) {
	parts := strings.Split(text, "/")
	if len(parts) < 3 || len(parts) > 4 || parts[0] != filterPrefix {
		return filterName{}, false
	}
	return filterName{parts[1], parts[2], len(parts) == 4 && parts[3] == qdiscMark}, true
}

// pinnedInstance is the same for every run with the same folder.
func pinnedInstance(pins *pinFolder) string {
	hash := fnv.New64a()
	hash.Write([]byte(pins.path))
	return fmt.Sprintf("%s%016x", pinnedMark, hash.Sum64())
}

// presenceAddress is an abstract socket: it belongs to the network namespace, as the filters do, and
// the kernel removes it when the process ends, however it ends.
func presenceAddress(instance string) string { return "@clsact/" + instance }

// dead tells whether the instance that the filter belongs to has ended. Pinned ones live on without a
// process.
func (n filterName) dead() bool {
	if strings.HasPrefix(n.instance, pinnedMark) {
		return false
	}
	connection, err := net.Dial("unix", presenceAddress(n.instance))
	if err == nil {
		connection.Close()
		return false
	}
	return errors.Is(err, unix.ECONNREFUSED)
}

// filter is a clsact filter of ours.
type filter struct {
	name       filterName
	index      int
	attributes netlink.FilterAttrs
}

func parentOf(side ebpf.AttachType) uint32 {
	if side == ebpf.AttachTCXEgress {
		return netlink.HANDLE_MIN_EGRESS
	}
	return netlink.HANDLE_MIN_INGRESS
}

var parents = []uint32{netlink.HANDLE_MIN_INGRESS, netlink.HANDLE_MIN_EGRESS}

// addFilter adds a filter, or takes over that of an earlier run if it leads to the same guard.
func (c *clsact) addFilter(d netdev.Device, parent uint32, name filterName, stub *ebpf.Program) (*filter, error) {
	found, err := findFilter(d.Index, parent, name)
	if err != nil {
		return nil, err
	}
	if found != nil && c.inherited {
		return found, nil
	}
	if found != nil {
		if err := found.remove(); err != nil {
			return nil, err
		}
	}

	if name.ownsQdisc, err = ensureQdisc(d.Index); err != nil {
		return nil, err
	}
	err = netlink.FilterAdd(&netlink.BpfFilter{
		FilterAttrs:  netlink.FilterAttrs{LinkIndex: d.Index, Parent: parent, Priority: c.priority, Protocol: unix.ETH_P_ALL},
		Fd:           stub.FD(),
		Name:         name.String(),
		DirectAction: true,
	})
	if err != nil {
		return nil, fmt.Errorf("add clsact filter: %w", err)
	}
	if found, err = findFilter(d.Index, parent, name); err == nil && found == nil {
		err = errors.New("find clsact filter: the one just added is gone")
	}
	return found, err
}

// ensureQdisc returns whether the qdisc is ours to remove: made now, or made for a filter of
// this program that is still there.
func ensureQdisc(index int) (bool, error) {
	err := netlink.QdiscAdd(clsactQdisc(index))
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, unix.EEXIST) {
		return false, fmt.Errorf("add clsact qdisc: %w", err)
	}
	for _, parent := range parents {
		list, err := listFilters(index, parent)
		if err != nil {
			return false, err
		}
		for _, f := range list {
			if name, ok := parseFilterName(f.Name); ok && name.ownsQdisc {
				return true, nil
			}
		}
	}
	return false, nil
}

func clsactQdisc(index int) *netlink.Clsact {
	return &netlink.Clsact{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: index,
		Handle:    netlink.MakeHandle(0xffff, 0),
		Parent:    netlink.HANDLE_CLSACT,
	}}
}

// listFilters returns the BPF filters of one side of an interface.
func listFilters(index int, parent uint32) ([]*netlink.BpfFilter, error) {
	device := &netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: index}}
	all, err := netlink.FilterList(device, parent)
	if err != nil {
		return nil, fmt.Errorf("list filters: %w", err)
	}
	var list []*netlink.BpfFilter
	for _, f := range all {
		if bpf, ok := f.(*netlink.BpfFilter); ok {
			list = append(list, bpf)
		}
	}
	return list, nil
}

// findFilter looks for a filter of this instance and program, nil if there is none.
func findFilter(index int, parent uint32, wanted filterName) (*filter, error) {
	list, err := listFilters(index, parent)
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		name, ok := parseFilterName(f.Name)
		if ok && name.instance == wanted.instance && name.program == wanted.program {
			return &filter{name, index, f.FilterAttrs}, nil
		}
	}
	return nil, nil
}

// remove deletes the filter, and the qdisc if it was made for it and is empty now. The interface may be
// gone already.
func (f *filter) remove() error {
	var notFound netlink.LinkNotFoundError
	if _, err := netlink.LinkByIndex(f.index); errors.As(err, &notFound) {
		return nil
	}
	if err := netlink.FilterDel(&netlink.BpfFilter{FilterAttrs: f.attributes, Fd: -1}); err != nil {
		return fmt.Errorf("remove clsact filter: %w", err)
	}
	if !f.name.ownsQdisc {
		return nil
	}
	for _, parent := range parents {
		left, err := netlink.FilterList(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: f.index}}, parent)
		if err != nil {
			return fmt.Errorf("list filters: %w", err)
		}
		if len(left) > 0 {
			return nil
		}
	}
	if err := netlink.QdiscDel(clsactQdisc(f.index)); err != nil {
		return fmt.Errorf("remove clsact qdisc: %w", err)
	}
	return nil
}

// removeFilters removes the filters of this program, on all interfaces, for which unwanted says so.
func removeFilters(unwanted func(name filterName, index int) bool, log *slog.Logger) error {
	links, err := netlink.LinkList()
	if err != nil {
		return fmt.Errorf("list interfaces: %w", err)
	}
	for _, link := range links {
		for _, parent := range parents {
			if err := removeFiltersOf(link.Attrs(), parent, unwanted, log); err != nil {
				return err
			}
		}
	}
	return nil
}

func removeFiltersOf(link *netlink.LinkAttrs, parent uint32, unwanted func(filterName, int) bool, log *slog.Logger) error {
	list, err := listFilters(link.Index, parent)
	if err != nil {
		return err
	}
	for _, f := range list {
		name, ok := parseFilterName(f.Name)
		if !ok || !unwanted(name, link.Index) {
			continue
		}
		if err := (&filter{name, link.Index, f.FilterAttrs}).remove(); err != nil {
			return err
		}
		log.Info("removed a clsact filter of an earlier run", TargetKind, link.Name, "program", name.program)
	}
	return nil
}
