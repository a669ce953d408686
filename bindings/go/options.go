// SPDX-License-Identifier: MIT

package contain

// #include <contain/contain.h>
import "C"

import (
	"os"
	"runtime"
	"strings"
	"unsafe"
)

// Options are what a new container gets from its caller and not from its configuration. Files are
// duplicated: the caller keeps its own, and may close them as soon as New has returned.
type Options struct {
	// ID is the container's name: a letter, a digit, '_', '+' or '-', then up to 1023 of these
	// and '.'. By default a random one.
	ID string

	// Stdin, Stdout and Stderr are the standard streams of the container's process; nil is the
	// caller's own.
	Stdin, Stdout, Stderr *os.File

	// ExtraFiles become descriptors 3 and up inside. Nothing else that the caller has open is
	// visible there.
	ExtraFiles []*os.File

	// Rootfs, a folder or a detached mount, takes the place of root.path.
	Rootfs *os.File

	// Namespaces to join, in place of what linux.namespaces says about that type: "pid",
	// "network", "mount", "ipc", "uts", "user", "cgroup" or "time".
	Namespaces map[string]*os.File

	// ConsoleSocket is the path of a listening socket that receives the terminal's master end;
	// by default it is kept for Console.
	ConsoleSocket string

	// SeccompSocket is a connected socket that receives the seccomp notification descriptor.
	SeccompSocket *os.File

	// ListenFiles is how many of the first ExtraFiles are sockets to serve (sd_listen_fds(3)), and
	// ListenNames are their names.
	ListenFiles int
	ListenNames []string

	// NotifySocket is the service manager's socket that is told when the program is ready: a path,
	// or "@NAME". See Container.ForwardNotifications.
	NotifySocket string

	// Keeper, if not nil, is a small process that stays with the container when this one goes.
	Keeper *KeeperOptions

	// Ephemeral containers have no file on disk, and are gone with their last handle or this process.
	Ephemeral bool

	// NoPivot moves the root in place of pivot_root(2): for ramdisk hosts.
	NoPivot bool

	// NoNewKeyring keeps the caller's session keyring.
	NoNewKeyring bool
}

func (o *Options) flags() (flags C.uint) {
	if o.Ephemeral {
		flags |= flagEphemeral
	}
	if o.NoPivot {
		flags |= flagNoPivot
	}
	if o.NoNewKeyring {
		flags |= flagNoNewKeyring
	}
	return flags
}

// apply hands the options over to the container.
func (o *Options) apply(c *C.contain_t, e **C.contain_error_t) C.int {
	if r := C.contain_set_flags(c, o.flags(), e); r < 0 {
		return r
	}
	r := C.contain_set_stdio(c, descriptor(o.Stdin), descriptor(o.Stdout), descriptor(o.Stderr), e)
	if r < 0 {
		return r
	}
	for _, f := range o.ExtraFiles {
		if r := C.contain_add_fd(c, descriptor(f), e); r < 0 {
			return r
		}
	}
	if o.Rootfs != nil {
		if r := C.contain_set_rootfs_fd(c, descriptor(o.Rootfs), e); r < 0 {
			return r
		}
	}
	if o.SeccompSocket != nil {
		if r := C.contain_set_seccomp_socket(c, descriptor(o.SeccompSocket), e); r < 0 {
			return r
		}
	}
	runtime.KeepAlive(o)
	return 0
}

// applyNames hands over the options that contain strings.
func (o *Options) applyNames(h *handle) error {
	var s cStrings
	defer s.free()
	socket, notify := s.orNull(o.ConsoleSocket), s.orNull(o.NotifySocket)
	listen := s.orNull(strings.Join(o.ListenNames, ":"))
	path := s.orNull(o.Keeper.logPath())
	types := make(map[*C.char]*os.File, len(o.Namespaces))
	for name, f := range o.Namespaces {
		types[s.one(name)] = f
	}
	if s.err != nil {
		return s.err
	}
	_, err := h.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		for name, f := range types {
			if r := C.contain_set_namespace_fd((*C.contain_t)(p), name, descriptor(f), e); r < 0 {
				return r
			}
		}
		if r := C.contain_set_listen_fds((*C.contain_t)(p), C.uint(o.ListenFiles), listen, e); r < 0 {
			return r
		}
		if o.Keeper != nil {
			if r := o.Keeper.apply((*C.contain_t)(p), path, e); r < 0 {
				return r
			}
		}
		if notify != nil {
			if r := C.contain_set_notify_socket((*C.contain_t)(p), notify, e); r < 0 {
				return r
			}
		}
		if socket == nil {
			return 0
		}
		return C.contain_set_console_socket((*C.contain_t)(p), socket, e)
	})
	runtime.KeepAlive(o)
	return err
}

// descriptor is a file's number, -1 for none. Fd, and not SyscallConn, as it puts what Go made
// non-blocking back into blocking mode: the container shares that mode, and few programs cope with
// a non-blocking standard stream.
func descriptor(f *os.File) C.int {
	if f == nil {
		return -1
	}
	return C.int(f.Fd())
}
