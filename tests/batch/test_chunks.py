"""`jwtool.batch.chunks`: whole lines, each with its physical number, whatever the pieces."""

from __future__ import annotations

import random
from itertools import count
from typing import TYPE_CHECKING

import pytest

from jwtool.batch.chunks import chunks
from jwtool.operations.lines import MAX_LINE, Chunk

if TYPE_CHECKING:
    from collections.abc import Sequence


def cut(pieces: Sequence[bytes]) -> list[Chunk]:
    supply = iter(pieces)
    return list(chunks(lambda: next(supply, b""), lambda: 7))


def numbered(found: Sequence[Chunk]) -> list[tuple[int, bytes | None]]:
    """Every line with its number; None for one that is too long."""
    lines: list[tuple[int, bytes | None]] = []
    for chunk in found:
        if chunk.overlong:
            lines.append((chunk.first, None))
            continue
        parts = chunk.data.split(b"\n")
        lines += list(enumerate(parts if parts[-1] else parts[:-1], chunk.first))
    return lines


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([], []),
        ([b"\n"], [(1, b"")]),
        ([b"a"], [(1, b"a")]),
        ([b"a\n"], [(1, b"a")]),
        ([b"a\nb"], [(1, b"a"), (2, b"b")]),
        ([b"a", b"b", b"\n", b"c\n\nd"], [(1, b"ab"), (2, b"c"), (3, b""), (4, b"d")]),
        ([b"a\r\nb\rc\x0bd\x85\n"], [(1, b"a\r"), (2, b"b\rc\x0bd\x85")]),
    ],
)
def test_lines_and_their_numbers(pieces: list[bytes], lines: list[tuple[int, bytes]]) -> None:
    assert numbered(cut(pieces)) == lines


def test_any_pieces_give_the_same_lines() -> None:
    rng = random.Random(1)
    lines = [bytes(rng.choices(b"ab \r", k=rng.randrange(9))) for _ in range(500)]
    text = b"\n".join(lines)
    for _ in range(50):
        places = sorted(rng.sample(range(len(text)), 20))
        pieces = [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]
        found = numbered(cut([piece for piece in pieces if piece]))
        assert found == [(number, line) for number, line in enumerate(lines, 1) if number < 500 or line]


@pytest.mark.parametrize("size", [1000, 64 * 1024, 256 * 1024])
def test_a_line_of_the_greatest_length_is_read_and_a_longer_one_is_not(size: int) -> None:
    for more, line in ((0, b"x" * MAX_LINE), (1, None)):
        text = b"a\n" + b"x" * (MAX_LINE + more) + b"\nb\n"
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        assert numbered(cut(pieces)) == [(1, b"a"), (2, line), (3, b"b")]


def test_an_endless_line_holds_no_memory() -> None:
    """A bomb of one line: what is skipped is forgotten at once."""
    import tracemalloc

    piece, number = b"x" * 256 * 1024, count()
    tracemalloc.start()
    found = list(chunks(lambda: piece if next(number) < 2000 else b"", lambda: 0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [Chunk(1, b"", 0, overlong=True)]
    assert peak < 4 * MAX_LINE


def test_each_chunk_has_the_moment_at_which_it_was_read() -> None:
    clock = count(100)
    supply = iter([b"a\n", b"b\n"])
    assert [chunk.at for chunk in chunks(lambda: next(supply, b""), lambda: next(clock))] == [100, 101]
