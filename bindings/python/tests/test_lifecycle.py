# SPDX-License-Identifier: MIT
"""From create to destroy, in one thread."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest

import contain
from contain import Event, Flags, MountFlags, Status

from .support import ENVIRONMENT, STAY, ContainerTest


class LifeCycle(ContainerTest):
    def test_whole_life(self) -> None:
        c = self.container(["/bin/sh", "-c", "exit 7"], id="life")
        self.assertEqual(c.id, "life")
        self.assertEqual(c.status(), Status.NONE)
        self.assertEqual(c.pid, 0)

        c.create()
        self.assertEqual(c.status(), Status.CREATED)
        self.assertGreater(c.pid, 0)
        state = c.state()
        self.assertEqual(state["id"], "life")
        self.assertEqual(state["status"], "created")
        self.assertEqual(state["pid"], c.pid)

        c.start()
        status = c.wait(timeout=10)
        self.assertEqual(status, contain.ExitStatus(True, 7, None, False))
        self.assertFalse(status.oom_killed)
        self.assertLessEqual(status.started_ns, status.ended_ns)
        self.assertEqual(status.returncode, 7)
        self.assertFalse(status.ok)
        self.assertEqual(c.wait(), status, "asking again gives the same answer")
        self.assertEqual(c.status(), Status.STOPPED)
        self.assertEqual(c.pid, 0)

        c.destroy()
        self.assertEqual(c.status(), Status.NONE)
        with self.assertRaises(contain.NotFound):
            c.destroy()

    def test_signal(self) -> None:
        c = self.started()
        self.assertEqual(c.status(), Status.RUNNING)
        c.signal(signal.SIGKILL)
        status = c.wait(timeout=10)
        self.assertEqual(status, contain.ExitStatus(True, None, signal.SIGKILL, False))
        self.assertEqual(status.returncode, -signal.SIGKILL)
        with self.assertRaises(contain.NotRunning) as caught:
            c.signal(signal.SIGTERM)
        self.assertEqual(caught.exception.code, contain.ErrorCode.NOT_RUNNING)

    def test_signal_to_all(self) -> None:
        c = self.started(["/bin/sh", "-c", "sleep 1000 & sleep 1000 & wait"])
        c.signal(signal.SIGKILL, all_processes=True)
        self.assertEqual(c.wait(timeout=10).signal, signal.SIGKILL)

    def test_pause(self) -> None:
        c = self.started()
        while c.next_event():
            pass
        c.pause()
        self.assertEqual(c.status(), Status.PAUSED)
        with self.assertRaises(contain.ContainError) as caught:
            c.pause()
        self.assertEqual(caught.exception.code, contain.ErrorCode.STATUS)
        c.resume()
        self.assertEqual(c.status(), Status.RUNNING)
        self.assertEqual([c.next_event(), c.next_event()], [Event.PAUSED, Event.RESUMED])
        with c.paused():
            self.assertEqual(c.status(), Status.PAUSED)
        self.assertEqual(c.status(), Status.RUNNING)
        with c.paused():
            c.signal(signal.SIGKILL)
            self.assertEqual(c.wait(timeout=10).signal, signal.SIGKILL)

    def test_update(self) -> None:
        c = self.started()
        c.update({"pids": {"limit": 50}})
        c.update('{"pids": {"limit": -1}}')
        with self.assertRaises(contain.ContainError) as caught:
            c.update({"pids": {"limit": "many"}})
        self.assertEqual(caught.exception.pointer, "/pids/limit")

    def test_mount(self) -> None:
        c = self.started()
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "file")
            with open(source, "w", encoding="ascii") as f:
                f.write("host's")
            c.mount(folder, "/dev/shm/given", MountFlags.CREATE | MountFlags.READ_ONLY)
            with open(f"/proc/{c.pid}/root/dev/shm/given/file", encoding="ascii") as f:
                self.assertEqual(f.read(), "host's")
                with self.assertRaises(contain.ContainError) as caught:
                    c.unmount("/dev/shm/given")
                self.assertEqual(caught.exception.errno, errno.EBUSY)
                c.unmount("/dev/shm/given", detach=True)
            with open(source, "rb") as f:
                c.mount(f, "/dev/shm/alone", MountFlags.CREATE)
            c.unmount("/dev/shm/alone")
            with self.assertRaises(contain.ContainError):
                c.unmount("/dev/shm/alone")

    def test_wait_times_out(self) -> None:
        c = self.started()
        for timeout in (0, 0.05):
            with self.assertRaises(TimeoutError) as caught:
                c.wait(timeout)
            self.assertIsInstance(caught.exception, contain.Timeout)

    def test_wait_before_create(self) -> None:
        with self.assertRaises(contain.ContainError):
            self.container().wait()

    def test_destroy_of_running_needs_force(self) -> None:
        c = self.started()
        with self.assertRaises(contain.ContainError) as caught:
            c.destroy()
        self.assertIn(caught.exception.code, (contain.ErrorCode.BUSY, contain.ErrorCode.STATUS))
        c.destroy(force=True)
        self.assertEqual(c.status(), Status.NONE)

    def test_taken_id(self) -> None:
        c = self.container(id="twice")
        c.create()
        other = self.container(id="twice")
        with self.assertRaises(contain.AlreadyExists):
            other.create()
        c.destroy()
        other.create()

    def test_start_needs_created(self) -> None:
        c = self.started()
        with self.assertRaises(contain.WrongStatus):
            c.start()

    def test_absent_program(self) -> None:
        c = self.container(["/bin/nonexistent"])
        with self.assertRaises(contain.ProgramError) as caught:
            c.create()
            c.start()
        self.assertEqual(caught.exception.errno, 2)
        self.assertIn("nonexistent", str(caught.exception))

    def test_random_ids_differ(self) -> None:
        self.assertNotEqual(self.container().id, self.container().id)

    def test_bad_ids(self) -> None:
        for id in ("", "a/b", "..", "x" * 5000, "ä"):
            with self.subTest(id=id[:9]), self.assertRaises(contain.InvalidArgument):
                contain.Container(id, self.ctx)

    def test_events(self) -> None:
        c = self.container(["/bin/true"])
        self.assertEqual(list(c.events()), [])
        c.create()
        self.assertEqual(list(c.events()), [Event.CREATED])
        c.start()
        c.wait(timeout=10)
        self.assertEqual(list(c.events()), [Event.STARTED, Event.EXITED])
        c.destroy()
        self.assertEqual(list(c.events()), [Event.DESTROYED])

    def test_pidfd(self) -> None:
        c = self.started()
        fd = c.pidfd()
        try:
            self.assertFalse(os.get_inheritable(fd))
            signal.pidfd_send_signal(fd, signal.SIGKILL)
        finally:
            os.close(fd)
        self.assertEqual(c.wait(timeout=10).signal, signal.SIGKILL)
        c.destroy()
        with self.assertRaises(contain.NotRunning):
            c.pidfd()


class Ownership(ContainerTest):
    def test_with_destroys_what_it_created(self) -> None:
        with contain.Container("owned", self.ctx) as c:
            c.load_rootfs(self.rootfs, STAY)
            c.create()
            c.start()
        self.assertTrue(c.closed)
        self.assertEqual(repr(c), "<Container closed>")
        with self.assertRaises(contain.NotFound):
            contain.Container.open("owned", self.ctx)

    def test_with_leaves_what_it_opened(self) -> None:
        c = self.started(id="kept")
        with contain.Container.open("kept", self.ctx) as other:
            self.assertEqual(other.pid, c.pid)
            self.assertEqual(other.status(), Status.RUNNING)
        self.assertEqual(c.status(), Status.RUNNING)

    def test_another_handle_waits_too(self) -> None:
        c = self.started(id="shared")
        with contain.Container.open("shared", self.ctx) as other:
            c.signal(signal.SIGKILL)
            self.assertEqual(c.wait(timeout=10).signal, signal.SIGKILL)
            status = other.wait(timeout=10)
            self.assertIn(status.signal, (signal.SIGKILL,) if status.known else (None,))
            self.assertEqual(other.status(), Status.STOPPED)

    def test_with_copes_with_destroyed(self) -> None:
        with contain.Container("gone", self.ctx) as c:
            c.load_rootfs(self.rootfs, STAY)
            c.create()
            with contain.Container.open("gone", self.ctx) as other:
                other.destroy(force=True)

    def test_a_failed_create_can_be_repeated(self) -> None:
        c = self.container(["/bin/true"])
        config = self.ctx.default_config(os.path.join(self.folder, "absent"), ["/bin/true"])
        c.load_config(config)
        with self.assertRaises(contain.ContainError):
            c.create()
        c.load_rootfs(self.rootfs, ["/bin/true"])
        c.create()
        c.start()
        self.assertTrue(c.wait(timeout=10).ok)

    def test_close_leaves_the_container(self) -> None:
        self.started(id="alone").close()
        with contain.Container.open("alone", self.ctx) as c:
            self.assertEqual(c.status(), Status.RUNNING)
            c.destroy(force=True)

    def test_list(self) -> None:
        self.started(id="b")
        self.container(id="a").create()
        states = self.ctx.list_containers()
        self.assertEqual([state["id"] for state in states], ["a", "b"])

    def test_ephemeral_ends_with_its_handle(self) -> None:
        c = self.started(flags=Flags.EPHEMERAL)
        self.assertEqual(self.ctx.list_containers(), [])
        fd = c.pidfd()
        try:
            c.close()
            with self.assertRaises(ProcessLookupError):
                signal.pidfd_send_signal(fd, 0)
        finally:
            os.close(fd)

    def test_ephemeral_ends_with_its_host(self) -> None:
        program = textwrap.dedent("""
            import contain, os, sys
            c = contain.Container()
            c.load_rootfs(sys.argv[1], ["/bin/sleep", "1000"])
            c.set_flags(contain.Flags.EPHEMERAL)
            c.create()
            c.start()
            print(c.pid, flush=True)
            if sys.argv[2] == "abruptly":
                os.kill(os.getpid(), 9)
        """)
        for how in ("abruptly", "in peace"):
            with self.subTest(how):
                host = subprocess.run(
                    [sys.executable, "-c", program, self.rootfs, how],
                    stdout=subprocess.PIPE, env=ENVIRONMENT, text=True, timeout=20,
                )
                self.assertEqual(host.returncode, -9 if how == "abruptly" else 0)
                try:
                    fd = os.pidfd_open(int(host.stdout))
                except ProcessLookupError:
                    continue
                with os.fdopen(fd):
                    self.assertTrue(contain._wait.readable([os.dup(fd)], contain._wait.Deadline(10)))

    def test_become(self) -> None:
        program = textwrap.dedent("""
            import contain, os, sys
            c = contain.Container()
            config = contain.Context().default_config(sys.argv[1], ["/bin/sh", "-c", "echo inside; exit 9"])
            namespaces = config["linux"]["namespaces"]
            config["linux"]["namespaces"] = [n for n in namespaces if n["type"] != "pid"]
            c.load_config(config)
            print(os.getpid(), flush=True)
            c.become()
        """)
        host = subprocess.Popen(
            [sys.executable, "-c", program, self.rootfs],
            stdout=subprocess.PIPE, env=ENVIRONMENT, text=True,
        )
        output, _ = host.communicate(timeout=20)
        self.assertEqual(output.split(), [str(host.pid), "inside"])
        self.assertEqual(host.returncode, 9)


if __name__ == "__main__":
    unittest.main()
