// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"example.com/my-cnf/internal/config"
	"example.com/my-cnf/internal/datapath"
	"example.com/my-cnf/internal/privilege"
	"example.com/my-cnf/internal/telemetry"
)

type runOptions struct {
	datapath datapath.Options
	log      logOptions
	listen   string
	events   bool
	config   string
	check    bool
}

func newRunCommand() *cobra.Command {
	var options runOptions
	command := &cobra.Command{
		Use:   "run",
		Short: "Attach, and keep attached until a signal comes",
		Long: `Attach, and keep attached until a signal comes.

Every flag can also be set by a variable (--max-flows is CNF_MAX_FLOWS; lists are separated by
spaces) or by a key of the --config file (max-flows: 65536). The command line wins over the
environment, and the environment over the file. SIGHUP reads both again and takes over
--log-level and, for hooks on interfaces, --interface and --exclude.`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return options.run(command.Context(), command.Flags(), command.OutOrStdout(), command.ErrOrStderr())
		},
	}
	options.addFlags(command.Flags())
	return command
}

func (o *runOptions) addFlags(flags *pflag.FlagSet) {
	o.datapath.AddFlags(flags)
	o.log.addFlags(flags)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:9464", "address for /metrics, /livez, /readyz and /flows; empty for none")
	flags.BoolVar(&o.events, "events", false, "log every new and closed flow; at --log-level debug they are logged anyway")
	flags.StringVar(&o.config, "config", "", "YAML file with the settings that are given neither here nor by the environment")
	flags.BoolVar(&o.check, "check", false, "check the settings and end; needs no privilege")
}

// complete takes what the command line left open from the environment and the file.
func (o *runOptions) complete(flags *pflag.FlagSet, given config.Given) error {
	if o.config == "" {
		o.config = os.Getenv(config.EnvName("config"))
	}
	if err := config.Apply(flags, given, o.config, os.LookupEnv); err != nil {
		return err
	}
	o.datapath.Events = o.events || o.log.level.Level() <= slog.LevelDebug
	if err := o.log.validate(); err != nil {
		return err
	}
	return o.datapath.Validate()
}

func (o *runOptions) run(ctx context.Context, flags *pflag.FlagSet, stdout, stderr io.Writer) error {
	given := config.Take(flags)
	if err := o.complete(flags, given); err != nil {
		return err
	}
	if o.check {
		fmt.Fprintln(stdout, "the settings are valid")
		return nil
	}
	if err := privilege.Raise(); err != nil {
		return err
	}
	log := o.log.logger(stderr)
	// Until settings can be reloaded, a request to do so must not end the process.
	signal.Ignore(syscall.SIGHUP)

	var listener net.Listener
	if o.listen != "" {
		var err error
		if listener, err = telemetry.Listen(o.listen); err != nil {
			return err
		}
		defer listener.Close()
	}

	loaded, err := datapath.Load(o.datapath, log)
	if err != nil {
		return err
	}
	reload := &reloader{flags: flags, given: given, options: o, datapath: loaded, log: log}
	return errors.Join(o.serve(ctx, loaded, listener, reload, log), loaded.Close())
}

// serve answers requests while it attaches already, so that /readyz can tell what is missing.
func (o *runOptions) serve(ctx context.Context, loaded *datapath.Datapath, listener net.Listener, reload *reloader, log *slog.Logger) error {
	group, ctx := errgroup.WithContext(ctx)
	if listener != nil {
		log.Info("listening", "address", listener.Addr().String())
		handler := telemetry.Handler(loaded, version(), log)
		group.Go(func() error { return telemetry.Serve(ctx, listener, handler) })
	}
	group.Go(func() error {
		if err := loaded.Attach(ctx); err != nil {
			return err
		}
		loaded.DropCapabilities()
		group.Go(func() error { return reload.onSignal(ctx) })
		return loaded.Run(ctx, o.eventLogger(log))
	})
	return group.Wait()
}

func (o *runOptions) eventLogger(log *slog.Logger) func(datapath.Event) {
	level := slog.LevelDebug
	if o.events {
		level = slog.LevelInfo
	}
	return func(e datapath.Event) {
		attributes := []any{
			"kind", e.Kind, "at", e.Time, "protocol", e.Flow.Protocol,
			"source", e.Flow.Source, "source_port", e.Flow.SourcePort,
			"destination", e.Flow.Destination, "destination_port", e.Flow.DestinationPort,
			"vlan", e.Flow.VLAN, "direction", e.Flow.Direction,
			"packets", e.Flow.Packets, "bytes", e.Flow.Bytes, "tcp_flags", e.Flow.TCPFlags,
		}
		if e.Cause != "" {
			attributes = append(attributes, "cause", e.Cause)
		}
		log.Log(context.Background(), level, "flow", attributes...)
	}
}
