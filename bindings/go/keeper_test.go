// SPDX-License-Identifier: MIT

package contain

import (
	"context"
	"errors"
	"io"
	"testing"
)

func TestAttach(t *testing.T) {
	w := newWorld(t)
	options := Options{Keeper: &KeeperOptions{StdinOnce: true}}
	c := w.container(options, "/bin/sh", "-c", "read a; echo hello $a; echo bad >&2")
	w.check(c.Create())
	a, err := c.Attach(0)
	w.check(err)
	w.check(c.Start())
	_, err = a.Stdin.WriteString("you\n")
	w.check(err)
	a.Stdin.Close()
	out, err := io.ReadAll(a.Stdout)
	if string(out) != "hello you\n" || err != nil {
		t.Errorf("output %q, %v", out, err)
	}
	bad, err := io.ReadAll(a.Stderr)
	if string(bad) != "bad\n" || err != nil {
		t.Errorf("errors %q, %v", bad, err)
	}
	a.Close()
	w.wait(c)
	_, err = c.Attach(0)
	expectError(t, err, ErrKeeper)
	expectError(t, c.Resize(24, 80), ErrKeeper)
	w.check(c.Destroy(false))
}

func TestLogs(t *testing.T) {
	w := newWorld(t)
	c := w.container(Options{Keeper: &KeeperOptions{}}, "/bin/sh", "-c", "echo one; echo two; printf three")
	w.check(c.Create())
	w.check(c.Start())
	logs, err := c.Logs(LogOptions{Follow: true})
	w.check(err)
	text := ""
	for {
		entry, err := logs.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		w.check(err)
		text += string(entry.Text)
		if !entry.Partial {
			text += "\n"
		}
	}
	if text != "one\ntwo\nthree" {
		t.Errorf("log %q", text)
	}
	logs.Close()
	tail := uint64(1)
	logs, err = c.Logs(LogOptions{Tail: &tail})
	w.check(err)
	entry, err := logs.Next()
	if string(entry.Text) != "three" || !entry.Partial || err != nil {
		t.Errorf("entry %+v, %v", entry, err)
	}
	logs.Close()
	status, err := c.Wait(context.Background())
	if !status.Known || status.Code != 0 || err != nil {
		t.Errorf("status %+v, %v", status, err)
	}
	w.check(c.Destroy(false))
}
