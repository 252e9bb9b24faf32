// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"log/slog"
)

// remover is implemented by the options of hooks that leave more behind than links and maps.
type remover interface {
	removeLeftovers(pins *pinFolder, log *slog.Logger) error
}

// RemovePins detaches what an earlier run kept attached and removes its pins.
func RemovePins(path string, log *slog.Logger) error {
	pins, err := openExistingPins(path)
	if err != nil {
		return err
	}
	defer pins.close()

	names, err := pins.linkNames()
	if err != nil {
		return err
	}
	var errs []error
	if hook, ok := any(&HookOptions{}).(remover); ok {
		errs = append(errs, hook.removeLeftovers(pins, log))
	}
	errs = append(errs, pins.remove())
	if err := errors.Join(errs...); err != nil {
		return explain("detach", err, new(HookOptions).requirements())
	}
	log.Info("detached", "pin", path, "links", len(names))
	return nil
}
