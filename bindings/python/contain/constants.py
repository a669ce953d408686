# SPDX-License-Identifier: MIT
"""The numbers of <contain/*.h>, under the same names without their prefix."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import TypeVar

_E = TypeVar("_E", bound="_OpenEnum")


class _OpenEnum(IntEnum):
    """An enumeration that a newer library may extend: unknown numbers become unnamed members."""

    @classmethod
    def _missing_(cls: type[_E], value: object) -> _E | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member


class ErrorCode(_OpenEnum):
    """What went wrong. The numbers are permanent; their order means nothing."""

    # The call itself
    NO_MEMORY = 101
    ARGUMENT = 104
    FORKED = 107
    BUSY = 111
    TIMEOUT = 115
    SYSTEM = 118
    UNSUPPORTED = 121
    CANCELLED = 125

    # Containers and their state
    ID = 203
    EXISTS = 206
    NOT_FOUND = 209
    STATUS = 213
    NOT_RUNNING = 216
    STATE = 219
    EXIT_UNKNOWN = 223
    KEEPER = 227

    # The configuration
    BUNDLE = 302
    JSON = 305
    TYPE = 308
    MISSING = 311
    VALUE = 314
    DUPLICATE = 317
    CONFLICT = 322

    # Building the container
    SPAWN = 401
    NAMESPACE = 404
    IDMAP = 408
    ROOTFS = 412
    MOUNT = 417
    PATH = 421
    DEVICE = 424
    CONSOLE = 427
    HOOK = 431
    CGROUP = 435
    SYSCTL = 438
    LIMIT = 442
    IDENTITY = 445
    SECURITY = 448
    SECCOMP = 451
    NETWORK = 455
    CWD = 458
    PROGRAM = 462
    LOST = 466

    # Containers at work
    CHECKPOINT = 506

    # Images
    SOURCE = 602
    IMAGE = 605
    DIGEST = 609
    UNPACK = 614
    SIZE = 617
    REGISTRY = 622
    STORE = 625
    DEPLOY = 628


class Cause(_OpenEnum):
    """Who has to change something: the part of the world that an error is due to."""

    OTHER = 0
    CONFIG = 1
    KERNEL = 2
    PRIVILEGE = 3
    BUILD = 4


class Status(_OpenEnum):
    """Status of a container (runtime-spec, runtime.md, "State")."""

    NONE = 0
    CREATING = 1
    CREATED = 2
    RUNNING = 3
    STOPPED = 4
    PAUSED = 5


class Event(_OpenEnum):
    """What an event tells."""

    CREATED = 1
    STARTED = 2
    EXITED = 3
    OOM = 4
    DESTROYED = 5
    PAUSED = 6
    RESUMED = 7


class LogLevel(_OpenEnum):
    """Levels of log lines, most severe first."""

    ERROR = 0
    WARNING = 1
    INFO = 2
    DEBUG = 3


class Flags(IntFlag):
    """How a container is made: Container.set_flags()."""

    EPHEMERAL = 1 << 0
    NO_PIVOT = 1 << 1
    NO_NEW_KEYRING = 1 << 2


class ExecFlags(IntFlag):
    """The keywords of Container.exec()."""

    DETACH = 1 << 0
    IGNORE_PAUSED = 1 << 1


class ConfigFlags(IntFlag):
    """The keywords of Context.default_config()."""

    ROOTLESS = 1 << 0
    TERMINAL = 1 << 1
    SUBIDS = 1 << 2


class SignalFlags(IntFlag):
    """The keywords of Container.signal()."""

    ALL = 1 << 0


class DestroyFlags(IntFlag):
    """The keywords of Container.destroy()."""

    FORCE = 1 << 0


class CheckpointFlags(IntFlag):
    """What Container.checkpoint() and Container.restore() allow, or leave out."""

    LEAVE_RUNNING = 1 << 0
    PRE_DUMP = 1 << 1
    TCP_ESTABLISHED = 1 << 2
    TCP_SKIP_IN_FLIGHT = 1 << 3
    EXT_UNIX_SK = 1 << 4
    SHELL_JOB = 1 << 5
    FILE_LOCKS = 1 << 6
    EMPTY_NETWORK = 1 << 7
    LAZY_PAGES = 1 << 8
    AUTO_DEDUP = 1 << 9
    LINK_REMAP = 1 << 10
    TCP_CLOSE = 1 << 11


class PlaceFlags(IntFlag):
    """What Container.load_place() does besides."""

    HOST_FILES = 1 << 0
    KEEP_PRIVILEGES = 1 << 1
    USERNS_AUTO = 1 << 2


class RunFlags(IntFlag):
    """How Container.load_image() makes a container of an image."""

    READ_ONLY = 1 << 0
    TERMINAL = 1 << 1
    USERNS_AUTO = 1 << 2


class MountFlags(IntFlag):
    """How Container.mount() mounts."""

    RECURSIVE = 1 << 0
    CREATE = 1 << 1
    READ_ONLY = 1 << 2
    NO_SUID = 1 << 3
    NO_DEVICES = 1 << 4
    NO_EXEC = 1 << 5
    NO_SYMLINKS = 1 << 6
    IDMAP = 1 << 7


class UnmountFlags(IntFlag):
    """The keywords of Container.unmount()."""

    DETACH = 1 << 0


class KeeperFlags(IntFlag):
    """What a keeper does: Container.set_keeper()."""

    STDIN = 1 << 0
    STDIN_ONCE = 1 << 1
    RING = 1 << 2
    NO_LOG = 1 << 3


class AttachFlags(IntFlag):
    """Which streams to be attached to: Container.attach()."""

    STDIN = 1 << 0
    STDOUT = 1 << 1
    STDERR = 1 << 2


class LogsFlags(IntFlag):
    """The keywords of Container.logs()."""

    FOLLOW = 1 << 0


class CollectFlags(IntFlag):
    """How the content store is collected."""

    DRY_RUN = 1


class ImageFlags(IntFlag):
    """How to get at an image."""

    INSECURE = 1


class UnpackFlags(IntFlag):
    """How an image is unpacked."""

    NO_DEVICES = 1


class ExportFlags(IntFlag):
    """The keywords of Context.export_image()."""

    NO_ENV = 1
    NO_DEVICES = 2


class DeployFlags(IntFlag):
    """What is to become of an image that is deployed."""

    IN_PLACE = 1
    QUICK = 2
    FORCE = 4
    NO_ENV = 8


class PruneFlags(IntFlag):
    """The keywords of Context.prune()."""

    DRY_RUN = 1


class Owner(_OpenEnum):
    """Whose the files of an unpacked image become."""

    AS_IS = 0
    SINGLE = 1
    SHIFTED = 2
    SUBIDS = 3
