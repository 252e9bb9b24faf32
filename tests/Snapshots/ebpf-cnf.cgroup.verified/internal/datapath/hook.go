// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/link"
	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/doctor"
	"example.com/my-cnf/internal/privilege"
)

const (
	// HookName is what logs and metrics call this hook.
	HookName = "cgroup"
	// TargetKind is what the hook attaches to.
	TargetKind = "cgroup"
)

const (
	ingress = "ingress"
	egress  = "egress"
	both    = "both"
)

// HookOptions are what a person chooses about the cgroup hook.
type HookOptions struct {
	// Path is a folder of a cgroup v2 hierarchy.
	Path string
	// Direction is ingress, egress or both.
	Direction string
}

// AddFlags adds the hook's flags.
func (o *HookOptions) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.Path, "cgroup", "", "folder of the cgroup, such as /sys/fs/cgroup/system.slice; its descendants are included")
	flags.StringVar(&o.Direction, "direction", both, "packets to look at: ingress, egress or both")
}

// Validate reports the first option that cannot work.
func (o *HookOptions) Validate() error {
	switch o.Direction {
	case ingress, egress, both:
	default:
		return fmt.Errorf("--direction %s: want %s, %s or %s", o.Direction, ingress, egress, both)
	}
	if o.Path == "" {
		return errors.New("--cgroup is missing: give the folder of a cgroup, such as /sys/fs/cgroup/system.slice")
	}
	if !filepath.IsAbs(o.Path) {
		return fmt.Errorf("--cgroup %s: want an absolute path, such as /sys/fs/cgroup/system.slice", o.Path)
	}
	return nil
}

func (o *HookOptions) configure(*ebpf.CollectionSpec) error { return nil }

func (o *HookOptions) requirements() doctor.Requirements {
	checks := []doctor.Check{
		doctor.Support("cgroup_skb programs", func() error { return features.HaveProgramType(ebpf.CGroupSKB) }),
	}
	if o.Path != "" {
		checks = append(checks, cgroupCheck(o.Path))
	}
	return doctor.Requirements{
		Kernel:       doctor.Version{Major: 6, Minor: 1},
		Capabilities: []privilege.Capability{privilege.BPF, privilege.NetAdmin},
		Config:       []string{"CONFIG_BPF_SYSCALL", "CONFIG_CGROUP_BPF"},
		Checks:       checks,
	}
}

func cgroupCheck(path string) doctor.Check {
	return doctor.Check{Name: "cgroup", Run: func() doctor.Result {
		folder, _, err := openCgroup(path)
		if err != nil {
			return doctor.Failed(err.Error(), "mount -t cgroup2 cgroup2 /sys/fs/cgroup, and give --cgroup a folder below it")
		}
		folder.Close()
		return doctor.Passed(path)
	}}
}

// cgroupHook attaches one program for each direction to one cgroup.
type cgroupHook struct {
	options  HookOptions
	programs map[string]*ebpf.Program
	links    *Links
	log      *slog.Logger
	id       uint64
}

func newHook(options HookOptions, objects *bpfObjects, links *Links, log *slog.Logger) (hook, error) {
	programs := map[string]*ebpf.Program{ingress: objects.CgroupIngress, egress: objects.CgroupEgress}
	return &cgroupHook{options: options, programs: programs, links: links, log: log}, nil
}

func (h *cgroupHook) attach(context.Context) error {
	folder, id, err := openCgroup(h.options.Path)
	if err != nil {
		return err
	}
	defer folder.Close()
	h.id = id

	attachTypes := map[string]ebpf.AttachType{
		ingress: ebpf.AttachCGroupInetIngress,
		egress:  ebpf.AttachCGroupInetEgress,
	}
	for _, direction := range []string{ingress, egress} {
		if h.options.Direction != both && h.options.Direction != direction {
			continue
		}
		err := h.links.Upsert(Attachment{
			// The ID tells cgroups apart that have the same path one after the other.
			Name:    fmt.Sprintf("cgroup_%s-%d", direction, id),
			Target:  h.options.Path,
			Program: h.programs[direction],
			Attach:  func() (Link, error) { return attachCgroup(folder, h.programs[direction], attachTypes[direction]) },
			Mode:    func() string { return direction },
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// attachCgroup makes a link and nothing else: link.AttachCgroup falls back to an attachment that
// outlives the process and that others can override.
func attachCgroup(folder *os.File, program *ebpf.Program, attach ebpf.AttachType) (Link, error) {
	attached, err := link.AttachRawLink(link.RawLinkOptions{
		Target:  int(folder.Fd()),
		Program: program,
		Attach:  attach,
	})
	if err != nil {
		return nil, err
	}
	return attached, nil
}

const lookInterval = time.Second

// follow notices when the cgroup is removed, which detaches the programs without a word.
func (h *cgroupHook) follow(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookInterval):
		}
		folder, id, err := openCgroup(h.options.Path)
		if err != nil || id != h.id {
			return errors.Join(closeIfOpen(folder), fmt.Errorf("cgroup %s was removed: start again when it is back", h.options.Path))
		}
		folder.Close()
	}
}

func closeIfOpen(file *os.File) error {
	if file == nil {
		return nil
	}
	return file.Close()
}

func (h *cgroupHook) close(bool) error { return nil }

// needsCapabilities is false because nothing is attached later.
func (h *cgroupHook) needsCapabilities() bool { return false }

// openCgroup returns the folder and the cgroup's ID, which is its inode number.
func openCgroup(path string) (*os.File, uint64, error) {
	folder, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, fmt.Errorf("cgroup %s does not exist: check --cgroup, or start first what makes it", path)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open cgroup: %w", err)
	}
	var fileSystem unix.Statfs_t
	if err := unix.Fstatfs(int(folder.Fd()), &fileSystem); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("look at cgroup %s: %w", path, err), folder.Close())
	}
	if fileSystem.Type != unix.CGROUP2_SUPER_MAGIC {
		return nil, 0, errors.Join(fmt.Errorf("%s is no cgroup v2 folder: mount -t cgroup2 cgroup2 /sys/fs/cgroup, and give --cgroup a folder below it", path), folder.Close())
	}
	var stat unix.Stat_t
	if err := unix.Fstat(int(folder.Fd()), &stat); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("look at cgroup %s: %w", path, err), folder.Close())
	}
	return folder, stat.Ino, nil
}
