// SPDX-License-Identifier: MIT

package contain

// #include <contain/contain.h>
// #include <stdlib.h>
import "C"

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// KeeperOptions say what a container's keeper does. It holds the streams or the terminal, writes their
// log, and writes down how the container ended.
type KeeperOptions struct {
	Stdin     bool   // the container reads what attached clients send, for ever
	StdinOnce bool   // the same, until the first one that sends has no more
	Ring      bool   // the log is in memory, and goes with the container
	NoLog     bool   // no log
	LogPath   string // absolute; by default a file in the container's state folder
	LogBytes  int64  // of one file, or of the ring; 0 for the default
	LogFiles  int    // how many files, rotated ones included; 0 for the default
}

func (o *KeeperOptions) logPath() string {
	if o == nil {
		return ""
	}
	return o.LogPath
}

func (o *KeeperOptions) apply(c *C.contain_t, path *C.char, e **C.contain_error_t) C.int {
	// In C's memory, as it holds a pointer to there.
	options := (*C.contain_keeper_options_t)(C.calloc(1, C.sizeof_contain_keeper_options_t))
	defer C.free(unsafe.Pointer(options))
	options.size = C.sizeof_contain_keeper_options_t
	options.log_path = path
	options.log_bytes = C.uint64_t(o.LogBytes)
	options.log_files = C.uint32_t(o.LogFiles)
	for flag, on := range map[C.uint32_t]bool{
		flagStdin: o.Stdin, flagStdinOnce: o.StdinOnce, flagRing: o.Ring, flagNoLog: o.NoLog,
	} {
		if on {
			options.flags |= flag
		}
	}
	return C.contain_set_keeper(c, options, e)
}

// AttachFlags say which streams to be attached to; 0 for all that there are.
type AttachFlags uint

// The values of AttachFlags.
const (
	AttachStdin  AttachFlags = C.CONTAIN_ATTACH_STDIN
	AttachStdout AttachFlags = C.CONTAIN_ATTACH_STDOUT
	AttachStderr AttachFlags = C.CONTAIN_ATTACH_STDERR
)

// Attachment is a connection with the streams of a container. Streams that there are not, are nil; a
// terminal has no Stderr. Output is what is written from the moment of attaching on.
type Attachment struct {
	Stdin          *os.File
	Stdout, Stderr *os.File

	mu sync.Mutex
	p  *C.contain_attachment_t
}

// Attach connects with the streams of a container that has a keeper.
func (c *Container) Attach(flags AttachFlags) (*Attachment, error) {
	a := &Attachment{}
	err := c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_attach(c, C.uint(flags), &a.p, e)
	})
	if err != nil {
		return nil, err
	}
	for i, f := range []**os.File{&a.Stdin, &a.Stdout, &a.Stderr} {
		if fd := C.contain_attachment_fd(a.p, C.int(i), nil); fd >= 0 {
			// Pipes go to Go's own poller.
			syscall.SetNonblock(int(fd), true)
			*f = os.NewFile(uintptr(fd), [...]string{"stdin", "stdout", "stderr"}[i])
		}
	}
	return a, nil
}

// Lost is how many bytes of output this connection has missed, being slow.
func (a *Attachment) Lost() (uint64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.p == nil {
		return 0, ErrClosed
	}
	var lost C.uint64_t
	var e *C.contain_error_t
	if r := C.contain_attachment_lost(a.p, &lost, &e); r < 0 {
		return 0, takeError(r, e)
	}
	return uint64(lost), nil
}

// Close ends the connection, and closes its files. What was written to Stdin still arrives.
func (a *Attachment) Close() error {
	for _, f := range []*os.File{a.Stdin, a.Stdout, a.Stderr} {
		if f != nil {
			f.Close()
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.p = C.contain_attachment_free(a.p)
	return nil
}

// Resize sets the size of the container's terminal.
func (c *Container) Resize(rows, columns uint) error {
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_resize(c, C.uint(rows), C.uint(columns), e)
	})
}

// LogOptions say which part of a container's log is wanted.
type LogOptions struct {
	Follow bool      // wait for what is still to be written
	Tail   *uint64   // only so many lines; nil for all
	Since  time.Time // only what was written then or later
}

// LogEntry is one entry of a container's log.
type LogEntry struct {
	Time    time.Time
	Stream  int    // 1: standard output; 2: standard error
	Text    []byte // without the end of the line
	Partial bool   // the line goes on in the next entry of the same stream
	Gap     bool   // what was before has been rotated away before it could be read
}

// Logs reads a container's log.
type Logs struct {
	mu sync.Mutex
	p  *C.contain_log_t
}

// Logs reads the log of a container that has, or had, a keeper.
func (c *Container) Logs(options LogOptions) (*Logs, error) {
	var o C.contain_logs_options_t
	o.size = C.size_t(unsafe.Sizeof(o))
	if options.Follow {
		o.flags = flagFollow
	}
	if options.Tail != nil {
		o.has_tail = 1
		o.tail = C.uint64_t(*options.Tail)
	}
	if !options.Since.IsZero() {
		o.since_nsec = C.int64_t(options.Since.UnixNano())
	}
	logs := &Logs{}
	err := c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_logs(c, &o, &logs.p, e)
	})
	if err != nil {
		return nil, err
	}
	return logs, nil
}

// sliceMillis is how long Next stays in C before it looks whether the reader was closed.
const sliceMillis = 200

// Next is the next entry, or io.EOF at the end, which comes with Follow when the container has written
// its last.
func (l *Logs) Next() (LogEntry, error) {
	for {
		entry, err := l.next()
		if !errors.Is(err, ErrTimeout) {
			return entry, err
		}
	}
}

func (l *Logs) next() (LogEntry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.p == nil {
		return LogEntry{}, ErrClosed
	}
	var ret C.contain_log_entry_t
	var e *C.contain_error_t
	ret.size = C.size_t(unsafe.Sizeof(ret))
	r := C.contain_log_next(l.p, sliceMillis, &ret, &e)
	switch {
	case r < 0:
		return LogEntry{}, takeError(r, e)
	case r == 0:
		return LogEntry{}, io.EOF
	}
	return LogEntry{
		Time:    moment(int64(ret.time_nsec)),
		Stream:  int(ret.stream),
		Text:    C.GoBytes(unsafe.Pointer(ret.text), C.int(ret.length)),
		Partial: ret.partial != 0,
		Gap:     ret.gap != 0,
	}, nil
}

// Close ends reading.
func (l *Logs) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.p = C.contain_log_free(l.p)
	return nil
}
