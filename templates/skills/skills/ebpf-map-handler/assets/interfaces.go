// SPDX-License-Identifier: Apache-2.0

package bpfmaps

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
)

// trafficOf looks one interface up. An interface that nobody has counted yet has had no traffic.
func trafficOf(interfaces *ebpf.Map, index uint32) (interfacesTraffic, error) {
	var traffic interfacesTraffic
	err := interfaces.Lookup(index, &traffic)
	if errors.Is(err, ebpf.ErrKeyNotExist) {
		return interfacesTraffic{}, nil
	}
	if err != nil {
		return interfacesTraffic{}, fmt.Errorf("look up interface %d: %w", index, err)
	}
	return traffic, nil
}

// allTraffic reads the whole table in as few system calls as possible.
func allTraffic(interfaces *ebpf.Map) (map[uint32]interfacesTraffic, error) {
	all := map[uint32]interfacesTraffic{}
	err := readAll(interfaces, func(index uint32, traffic interfacesTraffic) { all[index] = traffic })
	if err != nil {
		return nil, err
	}
	return all, nil
}
