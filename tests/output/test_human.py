"""Blocks as lines: layout, and nothing in data that drives a terminal."""

from __future__ import annotations

import re
import unicodedata

import pytest

from jwtool.output.human import WIDEST_COLUMN, coloured, lay_out, plain
from jwtool.output.report import Block, Gap, Headline, Hint, Line, Mood, Row, Table

ANSI = re.compile("\x1b\\[[0-9;]*m")
MOODS: tuple[Mood, ...] = ("", "good", "bad", "warn", "dim", "name")


def rows(*cells: tuple[str, ...]) -> list[Block]:
    return [Table(tuple(Row(row) for row in cells))]


def test_every_block() -> None:
    blocks: list[Block] = [
        Headline("VALID", "2 checks passed", "good"),
        Headline("DONE", "", ""),
        Gap(),
        Line("a line"),
        Hint("type this"),
    ]
    assert plain(lay_out(blocks)) == "VALID  2 checks passed\nDONE\n\na line\nhint: type this\n"


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ([("a", "b"), ("long", "c")], "a     b\nlong  c\n"),
        ([("a", "bbb", "x"), ("a", "b", "y")], "a  bbb  x\na  b    y\n"),
        ([("a", "a last cell is not padded"), ("b", "x", "y")], "a  a last cell is not padded\nb  x  y\n"),
        ([("a", "", "x")], "a    x\n"),
        ([("a", "", "")], "a\n"),
        ([("",)], "\n"),
        ([()], "\n"),
        ([("w" * WIDEST_COLUMN, "x"), ("a", "y")], f"{'w' * WIDEST_COLUMN}  x\na{' ' * (WIDEST_COLUMN + 1)}y\n"),
        ([("w" * (WIDEST_COLUMN + 1), "x"), ("a", "y")], f"{'w' * (WIDEST_COLUMN + 1)}  x\na  y\n"),
        ([], ""),
    ],
)
def test_tables_are_aligned_without_boxes_and_trailing_blanks(cells: list[tuple[str, ...]], text: str) -> None:
    assert plain(lay_out(rows(*cells))) == text


def test_colour_changes_no_word() -> None:
    blocks: list[Block] = [
        *(Headline(mood or "plain", "text", mood) for mood in MOODS),
        *(Line(mood or "plain", mood) for mood in MOODS),
        Gap(),
        Table(tuple(Row((mood or "plain", "cell"), (mood, mood)) for mood in MOODS)),
        Hint("type this"),
    ]
    lines = lay_out(blocks)
    assert ANSI.sub("", coloured(lines)) == plain(lines)
    assert ANSI.findall(plain(lines)) == []


@pytest.mark.parametrize(
    ("mood", "codes"), [("good", "1;32"), ("bad", "1;31"), ("warn", "1;33"), ("dim", "2"), ("name", "36")]
)
def test_moods(mood: Mood, codes: str) -> None:
    assert coloured(lay_out([Line("x", mood)])) == f"\x1b[{codes}mx\x1b[0m\n"


def test_long_lines_are_not_wrapped() -> None:
    text = "word " * 100 + "end"
    assert ANSI.sub("", coloured(lay_out([Line(text, "bad")]))) == f"{text}\n"


def test_nothing_hostile_gets_through_in_any_block(hostile: str) -> None:
    blocks: list[Block] = [
        Headline(hostile, hostile, "bad"),
        Line(hostile, "warn"),
        Hint(hostile),
        Table((Row((hostile, hostile, "x"), ("name", "bad")),)),
    ]
    lines = lay_out(blocks)
    for text in (plain(lines), ANSI.sub("", coloured(lines))):
        assert text.count("\n") == len(lines)
        assert {unicodedata.category(character) for character in text.replace("\n", "")} <= {
            *("Ll", "Lu", "Nd", "Ps", "Pe", "Po", "Pd", "Sm", "Zs", "Pc"),
        }
        assert text.count("[bold red]a[/]") == 6
        assert text.count(":smile: \\[x]\\ud800\\udfff") == 6
        assert text.count("\\x1b") == 6
        assert text.count("\\u202e") == 6
        assert text.count("\\U000e0041") == 6
