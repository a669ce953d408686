// SPDX-License-Identifier: MIT

package contain

// #include <contain/contain.h>
import "C"

import (
	"sync"
	"unsafe"
)

// handle owns one reference on a C object. Calls borrow a reference of their own, so that Close in
// one goroutine never frees what another one is using: the last one out frees it.
type handle struct {
	ref   func(unsafe.Pointer)
	unref func(unsafe.Pointer)
	log   *logger // what the C object calls, for as long as it lives

	mu      sync.Mutex
	pointer unsafe.Pointer // nil once closed
}

// borrow returns the C object, to be given back after the call.
func (h *handle) borrow() (unsafe.Pointer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pointer == nil {
		return nil, ErrClosed
	}
	h.ref(h.pointer)
	h.log.ref()
	return h.pointer, nil
}

func (h *handle) giveBack(p unsafe.Pointer) {
	h.unref(p)
	h.log.unref()
}

func (h *handle) close() {
	h.mu.Lock()
	p := h.pointer
	h.pointer = nil
	h.mu.Unlock()
	if p != nil {
		h.giveBack(p)
	}
}

// call runs one C call on the object. Its result is the second value, when there is no error.
func (h *handle) call(f func(p unsafe.Pointer, err **C.contain_error_t) C.int) (int, error) {
	p, err := h.borrow()
	if err != nil {
		return 0, err
	}
	defer h.giveBack(p)
	var e *C.contain_error_t
	r := f(p, &e)
	if r < 0 {
		return 0, takeError(r, e)
	}
	return int(r), nil
}

// document runs one C call that returns a document.
func (h *handle) document(f func(p unsafe.Pointer, ret **C.char, err **C.contain_error_t) C.int) ([]byte, error) {
	var text *C.char
	_, err := h.call(func(p unsafe.Pointer, e **C.contain_error_t) C.int {
		return f(p, &text, e)
	})
	if err != nil {
		return nil, err
	}
	return takeDocument(text), nil
}
