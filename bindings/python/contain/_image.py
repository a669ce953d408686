# SPDX-License-Identifier: MIT
"""Images: looking at them, unpacking them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import byref, sizeof
from dataclasses import dataclass, field
from typing import Any

from . import _lib
from ._handle import Handle, StrPath, c_string, c_string_or_null, c_strings, call_for_document, lib, text
from .constants import ImageFlags


@dataclass(frozen=True)
class ImageProgress:
    """How far a call is."""

    phase: str
    """What is being done, such as "fetch" or "unpack"; "" at first."""
    what: str
    """With what: a digest, a path."""
    done: int
    """Bytes, of what this is about."""
    total: int
    """0: not known."""


@dataclass
class ImageOptions:
    """How to get at an image; the defaults ask for nothing."""

    platform: str | None = None
    """"linux/arm64/v8"; by default this machine's."""
    auth_file: StrPath | None = None
    """Credentials, as in containers-auth.json(5)."""
    certificates: StrPath | None = None
    """A folder as docker's certs.d."""
    store: StrPath | None = None
    """The content store's folder; by default none is used."""
    mirrors: Sequence[str] = field(default_factory=tuple)
    """"HOST=MIRROR" each."""
    insecure: bool = False
    """Registries without TLS, or with certificates that nobody vouches for."""
    stdin: int = 0
    """The descriptor that the image "-" is read from."""
    timeout: float | None = None
    """Seconds for the whole call."""
    progress: Callable[[ImageProgress], object] | None = None
    """Called a few times a second by the thread that made the call. What it raises ends the call."""


class _Teller:
    """A progress function as C calls it. An exception must not cross C: it waits here until the call is over."""

    def __init__(self, progress: Callable[[ImageProgress], object]) -> None:
        self._progress = progress
        self.raised: BaseException | None = None
        self.thunk = _lib.IMAGE_PROGRESS_FN(self._receive)

    def _receive(self, _userdata: int | None, borrowed: Any) -> int:
        told = borrowed.contents
        try:
            self._progress(ImageProgress(text(told.phase), text(told.what), told.done, told.total))
        except BaseException as error:  # pylint: disable=broad-exception-caught
            self.raised = error
            return 1
        return 0


@contextmanager
def image_options(options: ImageOptions | None) -> Iterator[Any]:
    """The options as C takes them, for the duration of a call."""
    o = options if options is not None else ImageOptions()
    c = _lib.ImageOptions(
        size=sizeof(_lib.ImageOptions),
        flags=int(ImageFlags.INSECURE if o.insecure else 0),
        stdin_fd=o.stdin,
        timeout_ms=0 if o.timeout is None else max(1, int(o.timeout * 1000)),
        platform=c_string_or_null(o.platform),
        auth_file=c_string_or_null(o.auth_file),
        certificates=c_string_or_null(o.certificates),
        store=c_string_or_null(o.store),
        mirrors=c_strings(o.mirrors) if o.mirrors else None,
    )
    teller = _Teller(o.progress) if o.progress is not None else None
    if teller is not None:
        c.progress = teller.thunk
    try:
        yield byref(c)
    except Exception:
        if teller is not None and teller.raised is not None:
            raise teller.raised from None
        raise


class Imaging:
    """The part of Context that is about images."""

    _handle: Handle

    def inspect_image(self, image: StrPath, options: ImageOptions | None = None) -> dict[str, Any]:
        """What an image is: "name", "digest", "manifest", "config", "layers"."""
        with self._handle.borrowed() as ctx, image_options(options) as opts:
            result: dict[str, Any] = call_for_document(
                lib.contain_image_inspect_json, ctx, c_string(image), opts
            )
        return result
