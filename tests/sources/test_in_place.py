"""Edits in place: locked, read again under the lock, replaced in one step, as the file was."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, NoReturn

import pytest

from jwtool.jose.errors import FileLocked, FileNotFound, FileUnreadable, WriteError
from jwtool.sources import in_place

if TYPE_CHECKING:
    from pathlib import Path


class Held:
    """Another process's lock on a folder."""

    def __init__(self, folder: Path) -> None:
        self.descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)

    def close(self) -> None:
        os.close(self.descriptor)


def test_a_folder_that_is_locked(tmp_path: Path) -> None:
    held = in_place.locked(str(tmp_path / "f"), patience=0.05)
    with closing(Held(tmp_path)), pytest.raises(FileLocked) as caught, held:
        pytest.fail("locked twice")
    assert caught.value.message == f"something has been editing files in '{tmp_path}' for 0.05 s"
    with in_place.locked(str(tmp_path / "f"), patience=0):
        pass


def test_two_files_of_one_folder_and_a_link_into_another(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "link").symlink_to("other/target")
    paths = [str(tmp_path / name) for name in ("a", "b", "link", "other/c")]
    with in_place.locked(*paths, patience=0):
        for folder in (tmp_path, tmp_path / "other"):
            with pytest.raises(FileLocked), in_place.locked(str(folder / "x"), patience=0):
                pytest.fail("locked twice")
    assert sorted(os.listdir(tmp_path)) == ["link", "other"]


def test_a_lock_ends_with_an_error(tmp_path: Path) -> None:
    def fail() -> NoReturn:
        with in_place.locked(str(tmp_path / "f")):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with in_place.locked(str(tmp_path / "f"), patience=0):
        pass


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WriteError) as caught, in_place.locked(str(tmp_path / "no" / "f")):
        pytest.fail("nothing to lock")
    assert caught.value.hint == f"make it: mkdir -p '{tmp_path}/no'"


def test_where_folders_can_not_be_locked_a_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_flock(_descriptor: int, _operation: int) -> NoReturn:
        raise OSError(errno.EBADF, "as on NFS")

    monkeypatch.setattr(fcntl, "flock", no_flock)
    script = (
        "import sys; from jwtool.sources import in_place; from jwtool.jose.errors import FileLocked\n"
        "import fcntl\n"
        "def no_flock(*a): raise OSError(9, 'as on NFS')\n"
        "fcntl.flock = no_flock\n"
        "try:\n"
        "    with in_place.locked(sys.argv[1], patience=0): print('ours')\n"
        "except FileLocked: print('locked')"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "f")]
    with in_place.locked(str(tmp_path / "f"), patience=0):
        assert subprocess.check_output(command) == b"locked\n"
    assert subprocess.check_output(command) == b"ours\n"
    assert [(path.name, stat.S_IMODE(path.stat().st_mode)) for path in tmp_path.iterdir()] == [(".jwtool.lock", 0o600)]


def test_not_even_a_file_can_be_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_lock(_descriptor: int, _operation: int) -> NoReturn:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_lock)
    monkeypatch.setattr(fcntl, "lockf", no_lock)
    with pytest.raises(WriteError, match="no locks available"), in_place.locked(str(tmp_path / "f")):
        pytest.fail("locked")


@pytest.mark.parametrize(
    ("mode", "private", "wanted"),
    [(0o640, False, 0o640), (0o604, False, 0o604), (0o644, True, 0o600), (0o400, True, 0o600)],
)
def test_mode_and_owner_stay(mode: int, wanted: int, *, private: bool, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, 12345, 54321)
    before = path.stat()
    umask = os.umask(0o077)
    try:
        in_place.replace(str(path), b"new", private=private)
    finally:
        os.umask(umask)
    after = path.stat()
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (before.st_uid, before.st_gid, wanted)
    assert (path.read_bytes(), after.st_ino != before.st_ino) == (b"new", True)


def test_a_missing_file_is_made_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("f")
    in_place.replace(str(tmp_path / "link"), b"new", private=True)
    assert (tmp_path / "link").is_symlink()
    assert ((tmp_path / "f").read_bytes(), stat.S_IMODE((tmp_path / "f").stat().st_mode)) == (b"new", 0o600)


@pytest.mark.parametrize("path", ["", "-", "folder", "pipe", "/dev/null", "loop"])
def test_what_can_not_be_replaced(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkdir("folder")
    os.mkfifo("pipe")
    with pytest.raises(WriteError) if path != "loop" else pytest.raises((WriteError, FileUnreadable)):
        if path == "loop":
            os.symlink("loop", "loop")
            in_place.read_in_place("loop", cap=9, what="key set")
        in_place.replace(path, b"new", private=False)
    assert sorted(set(os.listdir()) - {"loop"}) == ["folder", "pipe"]


def test_reading(tmp_path: Path) -> None:
    path = tmp_path / "f"
    assert in_place.read_in_place(str(path), cap=9, what="key set", may_be_missing=True) is None
    with pytest.raises(FileNotFound):
        in_place.read_in_place(str(path), cap=9, what="key set")
    path.write_bytes(b"123456789")
    assert in_place.read_in_place(str(path), cap=9, what="key set") == b"123456789"
    os.mkfifo(tmp_path / "pipe")
    for place in (str(tmp_path / "pipe"), "/dev/null", "-"):
        with pytest.raises(FileUnreadable, match="edit"):
            in_place.read_in_place(place, cap=9, what="key set")
