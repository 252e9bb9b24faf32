// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// kernel stands for everything below Links: what happens to links is written down.
type kernel struct {
	pinned    map[string]bool
	updateErr error
	attachErr error
	calls     []string
}

type fakeLink struct {
	kernel *kernel
	path   string
}

func (f *fakeLink) say(call string) { f.kernel.calls = append(f.kernel.calls, call) }

func (f *fakeLink) Update(*ebpf.Program) error {
	f.say("update")
	return f.kernel.updateErr
}

func (f *fakeLink) Pin(path string) error {
	f.say("pin " + filepath.Base(path))
	f.path = path
	f.kernel.pinned[path] = true
	return nil
}

func (f *fakeLink) Unpin() error {
	f.say("unpin")
	delete(f.kernel.pinned, f.path)
	return nil
}

func (f *fakeLink) Close() error {
	f.say("close")
	return nil
}

func newTestLinks(k *kernel, pins *pinFolder) *Links {
	links := newLinks(pins, slog.New(slog.NewTextHandler(io.Discard, nil)))
	links.load = func(path string) (Link, error) {
		if !k.pinned[path] {
			return nil, fs.ErrNotExist
		}
		return &fakeLink{k, path}, nil
	}
	return links
}

func (k *kernel) attachment() Attachment {
	return Attachment{
		Name:   "ingress-7",
		Target: "eth0",
		Attach: func() (Link, error) {
			k.calls = append(k.calls, "attach")
			if k.attachErr != nil {
				return nil, k.attachErr
			}
			return &fakeLink{kernel: k}, nil
		},
		Mode: func() string { return "native" },
	}
}

func TestUpsert(t *testing.T) {
	pins := &pinFolder{path: "/pins"}
	notReusable := func() bool { return false }
	for name, test := range map[string]struct {
		pins     *pinFolder
		pinned   bool
		update   error
		reusable func() bool
		want     []string
	}{
		"without pins":                   {nil, false, nil, nil, []string{"attach"}},
		"first start":                    {pins, false, nil, nil, []string{"attach", "pin ingress-7"}},
		"restart":                        {pins, true, nil, nil, []string{"update"}},
		"target made anew":               {pins, true, unix.ENOLINK, nil, []string{"update", "unpin", "close", "attach", "pin ingress-7"}},
		"other attach type":              {pins, true, unix.EINVAL, nil, []string{"update", "unpin", "close", "attach", "pin ingress-7"}},
		"link that cannot be updated":    {pins, true, link.ErrNotSupported, nil, []string{"update", "unpin", "close", "attach", "pin ingress-7"}},
		"link that options do not want":  {pins, true, nil, notReusable, []string{"unpin", "close", "attach", "pin ingress-7"}},
		"pin that is not reusable there": {pins, false, nil, notReusable, []string{"attach", "pin ingress-7"}},
	} {
		t.Run(name, func(t *testing.T) {
			k := &kernel{pinned: map[string]bool{"/pins/links/ingress-7": test.pinned}, updateErr: test.update}
			a := k.attachment()
			a.Reusable = test.reusable
			links := newTestLinks(k, test.pins)
			if err := links.Upsert(a); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(k.calls, test.want) {
				t.Errorf("calls %q, want %q", k.calls, test.want)
			}
			status := links.Status()
			if len(status) != 1 || status[0] != (LinkStatus{"ingress", "eth0", "native", nil}) {
				t.Errorf("status %+v", status)
			}
		})
	}
}

func TestUpsertReportsOtherErrorsOfUpdate(t *testing.T) {
	k := &kernel{pinned: map[string]bool{"/pins/links/ingress-7": true}, updateErr: unix.EPERM}
	if err := newTestLinks(k, &pinFolder{path: "/pins"}).Upsert(k.attachment()); !errors.Is(err, unix.EPERM) {
		t.Errorf("got %v", err)
	}
	if slices.Contains(k.calls, "unpin") {
		t.Error("a link that could not be updated has lost its pin")
	}
}

func TestUpsertTwiceOnlyTakesTheNewName(t *testing.T) {
	k := &kernel{}
	links := newTestLinks(k, nil)
	a := k.attachment()
	for _, name := range []string{"eth0", "wan0"} {
		a.Target = name
		if err := links.Upsert(a); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"attach"}; !slices.Equal(k.calls, want) {
		t.Errorf("calls %q, want %q", k.calls, want)
	}
	if status := links.Status(); status[0].Target != "wan0" {
		t.Errorf("status %+v", status)
	}
}

func TestFailedAttachmentIsWantedAndMissing(t *testing.T) {
	k := &kernel{attachErr: unix.EBUSY}
	links := newTestLinks(k, nil)
	if err := links.Upsert(k.attachment()); !errors.Is(err, unix.EBUSY) {
		t.Errorf("got %v", err)
	}
	if status := links.Status(); len(status) != 1 || !errors.Is(status[0].Err, unix.EBUSY) {
		t.Errorf("status %+v", status)
	}
	if got := links.failures.Load(); got != 1 {
		t.Errorf("%d failures are counted, want 1", got)
	}
	links.Forget("ingress-7")
	if status := links.Status(); len(status) != 0 {
		t.Errorf("status %+v after the target is gone", status)
	}
}

func TestUpsertAllWantsAllFromTheBeginning(t *testing.T) {
	k := &kernel{}
	links := newTestLinks(k, nil)
	first, second := k.attachment(), k.attachment()
	second.Name = "egress-7"
	attach := first.Attach
	first.Attach = func() (Link, error) {
		if status := links.Status(); len(status) != 2 {
			t.Errorf("while the first is attached the status is %+v, want two links", status)
		}
		return attach()
	}
	if err := links.UpsertAll([]Attachment{first, second}); err != nil {
		t.Fatal(err)
	}
	for _, link := range links.Status() {
		if link.Err != nil {
			t.Errorf("%s: %v", link.Program, link.Err)
		}
	}
}

func TestCloseKeepsOrReleases(t *testing.T) {
	pins := &pinFolder{path: "/pins"}
	for name, test := range map[string]struct {
		pins *pinFolder
		keep bool
		want []string
	}{
		"without pins": {nil, false, []string{"attach", "close"}},
		"detach":       {pins, false, []string{"attach", "pin ingress-7", "unpin", "close"}},
		"keep":         {pins, true, []string{"attach", "pin ingress-7", "close"}},
	} {
		k := &kernel{pinned: map[string]bool{}}
		links := newTestLinks(k, test.pins)
		if err := links.Upsert(k.attachment()); err != nil {
			t.Fatal(err)
		}
		if err := links.close(test.keep); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(k.calls, test.want) {
			t.Errorf("%s: calls %q, want %q", name, k.calls, test.want)
		}
	}
}

func TestPruneRemovesWhatIsNotWanted(t *testing.T) {
	pins := &pinFolder{path: t.TempDir()}
	if err := os.Mkdir(pins.links(), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ingress-7", "ingress-8"} {
		if err := os.WriteFile(pins.linkPath(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	k := &kernel{pinned: map[string]bool{pins.linkPath("ingress-7"): true}}
	links := newTestLinks(k, pins)
	if err := links.Upsert(k.attachment()); err != nil {
		t.Fatal(err)
	}
	if err := links.Prune(); err != nil {
		t.Fatal(err)
	}
	names, err := pins.linkNames()
	if err != nil || !slices.Equal(names, []string{"ingress-7"}) {
		t.Errorf("left %q, %v", names, err)
	}
}
