// SPDX-License-Identifier: MIT

package contain

/*
#include <stdlib.h>
#include <contain/contain.h>

extern int containGoProgress(void *userdata, contain_image_progress_t *progress);

// Pointers to C strings must not be put in Go memory that C gets: the struct lives in C's.
static contain_image_options_t *new_image_options(void)
{
	contain_image_options_t *opts = calloc(1, sizeof(*opts));

	if (opts)
		opts->size = sizeof(*opts);
	return opts;
}

static contain_unpack_options_t *new_unpack_options(void)
{
	contain_unpack_options_t *opts = calloc(1, sizeof(*opts));

	if (opts)
		opts->size = sizeof(*opts);
	return opts;
}

static void set_image_progress(contain_image_options_t *opts, void *userdata)
{
	opts->progress = (contain_image_progress_fn)containGoProgress;
	opts->userdata = userdata;
}
*/
import "C"

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/cgo"
	"time"
	"unsafe"
)

// ImageProgress is how far a call on an image is.
type ImageProgress struct {
	Phase string // what is being done, such as "fetch" or "unpack"; "" at first
	What  string // with what: a digest, a path
	Done  uint64 // bytes, of what this is about
	Total uint64 // 0: not known
}

// ImageOptions say how to get at an image; the zero value has the defaults.
type ImageOptions struct {
	Platform     string        // "linux/arm64/v8"; by default this machine's
	AuthFile     string        // credentials, as in containers-auth.json(5)
	Certificates string        // a folder as docker's certs.d
	Store        string        // the content store's folder; by default none is used
	Mirrors      []string      // "HOST=MIRROR" each
	Insecure     bool          // registries without TLS, or with certificates that nobody vouches for
	Stdin        *os.File      // what the image "-" is read from; by default standard input
	Timeout      time.Duration // for the whole call; 0 for none
	StallTimeout time.Duration // without anything from a registry or a pipe; 0 for the usual

	// Progress is called a few times a second by the goroutine that made the call, also while nothing moves.
	// An error that it returns ends the call, which returns it.
	Progress func(ImageProgress) error

	// Limits of what is unpacked, to a folder, to the content store or for a container; 0 for none.
	MaxBytes     uint64 // of all files together
	MaxEntries   uint64
	MaxFileBytes uint64
	MaxDepth     uint64
}

// progressCall is a progress function on its way through C.
type progressCall struct {
	progress func(ImageProgress) error
	err      error // what it returned
}

//export containGoProgress
func containGoProgress(userdata unsafe.Pointer, progress *C.contain_image_progress_t) C.int {
	call := (*(*cgo.Handle)(userdata)).Value().(*progressCall)
	call.err = call.progress(ImageProgress{
		Phase: C.GoString(progress.phase),
		What:  C.GoString(progress.what),
		Done:  uint64(progress.done),
		Total: uint64(progress.total),
	})
	if call.err != nil {
		return 1
	}
	return 0
}

// milliseconds rounds up, so that what is not 0 stays so.
func milliseconds(d time.Duration) C.uint64_t {
	if d <= 0 {
		return 0
	}
	return C.uint64_t((d + time.Millisecond - 1) / time.Millisecond)
}

// with runs a call that takes options in C's form, for which s holds the strings.
func (o *ImageOptions) with(s *cStrings, f func(opts *C.contain_image_options_t) error) error {
	opts := C.new_image_options()
	if opts == nil {
		panic("contain: out of memory")
	}
	defer C.free(unsafe.Pointer(opts))
	opts.flags = bits(bit{o.Insecure, flagImageInsecure})
	if o.Stdin != nil {
		opts.stdin_fd = C.int32_t(o.Stdin.Fd())
	}
	opts.timeout_ms = milliseconds(o.Timeout)
	opts.stall_timeout_ms = milliseconds(o.StallTimeout)
	opts.platform = s.orNull(o.Platform)
	opts.auth_file = s.orNull(o.AuthFile)
	opts.certificates = s.orNull(o.Certificates)
	opts.store = s.orNull(o.Store)
	if len(o.Mirrors) > 0 {
		opts.mirrors = s.list(o.Mirrors)
	}
	opts.max_bytes = C.uint64_t(o.MaxBytes)
	opts.max_entries = C.uint64_t(o.MaxEntries)
	opts.max_file_bytes = C.uint64_t(o.MaxFileBytes)
	opts.max_depth = C.uint64_t(o.MaxDepth)
	if s.err != nil {
		return s.err
	}
	call := progressCall{progress: o.Progress}
	if o.Progress != nil {
		cell := C.malloc(C.size_t(unsafe.Sizeof(cgo.Handle(0))))
		defer C.free(cell)
		*(*cgo.Handle)(cell) = cgo.NewHandle(&call)
		defer (*(*cgo.Handle)(cell)).Delete()
		C.set_image_progress(opts, cell)
	}
	err := f(opts)
	runtime.KeepAlive(o.Stdin)
	if err != nil && call.err != nil {
		return call.err
	}
	return err
}

// InspectImage tells what an image is, without unpacking it: its name, digest, manifest, config and layers.
func (ctx *Context) InspectImage(image string, options ImageOptions) (result json.RawMessage, err error) {
	var s cStrings
	defer s.free()
	name := s.one(image)
	err = options.with(&s, func(opts *C.contain_image_options_t) (err error) {
		result, err = ctx.handle.document(func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
			return C.contain_image_inspect_json((*C.contain_ctx_t)(p), name, opts, ret, e)
		})
		return err
	})
	return result, err
}

// IDMap maps Count ids from Inside on to those from Outside on.
type IDMap struct {
	Inside, Outside, Count uint32
}

// Owner is a user and a group.
type Owner struct {
	UID, GID uint32
}

// UnpackOptions say how an image is unpacked; the zero value keeps owners and sets no limits.
type UnpackOptions struct {
	Owner     *Owner  // of all files
	UIDMaps   []IDMap // owners are shifted, as for a user namespace
	GIDMaps   []IDMap // by default as UIDMaps
	Subids    bool    // root's files become the caller's, others' those of the caller's subordinate ids
	NoDevices bool    // device nodes are left out

	// Limits as those of ImageOptions; the lower ones hold.
	MaxBytes     uint64
	MaxEntries   uint64
	MaxFileBytes uint64
	MaxDepth     uint64
}

func idMaps(s *cStrings, maps []IDMap) **C.char {
	if len(maps) == 0 {
		return nil
	}
	words := make([]string, len(maps))
	for i, m := range maps {
		words[i] = fmt.Sprintf("%d:%d:%d", m.Inside, m.Outside, m.Count)
	}
	return s.list(words)
}

// in is the options in C's form, to be freed; s holds the strings.
func (o *UnpackOptions) in(s *cStrings) *C.contain_unpack_options_t {
	opts := C.new_unpack_options()
	if opts == nil {
		panic("contain: out of memory")
	}
	opts.flags = bits(bit{o.NoDevices, flagNoDevices})
	opts.owner = ownerAsIs
	if o.Owner != nil {
		opts.owner = ownerSingle
		opts.uid = C.uint32_t(o.Owner.UID)
		opts.gid = C.uint32_t(o.Owner.GID)
	}
	if len(o.UIDMaps) > 0 {
		opts.owner = ownerShifted
		opts.uid_maps = idMaps(s, o.UIDMaps)
		opts.gid_maps = idMaps(s, o.GIDMaps)
	}
	if o.Subids {
		opts.owner = ownerSubids
	}
	opts.max_bytes = C.uint64_t(o.MaxBytes)
	opts.max_entries = C.uint64_t(o.MaxEntries)
	opts.max_file_bytes = C.uint64_t(o.MaxFileBytes)
	opts.max_depth = C.uint64_t(o.MaxDepth)
	return opts
}

// Unpacked is what UnpackImage has written.
type Unpacked struct {
	Name           string          `json:"name"`
	Digest         string          `json:"digest"`
	Config         json.RawMessage `json:"config"`
	Entries        uint64          `json:"entries"`
	Bytes          uint64          `json:"bytes"`
	SkippedDevices uint64          `json:"skippedDevices"`

	// SkippedAttributes are extended ones that the file system cannot have.
	SkippedAttributes uint64 `json:"skippedAttributes"`
}

// UnpackImage writes an image's root file system to a folder that is absent or empty: all of it, or nothing.
func (ctx *Context) UnpackImage(image, folder string, options ImageOptions, unpack UnpackOptions) (*Unpacked, error) {
	var s cStrings
	defer s.free()
	name, dir := s.one(image), s.one(folder)
	how := unpack.in(&s)
	defer C.free(unsafe.Pointer(how))
	var text []byte
	err := options.with(&s, func(opts *C.contain_image_options_t) (err error) {
		text, err = ctx.handle.document(func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
			return C.contain_image_unpack((*C.contain_ctx_t)(p), name, dir, opts, how, ret, e)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	unpacked := new(Unpacked)
	return unpacked, json.Unmarshal(text, unpacked)
}
