// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

type linkState struct {
	Attachment
	link Link
	mode string
	err  error
}

// Links holds the links that are wanted and knows which of them are attached. Its methods may be called
// from several goroutines, but not for the same attachment.
type Links struct {
	log  *slog.Logger
	pins *pinFolder
	// load opens a pinned link. A field for the tests.
	load func(path string) (Link, error)

	// mu is not held while attaching: a tcx link takes 12 ms, and readiness is asked
	// meanwhile.
	mu     sync.Mutex
	states map[string]*linkState

	failures atomic.Uint64
}

func newLinks(pins *pinFolder, log *slog.Logger) *Links {
	return &Links{log: log, pins: pins, load: loadPinnedLink, states: map[string]*linkState{}}
}

func loadPinnedLink(path string) (Link, error) {
	l, err := link.LoadPinnedLink(path, nil)
	if err != nil {
		// A nil link.Link in a Link would not be nil.
		return nil, err
	}
	return l, nil
}

// Upsert attaches, or updates the pinned link of an earlier run in place. For what it has attached
// before it only takes the new name of the target.
func (l *Links) Upsert(a Attachment) error {
	if l.retarget(a) {
		return nil
	}
	begun := time.Now()
	state := &linkState{Attachment: a, err: errPending}
	l.set(state)

	attached, err := l.establish(a)
	if err != nil {
		err = fmt.Errorf("attach %s to %s: %w", a.program(), a.Target, err)
		l.failures.Add(1)
		l.set(&linkState{Attachment: a, err: err})
		return err
	}
	mode := a.Mode()
	l.set(&linkState{Attachment: a, link: attached, mode: mode})
	l.log.Info("attached", "hook", HookName, TargetKind, a.Target, "program", a.program(), "mode", mode,
		"took", since(begun))
	return nil
}

func (l *Links) retarget(a Attachment) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	state, ok := l.states[a.Name]
	if !ok || state.link == nil {
		return false
	}
	state.Target = a.Target
	return true
}

func (l *Links) set(state *linkState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.states[state.Name] = state
}

func (l *Links) establish(a Attachment) (Link, error) {
	if l.pins == nil {
		return a.Attach()
	}
	updated, err := l.update(a)
	if !errors.Is(err, os.ErrNotExist) {
		return updated, err
	}
	attached, err := a.Attach()
	if err != nil {
		return nil, err
	}
	if err := attached.Pin(l.pins.linkPath(a.Name)); err != nil {
		return nil, errors.Join(fmt.Errorf("pin link: %w", err), attached.Close())
	}
	return attached, nil
}

// update puts the program into a pinned link. It returns os.ErrNotExist when there is
// none or when the one that was there had to go.
func (l *Links) update(a Attachment) (Link, error) {
	pinned, err := l.load(l.pins.linkPath(a.Name))
	if err != nil {
		return nil, err
	}
	if a.Reusable != nil && !a.Reusable() {
		return nil, l.discard(pinned, a, "options changed")
	}
	err = a.update(pinned)
	switch {
	case err == nil:
		return pinned, nil
	case errors.Is(err, unix.ENOLINK):
		return nil, l.discard(pinned, a, "the target was removed and made anew")
	case errors.Is(err, unix.EINVAL):
		// The kernel refuses a program whose expected attach type differs from that of
		// the link, as it does between objects of different library versions.
		return nil, l.discard(pinned, a, "the kernel refuses the new program in the old link")
	case errors.Is(err, link.ErrNotSupported):
		return nil, l.discard(pinned, a, "links of this kind cannot be updated")
	}
	return nil, errors.Join(fmt.Errorf("update pinned link: %w", err), pinned.Close())
}

// discard detaches a pinned link. Between this and the new link packets pass unseen.
func (l *Links) discard(pinned Link, a Attachment, reason string) error {
	l.log.Warn("pinned link is replaced, not updated", TargetKind, a.Target, "program", a.program(), "reason", reason)
	if err := errors.Join(pinned.Unpin(), pinned.Close()); err != nil {
		return fmt.Errorf("remove pinned link: %w", err)
	}
	return os.ErrNotExist
}

// Forget gives up a link whose target is gone.
func (l *Links) Forget(name string) {
	l.mu.Lock()
	state, ok := l.states[name]
	delete(l.states, name)
	l.mu.Unlock()
	if !ok || state.link == nil {
		return
	}
	if err := l.release(state.link); err != nil {
		l.log.Warn("link of a removed target is not closed", TargetKind, state.Target, "error", err)
		return
	}
	l.log.Info("detached", "hook", HookName, TargetKind, state.Target, "program", state.program(), "mode", state.mode)
}

func (l *Links) release(attached Link) error {
	if l.pins == nil {
		return attached.Close()
	}
	return errors.Join(attached.Unpin(), attached.Close())
}

// Prune removes the pins of an earlier run that nothing wants any more.
func (l *Links) Prune() error {
	if l.pins == nil {
		return nil
	}
	names, err := l.pins.linkNames()
	if err != nil {
		return err
	}
	for _, name := range names {
		if l.wanted(name) {
			continue
		}
		if err := os.Remove(l.pins.linkPath(name)); err != nil {
			return fmt.Errorf("remove pinned link %s: %w", name, err)
		}
		l.log.Info("removed a pinned link that is no longer wanted", "link", name)
	}
	return nil
}

func (l *Links) wanted(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.states[name]
	return ok
}

// Status lists all wanted links, sorted.
func (l *Links) Status() []LinkStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]LinkStatus, 0, len(l.states))
	for _, name := range sortedKeys(l.states) {
		s := l.states[name]
		list = append(list, LinkStatus{Program: s.program(), Target: s.Target, Mode: s.mode, Err: s.err})
	}
	return list
}

// close detaches everything, or leaves what is pinned attached.
func (l *Links) close(keep bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, name := range sortedKeys(l.states) {
		if attached := l.states[name].link; attached != nil {
			if keep {
				errs = append(errs, attached.Close())
			} else {
				errs = append(errs, l.release(attached))
			}
		}
	}
	clear(l.states)
	return errors.Join(errs...)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
