#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The bindings have all that the headers have: each function with its types, each number, each member of a struct."""

import ctypes
import importlib.util
import os
import re

import tree

PYTHON = 'bindings/python/contain'
GO = 'bindings/go'

DECLARATION = re.compile(r'^CONTAIN_API\s+([^;(]*?)\b(contain_\w+)\(([^;]*)\);', re.M)
ENUM = re.compile(r'^enum(?: \w+)? \{(.*?)\};', re.M | re.S)
STRUCT = re.compile(r'^typedef struct (\w+) \{(.*?)^\}', re.M | re.S)

# The class of bindings/python/contain/constants.py for a prefix; the first that fits.
PYTHON_CLASSES = (('CONTAIN_E_', 'ErrorCode'), ('CONTAIN_CAUSE_', 'Cause'), ('CONTAIN_STATUS_', 'Status'), ('CONTAIN_EVENT_', 'Event'),
                  ('CONTAIN_LOG_', 'LogLevel'), ('CONTAIN_CONFIG_', 'ConfigFlags'), ('CONTAIN_SIGNAL_', 'SignalFlags'),
                  ('CONTAIN_DESTROY_', 'DestroyFlags'), ('CONTAIN_EXEC_', 'ExecFlags'), ('CONTAIN_CHECKPOINT_', 'CheckpointFlags'),
                  ('CONTAIN_PLACE_', 'PlaceFlags'), ('CONTAIN_RUN_', 'RunFlags'), ('CONTAIN_MOUNT_', 'MountFlags'), ('CONTAIN_UNMOUNT_', 'UnmountFlags'), ('CONTAIN_KEEPER_', 'KeeperFlags'),
                  ('CONTAIN_ATTACH_', 'AttachFlags'), ('CONTAIN_LOGS_', 'LogsFlags'), ('CONTAIN_IMAGE_', 'ImageFlags'),
                  ('CONTAIN_UNPACK_', 'UnpackFlags'), ('CONTAIN_OWNER_', 'Owner'),
                  ('CONTAIN_EXPORT_', 'ExportFlags'), ('CONTAIN_DEPLOY_', 'DeployFlags'), ('CONTAIN_PRUNE_', 'PruneFlags'),
                  ('CONTAIN_COLLECT_', 'CollectFlags'),
                  ('CONTAIN_', 'Flags'))


def public_text():
    """The public headers without their comments."""
    text = '\n'.join(tree.read(p) for p in tree.files('.h') if p.startswith('include/contain/'))
    return re.sub(r'/\*.*?\*/', '', text, flags=re.S)


def load_module(name):
    """One file of the Python binding, without the package, which would need the library."""
    spec = importlib.util.spec_from_file_location(name, os.path.join(tree.ROOT, PYTHON, name + '.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def python_type(declared, lib):
    """The ctypes type for a C type."""
    handle = r'(const )?contain(_ctx|_error|_process|_attachment|_log)?(_t)? \*'
    if re.fullmatch(handle, declared) or declared == 'void *':
        return ctypes.c_void_p
    if re.fullmatch(handle + r'\*', declared) or declared == 'char **':
        return ctypes.POINTER(ctypes.c_void_p)
    return {
        'void': None,
        'int': ctypes.c_int,
        'unsigned': ctypes.c_uint,
        'size_t': ctypes.c_size_t,
        'const char *': ctypes.c_char_p,
        'const char *const *': ctypes.POINTER(ctypes.c_char_p),
        'contain_exit_t *': ctypes.POINTER(lib.Exit),
        'const contain_exec_options_t *': ctypes.POINTER(lib.ExecOptions),
        'uint32_t': ctypes.c_uint32,
        'const contain_checkpoint_options_t *': ctypes.POINTER(lib.CheckpointOptions),
        'const contain_restore_options_t *': ctypes.POINTER(lib.RestoreOptions),
        'const contain_run_options_t *': ctypes.POINTER(lib.RunOptions),
        'const contain_place_options_t *': ctypes.POINTER(lib.PlaceOptions),
        'const contain_keeper_options_t *': ctypes.POINTER(lib.KeeperOptions),
        'const contain_logs_options_t *': ctypes.POINTER(lib.LogsOptions),
        'contain_log_entry_t *': ctypes.POINTER(lib.LogEntry),
        'int *': ctypes.POINTER(ctypes.c_int),
        'uint64_t *': ctypes.POINTER(ctypes.c_uint64),
        'contain_log_fn': lib.LOG_FN,
        'const contain_image_options_t *': ctypes.POINTER(lib.ImageOptions),
        'const contain_unpack_options_t *': ctypes.POINTER(lib.UnpackOptions),
        'const contain_deploy_options_t *': ctypes.POINTER(lib.DeployOptions),
    }.get(declared, f'{declared}: not known to this test')


def parameter_types(text):
    if text.strip() == 'void':
        return []
    return [re.sub(r'\w+$', '', ' '.join(p.split())).strip() for p in text.split(',')]


def check_functions(report, text, lib, go):
    declared = {}
    for returns, name, arguments in DECLARATION.findall(text):
        declared[name] = True
        result = python_type(' '.join(returns.split()), lib)
        expected = [python_type(t, lib) for t in parameter_types(arguments)]
        report.check(lib.PROTOTYPES.get(name) == (result, expected),
                     f'{PYTHON}/_lib.py: {name} is {lib.PROTOTYPES.get(name)}, the headers have {(result, expected)}')
        report.check(bool(re.search(rf'\bC\.{name}\(', go)), f'{GO}: nothing calls {name}()')
    for name in lib.PROTOTYPES:
        report.check(name in declared, f'{PYTHON}/_lib.py: {name} is not in the headers')
    uses = '\n'.join(tree.read(p) for p in tree.files('.py') if p.startswith(PYTHON + '/') and not p.endswith('/_lib.py'))
    for name in declared:
        report.check(bool(re.search(rf'\blib\.{name}\b', uses)), f'{PYTHON}: nothing calls {name}()')


def check_numbers(report, text, constants, go):
    """Go takes the values from the headers themselves, when it names them."""
    seen = {}
    for body in ENUM.findall(text):
        for name, value in re.findall(r'(CONTAIN_\w+)\s*=\s*([^,]+)', body):
            prefix, group = next(pair for pair in PYTHON_CLASSES if name.startswith(pair[0]))
            number = eval(value, {'__builtins__': {}})  # pylint: disable=eval-used
            seen.setdefault(group, {})[name[len(prefix):]] = number
            report.check(bool(re.search(rf'=\s*C\.{name}\b', go)), f'{GO}: no constant for {name}')
    for group, members in seen.items():
        found = {name: int(value) for name, value in getattr(constants, group).__members__.items()}
        report.check(found == members, f'{PYTHON}/constants.py: {group} is {found}, the headers have {members}')


# The structs of the headers, and what _lib.py calls them.
PYTHON_STRUCTS = {'contain_exit': 'Exit', 'contain_exec_options': 'ExecOptions',
                  'contain_checkpoint_options': 'CheckpointOptions', 'contain_restore_options': 'RestoreOptions',
                  'contain_place_options': 'PlaceOptions', 'contain_run_options': 'RunOptions',
                  'contain_keeper_options': 'KeeperOptions', 'contain_logs_options': 'LogsOptions',
                  'contain_log_entry': 'LogEntry', 'contain_image_progress': 'ImageProgress',
                  'contain_image_options': 'ImageOptions', 'contain_unpack_options': 'UnpackOptions', 'contain_deploy_options': 'DeployOptions'}

MEMBER_TYPES = {'size_t': ctypes.c_size_t, 'int32_t': ctypes.c_int32, 'int64_t': ctypes.c_int64,
                'uint32_t': ctypes.c_uint32, 'uint64_t': ctypes.c_uint64, 'char *': ctypes.c_char_p,
                'const char *': ctypes.c_char_p, 'const int *': ctypes.POINTER(ctypes.c_int),
                'const char *const *': ctypes.POINTER(ctypes.c_char_p), 'void *': ctypes.c_void_p}


def check_structs(report, text, lib):
    structs = dict(STRUCT.findall(text))
    report.check(set(structs) == set(PYTHON_STRUCTS), f'structs {set(structs)}: teach this test about them')
    for name, python in PYTHON_STRUCTS.items():
        members = re.findall(r'(\w[\w ]* (?:\*(?:const )?)*)(\w+);', structs.get(name, ''))
        types = {**MEMBER_TYPES, 'contain_image_progress_fn': lib.IMAGE_PROGRESS_FN}
        expected = [(member, types.get(kind.strip())) for kind, member in members]
        found = [(member, ctypes.c_char_p if kind is ctypes.POINTER(ctypes.c_char) else kind)
                 for member, kind in getattr(lib, python)._fields_]
        report.check(found == expected, f'{PYTHON}/_lib.py: {python} is {found}, not {expected}')


def main():
    report = tree.Report()
    text = public_text()
    lib = load_module('_lib')
    go = '\n'.join(tree.read(p) for p in tree.files('.go') if p.startswith(GO + '/') and not p.endswith('_test.go'))
    check_functions(report, text, lib, go)
    check_numbers(report, text, load_module('constants'), go)
    check_structs(report, text, lib)
    report.end()


if __name__ == '__main__':
    main()
