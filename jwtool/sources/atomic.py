"""A file that appears whole or not at all: this file is the system calls behind every write."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

_PREFIX, _SUFFIX = ".jwtool-", ".tmp"
_ABANDONED_AFTER = 1.0  # seconds
_NO_HARD_LINKS = {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def write_whole(path: str, data: bytes, *, mode: int, replace: bool) -> None:
    """Put `data` at `path` in one step, durably; `mode` (less the umask) from the first octet.

    With `replace` a file or a link there is replaced, else FileExistsError is raised. The temporary file
    stands in the same folder and is gone afterwards, whatever happened; one that a killed process left there
    is removed by the next write. Raises OSError.
    """
    folder = os.path.dirname(path) or "."
    temporary = os.path.join(folder, f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}")
    try:
        _remove_abandoned(folder)
        _fill(temporary, data, mode)
        _publish(temporary, path, replace=replace)
    finally:
        with suppress(OSError):
            os.unlink(temporary)
    _sync_folder(folder)


def _fill(temporary: str, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(temporary, flags, mode), "wb") as stream:
        _lock(stream.fileno())
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


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
