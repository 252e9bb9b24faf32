// SPDX-License-Identifier: Apache-2.0

package attach

import (
	"context"
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// countUntil counts what an interface receives until ctx ends.
func countUntil(ctx context.Context, index int) (packets uint64, err error) {
	var objects countObjects
	if err := loadCountObjects(&objects, nil); err != nil {
		return 0, fmt.Errorf("load programs: %w", err)
	}
	defer objects.Close()

	attached, err := link.AttachTCX(link.TCXOptions{
		Interface: index,
		Program:   objects.CountTc,
		Attach:    ebpf.AttachTCXIngress,
		Anchor:    link.Tail(),
	})
	if err != nil {
		return 0, fmt.Errorf("attach to interface %d: %w", index, err)
	}
	// Until here the variable keeps the link, and the link the attachment.
	defer attached.Close()

	<-ctx.Done()
	if err := objects.Packets.Get(&packets); err != nil {
		return 0, fmt.Errorf("read packets: %w", err)
	}
	return packets, nil
}

// attachBehind attaches behind a program that must run first, such as a firewall. It fails when that
// one is not there. The revision makes sure that nobody comes in between.
func attachBehind(program *ebpf.Program, index int, first ebpf.ProgramID) (link.Link, error) {
	for {
		list, err := link.QueryPrograms(link.QueryOptions{Target: index, Attach: ebpf.AttachTCXIngress})
		if err != nil {
			return nil, fmt.Errorf("list programs: %w", err)
		}
		attached, err := link.AttachTCX(link.TCXOptions{
			Interface:        index,
			Program:          program,
			Attach:           ebpf.AttachTCXIngress,
			Anchor:           link.AfterProgramByID(first),
			ExpectedRevision: list.Revision,
		})
		if errors.Is(err, unix.ESTALE) {
			continue
		}
		return attached, err
	}
}

// attachProbes attaches to the beginning and the end of a kernel function. The name in the SEC is not
// used here, and must be given again.
func attachProbes(objects *probeObjects, function string) (begin, end link.Link, err error) {
	if begin, err = link.Kprobe(function, objects.UdpCalled, nil); err != nil {
		return nil, nil, fmt.Errorf("attach to the beginning of %s: %w", function, err)
	}
	if end, err = link.Kretprobe(function, objects.UdpSent, nil); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("attach to the end of %s: %w", function, err), begin.Close())
	}
	return begin, end, nil
}

// attachTracing attaches an fentry or fexit program. The function was chosen when the program was loaded.
func attachTracing(program *ebpf.Program) (link.Link, error) {
	attached, err := link.AttachTracing(link.TracingOptions{Program: program})
	if err != nil {
		return nil, fmt.Errorf("attach tracing program: %w", err)
	}
	return attached, nil
}
