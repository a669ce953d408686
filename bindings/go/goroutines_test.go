// SPDX-License-Identifier: MIT

package contain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func threads(t *testing.T) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	return len(tasks)
}

func descriptors(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func TestManyAtOnce(t *testing.T) {
	w := newWorld(t)
	var group sync.WaitGroup
	for i := 0; i < 50; i++ {
		group.Add(1)
		go func(number int) {
			defer group.Done()
			if err := live(w, number); err != nil {
				t.Error(number, err)
			}
		}(i)
	}
	group.Wait()
}

func live(w *world, number int) error {
	c, err := New(w.ctx, Options{})
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.LoadRootfs(w.rootfs, []string{"/bin/sh", "-c", fmt.Sprintf("exit %d", number)}); err != nil {
		return err
	}
	if err := c.Create(); err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	status, err := c.Wait(context.Background())
	if err == nil && status.Code != number {
		err = errors.New(status.String())
	}
	if failed := c.Destroy(false); err == nil {
		err = failed
	}
	return err
}

func TestWaitHoldsNoThread(t *testing.T) {
	w := newWorld(t)
	const count = 30
	containers := make([]*Container, count)
	for i := range containers {
		containers[i] = w.started(Options{}, stay...)
	}
	before := threads(t)
	var group sync.WaitGroup
	for _, c := range containers {
		group.Add(1)
		go func(c *Container) {
			defer group.Done()
			if status, err := c.Wait(context.Background()); status.Signal != syscall.SIGKILL {
				t.Error(status, err)
			}
		}(c)
	}
	time.Sleep(200 * time.Millisecond)
	if grown := threads(t) - before; grown > count/3 {
		t.Errorf("%d waits hold %d threads", count, grown)
	}
	for _, c := range containers {
		w.check(c.Signal(syscall.SIGKILL))
	}
	group.Wait()
}

func TestWaitGivesUp(t *testing.T) {
	w := newWorld(t)
	c := w.started(Options{}, stay...)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	for _, want := range []Event{EventCreated, EventStarted, 0} {
		if got, err := c.WaitEvent(ctx); got != want {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	}
	before := descriptors(t) // of which the handle has some for its events
	_, err := c.Wait(ctx)
	expectError(t, err, context.DeadlineExceeded)

	ctx, cancel = context.WithCancel(context.Background())
	cancel()
	_, err = c.Wait(ctx)
	expectError(t, err, context.Canceled)
	_, err = c.WaitEvent(ctx)
	expectError(t, err, context.Canceled)
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}

	w.check(c.Signal(syscall.SIGKILL))
	w.wait(c)
	if _, err := c.Wait(ctx); err != nil {
		t.Error("a container that has ended is not waited for: ", err)
	}
}

func TestWaitBeforeCreate(t *testing.T) {
	w := newWorld(t)
	_, err := w.container(Options{}, stay...).Wait(context.Background())
	expectError(t, err, syscall.EINVAL)
}

func TestCloseBesideWait(t *testing.T) {
	w := newWorld(t)
	c := w.started(Options{ID: "go-closed"}, stay...)
	done := make(chan error)
	go func() {
		_, err := c.Wait(context.Background())
		done <- err
	}()
	time.Sleep(50 * time.Millisecond)
	w.check(c.Close())
	other, err := Open(w.ctx, "go-closed")
	w.check(err)
	defer other.Close()
	w.check(other.Destroy(true))
	expectError(t, <-done, ErrClosed)
	_, err = c.Status()
	expectError(t, err, ErrClosed)
	if c.ID() != "" || c.Pid() != 0 {
		t.Error("a closed container has an id or a pid")
	}
	w.check(c.Close())
}

// What ends with its host ends with the process, and not with one thread of it.
func TestTheCreatingThreadMayEnd(t *testing.T) {
	w := newWorld(t)
	made := make(chan *Container)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		made <- w.started(Options{Ephemeral: true}, stay...)
	}()
	c := <-made
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err := c.Wait(ctx)
	expectError(t, err, context.DeadlineExceeded)
}

func TestEphemeral(t *testing.T) {
	w := newWorld(t)
	c := w.started(Options{Ephemeral: true}, stay...)
	states, err := w.ctx.List()
	w.check(err)
	if len(states) != 0 {
		t.Errorf("listed: %+v", states)
	}
	fd, err := c.PidFD()
	w.check(err)
	w.check(c.Close())
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	w.check(waitReadable(ctx, fd))
}

func TestForgottenContainersAreFreed(t *testing.T) {
	w := newWorld(t)
	fd := forget(w)
	defer syscall.Close(fd)
	for i := 0; i < 100; i++ {
		runtime.GC()
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		copied, err := syscall.Dup(fd)
		w.check(err)
		err = waitReadable(ctx, copied)
		cancel()
		if err == nil {
			return
		}
	}
	t.Error("an ephemeral container outlives its handle")
}

func forget(w *world) int {
	c, err := New(w.ctx, Options{Ephemeral: true})
	w.check(err)
	w.check(c.LoadRootfs(w.rootfs, stay))
	w.check(c.Create())
	w.check(c.Start())
	fd, err := c.PidFD()
	w.check(err)
	return fd
}

func TestLog(t *testing.T) {
	var mu sync.Mutex
	lines := 0
	w := newWorld(t, ContextOptions{LogLevel: LogWarning, Log: func(level LogLevel, text string) {
		mu.Lock()
		defer mu.Unlock()
		lines++
		if level != LogWarning || !strings.Contains(text, "/hooks/poststop/0") {
			t.Errorf("%d: %q", level, text)
		}
	}})
	c := w.container(Options{}, "/bin/true")
	w.check(c.LoadConfig(w.config(ConfigOptions{}, func(config map[string]interface{}) {
		hook := map[string]interface{}{"path": "/bin/false"} // a failure that destroy survives
		config["hooks"] = map[string]interface{}{"poststop": []interface{}{hook}}
	}), ""))
	w.check(w.ctx.Close()) // the function goes on to be called
	w.check(c.Create())
	w.check(c.Destroy(false))
	mu.Lock()
	defer mu.Unlock()
	if lines == 0 {
		t.Error("nothing was logged")
	}
	_, err := New(w.ctx, Options{})
	expectError(t, err, ErrClosed)
}

func TestRun(t *testing.T) {
	w := newWorld(t)
	reader, writer := w.pipe()
	talk := []string{"/bin/sh", "-c", "echo hi; exit 3"}
	status, err := Run(context.Background(), w.rootfs, talk, Options{Stdout: writer})
	w.check(err)
	w.check(writer.Close())
	buffer := make([]byte, 9)
	n, _ := reader.Read(buffer)
	w.check(reader.Close())
	if status.String() != "exit status 3" || string(buffer[:n]) != "hi\n" {
		t.Errorf("%v, %q", status, buffer[:n])
	}

	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err = Run(ctx, w.rootfs, stay, Options{})
	expectError(t, err, context.DeadlineExceeded)
}
