"""The vocabulary a command answers in: a `Report`, and a handful of blocks.

A command never prints. It returns a Report, and a renderer decides what a terminal, a pipe or a script
sees. Strings in blocks may come from anywhere: the renderer escapes them. (Named tuples and no dataclasses:
a dataclass costs half a millisecond of every start, and `decode` counts in tens.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Mood = Literal["", "good", "bad", "warn", "dim", "name"]


class Headline(NamedTuple):
    """A verdict: one loud word and what it means (`NOT VALID  3 of 4 checks failed`)."""

    word: str
    text: str
    mood: Mood


class Row(NamedTuple):
    """One line of a table; `moods` colours the cells from the left, missing ones are plain."""

    cells: tuple[str, ...]
    moods: tuple[Mood, ...] = ()


class Table(NamedTuple):
    """Rows in aligned columns, without boxes; one blank line before and none after."""

    rows: tuple[Row, ...]


class Line(NamedTuple):
    """A sentence on a line of its own."""

    text: str
    mood: Mood = ""


class Hint(NamedTuple):
    """One thing to do next; printed as `hint: …`."""

    text: str


class Gap:
    """A blank line."""


Block = Headline | Table | Line | Hint | Gap


class Report(NamedTuple):
    """What a command has to say.

    `document` is the JSON document without `schema` and `ok`, or None for news on the way to it; `schema` is its name
    without a version, as in `verify`. `product` is what a pipe wants (a token, a key, a set): text gets a line break
    and goes to stdout, bytes go out as they are, but escaped on a terminal. `blocks` are for people: on stdout, or on
    stderr where `aside` is true (there is a product, or it went to a file). `quiet` replaces `blocks` under --quiet, a
    sentence or blocks. `notes` are remarks for stderr; the JSON document gets them as `notes`. `positive` is whether
    the answer is yes: exit 0 or 1. `private` says that the product is a private key or a secret: it never stands inside
    a document, and a terminal gets a word with it.
    """

    schema: str
    document: Mapping[str, Any] | None
    blocks: tuple[Block, ...] = ()
    product: str | bytes | None = None
    aside: bool = False
    quiet: str | tuple[Block, ...] | None = None
    notes: tuple[str, ...] = ()
    positive: bool = True
    private: bool = False


class Lines(NamedTuple):
    """Answers of `--lines`: whole lines for stdout, documents or bare values, also with --json.

    `aside` are sentences about some of them for stderr, left out under --quiet and --json. `positive` is whether every
    answer is yes.
    """

    text: bytes
    aside: tuple[str, ...] = ()
    positive: bool = True
