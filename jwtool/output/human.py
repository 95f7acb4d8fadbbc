"""Blocks as lines of text for people, the same words with and without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.quoting import printable
from jwtool.output.report import Gap, Headline, Hint, Line, Mood, Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jwtool.output.report import Block

Span = tuple[str, Mood]
WIDEST_COLUMN = 46  # a longer cell pushes the rest of its own row only
STYLES: dict[Mood, str] = {
    "": "",
    "good": "bold green",
    "bad": "bold red",
    "warn": "bold yellow",
    "dim": "dim",
    "name": "cyan",
}


def lay_out(blocks: Iterable[Block]) -> list[list[Span]]:
    """The blocks as lines, each a list of (text, mood). All text is escaped: no line can drive a terminal."""
    lines: list[list[Span]] = []
    for block in blocks:
        match block:
            case Headline(word, text, mood):
                lines.append([(printable(word), mood), (f"  {printable(text)}" if text else "", "")])
            case Line(text, mood):
                lines.append([(printable(text), mood)])
            case Hint(text):
                lines.append([("hint: ", "name"), (printable(text), "")])
            case Gap():
                lines.append([])
            case Table(rows):
                lines.extend(_lay_out_table(rows))
    return lines


def _lay_out_table(rows: Sequence[Row]) -> list[list[Span]]:
    cells = [[printable(cell) for cell in row.cells] for row in rows]
    widths: list[int] = []
    for row_cells in cells:
        for column, cell in enumerate(row_cells[:-1]):
            if column == len(widths):
                widths.append(0)
            if len(cell) <= WIDEST_COLUMN and any(row_cells[column + 1 :]):
                widths[column] = max(widths[column], len(cell))
    lines = []
    for row, row_cells in zip(rows, cells, strict=True):
        last = max((column for column, cell in enumerate(row_cells) if cell), default=-1)
        spans: list[Span] = []
        for column, cell in enumerate(row_cells[: last + 1]):
            mood = row.moods[column] if column < len(row.moods) else ""
            gap = "" if column == last else " " * (max(widths[column] - len(cell), 0) + 2)
            spans += [(cell, mood), (gap, "")]
        lines.append(spans)
    return lines


def plain(lines: Sequence[Sequence[Span]]) -> str:
    """The lines as plain text, each ended by a line break, without trailing blanks."""
    return "".join("".join(text for text, _ in spans).rstrip() + "\n" for spans in lines)


def coloured(lines: Sequence[Sequence[Span]]) -> str:
    """The same text with ANSI styles, by Rich; data is never read as markup.

    Its styles alone, without a Console, which would take a second for the members of the largest token.
    """
    from rich.color import ColorSystem
    from rich.style import Style

    styles = {mood: Style.parse(style) for mood, style in STYLES.items()}
    return "".join(
        "".join(styles[mood].render(text, color_system=ColorSystem.STANDARD) for text, mood in spans) + "\n"
        for spans in lines
    )
