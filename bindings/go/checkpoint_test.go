// SPDX-License-Identifier: MIT

package contain

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeCRIU puts the stand-in for CRIU, which runs on any kernel, in a folder of the test's.
func fakeCRIU(w *world, scenario string) string {
	w.t.Helper()
	program, err := os.ReadFile("../../tests/harness/fake-criu.py")
	w.check(err)
	path := filepath.Join(w.t.TempDir(), "criu")
	w.check(os.WriteFile(path, program, 0o755))
	w.check(os.WriteFile(filepath.Join(filepath.Dir(path), "scenario"), []byte(scenario), 0o644))
	return path
}

func TestCheckpointAndRestore(t *testing.T) {
	w := newWorld(t)
	images := Images{Path: filepath.Join(t.TempDir(), "images"), CRIU: fakeCRIU(w, ""), FileLocks: true}
	c := w.started(Options{}, "sleep", "1000")
	w.check(c.Checkpoint(CheckpointOptions{Images: images, PreDump: true}))
	w.check(c.Checkpoint(CheckpointOptions{Images: images}))
	if status := w.wait(c); status.Signal == 0 {
		t.Errorf("after its checkpoint: %+v", status)
	}

	restored := w.container(Options{}, "sleep", "1000")
	w.check(restored.Restore(RestoreOptions{Images: images, TCPClose: true}))
	if status, err := restored.Status(); err != nil || status != StatusRunning {
		t.Errorf("restored: %v, %v", status, err)
	}
}

func TestFailedCheckpoint(t *testing.T) {
	w := newWorld(t)
	images := Images{Path: filepath.Join(t.TempDir(), "images"), CRIU: fakeCRIU(w, "fail")}
	c := w.started(Options{}, "sleep", "1000")
	err := c.Checkpoint(CheckpointOptions{Images: images})
	if !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "unreachable sharing") {
		t.Errorf("failed with %v", err)
	}
	if err := c.Checkpoint(CheckpointOptions{}); !errors.Is(err, ErrArgument) {
		t.Errorf("without a folder: %v", err)
	}
}
