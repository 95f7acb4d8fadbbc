from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.errors import FileExists, JwtoolError, UsageError, WriteError
from jwtool.sources import files

if TYPE_CHECKING:
    from pathlib import Path

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]


def write(path: str, data: bytes = b"new", *, private: bool = False, force: bool = False) -> None:
    files.write_new(path, data, private=private, force=force)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize(("private", "mask", "wanted"), [(True, 0, 0o600), (False, 0o022, 0o644), (False, 0, 0o666)])
@pytest.mark.parametrize("force", [False, True])
def test_writing_a_new_file(*, private: bool, mask: int, wanted: int, force: bool, in_folder: Path) -> None:
    with umask(mask):
        write("f", b"\x00\xff", private=private, force=force)
    assert (in_folder / "f").read_bytes() == b"\x00\xff"
    assert mode(in_folder / "f") == wanted
    assert names(in_folder) == ["f"]


def test_a_private_file_is_private_from_its_first_octet(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    fsync = os.fsync

    def spy(descriptor: int) -> None:
        modes.extend(mode(path) for path in in_folder.iterdir())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", spy)
    with umask(0):
        write("f", private=True)
        monkeypatch.delattr(os, "O_TMPFILE")
        write("g", private=True)
    assert modes == [0o600] * 5  # "f" in its folder; then the temporary file and "f", "g" and "f"


REPLACE = "choose another name, or replace it with --force"


def test_nothing_that_exists_is_touched(in_folder: Path, refusal: Refusal) -> None:
    (in_folder / "file").write_bytes(b"old")
    (in_folder / "link").symlink_to("file")
    (in_folder / "dangling").symlink_to("nowhere")
    (in_folder / "folder").mkdir()
    os.mkfifo("fifo")
    before = {path.name: path.lstat() for path in in_folder.iterdir()}
    refused = {
        "file": ("'file' exists", REPLACE),
        "link": ("'link' exists", REPLACE),
        "dangling": ("'dangling' exists", REPLACE),
        "folder": ("'folder' exists and is a folder", "name a file in it"),
        "folder/": ("'folder/' exists and is a folder", "name a file in it"),
        "fifo": ("'fifo' exists and is a pipe", "choose another name"),
        "/dev/full": ("'/dev/full' exists and is a device", "choose another name"),
    }
    for path, (message, hint) in refused.items():
        assert refusal(write, path) == (FileExists, message, hint)
        assert refusal(files.refuse_existing, None, path, force=False) == (FileExists, message, hint)
    assert {path.name: path.lstat() for path in in_folder.iterdir()} == before
    assert (in_folder / "file").read_bytes() == b"old"


def test_what_may_be_written_is_not_refused_beforehand(in_folder: Path) -> None:
    (in_folder / "old").touch()
    files.refuse_existing(None, "new", "/dev/null", force=False)
    files.refuse_existing("old", "new", force=True)
    assert names(in_folder) == ["old"]


def test_force_replaces_files_and_links_and_nothing_else(in_folder: Path, refusal: Refusal) -> None:
    (in_folder / "target").write_bytes(b"old")
    (in_folder / "link").symlink_to("target")
    (in_folder / "file").write_bytes(b"old")
    (in_folder / "file").chmod(0o644)
    (in_folder / "folder").mkdir()
    os.mkfifo("fifo")
    write("link", force=True)
    write("file", force=True, private=True)
    assert (in_folder / "target").read_bytes() == b"old"
    assert not (in_folder / "link").is_symlink()
    assert ((in_folder / "link").read_bytes(), (in_folder / "file").read_bytes()) == (b"new", b"new")
    assert mode(in_folder / "file") == 0o600
    other = "choose another name"
    assert refusal(write, "folder", force=True) == (WriteError, "can't write 'folder': it is a folder", other)
    assert refusal(write, "fifo", force=True) == (WriteError, "can't write 'fifo': it is a pipe", other)
    assert refusal(write, "/dev/full", force=True) == (WriteError, "can't write '/dev/full': it is a device", other)
    assert names(in_folder) == ["fifo", "file", "folder", "link", "target"]


@pytest.mark.parametrize("force", [False, True])
def test_special_targets(*, force: bool, in_folder: Path, refusal: Refusal) -> None:
    leave_out = "leave out -o to write to stdout"
    null = os.lstat("/dev/null")
    write("/dev/null", force=force)
    assert os.lstat("/dev/null").st_ino == null.st_ino
    for path in ("/dev/stdout", "/dev/../dev/stdout", "/dev/stderr", "/dev/tty", "/dev/fd/1", "/proc/self/fd/1"):
        device = (WriteError, f"can't write '{path}': it is a device", leave_out)
        assert refusal(write, path, force=force) == device
    for path in ("-", ""):
        assert refusal(write, path, force=force) == (UsageError, "a file to write to needs a name", leave_out)
    assert refusal(write, "no/f", force=force) == (
        WriteError,
        "can't write 'no/f': no such folder: 'no'",
        "make it: mkdir -p 'no'",
    )
    assert refusal(write, "no/", force=force)[1] == "can't write 'no/': no such folder: 'no'"
    assert refusal(write, "f\x00", force=force) == (WriteError, "a path can't hold a NUL character", None)
    too_long = (WriteError, f"can't write './{'x' * 252}…': the name is too long", "choose a shorter one")
    assert refusal(write, f"./{'x' * 300}", force=force) == too_long
    (in_folder / "file").touch()
    not_a_folder = "can't write 'file/f': a part of the path is a file, not a folder"
    assert refusal(write, "file/f", force=force) == (WriteError, not_a_folder, None)
    assert names(in_folder) == ["file"]
