"""Lines: many tokens at a time. This file is what opens stdin or a file, plain, gzip or zstd, and reads on.

Compression is recognised by content. What is decompressed comes out piece by piece: a file of a kilobyte that unpacks
to a terabyte costs time, and no memory.
"""

from __future__ import annotations

import io
import os
import select
import stat
import zlib
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from jwtool.jose.errors import FileUnreadable, SourceMalformed, UsageError
from jwtool.sources.files import open_for_reading, reason_of, take_stdin
from jwtool.sources.source import parse_source, read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jwtool.sources.runtime import Runtime

PIECE = 256 * 1024
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
ZSTD_FED = 128  # octets at a time: a block of four may unpack to 128 KiB
ZSTD_WINDOW = 128 * 1024 * 1024  # what the program zstd takes too, unless it is told otherwise
MAX_VARIABLE = 16 * 1024 * 1024


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes | None: ...


class LineInput:
    """An open source of lines. `size` is how many octets lie there, None where nobody knows; `taken` how many are read.

    `read` gives what there is, up to 256 KiB and at least something: it waits for nothing once it has a piece, so that
    lines which trickle in are answered as they come. At the end it gives b"". It raises FileUnreadable.
    """

    def __init__(self, raw: _Readable, label: str, what: str) -> None:
        self.what, self.label = what, label
        self.size: int | None = None
        self.taken = 0
        self._raw = raw
        self._some: Callable[[int], bytes | None] = getattr(raw, "read1", None) or raw.read  # at most one system call
        self._descriptor = _descriptor_of(raw)
        if self._descriptor is not None:
            status = os.fstat(self._descriptor)
            self.size = status.st_size if stat.S_ISREG(status.st_mode) else None
        self._pieces = self._unpacked()

    def read(self) -> bytes:
        """The next piece."""
        return next(self._pieces, b"")

    def waits_for(self) -> int | None:
        """The descriptor that the next piece has to be waited for at; None if there is no waiting, or no telling."""
        return None if self._has_more() else self._descriptor

    def close(self) -> None:
        """Close a file; stdin stays open."""
        if isinstance(self._raw, io.FileIO):
            self._raw.close()

    def _unpacked(self) -> Iterator[bytes]:
        first = self._take()
        while first and len(first) < len(ZSTD) and (GZIP.startswith(first[:2]) or ZSTD.startswith(first)):
            more = self._take()
            if not more:
                break
            first += more
        try:
            if first.startswith(GZIP):
                yield from _resized(self._gunzipped(first))
            elif first.startswith(ZSTD):
                yield from _resized(self._unzstd(first))
            else:
                while first:
                    yield first
                    first = self._take()
        except (zlib.error, EOFError) as error:
            raise self._failure("the compressed data is cut short or broken") from error

    def _take(self) -> bytes:
        """What there is, without waiting for more than one octet; b"" at the end."""
        pieces: list[bytes] = []
        left = PIECE
        try:
            while left and (not pieces or self._has_more()):
                piece = self._some(left) or b""
                if not piece:
                    break
                pieces.append(piece)
                left -= len(piece)
        except (OSError, ValueError) as error:
            raise self._failure(reason_of(error) if isinstance(error, OSError) else "it is closed") from None
        self.taken += PIECE - left
        return b"".join(pieces)

    def _has_more(self) -> bool:
        """Whether a read would not wait; said to be so of what can't be asked."""
        if self._descriptor is None or self.size is not None:
            return True
        try:
            return bool(select.select([self._descriptor], [], [], 0)[0])
        except (OSError, ValueError):
            return False

    def _gunzipped(self, data: bytes) -> Iterator[bytes]:
        """Of one member after the other; zeros may follow the last one, as tape drives write them."""
        while data:
            unpacking = zlib.decompressobj(wbits=31)
            while not unpacking.eof:
                piece = unpacking.decompress(data, PIECE)
                if piece:
                    yield piece
                data = unpacking.unconsumed_tail
                if not data and not unpacking.eof:
                    data = self._take()
                    if not data:
                        raise EOFError
            data = (unpacking.unused_data or self._take()).lstrip(b"\0")

    def _unzstd(self, data: bytes) -> Iterator[bytes]:
        try:
            import zstandard
        except ImportError:
            raise FileUnreadable(
                f"can't read the {self.what}: {self.label} is compressed by zstd, and the library for that is missing",
                hint="pip install 'jwtool[zstd]', or pipe it through zstd -dc",
            ) from None
        engine = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
        try:
            while data:
                unpacking, start = engine.decompressobj(), 0
                while not unpacking.eof:
                    if start >= len(data):
                        data, start = self._take(), 0
                        if not data:
                            raise EOFError
                    if piece := unpacking.decompress(data[start : start + ZSTD_FED]):
                        yield piece
                    start += ZSTD_FED
                data = unpacking.unused_data + data[start:] or self._take()
        except zstandard.ZstdError as error:
            raise EOFError from error

    def _failure(self, reason: str) -> FileUnreadable:
        return FileUnreadable(f"can't read the {self.what}: {self.label}: {reason}")


def open_lines(argument: str | None, runtime: Runtime, *, what: str) -> LineInput:
    """The lines of `-`, `@PATH` or `env:NAME`, of stdin for None; `what` names them in messages ("tokens").

    Raises UsageError for a bare word, StdinTwice, and the InputError of a file that can't be opened.
    """
    if argument is None:
        if runtime.stdin_is_terminal:
            raise UsageError(f"no {what} were given", hint="give them as @FILE, or by a pipe")
        argument = "-"
    if not (argument in {"", "-"} or argument.startswith(("@", "env:"))):
        raise SourceMalformed(
            "with --lines the input is -, @FILE or env:NAME, and a bare word was found",
            hint=f"@{argument}" if os.path.isfile(argument) else "without --lines for one token",
        )
    source = parse_source(argument, bare="refused", what=what)
    if source.kind == "stdin":
        take_stdin(runtime, for_what=what)
        return LineInput(cast("_Readable", runtime.stdin), "stdin", what)
    if source.kind == "file":
        return LineInput(cast("_Readable", open_for_reading(source.value, what=what)), source.label, what)
    return LineInput(io.BytesIO(read_bytes(source, runtime, cap=MAX_VARIABLE, what=what)), source.label, what)


def _resized(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same octets in pieces of one size but for the last."""
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= PIECE:
            whole = b"".join(held)
            even = length - length % PIECE
            yield from (whole[start : start + PIECE] for start in range(0, even, PIECE))
            held, length = [whole[even:]], length - even
    if length:
        yield b"".join(held)


def _descriptor_of(raw: _Readable) -> int | None:
    try:
        return cast("BinaryIO", raw).fileno()
    except (OSError, AttributeError, ValueError):
        return None
