"""The cache on disk: this file is where it lies, and how a file of it is read, written, locked and stamped.

Nothing here ever fails: a folder that can't be used is as good as an empty one, and what another user could have
written is not read.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ENTRY, LOCK = ".answer", ".lock"
MAX_ENTRY = 1024 * 1024
COOL_DOWN = 30  # seconds
_FOLDER = "http"
_FORGOTTEN_AFTER = {ENTRY: 30 * 24 * 60 * 60, LOCK: 60 * 60}  # seconds since a file was last written
_NOW_AND_THEN = 4  # of 256 new names: URLs that never answer well leave a lock each, and nothing is written for them
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OPEN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def find_folder(environ: Mapping[str, str]) -> str | None:
    """The folder of cached answers: in JWTOOL_CACHE_DIR, else where the system keeps caches; None without a home."""
    own = environ.get("JWTOOL_CACHE_DIR")
    if own:
        return os.path.join(own, _FOLDER)
    if sys.platform in {"darwin", "win32"}:
        if not environ.get("HOME") and not environ.get("LOCALAPPDATA"):
            return None
        import platformdirs

        return os.path.join(platformdirs.user_cache_dir("jwtool", appauthor=False), _FOLDER)
    # What platformdirs says too, at a fiftieth of its import: a hit must not cost more than a local file.
    shared, home = environ.get("XDG_CACHE_HOME", ""), environ.get("HOME", "")
    if os.path.isabs(shared):
        return os.path.join(shared, "jwtool", _FOLDER)
    return os.path.join(home, ".cache", "jwtool", _FOLDER) if os.path.isabs(home) else None


def read_entry(folder: str, name: str) -> bytes | None:
    """What is stored under `name`; None for nothing, and for what this user alone can't have written."""
    try:
        if not _is_trusted(os.lstat(folder)):
            return None
        descriptor = os.open(os.path.join(folder, name + ENTRY), os.O_RDONLY | _OPEN)
    except (OSError, ValueError):
        return None
    try:
        facts = os.fstat(descriptor)
        if stat.S_ISREG(facts.st_mode) and _is_trusted(facts) and facts.st_size <= MAX_ENTRY:
            return os.read(descriptor, MAX_ENTRY)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def write_entry(folder: str, name: str, data: bytes) -> bool:
    """Store `data` under `name`, whole, mode 0600 in a folder of mode 0700; whether that could be done."""
    from jwtool.sources.atomic import write_whole

    try:
        _make(folder)
        _forget_old(folder)
        write_whole(os.path.join(folder, name + ENTRY), data, mode=0o600, replace=True)
    except (OSError, ValueError):
        return False
    return True


def remove_entry(folder: str, name: str) -> None:
    """Forget what is stored under `name`."""
    with suppress(OSError, ValueError):
        os.unlink(os.path.join(folder, name + ENTRY))


class Lock:
    """One fetch at a time of what is stored under a name, across processes; and when it was last asked for again.

    The lock ends with its process, however that ends. Where there are no locks everyone is alone.
    """

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def try_alone(self) -> bool:
        """Whether nobody else fetches: then nobody will until this lock is let go."""
        return self._flock(shared=False)

    def is_free(self) -> bool:
        """Whether nobody fetches at this moment."""
        return self._flock(shared=True)

    def may_ask_again(self, now: int) -> bool:
        """Whether COOL_DOWN seconds have passed since this last said yes; call it alone. `now` is Unix seconds."""
        if self._descriptor is None:
            return True
        with suppress(OSError):
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            stamp = os.read(self._descriptor, 20)
            if stamp.isdigit() and 0 <= now - int(stamp) < COOL_DOWN:
                return False
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, b"%d" % now)
        return True

    def _flock(self, *, shared: bool) -> bool:
        if self._descriptor is None:
            return True
        try:
            import fcntl

            fcntl.flock(self._descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except (ImportError, OSError):
            return True
        return True


@contextmanager
def open_lock(folder: str | None, name: str) -> Iterator[Lock]:
    """The lock for what is stored under `name`; let go at the end."""
    descriptor = None
    with suppress(OSError, ValueError):
        if folder is not None:
            _make(folder)
            descriptor = _open_lock(folder, os.path.join(folder, name + LOCK))
    try:
        yield Lock(descriptor)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _open_lock(folder: str, path: str) -> int:
    """The lock file, made anew if there is none, or one that others could have written. Raises OSError."""
    try:
        facts = os.lstat(path)
    except FileNotFoundError:
        if os.urandom(1)[0] < _NOW_AND_THEN:
            _forget_old(folder)
    else:
        if not (stat.S_ISREG(facts.st_mode) and _is_trusted(facts)):
            os.unlink(path)
    return os.open(path, os.O_RDWR | os.O_CREAT | _OPEN, 0o600)  # in a folder that nobody else writes in


def _make(folder: str) -> None:
    os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    facts = os.lstat(folder)
    if not _is_own(facts) or not stat.S_ISDIR(facts.st_mode):
        raise PermissionError
    if stat.S_IMODE(facts.st_mode) & 0o077:
        os.chmod(folder, 0o700)
    if not _is_trusted(facts):  # others could rename and remove what is in it
        _remove(folder, lambda _name, _facts: True)


def is_refused(folder: str) -> bool:
    """Whether what stands at `folder` is no folder of this user, and so is neither read nor written."""
    try:
        facts = os.lstat(folder)
    except OSError:
        return False
    return not (stat.S_ISDIR(facts.st_mode) and _is_own(facts))


def _is_own(facts: os.stat_result) -> bool:
    whoami = getattr(os, "geteuid", None)  # Windows has none, and no such owners
    return whoami is None or facts.st_uid == whoami()


def _is_trusted(facts: os.stat_result) -> bool:
    """Whether nobody but this user can have written it."""
    return _is_own(facts) and (os.name == "nt" or not facts.st_mode & _OTHERS_MAY_WRITE)


def _forget_old(folder: str) -> None:
    now = time.time()
    _remove(folder, lambda name, facts: now - facts.st_mtime > _FORGOTTEN_AFTER[os.path.splitext(name)[1]])


def _remove(folder: str, which: Callable[[str, os.stat_result], bool]) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith((ENTRY, LOCK)):
                with suppress(OSError):
                    if which(entry.name, entry.stat(follow_symlinks=False)):
                        os.unlink(entry.path)
