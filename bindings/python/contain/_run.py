# SPDX-License-Identifier: MIT
"""run(): a command in a container of its own, from beginning to end."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ._descriptor import Descriptor
from ._handle import StrPath
from ._pipes import Pipes
from ._wait import Deadline
from .constants import ErrorCode, Flags
from .container import Container
from .context import Context
from .errors import Timeout
from .exit_status import ExitStatus

@dataclass(frozen=True)
class Result:
    """What run() returns."""

    args: list[StrPath]
    exit: ExitStatus
    stdout: bytes | None
    """What the command wrote, when run() captured it."""
    stderr: bytes | None

    @property
    def returncode(self) -> int | None:
        return self.exit.returncode


def run(
    argv: Sequence[StrPath],
    rootfs: StrPath = "/",
    *,
    config: Mapping[str, Any] | None = None,
    ctx: Context | None = None,
    id: str | None = None,
    flags: Flags = Flags.EPHEMERAL,
    stdin: Descriptor | None = None,
    stdout: Descriptor | None = None,
    stderr: Descriptor | None = None,
    input: bytes | None = None,
    capture_output: bool = False,
    timeout: float | None = None,
    check: bool = False,
) -> Result:
    """Runs a command in a new container, waits for it, and removes the container.

    rootfs          the folder that becomes "/"; "/" is the host's own root, read-only
    config          a configuration to use in place of the default one: argv becomes its
                    process.args and rootfs is left aside
    input           what the command reads on its standard input
    capture_output  collect what it writes until it ends
    timeout         seconds, after which it is killed and Timeout is raised
    check           raise subprocess.CalledProcessError unless it exits with 0
    """
    if input is not None and stdin is not None:
        raise ValueError("stdin and input exclude each other")
    if capture_output and (stdout is not None or stderr is not None):
        raise ValueError("stdout and stderr exclude capture_output")

    deadline = Deadline(timeout)
    with contextlib.closing(Pipes(input, capture_output)) as pipes, Container(id, ctx) as container:
        if config is None:
            container.load_rootfs(rootfs, argv)
        else:
            process = {**config.get("process", {}), "args": [os.fsdecode(word) for word in argv]}
            container.load_config({**config, "process": process})
        container.set_flags(flags)
        container.set_stdio(
            stdin if input is None else pipes.stdin,
            pipes.stdout if capture_output else stdout,
            pipes.stderr if capture_output else stderr,
        )
        container.create()
        container.start()
        pipes.close_far_ends()
        if not pipes.exchange(container._running_pidfd(), deadline):
            raise Timeout(
                errno.ETIMEDOUT,
                f"the command still runs after {timeout} s",
                code=ErrorCode.TIMEOUT,
            )
        status = container.wait()
        out, err = (bytes(data) for data in pipes.collected.values()) if capture_output else (None, None)

    result = Result(list(argv), status, out, err)
    if check and not status.ok:
        code = -1 if status.returncode is None else status.returncode
        raise subprocess.CalledProcessError(code, result.args, result.stdout, result.stderr)
    return result
