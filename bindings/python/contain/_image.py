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
from .constants import ImageFlags, Owner, UnpackFlags


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
    stall_timeout: float | None = None
    """Seconds without anything from a registry or a pipe."""
    progress: Callable[[ImageProgress], object] | None = None
    """Called a few times a second by the thread that made the call. What it raises ends the call."""
    max_bytes: int = 0
    """Limits of what is unpacked, to a folder, to the store or for a container; 0 for none. Of all files together."""
    max_entries: int = 0
    max_file_bytes: int = 0
    max_depth: int = 0


@dataclass
class UnpackOptions:
    """How an image is unpacked; the defaults keep owners and set no limits."""

    owner: tuple[int, int] | None = None
    """(uid, gid) for all files."""
    uid_maps: Sequence[tuple[int, int, int]] = field(default_factory=tuple)
    """(inside, outside, count) each: owners are shifted, as for a user namespace."""
    gid_maps: Sequence[tuple[int, int, int]] = field(default_factory=tuple)
    """By default as uid_maps."""
    subids: bool = False
    """Root's files become the caller's, others' those of the caller's subordinate ids."""
    devices: bool = True
    """False leaves device nodes out."""
    max_bytes: int = 0
    """Limits as those of ImageOptions; the lower ones hold."""
    max_entries: int = 0
    max_file_bytes: int = 0
    max_depth: int = 0


def unpack_options(options: UnpackOptions | None) -> Any:
    """The options as C takes them."""
    o = options if options is not None else UnpackOptions()
    if (o.owner is not None) + bool(o.uid_maps or o.gid_maps) + o.subids > 1:
        raise ValueError("one owner, id maps and subids exclude each other")
    owner = Owner.SUBIDS if o.subids else Owner.AS_IS if o.owner is None else Owner.SINGLE
    uid, gid = o.owner if o.owner is not None else (0, 0)
    return byref(
        _lib.UnpackOptions(
            size=sizeof(_lib.UnpackOptions),
            flags=int(UnpackFlags(0) if o.devices else UnpackFlags.NO_DEVICES),
            owner=int(Owner.SHIFTED if o.uid_maps or o.gid_maps else owner),
            uid=uid,
            gid=gid,
            uid_maps=_id_maps(o.uid_maps),
            gid_maps=_id_maps(o.gid_maps),
            max_bytes=o.max_bytes,
            max_entries=o.max_entries,
            max_file_bytes=o.max_file_bytes,
            max_depth=o.max_depth,
        )
    )


def _id_maps(maps: Sequence[tuple[int, int, int]]) -> Any:
    return c_strings([":".join(str(number) for number in row) for row in maps]) if maps else None


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


def _milliseconds(seconds: float | None) -> int:
    return 0 if seconds is None else max(1, int(seconds * 1000))


@contextmanager
def image_options(options: ImageOptions | None) -> Iterator[Any]:
    """The options as C takes them, for the duration of a call."""
    o = options if options is not None else ImageOptions()
    c = _lib.ImageOptions(
        size=sizeof(_lib.ImageOptions),
        flags=int(ImageFlags.INSECURE if o.insecure else 0),
        stdin_fd=o.stdin,
        timeout_ms=_milliseconds(o.timeout),
        stall_timeout_ms=_milliseconds(o.stall_timeout),
        platform=c_string_or_null(o.platform),
        auth_file=c_string_or_null(o.auth_file),
        certificates=c_string_or_null(o.certificates),
        store=c_string_or_null(o.store),
        mirrors=c_strings(o.mirrors) if o.mirrors else None,
        max_bytes=o.max_bytes,
        max_entries=o.max_entries,
        max_file_bytes=o.max_file_bytes,
        max_depth=o.max_depth,
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

    def unpack_image(
        self,
        image: StrPath,
        folder: StrPath,
        options: ImageOptions | None = None,
        unpack: UnpackOptions | None = None,
    ) -> dict[str, Any]:
        """Writes an image's root file system to a folder that is absent or empty: all of it, or nothing.

        Returns its "name", "digest" and "config", and the numbers of "entries" and "bytes" written.
        """
        with self._handle.borrowed() as ctx, image_options(options) as opts:
            result: dict[str, Any] = call_for_document(
                lib.contain_image_unpack,
                ctx,
                c_string(image),
                c_string(folder),
                opts,
                unpack_options(unpack),
            )
        return result
