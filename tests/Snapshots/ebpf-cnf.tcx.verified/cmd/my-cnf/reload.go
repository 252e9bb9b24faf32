// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/pflag"

	"example.com/my-cnf/internal/config"
	"example.com/my-cnf/internal/datapath"
)

// reloader reads the settings again on SIGHUP. Settings that are wrong, or that need a restart, leave
// everything as it is.
type reloader struct {
	flags    *pflag.FlagSet
	given    config.Given
	options  *runOptions
	datapath *datapath.Datapath
	log      *slog.Logger
}

func (r *reloader) onSignal(ctx context.Context) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	defer signal.Stop(signals)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-signals:
			r.reload()
		}
	}
}

func (r *reloader) reload() {
	var fresh runOptions
	flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
	fresh.addFlags(flags)
	err := r.given.Replay(flags)
	if err == nil {
		err = fresh.complete(flags, r.given)
	}
	if err != nil {
		r.log.Error("settings are not reloaded", "error", err)
		return
	}

	changed := config.Differences(r.flags, flags)
	taken := []string{"log-level"}
	r.options.log.level.Set(fresh.log.level.Level())
	if names, err := r.datapath.Reload(fresh.datapath); err != nil {
		r.log.Error("settings are not reloaded", "error", err)
	} else {
		taken = append(taken, names...)
	}
	for _, name := range changed {
		if !slices.Contains(taken, name) {
			r.log.Warn("setting changes with the next start", "setting", name)
		}
	}
	r.flags = flags
	r.log.Info("settings reloaded", "changed", changed)
}
