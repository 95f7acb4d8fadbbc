from __future__ import annotations

import errno
import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, NoReturn, cast

import pytest

from jwtool.jose.errors import (
    FileNotFound,
    FileUnreadable,
    InputTooLarge,
    JwtoolError,
    StdinTwice,
)
from jwtool.sources import files
from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from pathlib import Path

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
MakeRuntime = Callable[..., Runtime]

CAP = 100


def read(path: str) -> bytes:
    return files.read(path, cap=CAP, what="key")


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_reading_up_to_the_cap(size: int, in_folder: Path) -> None:
    (in_folder / "f").write_bytes(b"x" * size)
    assert read("f") == b"x" * size


def test_a_file_over_the_cap(in_folder: Path, refusal: Refusal) -> None:
    (in_folder / "f").write_bytes(b"x" * 101)
    assert refusal(read, "f") == (InputTooLarge, "can't read the key: 'f' holds more than 100 octets", None)


def test_a_sparse_file_of_a_terabyte_is_refused_unread(in_folder: Path, refusal: Refusal) -> None:
    (in_folder / "f").touch()
    os.truncate("f", 2**40)
    assert refusal(read, "f")[0] is InputTooLarge


@pytest.mark.parametrize(
    ("octets", "text"),
    [(512 * 1024, "512 KiB"), (1024 * 1024, "1 MiB"), (1025, "1025 octets"), (100, "100 octets")],
)
def test_sizes_for_people(octets: int, text: str) -> None:
    assert files.describe_size(octets) == text


def test_a_missing_file_names_the_nearest(in_folder: Path, refusal: Refusal) -> None:
    (in_folder / "key.pem").touch()
    (in_folder / "sub").mkdir()
    (in_folder / "sub" / "key.jwk").touch()
    missing = "can't read the key: no such file: "
    assert refusal(read, "kye.pem") == (FileNotFound, f"{missing}'kye.pem'", "did you mean 'key.pem'?")
    assert refusal(read, "sub/key.jwx") == (FileNotFound, f"{missing}'sub/key.jwx'", "did you mean 'sub/key.jwk'?")
    assert refusal(read, "other") == (FileNotFound, f"{missing}'other'", None)
    assert refusal(read, "nowhere/key.pem") == (FileNotFound, "can't read the key: no such folder: 'nowhere'", None)
    assert refusal(read, "key.pem/x") == (FileNotFound, "can't read the key: no such folder: 'key.pem'", None)
    assert refusal(read, "") == (FileNotFound, "can't read the key: the name of its file is empty", None)
    nul = (FileNotFound, "can't read the key: a path can't hold a NUL character", None)
    assert refusal(read, "key\x00.pem") == nul


def test_a_path_that_looks_like_a_secret_is_not_repeated(in_folder: Path, refusal: Refusal) -> None:
    assert in_folder.is_dir()
    kind, message, hint = refusal(read, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl")
    assert (kind, hint) == (FileNotFound, None)
    assert "eyJ" not in message


def test_a_folder_that_can_not_be_listed_gives_no_hint(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch, refusal: Refusal
) -> None:
    def no_listing(_path: str) -> NoReturn:
        raise PermissionError

    (in_folder / "key.pem").touch()
    monkeypatch.setattr(os, "scandir", no_listing)
    assert refusal(read, "kye.pem") == (FileNotFound, "can't read the key: no such file: 'kye.pem'", None)


def test_links(in_folder: Path, refusal: Refusal) -> None:
    (in_folder / "f").write_bytes(b"x")
    (in_folder / "good").symlink_to("f")
    (in_folder / "dangling").symlink_to("nowhere")
    (in_folder / "loop").symlink_to("loop")
    assert read("good") == b"x"
    dangling = "can't read the key: 'dangling' is a link to a file that doesn't exist"
    assert refusal(read, "dangling") == (FileNotFound, dangling, None)
    loop = "can't read the key: 'loop': too many levels of symbolic links"
    assert refusal(read, "loop") == (FileUnreadable, loop, None)


def test_what_is_no_file(in_folder: Path, refusal: Refusal) -> None:
    (in_folder / "sub").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        folder = (FileUnreadable, "can't read the key: 'sub' is a folder, not a file", None)
        assert refusal(read, "sub") == folder
        a_socket = (FileUnreadable, "can't read the key: 'socket' is a socket, not a file", None)
        assert refusal(read, "socket") == a_socket
    device = (FileUnreadable, "can't read the key: '/dev/zero' is a device, not a file", "stdin is written -")
    assert refusal(read, "/dev/zero") == device
    assert read("/dev/null") == b""
    long = f"can't read the key: './{'x' * 252}…': file name too long"
    assert refusal(read, f"./{'x' * 300}") == (FileUnreadable, long, None)


def test_an_unreadable_file(in_folder: Path, refusal: Refusal, request: pytest.FixtureRequest) -> None:
    (in_folder / "f").touch(0o000)
    request.getfixturevalue("unprivileged")
    assert refusal(read, "f") == (
        FileUnreadable,
        "can't read the key: no permission to read 'f'",
        "look at it with ls -l 'f'",
    )


def test_a_pipe_is_read_to_its_end(in_folder: Path, refusal: Refusal) -> None:
    for size, whole in ((50, True), (200, False)):
        os.mkfifo("fifo")
        writer = threading.Thread(target=_write_pipe, args=(in_folder / "fifo", b"x" * size))
        writer.start()
        if whole:
            assert read("fifo") == b"x" * size
        else:
            assert refusal(read, "fifo")[0] is InputTooLarge
        writer.join()
        (in_folder / "fifo").unlink()


def _write_pipe(path: Path, data: bytes) -> None:
    with path.open("wb", buffering=0) as stream:
        stream.write(data)


def test_process_substitution() -> None:
    program = "import sys; from jwtool.sources.files import read; print(read(sys.argv[1], cap=9, what='key'))"
    command = 'exec "$0" -c "$1" <(sleep 0.2; printf abc)'
    done = subprocess.run(["bash", "-c", command, sys.executable, program], capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"b'abc'\n", b"")


def test_stdin(make_runtime: MakeRuntime, refusal: Refusal) -> None:
    runtime = make_runtime(b"x" * CAP)
    assert files.read_stdin(runtime, cap=CAP, for_what="token") == b"x" * CAP
    assert refusal(files.read_stdin, runtime, cap=CAP, for_what="key") == (
        StdinTwice,
        "stdin can't be both the token and the key",
        "give one of them as @FILE or env:NAME",
    )
    runtime = make_runtime(b"x" * (CAP + 1))
    assert refusal(files.read_stdin, runtime, cap=CAP, for_what="key") == (
        InputTooLarge,
        "can't read the key: stdin holds more than 100 octets",
        None,
    )


def test_a_stdin_that_can_not_be_read(make_runtime: MakeRuntime, refusal: Refusal) -> None:
    class Broken(io.RawIOBase):
        def read(self, _size: int = -1) -> NoReturn:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    runtime = make_runtime()
    runtime.stdin.close()
    closed = (FileUnreadable, "can't read the key: stdin: it is closed", None)
    assert refusal(files.read_stdin, runtime, cap=CAP, for_what="key") == closed
    runtime = make_runtime()
    runtime.stdin = cast("BinaryIO", Broken())
    broken = (FileUnreadable, "can't read the key: stdin: input/output error", None)
    assert refusal(files.read_stdin, runtime, cap=CAP, for_what="key") == broken
