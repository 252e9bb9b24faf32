// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/doctor"
	"example.com/my-cnf/internal/privilege"
)

// explain adds what to do about an error, where that is known. action is a verb.
func explain(action string, err error, r doctor.Requirements) error {
	if err == nil {
		return nil
	}
	// The verifier's EACCES is no lack of privilege.
	if verifierError := (*ebpf.VerifierError)(nil); errors.As(err, &verifierError) {
		return err
	}
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		if missing := missingCapabilities(r.Capabilities); len(missing) > 0 {
			return &privilegeError{action, missing, r.Capabilities, err}
		}
	}
	if hint := remedy(err, r); hint != "" {
		return fmt.Errorf("%w: %s", err, hint)
	}
	return err
}

// privilegeError stands for an error of the kernel whose text would mislead: the library guesses at the
// limit of locked memory.
type privilegeError struct {
	action          string
	missing, wanted []privilege.Capability
	cause           error
}

func (e *privilegeError) Error() string {
	return fmt.Sprintf("%s: operation not permitted, %s missing: run as root, or give the program its capabilities: setcap %s PROGRAM",
		e.action, privilege.Join(e.missing), privilege.Setcap(e.wanted))
}

func (e *privilegeError) Unwrap() error { return e.cause }

func missingCapabilities(wanted []privilege.Capability) []privilege.Capability {
	have, err := privilege.Effective()
	if err != nil {
		return nil
	}
	return have.Missing(wanted)
}

func remedy(err error, r doctor.Requirements) string {
	version, release, versionErr := doctor.RunningKernel()
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Sprintf("%s are there, so a seccomp profile, a security module or the owner of a pin refuses it", privilege.Join(r.Capabilities))
	case versionErr == nil && version.Less(r.Kernel):
		return fmt.Sprintf("this is Linux %s, run %v or newer", release, r.Kernel)
	case errors.Is(err, ebpf.ErrNotSupported) && !exists("/sys/kernel/btf/vmlinux"):
		return "this kernel has no BTF, run one that was built with CONFIG_DEBUG_INFO_BTF=y"
	case verifierGaveUp(err):
		return "the verifier of this kernel gives up on the programs: with CAP_PERFMON it may take shortcuts, add that capability"
	case errors.Is(err, unix.ENOMEM), errors.Is(err, unix.E2BIG):
		return "choose a smaller --max-flows or raise the memory limit"
	}
	return ""
}

// verifierGaveUp tells whether a program has more paths than the verifier follows, and not an error.
func verifierGaveUp(err error) bool {
	var verifier *ebpf.VerifierError
	return errors.As(err, &verifier) && (errors.Is(err, unix.E2BIG) || errors.Is(err, unix.EFAULT))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
