"""Tally: this file is what adds up the answers, for `--summary` and for whoever interrupts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from jwtool.output.report import Gap, Headline, Report, Row, Table
from jwtool.output.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.operations.lines import Answered
    from jwtool.output.report import Block, Mood

MAX_NAMED = 1000  # names that are counted by themselves; whoever writes tokens can make up as many as he likes
SHOWN = 20
Respect = Literal["kids", "issuers"]


class Tally:
    """How many lines there were, how many said yes and no, and why; by key and by issuer, as the tokens name them."""

    def __init__(self) -> None:
        self.ok = self.failed = self.blank = 0
        self.reasons: Counter[str] = Counter()
        self.by: dict[Respect, dict[str | None, list[int]]] = {"kids": {}, "issuers": {}}
        self.others: dict[Respect, list[int]] = {"kids": [0, 0], "issuers": [0, 0]}
        self.interrupted = False

    def add(self, answered: Answered) -> None:
        """Count the answers of a chunk."""
        self.blank += answered.blank
        for said, number in answered.counts.items():
            if said.ok:
                self.ok += number
            else:
                self.failed += number
            for reason in said.reasons:
                self.reasons[reason] += number
            self._count("kids", said.kid, number, ok=said.ok)
            self._count("issuers", said.iss, number, ok=said.ok)

    def report(self, notes: tuple[str, ...], *, whole: bool, aside: bool) -> Report:
        """The summary, as one line or as the `whole` table."""
        line = self.line()
        blocks: tuple[Block, ...] = (self._headline(),)
        if whole:
            reasons = [(reason, str(number)) for reason, number in self.reasons.most_common()]
            blocks += (*_table(("reason", "lines"), reasons, ("", "bad")),)
            blocks += (*self._named("kids", "kid"), *self._named("issuers", "issuer"))
        quiet = None if whole else line
        return Report(
            "lines",
            self._document(),
            blocks=blocks,
            quiet=quiet if quiet is not None else blocks,
            aside=aside,
            notes=notes,
            positive=not self.failed,
        )

    def line(self) -> str:
        """The summary in one line: `5 lines: 3 ok, 2 failed, 1 blank`."""
        headline = self._headline()
        return f"{headline.word}  {headline.text}"

    def _headline(self) -> Headline:
        total = counted(self.ok + self.failed + self.blank, "line")
        blank = f", {self.blank} blank" if self.blank else ""
        so_far = " so far" if self.interrupted else ""
        return Headline(
            f"{total}{so_far}", f"{self.ok} ok, {self.failed} failed{blank}", "bad" if self.failed else "good"
        )

    def _count(self, respect: Respect, name: str | None, number: int, *, ok: bool) -> None:
        found = self.by[respect]
        counts = found.get(name)
        if counts is None:
            counts = found.setdefault(name, [0, 0]) if len(found) < MAX_NAMED else self.others[respect]
        counts[0 if ok else 1] += number

    def _document(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "lines": self.ok + self.failed + self.blank,
            "blank": self.blank,
            "passed": self.ok,
            "failed": self.failed,
            "reasons": dict(self.reasons.most_common()),
        }
        members: tuple[tuple[Respect, str], ...] = (("kids", "kid"), ("issuers", "iss"))
        for respect, member in members:
            named = [{member: name, "passed": counts[0], "failed": counts[1]} for name, counts in self._sorted(respect)]
            document[respect] = named
            passed, failed = self.others[respect]
            if passed or failed:
                document[f"other_{respect}"] = {"passed": passed, "failed": failed}
        if self.interrupted:
            document["interrupted"] = True
        return document

    def _sorted(self, respect: Respect) -> list[tuple[str | None, list[int]]]:
        return sorted(self.by[respect].items(), key=lambda one: -sum(one[1]))

    def _named(self, respect: Respect, title: str) -> list[Block]:
        rows = [("none" if name is None else name, *map(str, counts)) for name, counts in self._sorted(respect)]
        if sum(self.others[respect]):
            rows.append(("others", *map(str, self.others[respect])))
        return _table((title, "ok", "failed"), rows, ("", "good", "bad"))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], moods: tuple[Mood, ...]) -> list[Block]:
    if not rows:
        return []
    shown = [Row(row, moods) for row in rows[:SHOWN]]
    if len(rows) > SHOWN:
        shown.append(Row((f"and {len(rows) - SHOWN} more",), ("dim",)))
    return [Gap(), Table((Row(head, ("name", "dim", "dim")), *shown))]
