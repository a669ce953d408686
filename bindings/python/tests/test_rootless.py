# SPDX-License-Identifier: MIT
"""run() by a user who is not root: in a copy of this process, which gives its privilege up."""

from __future__ import annotations

import os
import traceback

import contain

from .support import ContainerTest

UID = 65531


class Rootless(ContainerTest):
    def as_user(self, state_root: str) -> int:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(UID, UID, UID)
            os.setresuid(UID, UID, UID)
        ctx = contain.Context(state_root=state_root)
        result = contain.run(["/bin/id", "-u"], self.rootfs, ctx=ctx, capture_output=True)
        return 0 if (result.returncode, result.stdout) == (0, b"0\n") else 1

    def test_run(self) -> None:
        for folder in (self.folder, self.rootfs):
            os.chmod(folder, 0o755)
        state_root = os.path.join(self.folder, "user-state")
        os.mkdir(state_root, 0o700)
        if os.geteuid() == 0:
            os.chown(state_root, UID, UID)
        pid = os.fork()
        if pid == 0:
            status = 2
            try:
                status = self.as_user(state_root)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
