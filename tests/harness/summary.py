# SPDX-License-Identifier: MIT
"""What the output of a test program says: its last line "N passed, N failed, N skipped", and what it skipped, and why."""

import re

SUMMARY = re.compile(r'^(\d+) passed, (\d+) failed, (\d+) skipped$', re.M)
SKIP = re.compile(r'^SKIP:?\s+(.*)$', re.M)


def count(result, output):
    """(passed, failed, skipped). @result: OK, SKIP, or any other word for a failure. One without a sum counts as one."""
    lines = SUMMARY.findall(output)
    passed, failed, skipped = map(int, lines[-1]) if lines else (0, 0, 0)
    if result == 'SKIP' and not lines:
        return 0, 0, 1
    if result == 'OK':
        return (passed, failed, skipped) if lines else (1, 0, 0)
    if result != 'SKIP' and failed == 0:
        failed = 1
    return passed, failed, skipped


def skips(output):
    """Lines "case: reason"."""
    return SKIP.findall(output)
