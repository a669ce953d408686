// SPDX-License-Identifier: MIT

package contain

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const busybox = "/bin/busybox"

// As the first process of a pid namespace, a program ignores signals that it has no handler for.
var stay = []string{"/bin/sleep", "1000"}

// world is a root file system, a state root and a context for one test.
type world struct {
	t         testing.TB
	folder    string
	rootfs    string
	stateRoot string
	ctx       *Context
}

func newWorld(t testing.TB, options ...ContextOptions) *world {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	program, err := os.ReadFile(busybox)
	if err != nil {
		t.Skip("needs busybox-static: ", err)
	}
	folder := t.TempDir()
	w := &world{t: t, folder: folder, rootfs: filepath.Join(folder, "rootfs"), stateRoot: filepath.Join(folder, "state")}
	for _, name := range []string{"bin", "dev", "etc", "proc", "sys", "tmp"} {
		w.check(os.MkdirAll(filepath.Join(w.rootfs, name), 0o755))
	}
	w.check(os.WriteFile(filepath.Join(w.rootfs, "bin/busybox"), program, 0o755))
	for _, name := range []string{"cat", "echo", "false", "ls", "sh", "sleep", "true", "tty"} {
		w.check(os.Symlink("busybox", filepath.Join(w.rootfs, "bin", name)))
	}
	settings := ContextOptions{}
	if len(options) > 0 {
		settings = options[0]
	}
	settings.StateRoot = w.stateRoot
	w.ctx, err = NewContext(settings)
	w.check(err)
	t.Cleanup(func() {
		left, _ := filepath.Glob(filepath.Join(w.stateRoot, "*"))
		if len(left) > 0 {
			t.Errorf("containers left: %v", left)
		}
		w.ctx.Close()
	})
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// container makes a configured container, destroyed at the end of the test whatever happens.
func (w *world) container(options Options, argv ...string) *Container {
	w.t.Helper()
	c, err := New(w.ctx, options)
	w.check(err)
	w.t.Cleanup(func() {
		c.Destroy(true)
		c.Close()
	})
	w.check(c.LoadRootfs(w.rootfs, argv))
	return c
}

func (w *world) started(options Options, argv ...string) *Container {
	w.t.Helper()
	c := w.container(options, argv...)
	w.check(c.Create())
	w.check(c.Start())
	return c
}

func (w *world) wait(c *Container) ExitStatus {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	status, err := c.Wait(ctx)
	w.check(err)
	return status
}

// output runs a command to its end and returns what it wrote.
func (w *world) output(c *Container, reader, writer *os.File) string {
	w.t.Helper()
	w.check(c.Create())
	w.check(c.Start())
	w.wait(c)
	w.check(c.Destroy(false))
	w.check(c.Close())
	w.check(writer.Close())
	text, err := io.ReadAll(reader)
	w.check(err)
	w.check(reader.Close())
	return string(text)
}

func (w *world) pipe() (reader, writer *os.File) {
	w.t.Helper()
	reader, writer, err := os.Pipe()
	w.check(err)
	return reader, writer
}

// config is the default configuration, changed.
func (w *world) config(options ConfigOptions, change func(config map[string]interface{})) []byte {
	w.t.Helper()
	options.Rootfs = w.rootfs
	document, err := w.ctx.DefaultConfig(options)
	w.check(err)
	var config map[string]interface{}
	w.check(json.Unmarshal(document, &config))
	change(config)
	document, err = json.Marshal(config)
	w.check(err)
	return document
}
