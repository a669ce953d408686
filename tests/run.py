#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Runs the tests of a build folder and adds up what each of them counted.

Usage: run.py BUILD [arguments of "meson test"...]

Each test program ends with a line "N passed, N failed, N skipped". One that ends without it, such as
by a crash, counts as one failure more.
"""

import json
import os
import subprocess
import sys

from harness import summary

SKIPS_SHOWN = 40


def main():
    build, arguments = sys.argv[1], sys.argv[2:]
    log = os.path.join(build, 'meson-logs', 'testlog.json')
    if os.path.exists(log):
        os.unlink(log)
    run = subprocess.run(['meson', 'test', '-C', build, '--print-errorlogs', *arguments],
                         stdin=subprocess.DEVNULL, check=False)
    if not os.path.exists(log):
        print('0 passed, 1 failed, 0 skipped')
        return 1

    totals = [0, 0, 0]
    skips = []
    with open(log, encoding='utf-8', errors='replace') as f:
        for line in f:
            test = json.loads(line)
            output = test.get('stdout') or ''
            counted = summary.count(test['result'], output)
            totals = [a + b for a, b in zip(totals, counted)]
            name = test['name'].split(' / ')[-1]
            if counted[1]:
                print(f'failed: {name}: {counted[1]}')
            skips += [f'{name}: {text}' for text in summary.skips(output)]

    for text in skips[:SKIPS_SHOWN]:
        print(f'skipped: {text}')
    if len(skips) > SKIPS_SHOWN:
        print(f'skipped: and {len(skips) - SKIPS_SHOWN} more')
    if run.returncode != 0 and totals[1] == 0:
        print(f'"meson test" itself failed with status {run.returncode}')
        totals[1] = 1
    print('{} passed, {} failed, {} skipped'.format(*totals), flush=True)
    return 1 if totals[1] else 0


if __name__ == '__main__':
    sys.exit(main())
