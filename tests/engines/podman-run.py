#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""podman run: output, exit statuses, options of the container."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from podman_engine import Podman
from suite import Suite

suite = Suite('podman-run', Podman)


@suite.case(status=0, out='hello', err='')
def output(podman):
    return podman.outcome(podman.run('echo', 'hello'))


@suite.case(status=7)
def exit_status_of_the_program(podman):
    return podman.outcome(podman.run('sh', '-c', 'exit 7'))


@suite.case(status=137)
def exit_status_of_a_signal(podman):
    return podman.outcome(podman.run('sh', '-c', 'kill -9 $$', options=['--pid=host']))


@suite.case(status=125)
def exit_status_of_podmans_own_failure(podman):
    return podman.outcome(podman.run('true', options=['--no-such-option']))


@suite.case(status=126, out='', differs={'err': 'failure-text'})
def exit_status_of_a_file_without_the_right(podman):
    return podman.outcome(podman.run('/usr/bin/not-executable'))


@suite.case(status=127, out='', differs={'err': 'failure-text'})
def exit_status_of_no_program(podman):
    return podman.outcome(podman.run('no-such-program'))


@suite.case(status=0, out=re.compile('hello'))
def standard_input(podman):
    return podman.outcome(podman.run('cat', options=['-i'], text='hello\n'))


if __name__ == '__main__':
    suite.main()
