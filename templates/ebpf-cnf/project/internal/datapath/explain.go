// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"example.com/cnf-template/internal/doctor"
	"example.com/cnf-template/internal/privilege"
)

// explain adds what to do about an error of the kernel to the error.
func explain(err error, r doctor.Requirements) error {
	if err == nil {
		return nil
	}
	if hint := remedy(err, r); hint != "" {
		return fmt.Errorf("%w: %s", err, hint)
	}
	return err
}

func remedy(err error, r doctor.Requirements) string {
	// The verifier's EACCES is no lack of privilege.
	if verifierError := (*ebpf.VerifierError)(nil); errors.As(err, &verifierError) {
		return ""
	}
	version, release, versionErr := doctor.RunningKernel()
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return missingPrivilege(r.Capabilities)
	case versionErr == nil && version.Less(r.Kernel):
		return fmt.Sprintf("this is Linux %s, run %v or newer", release, r.Kernel)
	case errors.Is(err, ebpf.ErrNotSupported) && !exists("/sys/kernel/btf/vmlinux"):
		return "this kernel has no BTF, run one that was built with CONFIG_DEBUG_INFO_BTF=y"
	case errors.Is(err, unix.ENOMEM), errors.Is(err, unix.E2BIG):
		return "choose a smaller --max-flows or raise the memory limit"
	}
	return ""
}

func missingPrivilege(wanted []privilege.Capability) string {
	have, err := privilege.Effective()
	if err != nil {
		return "run as root"
	}
	if missing := have.Missing(wanted); len(missing) > 0 {
		return fmt.Sprintf("%s missing, run as root or give the program its capabilities: setcap %s PROGRAM",
			privilege.Join(missing), privilege.Setcap(wanted))
	}
	return fmt.Sprintf("%s are there, so a seccomp profile, a security module or the owner of a pin refuses it", privilege.Join(wanted))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
