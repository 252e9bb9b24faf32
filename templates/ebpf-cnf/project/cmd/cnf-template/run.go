// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"example.com/cnf-template/internal/datapath"
	"example.com/cnf-template/internal/privilege"
	"example.com/cnf-template/internal/telemetry"
)

type runOptions struct {
	datapath datapath.Options
	log      logOptions
	listen   string
	events   bool
}

func newRunCommand() *cobra.Command {
	var options runOptions
	command := &cobra.Command{
		Use:   "run",
		Short: "Attach, and keep attached until a signal comes",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return options.run(command.Context(), command.ErrOrStderr())
		},
	}
	flags := command.Flags()
	options.datapath.AddFlags(flags)
	options.log.addFlags(flags)
	flags.StringVar(&options.listen, "listen", "127.0.0.1:9464", "address for /metrics, /livez, /readyz and /flows; empty for none")
	flags.BoolVar(&options.events, "events", false, "log every new and closed flow; at --log-level debug they are logged anyway")
	return command
}

func (o *runOptions) run(ctx context.Context, stderr io.Writer) error {
	log, err := o.log.logger(stderr)
	if err != nil {
		return err
	}
	o.datapath.Events = o.events || o.log.level <= slog.LevelDebug
	if err := o.datapath.Validate(); err != nil {
		return err
	}
	if err := privilege.Raise(); err != nil {
		return err
	}

	var listener net.Listener
	if o.listen != "" {
		if listener, err = telemetry.Listen(o.listen); err != nil {
			return err
		}
		defer listener.Close()
	}

	loaded, err := datapath.Load(o.datapath, log)
	if err != nil {
		return err
	}
	return errors.Join(o.serve(ctx, loaded, listener, log), loaded.Close())
}

// serve answers requests while it attaches already, so that /readyz can tell what is missing.
func (o *runOptions) serve(ctx context.Context, loaded *datapath.Datapath, listener net.Listener, log *slog.Logger) error {
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
		log.Log(context.Background(), level, "flow", "kind", e.Kind, "at", e.Time, "protocol", e.Flow.Protocol,
			"source", e.Flow.Source, "source_port", e.Flow.SourcePort,
			"destination", e.Flow.Destination, "destination_port", e.Flow.DestinationPort,
			"vlan", e.Flow.VLAN, "direction", e.Flow.Direction,
			"packets", e.Flow.Packets, "bytes", e.Flow.Bytes, "tcp_flags", e.Flow.TCPFlags)
	}
}
