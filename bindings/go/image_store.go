// SPDX-License-Identifier: MIT

package contain

// #include <contain/contain.h>
import "C"

import (
	"encoding/json"
	"os"
	"runtime"
	"unsafe"
)

const flagCollectDryRun = C.CONTAIN_COLLECT_DRY_RUN

// imageDocument runs a call that takes options and returns a document.
func (ctx *Context) imageDocument(s *cStrings, options *ImageOptions,
	f func(c *C.contain_ctx_t, opts *C.contain_image_options_t, ret **C.char, e **C.contain_error_t) C.int) (result json.RawMessage, err error) {
	err = options.with(s, func(opts *C.contain_image_options_t) (err error) {
		result, err = ctx.handle.document(func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
			return f((*C.contain_ctx_t)(p), opts, ret, e)
		})
		return err
	})
	return result, err
}

// imageCall runs a call that takes options and returns nothing.
func (ctx *Context) imageCall(s *cStrings, options *ImageOptions,
	f func(c *C.contain_ctx_t, opts *C.contain_image_options_t, e **C.contain_error_t) C.int) error {
	return options.with(s, func(opts *C.contain_image_options_t) error {
		_, err := ctx.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
			return f((*C.contain_ctx_t)(p), opts, e)
		})
		return err
	})
}

// PullImage brings an image into the content store, which ImageOptions.Store names, and tells its name, digest, layers
// and size. It is called name there; "" for its name at a registry or a daemon, while files and folders need one.
func (ctx *Context) PullImage(image, name string, options ImageOptions) (json.RawMessage, error) {
	var s cStrings
	defer s.free()
	cImage, cName := s.one(image), s.orNull(name)
	return ctx.imageDocument(&s, &options, func(c *C.contain_ctx_t, opts *C.contain_image_options_t, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_image_pull(c, cImage, cName, opts, ret, e)
	})
}

// ListImages tells what is in the content store: images, and the containers that use them.
func (ctx *Context) ListImages(options ImageOptions) (json.RawMessage, error) {
	var s cStrings
	defer s.free()
	return ctx.imageDocument(&s, &options, func(c *C.contain_ctx_t, opts *C.contain_image_options_t, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_image_store_list_json(c, opts, ret, e)
	})
}

// RemoveImage takes a name out of the content store; CollectImages frees the space.
func (ctx *Context) RemoveImage(name string, options ImageOptions) error {
	var s cStrings
	defer s.free()
	cName := s.one(name)
	return ctx.imageCall(&s, &options, func(c *C.contain_ctx_t, opts *C.contain_image_options_t, e **C.contain_error_t) C.int {
		return C.contain_image_store_remove(c, cName, opts, e)
	})
}

// CollectImages removes what no name and no container of the content store needs, or only tells what would go.
func (ctx *Context) CollectImages(dryRun bool, options ImageOptions) (json.RawMessage, error) {
	var s cStrings
	var flags C.uint
	defer s.free()
	if dryRun {
		flags = flagCollectDryRun
	}
	return ctx.imageDocument(&s, &options, func(c *C.contain_ctx_t, opts *C.contain_image_options_t, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_image_store_collect(c, flags, opts, ret, e)
	})
}

// MountImage makes a root file system over the shared layers of an image: a mount that is attached nowhere yet, and
// the image with its config. What is written is kept under id until ReleaseImage; with "" nothing can be. The maps of
// userns, which may be nil, shift the owners of the layers' files.
func (ctx *Context) MountImage(image, id string, userns *os.File, options ImageOptions) (*os.File, json.RawMessage, error) {
	var s cStrings
	defer s.free()
	cImage, cID, usernsFd, fd := s.one(image), s.orNull(id), C.int(-1), C.int(-1)
	if userns != nil {
		usernsFd = C.int(userns.Fd())
	}
	result, err := ctx.imageDocument(&s, &options, func(c *C.contain_ctx_t, opts *C.contain_image_options_t, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_image_store_mount(c, cImage, cID, usernsFd, opts, &fd, ret, e)
	})
	runtime.KeepAlive(userns)
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fd), "image"), result, nil
}

// ReleaseImage removes what was written to a root file system of MountImage, which is unmounted.
func (ctx *Context) ReleaseImage(id string, options ImageOptions) error {
	var s cStrings
	defer s.free()
	cID := s.one(id)
	return ctx.imageCall(&s, &options, func(c *C.contain_ctx_t, opts *C.contain_image_options_t, e **C.contain_error_t) C.int {
		return C.contain_image_store_release(c, cID, opts, e)
	})
}
