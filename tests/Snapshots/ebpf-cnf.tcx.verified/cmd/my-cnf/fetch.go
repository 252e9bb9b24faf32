// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/pflag"
)

func addAddressFlag(flags *pflag.FlagSet, address *string) {
	flags.StringVar(address, "address", "127.0.0.1:9464", "where run listens")
}

// fetch asks the running process for what it serves at a path. Errors call that by its name.
func fetch[T any](ctx context.Context, address, path, name string) (result T, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	url := "http://" + address + path
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return result, fmt.Errorf("ask for %s: %w", name, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return result, fmt.Errorf("ask for %s: %w; is `my-cnf run` at work, with the same --listen address?", name, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return result, fmt.Errorf("ask %s for %s: %s", url, name, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(&result); err != nil {
		return result, fmt.Errorf("decode %s from %s: %w", name, url, err)
	}
	return result, nil
}
