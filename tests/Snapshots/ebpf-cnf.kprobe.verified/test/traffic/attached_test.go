// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"bytes"
	endian "encoding/binary"
	"errors"
	"io/fs"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// attached counts the links of all programs on this machine that reach, through the program
// table, one that is bound to near's network namespace.
func attached(t *testing.T, b *bench) int {
	t.Helper()
	cookie := namespaceCookie(t, b)
	count := 0
	var links link.Iterator
	defer links.Close()
	for links.Next() {
		info, err := links.Link.Info()
		if err != nil {
			t.Fatalf("read link %d: %v", links.ID, err)
		}
		if watches(t, info.Program, cookie) {
			count++
		}
	}
	if err := links.Err(); errors.Is(err, unix.EAGAIN) {
		// Somebody on this machine is just making a link.
		return attached(t, b)
	} else if err != nil {
		t.Fatalf("list links: %v", err)
	}
	return count
}

func namespaceCookie(t *testing.T, b *bench) []byte {
	t.Helper()
	var cookie uint64
	err := b.inside().Do(func() error {
		socket, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(socket)
		cookie, err = unix.GetsockoptUint64(socket, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
		return err
	})
	if err != nil {
		t.Fatalf("read network namespace cookie: %v", err)
	}
	return endian.NativeEndian.AppendUint64(nil, cookie)
}

// watches tells whether the program calls one whose constants have the cookie.
func watches(t *testing.T, id ebpf.ProgramID, cookie []byte) bool {
	t.Helper()
	for _, table := range mapsOf(t, id, ebpf.ProgramArray) {
		var slot, called uint32
		for entries := table.Iterate(); entries.Next(&slot, &called); {
			for _, constants := range mapsOf(t, ebpf.ProgramID(called), ebpf.Array) {
				value, err := constants.LookupBytes(uint32(0))
				if err == nil && bytes.Contains(value, cookie) {
					return true
				}
			}
		}
	}
	return false
}

// mapsOf opens a program's maps of one type, until the test ends. A program of somebody else
// may be gone by now.
func mapsOf(t *testing.T, id ebpf.ProgramID, kind ebpf.MapType) []*ebpf.Map {
	t.Helper()
	program, err := ebpf.NewProgramFromID(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatalf("open program %d: %v", id, err)
	}
	defer program.Close()
	info, err := program.Info()
	if err != nil {
		t.Fatalf("read program %d: %v", id, err)
	}
	var found []*ebpf.Map
	ids, _ := info.MapIDs()
	for _, id := range ids {
		m, err := ebpf.NewMapFromID(id)
		if err != nil {
			continue
		}
		if m.Type() != kind {
			m.Close()
			continue
		}
		t.Cleanup(func() { m.Close() })
		found = append(found, m)
	}
	return found
}
