// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenPinsRefusesOtherFileSystems(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pins")
	_, err := openPins(path)
	if err == nil || !strings.Contains(err.Error(), "mount -t bpf") {
		t.Errorf("got %v", err)
	}
	if exists(path) {
		t.Error("a folder was left behind")
	}
}

func TestLockRefusesASecondInstance(t *testing.T) {
	path := t.TempDir()
	first := &pinFolder{path: path}
	if err := first.acquire(); err != nil {
		t.Fatal(err)
	}
	second := &pinFolder{path: path}
	if err := second.acquire(); err == nil || !strings.Contains(err.Error(), "another instance") {
		t.Errorf("got %v", err)
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	if err := second.acquire(); err != nil {
		t.Errorf("the lock outlives its owner: %v", err)
	}
}

func TestRemoveLeavesWhatItDoesNotKnow(t *testing.T) {
	pins := &pinFolder{path: filepath.Join(t.TempDir(), "pins")}
	stranger := filepath.Join(pins.path, "stranger")
	for _, folder := range []string{pins.maps(), pins.links(), pins.layouts(), stranger} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(pins.mapPath("flows"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := pins.remove(); err == nil {
		t.Error("a folder with something else in it was removed")
	}
	if !exists(stranger) || exists(pins.maps()) {
		t.Error("the wrong things were removed")
	}
	if err := os.Remove(stranger); err != nil {
		t.Fatal(err)
	}
	if err := pins.remove(); err != nil {
		t.Error(err)
	}
}
