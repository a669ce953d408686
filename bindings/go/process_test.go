// SPDX-License-Identifier: MIT

package contain

import (
	"context"
	"io"
	"os"
	"syscall"
	"testing"
	"time"
)

// running is a container that stays.
func running(w *world) *Container {
	c := w.container(Options{}, "/bin/sleep", "1000")
	w.check(c.Create())
	w.check(c.Start())
	w.t.Cleanup(func() { c.Destroy(true) })
	return c
}

// process is the document of one that runs args.
func process(w *world, c *Container, args ...string) []byte {
	document, err := c.ProcessDocument(map[string]any{"args": args, "env": []string{"A=b"}})
	w.check(err)
	return document
}

func TestExecTimeout(t *testing.T) {
	w := newWorld(t)
	c := running(w)
	w.check(c.Pause())
	_, err := c.Exec(process(w, c, "/bin/true"), ExecOptions{IgnorePaused: true, Timeout: 100 * time.Millisecond})
	expectError(t, err, ErrTimeout)
	w.check(c.Resume())
}

func TestExec(t *testing.T) {
	w := newWorld(t)
	c := running(w)
	r, out, err := os.Pipe()
	w.check(err)
	defer r.Close()
	p, err := c.Exec(process(w, c, "/bin/sh", "-c", "echo $A; echo more >&3; exit 7"),
		ExecOptions{Stdout: out, ExtraFiles: []*os.File{out}})
	out.Close()
	w.check(err)
	defer p.Close()
	text, err := io.ReadAll(r)
	w.check(err)
	if string(text) != "b\nmore\n" {
		t.Errorf("output %q", text)
	}
	status, err := p.Wait(context.Background())
	w.check(err)
	if status.Code != 7 || status.Success() {
		t.Errorf("status %+v", status)
	}
	expectError(t, p.Signal(syscall.SIGTERM), ErrNotRunning)
	w.check(c.Destroy(true))
}

func TestExecEnds(t *testing.T) {
	w := newWorld(t)
	c := running(w)
	p, err := c.Exec(process(w, c, "/bin/sleep", "1000"), ExecOptions{})
	w.check(err)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := p.Wait(ctx); err != context.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
	if p.Pid() == 0 || p.Resize(1, 1) == nil {
		t.Error("no pid, or a terminal")
	}
	if _, err := p.Console(); err == nil {
		t.Error("a terminal")
	}
	fd, err := p.PidFD()
	w.check(err)
	syscall.Close(fd)
	w.check(p.Signal(syscall.SIGKILL))
	status, err := p.Wait(context.Background())
	w.check(err)
	if status.Signal != syscall.SIGKILL {
		t.Errorf("status %+v", status)
	}
	w.check(p.Close())
	w.check(p.Close())
	_, err = c.Exec(process(w, c, "nosuch"), ExecOptions{})
	expectError(t, err, ErrProgram)
	w.check(c.Destroy(true))
}
