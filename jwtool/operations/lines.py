"""Many answers, a line each: this file is the loop over the lines of a chunk, and what they have in common.

A judge answers whole chunks, so that a process of its own can be given one, and the answer of one line costs
microseconds. It can be pickled, and holds what the keys are, but nothing that was made of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import strict_json
from jwtool.jose.errors import InputTooLarge, JwtoolError
from jwtool.jose.quoting import printable
from jwtool.output.json import VERSION, error_document
from jwtool.sources.files import describe_size
from jwtool.sources.token_input import MAX_INPUT, MISSING, decode_text, look_up, tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jwtool.sources.token_input import Tidied

MAX_LINE = MAX_INPUT
LONGEST_NAME = 256  # characters of a kid or an issuer that are counted under it
NO_FIELD = "claim_missing"  # the reason of a token that is good, but has nothing for -f
RECORD = "record"  # the member that holds what --keep kept of a log record


class Chunk(NamedTuple):
    """Whole lines: `first` is the number of the first one, `at` the moment at which they are judged, in Unix seconds.

    `overlong` says that it stands for one line, and that this was too long to be read.
    """

    first: int
    data: bytes
    at: int
    overlong: bool = False


class Counted(NamedTuple):
    """What is counted of an answer: yes or no, the codes of its reasons, `kid` and `iss` as the token says them."""

    ok: bool
    reasons: tuple[str, ...] = ()
    kid: str | None = None
    iss: str | None = None


class Answered(NamedTuple):
    """The answers of a chunk: what goes to stdout and to stderr, how many lines were blank, how many said what."""

    text: bytes
    aside: tuple[str, ...]
    blank: int
    counts: Mapping[Counted, int]


class Wanted(NamedTuple):
    """What the command line asks of each line.

    `member` picks the token in a record, `keep` the members of the record that stand in the answer too. `only` leaves
    out the answers that are not "ok", or not "failed"; `silent` all of them. `bare` gives values in place of documents,
    those of -f if there is a `field`. `exit_code` gives the exit code of an error.
    """

    exit_code: Callable[[JwtoolError], int]
    member: str | None = None
    keep: tuple[str, ...] = ()
    only: str | None = None
    silent: bool = False
    field: str | None = None
    bare: bool = False


class Judge:
    """Answers lines. What an answer is, the three that inherit from it say in `answer`."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.at = 0
        self._aside: list[str] = []
        self._counts: dict[Any, int] = {}  # by the members of Counted

    def judge(self, chunk: Chunk) -> Answered:
        """The answers of all lines, in order."""
        self._aside, self._counts, blank = [], {}, 0
        if chunk.at != self.at:
            self.at = chunk.at
            self.forget()
        if chunk.overlong:
            said = InputTooLarge(f"the line holds more than {describe_size(MAX_LINE)}")
            texts = [self.refuse(said, chunk.first)]
        else:
            texts, answer = [], self.answer
            lines = chunk.data.split(b"\n")
            if not lines[-1]:
                lines.pop()
            for number, line in enumerate(lines, chunk.first):
                bare = line.strip()
                if bare:
                    texts.append(answer(bare, number))
                else:
                    blank += 1
        counts = {Counted(*counted): number for counted, number in self._counts.items()}
        return Answered("".join(texts).encode("ascii", "backslashreplace"), tuple(self._aside), blank, counts)

    def forget(self) -> None:
        """The moment has changed: forget what was kept for another."""

    def answer(self, line: bytes, number: int) -> str:
        """What stands on stdout for a line that is not blank, with its line break; nothing, or a document."""
        raise NotImplementedError

    def take(self, line: bytes) -> Tidied:
        """The token in the line. Raises an InputError as for a token alone."""
        return tidy(decode_text(line, "the line"), member=self.wanted.member)

    def kept(self, tidied: Tidied) -> dict[str, Any]:
        """The members of the record that are to be kept, as a part of the document."""
        record = tidied.record
        if not self.wanted.keep or record is None:
            return {}
        found = {name: look_up(name, record) for name in self.wanted.keep}
        return {RECORD: {name: value for name, value in found.items() if value is not MISSING}}

    def count(self, ok: bool, reasons: tuple[str, ...] = (), kid: object = None, iss: object = None) -> bool:  # noqa: FBT001  the hot path
        """Count an answer; whether it is to be written."""
        kid = kid[:LONGEST_NAME] if isinstance(kid, str) else None
        iss = iss[:LONGEST_NAME] if isinstance(iss, str) else None
        counted = (ok, reasons, kid, iss)
        self._counts[counted] = self._counts.get(counted, 0) + 1
        wanted = self.wanted
        return not wanted.silent and (wanted.only is None or (wanted.only == "ok") == ok)

    def document(self, schema: str, number: int, document: Mapping[str, Any], *, ok: bool) -> str:
        """The line for stdout: the document of the command, with the number of the line."""
        return f"{strict_json.dump({'schema': f'jwtool.{schema}/{VERSION}', 'ok': ok, 'line': number, **document})}\n"

    def refuse(self, error: JwtoolError, number: int, kept: Mapping[str, Any] | None = None) -> str:
        """The answer for a line that can't be read: no, with the reason that the command would give for it alone."""
        if not self.count(False, (error.code,)):
            return ""
        if self.raw:
            self.say(number, error.message)
            return ""
        whole = error_document(error, self.wanted.exit_code(error))
        document = {"schema": whole["schema"], "ok": False, "line": number, "error": whole["error"], **(kept or {})}
        return f"{strict_json.dump(document)}\n"

    @property
    def raw(self) -> bool:
        """Whether stdout gets bare values, and reasons go to stderr."""
        return self.wanted.bare

    def say(self, number: int, sentence: str) -> None:
        """One sentence about a line for stderr."""
        self._aside.append(f"line {number}: {printable(sentence)}")
