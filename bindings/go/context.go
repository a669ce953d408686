// SPDX-License-Identifier: MIT

package contain

/*
#include <contain/contain.h>
extern void containGoLog(void *userdata, int level, char *text);
*/
import "C"

import (
	"encoding/json"
	"runtime"
	"time"
	"unsafe"
)

// ContextOptions are the settings of a Context; the zero value has the defaults.
type ContextOptions struct {
	// StateRoot is the folder under which each container has its state, an absolute path. By
	// default /run/contain for root, $XDG_RUNTIME_DIR/contain for other users.
	StateRoot string

	// CgroupManager is "cgroupfs" (the default), "systemd" or "disabled".
	CgroupManager string

	// Log is called with each log line, by the goroutine that called this package. It must not
	// panic, nor use the container that is being logged about.
	Log func(level LogLevel, text string)

	// LogLevel is the least severe level that is wanted.
	LogLevel LogLevel
}

// Context holds settings and caches that containers share. A nil *Context, where one is asked for,
// means default settings.
type Context struct {
	handle handle
}

// NewContext makes a context.
func NewContext(options ContextOptions) (*Context, error) {
	var p *C.contain_ctx_t
	var e *C.contain_error_t
	if r := C.contain_ctx_new(&p, &e); r < 0 {
		return nil, takeError(r, e)
	}
	ctx := &Context{handle{
		ref:     func(p unsafe.Pointer) { C.contain_ctx_ref((*C.contain_ctx_t)(p)) },
		unref:   func(p unsafe.Pointer) { C.contain_ctx_unref((*C.contain_ctx_t)(p)) },
		pointer: unsafe.Pointer(p),
	}}
	if options.Log != nil {
		ctx.handle.log = newLogger(options.Log)
	}
	runtime.SetFinalizer(ctx, func(ctx *Context) { ctx.handle.close() })
	if err := ctx.configure(options); err != nil {
		ctx.Close()
		return nil, err
	}
	return ctx, nil
}

func (ctx *Context) configure(options ContextOptions) error {
	var s cStrings
	defer s.free()
	root := s.orNull(options.StateRoot)
	manager := s.orNull(options.CgroupManager)
	if s.err != nil {
		return s.err
	}
	_, err := ctx.handle.call(func(p unsafe.Pointer, e **C.contain_error_t) (r C.int) {
		if root != nil {
			r = C.contain_ctx_set_state_root((*C.contain_ctx_t)(p), root, e)
		}
		if r >= 0 && manager != nil {
			r = C.contain_ctx_set_cgroup_manager((*C.contain_ctx_t)(p), manager, e)
		}
		if r >= 0 && ctx.handle.log != nil {
			r = C.contain_ctx_set_log((*C.contain_ctx_t)(p), C.contain_log_fn(C.containGoLog),
				ctx.handle.log.cell, C.int(options.LogLevel), e)
		}
		return r
	})
	return err
}

// Close gives the context back; containers made from it go on. Closing twice is fine.
func (ctx *Context) Close() error {
	runtime.SetFinalizer(ctx, nil)
	ctx.handle.close()
	return nil
}

// State is what is known about a container (runtime-spec, runtime.md, "State").
type State struct {
	OCIVersion  string            `json:"ociVersion"`
	ID          string            `json:"id"`
	Status      string            `json:"status"`
	Pid         int               `json:"pid,omitempty"`
	Bundle      string            `json:"bundle"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Rootfs      string            `json:"rootfs"`
	Created     time.Time         `json:"created"`
	Owner       string            `json:"owner"`
}

// List returns the state of each container under the state root, sorted by id.
func (ctx *Context) List() ([]State, error) {
	text, err := ctx.handle.document(func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_list_json((*C.contain_ctx_t)(p), ret, e)
	})
	if err != nil {
		return nil, err
	}
	var states []State
	err = json.Unmarshal(text, &states)
	return states, err
}

// Features says what this build and this kernel can do (runtime-spec, features.md).
func (ctx *Context) Features() (json.RawMessage, error) {
	return ctx.handle.document(func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_features_json((*C.contain_ctx_t)(p), ret, e)
	})
}

// ConfigOptions are what DefaultConfig fills in.
type ConfigOptions struct {
	Rootfs   string   // root.path; by default "rootfs"
	Args     []string // process.args; by default "sh"
	Rootless bool     // a user namespace that maps the caller to root
	Subids   bool     // the same, and from id 1 on the subordinate ids of the caller
	Terminal bool     // process.terminal
}

// DefaultConfig returns a complete config.json to start from.
func (ctx *Context) DefaultConfig(options ConfigOptions) (json.RawMessage, error) {
	var s cStrings
	defer s.free()
	rootfs := s.orNull(options.Rootfs)
	var argv **C.char
	if options.Args != nil {
		argv = s.list(options.Args)
	}
	if s.err != nil {
		return nil, s.err
	}
	var flags C.uint
	if options.Rootless {
		flags |= flagRootless
	}
	if options.Subids {
		flags |= flagSubids
	}
	if options.Terminal {
		flags |= flagTerminal
	}
	return ctx.handle.document(func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_default_config((*C.contain_ctx_t)(p), rootfs, argv, flags, ret, e)
	})
}
