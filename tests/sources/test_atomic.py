from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import pytest

from jwtool.jose.errors import FileExists, JwtoolError, WriteError
from jwtool.sources import atomic, files

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]

REPLACE = "choose another name, or replace it with --force"


def write(path: str, *, private: bool = False, force: bool = False) -> None:
    files.write_new(path, b"new", private=private, force=force)


@pytest.fixture(params=["nameless", "named"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the files without a name that this system has, and as if it had none."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE")
    return str(request.param)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize(
    ("code", "reason", "hint"),
    [
        (errno.ENOSPC, "no space is left on the disk", "free some space, or choose a folder on another disk"),
        (errno.EDQUOT, "the disk quota is used up", "free some space, or choose a folder on another disk"),
        (errno.EACCES, "no permission to write in that folder", "choose a folder that you may write in"),
        (errno.EROFS, "the file system is read-only", "choose a folder that you may write in"),
        (errno.EIO, "input/output error", None),
    ],
)
@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
@pytest.mark.parametrize("force", [False, True])
@pytest.mark.usefixtures("way")
def test_a_write_that_fails_leaves_nothing(
    *,
    code: int,
    reason: str,
    hint: str | None,
    step: str,
    force: bool,
    in_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    refusal: Refusal,
) -> None:
    (in_folder / "old").write_bytes(b"old")
    name = "old" if force else "f"

    def fail(*_arguments: object, **_options: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    def no_links(*_arguments: object, **_options: object) -> NoReturn:
        raise OSError(errno.EPERM, "not permitted")

    monkeypatch.setattr(os, step, fail)
    monkeypatch.setattr(os, "link", no_links)
    assert refusal(write, name, private=True, force=force) == (WriteError, f"can't write '{name}': {reason}", hint)
    monkeypatch.undo()
    assert [(path.name, path.read_bytes()) for path in in_folder.iterdir()] == [("old", b"old")]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, MemoryError])
@pytest.mark.parametrize("step", ["fsync", "link", "replace"])
@pytest.mark.usefixtures("way")
def test_an_interrupted_write_leaves_nothing(
    interruption: type[BaseException], step: str, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_arguments: object, **_options: object) -> NoReturn:
        raise interruption

    monkeypatch.setattr(os, step, interrupt)
    with pytest.raises(interruption):
        write("f", private=True, force=step == "replace")
    monkeypatch.undo()
    assert list(in_folder.iterdir()) == []


@pytest.mark.usefixtures("way")
def test_no_clobber_without_hard_links(in_folder: Path, monkeypatch: pytest.MonkeyPatch, refusal: Refusal) -> None:
    def no_links(_source: str, target: str, **_options: object) -> NoReturn:
        if target == "raced":
            (in_folder / "raced").write_bytes(b"theirs")
        raise OSError(errno.EOPNOTSUPP, "not supported")

    monkeypatch.setattr(os, "link", no_links)
    write("f", private=True)
    assert ((in_folder / "f").read_bytes(), mode(in_folder / "f")) == (b"new", 0o600)
    assert refusal(write, "raced") == (FileExists, "'raced' exists", REPLACE)
    assert (in_folder / "raced").read_bytes() == b"theirs"
    assert names(in_folder) == ["f", "raced"]


@pytest.mark.usefixtures("way")
def test_of_two_writers_one_wins(in_folder: Path, monkeypatch: pytest.MonkeyPatch, refusal: Refusal) -> None:
    link = os.link

    def be_late(source: str, target: str, **options: Any) -> None:
        (in_folder / "f").write_bytes(b"theirs")
        link(source, target, **options)

    monkeypatch.setattr(os, "link", be_late)
    assert refusal(write, "f") == (FileExists, "'f' exists", REPLACE)
    assert (in_folder / "f").read_bytes() == b"theirs"
    assert names(in_folder) == ["f"]


def test_a_folder_that_can_not_be_synced_is_no_failure(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync = os.fsync

    def only_files(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "invalid")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", only_files)
    write("f")
    assert (in_folder / "f").read_bytes() == b"new"


@pytest.mark.parametrize("force", [False, True])
def test_the_limit_on_file_sizes(*, force: bool, in_folder: Path) -> None:
    program = (
        "import resource, sys\n"
        "from jwtool.jose.errors import JwtoolError\n"
        "from jwtool.sources.files import write_new\n"
        "soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))\n"
        f"try: write_new('f', b'x' * 100_000, private=True, force={force})\n"
        "except JwtoolError as error: print(error.code, error.message, error.hint, sep='|')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    said = "write_failed|can't write 'f': the limit on file sizes is reached|raise it: ulimit -f unlimited\n"
    assert (done.stdout, done.stderr) == (said, "")
    assert list(in_folder.iterdir()) == []


@pytest.mark.parametrize(("nameless", "replace"), [(True, False), (True, True), (False, False), (False, True)])
def test_a_killed_write_is_cleaned_up_by_the_next(*, nameless: bool, replace: bool, in_folder: Path) -> None:
    """At the worst moment; and where files can be without a name there is nothing to clean up at most of them."""
    (in_folder / "g").write_bytes(b"old")
    worst = "replace" if replace else "link"
    program = (
        "import os, signal\n"
        "from jwtool.sources.files import write_new\n"
        f"{'' if nameless else 'del os.O_TMPFILE'}\n"
        f"os.{worst} = lambda source, target, **options: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"write_new({('g' if replace else 'f')!r}, b'secret', private=True, force={replace})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    left = [path for path in in_folder.iterdir() if path.name != "g"]
    assert (done.returncode, (in_folder / "g").read_bytes()) == (-9, b"old")
    assert [(mode(path), path.name[:8]) for path in left] == [(0o600, ".jwtool-")] * (replace or not nameless)
    for path in left:
        os.utime(path, (0, 0))
    write("f")
    assert names(in_folder) == ["f", "g"]


@pytest.mark.parametrize("replace", [False, True])
def test_a_secret_that_is_being_written_has_no_name(
    *, replace: bool, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    fsync = os.fsync

    def spy(descriptor: int) -> None:
        seen.append(names(in_folder))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    write("f", private=True, force=replace)
    assert seen == [[], ["f"]]  # before it has one, and when the folder is made durable
    assert (mode(in_folder / "f"), (in_folder / "f").read_bytes()) == (0o600, b"new")


def test_temporary_files_in_use_and_files_of_others_stay(in_folder: Path) -> None:
    import fcntl

    (in_folder / ".jwtool-young.tmp").touch()
    (in_folder / ".jwtool-folder.tmp").mkdir()
    (in_folder / "target").touch()
    (in_folder / ".jwtool-link.tmp").symlink_to("target")
    (in_folder / ".jwtool-notes.txt").touch()
    (in_folder / "notes.tmp").touch()
    with (in_folder / ".jwtool-locked.tmp").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for path in in_folder.iterdir():
            if "young" not in path.name:
                os.utime(path, (0, 0), follow_symlinks=False)
        before = names(in_folder)
        atomic.write_whole("f", b"", mode=0o600, replace=False)
        assert names(in_folder) == sorted([*before, "f"])


def test_a_folder_without_write_permission(in_folder: Path, refusal: Refusal, request: pytest.FixtureRequest) -> None:
    in_folder.chmod(0o555)
    request.getfixturevalue("unprivileged")
    assert refusal(write, "f") == (
        WriteError,
        "can't write 'f': no permission to write in that folder",
        "choose a folder that you may write in",
    )
