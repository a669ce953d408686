// SPDX-License-Identifier: MIT

package contain

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestListenFiles(t *testing.T) {
	w := newWorld(t)
	served, writer := w.pipe()
	reader, output := w.pipe()
	options := Options{ExtraFiles: []*os.File{served}, ListenFiles: 1, ListenNames: []string{"web"}, Stdout: output}
	c := w.container(options, "/bin/sh", "-c", "echo $LISTEN_FDS $LISTEN_FDNAMES $LISTEN_PID; ls /proc/self/fd/3")
	if got := w.output(c, reader, output); got != "1 web 1\n/proc/self/fd/3\n" {
		t.Errorf("%q", got)
	}
	w.check(served.Close())
	w.check(writer.Close())
}

func TestNotifications(t *testing.T) {
	w := newWorld(t)
	address := filepath.Join(w.folder, "manager")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
	w.check(err)
	defer manager.Close()
	c := w.container(Options{ID: "go-service", NotifySocket: address}, stay...)
	_, err = c.Notifications()
	expectError(t, err, syscall.ENOTCONN)
	w.check(c.Create())
	w.check(c.Start())

	inside := &net.UnixAddr{Name: filepath.Join(w.stateRoot, "go-service/notify/notify.sock"), Net: "unixgram"}
	program, err := net.DialUnix("unixgram", nil, inside)
	w.check(err)
	_, err = program.Write([]byte("STATUS=warming up\nMAINPID=1"))
	w.check(err)
	w.check(program.Close())
	file, err := c.Notifications()
	w.check(err)
	w.check(file.Close())
	ready, err := c.ForwardNotifications(false)
	if ready || err != nil {
		t.Errorf("%v, %v", ready, err)
	}
	message := make([]byte, 4096)
	w.check(manager.SetReadDeadline(time.Now().Add(10 * time.Second)))
	n, err := manager.Read(message)
	w.check(err)
	if got := strings.TrimSpace(string(message[:n])); got != "STATUS=warming up" {
		t.Errorf("%q", got)
	}
}

func TestStopSignal(t *testing.T) {
	w := newWorld(t)
	text, err := w.ctx.DefaultConfig(ConfigOptions{Rootfs: w.rootfs, Args: stay})
	w.check(err)
	var config map[string]any
	w.check(json.Unmarshal(text, &config))
	for want, annotations := range map[syscall.Signal]map[string]string{
		syscall.SIGTERM: {},
		syscall.SIGQUIT: {"org.opencontainers.image.stopSignal": "SIGQUIT"},
	} {
		config["annotations"] = annotations
		text, err = json.Marshal(config)
		w.check(err)
		c := w.container(Options{}, stay...)
		w.check(c.LoadConfig(text, ""))
		w.check(c.Create())
		if got, err := c.StopSignal(); got != want || err != nil {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	}
}

func TestSignalNumber(t *testing.T) {
	for name, want := range map[string]syscall.Signal{"TERM": 15, "sigkill": 9, "15": 15} {
		if got, err := SignalNumber(name); got != want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "SIGNONE", "0", "TERM\x00"} {
		if _, err := SignalNumber(name); err == nil {
			t.Errorf("%q is a signal", name)
		}
	}
}
