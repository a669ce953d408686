# SPDX-License-Identifier: MIT
"""
Test cases that drive contain-run. Each has a state root of its own, and fails when it leaves a
process, a mount, a cgroup or a state directory behind. The program under test is $CONTAIN_RUN.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from harness import bundle, traces

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONTAIN_RUN = os.environ.get('CONTAIN_RUN') or os.path.join(TOP, 'build/examples/contain-run/contain-run')
SECONDS = 30

# A program whose parent reads its streams no more reports to a file there, if it was built with the address sanitizer.
if 'CONTAIN_TEST_REPORTS' in os.environ:
    os.environ['ASAN_OPTIONS'] = os.environ.get('ASAN_OPTIONS', '') + ':log_path=' + os.environ['CONTAIN_TEST_REPORTS']

# Waits for signals without missing one, as the shell runs traps while it waits.
WAIT = 'while :; do sleep 10 & wait $!; done'


def rounds(usual):
    """How often something is done for what chance may bring: CONTAIN_TEST_ROUNDS percent of @usual, at least once."""
    return max(1, usual * int(os.environ.get('CONTAIN_TEST_ROUNDS') or 100) // 100)


class Result:
    """How a program ended. Its output went to files, as a container can write on after its creator."""

    def __init__(self, argv, status, out_path, err_path):
        self.argv, self.status = argv, status
        self.out_path, self.err_path = out_path, err_path

    @staticmethod
    def _read(path):
        with open(path, encoding='utf-8', errors='replace') as f:
            return f.read()

    @property
    def out(self):
        return self._read(self.out_path)

    @property
    def err(self):
        return self._read(self.err_path)

    def __str__(self):
        return f'{" ".join(self.argv)[:400]}: status {self.status}\n{self.out[-2000:]}{self.err[-2000:]}'


class Shared:
    """What all tests of one program have in common, made when first needed."""

    folder = None
    config = None

    @classmethod
    def prepare(cls):
        if not cls.folder:
            cls.folder = tempfile.mkdtemp(prefix='contain-test-')
            os.chmod(cls.folder, 0o755)
            bundle.make_rootfs(os.path.join(cls.folder, 'rootfs'))
            cls.config = bundle.default_config(CONTAIN_RUN, rootless=os.geteuid() != 0)

    @classmethod
    def remove(cls):
        if cls.folder:
            shutil.rmtree(cls.folder, ignore_errors=True)
            cls.folder = None


class CliCase(unittest.TestCase):
    needs_root = True
    global_options = ()

    def obstacle(self):
        """Why this machine, or this user, cannot run the test; None when it can."""
        if self.needs_root and os.geteuid() != 0:
            return 'needs root'
        return None if bundle.find_busybox() else 'needs a static busybox'

    def setUp(self):
        obstacle = self.obstacle()
        if obstacle:
            self.skipTest(obstacle)
        Shared.prepare()
        traces.adopt_orphans()
        self.rootfs = os.path.join(Shared.folder, 'rootfs')
        self.place = tempfile.mkdtemp(prefix='case-', dir=Shared.folder)
        self.root = os.path.join(self.place, 'state')
        self.ids = []
        self.counter = 0
        self.addCleanup(self.clean_up)

    # --- making things ---

    def path(self, name):
        return os.path.join(self.place, name)

    def fresh_path(self, name):
        self.counter += 1
        return os.path.join(self.place, f'{name}-{self.counter}')

    def fresh_id(self):
        self.counter += 1
        self.ids.append(f'ct-test-{os.getpid()}-{id(self) % 0xffff}-{self.counter}')
        return self.ids[-1]

    def bundle(self, *args):
        """A bundle over the shared, read-only busybox that runs @args."""
        return bundle.Bundle(self.fresh_path('bundle'), Shared.config, self.rootfs, args or ('true',))

    def shell(self, script):
        return self.bundle('sh', '-c', script)

    # --- running things ---

    def start_program(self, argv, **options):
        out_path, err_path = self.fresh_path('out'), self.fresh_path('err')
        with open(out_path, 'wb') as out, open(err_path, 'wb') as err:
            process = subprocess.Popen(argv, **{'stdin': subprocess.DEVNULL, 'stdout': out, 'stderr': err,
                                                **options})
        process.out_path, process.err_path = out_path, err_path
        return process

    def end_program(self, process, seconds=SECONDS):
        try:
            status = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            result = Result(process.args, 'none, it hangs', process.out_path, process.err_path)
            self.fail(str(result))
        return Result(process.args, status, process.out_path, process.err_path)

    def program(self, *argv, **options):
        return self.end_program(self.start_program(list(argv), **options))

    def command_line(self, *argv):
        return [CONTAIN_RUN, '--root', self.root, *self.global_options, *argv]

    def start_cli(self, *argv, **options):
        return self.start_program(self.command_line(*argv), **options)

    def cli(self, *argv, **options):
        return self.end_program(self.start_cli(*argv, **options))

    def succeed(self, *argv, **options):
        result = self.cli(*argv, **options)
        self.assertEqual(result.status, 0, str(result))
        return result

    def refuse(self, text, *argv, **options):
        """Runs a command that has to fail, with status 1, one line, and @text in it."""
        result = self.cli(*argv, **options)
        self.assertEqual(result.status, 1, str(result))
        self.assertIn(text.lower(), result.err.lower(), str(result))
        self.assertEqual(result.err.count('\n'), 1, str(result))
        return result

    def running(self, script=WAIT, change=None, **options):
        """The id of a container that runs @script, and the result of its `create`."""
        b = self.shell(script)
        if change:
            change(b.config)
            b.save()
        name = self.fresh_id()
        created = self.succeed('create', '--bundle', b.path, name, **options)
        self.succeed('start', name)
        return name, created

    def state(self, name):
        return json.loads(self.succeed('state', name).out)

    def status(self, name):
        return self.state(name)['status']

    def wait_for_output(self, result, text):
        self.assertTrue(traces.wait_until(lambda: text in result.out), f'no "{text}" in "{result.out}"')

    def wait_for_status(self, name, status):
        self.assertTrue(traces.wait_until(lambda: self.status(name) == status), f'{name} is not {status}')

    # --- what is left ---

    def leftovers(self):
        traces.wait_until(lambda: not traces.reap_ended(), 2)
        found = [f'process {pid}' for pid in traces.reap_ended()]
        found += [f'mount {path}' for path in traces.mounts_below(self.place)]
        found += [f'cgroup {path}' for path in traces.cgroups_named(self.ids)]
        if os.path.isdir(self.root):
            found += [f'state {name}' for name in os.listdir(self.root)]
        return found

    def assert_no_trace(self):
        self.assertEqual(self.leftovers(), [])

    def clean_up(self):
        for name in os.listdir(self.root) if os.path.isdir(self.root) else []:
            subprocess.run([CONTAIN_RUN, '--root', self.root, 'delete', '--force', name], timeout=SECONDS,
                           stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        left = self.leftovers()
        traces.end_children(traces.reap_ended())
        traces.remove_cgroups(traces.cgroups_named(self.ids))
        shutil.rmtree(self.place, ignore_errors=True)
        self.assertEqual(left, [], 'left behind after "delete --force"')


class SummaryResult(unittest.TextTestResult):
    """One line per test that did not pass, and the sum in the form that tests/run.py adds up."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f'SKIP {test.id()}: {reason}')


def main():
    """Runs the tests of the program; with arguments, those that have one of these words in their names."""
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f'*{word}*' for word in sys.argv[1:]] or None
    suite = loader.loadTestsFromModule(sys.modules['__main__'])
    if suite.countTestCases() == 0:
        sys.exit(f'no test has a name with {" or ".join(sys.argv[1:])}')
    try:
        result = unittest.TextTestRunner(stream=sys.stdout, resultclass=SummaryResult, verbosity=0).run(suite)
    finally:
        Shared.remove()
    failed = len({str(test) for test, _ in result.failures + result.errors})
    print(f'{result.passed} passed, {failed} failed, {len(result.skipped)} skipped')
    sys.exit(1 if failed else 0)
