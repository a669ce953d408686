#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
What the built library shows and needs: exactly the public functions, nothing that would make it a bad guest.

Usage: symbols.py LIBRARY ARCHIVE
"""

import re
import subprocess
import sys

import tree

# No call of these from a library that lives in other people's programs.
FORBIDDEN = {
    'ends the host': 'exit _exit _Exit quick_exit abort __assert_fail __assert raise err errx verr verrx pthread_exit',
    'copies the host': 'fork vfork _Fork daemon forkpty clone system popen posix_spawn posix_spawnp wordexp',
    'changes what the whole process shares':
        'setenv putenv unsetenv clearenv chdir fchdir chroot umask setlocale setpriority nice '
        'setuid seteuid setreuid setresuid setgid setegid setregid setresgid setgroups initgroups setfsuid setfsgid '
        'setrlimit setrlimit64 setsid setpgid setns unshare mlockall',
    'changes signals of the host':
        'signal __sysv_signal bsd_signal sigaction __sigaction sigset siginterrupt sigprocmask alarm setitimer timer_create',
    'takes a status that may be another\'s': 'wait waitpid wait3 wait4',
    'runs code behind the host\'s back':
        'pthread_create thrd_create atexit on_exit at_quick_exit __cxa_atexit __cxa_thread_atexit_impl '
        '__register_atfork pthread_atfork dlmopen',
    'writes where it was not asked to':
        'printf puts putchar vprintf perror syslog vsyslog openlog warn warnx psignal stdout stderr '
        '__printf_chk __vprintf_chk __syslog_chk',
    'is not safe among threads':
        'strtok strerror strsignal localtime gmtime ctime asctime getpwnam getpwuid getgrnam getgrgid ptsname ttyname '
        'readdir_r rand random srand drand48 basename dirname inet_ntoa tmpnam gethostbyname getopt getopt_long',
    'cannot be bounded': 'gets strcpy strcat sprintf vsprintf __strcpy_chk __strcat_chk __sprintf_chk scanf mktemp',
}


def tool(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def sanitized(library):
    return bool(re.search(r'__(asan|tsan|ubsan|msan|gcov)_', tool('nm', '-D', library)))


def check_exports(report, library):
    exported = set()
    for line in tool('nm', '-D', '--defined-only', '--with-symbol-versions', library).splitlines():
        kind, name = line.split()[-2:]
        if kind != 'A':
            exported.add(name)
    declared = set(tree.api_functions())
    script = re.sub(r'/\*.*?\*/', '', tree.read('libcontain/libcontain.sym'), flags=re.S)
    nodes = re.findall(r'(CONTAIN_\d+\.\d+)\s*\{\s*global:(.*?)(?:local:\s*\*;\s*)?\}', script, re.S)
    listed = {name: node for node, names in nodes for name in re.findall(r'(\w+);', names)}

    for name in sorted(declared | set(listed)):
        report.at(name)
        report.check(name in listed, f'{name}() is in a public header, not in libcontain.sym')
        report.check(name in declared, f'{name}() is in libcontain.sym, in no public header')
        report.check(f'{name}@@{listed.get(name)}' in exported, f'{name}() is not exported by the library')
    report.at('exports')
    for symbol in sorted(exported):
        report.check(symbol.split('@')[0] in listed, f'{symbol} is exported and should not be')


def check_imports(report, library):
    imported = {line.split()[-1].split('@')[0] for line in tool('nm', '-D', '--undefined-only', library).splitlines()}
    for reason, names in FORBIDDEN.items():
        report.at(f'imports: {reason}')
        bad = sorted(set(names.split()) & imported)
        report.check(not bad, f'the library uses {", ".join(bad)}: {reason}')


def check_loading(report):
    """Only libsystemd is loaded, only when asked for: one file does it."""
    report.at('dlopen')
    loads = [path for path in tree.files('.c', '.h') if path.startswith('libcontain/')
             and re.search(r'\bdlopen\(', tree.read(path))]
    report.check(loads == ['libcontain/cgroup/systemd/library.c'], f'dlopen() is called by {", ".join(loads)}')


def check_segments(report, library):
    report.at('segments')
    headers = tool('readelf', '-lW', library)
    report.check(not re.search(r'^\s*TLS\s', headers, re.M), 'the library has thread-local storage')
    report.check(not re.search(r'^\s*GNU_STACK\s.*\sRWE\s', headers, re.M), 'the library asks for an executable stack')
    report.check('GNU_RELRO' in headers, 'the library is not linked with -z relro')
    dynamic = tool('readelf', '-dW', library)
    report.check(bool(re.search(r'\(FLAGS(_1)?\).*NOW', dynamic)), 'the library is not linked with -z now')
    report.check('(TEXTREL)' not in dynamic, 'the library has text relocations')
    report.check('[libcontain.so.1]' in dynamic, 'the soname is not libcontain.so.1')
    needed = re.findall(r'\(NEEDED\).*\[(.*?)\]', dynamic)
    allowed = r'lib(c|dl|json-c|seccomp|cap-ng)\.so\.\d+|ld-linux.*|libgcc_s\.so\.1'
    for name in needed:
        report.check(bool(re.fullmatch(allowed, name)), f'the library needs {name}')


def check_constructors(report, library):
    """The compiler's own start file brings one entry each; any more is ours."""
    report.at('constructors')
    sizes = dict(re.findall(r'\.(init_array|fini_array|ctors|dtors)\s+\S+\s+\S+\s+\S+\s+([0-9a-f]+)',
                            tool('readelf', '-SW', library)))
    pointer = 8 if 'ELF64' in tool('readelf', '-h', library) else 4
    for section in ('init_array', 'fini_array'):
        size = int(sizes.get(section, '0'), 16)
        report.check(size <= pointer, f'the library has {size // pointer} entries in .{section}')
    report.check('ctors' not in sizes and 'dtors' not in sizes, 'the library has constructors')


def check_globals(report, archive):
    """No object of ours has anything that can be written to, or that runs by itself."""
    member = archive
    for line in tool('readelf', '-SW', archive).splitlines():
        if line.startswith('File: '):
            member = line[len('File: '):]
            report.at(member)
            continue
        match = re.match(r'\s*\[\s*\d+\]\s+(\.\S+)\s+\S+\s+\S+\s+\S+\s+([0-9a-f]+)', line)
        if not match:
            continue
        name, size = match.group(1), int(match.group(2), 16)
        if re.match(r'\.rela?\.', name):
            continue
        if re.match(r'\.(data|bss|tdata|tbss|sdata|sbss)(\.|$)', name) and not name.startswith('.data.rel.ro'):
            report.check(size == 0, f'{member}: {size} bytes in {name}: a global that can be written to')
        elif re.match(r'\.(init_array|fini_array|preinit_array|ctors|dtors|init|fini)(\.|$)', name):
            report.check(size == 0, f'{member}: {name}: code that runs by itself')


def main():
    library, archive = sys.argv[1:]
    report = tree.Report()
    check_loading(report)
    check_exports(report, library)
    if sanitized(library):
        report.skip('imports, constructors and globals: this build has a sanitizer\'s in it')
    else:
        check_imports(report, library)
        check_constructors(report, library)
        check_globals(report, archive)
        check_segments(report, library)
    report.end()


if __name__ == '__main__':
    main()
