# SPDX-License-Identifier: MIT
"""What Python code has for a file descriptor."""

from __future__ import annotations

from typing import Protocol


class HasFileno(Protocol):
    """A file, a socket, a pipe's end."""

    def fileno(self) -> int: ...


Descriptor = int | HasFileno


def fileno(descriptor: Descriptor) -> int:
    number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
    if number < 0:
        raise ValueError(f"not a descriptor: {number}")
    return number
