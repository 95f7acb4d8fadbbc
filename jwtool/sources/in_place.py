"""Files that are edited in place: this file is how one is locked, read and replaced, so that no edit gets lost.

A link is followed, and what it leads to is replaced.
"""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from jwtool.jose.errors import FileLocked, FileUnreadable, UsageError, WriteError
from jwtool.jose.quoting import quote
from jwtool.sources import files
from jwtool.sources.atomic import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 60.0  # seconds for others to finish their edits
_LOOK_AGAIN = 0.005  # seconds
_LOCK_FILE = ".jwtool.lock"


@contextmanager
def locked(*paths: str, patience: float = PATIENCE) -> Iterator[None]:
    """Keep every other edit in the folders of these files waiting, until the end of the block or of the process.

    What is locked is the folder, for the file itself is replaced and may not be there yet; nothing is left behind.
    Where a folder can't be locked (NFS) a file `.jwtool.lock` in it is; on Windows nothing is.
    Raises FileLocked after `patience` seconds, WriteError for a folder that isn't there, UsageError for a URL.
    """
    if any("://" in path and not os.path.lexists(path) for path in paths):
        raise UsageError("a URL can't be edited in place, only a file", hint="jwtool jwks fetch URL -o FILE")
    folders = sorted({os.path.dirname(os.path.realpath(path)) for path in paths})
    for folder in folders:
        if not os.path.isdir(folder):
            raise WriteError(f"no such folder: {quote(folder)}", hint=f"make it: mkdir -p {quote(folder)}")
    with ExitStack() as stack:
        for folder in folders:
            descriptor = _open_lock(folder, patience)
            if descriptor is not None:
                stack.callback(os.close, descriptor)
        yield


def read_in_place(path: str, *, cap: int, what: str, may_be_missing: bool = False) -> bytes | None:
    """The content of a regular file; None if it isn't there and `may_be_missing`. Raises as `files.read` does."""
    if path == "-":
        raise FileUnreadable(f"the {what} is edited in place, and stdin can't be", hint="give the path of a file")
    if may_be_missing and path and not os.path.lexists(os.path.realpath(path)):
        return None
    if _kind(path) in {"a pipe", "a device"}:
        raise FileUnreadable(f"can't edit the {what}: {quote(path)} is {_kind(path)}, not a file")
    return files.read(path, cap=cap, what=what)


def replace(path: str, data: bytes, *, private: bool) -> None:
    """Replace the file, or the one that a link leads to, in one step; its mode and owner stay, but 0600 if `private`.

    A missing file is made. Raises WriteError.
    """
    if not path or path == "-":
        raise WriteError("a file to write to needs a name")
    target = os.path.realpath(path)
    kind = _kind(target)
    if kind is not None and kind != "a file":
        raise WriteError(f"can't write {quote(path)}: it is {kind}", hint="choose another name")
    try:
        before = os.stat(target) if kind is not None else None
        mode = 0o600 if private else 0o666 if before is None else stat.S_IMODE(before.st_mode)
        write_whole(target, data, mode=mode, replace=True, like=before)
    except OSError as error:
        raise files.write_error(path, error) from None


def _kind(path: str) -> str | None:
    """What stands at the path, links followed; None for nothing, or nothing that can be looked at."""
    try:
        return files.kind_of(os.stat(path))
    except (OSError, ValueError):
        return None


def _open_lock(folder: str, patience: float) -> int | None:
    """The descriptor that holds the lock, or None where the system has none."""
    try:
        import fcntl
    except ImportError:
        return None
    exclusive = fcntl.LOCK_EX | fcntl.LOCK_NB
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        return _hold(descriptor, lambda: fcntl.flock(descriptor, exclusive), folder, patience)
    except OSError:
        path = os.path.join(folder, _LOCK_FILE)
    try:
        stand_in = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        return _hold(stand_in, lambda: fcntl.lockf(stand_in, exclusive), folder, patience)
    except OSError as error:
        raise files.write_error(path, error) from None


def _hold(descriptor: int, lock: Callable[[], None], folder: str, patience: float) -> int:
    """The descriptor once its lock is ours. Raises FileLocked, and OSError where it can't be locked at all."""
    import time

    deadline = time.monotonic() + patience
    try:
        while True:
            try:
                lock()
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise FileLocked(
                        f"something has been editing files in {quote(folder)} for {patience:g} s",
                        hint="is another jwtool at work, or stopped?",
                    ) from None
                time.sleep(_LOOK_AGAIN)
            else:
                return descriptor
    except BaseException:
        os.close(descriptor)
        raise
