// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// costsBeside is what a packet costs the CNF, and a peer that does the same work.
type costsBeside struct {
	Machine  string    `json:"machine"`
	Function string    `json:"function"`
	Case     string    `json:"case"`
	Peer     string    `json:"peer"`
	Flows    []uint32  `json:"flows"`
	Ours     []float64 `json:"ours"`
	Theirs   []float64 `json:"theirs"`
}

// A figure is anything else that was measured, beside what it should be.
type figure struct {
	What    string `json:"what"`
	Reached string `json:"reached"`
	Target  string `json:"target"`
}

// record adds a line to a file in the folder CNF_RESULTS, where `eng bench` reads it.
func record(t *testing.T, file string, result any) {
	t.Helper()
	if t.Failed() {
		return
	}
	line, err := json.Marshal(result)
	must(t, err)
	lines, err := os.OpenFile(filepath.Join(os.Getenv("CNF_RESULTS"), file), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	must(t, err)
	_, err = lines.Write(append(line, '\n'))
	must(t, errors.Join(err, lines.Close()))
}

func recordCosts(t *testing.T, result costsBeside) {
	t.Helper()
	record(t, "costs.jsonl", result)
}

func recordFigure(t *testing.T, result figure) {
	t.Helper()
	record(t, "figures.jsonl", result)
}
