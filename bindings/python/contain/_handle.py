# SPDX-License-Identifier: MIT
"""What contexts and containers share: owning a C object, calling it, and words across the border."""

from __future__ import annotations

import errno
import json
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import Array, byref, c_char_p, c_void_p, string_at
from typing import Any

from ._lib import load
from .constants import ErrorCode
from .errors import ContainError, Forked, class_of

StrPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]

lib = load()


def version() -> str:
    """The version of the C library in use, as "MAJOR.MINOR.PATCH"."""
    return text(lib.contain_version())


def signal_number(name: str) -> int:
    """The number of a signal that is given as text: "TERM", "SIGRTMIN+3", "15"."""
    return call(lib.contain_signal_number, c_string(name))


class Handle:
    """Owns one reference on a C object.

    Calls borrow a reference of their own, so that close() in one thread never frees what another
    thread is using: the last one out frees it.
    """

    def __init__(
        self,
        address: int,
        ref: Callable[[int], Any],
        unref: Callable[[int], Any],
        keep: object = None,
    ) -> None:
        self._address: int | None = address
        self._ref = ref
        self._unref = unref
        self._owner = os.getpid()
        self._lock = threading.Lock()
        # @keep is what the C object points to: it must not be collected before the C object is freed.
        self._finalizer = weakref.finalize(self, _release, unref, address, self._owner, keep)

    @property
    def closed(self) -> bool:
        return self._address is None

    def close(self) -> None:
        """Gives the reference back. Closing twice is fine, closing a forked copy does nothing."""
        if os.getpid() != self._owner:
            return
        with self._lock:
            self._address = None
        self._finalizer()

    @contextmanager
    def borrowed(self) -> Iterator[int]:
        """The C object's address, for the duration of a call."""
        # Before the lock: in a forked copy, a thread that is not there may hold it for ever.
        if os.getpid() != self._owner:
            raise Forked(
                errno.ECHILD, "the handle belongs to another process", code=ErrorCode.FORKED
            )
        with self._lock:
            if self._address is None:
                raise ValueError("operation on a closed handle")
            address: int = self._ref(self._address)
        try:
            yield address
        finally:
            self._unref(address)


def _release(unref: Callable[[int], Any], address: int, owner: int, keep: object) -> None:
    # What is collected in a forked copy belongs to the process that it was copied from.
    if os.getpid() == owner:
        unref(address)


def call(function: Callable[..., int], *arguments: Any) -> int:
    """Calls a C function that ends in `contain_error_t **err`; raises what it reports."""
    error = c_void_p()
    result = function(*arguments, byref(error))
    if result < 0:
        raise _take_error(-result, error)
    return result


def _take_error(number: int, error: c_void_p) -> ContainError:
    if not error:
        return ContainError(number, os.strerror(number))
    try:
        code: int = lib.contain_error_code(error)
        return class_of(code)(
            lib.contain_error_errno(error),
            text(lib.contain_error_message(error)),
            code=code,
            cause=lib.contain_error_cause(error),
            pointer=text(lib.contain_error_pointer(error)),
            step=text(lib.contain_error_step(error)),
            sentence=text(lib.contain_error_sentence(error)),
            hint=text(lib.contain_error_hint(error)),
        )
    finally:
        lib.contain_error_free(error)


def call_for_object(function: Callable[..., int], *arguments: Any) -> int:
    """Calls a C function that begins with an out-parameter for a handle; returns its address."""
    ret = c_void_p()
    call(function, byref(ret), *arguments)
    assert ret.value is not None
    return ret.value


def call_for_document(function: Callable[..., int], *arguments: Any) -> Any:
    """Calls a C function that ends in `char **ret, contain_error_t **err`; returns the parsed JSON."""
    ret = c_void_p()
    call(function, *arguments, byref(ret))
    try:
        assert ret.value is not None
        return json.loads(string_at(ret.value))
    finally:
        lib.contain_free(ret)


def text(borrowed: bytes | None) -> str:
    return (borrowed or b"").decode("utf-8", "surrogateescape")


def c_string(value: StrPath) -> bytes:
    """A path or a word as C takes it: ctypes would cut it off at an embedded NUL without a word."""
    encoded = os.fsencode(value)
    if b"\0" in encoded:
        raise ValueError("embedded null byte")
    return encoded


def c_string_or_null(value: StrPath | None) -> bytes | None:
    return None if value is None else c_string(value)


def c_strings(values: Sequence[StrPath]) -> Array[c_char_p]:
    """A list of words as a NULL-terminated array."""
    if isinstance(values, (str, bytes)):
        raise TypeError("expected a sequence of words, not one string")
    words = [c_string(value) for value in values]
    return (c_char_p * (len(words) + 1))(*words, None)
