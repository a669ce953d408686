# SPDX-License-Identifier: MIT
"""What is in a tree of files, with all that is kept of a file, as something that can be compared."""

import hashlib
import os
import stat


def _content(path, status):
    if stat.S_ISLNK(status.st_mode):
        return os.readlink(path)
    if stat.S_ISREG(status.st_mode):
        with open(path, 'rb') as f:
            return hashlib.sha256(f.read()).hexdigest()
    if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
        return status.st_rdev
    return None


def describe(top, times=True, owners=True, without=()):
    """A dictionary by path. Names of one file all have the first one of them."""
    found, first = {}, {}
    top = os.fsencode(top)
    for folder, folders, files in os.walk(top):
        folders.sort()
        for name in [b''] * (folder == top) + sorted(folders + files):
            path = os.path.join(folder, name) if name else folder
            relative = os.path.relpath(path, top)
            if relative.split(b'/')[0] in without:
                continue
            status = os.lstat(path)
            attributes = {key: os.getxattr(path, key, follow_symlinks=False)
                          for key in os.listxattr(path, follow_symlinks=False) if key != 'security.selinux'}
            same = relative
            if not stat.S_ISDIR(status.st_mode):
                same = first.setdefault(status.st_ino, relative)
            found[relative] = (oct(status.st_mode), (status.st_uid, status.st_gid) if owners else None,
                               status.st_mtime_ns if times else None, _content(path, status), attributes, same)
    return found


def differences(a, b):
    """Lines for people; none when both are the same."""
    lines = [f'only first: {path!r}' for path in sorted(a.keys() - b.keys())]
    lines += [f'only second: {path!r}' for path in sorted(b.keys() - a.keys())]
    return lines + [f'{path!r}: {a[path]} is not {b[path]}' for path in sorted(a.keys() & b.keys())
                    if a[path] != b[path]]
