// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/pflag"
)

type logOptions struct {
	format string
	// level can be changed while the logger is in use.
	level slog.LevelVar
}

func (o *logOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.format, "log-format", "text", "`FORMAT` of the log: text or json")
	flags.TextVar(&o.level, "log-level", &o.level, "lowest `LEVEL` that is logged: debug, info, warn or error")
}

func (o *logOptions) validate() error {
	if o.format != "text" && o.format != "json" {
		return fmt.Errorf("--log-format %s: want text or json", o.format)
	}
	return nil
}

func (o *logOptions) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: &o.level}
	if o.format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
