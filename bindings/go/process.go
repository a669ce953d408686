// SPDX-License-Identifier: MIT

package contain

// #include <stdlib.h>
// #include <contain/contain.h>
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// ExecOptions are what one more process in a container gets from its caller and not from its document.
type ExecOptions struct {
	// Stdin, Stdout and Stderr are its standard streams; nil is the caller's own.
	Stdin, Stdout, Stderr *os.File

	// ExtraFiles become descriptors 3 and up inside.
	ExtraFiles []*os.File

	// ConsoleSocket is the path of a listening socket that receives the terminal's master end;
	// by default it is kept for Console.
	ConsoleSocket string

	// Cgroups below the container's, that exist: "a/b" in all hierarchies, "cpu,memory:a/b" in those of
	// version 1.
	Cgroups []string

	// Detach lets the process live on when its handle is closed. By default it is killed then.
	Detach bool

	// IgnorePaused waits in a paused container until that is resumed.
	IgnorePaused bool

	// Timeout is how long it may take until the program runs; 0 for as long as it takes.
	Timeout time.Duration
}

// Process is one more process in a container. It is an io.Closer.
type Process struct {
	handle handle
}

// ProcessDocument is the process object of the container's configuration, changed: members of changes
// take the place of those of their names, but env, user.additionalGids and the lists of capabilities are added
// to. Nil changes nothing.
func (c *Container) ProcessDocument(changes any) (json.RawMessage, error) {
	text := []byte("{}")
	if changes != nil {
		var err error
		if text, err = json.Marshal(changes); err != nil {
			return nil, err
		}
	}
	var s cStrings
	defer s.free()
	p := C.CBytes(text)
	s.allocated = append(s.allocated, p)
	return c.handle.document(func(c unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_process_json((*C.contain_t)(c), (*C.char)(p), C.size_t(len(text)), ret, e)
	})
}

// Exec runs one more program in the container, as the document says (ProcessDocument); it fails with
// ErrProgram when that cannot be executed.
func (c *Container) Exec(document []byte, options ExecOptions) (*Process, error) {
	var s cStrings
	defer s.free()
	how, err := options.c(&s)
	if err != nil {
		return nil, err
	}
	text := C.CBytes(document)
	s.allocated = append(s.allocated, text)
	var p *C.contain_process_t
	_, err = c.handle.call(func(c unsafe.Pointer, e **C.contain_error_t) C.int {
		return C.contain_exec((*C.contain_t)(c), (*C.char)(text), C.size_t(len(document)), how, &p, e)
	})
	runtime.KeepAlive(&options)
	if err != nil {
		return nil, err
	}
	c.handle.log.ref()
	process := &Process{handle{
		ref:     func(p unsafe.Pointer) { C.contain_process_ref((*C.contain_process_t)(p)) },
		unref:   func(p unsafe.Pointer) { C.contain_process_unref((*C.contain_process_t)(p)) },
		log:     c.handle.log,
		pointer: unsafe.Pointer(p),
	}}
	// A safety net. In a goroutine of its own, as killing a process can take a while.
	runtime.SetFinalizer(process, func(p *Process) { go p.handle.close() })
	return process, nil
}

// c copies the options to memory of C's: what C points to must not point to Go's.
func (o *ExecOptions) c(s *cStrings) (*C.contain_exec_options_t, error) {
	size := C.size_t(unsafe.Sizeof(C.contain_exec_options_t{}))
	p := C.calloc(1, size)
	fds := C.calloc(C.size_t(3+len(o.ExtraFiles)), C.size_t(unsafe.Sizeof(C.int(0))))
	if p == nil || fds == nil {
		panic("contain: out of memory") // as C.CString does
	}
	s.allocated = append(s.allocated, p, fds)
	how := (*C.contain_exec_options_t)(p)
	numbers := unsafe.Slice((*C.int)(fds), 3+len(o.ExtraFiles))
	for i, f := range append([]*os.File{o.Stdin, o.Stdout, o.Stderr}, o.ExtraFiles...) {
		numbers[i] = descriptor(f)
	}
	how.size = size
	how.stdio = (*C.int)(fds)
	if len(o.ExtraFiles) > 0 {
		how.fds = &numbers[3]
		how.n_fds = C.uint32_t(len(o.ExtraFiles))
	}
	how.console_socket = s.orNull(o.ConsoleSocket)
	how.cgroups = s.list(o.Cgroups)
	how.timeout_ms = C.uint32_t((o.Timeout + time.Millisecond - 1) / time.Millisecond)
	if o.Detach {
		how.flags |= flagDetach
	}
	if o.IgnorePaused {
		how.flags |= flagIgnorePaused
	}
	return how, s.err
}

// Close gives the handle back; a process that still runs, and is not detached, is killed. Closing twice is
// fine.
func (p *Process) Close() error {
	runtime.SetFinalizer(p, nil)
	p.handle.close()
	return nil
}

// call runs one C call on the process.
func (p *Process) call(f func(p *C.contain_process_t, e **C.contain_error_t) C.int) (int, error) {
	return p.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		return f((*C.contain_process_t)(p), e)
	})
}

// Signal sends a signal to the process.
func (p *Process) Signal(signo syscall.Signal) error {
	_, err := p.call(func(p *C.contain_process_t, e **C.contain_error_t) C.int {
		return C.contain_process_signal(p, C.int(signo), e)
	})
	return err
}

// Wait waits until the process has ended, or until ctx is done, and then returns ctx.Err(). It holds no
// thread meanwhile. Asking again gives the same answer.
func (p *Process) Wait(ctx context.Context) (ExitStatus, error) {
	status, err := p.exitStatus(0)
	for errors.Is(err, ErrTimeout) {
		var fd int
		fd, err = p.EventFD()
		if err == nil {
			err = waitReadable(ctx, fd)
		}
		if err != nil {
			return ExitStatus{}, err
		}
		status, err = p.exitStatus(graceMillis)
	}
	return status, err
}

func (p *Process) exitStatus(timeoutMillis C.int) (ExitStatus, error) {
	var ret C.contain_exit_t
	ret.size = C.size_t(unsafe.Sizeof(ret))
	_, err := p.call(func(p *C.contain_process_t, e **C.contain_error_t) C.int {
		return C.contain_process_wait(p, timeoutMillis, &ret, e)
	})
	if err != nil {
		return ExitStatus{}, err
	}
	return readExit(&ret), nil
}

// Resize sets the size of the process's terminal.
func (p *Process) Resize(rows, columns uint32) error {
	_, err := p.call(func(p *C.contain_process_t, e **C.contain_error_t) C.int {
		return C.contain_process_resize(p, C.uint32_t(rows), C.uint32_t(columns), e)
	})
	return err
}

// Pid is the process as the caller sees it, 0 once closed. For display: see PidFD.
func (p *Process) Pid() int {
	pointer, err := p.handle.borrow()
	if err != nil {
		return 0
	}
	defer p.handle.giveBack(pointer)
	return int(C.contain_process_pid((*C.contain_process_t)(pointer)))
}

// PidFD is the process as a new descriptor, for the caller to close.
func (p *Process) PidFD() (int, error) {
	return p.call(func(p *C.contain_process_t, e **C.contain_error_t) C.int {
		return C.contain_process_pidfd(p, e)
	})
}

// EventFD is a new descriptor, for the caller to close, that is readable when the process has ended.
// Never read from it.
func (p *Process) EventFD() (int, error) {
	return p.call(func(p *C.contain_process_t, e **C.contain_error_t) C.int {
		return C.contain_process_event_fd(p, e)
	})
}

// Console is the master end of the process's terminal.
func (p *Process) Console() (*os.File, error) {
	fd, err := p.call(func(p *C.contain_process_t, e **C.contain_error_t) C.int {
		return C.contain_process_console_fd(p, e)
	})
	if err != nil {
		return nil, err
	}
	return consoleFile(fd)
}
