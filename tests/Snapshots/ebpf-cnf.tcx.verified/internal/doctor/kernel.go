// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// Version is major and minor of a kernel release.
type Version struct{ Major, Minor int }

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// Less tells whether v is older than other.
func (v Version) Less(other Version) bool {
	return v.Major < other.Major || v.Major == other.Major && v.Minor < other.Minor
}

// RunningKernel returns the version of the running kernel and its full release.
func RunningKernel() (Version, string, error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return Version{}, "", fmt.Errorf("read kernel release: %w", err)
	}
	release := unix.ByteSliceToString(name.Release[:])
	version, err := parseRelease(release)
	return version, release, err
}

func parseRelease(release string) (Version, error) {
	var v Version
	if _, err := fmt.Sscanf(release, "%d.%d", &v.Major, &v.Minor); err != nil {
		return Version{}, fmt.Errorf("parse kernel release %q: %w", release, err)
	}
	return v, nil
}

func kernelRelease(oldest Version) Check {
	return Check{"kernel", func() Result {
		version, release, err := RunningKernel()
		switch {
		case err != nil:
			return Unknown(err.Error())
		case version.Less(oldest):
			return Failed(release, fmt.Sprintf("run Linux %v or newer", oldest))
		}
		return Passed(release)
	}}
}

func kernelTypes(path string, needed bool) Check {
	return Check{"BTF", func() Result {
		_, err := os.Stat(path)
		switch {
		case err != nil && !needed:
			return Unknown(path + " is missing; this hook can do without")
		case err != nil:
			return Failed(path+" is missing", "run a kernel that was built with CONFIG_DEBUG_INFO_BTF=y")
		}
		return Passed(path)
	}}
}

func kernelConfig(options []string) Check {
	return Check{"kernel config", func() Result {
		source, err := openConfig()
		if err != nil {
			return Unknown(err.Error())
		}
		defer source.Close()

		missing, err := missingOptions(source, options)
		switch {
		case err != nil:
			return Unknown(err.Error())
		case len(missing) > 0:
			return Failed("not set: "+strings.Join(missing, " "), "run a kernel that was built with "+strings.Join(missing, "=y, ")+"=y")
		}
		return Passed(strings.Join(options, " "))
	}}
}

// openConfig finds the configuration where the kernel offers it (CONFIG_IKCONFIG_PROC) or
// where distributions put it.
func openConfig() (io.ReadCloser, error) {
	if packed, err := os.Open("/proc/config.gz"); err == nil {
		return newGzipFile(packed)
	}
	_, release, err := RunningKernel()
	if err != nil {
		return nil, err
	}
	for _, path := range []string{"/boot/config-" + release, "/lib/modules/" + release + "/config"} {
		if file, err := os.Open(path); err == nil {
			return file, nil
		}
	}
	return nil, errors.New("neither /proc/config.gz nor a config file for this kernel is readable")
}

type gzipFile struct {
	*gzip.Reader
	file *os.File
}

func newGzipFile(file *os.File) (*gzipFile, error) {
	reader, err := gzip.NewReader(file)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("unpack %s: %w", file.Name(), err)
	}
	return &gzipFile{reader, file}, nil
}

func (f *gzipFile) Close() error {
	return errors.Join(f.Reader.Close(), f.file.Close())
}

func missingOptions(config io.Reader, options []string) ([]string, error) {
	set := map[string]bool{}
	for lines := bufio.NewScanner(config); lines.Scan(); {
		name, value, found := strings.Cut(lines.Text(), "=")
		set[name] = found && (value == "y" || value == "m")
	}
	if len(set) == 0 {
		return nil, errors.New("the kernel's config is empty")
	}
	var missing []string
	for _, option := range options {
		if !set[option] {
			missing = append(missing, option)
		}
	}
	return missing, nil
}

// Support checks for a feature of the kernel by trying it. Only nil and an error that wraps
// ebpf.ErrNotSupported are answers; everything else, such as a lack of privilege, says nothing.
func Support(name string, try func() error) Check {
	return Check{name, func() Result {
		err := try()
		switch {
		case err == nil:
			return Passed("supported")
		case errors.Is(err, ebpf.ErrNotSupported):
			return Failed(err.Error(), "run a newer kernel, or one that was built with it")
		}
		return Unknown(err.Error())
	}}
}
