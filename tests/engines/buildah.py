#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""buildah: commands in a container that is being built, and RUN of a Dockerfile."""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import image
from podman_engine import Podman
from suite import Suite


class Buildah(Podman):
    """buildah has podman's storage and configuration."""

    PROGRAMS = ('buildah', 'conmon', 'podman')

    def buildah(self, *arguments, **options):
        return self.program('buildah', *arguments, **options)

    def run(self, *arguments, options=(), network='none', **more):
        """`buildah run` in a new working container."""
        name = self.must(self.buildah('from', '--pull-never', image.NAME))
        return self.buildah('run', '--runtime', self.runtime, '--isolation=oci', f'--network={network}', *options, name, '--', *arguments, **more)

    def build(self, text, *options):
        """`buildah bud` of a Dockerfile."""
        folder = self.fresh_path('context')
        os.mkdir(folder)
        with open(os.path.join(folder, 'Dockerfile'), 'w', encoding='utf-8') as f:
            f.write(text)
        return self.buildah('bud', '--runtime', self.runtime, '--isolation=oci', '--network=none', '--pull-never', '--quiet', '--tag', 'built',
                            *options, folder)

    def clean(self):
        self.buildah('rm', '--all')
        self.buildah('rmi', '--force', 'localhost/built')
        return self.left()


suite = Suite('buildah', Buildah)

INSIDE = 'id; pwd; umask; env | grep -v HOSTNAME | sort; grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status'


@suite.case(status=0, out='hello', err='')
def run(buildah):
    return buildah.outcome(buildah.run('echo', 'hello'))


@suite.case(status=7, err=re.compile('exit status 7'))
def run_that_fails(buildah):
    return buildah.outcome(buildah.run('sh', '-c', 'exit 7'))


@suite.case(status=1, differs={'err': 'failure-text'})
def run_of_no_program(buildah):
    return buildah.outcome(buildah.run('no-such-program'))


@suite.case(status=0)
def run_identity_and_environment(buildah):
    return buildah.outcome(buildah.run('sh', '-c', INSIDE))


@suite.case(status=0, out=re.compile('uid=1000'))
def run_as_a_user(buildah):
    return buildah.outcome(buildah.run('sh', '-c', INSIDE, options=['--user=tester', '--workingdir=/tmp', '--env=GIVEN=1']))


@suite.case(status=0, out='hello')
def run_with_input(buildah):
    return buildah.outcome(buildah.run('cat', text='hello\n'))


@suite.case(status=0, out=re.compile('/dev/pts/0'))
def run_with_a_terminal(buildah):
    return buildah.outcome(buildah.run('tty', options=['--terminal']))


@suite.case(status=0, out='content')
def run_with_a_volume(buildah):
    path = buildah.path('volume')
    os.makedirs(path, exist_ok=True)
    buildah.write('volume/file', 'content\n')
    return buildah.outcome(buildah.run('cat', '/data/file', options=[f'--volume={path}:/data:ro']))


@suite.case(status=0, seconds=True)
def run_that_takes_a_while(buildah):
    """buildah asks for the state each 100 ms, and takes no word that it does not know."""
    done = buildah.run('sh', '-c', 'sleep 0.7; echo done')
    return buildah.outcome(done, seconds='done' in done.out)


@suite.case(status=0, out='0 100000 65536')
def run_with_id_maps(buildah):
    name = buildah.must(buildah.buildah('from', '--pull-never', '--userns-uid-map=0:100000:65536', '--userns-gid-map=0:100000:65536', image.NAME))
    done = buildah.buildah('run', '--runtime', buildah.runtime, '--isolation=oci', '--network=none', name, '--', 'sh', '-c',
                           "tr -s ' ' </proc/self/uid_map")
    return buildah.outcome(done)


@suite.case(status=0, made='made')
def build(buildah):
    done = buildah.build(f'FROM {image.NAME}\nRUN echo made >/made\nRUN ["sh", "-c", "cat /made >/again"]\nCMD ["cat", "/again"]\n')
    made = buildah.must(buildah.podman('run', '--rm', '--network=none', 'localhost/built'))
    return {'status': done.status, 'made': made}


@suite.case(status=5, err=re.compile('exit status 5'))
def build_that_fails(buildah):
    done = buildah.build(f'FROM {image.NAME}\nRUN echo before; exit 5\n')
    return buildah.outcome(done)


@suite.case(status=0, made='1000 /tmp 1 word')
def build_as_a_user(buildah):
    text = (f'FROM {image.NAME}\nARG GIVEN\nENV SET=1\nUSER tester\nWORKDIR /tmp\n'
            'RUN echo $(id -u) $(pwd) $SET $GIVEN >made\nCMD ["cat", "/tmp/made"]\n')
    done = buildah.build(text, '--build-arg=GIVEN=word')
    return {'status': done.status, 'made': buildah.must(buildah.podman('run', '--rm', '--network=none', 'localhost/built'))}


@suite.case(status=0, made='cached secret')
def build_with_mounts(buildah):
    secret = buildah.write('secret', 'secret\n')
    text = (f'FROM {image.NAME}\nRUN --mount=type=tmpfs,target=/scratch --mount=type=secret,id=s '
            'echo cached >/scratch/x; echo $(cat /scratch/x) $(cat /run/secrets/s) >/made\nCMD ["cat", "/made"]\n')
    done = buildah.build(text, f'--secret=id=s,src={secret}')
    return {'status': done.status, 'made': buildah.must(buildah.podman('run', '--rm', '--network=none', 'localhost/built'))}


@suite.case(status=0, said=re.compile("^.'67108864', '(512|59)', '100'.$"), differs={'said': 'cpu-weight'})
def build_with_limits(buildah):
    done = buildah.build(f'FROM {image.NAME}\nRUN cd /sys/fs/cgroup; cat memory.max cpu.weight 2>/dev/null || '
                         'cat memory/memory.limit_in_bytes cpu/cpu.shares; ulimit -n\n',
                         '--memory=64m', '--cpu-shares=512', '--ulimit=nofile=100:100', '--quiet=false')
    return {'status': done.status, 'said': re.findall(r'^\d+$', done.out, re.M)}


if __name__ == '__main__':
    suite.main()
