"""`jwtool.sources.lines`: plain, gzip, zstd; stdin, files, variables; nothing that unpacks into memory."""

from __future__ import annotations

import gzip
import io
import os
import threading
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
import zstandard

from jwtool.jose.errors import FileNotFound, FileUnreadable, JwtoolError, SourceMalformed, StdinTwice, UsageError
from jwtool.sources.lines import PIECE, LineInput, open_lines
from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TEXT = b"".join(b"line %d\n" % number for number in range(100_000))


def runtime(stdin: bytes = b"", environ: Mapping[str, str] | None = None, *, terminal: bool = False) -> Runtime:
    return Runtime(
        stdin=io.BytesIO(stdin),
        stdout=io.BytesIO(),
        stderr=io.BytesIO(),
        environ=environ or {},
        now=lambda: 0,
        stdin_is_terminal=terminal,
        stdout_is_terminal=False,
        stderr_is_terminal=False,
        ask_secret=lambda _: "",
    )


def whole(source: LineInput) -> bytes:
    pieces = []
    while piece := source.read():
        assert len(piece) <= PIECE
        pieces.append(piece)
    assert source.read() == b""
    source.close()
    return b"".join(pieces)


COMPRESSED = {
    "plain": TEXT,
    "gzip": gzip.compress(TEXT),
    "gzip in two members": gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:]),
    "gzip and zeros": gzip.compress(TEXT) + bytes(600),
    "zstd": zstandard.compress(TEXT),
    "zstd in two frames": zstandard.compress(TEXT[:1000]) + zstandard.compress(TEXT[1000:]),
}


@pytest.mark.parametrize("form", COMPRESSED)
def test_compression_is_recognised_by_content(tmp_path: Path, form: str) -> None:
    data = COMPRESSED[form]
    path = tmp_path / "tokens.txt"
    path.write_bytes(data)
    source = open_lines(f"@{path}", runtime(), what="tokens")
    assert source.size == len(data)
    assert whole(source) == TEXT
    assert source.taken == len(data)
    assert whole(open_lines("-", runtime(data), what="tokens")) == TEXT
    assert whole(open_lines(None, runtime(data), what="tokens")) == TEXT


@pytest.mark.parametrize("data", [b"", b"\x1f", b"\x28", b"\x28\xb5\x2f", b"\x1f\x8a\n", b"a"])
def test_what_only_begins_like_compressed_data_is_plain(data: bytes) -> None:
    assert whole(open_lines("-", runtime(data), what="tokens")) == data


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_compressed_data_that_is_cut_short_or_broken_is_said_to_be(form: str) -> None:
    data = COMPRESSED[form]
    broken = bytearray(data)
    broken[len(data) // 2] ^= 0xFF
    for bad in (data[:-9], data[: len(data) // 2], bytes(broken), data + b"x"):
        source = open_lines("-", runtime(bad), what="tokens")
        with pytest.raises(FileUnreadable) as refusal:
            whole(source)
        assert refusal.value.message == "can't read the tokens: stdin: the compressed data is cut short or broken"


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_a_bomb_comes_out_piece_by_piece(form: str) -> None:
    """An eighth of a gigabyte of one letter, in some kilobytes."""
    pack = zlib.compressobj(9, wbits=31) if form == "gzip" else zstandard.ZstdCompressor().compressobj()
    data = b"".join(pack.compress(b"x" * 1024 * 1024) for _ in range(128)) + pack.flush()
    source = open_lines("-", runtime(data), what="tokens")
    tracemalloc.start()
    length = 0
    while piece := source.read():
        length += len(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert length == 128 * 1024 * 1024
    assert peak < 32 * 1024 * 1024


def test_lines_that_trickle_in_are_not_waited_for() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stdin:
        surroundings = runtime()
        surroundings.stdin = stdin
        source = open_lines(None, surroundings, what="tokens")
        os.write(writing, b"a\n")
        assert source.read() == b"a\n"
        threading.Timer(0.1, os.write, (writing, b"b\n")).start()
        assert source.read() == b"b\n"
        os.close(writing)
        assert source.read() == b""


def test_a_variable() -> None:
    assert whole(open_lines("env:TOKENS", runtime(environ={"TOKENS": "a\nb"}), what="tokens")) == b"a\nb"


@pytest.mark.parametrize(
    ("argument", "error", "message"),
    [
        ("eyJ.e30.", SourceMalformed, "with --lines the input is -, @FILE or env:NAME, and a bare word was found"),
        ("", SourceMalformed, "tokens is empty"),
        ("@", SourceMalformed, "tokens names no file after the '@'"),
        ("@/nowhere/x", FileNotFound, "can't read the tokens: no such folder: '/nowhere'"),
        ("@/", FileUnreadable, "can't read the tokens: '/' is a folder, not a file"),
        (None, UsageError, "no tokens were given"),
    ],
)
def test_what_can_not_be_opened(argument: str | None, error: type[JwtoolError], message: str) -> None:
    with pytest.raises(error) as refusal:
        open_lines(argument, runtime(terminal=True), what="tokens")
    assert refusal.value.message == message


def test_stdin_is_read_once() -> None:
    surroundings = runtime()
    surroundings.stdin_taken_for = "key"
    with pytest.raises(StdinTwice):
        open_lines("-", surroundings, what="tokens")
