// SPDX-License-Identifier: MIT

package contain

/*
#include <stdlib.h>
#include <contain/contain.h>

// Pointers to C strings must not be put in Go memory that C gets: the struct lives in C's.
static contain_run_options_t *new_run_options(void)
{
	contain_run_options_t *opts = calloc(1, sizeof(*opts));

	if (opts)
		opts->size = sizeof(*opts);
	return opts;
}
*/
import "C"

import "unsafe"

// RunOptions say what is to differ from what an image says.
type RunOptions struct {
	User       string   // by the image's own files: "user", "uid", "user:group" and so on
	Dir        string   // the working directory
	Entrypoint []string // takes the place of Entrypoint and Cmd
	EnvFiles   []string // files of NAME=value lines
	Env        []string // "NAME=value"
	Storage    string   // the folder that the copy is made in

	ReadOnly   bool // the root file system is read-only
	Terminal   bool // the program has a terminal
	UsernsAuto bool // a user namespace of subordinate ids
}

// LoadImage takes root file system and configuration from an image, of which the container gets a copy of its own.
// A nil argv leaves the image's Cmd.
func (c *Container) LoadImage(image string, argv []string, run RunOptions, options ImageOptions) error {
	var s cStrings
	defer s.free()
	opts := C.new_run_options()
	if opts == nil {
		panic("contain: out of memory")
	}
	defer C.free(unsafe.Pointer(opts))
	opts.flags = bits(
		bit{run.ReadOnly, flagRunReadOnly}, bit{run.Terminal, flagRunTerminal},
		bit{run.UsernsAuto, flagRunUsernsAuto})
	opts.user = s.orNull(run.User)
	opts.cwd = s.orNull(run.Dir)
	if run.Entrypoint != nil {
		opts.entrypoint = s.list(run.Entrypoint)
	}
	opts.env_files = s.list(run.EnvFiles)
	opts.env = s.list(run.Env)
	opts.storage = s.orNull(run.Storage)
	name := s.one(image)
	var words **C.char
	if argv != nil {
		words = s.list(argv)
	}
	return options.with(&s, func(how *C.contain_image_options_t) error {
		return c.call(func(c *C.contain_t, e **C.contain_error_t) C.int {
			return C.contain_load_image(c, name, how, opts, words, e)
		})
	})
}
