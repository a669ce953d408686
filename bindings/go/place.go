// SPDX-License-Identifier: MIT

package contain

/*
#include <stdlib.h>
#include <contain/contain.h>

// Pointers to C strings must not be put in Go memory that C gets: the struct lives in C's.
static contain_place_options_t *new_place_options(void)
{
	contain_place_options_t *opts = calloc(1, sizeof(*opts));

	if (opts)
		opts->size = sizeof(*opts);
	return opts;
}
*/
import "C"

import "unsafe"

// PlaceOptions say what is to differ for a program that runs in place.
type PlaceOptions struct {
	User, Group string // names of the image, or ids; User may be "user:group"
	Dir         string // the working directory; "/"

	Binds         []string // "SOURCE[:TARGET[:OPTIONS]]"
	ReadOnlyBinds []string // the same, with all that is mounted below
	EnvFiles      []string // files of NAME=value lines
	Env           []string // "NAME=value"

	CapProfile   string   // "droot", the default, "image" or "none"
	Capabilities []string // those besides
	NotifySocket string   // the service manager's

	HostFiles      bool // the host's passwd, group, hosts and resolv.conf in the place of the image's
	KeepPrivileges bool // all capabilities, and programs may gain more
	UsernsAuto     bool // a user namespace of subordinate ids
}

// LoadPlace takes a configuration for Become: a command in a root file system, and in the host otherwise.
func (c *Container) LoadPlace(rootfs string, argv []string, o PlaceOptions) error {
	var s cStrings
	defer s.free()
	opts := C.new_place_options()
	if opts == nil {
		panic("contain: out of memory")
	}
	defer C.free(unsafe.Pointer(opts))
	opts.flags = bits(
		bit{o.HostFiles, flagPlaceHostFiles}, bit{o.KeepPrivileges, flagPlaceKeepPrivileges},
		bit{o.UsernsAuto, flagPlaceUsernsAuto})
	opts.user = s.orNull(o.User)
	opts.group = s.orNull(o.Group)
	opts.cwd = s.orNull(o.Dir)
	opts.binds = s.list(o.Binds)
	opts.read_only_binds = s.list(o.ReadOnlyBinds)
	opts.env_files = s.list(o.EnvFiles)
	opts.env = s.list(o.Env)
	opts.cap_profile = s.orNull(o.CapProfile)
	if len(o.Capabilities) > 0 {
		opts.capabilities = s.list(o.Capabilities)
	}
	opts.notify_socket = s.orNull(o.NotifySocket)
	path, words := s.one(rootfs), s.list(argv)
	if s.err != nil {
		return s.err
	}
	return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
		return C.contain_load_place(c, path, opts, words, e)
	})
}
