// SPDX-License-Identifier: MIT

package contain

import (
	"archive/tar"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// image writes a root file system with one file as a tar.
func (w *world) image(version string) string {
	path := filepath.Join(w.folder, version+".tar")
	file, err := os.Create(path)
	w.check(err)
	archive := tar.NewWriter(file)
	w.check(archive.WriteHeader(&tar.Header{Name: "version", Mode: 0o644, Size: int64(len(version))}))
	_, err = archive.Write([]byte(version))
	w.check(err)
	w.check(archive.Close())
	w.check(file.Close())
	return path
}

func (w *world) deploy(version string, options DeployOptions) *Deployed {
	deployed, err := w.ctx.Deploy(w.image(version), filepath.Join(w.folder, "app"), ImageOptions{}, UnpackOptions{}, options)
	w.check(err)
	return deployed
}

func (w *world) expectCurrent(version string) {
	w.t.Helper()
	found, err := os.ReadFile(filepath.Join(w.folder, "app/current/version"))
	w.check(err)
	if string(found) != version {
		w.t.Errorf("current is %s, not %s", found, version)
	}
}

func TestExportImage(t *testing.T) {
	w := newImageWorld(t)
	file, err := os.Create(filepath.Join(w.folder, "archive"))
	w.check(err)
	defer file.Close()
	archive, err := w.ctx.ExportImage(w.image("one"), file, ImageOptions{}, ExportOptions{NoDevices: true})
	w.check(err)
	data, err := os.ReadFile(file.Name())
	w.check(err)
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256(data)); archive.Digest != want || archive.Size != uint64(len(data)) {
		t.Errorf("%+v, want %s", archive, want)
	}
	_, err = w.ctx.ExportImage(w.image("one"), file, ImageOptions{MaxBytes: 1}, ExportOptions{})
	expectError(t, err, ErrSize)
}

func TestReleases(t *testing.T) {
	w := newImageWorld(t)
	top := filepath.Join(w.folder, "app")
	first := w.deploy("one", DeployOptions{})
	if first.Status != "deployed" || w.deploy("one", DeployOptions{}).Status != "unchanged" {
		t.Errorf("deployed %+v", first)
	}
	second := w.deploy("two", DeployOptions{})
	w.expectCurrent("two")
	releases, err := w.ctx.Releases(top)
	w.check(err)
	if len(releases) != 2 || releases[0].Name != second.Name || !releases[0].Current || !releases[1].Previous || releases[1].Created.IsZero() {
		t.Errorf("releases %+v", releases)
	}
	back, err := w.ctx.Rollback(top, "")
	w.check(err)
	w.expectCurrent("one")
	if back.Name != first.Name || back.Status != "switched" {
		t.Errorf("rolled back to %+v", back)
	}
	_, err = w.ctx.Rollback(top, "none")
	expectError(t, err, ErrDeploy)
	w.deploy("three", DeployOptions{})
	dry, err := w.ctx.Prune(top, 0, true)
	w.check(err)
	if !reflect.DeepEqual(dry.Pruned, []string{second.Name}) {
		t.Errorf("would prune %+v", dry)
	}
	held, err := os.Open(filepath.Join(top, "releases", second.Name, "rootfs/version"))
	w.check(err)
	fourth := w.deploy("four", DeployOptions{Keep: 1})
	held.Close()
	if !reflect.DeepEqual(fourth.Pruned.Pruned, []string{first.Name}) || len(fourth.InUse) != 1 || fourth.InUse[0].PID != os.Getpid() {
		t.Errorf("pruned %+v", fourth)
	}
	pruned, err := w.ctx.Prune(top, 0, false)
	w.check(err)
	if !reflect.DeepEqual(pruned.Pruned, []string{second.Name}) {
		t.Errorf("pruned %+v", pruned)
	}
	w.expectCurrent("four")
	_, err = w.ctx.Deploy(w.image("five"), top, ImageOptions{}, UnpackOptions{}, DeployOptions{ExpectDigest: first.Digest})
	expectError(t, err, ErrDigest)
	_, err = w.ctx.Releases(w.folder)
	expectError(t, err, ErrDeploy)
}
