// SPDX-License-Identifier: MIT

package contain

// #include <contain/contain.h>
import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// graceMillis is how long contain_wait may take once the process is known to have ended.
const graceMillis = 100

// ExitStatus says how a container's process ended.
type ExitStatus struct {
	Known      bool           // false: the status was taken by another process; then Code and Signal say nothing
	Code       int            // the exit code, -1 when a signal ended it
	Signal     syscall.Signal // the signal that ended it, or 0
	CoreDumped bool
	OOMKilled  bool      // the kernel has killed a process in its cgroup for want of memory
	Started    time.Time // when it was started; zero when not known
	Ended      time.Time // when it had ended
}

// Success is true when the process is known to have exited with code 0.
func (s ExitStatus) Success() bool {
	return s.Known && s.Code == 0
}

func (s ExitStatus) String() string {
	switch {
	case !s.Known:
		return "exit status unknown"
	case s.Signal != 0 && s.CoreDumped:
		return fmt.Sprintf("signal: %v (core dumped)", s.Signal)
	case s.Signal != 0:
		return fmt.Sprintf("signal: %v", s.Signal)
	}
	return fmt.Sprintf("exit status %d", s.Code)
}

// Wait waits until the container's process has ended, or until ctx is done, and then returns
// ctx.Err(). It holds no thread meanwhile. Asking again gives the same answer.
func (c *Container) Wait(ctx context.Context) (ExitStatus, error) {
	status, err := c.exitStatus(0)
	for errors.Is(err, ErrTimeout) {
		var pidfd, fd int
		pidfd, err = c.PidFD() // works when the handle is closed, too
		if err == nil {
			fd, err = c.ExitFD()
			if err == nil {
				err = waitReadable(ctx, pidfd, fd)
			} else {
				syscall.Close(pidfd)
			}
		}
		if err != nil && !errors.Is(err, syscall.ESRCH) { // ended between the two questions
			return ExitStatus{}, err
		}
		status, err = c.exitStatus(graceMillis)
	}
	return status, err
}

func (c *Container) exitStatus(timeoutMillis C.int) (ExitStatus, error) {
	var ret C.contain_exit_t
	ret.size = C.size_t(unsafe.Sizeof(ret))
	err := c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_wait(c, timeoutMillis, &ret, e)
	})
	if err != nil {
		return ExitStatus{}, err
	}
	return readExit(&ret), nil
}

func readExit(ret *C.contain_exit_t) ExitStatus {
	if ret.known == 0 {
		return ExitStatus{}
	}
	return ExitStatus{
		Known:      ret.known != 0,
		Code:       int(ret.code),
		Signal:     syscall.Signal(ret.signo),
		CoreDumped: ret.core != 0,
		OOMKilled:  ret.oom != 0,
		Started:    moment(int64(ret.started_nsec)),
		Ended:      moment(int64(ret.ended_nsec)),
	}
}

// moment is the time of so many nanoseconds since the epoch; 0 is the zero time.
func moment(nsec int64) time.Time {
	if nsec == 0 {
		return time.Time{}
	}
	return time.Unix(0, nsec)
}

// EventFD is a new descriptor, for the caller to close, that is readable when NextEvent has one.
// Never read from it.
func (c *Container) EventFD() (int, error) {
	return c.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		return C.contain_event_fd((*C.contain_t)(p), e)
	})
}

// NextEvent takes the next event, once per handle and in order; 0 when there is none now.
func (c *Container) NextEvent() (Event, error) {
	r, err := c.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		return C.contain_event_next((*C.contain_t)(p), e)
	})
	return Event(r), err
}

// WaitEvent waits for the next event, or until ctx is done, and then returns ctx.Err(). It holds no
// thread meanwhile.
func (c *Container) WaitEvent(ctx context.Context) (Event, error) {
	for {
		event, err := c.NextEvent()
		if event != 0 || err != nil {
			return event, err
		}
		fd, err := c.EventFD()
		if err != nil {
			return 0, err
		}
		if err := waitReadable(ctx, fd); err != nil {
			return 0, err
		}
	}
}

// waitReadable waits until one of fds is readable, in Go's own poller, and closes them.
//
// The poller takes non-blocking descriptors only. That mode belongs to the open file, which the
// library may share, and its calls on a non-blocking pidfd would fail: so the poller gets an epoll
// instance of its own that watches them.
func waitReadable(ctx context.Context, fds ...int) error {
	defer func() {
		for _, fd := range fds {
			syscall.Close(fd)
		}
	}()
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	if err := syscall.SetNonblock(epoll, true); err != nil {
		syscall.Close(epoll)
		return os.NewSyscallError("fcntl", err)
	}
	f := os.NewFile(uintptr(epoll), "epoll")
	defer f.Close()
	for _, fd := range fds {
		wanted := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
		if err := syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, fd, &wanted); err != nil {
			return os.NewSyscallError("epoll_ctl", err)
		}
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}

	stop := make(chan struct{})
	defer close(stop)
	if ctx.Done() != nil {
		go func() {
			select {
			case <-ctx.Done():
				f.SetReadDeadline(time.Unix(1, 0))
			case <-stop:
			}
		}()
	}
	err = conn.Read(func(uintptr) bool { return epollReady(epoll) })
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ctx.Err()
	}
	return err
}

func epollReady(epoll int) bool {
	var events [1]syscall.EpollEvent
	n, err := syscall.EpollWait(epoll, events[:], 0)
	return n > 0 || (err != nil && err != syscall.EINTR)
}
