"""Chunks: this file is what cuts a stream into whole lines, a quarter of a megabyte at a time, each with its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.operations.lines import MAX_LINE, Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def chunks(read: Callable[[], bytes], now: Callable[[], int]) -> Iterator[Chunk]:
    """The lines that `read` gives piece by piece, to be judged at the moment at which they were read.

    Lines end with a line feed, the last one perhaps without. One that is longer than MAX_LINE is skipped to its end,
    and a chunk of its own says so; no more than that is ever held.
    """
    number = 1
    held: list[bytes] = []  # the beginning of a line, without an end yet
    length, skipping = 0, False
    while piece := read():
        cut = piece.rfind(b"\n") + 1
        first = piece.find(b"\n") + 1
        if cut and length + first - 1 > MAX_LINE and not skipping:
            skipping = True
        if cut and skipping:
            yield Chunk(number, b"", now(), overlong=True)
            number += 1
            held, length, skipping = [], 0, False
            piece, cut = piece[first:], cut - first
        if cut:
            data = b"".join((*held, piece[:cut]))
            yield Chunk(number, data, now())
            number += data.count(b"\n")
            held, length = [], 0
        if rest := piece[cut:]:
            length += len(rest)
            if length > MAX_LINE:
                held, skipping = [], True
            else:
                held.append(rest)
    if skipping:
        yield Chunk(number, b"", now(), overlong=True)
    elif held:
        yield Chunk(number, b"".join(held), now())
