# SPDX-License-Identifier: MIT
"""The C library: its functions as <contain/*.h> declares them, and how it is loaded.

CDLL, and not PyDLL: each call releases the GIL.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import (
    POINTER,
    c_char,
    c_char_p,
    c_int,
    c_int32,
    c_int64,
    c_size_t,
    c_uint,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any

SONAME = "libcontain.so.1"


class Exit(ctypes.Structure):
    """contain_exit_t"""

    _fields_ = [
        ("size", c_size_t),
        ("known", c_int32),
        ("code", c_int32),
        ("signo", c_int32),
        ("core", c_int32),
        ("oom", c_int32),
        ("started_nsec", c_int64),
        ("ended_nsec", c_int64),
    ]


class ExecOptions(ctypes.Structure):
    """contain_exec_options_t"""

    _fields_ = [
        ("size", c_size_t),
        ("flags", c_uint32),
        ("n_fds", c_uint32),
        ("fds", POINTER(c_int)),
        ("stdio", POINTER(c_int)),
        ("console_socket", c_char_p),
        ("cgroups", POINTER(c_char_p)),
        ("timeout_ms", c_uint32),
        ("reserved", c_uint32),
    ]


class CheckpointOptions(ctypes.Structure):
    """contain_checkpoint_options_t"""

    _fields_ = [
        ("size", c_size_t),
        ("flags", c_uint32),
        ("status_fd", c_int32),
        ("image_path", c_char_p),
        ("work_path", c_char_p),
        ("parent_path", c_char_p),
        ("page_server", c_char_p),
        ("cgroups_mode", c_char_p),
        ("network_lock", c_char_p),
        ("criu", c_char_p),
    ]


class RestoreOptions(ctypes.Structure):
    """contain_restore_options_t"""

    _fields_ = [
        ("size", c_size_t),
        ("flags", c_uint32),
        ("reserved", c_uint32),
        ("image_path", c_char_p),
        ("work_path", c_char_p),
        ("cgroups_mode", c_char_p),
        ("network_lock", c_char_p),
        ("lsm_profile", c_char_p),
        ("lsm_mount_context", c_char_p),
        ("criu", c_char_p),
    ]


class PlaceOptions(ctypes.Structure):
    """contain_place_options_t"""

    _fields_ = [
        ("size", c_size_t),
        ("flags", c_uint32),
        ("reserved", c_uint32),
        ("user", c_char_p),
        ("group", c_char_p),
        ("cwd", c_char_p),
        ("binds", POINTER(c_char_p)),
        ("read_only_binds", POINTER(c_char_p)),
        ("env_files", POINTER(c_char_p)),
        ("env", POINTER(c_char_p)),
        ("cap_profile", c_char_p),
        ("capabilities", POINTER(c_char_p)),
        ("notify_socket", c_char_p),
    ]


class RunOptions(ctypes.Structure):
    """contain_run_options_t"""

    _fields_ = [
        ("size", c_size_t),
        ("flags", c_uint32),
        ("reserved", c_uint32),
        ("user", c_char_p),
        ("cwd", c_char_p),
        ("entrypoint", POINTER(c_char_p)),
        ("env_files", POINTER(c_char_p)),
        ("env", POINTER(c_char_p)),
        ("storage", c_char_p),
    ]


class KeeperOptions(ctypes.Structure):
    """contain_keeper_options_t"""

    _fields_ = [
        ("size", c_size_t),
        ("flags", c_uint32),
        ("log_files", c_uint32),
        ("log_bytes", c_uint64),
        ("log_path", c_char_p),
    ]


class LogsOptions(ctypes.Structure):
    """contain_logs_options_t"""

    _fields_ = [
        ("size", c_size_t),
        ("flags", c_uint32),
        ("has_tail", c_uint32),
        ("tail", c_uint64),
        ("since_nsec", c_int64),
    ]


class LogEntry(ctypes.Structure):
    """contain_log_entry_t"""

    _fields_ = [
        ("size", c_size_t),
        ("time_nsec", c_int64),
        ("stream", c_int32),
        ("partial", c_int32),
        ("gap", c_int32),
        ("reserved", c_int32),
        ("length", c_size_t),
        ("text", POINTER(c_char)),
    ]


class ImageProgress(ctypes.Structure):
    """contain_image_progress_t"""

    _fields_ = [
        ("size", c_size_t),
        ("phase", c_char_p),
        ("what", c_char_p),
        ("done", c_uint64),
        ("total", c_uint64),
    ]


IMAGE_PROGRESS_FN = ctypes.CFUNCTYPE(c_int, c_void_p, POINTER(ImageProgress))


class ImageOptions(ctypes.Structure):
    """contain_image_options_t"""

    _fields_ = [
        ("size", c_size_t),
        ("flags", c_uint32),
        ("stdin_fd", c_int32),
        ("timeout_ms", c_uint64),
        ("platform", c_char_p),
        ("auth_file", c_char_p),
        ("certificates", c_char_p),
        ("store", c_char_p),
        ("mirrors", POINTER(c_char_p)),
        ("progress", IMAGE_PROGRESS_FN),
        ("userdata", c_void_p),
        ("max_bytes", c_uint64),
        ("max_entries", c_uint64),
        ("max_file_bytes", c_uint64),
        ("max_depth", c_uint64),
        ("stall_timeout_ms", c_uint64),
    ]


class UnpackOptions(ctypes.Structure):
    """contain_unpack_options_t"""

    _fields_ = [
        ("size", c_size_t),
        ("flags", c_uint32),
        ("owner", c_uint32),
        ("uid", c_uint32),
        ("gid", c_uint32),
        ("uid_maps", POINTER(c_char_p)),
        ("gid_maps", POINTER(c_char_p)),
        ("max_bytes", c_uint64),
        ("max_entries", c_uint64),
        ("max_file_bytes", c_uint64),
        ("max_depth", c_uint64),
    ]


class DeployOptions(ctypes.Structure):
    """contain_deploy_options_t"""

    _fields_ = [
        ("size", c_size_t),
        ("flags", c_uint32),
        ("keep", c_uint32),
        ("expect_digest", c_char_p),
    ]


LOG_FN = ctypes.CFUNCTYPE(None, c_void_p, c_int, c_char_p)

_HANDLE = c_void_p  # contain_t *, contain_ctx_t *, contain_error_t *
_OUT = POINTER(c_void_p)  # where a handle, a document or an error is put
_STRINGS = POINTER(c_char_p)

PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    # base.h
    "contain_free": (None, [c_void_p]),
    "contain_version": (c_char_p, []),
    # error.h
    "contain_error_code": (c_int, [_HANDLE]),
    "contain_error_cause": (c_int, [_HANDLE]),
    "contain_error_errno": (c_int, [_HANDLE]),
    "contain_error_pointer": (c_char_p, [_HANDLE]),
    "contain_error_step": (c_char_p, [_HANDLE]),
    "contain_error_sentence": (c_char_p, [_HANDLE]),
    "contain_error_hint": (c_char_p, [_HANDLE]),
    "contain_error_message": (c_char_p, [_HANDLE]),
    "contain_error_free": (_HANDLE, [_HANDLE]),
    # context.h
    "contain_ctx_new": (c_int, [_OUT, _OUT]),
    "contain_ctx_ref": (_HANDLE, [_HANDLE]),
    "contain_ctx_unref": (_HANDLE, [_HANDLE]),
    "contain_ctx_set_state_root": (c_int, [_HANDLE, c_char_p, _OUT]),
    "contain_ctx_set_cgroup_manager": (c_int, [_HANDLE, c_char_p, _OUT]),
    "contain_ctx_set_log": (c_int, [_HANDLE, LOG_FN, c_void_p, c_int, _OUT]),
    "contain_list_json": (c_int, [_HANDLE, _OUT, _OUT]),
    "contain_features_json": (c_int, [_HANDLE, _OUT, _OUT]),
    "contain_default_config": (c_int, [_HANDLE, c_char_p, _STRINGS, c_uint, _OUT, _OUT]),
    # container.h: handles
    "contain_new": (c_int, [_OUT, _HANDLE, c_char_p, _OUT]),
    "contain_open": (c_int, [_OUT, _HANDLE, c_char_p, _OUT]),
    "contain_ref": (_HANDLE, [_HANDLE]),
    "contain_unref": (_HANDLE, [_HANDLE]),
    "contain_id": (c_char_p, [_HANDLE]),
    # request.h
    "contain_load_bundle": (c_int, [_HANDLE, c_char_p, _OUT]),
    "contain_load_config": (c_int, [_HANDLE, c_char_p, c_size_t, c_char_p, _OUT]),
    "contain_load_rootfs": (c_int, [_HANDLE, c_char_p, _STRINGS, _OUT]),
    "contain_set_flags": (c_int, [_HANDLE, c_uint, _OUT]),
    "contain_set_stdio": (c_int, [_HANDLE, c_int, c_int, c_int, _OUT]),
    "contain_add_fd": (c_int, [_HANDLE, c_int, _OUT]),
    "contain_set_rootfs_fd": (c_int, [_HANDLE, c_int, _OUT]),
    "contain_set_namespace_fd": (c_int, [_HANDLE, c_char_p, c_int, _OUT]),
    "contain_set_console_socket": (c_int, [_HANDLE, c_char_p, _OUT]),
    "contain_set_seccomp_socket": (c_int, [_HANDLE, c_int, _OUT]),
    "contain_check": (c_int, [_HANDLE, c_char_p, c_size_t, c_char_p, _OUT, _OUT]),
    "contain_set_listen_fds": (c_int, [_HANDLE, c_uint, c_char_p, _OUT]),
    "contain_set_notify_socket": (c_int, [_HANDLE, c_char_p, _OUT]),
    "contain_plan_json": (c_int, [_HANDLE, _OUT, _OUT]),
    # image-store.h
    "contain_image_pull": (c_int, [_HANDLE, c_char_p, c_char_p, POINTER(ImageOptions), _OUT, _OUT]),
    "contain_image_store_list_json": (c_int, [_HANDLE, POINTER(ImageOptions), _OUT, _OUT]),
    "contain_image_store_remove": (c_int, [_HANDLE, c_char_p, POINTER(ImageOptions), _OUT]),
    "contain_image_store_collect": (c_int, [_HANDLE, c_uint, POINTER(ImageOptions), _OUT, _OUT]),
    "contain_image_store_mount": (
        c_int,
        [_HANDLE, c_char_p, c_char_p, c_int, POINTER(ImageOptions), POINTER(c_int), _OUT, _OUT],
    ),
    "contain_image_store_release": (c_int, [_HANDLE, c_char_p, POINTER(ImageOptions), _OUT]),
    # image.h
    "contain_image_inspect_json": (c_int, [_HANDLE, c_char_p, POINTER(ImageOptions), _OUT, _OUT]),
    # run.h
    "contain_image_config": (
        c_int,
        [
            _HANDLE,
            c_char_p,
            c_char_p,
            POINTER(ImageOptions),
            POINTER(RunOptions),
            _STRINGS,
            _OUT,
            _OUT,
        ],
    ),
    "contain_load_image": (
        c_int,
        [_HANDLE, c_char_p, POINTER(ImageOptions), POINTER(RunOptions), _STRINGS, _OUT],
    ),
    # place.h
    "contain_load_place": (c_int, [_HANDLE, c_char_p, POINTER(PlaceOptions), _STRINGS, _OUT]),
    "contain_image_unpack": (
        c_int,
        [_HANDLE, c_char_p, c_char_p, POINTER(ImageOptions), POINTER(UnpackOptions), _OUT, _OUT],
    ),
    # deploy.h
    "contain_image_export": (
        c_int,
        [_HANDLE, c_char_p, c_int, c_uint32, POINTER(ImageOptions), _OUT, _OUT],
    ),
    "contain_deploy": (
        c_int,
        [
            _HANDLE,
            c_char_p,
            c_char_p,
            POINTER(ImageOptions),
            POINTER(UnpackOptions),
            POINTER(DeployOptions),
            _OUT,
            _OUT,
        ],
    ),
    "contain_releases_json": (c_int, [_HANDLE, c_char_p, _OUT, _OUT]),
    "contain_rollback": (c_int, [_HANDLE, c_char_p, c_char_p, _OUT, _OUT]),
    "contain_prune": (c_int, [_HANDLE, c_char_p, c_uint32, c_uint32, _OUT, _OUT]),
    # checkpoint.h
    "contain_checkpoint": (c_int, [_HANDLE, POINTER(CheckpointOptions), _OUT]),
    "contain_restore": (c_int, [_HANDLE, POINTER(RestoreOptions), _OUT]),
    # mount.h
    "contain_mount": (c_int, [_HANDLE, c_int, c_char_p, c_uint, c_int, _OUT]),
    "contain_unmount": (c_int, [_HANDLE, c_char_p, c_uint, _OUT]),
    # resources.h
    "contain_stats_json": (c_int, [_HANDLE, _OUT, _OUT]),
    "contain_processes_json": (c_int, [_HANDLE, _OUT, _OUT]),
    # keeper.h
    "contain_set_keeper": (c_int, [_HANDLE, POINTER(KeeperOptions), _OUT]),
    "contain_attach": (c_int, [_HANDLE, c_uint, _OUT, _OUT]),
    "contain_attachment_fd": (c_int, [_HANDLE, c_int, _OUT]),
    "contain_attachment_lost": (c_int, [_HANDLE, POINTER(c_uint64), _OUT]),
    "contain_attachment_free": (_HANDLE, [_HANDLE]),
    "contain_resize": (c_int, [_HANDLE, c_uint, c_uint, _OUT]),
    "contain_logs": (c_int, [_HANDLE, POINTER(LogsOptions), _OUT, _OUT]),
    "contain_log_next": (c_int, [_HANDLE, c_int, POINTER(LogEntry), _OUT]),
    "contain_log_free": (_HANDLE, [_HANDLE]),
    # container.h: the life cycle
    "contain_create": (c_int, [_HANDLE, _OUT]),
    "contain_start": (c_int, [_HANDLE, _OUT]),
    "contain_notify_fd": (c_int, [_HANDLE, _OUT]),
    "contain_notify_forward": (c_int, [_HANDLE, c_int, _OUT]),
    "contain_pause": (c_int, [_HANDLE, _OUT]),
    "contain_resume": (c_int, [_HANDLE, _OUT]),
    "contain_signal": (c_int, [_HANDLE, c_int, c_uint, _OUT]),
    "contain_stop_signal": (c_int, [_HANDLE, _OUT]),
    "contain_signal_number": (c_int, [c_char_p, _OUT]),
    "contain_wait": (c_int, [_HANDLE, c_int, POINTER(Exit), _OUT]),
    "contain_destroy": (c_int, [_HANDLE, c_uint, _OUT]),
    "contain_become": (c_int, [_HANDLE, _OUT]),
    # process.h
    "contain_process_json": (c_int, [_HANDLE, c_char_p, c_size_t, _OUT, _OUT]),
    "contain_exec": (c_int, [_HANDLE, c_char_p, c_size_t, POINTER(ExecOptions), _OUT, _OUT]),
    "contain_process_ref": (_HANDLE, [_HANDLE]),
    "contain_process_unref": (_HANDLE, [_HANDLE]),
    "contain_process_signal": (c_int, [_HANDLE, c_int, _OUT]),
    "contain_process_wait": (c_int, [_HANDLE, c_int, POINTER(Exit), _OUT]),
    "contain_process_resize": (c_int, [_HANDLE, c_uint32, c_uint32, _OUT]),
    "contain_process_pid": (c_int, [_HANDLE]),
    "contain_process_pidfd": (c_int, [_HANDLE, _OUT]),
    "contain_process_console_fd": (c_int, [_HANDLE, _OUT]),
    "contain_process_event_fd": (c_int, [_HANDLE, _OUT]),
    # container.h: looking at it
    "contain_status": (c_int, [_HANDLE, _OUT]),
    "contain_state_json": (c_int, [_HANDLE, _OUT, _OUT]),
    "contain_pid": (c_int, [_HANDLE]),
    "contain_exit_fd": (c_int, [_HANDLE, _OUT]),
    "contain_pidfd": (c_int, [_HANDLE, _OUT]),
    "contain_console_fd": (c_int, [_HANDLE, _OUT]),
    "contain_event_fd": (c_int, [_HANDLE, _OUT]),
    "contain_event_next": (c_int, [_HANDLE, _OUT]),
    # resources.h
    "contain_update": (c_int, [_HANDLE, c_char_p, c_size_t, _OUT]),
}


def load() -> ctypes.CDLL:
    """Loads the library, by its soname or the file that CONTAIN_LIBRARY names."""
    name = os.environ.get("CONTAIN_LIBRARY") or SONAME
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise ImportError(f"cannot load libcontain: {error}") from error
    for function, (result, arguments) in PROTOTYPES.items():
        try:
            entry = getattr(library, function)
        except AttributeError:
            raise ImportError(f"'{name}' is too old: it has no {function}()") from None
        entry.restype = result
        entry.argtypes = arguments
    return library
