// SPDX-License-Identifier: MIT

package contain

/*
#include <stdlib.h>
#include <contain/contain.h>

// Pointers to C strings must not be put in Go memory that C gets: the struct lives in C's.
static contain_deploy_options_t *new_deploy_options(void)
{
	contain_deploy_options_t *opts = calloc(1, sizeof(*opts));

	if (opts)
		opts->size = sizeof(*opts);
	return opts;
}
*/
import "C"

import (
	"encoding/json"
	"os"
	"runtime"
	"time"
	"unsafe"
)

// Archive is what ExportImage has written.
type Archive struct {
	Digest         string `json:"digest"`
	Size           uint64 `json:"size"`
	SkippedDevices uint64 `json:"skippedDevices"`
}

// ExportOptions say what is not exported; the zero value leaves nothing out.
type ExportOptions struct {
	NoEnv     bool // without the file /.drootenv
	NoDevices bool // device nodes are left out
}

// ExportImage writes an image's root file system to file as one tar, whose bytes follow from the image alone.
// It has the image's environment as a file, /.drootenv, unless NoEnv is set.
func (ctx *Context) ExportImage(image string, file *os.File, options ImageOptions, export ExportOptions) (*Archive, error) {
	var s cStrings
	defer s.free()
	name := s.one(image)
	flags := bits(bit{export.NoEnv, flagExportNoEnv}, bit{export.NoDevices, flagExportNoDevices})
	archive := new(Archive)
	err := options.with(&s, func(opts *C.contain_image_options_t) error {
		return ctx.decoded(archive, func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
			return C.contain_image_export((*C.contain_ctx_t)(p), name, C.int(file.Fd()), flags, opts, ret, e)
		})
	})
	runtime.KeepAlive(file)
	if err != nil {
		return nil, err
	}
	return archive, nil
}

// DeployOptions say what is to become of an image that is deployed; the zero value makes it the current release.
type DeployOptions struct {
	InPlace      bool   // make the image what is in the folder itself; there are no releases then
	Quick        bool   // in place: take files of the same size and time for the same
	Force        bool   // in place: also where files are that were never deployed, which go
	NoEnv        bool   // without the file /.drootenv
	Keep         uint32 // releases that stay, the newest; 0 for all
	ExpectDigest string // refuse any other image or archive
}

// ReleaseUse is why a release was not removed.
type ReleaseUse struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
	How  string `json:"how"`

	Container string `json:"container"` // its id, when it is one that is known
}

// Pruned is what was removed, and what could not be.
type Pruned struct {
	Pruned []string     `json:"pruned"`
	InUse  []ReleaseUse `json:"inUse"`
}

// Deployed is what a deployment or a rollback has done.
type Deployed struct {
	Status string `json:"status"` // "deployed", "switched" or "unchanged"
	Name   string `json:"name"`
	Digest string `json:"digest"`
	Pruned
	Warning string `json:"warning"` // why old releases could not be removed

	// In place, numbers of files.
	Changed   uint64 `json:"changed"`
	Unchanged uint64 `json:"unchanged"`
	Removed   uint64 `json:"removed"`
}

// decoded decodes the document that f returns into value.
func (ctx *Context) decoded(value any, f func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int) error {
	text, err := ctx.handle.document(f)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, value)
}

// Deploy makes an image the release that is in force in a folder.
func (ctx *Context) Deploy(image, folder string, options ImageOptions, unpack UnpackOptions, deploy DeployOptions) (*Deployed, error) {
	var s cStrings
	defer s.free()
	name, dir := s.one(image), s.one(folder)
	how := unpack.in(&s)
	defer C.free(unsafe.Pointer(how))
	what := C.new_deploy_options()
	if what == nil {
		panic("contain: out of memory")
	}
	defer C.free(unsafe.Pointer(what))
	what.flags = bits(bit{deploy.InPlace, flagInPlace}, bit{deploy.Quick, flagQuick},
		bit{deploy.Force, flagForceDeploy}, bit{deploy.NoEnv, flagDeployNoEnv})
	what.keep = C.uint32_t(deploy.Keep)
	what.expect_digest = s.orNull(deploy.ExpectDigest)
	deployed := new(Deployed)
	err := options.with(&s, func(opts *C.contain_image_options_t) error {
		return ctx.decoded(deployed, func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
			return C.contain_deploy((*C.contain_ctx_t)(p), name, dir, opts, how, what, ret, e)
		})
	})
	if err != nil {
		return nil, err
	}
	return deployed, nil
}

// Release is one of those in a folder.
type Release struct {
	Name           string          `json:"name"`
	Created        time.Time       `json:"created"`
	Digest         string          `json:"digest"`
	ManifestDigest string          `json:"manifestDigest"`
	Source         string          `json:"source"`
	Config         json.RawMessage `json:"config"`
	Current        bool            `json:"current"`
	Previous       bool            `json:"previous"`
}

// Releases lists what was deployed to a folder, from the newest to the oldest.
func (ctx *Context) Releases(folder string) (releases []Release, err error) {
	var s cStrings
	defer s.free()
	dir := s.one(folder)
	if s.err != nil {
		return nil, s.err
	}
	err = ctx.decoded(&releases, func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_releases_json((*C.contain_ctx_t)(p), dir, ret, e)
	})
	return releases, err
}

// Rollback makes the release to the one in force; "" for the one that was before.
func (ctx *Context) Rollback(folder, to string) (*Deployed, error) {
	var s cStrings
	defer s.free()
	dir, name := s.one(folder), s.orNull(to)
	if s.err != nil {
		return nil, s.err
	}
	deployed := new(Deployed)
	err := ctx.decoded(deployed, func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_rollback((*C.contain_ctx_t)(p), dir, name, ret, e)
	})
	if err != nil {
		return nil, err
	}
	return deployed, nil
}

// Prune removes all releases but the keep newest, and those that are needed. With dryRun it only tells which.
func (ctx *Context) Prune(folder string, keep uint32, dryRun bool) (*Pruned, error) {
	var s cStrings
	defer s.free()
	dir := s.one(folder)
	if s.err != nil {
		return nil, s.err
	}
	flags := bits(bit{dryRun, flagPruneDryRun})
	pruned := new(Pruned)
	err := ctx.decoded(pruned, func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_prune((*C.contain_ctx_t)(p), dir, C.uint32_t(keep), flags, ret, e)
	})
	if err != nil {
		return nil, err
	}
	return pruned, nil
}
