// SPDX-License-Identifier: MIT

// Package contain runs OCI containers in this process, through libcontain.
//
//	status, err := contain.Run(ctx, "/", []string{"uname", "-a"}, contain.Options{})
//
// or, step by step:
//
//	c, err := contain.New(nil, contain.Options{ID: "web"})
//	defer c.Close()
//	err = c.LoadBundle("/srv/web")
//	err = c.Create()
//	err = c.Start()
//	status, err := c.Wait(context.Background())
//	err = c.Destroy(false)
//
// Failures are of type *Error. Each has a code, which is itself an error to compare with, and an
// errno:
//
//	errors.Is(err, contain.ErrNotFound)
//	errors.Is(err, fs.ErrNotExist)
//
// Contexts and containers may be used by any goroutines at once. Waiting holds no thread.
package contain

/*
#cgo pkg-config: contain
#include <contain/contain.h>
#include <stdlib.h>
*/
import "C"

import (
	"errors"
	"strings"
	"syscall"
	"unsafe"
)

// ErrClosed is returned by methods of a Context or Container that has been closed.
var ErrClosed = errors.New("contain: handle is closed")

// Version is the version of the C library in use, as "MAJOR.MINOR.PATCH".
func Version() string {
	return C.GoString(C.contain_version())
}

// SignalNumber is the signal that is given as text: "TERM", "SIGRTMIN+3", "15".
func SignalNumber(name string) (syscall.Signal, error) {
	var s cStrings
	defer s.free()
	text := s.one(name)
	if s.err != nil {
		return 0, s.err
	}
	var e *C.contain_error_t
	n := C.contain_signal_number(text, &e)
	if n < 0 {
		return 0, takeError(n, e)
	}
	return syscall.Signal(n), nil
}

// cStrings is memory of C's for the strings of one call.
type cStrings struct {
	allocated []unsafe.Pointer
	err       error
}

func (s *cStrings) free() {
	for _, p := range s.allocated {
		C.free(p)
	}
}

// one copies a string. C would cut it off at a NUL without a word.
func (s *cStrings) one(text string) *C.char {
	if strings.IndexByte(text, 0) >= 0 {
		s.err = errors.New("contain: string with a NUL")
	}
	p := C.CString(text)
	s.allocated = append(s.allocated, unsafe.Pointer(p))
	return p
}

// orNull copies a string; an empty one becomes NULL.
func (s *cStrings) orNull(text string) *C.char {
	if text == "" {
		return nil
	}
	return s.one(text)
}

// list copies words to an array ended by NULL.
func (s *cStrings) list(words []string) **C.char {
	size := C.size_t(len(words)+1) * C.size_t(unsafe.Sizeof((*C.char)(nil)))
	p := C.calloc(1, size)
	if p == nil {
		panic("contain: out of memory") // as C.CString does
	}
	s.allocated = append(s.allocated, p)
	array := unsafe.Slice((**C.char)(p), len(words)+1)
	for i, word := range words {
		array[i] = s.one(word)
	}
	return (**C.char)(p)
}

// takeDocument copies and frees a document that the library returned.
func takeDocument(p *C.char) []byte {
	defer C.contain_free(unsafe.Pointer(p))
	return []byte(C.GoString(p))
}
