#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""conmon alone, with the arguments that podman and CRI-O give it: create, start, exec, attach, terminals, logs, exit files."""

import json
import os
import re
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from engine import Engine
from harness import bundle
from suite import Suite

SOCKET_FOLDER = '/run/ct-conmon'


class Monitored:
    """A container under a conmon of its own."""

    def __init__(self, engine, name, place):
        self.engine, self.name, self.place = engine, name, place

    def path(self, name):
        return os.path.join(self.place, name)

    def read(self, name):
        return self.engine.read(self.path(name))

    def has_ended(self):
        return os.path.exists(self.path(f'exits/{self.name}'))

    def code(self):
        self.engine.wait_until(self.has_ended, f'the exit file of {self.name}')
        return int(self.read(f'exits/{self.name}'))

    def log(self):
        """The k8s-file log, without its times."""
        return [line.split(' ', 1)[1] for line in self.read('log').splitlines()]

    def attach(self):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.settimeout(20)
        connection.connect(os.path.join(SOCKET_FOLDER, self.name, 'attach'))
        return connection


class Conmon(Engine):
    PROGRAMS = ('conmon',)

    def prepare(self):
        self.rootfs = bundle.make_rootfs(self.path('rootfs'))
        self.state = self.path('state')
        self.config = json.loads(self.read(self.path('..', 'config.json')))
        os.makedirs(SOCKET_FOLDER, exist_ok=True)
        self.ids = []

    def bundle(self, *arguments, change=None):
        b = bundle.Bundle(self.fresh_path('bundle'), self.config, self.rootfs, arguments)
        if change:
            change(b.config)
        return b.save().path

    def spawn(self, arguments, is_exec=False):
        """Starts conmon; returns what it writes to its sync pipe: a line of JSON, and the second one for an exec."""
        sync_r, sync_w = os.pipe()
        begin_r, begin_w = os.pipe()
        null = os.open('/dev/null', os.O_WRONLY)
        environment = {'PATH': os.environ['PATH'], '_OCI_SYNCPIPE': str(sync_w)}
        if is_exec:
            # On a third one it says when one may attach; then it waits for the second word, or the end, of the other.
            environment |= {'_OCI_STARTPIPE': str(begin_r), '_OCI_ATTACHPIPE': str(null)}
        process = self.start('conmon', *arguments, env=environment, pass_fds=[sync_w, begin_r, null])
        os.close(sync_w)
        os.close(begin_r)
        os.close(null)
        os.write(begin_w, b'\0')
        os.close(begin_w)
        self.end(process)
        with open(sync_r, encoding='utf-8') as f:
            first = f.readline()
            then = f.read() if is_exec else ''      # up to its end: an exec tells how it went
        return {**json.loads(first or '{}'), 'then': then}

    def monitor(self, *arguments, options=(), change=None, begin=True):
        """A created, and by default started container."""
        name = f'ct-engines-{os.getpid()}-{len(self.ids)}'
        self.ids.append(name)
        c = Monitored(self, name, self.fresh_path('monitored'))
        os.makedirs(c.path('exits'))
        c.bundle = self.bundle(*arguments, change=change)
        c.told = self.spawn([
            '--api-version', '1', '-c', name, '-u', name, '-n', name, '-r', self.runtime, '-b', c.bundle,
            '-p', c.path('pidfile'), '--exit-dir', c.path('exits'), '--socket-dir-path', SOCKET_FOLDER,
            '-l', f'k8s-file:{c.path("log")}', '--log-level', 'error', '--conmon-pidfile', c.path('conmon.pid'),
            '--runtime-arg', '--root', '--runtime-arg', self.state, *options])
        if begin:
            self.check(c.told.get('data', -1) > 0, f'conmon: {c.told}')
            self.must(self.oci('start', name))
        return c

    def execute(self, c, *arguments, options=(), process=None):
        """`conmon -e`: a further process. Its exit code is in a file in exec/, and is told, too."""
        described = {'terminal': '-t' in options, 'user': {'uid': 0, 'gid': 0}, 'cwd': '/', 'args': list(arguments),
                     'env': ['PATH=/bin', 'TERM=xterm'], **(process or {})}
        path = c.path('process.json')
        with open(path, 'w', encoding='utf-8') as f:
            json.dump(described, f)
        os.makedirs(c.path('exec'), exist_ok=True)
        return self.spawn(['--api-version', '1', '-c', c.name, '-u', 'exec', '-r', self.runtime, '-b', c.place, '-e', '--exec-attach',
                           '--exec-process-spec', path, '-p', c.path('exec/pidfile'), '--exit-dir', c.path('exec'),
                           '--socket-dir-path', SOCKET_FOLDER, '-l', f'k8s-file:{c.path("exec/log")}', '--log-level', 'error',
                           '--runtime-arg', '--root', '--runtime-arg', self.state, *options], is_exec=True)

    def oci(self, *arguments):
        return self.program(self.runtime, '--root', self.state, *arguments)

    def status(self, c):
        return json.loads(self.must(self.oci('state', c.name)))['status']

    def clean(self):
        for name in self.ids:
            self.oci('delete', '--force', name)
        self.ids = []
        return [f'state {name}' for name in (os.listdir(self.state) if os.path.isdir(self.state) else [])]


suite = Suite('conmon', Conmon)


@suite.case(code=7, log=['stdout F out', 'stderr F err'], status='stopped')
def create_and_start(conmon):
    c = conmon.monitor('sh', '-c', 'echo out; sleep 0.1; echo err >&2; exit 7')
    return {'code': c.code(), 'log': c.log(), 'status': conmon.status(c), 'pid': int(c.read('pidfile')) == c.told['data']}


@suite.case(created='created', code=0)
def created_until_it_is_started(conmon):
    c = conmon.monitor('true', begin=False)
    created = conmon.status(c)
    conmon.must(conmon.oci('start', c.name))
    return {'created': created, 'code': c.code()}


@suite.case(code=137, status='stopped')
def killed(conmon):
    c = conmon.monitor('sleep', '1000')
    conmon.must(conmon.oci('kill', c.name, '9'))
    return {'code': c.code(), 'status': conmon.status(c)}


@suite.case(told=-1, exists=False, differs={'message': 'failure-text'})
def failure_is_forwarded(conmon):
    """What the runtime writes to stderr is the message that podman shows."""
    c = conmon.monitor('no-such-program', begin=False)
    return {'told': c.told['data'], 'message': conmon.plain(c.told.get('message', '')), 'exists': os.path.exists(c.path('pidfile'))}


@suite.case(message=re.compile('no-such-program.*executable file not found in', re.S), differs={'message': 'failure-text'})
def failure_has_the_words_that_podman_looks_for(conmon):
    c = conmon.monitor('no-such-program', begin=False)
    return {'message': conmon.plain(c.told.get('message', ''))}


@suite.case(message=re.compile(r'^\{?.*"level": ?"error"', re.S), differs={'message': 'failure-text'})
def failure_as_a_line_of_json(conmon):
    """podman has the runtime log JSON to a file, and reads that."""
    path = conmon.fresh_path('oci-log')
    conmon.monitor('no-such-program', begin=False,
                   options=['--runtime-arg', f'--log={path}', '--runtime-arg', '--log-format=json'])
    lines = [json.loads(line) for line in conmon.read(path).splitlines()]
    errors = [line for line in lines if line['level'] == 'error']
    return {'errors': len(errors), 'members': sorted(errors[-1]), 'message': conmon.read(path)}


@suite.case(code=0, log=['stdout F got word'])
def standard_input(conmon):
    c = conmon.monitor('sh', '-c', 'read x; echo got $x', options=['-i'])
    with c.attach() as connection:
        connection.send(b'word\n')
        return {'code': c.code(), 'log': c.log()}


def received(connection):
    """(stream, text) of each packet, until the other side closes."""
    found = []
    while True:
        data = connection.recv(8193)
        if not data:
            return found
        found.append((data[0], data[1:].decode()))


@suite.case(code=0, out='one\ntwo\n', err='three\n')
def attach(conmon):
    c = conmon.monitor('sh', '-c', 'echo one; echo two; echo three >&2', begin=False)
    with c.attach() as connection:
        conmon.must(conmon.oci('start', c.name))
        packets = received(connection)
    return {'code': c.code(), 'out': ''.join(text for stream, text in packets if stream == 2),
            'err': ''.join(text for stream, text in packets if stream == 3)}


def on_a_terminal(config):
    config['process']['terminal'] = True
    config['process']['env'].append('TERM=xterm')


@suite.case(code=4, out=re.compile('/dev/pts/0.*got word', re.S))
def terminal(conmon):
    c = conmon.monitor('sh', '-c', 'read x; tty; echo got $x; exit 4', options=['-t', '-i'], change=on_a_terminal, begin=False)
    with c.attach() as connection:
        conmon.must(conmon.oci('start', c.name))
        connection.send(b'word\n')
        packets = received(connection)
    return {'code': c.code(), 'out': ''.join(text for _, text in packets)}


@suite.case(code=0, size='50 132')
def terminal_that_is_resized(conmon):
    c = conmon.monitor('sh', '-c', 'trap "stty size; exit" WINCH; echo ready; while :; do sleep 0.1; done', options=['-t'], change=on_a_terminal)
    conmon.wait_until(lambda: 'ready' in c.read('log'), 'ready')
    with open(os.path.join(c.bundle, 'ctl'), 'w', encoding='ascii') as control:
        control.write('1 50 132\n')
    code = c.code()
    return {'code': code, 'size': re.search(r'\d+ \d+$', c.log()[-1].strip()).group(0)}


@suite.case(told=True, code=6, log='stdout F in here', then='{"data": 6}\n')
def exec_of_a_program(conmon):
    c = conmon.monitor('sleep', '1000')
    told = conmon.execute(c, 'sh', '-c', 'echo in $0; exit 6', 'here')
    return {'told': told.get('data', -1) > 0, 'then': told['then'], 'code': int(c.read(f'exec/{c.name}')),
            'log': c.read('exec/log').strip().split(' ', 1)[-1]}


@suite.case(told=True, code=3, out=re.compile('/dev/pts/'))
def exec_on_a_terminal(conmon):
    c = conmon.monitor('sleep', '1000')
    told = conmon.execute(c, 'sh', '-c', 'tty; exit 3', options=['-t'])
    return {'told': told.get('data', -1) > 0, 'code': int(c.read(f'exec/{c.name}')), 'out': c.read('exec/log').strip().split(' ', 1)[-1]}


@suite.case(told=False, exists=False, differs={'message': 'failure-text'})
def exec_of_no_program(conmon):
    """Without a pid file, conmon knows that it was the runtime that failed."""
    c = conmon.monitor('sleep', '1000')
    told = conmon.execute(c, 'no-such-program')
    return {'told': told.get('data', -1) > 0, 'message': conmon.plain(told.get('message', '')), 'exists': os.path.exists(c.path('exec/pidfile'))}


@suite.case(known=True)
def restore_is_asked_with_known_words(conmon):
    """Without an image it fails; but not because of the arguments."""
    c = Monitored(conmon, f'ct-engines-{os.getpid()}-restored', conmon.fresh_path('monitored'))
    os.makedirs(c.path('exits'))
    told = conmon.spawn(['--api-version', '1', '-c', c.name, '-u', c.name, '-n', c.name, '-r', conmon.runtime, '-b', conmon.bundle('true'),
                         '-p', c.path('pidfile'), '--exit-dir', c.path('exits'), '--socket-dir-path', SOCKET_FOLDER,
                         '-l', f'k8s-file:{c.path("log")}', '--log-level', 'error', '--runtime-arg', '--root', '--runtime-arg', conmon.state,
                         '--restore', c.path('image'), '--runtime-opt', '--tcp-established', '--runtime-opt', '--file-locks'])
    return {'known': told.get('data') == -1 and not re.search('unknown|unrecogni|usage', told.get('message', ''), re.I)}


if __name__ == '__main__':
    suite.main()
