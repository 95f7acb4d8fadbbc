"""Files and stdin: this file is where bytes are read, with a cap, and where a new file is asked for."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jwtool.jose.errors import (
    FileExists,
    FileNotFound,
    FileUnreadable,
    InputTooLarge,
    StdinTwice,
    UsageError,
    WriteError,
)
from jwtool.jose.quoting import quote
from jwtool.sources.atomic import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

    from jwtool.sources.runtime import Runtime

KIB = 1024
MIB = 1024 * 1024
_CHUNK = 64 * KIB
_MAX_NEIGHBOURS = 1000
PATIENCE = 10.0  # seconds for somebody to open the other end of a named pipe
_LOOK_AGAIN = 0.02  # seconds
_TO_STDOUT = "leave out -o to write to stdout"
_OTHER_FOLDER = "choose a folder that you may write in"
_OTHER_DISK = "free some space, or choose a folder on another disk"
_WRITE_REASONS = {
    errno.ENOSPC: ("no space is left on the disk", _OTHER_DISK),
    errno.EDQUOT: ("the disk quota is used up", _OTHER_DISK),
    errno.EACCES: ("no permission to write in that folder", _OTHER_FOLDER),
    errno.EPERM: ("no permission to write in that folder", _OTHER_FOLDER),
    errno.EROFS: ("the file system is read-only", _OTHER_FOLDER),
    errno.EFBIG: ("the limit on file sizes is reached", "raise it: ulimit -f unlimited"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", None),
}


def read(path: str, *, cap: int, what: str, patience: float = PATIENCE) -> bytes:
    """The whole content of a file, at most `cap` octets. `what` names its part, for messages: "key".

    A pipe (`<(command)`, /dev/stdin, a FIFO) is read to its end, however long that takes; but for a FIFO that nobody
    writes to only `patience` seconds are waited. Raises FileNotFound, with the nearest name in the folder as a hint;
    FileUnreadable for folders, devices and whatever the system refuses; InputTooLarge.
    """
    with _said_of(path, what):
        _refuse_unreadable_kind(os.stat(path), path, what)
        return _read_open(path, cap, what, patience)


def open_for_reading(path: str, *, what: str) -> FileIO:
    """The open file, for a reader that needs no cap; a pipe is waited for. Raises as `read` does."""
    with _said_of(path, what):
        _refuse_unreadable_kind(os.stat(path), path, what)
        return open(path, "rb", buffering=0)


@contextmanager
def _said_of(path: str, what: str) -> Iterator[None]:
    """What the system says against a path, as the errors of `read`."""
    try:
        yield
    except ValueError:
        raise FileNotFound(f"can't read the {what}: a path can't hold a NUL character") from None
    except (FileNotFoundError, NotADirectoryError):
        raise _not_found(path, what) from None
    except PermissionError:
        raise FileUnreadable(
            f"can't read the {what}: no permission to read {quote(path)}", hint=f"look at it with ls -l {quote(path)}"
        ) from None
    except OSError as error:
        raise FileUnreadable(f"can't read the {what}: {quote(path)}: {reason_of(error)}") from None


def read_stdin(runtime: Runtime, *, cap: int, for_what: str) -> bytes:
    """All of stdin, at most `cap` octets, for `for_what` ("token").

    Raises StdinTwice if another part of the command line has had it, FileUnreadable, InputTooLarge.
    """
    take_stdin(runtime, for_what=for_what)
    try:
        data = runtime.stdin.read(cap + 1)
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "it is closed"
        raise FileUnreadable(f"can't read the {for_what}: stdin: {reason}") from None
    if len(data) > cap:
        raise InputTooLarge(f"can't read the {for_what}: stdin holds more than {describe_size(cap)}")
    return data


def take_stdin(runtime: Runtime, *, for_what: str) -> None:
    """Note what stdin is used for. Raises StdinTwice if another part of the command line has had it."""
    if runtime.stdin_taken_for is not None:
        raise StdinTwice(
            f"stdin can't be both the {runtime.stdin_taken_for} and the {for_what}",
            hint="give one of them as @FILE or env:NAME",
        )
    runtime.stdin_taken_for = for_what


def refuse_existing(*paths: str | None, force: bool) -> None:
    """Raise, before any work is done, what `write_new` would raise for one of these paths. None is no path."""
    for path in paths:
        if path is not None:
            _is_sink(path, force=force)


def write_new(path: str, data: bytes, *, private: bool, force: bool) -> None:
    """Write a file that appears whole or not at all; mode 0600 from its first octet if `private`.

    Without `force` whatever stands at `path`, also a dangling link, stays as it is: FileExists. With it a file
    or link is replaced, and no link is written through. Raises UsageError for `-`, else WriteError.
    """
    if _is_sink(path, force=force):
        return
    try:
        write_whole(path, data, mode=0o600 if private else 0o666, replace=force)
    except FileExistsError:
        raise _exists(path, "a file") from None
    except OSError as error:
        raise write_error(path, error) from None


def describe_size(octets: int) -> str:
    """A cap for people: "256 KiB", "1 MiB", "100 octets"."""
    for unit, name in ((MIB, "MiB"), (KIB, "KiB")):
        if octets % unit == 0:
            return f"{octets // unit} {name}"
    return f"{octets} octets"


def reason_of(error: OSError) -> str:
    """What the system says, as the end of a sentence."""
    text = error.strerror or "unknown reason"
    return text[:1].lower() + text[1:]


def kind_of(status: os.stat_result) -> str:
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISSOCK(mode):
        return "a socket"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    if stat.S_ISLNK(mode):
        return "a link"
    return "a file" if stat.S_ISREG(mode) else "a device"


def _is_null_device(status: os.stat_result) -> bool:
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == os.stat(os.devnull).st_rdev


def _refuse_unreadable_kind(status: os.stat_result, path: str, what: str) -> None:
    kind = kind_of(status)
    if kind in {"a folder", "a socket"}:
        raise FileUnreadable(f"can't read the {what}: {quote(path)} is {kind}, not a file")
    if kind == "a device" and not _is_null_device(status):
        raise FileUnreadable(f"can't read the {what}: {quote(path)} is a device, not a file", hint="stdin is written -")


def _read_open(path: str, cap: int, what: str, patience: float) -> bytes:
    with open(path, "rb", buffering=0, opener=_open_at_once) as stream:
        status = os.fstat(stream.fileno())
        left = 0 if stat.S_ISREG(status.st_mode) and status.st_size > cap else cap + 1
        chunks = []
        if stat.S_ISFIFO(status.st_mode):
            if os.path.exists(os.path.realpath(path)):  # not <(command) or /dev/stdin: they have had their writer
                chunks.append(_first_octets(stream, path, what, patience))
                left -= len(chunks[0])
            os.set_blocking(stream.fileno(), True)
        while left and (chunk := stream.read(min(left, _CHUNK))):
            chunks.append(chunk)
            left -= len(chunk)
    if left <= 0:
        raise InputTooLarge(f"can't read the {what}: {quote(path)} holds more than {describe_size(cap)}")
    return b"".join(chunks)


def _open_at_once(path: str, flags: int) -> int:
    """To open a FIFO waits for the process at its other end, unless told not to."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _first_octets(stream: FileIO, path: str, what: str, patience: float) -> bytes:
    """What a named pipe holds by now, perhaps nothing, as soon as there is somebody at its other end."""
    import time

    deadline = time.monotonic() + patience
    while (chunk := stream.read(1)) == b"":  # None: there is a writer, who has nothing to say yet
        if time.monotonic() >= deadline:
            raise FileUnreadable(
                f"can't read the {what}: {quote(path)} is a pipe, and nothing was written to it in {patience:g} s",
                hint="start what writes to it first",
            )
        time.sleep(_LOOK_AGAIN)
    return chunk or b""


def _not_found(path: str, what: str) -> FileNotFound:
    if not path:
        return FileNotFound(f"can't read the {what}: the name of its file is empty")
    folder, name = os.path.split(path)
    if folder and not os.path.isdir(folder):
        return FileNotFound(f"can't read the {what}: no such folder: {quote(folder)}")
    if os.path.islink(path):
        return FileNotFound(f"can't read the {what}: {quote(path)} is a link to a file that doesn't exist")
    near = _nearest_name(folder, name)
    return FileNotFound(
        f"can't read the {what}: no such file: {quote(path)}",
        hint=f"did you mean {quote(os.path.join(folder, near))}?" if near else None,
    )


def _nearest_name(folder: str, name: str) -> str | None:
    from difflib import get_close_matches
    from itertools import islice

    try:
        with os.scandir(folder or ".") as entries:
            names = sorted(entry.name for entry in islice(entries, _MAX_NEIGHBOURS))
    except OSError:
        return None
    return next(iter(get_close_matches(name[:256], names, n=1)), None)


def _is_sink(path: str, *, force: bool) -> bool:
    """Whether what is written to `path` just goes away; raises if nothing may be written there."""
    if path in {"", "-"}:
        raise UsageError("a file to write to needs a name", hint=_TO_STDOUT)
    full = f"/{os.path.abspath(path).lstrip('/')}"  # two slashes at the beginning would be kept
    if full in {"/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/tty"} or full.startswith(("/dev/fd/", "/proc/")):
        raise WriteError(f"can't write {quote(path)}: it is a device", hint=_TO_STDOUT)
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        _refuse_missing_folder(path)
        return False
    except ValueError:
        raise WriteError("a path can't hold a NUL character") from None
    except OSError as error:
        raise write_error(path, error) from None
    if _is_null_device(status):
        return True
    kind = kind_of(status)
    if not force:
        raise _exists(path, kind)
    if kind not in {"a file", "a link"}:
        raise WriteError(f"can't write {quote(path)}: it is {kind}", hint="choose another name")
    return False


def _refuse_missing_folder(path: str) -> None:
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise WriteError(
            f"can't write {quote(path)}: no such folder: {quote(folder)}", hint=f"make it: mkdir -p {quote(folder)}"
        )


def _exists(path: str, kind: str) -> FileExists:
    if kind == "a folder":
        return FileExists(f"{quote(path)} exists and is a folder", hint="name a file in it")
    if kind in {"a pipe", "a socket", "a device"}:
        return FileExists(f"{quote(path)} exists and is {kind}", hint="choose another name")
    return FileExists(f"{quote(path)} exists", hint="choose another name, or replace it with --force")


def write_error(path: str, error: OSError) -> WriteError:
    reason, hint = _WRITE_REASONS.get(error.errno or 0, (reason_of(error), None))
    return WriteError(f"can't write {quote(path)}: {reason}", hint=hint)
