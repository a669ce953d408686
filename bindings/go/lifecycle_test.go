// SPDX-License-Identifier: MIT

package contain

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func expectStatus(t *testing.T, c *Container, want Status) {
	t.Helper()
	if got, err := c.Status(); got != want || err != nil {
		t.Errorf("status %v, %v; want %v", got, err, want)
	}
}

func expectError(t *testing.T, err error, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestTimesOfTheExit(t *testing.T) {
	w := newWorld(t)
	c := w.container(Options{}, "/bin/sh", "-c", "exit 0")
	before := time.Now()
	w.check(c.Create())
	w.check(c.Start())
	status, err := c.Wait(context.Background())
	w.check(err)
	if status.Started.Before(before) || status.Ended.Before(status.Started) || status.OOMKilled {
		t.Errorf("status %+v", status)
	}
	w.check(c.Destroy(false))
}

func TestWholeLife(t *testing.T) {
	w := newWorld(t)
	c := w.container(Options{ID: "go-life"}, "/bin/sh", "-c", "exit 7")
	if c.ID() != "go-life" || c.Pid() != 0 {
		t.Errorf("id %q, pid %d", c.ID(), c.Pid())
	}
	expectStatus(t, c, StatusNone)

	w.check(c.Create())
	expectStatus(t, c, StatusCreated)
	state, err := c.State()
	w.check(err)
	if state.ID != "go-life" || state.Status != "created" || state.Pid != c.Pid() || state.Pid == 0 {
		t.Errorf("state %+v", state)
	}
	if state.Rootfs != w.rootfs || time.Since(state.Created) > time.Minute || state.Owner != "root" {
		t.Errorf("state %+v", state)
	}

	w.check(c.Start())
	first := w.wait(c)
	want := ExitStatus{Known: true, Code: 7, Started: first.Started, Ended: first.Ended}
	for i := 0; i < 2; i++ {
		if status := w.wait(c); status != want {
			t.Errorf("%+v, want %+v", status, want)
		}
	}
	expectStatus(t, c, StatusStopped)
	w.check(c.Destroy(false))
	expectStatus(t, c, StatusNone)
	expectError(t, c.Destroy(false), ErrNotFound)
	expectError(t, c.Destroy(false), fs.ErrNotExist)
}

func TestSignal(t *testing.T) {
	w := newWorld(t)
	for _, send := range []func(*Container, syscall.Signal) error{(*Container).Signal, (*Container).SignalAll} {
		c := w.started(Options{}, stay...)
		expectStatus(t, c, StatusRunning)
		w.check(send(c, syscall.SIGKILL))
		status := w.wait(c)
		if status.Signal != syscall.SIGKILL || status.Code != -1 || status.Success() {
			t.Errorf("%+v", status)
		}
		if status.String() != "signal: killed" {
			t.Errorf("%v", status)
		}
		err := c.Signal(syscall.SIGTERM)
		expectError(t, err, ErrNotRunning)
		expectError(t, err, syscall.ESRCH)
	}
}

func TestPause(t *testing.T) {
	w := newWorld(t)
	c := w.started(Options{}, stay...)
	w.check(c.Pause())
	expectStatus(t, c, StatusPaused)
	expectError(t, c.Pause(), syscall.EALREADY)
	w.check(c.Resume())
	expectStatus(t, c, StatusRunning)
	expectError(t, c.Resume(), syscall.EALREADY)
	w.check(c.Pause())
	w.check(c.Signal(syscall.SIGKILL))
	w.wait(c)
	expectError(t, c.Resume(), ErrNotRunning)
}

func TestUpdate(t *testing.T) {
	w := newWorld(t)
	c := w.started(Options{}, stay...)
	w.check(c.Update([]byte(`{"pids": {"limit": 50}}`)))
	var e *Error
	if err := c.Update([]byte(`{"pids": {"limit": "many"}}`)); !errors.As(err, &e) || e.Pointer != "/pids/limit" {
		t.Errorf("%v", err)
	}
}

func TestMount(t *testing.T) {
	w := newWorld(t)
	c := w.started(Options{}, stay...)
	dir := t.TempDir()
	w.check(os.WriteFile(dir+"/file", []byte("host's"), 0o644))
	source, err := os.Open(dir)
	w.check(err)
	defer source.Close()
	w.check(c.Mount(source, "/dev/shm/given", Mount{Create: true, ReadOnly: true}))
	text, err := os.ReadFile("/proc/" + strconv.Itoa(c.Pid()) + "/root/dev/shm/given/file")
	if string(text) != "host's" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	w.check(c.Unmount("/dev/shm/given", false))
	expectError(t, c.Unmount("/dev/shm/given", true), syscall.EINVAL)
	expectError(t, c.Mount(source, "/absent", Mount{}), syscall.ENOENT)
}

func TestDestroyNeedsForce(t *testing.T) {
	w := newWorld(t)
	c := w.started(Options{}, stay...)
	expectError(t, c.Destroy(false), syscall.EBUSY)
	w.check(c.Destroy(true))
}

func TestOpenAndList(t *testing.T) {
	w := newWorld(t)
	c := w.started(Options{ID: "go-b"}, stay...)
	w.check(w.container(Options{ID: "go-a"}, stay...).Create())
	expectError(t, w.container(Options{ID: "go-a"}, stay...).Create(), ErrExists)

	states, err := w.ctx.List()
	w.check(err)
	if len(states) != 2 || states[0].ID != "go-a" || states[1].ID != "go-b" {
		t.Errorf("%+v", states)
	}

	other, err := Open(w.ctx, "go-b")
	w.check(err)
	if other.Pid() != c.Pid() {
		t.Errorf("pid %d, not %d", other.Pid(), c.Pid())
	}
	w.check(other.Close())
	expectStatus(t, c, StatusRunning)

	_, err = Open(w.ctx, "c")
	expectError(t, err, ErrNotFound)
	_, err = Open(w.ctx, "")
	expectError(t, err, syscall.EINVAL)
}

func TestBadIDs(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"a/b", "..", strings.Repeat("x", 5000), "ä"} {
		_, err := New(w.ctx, Options{ID: id})
		expectError(t, err, ErrID)
		expectError(t, err, syscall.EINVAL)
	}
	if _, err := New(w.ctx, Options{ID: "a\x00b"}); err == nil {
		t.Error("an id with a NUL is taken")
	}
}

func TestAbsentProgram(t *testing.T) {
	w := newWorld(t)
	c := w.container(Options{}, "/bin/nonexistent")
	err := c.Create()
	if err == nil {
		err = c.Start()
	}
	expectError(t, err, ErrProgram)
	expectError(t, err, syscall.ENOENT)
	if !strings.Contains(err.Error(), "nonexistent") {
		t.Error(err)
	}
}

func TestErrorsHaveAPlace(t *testing.T) {
	w := newWorld(t)
	c := w.container(Options{}, "/bin/true")
	bad := `{"ociVersion": "1.2.0", "root": {"path": "rootfs"}, "process": {"cwd": "/", "args": "no list"}}`
	err := c.LoadConfig([]byte(bad), "")
	var failure *Error
	if !errors.As(err, &failure) {
		t.Fatal(err)
	}
	if failure.Pointer != "/process/args" || failure.Code != ErrType || failure.Errno != syscall.EINVAL ||
		failure.Cause != CauseConfig || failure.Sentence == "" || !strings.HasPrefix(err.Error(), "/process/args: ") || failure.Timeout() {
		t.Errorf("%+v", failure)
	}
	expectError(t, c.LoadBundle(w.folder), ErrBundle)
	expectError(t, c.LoadConfig(nil, ""), ErrJSON)
}

func TestTooLate(t *testing.T) {
	w := newWorld(t)
	c := w.started(Options{}, stay...)
	expectError(t, c.LoadRootfs(w.rootfs, stay), ErrBusy)
	expectError(t, c.Start(), ErrStatus)
}

func TestEvents(t *testing.T) {
	w := newWorld(t)
	c := w.container(Options{}, "/bin/true")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	seen := make(chan []Event)
	go func() {
		var events []Event
		for {
			event, err := c.WaitEvent(ctx)
			if err != nil {
				t.Error(err)
			}
			events = append(events, event)
			if err != nil || event == EventDestroyed {
				seen <- events
				return
			}
		}
	}()
	w.check(c.Create())
	w.check(c.Start())
	w.wait(c)
	time.Sleep(50 * time.Millisecond)
	w.check(c.Destroy(false))
	want := []Event{EventCreated, EventStarted, EventExited, EventDestroyed}
	if got := <-seen; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestPlanAndFeatures(t *testing.T) {
	w := newWorld(t)
	plan, err := w.container(Options{}, "/bin/true").Plan()
	w.check(err)
	if !strings.Contains(string(plan), `"steps"`) {
		t.Errorf("%s", plan)
	}
	if _, err := os.Stat(w.stateRoot); err == nil {
		t.Error("a plan made the state root")
	}
	features, err := w.ctx.Features()
	w.check(err)
	if !strings.Contains(string(features), "ociVersionMin") {
		t.Errorf("%s", features)
	}
}

func TestCheck(t *testing.T) {
	w := newWorld(t)
	c := w.container(Options{}, "/bin/true")
	problems, err := c.Check([]byte(`{"ociVersion": "1.3.0", "root": {"path": 1}, "hostname": 2}`), "")
	w.check(err)
	if len(problems) != 2 || problems[0].Pointer != "/root/path" || problems[1].Pointer != "/hostname" ||
		problems[0].Cause != "config" || problems[0].Code != ErrType {
		t.Errorf("%+v", problems)
	}
	problems, err = c.Check(nil, "/nonexistent")
	w.check(err)
	if len(problems) != 1 || problems[0].Code != ErrBundle {
		t.Errorf("%+v", problems)
	}
}

func TestStreams(t *testing.T) {
	w := newWorld(t)
	for _, stream := range []string{"1", "2", "3"} {
		reader, writer := w.pipe()
		options := Options{}
		switch stream {
		case "1":
			options.Stdout = writer
		case "2":
			options.Stderr = writer
		case "3":
			options.ExtraFiles = []*os.File{writer}
		}
		c := w.container(options, "/bin/sh", "-c", "echo hi >&"+stream)
		if got := w.output(c, reader, writer); got != "hi\n" {
			t.Errorf("descriptor %s: %q", stream, got)
		}
	}
}

func TestRootfsAndNamespaceFiles(t *testing.T) {
	w := newWorld(t)
	rootfs, err := os.Open(w.rootfs)
	w.check(err)
	defer rootfs.Close()
	namespace, err := os.Open("/proc/self/ns/net")
	w.check(err)
	defer namespace.Close()
	mine, err := os.Readlink("/proc/self/ns/net")
	w.check(err)

	reader, writer := w.pipe()
	c := w.container(Options{
		Rootfs: rootfs, Stdout: writer, Namespaces: map[string]*os.File{"network": namespace},
	}, "/bin/true")
	document, err := w.ctx.DefaultConfig(ConfigOptions{
		Rootfs: "/nonexistent", Args: []string{"/bin/ls", "-l", "/proc/self/ns/net"},
	})
	w.check(err)
	w.check(c.LoadConfig(document, ""))
	if got := w.output(c, reader, writer); !strings.Contains(got, mine) {
		t.Errorf("%q has no %s", got, mine)
	}

	_, err = New(w.ctx, Options{Namespaces: map[string]*os.File{"nothing": namespace}})
	expectError(t, err, syscall.EINVAL)
}

func TestConsole(t *testing.T) {
	w := newWorld(t)
	c := w.container(Options{}, "/bin/true")
	document, err := w.ctx.DefaultConfig(ConfigOptions{Rootfs: w.rootfs, Args: []string{"/bin/tty"}, Terminal: true})
	w.check(err)
	w.check(c.LoadConfig(document, ""))
	w.check(c.Create())
	console, err := c.Console()
	w.check(err)
	defer console.Close()
	w.check(c.Start())
	w.check(console.SetReadDeadline(time.Now().Add(10 * time.Second)))
	buffer := make([]byte, 99)
	n, err := console.Read(buffer)
	if !strings.HasPrefix(string(buffer[:n]), "/dev/") {
		t.Errorf("%q, %v", buffer[:n], err)
	}

	_, err = w.started(Options{}, stay...).Console()
	expectError(t, err, syscall.ENOTTY)
}

// TestBecome runs this test program a second time, which becomes a container's process.
func TestBecome(t *testing.T) {
	w := newWorld(t)
	if os.Getenv("CONTAIN_TEST_BECOME") != "" {
		become(w)
		return
	}
	host := exec.Command(os.Args[0], "-test.run=^TestBecome$")
	host.Env = append(os.Environ(), "CONTAIN_TEST_BECOME=1", "TMPDIR="+w.folder) // it cannot clean up
	output, err := host.Output()
	var failure *exec.ExitError
	if !errors.As(err, &failure) || failure.ExitCode() != 9 {
		t.Errorf("%v", err)
	}
	if want := "inside " + strconv.Itoa(host.Process.Pid) + "\n"; string(output) != want {
		t.Errorf("%q, want %q", output, want)
	}
}

func become(w *world) {
	c := w.container(Options{}, "/bin/true")
	options := ConfigOptions{Args: []string{"/bin/sh", "-c", "echo inside $$; exit 9"}}
	w.check(c.LoadConfig(w.config(options, func(config map[string]interface{}) {
		linux := config["linux"].(map[string]interface{})
		var kept []interface{}
		for _, namespace := range linux["namespaces"].([]interface{}) {
			if namespace.(map[string]interface{})["type"] != "pid" { // nobody could enter a new one
				kept = append(kept, namespace)
			}
		}
		linux["namespaces"] = kept
	}), ""))
	w.check(c.Become())
}
