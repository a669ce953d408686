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

import (
	"encoding/json"
	"unsafe"
)

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

// in is the options in C's form, to be freed; s holds the strings.
func (r *RunOptions) in(s *cStrings) *C.contain_run_options_t {
	opts := C.new_run_options()
	if opts == nil {
		panic("contain: out of memory")
	}
	opts.flags = bits(
		bit{r.ReadOnly, flagRunReadOnly}, bit{r.Terminal, flagRunTerminal},
		bit{r.UsernsAuto, flagRunUsernsAuto})
	opts.user = s.orNull(r.User)
	opts.cwd = s.orNull(r.Dir)
	if r.Entrypoint != nil {
		opts.entrypoint = s.list(r.Entrypoint)
	}
	opts.env_files = s.list(r.EnvFiles)
	opts.env = s.list(r.Env)
	opts.storage = s.orNull(r.Storage)
	return opts
}

// LoadImage takes root file system and configuration from an image: the layers of ImageOptions.Store, or a copy of the
// container's own. A nil argv leaves the image's Cmd.
func (c *Container) LoadImage(image string, argv []string, run RunOptions, options ImageOptions) error {
	var s cStrings
	defer s.free()
	opts := run.in(&s)
	defer C.free(unsafe.Pointer(opts))
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

// ImageConfig is the config.json of a container of an image, for a bundle in which that is unpacked to "rootfs". Users
// are looked up in rootfs, to which the image was unpacked; with "", they have to be numbers.
func (ctx *Context) ImageConfig(image, rootfs string, argv []string, run RunOptions, options ImageOptions) (json.RawMessage, error) {
	var s cStrings
	defer s.free()
	opts := run.in(&s)
	defer C.free(unsafe.Pointer(opts))
	name, root := s.one(image), s.orNull(rootfs)
	var words **C.char
	if argv != nil {
		words = s.list(argv)
	}
	return ctx.imageDocument(&s, &options, func(c *C.contain_ctx_t, how *C.contain_image_options_t, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_image_config(c, name, root, how, opts, words, ret, e)
	})
}
