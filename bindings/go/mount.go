// SPDX-License-Identifier: MIT

package contain

// #include <contain/contain.h>
import "C"

import "os"

// Mount says how Container.Mount mounts. The zero value is a plain, writable mount on a target that exists.
type Mount struct {
	Recursive  bool // with what is mounted below the source
	Create     bool // make the target when it is absent: a folder, or an empty file
	ReadOnly   bool
	NoSUID     bool
	NoDevices  bool
	NoExec     bool
	NoSymlinks bool
	UserNS     *os.File // the user namespace whose ids the mount has; nil for none
}

// The numbers behind the fields.
const (
	flagMountRecursive  = C.CONTAIN_MOUNT_RECURSIVE
	flagMountCreate     = C.CONTAIN_MOUNT_CREATE
	flagMountReadOnly   = C.CONTAIN_MOUNT_READ_ONLY
	flagMountNoSUID     = C.CONTAIN_MOUNT_NO_SUID
	flagMountNoDevices  = C.CONTAIN_MOUNT_NO_DEVICES
	flagMountNoExec     = C.CONTAIN_MOUNT_NO_EXEC
	flagMountNoSymlinks = C.CONTAIN_MOUNT_NO_SYMLINKS
	flagMountIDMap      = C.CONTAIN_MOUNT_IDMAP
	flagUnmountDetach   = C.CONTAIN_UNMOUNT_DETACH
)

func (m Mount) flags() C.uint {
	var flags C.uint
	for _, one := range []struct {
		set  bool
		flag C.uint
	}{
		{m.Recursive, flagMountRecursive}, {m.Create, flagMountCreate}, {m.ReadOnly, flagMountReadOnly},
		{m.NoSUID, flagMountNoSUID}, {m.NoDevices, flagMountNoDevices}, {m.NoExec, flagMountNoExec},
		{m.NoSymlinks, flagMountNoSymlinks}, {m.UserNS != nil, flagMountIDMap},
	} {
		if one.set {
			flags |= one.flag
		}
	}
	return flags
}

// Mount mounts an open file or folder of the host's at an absolute path in the container.
func (c *Container) Mount(source *os.File, target string, how Mount) error {
	var s cStrings
	defer s.free()
	name := s.one(target)
	if s.err != nil {
		return s.err
	}
	userns := C.int(-1)
	if how.UserNS != nil {
		userns = C.int(how.UserNS.Fd())
	}
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_mount(c, C.int(source.Fd()), name, how.flags(), userns, e)
	})
}

// Unmount takes off what is mounted at that path; with detach also when it is in use.
func (c *Container) Unmount(target string, detach bool) error {
	var s cStrings
	defer s.free()
	name := s.one(target)
	if s.err != nil {
		return s.err
	}
	var flags C.uint
	if detach {
		flags = flagUnmountDetach
	}
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_unmount(c, name, flags, e)
	})
}
