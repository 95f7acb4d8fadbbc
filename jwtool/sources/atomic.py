"""A file that appears whole or not at all: this file is the system calls behind every write."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

_PREFIX, _SUFFIX = ".jwtool-", ".tmp"
_ABANDONED_AFTER = 1.0  # seconds
_NO_HARD_LINKS = {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_OF_OTHERS = 0o077


def write_whole(path: str, data: bytes, *, mode: int, replace: bool, like: os.stat_result | None = None) -> None:
    """Put `data` at `path` in one step, durably; `mode` (less the umask) from the first octet.

    With `replace` a file or a link there is replaced, else FileExistsError is raised. `like` is the status of a file
    whose owner the new one gets where that is allowed, and then its mode is `mode` exactly.

    What only its owner may read has no name before it is whole and durable, where the system can do that: a process
    that is killed while it writes leaves nothing. Else, and for the two system calls that a replacement then takes,
    a temporary file stands in the same folder. It is gone afterwards, whatever happened; one that a killed process
    left there is removed by the next write. Raises OSError.
    """
    folder = os.path.dirname(path) or "."
    temporary = os.path.join(folder, f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}")
    try:
        _remove_abandoned(folder)
        if mode & _OF_OTHERS or not _write_nameless(temporary, path, data, mode, replace=replace, like=like):
            _write_named(temporary, path, data, mode, replace=replace, like=like)
    finally:
        with suppress(OSError):
            os.unlink(temporary)
    _sync_folder(folder)


def _write_named(
    temporary: str, path: str, data: bytes, mode: int, *, replace: bool, like: os.stat_result | None
) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(temporary, flags, mode), "wb") as stream:
        _fill(stream, data, mode, like)
        if os.name == "nt":  # where an open file can't be renamed
            stream.close()
        _publish(temporary, path, replace=replace)


def _write_nameless(
    temporary: str, path: str, data: bytes, mode: int, *, replace: bool, like: os.stat_result | None
) -> bool:
    """Write a file without a name, then give it one. False if this system or file system can't, and nothing is left."""
    try:
        descriptor = os.open(os.path.dirname(path) or ".", os.O_WRONLY | os.O_TMPFILE, mode)
    except (AttributeError, OSError):  # whatever else is wrong with the folder, the other way will say
        return False
    with open(descriptor, "wb") as stream:
        _fill(stream, data, mode, like)
        try:
            _name(stream.fileno(), temporary if replace else path)
        except FileExistsError:
            raise
        except OSError:
            return False
        if replace:
            _publish(temporary, path, replace=True)
    return True


def _name(descriptor: int, path: str) -> None:
    """Give an open file its first name. (A folder's descriptor makes Python follow the link in /proc.)"""
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.link(f"/proc/self/fd/{descriptor}", os.path.basename(path), dst_dir_fd=folder)
    finally:
        os.close(folder)


def _fill(stream: BinaryIO, data: bytes, mode: int, like: os.stat_result | None) -> None:
    """Write and sync; the file stays locked until it is closed, so that nobody takes it for abandoned."""
    descriptor = stream.fileno()
    _lock(descriptor)
    if like is not None and hasattr(os, "fchown"):
        with suppress(OSError):
            os.fchown(descriptor, like.st_uid, like.st_gid)
        os.fchmod(descriptor, mode)
    stream.write(data)
    stream.flush()
    os.fsync(descriptor)


def _publish(temporary: str, path: str, *, replace: bool) -> None:
    if replace:
        os.replace(temporary, path)
        return
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        _publish_without_link(temporary, path)


def _publish_without_link(temporary: str, path: str) -> None:
    """For file systems without hard links: reserve the name, then replace what reserves it."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        os.replace(temporary, path)
    except BaseException:
        os.unlink(path)
        raise


def _lock(descriptor: int) -> bool:
    """Whether this process now holds the file; a lock ends with its process, however that ends."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


def _remove_abandoned(folder: str) -> None:
    """Remove the temporary files that nobody holds: their jwtool was killed."""
    import time

    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(_PREFIX) or not entry.name.endswith(_SUFFIX):
                continue
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > _ABANDONED_AFTER:
                with open(entry.path, "rb", opener=_open_as_listed) as stream:
                    if _lock(stream.fileno()):
                        os.unlink(entry.path)


def _open_as_listed(path: str, flags: int) -> int:
    """In a folder that others write in, a link or a pipe may have come in place of the file that was listed."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _sync_folder(folder: str) -> None:
    """Make the name as durable as the content, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
