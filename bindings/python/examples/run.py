# SPDX-License-Identifier: MIT
"""Runs a command over the host's own root, read-only: run.py COMMAND [ARGUMENT]..."""

import sys

import contain

with contain.Container() as container:
    container.load_rootfs("/", sys.argv[1:] or ["id"])
    container.set_flags(contain.Flags.EPHEMERAL)
    container.create()
    container.start()
    status = container.wait()

print(f"ended with {status.returncode}")
