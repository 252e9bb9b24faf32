// SPDX-License-Identifier: Apache-2.0

// Package datapath loads the BPF programs, attaches them, and reads what they count.
//
// The files whose names do not tell otherwise are the same for every hook; the hook's own are those that
// define HookOptions and newHook.
package datapath

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sync/errgroup"

	"example.com/my-cnf/internal/doctor"
	"example.com/my-cnf/internal/privilege"
)

// hook is what differs between the places in the kernel where packets are seen.
type hook interface {
	// attach attaches all that is wanted at start.
	attach(ctx context.Context) error
	// follow keeps what is attached in step with the machine until ctx ends.
	follow(ctx context.Context) error
	// close gives up what the hook holds beside links.
	close(keep bool) error
	// needsCapabilities tells whether follow attaches in ways that need them.
	needsCapabilities() bool
}

// Datapath is a loaded set of programs and maps.
type Datapath struct {
	options Options
	log     *slog.Logger
	names   Names
	objects bpfObjects
	pins    *pinFolder
	links   *Links
	hook    hook
	// function is nil until its maps are filled.
	function function
	// attached is true once everything that is wanted at start is in place. It is asked
	// meanwhile.
	attached atomic.Bool
}

// Load loads the programs and maps. Nothing is attached yet.
func Load(options Options, log *slog.Logger) (*Datapath, error) {
	begun := time.Now()
	d := &Datapath{options: options, log: log}
	if err := d.load(); err != nil {
		return nil, errors.Join(explain("load", err, options.Hook.requirements()), d.unload())
	}
	log.Info("loaded", "hook", HookName, "function", FunctionName, "max_flows", options.MaxFlows, "took", since(begun))
	return d, nil
}

func (d *Datapath) load() error {
	spec, err := Spec()
	if err != nil {
		return err
	}
	if d.names, err = NamesOf(spec); err != nil {
		return err
	}
	if err := d.options.configure(spec); err != nil {
		return err
	}
	if d.options.Pin != "" {
		if d.pins, err = openPins(d.options.Pin); err != nil {
			return err
		}
	}
	if err := d.loadObjects(spec); err != nil {
		return err
	}
	if d.function, err = newFunction(d.options.Function, &d.objects, d.log); err != nil {
		return err
	}
	d.links = newLinks(d.pins, d.log)
	d.hook, err = newHook(d.options.Hook, &d.objects, d.links, d.log)
	return err
}

func (d *Datapath) loadObjects(spec *ebpf.CollectionSpec) error {
	options := &ebpf.CollectionOptions{}
	if d.pins == nil {
		if err := spec.LoadAndAssign(&d.objects, options); err != nil {
			return fmt.Errorf("load programs: %w", err)
		}
		return nil
	}

	kept, err := openKeptMaps(spec, d.pins, d.log)
	if err != nil {
		return err
	}
	// The collection holds duplicates of the maps that it is given.
	defer kept.close()
	options.MapReplacements = kept
	if err := spec.LoadAndAssign(&d.objects, options); err != nil {
		return fmt.Errorf("load programs: %w", err)
	}
	return pinMaps(spec, &d.objects.bpfMaps, kept, d.pins)
}

// Attach attaches all that the options ask for.
func (d *Datapath) Attach(ctx context.Context) error {
	begun := time.Now()
	if err := d.hook.attach(ctx); err != nil {
		return explain("attach", err, d.options.Hook.requirements())
	}
	if err := d.links.Prune(); err != nil {
		return err
	}
	d.attached.Store(true)
	d.log.Info("ready", "hook", HookName, "links", len(d.links.Status()), "took", since(begun))
	return nil
}

// DropCapabilities gives up what only loading and attaching need. Links are made with
// programs that are held open, which most hooks may do without a capability.
func (d *Datapath) DropCapabilities() {
	if d.hook.needsCapabilities() {
		d.log.Info("capabilities are kept: following needs them", "hook", HookName)
		return
	}
	if err := privilege.DropAll(); err != nil {
		d.log.Warn("capabilities are not dropped", "error", err)
		return
	}
	d.log.Info("capabilities dropped")
}

// Run follows the machine, hands on events if they were asked for, and watches for
// evictions, until ctx ends or one of them fails.
func (d *Datapath) Run(ctx context.Context, onEvent func(Event)) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return explain("follow", d.hook.follow(ctx), d.options.Hook.requirements()) })
	if d.options.Events {
		group.Go(func() error { return d.readEvents(ctx, onEvent) })
	}
	group.Go(func() error { return d.function.run(ctx) })
	group.Go(func() error { return d.watchEvictions(ctx) })
	return group.Wait()
}

// reloader is implemented by hooks that can take other options while they run. reload returns the names of
// the flags that it has taken.
type reloader interface {
	reload(options HookOptions) ([]string, error)
}

// Reload takes other options, and returns the names of the flags that take effect at once.
func (d *Datapath) Reload(options Options) ([]string, error) {
	taken, err := d.function.reload(options.Function)
	if err != nil {
		return nil, err
	}
	h, ok := d.hook.(reloader)
	if !ok {
		return taken, nil
	}
	names, err := h.reload(options.Hook)
	return append(taken, names...), err
}

// Status lists the links that are wanted. Until the start is over there are more to come.
func (d *Datapath) Status() []LinkStatus {
	status := d.links.Status()
	if !d.attached.Load() {
		status = append(status, LinkStatus{Program: HookName, Target: "start", Err: errPending})
	}
	return status
}

// Close detaches, or leaves attached what is pinned if the options say so. A start that failed
// does not take away what an earlier run has left at work.
func (d *Datapath) Close() error {
	begun := time.Now()
	keep := d.pins != nil && (d.options.OnExit == Keep || !d.attached.Load() && d.pins.existed)
	errs := []error{d.hook.close(keep), d.links.close(keep)}
	if d.pins != nil && !keep {
		errs = append(errs, d.pins.remove())
	}
	errs = append(errs, d.unload())
	d.log.Info("closed", "kept", keep, "took", since(begun))
	return errors.Join(errs...)
}

func (d *Datapath) unload() error {
	var errs []error
	if d.objects.Flows != nil {
		errs = append(errs, d.objects.Close())
	}
	if d.pins != nil {
		errs = append(errs, d.pins.close())
	}
	return errors.Join(errs...)
}

// since is a duration for the log, as text in every format.
func since(begun time.Time) string { return time.Since(begun).Round(10 * time.Microsecond).String() }

// waitForEnd is follow of a hook whose targets do not come and go.
func waitForEnd(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Requirements is what the hook asks of the machine.
func (o *HookOptions) Requirements() doctor.Requirements { return o.requirements() }
