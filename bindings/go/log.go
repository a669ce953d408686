// SPDX-License-Identifier: MIT

package contain

// #include <contain/contain.h>
// #include <stdlib.h>
import "C"

import (
	"runtime/cgo"
	"sync/atomic"
	"unsafe"
)

// logger is a log function that C can call by way of a cell of its own memory. It is counted, as it
// has to live for as long as any container made from its context. A nil *logger is none.
type logger struct {
	refs int32
	cell unsafe.Pointer
}

func newLogger(f func(LogLevel, string)) *logger {
	cell := C.malloc(C.size_t(unsafe.Sizeof(cgo.Handle(0))))
	*(*cgo.Handle)(cell) = cgo.NewHandle(f)
	return &logger{refs: 1, cell: cell}
}

func (l *logger) ref() {
	if l != nil {
		atomic.AddInt32(&l.refs, 1)
	}
}

func (l *logger) unref() {
	if l != nil && atomic.AddInt32(&l.refs, -1) == 0 {
		(*(*cgo.Handle)(l.cell)).Delete()
		C.free(l.cell)
	}
}

//export containGoLog
func containGoLog(userdata unsafe.Pointer, level C.int, text *C.char) {
	f := (*(*cgo.Handle)(userdata)).Value().(func(LogLevel, string))
	f(LogLevel(level), C.GoString(text))
}
