// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"strings"

	"github.com/cilium/ebpf"
)

// Link is an attached program. Every link.Link is one.
type Link interface {
	Update(*ebpf.Program) error
	Pin(path string) error
	Unpin() error
	Close() error
}

// Attachment is a link that is wanted.
type Attachment struct {
	// Name is the program's name in C, and after a dash what tells the target from
	// others. It is unique, the same after a restart, and the name of the pin: letters,
	// digits, - and _ only, for a BPF file system refuses dots.
	Name string
	// Target is what a person calls the place: an interface, a cgroup, a kernel symbol.
	Target string
	// Program is what runs there.
	Program *ebpf.Program
	// Attach makes the link.
	Attach func() (Link, error)
	// Update takes over a pinned link of a kind that the kernel cannot update. Optional: Link.Update.
	Update func() error
	// Mode says how the program is attached. It is asked after attaching.
	Mode func() string
	// Reusable tells whether a pinned link still is what the options ask for. Optional.
	Reusable func() bool
}

// LinkStatus is one line of the readiness report.
type LinkStatus struct {
	Program, Target, Mode string
	// Err is why the program is not attached, nil if it is.
	Err error
}

var errPending = errors.New("not attached yet")

func (a Attachment) update(pinned Link) error {
	if a.Update != nil {
		return a.Update()
	}
	return pinned.Update(a.Program)
}

func (a Attachment) program() string {
	program, _, _ := strings.Cut(a.Name, "-")
	return program
}

// UpsertAll attaches all that belongs to one target. All of it is wanted from the beginning, so that the
// target is not ready as soon as the first of its programs is in place.
func (l *Links) UpsertAll(attachments []Attachment) error {
	for _, a := range attachments {
		l.expect(a)
	}
	for _, a := range attachments {
		if err := l.Upsert(a); err != nil {
			return err
		}
	}
	return nil
}

func (l *Links) expect(a Attachment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.states[a.Name]; !ok {
		l.states[a.Name] = &linkState{Attachment: a, err: errPending}
	}
}
