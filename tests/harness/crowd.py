# SPDX-License-Identifier: MIT
"""Many programs that begin at the same moment."""

import os

SIZE = 16

# Waits for the end of its standard input, which all have together.
GATE = ('sh', '-c', 'read _; exec "$@" </dev/null', 'sh')


def at_once(case, commands, start=None):
    """Runs contain-run with each of @commands at the same moment; returns their results. @start: case.start_program()."""
    gate, opener = os.pipe()
    try:
        waiting = [(start or case.start_program)([*GATE, *case.command_line(*argv)], stdin=gate) for argv in commands]
    finally:
        os.close(gate)
        os.close(opener)
    return [case.end_program(process) for process in waiting]
