// SPDX-License-Identifier: MIT

package contain

/*
#include <stdlib.h>
#include <contain/contain.h>

// Pointers to C strings must not be put in Go memory that C gets: the structs live in C's.
static contain_checkpoint_options_t *new_checkpoint_options(void)
{
	contain_checkpoint_options_t *opts = calloc(1, sizeof(*opts));

	if (opts)
		opts->size = sizeof(*opts);
	return opts;
}

static contain_restore_options_t *new_restore_options(void)
{
	contain_restore_options_t *opts = calloc(1, sizeof(*opts));

	if (opts)
		opts->size = sizeof(*opts);
	return opts;
}
*/
import "C"

import (
	"os"
	"runtime"
	"unsafe"
)

// Images is where a checkpoint is, and what checkpoints and restores have in common. What is allowed has to be
// allowed both times.
type Images struct {
	Path string // the folder of the images
	Work string // the folder for CRIU's log; by default that of the images
	CRIU string // the program, where it is in none of the usual folders

	CgroupsMode string // "soft", the default, "full", "strict" or "ignore"
	NetworkLock string // "iptables", "nftables" or "skip"

	TCPEstablished bool // open TCP connections are allowed
	ExtUnixSockets bool // Unix sockets connected to outside are allowed
	ShellJob       bool // a session or terminal from outside is allowed
	FileLocks      bool // file locks are allowed
	EmptyNetwork   bool // the network namespace comes without its content
	LazyPages      bool // memory is fetched when it is needed
	AutoDedup      bool // memory that is doubly kept is dropped
}

func (i *Images) flags() C.uint32_t {
	return bits(
		bit{i.TCPEstablished, flagTCPEstablished}, bit{i.ExtUnixSockets, flagExtUnixSockets},
		bit{i.ShellJob, flagShellJob}, bit{i.FileLocks, flagFileLocks}, bit{i.EmptyNetwork, flagEmptyNetwork},
		bit{i.LazyPages, flagLazyPages}, bit{i.AutoDedup, flagAutoDedup})
}

type bit struct {
	set  bool
	flag C.uint32_t
}

func bits(list ...bit) (sum C.uint32_t) {
	for _, b := range list {
		if b.set {
			sum |= b.flag
		}
	}
	return sum
}

// CheckpointOptions say how a container is written to files.
type CheckpointOptions struct {
	Images
	Parent     string   // images of an earlier pre-dump, relative to Path
	PageServer string   // "ADDRESS:PORT" of who takes memory
	Status     *os.File // gets a NUL byte when lazy pages can be asked for

	LeaveRunning    bool // the container goes on afterwards
	PreDump         bool // memory only, as the parent of a later checkpoint
	TCPSkipInFlight bool // connections that are just being made are left out
	LinkRemap       bool // deleted files that are open get a name for a while
}

// Checkpoint writes a running container to files; then it is stopped, unless it is left running.
func (c *Container) Checkpoint(o CheckpointOptions) error {
	var s cStrings
	defer s.free()
	opts := C.new_checkpoint_options()
	if opts == nil {
		panic("contain: out of memory")
	}
	defer C.free(unsafe.Pointer(opts))
	opts.flags = o.flags() | bits(
		bit{o.LeaveRunning, flagLeaveRunning}, bit{o.PreDump, flagPreDump},
		bit{o.TCPSkipInFlight, flagTCPSkipInFlight}, bit{o.LinkRemap, flagLinkRemap})
	if o.Status != nil {
		opts.status_fd = C.int32_t(o.Status.Fd())
	}
	opts.image_path = s.orNull(o.Path)
	opts.work_path = s.orNull(o.Work)
	opts.parent_path = s.orNull(o.Parent)
	opts.page_server = s.orNull(o.PageServer)
	opts.cgroups_mode = s.orNull(o.CgroupsMode)
	opts.network_lock = s.orNull(o.NetworkLock)
	opts.criu = s.orNull(o.CRIU)
	if s.err != nil {
		return s.err
	}
	err := c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_checkpoint(c, opts, e)
	})
	runtime.KeepAlive(o.Status)
	return err
}

// RestoreOptions say how a container is made from a checkpoint.
type RestoreOptions struct {
	Images
	LSMProfile      string // "apparmor:NAME" or "selinux:LABEL" in place of the one kept
	LSMMountContext string // SELinux context of mounts, in place of the one kept
	TCPClose        bool   // connections come back as lost ones
}

// Restore makes the container, whose configuration is loaded, from a checkpoint. Its program runs at once.
func (c *Container) Restore(o RestoreOptions) error {
	var s cStrings
	defer s.free()
	opts := C.new_restore_options()
	if opts == nil {
		panic("contain: out of memory")
	}
	defer C.free(unsafe.Pointer(opts))
	opts.flags = o.flags() | bits(bit{o.TCPClose, flagTCPClose})
	opts.image_path = s.orNull(o.Path)
	opts.work_path = s.orNull(o.Work)
	opts.cgroups_mode = s.orNull(o.CgroupsMode)
	opts.network_lock = s.orNull(o.NetworkLock)
	opts.lsm_profile = s.orNull(o.LSMProfile)
	opts.lsm_mount_context = s.orNull(o.LSMMountContext)
	opts.criu = s.orNull(o.CRIU)
	if s.err != nil {
		return s.err
	}
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_restore(c, opts, e)
	})
}
