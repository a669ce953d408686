// SPDX-License-Identifier: MIT

package contain

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

type object = map[string]any

// blob puts data into an image layout, and describes it.
func (w *world) blob(layout, kind string, data []byte) object {
	w.t.Helper()
	hex := fmt.Sprintf("%x", sha256.Sum256(data))
	w.check(os.WriteFile(filepath.Join(layout, "blobs/sha256", hex), data, 0o644))
	return object{"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + hex, "size": len(data)}
}

func (w *world) document(value any) []byte {
	w.t.Helper()
	text, err := json.Marshal(value)
	w.check(err)
	return text
}

// layout writes an image of one layer, with busybox, which says what config does; its name.
func (w *world) layout(config object) string {
	w.t.Helper()
	var layer bytes.Buffer
	archive := tar.NewWriter(&layer)
	program, err := os.ReadFile(busybox)
	w.check(err)
	w.check(archive.WriteHeader(&tar.Header{Name: "bin/", Typeflag: tar.TypeDir, Mode: 0o755}))
	w.check(archive.WriteHeader(&tar.Header{Name: "bin/sh", Mode: 0o755, Size: int64(len(program))}))
	_, err = archive.Write(program)
	w.check(err)
	w.check(archive.Close())

	folder := filepath.Join(w.folder, "layout")
	w.check(os.MkdirAll(filepath.Join(folder, "blobs/sha256"), 0o755))
	described := w.blob(folder, "layer.v1.tar", layer.Bytes())
	manifest := w.blob(folder, "manifest.v1+json", w.document(object{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		"config": w.blob(folder, "config.v1+json", w.document(object{
			"architecture": runtime.GOARCH, "os": "linux", "config": config,
			"rootfs": object{"type": "layers", "diff_ids": []any{described["digest"]}},
		})),
		"layers": []any{described},
	}))
	manifest["annotations"] = object{"org.opencontainers.image.ref.name": "a"}
	w.check(os.WriteFile(filepath.Join(folder, "oci-layout"), w.document(object{"imageLayoutVersion": "1.0.0"}), 0o644))
	w.check(os.WriteFile(filepath.Join(folder, "index.json"), w.document(object{"schemaVersion": 2, "manifests": []any{manifest}}), 0o644))
	return "oci:" + folder + ":a"
}

func TestStore(t *testing.T) {
	w := newImageWorld(t)
	image := w.layout(object{"Cmd": []string{"/bin/sh"}})
	options := ImageOptions{Store: filepath.Join(w.folder, "store")}
	_, err := w.ctx.PullImage(image, "", options)
	expectError(t, err, ErrArgument)
	limited := options
	limited.MaxBytes = 1000
	_, err = w.ctx.PullImage(image, "app:1", limited)
	expectError(t, err, ErrSize)
	_, err = w.ctx.PullImage(image, "app:1", options)
	w.check(err)

	mounted, told, err := w.ctx.MountImage("app:1", "first", nil, options)
	w.check(err)
	if !strings.Contains(string(told), `"Cmd"`) {
		t.Errorf("told %s", told)
	}
	if _, err := os.Stat(fmt.Sprintf("/proc/self/fd/%d/bin/sh", mounted.Fd())); err != nil {
		t.Error(err)
	}
	w.check(mounted.Close())
	_, _, err = w.ctx.MountImage("app:1", "first", nil, options)
	expectError(t, err, ErrExists)

	var listed struct {
		Images     []struct{ Name string }
		Containers []struct{ ID string }
	}
	text, err := w.ctx.ListImages(options)
	w.check(err)
	w.check(json.Unmarshal(text, &listed))
	if len(listed.Images) != 1 || listed.Images[0].Name != "app:1" || len(listed.Containers) != 1 || listed.Containers[0].ID != "first" {
		t.Errorf("listed %s", text)
	}

	w.check(w.ctx.ReleaseImage("first", options))
	expectError(t, w.ctx.ReleaseImage("first", options), ErrNotFound)
	w.check(w.ctx.RemoveImage("app:1", options))
	for _, dryRun := range []bool{true, false} {
		var removed struct{ Layers, Blobs int }
		text, err = w.ctx.CollectImages(dryRun, options)
		w.check(err)
		w.check(json.Unmarshal(text, &removed))
		if removed.Layers != 1 || removed.Blobs != 3 {
			t.Errorf("removed %s", text)
		}
	}
}

func TestLoadImage(t *testing.T) {
	w := newImageWorld(t)
	image := w.layout(object{"Cmd": []string{"/bin/sh", "-c", "exit $A"}, "Env": []string{"A=5"}})
	storage := filepath.Join(w.folder, "copies")
	stored := ImageOptions{Store: filepath.Join(w.folder, "store")}
	_, err := w.ctx.PullImage(image, "app:1", stored)
	w.check(err)
	for _, one := range []struct {
		image   string
		argv    []string
		run     RunOptions
		options ImageOptions
		code    int
	}{
		{image, nil, RunOptions{Storage: storage}, ImageOptions{}, 5},
		{image, []string{"/bin/sh", "-c", "exit 3"}, RunOptions{Storage: storage}, ImageOptions{}, 3},
		{"app:1", nil, RunOptions{Storage: storage, Env: []string{"A=6"}}, stored, 6},
	} {
		c, err := New(w.ctx, Options{})
		w.check(err)
		w.check(c.LoadImage(one.image, one.argv, one.run, one.options))
		w.check(c.Create())
		w.check(c.Start())
		if status := w.wait(c); status.Code != one.code {
			t.Errorf("%s: %+v", one.image, status)
		}
		w.check(c.Destroy(true))
		w.check(c.Close())
		if left, _ := os.ReadDir(storage); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	}
	c, err := New(w.ctx, Options{})
	w.check(err)
	defer c.Close()
	expectError(t, c.LoadImage(image, nil, RunOptions{Storage: storage, User: "nobody"}, ImageOptions{}), ErrValue)
}

func TestImageConfig(t *testing.T) {
	w := newImageWorld(t)
	image := w.layout(object{"Cmd": []string{"/bin/sh"}, "WorkingDir": "/tmp"})
	text, err := w.ctx.ImageConfig(image, "", []string{"/x"}, RunOptions{User: "7"}, ImageOptions{})
	w.check(err)
	var config struct {
		Root    struct{ Path string }
		Process struct {
			Args []string
			Cwd  string
			User struct{ UID uint32 }
		}
	}
	w.check(json.Unmarshal(text, &config))
	if config.Root.Path != "rootfs" || config.Process.Cwd != "/tmp" || config.Process.User.UID != 7 || config.Process.Args[0] != "/x" {
		t.Errorf("config %s", text)
	}
	_, err = w.ctx.ImageConfig(image, "", nil, RunOptions{User: "app"}, ImageOptions{})
	expectError(t, err, ErrValue)
	_, err = w.ctx.ImageConfig(image, w.rootfs, nil, RunOptions{Storage: w.folder}, ImageOptions{})
	expectError(t, err, ErrArgument)
}
