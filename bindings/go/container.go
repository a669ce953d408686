// SPDX-License-Identifier: MIT

package contain

// #include <contain/contain.h>
// #include <stdlib.h>
import "C"

import (
	"encoding/json"
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

// Container is one container. It is an io.Closer.
type Container struct {
	handle handle
}

// New makes the handle of a container that does not exist yet: load a configuration, then Create
// and Start. Whether the id is free is found out by Create.
func New(ctx *Context, options Options) (*Container, error) {
	c, err := newContainer(ctx, options.ID, func(ret **C.contain_t, ctx *C.contain_ctx_t, id *C.char,
		e **C.contain_error_t) C.int {
		if options.ID == "" {
			id = nil
		}
		return C.contain_new(ret, ctx, id, e)
	})
	if err != nil {
		return nil, err
	}
	_, err = c.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		return options.apply((*C.contain_t)(p), e)
	})
	if err == nil {
		err = options.applyNames(&c.handle)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Open makes a handle of a container that exists, and fails with ErrNotFound otherwise.
func Open(ctx *Context, id string) (*Container, error) {
	return newContainer(ctx, id, func(ret **C.contain_t, ctx *C.contain_ctx_t, id *C.char,
		e **C.contain_error_t) C.int {
		return C.contain_open(ret, ctx, id, e)
	})
}

func newContainer(ctx *Context, id string,
	make func(**C.contain_t, *C.contain_ctx_t, *C.char, **C.contain_error_t) C.int) (*Container, error) {
	var s cStrings
	defer s.free()
	name := s.one(id)
	if s.err != nil {
		return nil, s.err
	}

	var settings unsafe.Pointer
	var log *logger
	if ctx != nil {
		var err error
		if settings, err = ctx.handle.borrow(); err != nil {
			return nil, err
		}
		defer ctx.handle.giveBack(settings)
		log = ctx.handle.log
	}

	var p *C.contain_t
	var e *C.contain_error_t
	if r := make(&p, (*C.contain_ctx_t)(settings), name, &e); r < 0 {
		return nil, takeError(r, e)
	}
	log.ref()
	c := &Container{handle{
		ref:     func(p unsafe.Pointer) { C.contain_ref((*C.contain_t)(p)) },
		unref:   func(p unsafe.Pointer) { C.contain_unref((*C.contain_t)(p)) },
		log:     log,
		pointer: unsafe.Pointer(p),
	}}
	// A safety net. In a goroutine of its own, as ending an ephemeral container can take a while.
	runtime.SetFinalizer(c, func(c *Container) { go c.handle.close() })
	return c, nil
}

// Close gives the handle back. The container lives on, unless it is ephemeral. Closing twice is fine.
func (c *Container) Close() error {
	runtime.SetFinalizer(c, nil)
	c.handle.close()
	return nil
}

// ID is the container's name; "" once closed.
func (c *Container) ID() string {
	p, err := c.handle.borrow()
	if err != nil {
		return ""
	}
	defer c.handle.giveBack(p)
	return C.GoString(C.contain_id((*C.contain_t)(p)))
}

// call is handle.call for those that only succeed or fail.
func (c *Container) call(f func(c *C.contain_t, e **C.contain_error_t) C.int) error {
	_, err := c.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		return f((*C.contain_t)(p), e)
	})
	return err
}

// LoadBundle reads the config.json of a bundle.
func (c *Container) LoadBundle(dir string) error {
	var s cStrings
	defer s.free()
	path := s.one(dir)
	if s.err != nil {
		return s.err
	}
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_load_bundle(c, path, e)
	})
}

// LoadConfig takes a config.json document. Relative paths in it start from dir, or from the working
// directory when that is "".
func (c *Container) LoadConfig(document []byte, dir string) error {
	var s cStrings
	defer s.free()
	path := s.orNull(dir)
	if s.err != nil {
		return s.err
	}
	text := C.CBytes(document)
	s.allocated = append(s.allocated, text)
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_load_config(c, (*C.char)(text), C.size_t(len(document)), path, e)
	})
}

// LoadRootfs takes the default configuration, for a command in a root file system; "/" is the host's
// own, read-only.
func (c *Container) LoadRootfs(rootfs string, argv []string) error {
	var s cStrings
	defer s.free()
	path, words := s.one(rootfs), s.list(argv)
	if s.err != nil {
		return s.err
	}
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_load_rootfs(c, path, words, e)
	})
}

// Plan prints the steps that would make the container. It runs nothing and needs no privilege.
func (c *Container) Plan() (json.RawMessage, error) {
	return c.handle.document(func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_plan_json((*C.contain_t)(p), ret, e)
	})
}

// Problem is one of the reasons why a configuration cannot become a container here. The cause is
// "config", "kernel", "privilege", "build" or "other".
type Problem struct {
	Pointer  string `json:"pointer"` // the place in the configuration, as a JSON pointer, or ""
	Cause    string `json:"cause"`
	Sentence string `json:"sentence"`
	Hint     string `json:"hint"`
	Message  string `json:"message"` // all of it in one line
	Step     string `json:"step"`
	Code     Code   `json:"code"`
	Errno    int    `json:"errno"`
}

// Check lists all that keeps a configuration from becoming a container here: a config.json document
// in the bundle dir, or with nil the bundle's own. It makes nothing, changes nothing and needs no privilege.
func (c *Container) Check(document []byte, dir string) ([]Problem, error) {
	var s cStrings
	defer s.free()
	path := s.orNull(dir)
	if s.err != nil {
		return nil, s.err
	}
	var text unsafe.Pointer
	if document != nil {
		text = C.CBytes(document)
		s.allocated = append(s.allocated, text)
	}
	answer, err := c.handle.document(func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_check((*C.contain_t)(p), (*C.char)(text), C.size_t(len(document)), path, ret, e)
	})
	if err != nil {
		return nil, err
	}
	var list struct{ Problems []Problem }
	if err := json.Unmarshal(answer, &list); err != nil {
		return nil, err
	}
	return list.Problems, nil
}

// Create makes the container, up to but not including the user's program.
func (c *Container) Create() error {
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_create(c, e)
	})
}

// Start runs the user's program; it fails with ErrProgram when that cannot be executed.
func (c *Container) Start() error {
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_start(c, e)
	})
}

// SetNotifySocket names the service manager's socket for a container that was created with one, and
// that this handle is going to start.
func (c *Container) SetNotifySocket(path string) error {
	var s cStrings
	defer s.free()
	name := s.orNull(path)
	if s.err != nil {
		return s.err
	}
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_set_notify_socket(c, name, e)
	})
}

// Notifications polls readable when there is something for ForwardNotifications; it is not to be read from.
func (c *Container) Notifications() (*os.File, error) {
	fd, err := c.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		return C.contain_notify_fd((*C.contain_t)(p), e)
	})
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "notifications"), nil
}

// ForwardNotifications passes on what the program says of itself; true once it is ready. With
// mainProcess the container's process becomes the main one of the service, for callers that end before it.
func (c *Container) ForwardNotifications(mainProcess bool) (bool, error) {
	var flag C.int
	if mainProcess {
		flag = 1
	}
	ready, err := c.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		return C.contain_notify_forward((*C.contain_t)(p), flag, e)
	})
	return ready > 0, err
}

// Pause freezes every process in the container; it returns when all of them stand still.
func (c *Container) Pause() error {
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_pause(c, e)
	})
}

// Resume lets a paused container go on.
func (c *Container) Resume() error {
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_resume(c, e)
	})
}

// Update changes limits: those that a linux.resources document names. A failure changes nothing.
func (c *Container) Update(resources []byte) error {
	text := C.CBytes(resources)
	defer C.free(text)
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_update(c, (*C.char)(text), C.size_t(len(resources)), e)
	})
}

// Signal sends a signal to the container's first process.
func (c *Container) Signal(signo syscall.Signal) error {
	return c.signal(signo, 0)
}

// SignalAll sends a signal to every process in the container.
func (c *Container) SignalAll(signo syscall.Signal) error {
	return c.signal(signo, flagSignalAll)
}

func (c *Container) signal(signo syscall.Signal, flags C.uint) error {
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_signal(c, C.int(signo), flags, e)
	})
}

// StopSignal is the signal that the container asks to be ended with: its image's, or SIGTERM.
func (c *Container) StopSignal() (syscall.Signal, error) {
	n, err := c.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		return C.contain_stop_signal((*C.contain_t)(p), e)
	})
	return syscall.Signal(n), err
}

// Destroy removes the container; one that runs only with force.
func (c *Container) Destroy(force bool) error {
	var flags C.uint
	if force {
		flags = flagForce
	}
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_destroy(c, flags, e)
	})
}

// Become replaces this process by the container's process, like syscall.Exec: it returns only on failure.
func (c *Container) Become() error {
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_become(c, e)
	})
}

// Status is the container's status now.
func (c *Container) Status() (Status, error) {
	r, err := c.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		return C.contain_status((*C.contain_t)(p), e)
	})
	return Status(r), err
}

// State is what is known about the container; it fails with ErrNotFound when there is none.
func (c *Container) State() (*State, error) {
	text, err := c.handle.document(func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_state_json((*C.contain_t)(p), ret, e)
	})
	if err != nil {
		return nil, err
	}
	state := new(State)
	if err := json.Unmarshal(text, state); err != nil {
		return nil, err
	}
	return state, nil
}

// Pid is the container's process as the caller sees it, 0 when there is none. For display: a pid can
// be another process's by the time it is used. See PidFD.
func (c *Container) Pid() int {
	p, err := c.handle.borrow()
	if err != nil {
		return 0
	}
	defer c.handle.giveBack(p)
	return int(C.contain_pid((*C.contain_t)(p)))
}

// PidFD is the container's process as a new descriptor, for the caller to close.
func (c *Container) PidFD() (int, error) {
	return c.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		return C.contain_pidfd((*C.contain_t)(p), e)
	})
}

// ExitFD is a new descriptor, for the caller to close, that is readable when Wait is to be asked. Never
// read from it.
func (c *Container) ExitFD() (int, error) {
	return c.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		return C.contain_exit_fd((*C.contain_t)(p), e)
	})
}

// Console is the master end of the container's terminal.
func (c *Container) Console() (*os.File, error) {
	fd, err := c.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		return C.contain_console_fd((*C.contain_t)(p), e)
	})
	if err != nil {
		return nil, err
	}
	return consoleFile(fd)
}

// consoleFile takes the descriptor over.
func consoleFile(fd int) (*os.File, error) {
	// Reading then holds no thread, and ends when the file is closed.
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), "console"), nil
}
