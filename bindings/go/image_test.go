// SPDX-License-Identifier: MIT

package contain

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func newImageWorld(t *testing.T) *world {
	w := newWorld(t)
	features, err := w.ctx.Features()
	w.check(err)
	var document struct {
		Annotations map[string]string `json:"annotations"`
	}
	w.check(json.Unmarshal(features, &document))
	if document.Annotations["libcontain.images"] != "true" {
		t.Skip("this build has no part for images")
	}
	return w
}

func TestInspectImage(t *testing.T) {
	w := newImageWorld(t)
	text, err := w.ctx.InspectImage("dir:"+w.rootfs, ImageOptions{})
	w.check(err)
	var told struct {
		Name string `json:"name"`
	}
	w.check(json.Unmarshal(text, &told))
	if told.Name != "dir:"+w.rootfs {
		t.Errorf("told %s", text)
	}
	_, err = w.ctx.InspectImage("oci:"+w.folder+"/nothing", ImageOptions{})
	var failure *Error
	if !errors.As(err, &failure) {
		t.Errorf("error %v", err)
	}
}

func TestUnpackImage(t *testing.T) {
	w := newImageWorld(t)
	target := filepath.Join(w.folder, "target")
	unpacked, err := w.ctx.UnpackImage("dir:"+w.rootfs, target, ImageOptions{Timeout: time.Minute},
		UnpackOptions{Owner: &Owner{UID: 7, GID: 8}})
	w.check(err)
	if unpacked.Bytes == 0 || unpacked.Entries == 0 {
		t.Errorf("unpacked %+v", unpacked)
	}
	if _, err := os.Stat(filepath.Join(target, "bin/busybox")); err != nil {
		t.Error(err)
	}
	_, err = w.ctx.UnpackImage("dir:"+w.rootfs, target, ImageOptions{}, UnpackOptions{})
	expectError(t, err, ErrUnpack)
	_, err = w.ctx.UnpackImage("dir:"+w.rootfs, target+"2", ImageOptions{},
		UnpackOptions{UIDMaps: []IDMap{{0, 100000, 65536}}, MaxBytes: 1000})
	expectError(t, err, ErrSize)
}

func TestGivingUpAnImage(t *testing.T) {
	w := newImageWorld(t)
	read, write, err := os.Pipe()
	w.check(err)
	defer read.Close()
	defer write.Close()
	enough := errors.New("enough")
	_, err = w.ctx.InspectImage("-", ImageOptions{Stdin: read, Progress: func(ImageProgress) error { return enough }})
	if err != enough {
		t.Errorf("error %v", err)
	}
	_, err = w.ctx.InspectImage("-", ImageOptions{Stdin: read, Timeout: 100 * time.Millisecond})
	expectError(t, err, ErrTimeout)
	_, err = w.ctx.InspectImage("-", ImageOptions{Stdin: read, StallTimeout: 100 * time.Millisecond})
	expectError(t, err, ErrTimeout)
}
