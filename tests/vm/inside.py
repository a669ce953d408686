#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Runs tests inside of the virtual machine, and tells run.py of each as it begins and ends, one JSON document per line.

Usage: inside.py TESTS, a file with a JSON list of {name, command, environment, parallel, seconds}
"""

import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import threading
import time

OUTPUT_MAX = 400000
lock = threading.Lock()


def tell(**what):
    with lock:
        print(json.dumps(what), flush=True)


def end_group(program):
    """Ends a program that had its time, and what it started."""
    try:
        os.killpg(program.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(test):
    tell(began=test['name'])
    begin = time.monotonic()
    log = os.path.join('/tmp', f'test-{os.getuid()}-{test["name"]}.log')
    # Not a pipe: a process that a test has left behind would hold it open.
    with open(log, 'wb') as output:
        program = subprocess.Popen(test['command'], env={**os.environ, **test['environment']}, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            status = program.wait(timeout=test['seconds'])
        except subprocess.TimeoutExpired:
            end_group(program)
            status = None
            program.wait()
    with open(log, encoding='utf-8', errors='replace') as f:
        text = f.read()[-OUTPUT_MAX:]
    tell(ended=test['name'], status=status, output=text, seconds=round(time.monotonic() - begin, 1))


def main():
    with open(sys.argv[1], encoding='utf-8') as f:
        tests = json.load(f)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(run, [test for test in tests if test['parallel']]))
    for test in tests:
        if not test['parallel']:
            run(test)


if __name__ == '__main__':
    main()
