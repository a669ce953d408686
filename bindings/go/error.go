// SPDX-License-Identifier: MIT

package contain

// #include <contain/contain.h>
import "C"

import "syscall"

// Error is what a call of the library reports.
type Error struct {
	Code     Code          // what went wrong: permanent, the thing to compare
	Cause    Cause         // what it is due to
	Errno    syscall.Errno // the errno value behind it
	Pointer  string        // the place in the configuration, as a JSON pointer, or ""
	Step     string        // the step of the plan that failed, or ""
	Sentence string        // what failed, without place, number and hint
	Hint     string        // what might help, or ""

	message string
}

// Error is the whole message in one line.
func (e *Error) Error() string {
	return e.message
}

// Is makes errors.Is(err, ErrNotFound) and the like work.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// Unwrap returns the errno, so that errors.Is(err, syscall.ENOENT) and errors.Is(err, fs.ErrNotExist) work.
func (e *Error) Unwrap() error {
	return e.Errno
}

// Timeout is true when the time given was over.
func (e *Error) Timeout() bool {
	return e.Code == ErrTimeout
}

// takeError turns the result of a call into an error, and frees the library's.
func takeError(result C.int, e *C.contain_error_t) error {
	if result >= 0 {
		return nil
	}
	if e == nil {
		errno := syscall.Errno(-result)
		return &Error{Code: ErrSystem, Errno: errno, Sentence: errno.Error(), message: errno.Error()}
	}
	defer C.contain_error_free(e)
	return &Error{
		Code:     Code(C.contain_error_code(e)),
		Cause:    Cause(C.contain_error_cause(e)),
		Errno:    syscall.Errno(C.contain_error_errno(e)),
		Pointer:  C.GoString(C.contain_error_pointer(e)),
		Step:     C.GoString(C.contain_error_step(e)),
		Sentence: C.GoString(C.contain_error_sentence(e)),
		Hint:     C.GoString(C.contain_error_hint(e)),
		message:  C.GoString(C.contain_error_message(e)),
	}
}
