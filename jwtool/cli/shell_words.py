"""A command line that is still being typed, taken apart as the shell would.

Shells hand their completion functions words that were split for the shell's own purposes: bash cuts at
`:`, `=` and `@`. So the scripts pass the line as it stands, up to the cursor, and it is read here.
"""

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_REDIRECTION = re.compile(r"(?:&>>?|(?:<<<|<<|<>|<&|<|>>|>&|>\||>)(?!\())")
_PLAIN = frozenset("_@%+=:,./-")
_SPECIAL_IN_DOUBLE_QUOTES = '$`"\\'


class Word:
    """One word: `raw` as typed, `literal` without quotes, `value` with `~` and exported variables replaced too.

    `quote` is the quote that is still open at its end, or empty. `start` is where in `raw` the part begins that
    bash wants replaced. `ends` has, for each character of `value`, the offset in `raw` behind it. `target` is
    true for the file of a redirection.
    """

    __slots__ = ("ends", "literal", "quote", "raw", "start", "target", "value")

    def __init__(self, text: str = "") -> None:
        self.raw = self.literal = self.value = text
        self.quote = ""
        self.start = 0
        self.ends = list(range(1, len(text) + 1))
        self.target = False

    def take(self, raw: str, literal: str, value: str | None = None) -> None:
        """Append what was typed, and what it means."""
        self.raw += raw
        self.literal += literal
        self.value += literal if value is None else value
        self.ends.extend([len(self.raw)] * (len(self.value) - len(self.ends)))

    def continued(self, rest: str) -> str:
        """`raw` with `rest` behind it, quoted so that the shell reads it as it stands in the open quote."""
        if self.quote == "'":
            return self.raw + rest.replace("'", "'\\''")
        if self.quote == '"':
            return self.raw + "".join(f"\\{c}" if c in _SPECIAL_IN_DOUBLE_QUOTES else c for c in rest)
        return self.raw + "".join(c if c.isalnum() or c in _PLAIN or c > "~" else f"\\{c}" for c in rest)


def split(line: str, environ: Mapping[str, str], *, breaks: str = "", fish: bool = False) -> list[Word]:
    """The words of `line`; the last is the one at the cursor, empty after a blank.

    `breaks` are the characters at which bash begins a new part of a word (COMP_WORDBREAKS). `fish` quotes knows
    two escapes inside single quotes. A substitution is kept as it was typed: nothing is run.
    """
    reader = _Reader(line, environ, breaks, fish=fish)
    while reader.at < len(line):
        reader.step()
    return [*reader.words, reader.word]


class _Reader:
    def __init__(self, line: str, environ: Mapping[str, str], breaks: str, *, fish: bool) -> None:
        self.line = line
        self.environ = environ
        self.breaks = breaks
        self.fish = fish
        self.at = 0
        self.words: list[Word] = []
        self.word = Word()
        self.before_quote = 0

    def step(self) -> None:
        word, rest = self.word, self.line[self.at :]
        char = rest[0]
        if char == "\\":
            self._escape(rest)
        elif word.quote:
            self._quoted(char)
        elif char in " \t\n":
            self._finish()
            self.at += 1
        elif char in "'\"":
            self.before_quote, word.quote = word.start, char
            self._take(char, "")
            word.start = len(word.raw)
        elif char in "$`(" or rest.startswith(("<(", ">(")):
            self._substitution(rest)
        elif match := _REDIRECTION.match(rest):
            self._redirection(match.group())
        elif char in ";|&":
            self.words, self.word = [], Word()
            self.at += 1
        elif char == "~" and not word.raw and rest[1:2] in {"", "/", " ", "\t", "\n"}:
            self._take(char, char, self.environ.get("HOME", char))
        else:
            self._take(char, char)
            if char in self.breaks:
                word.start = len(word.raw) - (char == "@")  # readline leaves the @ of a host name in the word

    def _take(self, raw: str, literal: str, value: str | None = None) -> None:
        self.word.take(raw, literal, value)
        self.at += len(raw)

    def _finish(self) -> None:
        if self.word.raw:
            self.words.append(self.word)
            self.word = Word()

    def _escape(self, rest: str) -> None:
        quote, following = self.word.quote, rest[1:2]
        escapes = {"": following, '"': _SPECIAL_IN_DOUBLE_QUOTES + "\n", "'": "'\\" if self.fish else ""}[quote]
        if not following and quote != "'":
            self.at += 1  # half an escape: as if it had not been typed
        elif following and following in escapes:
            self._take(f"\\{following}", "" if following == "\n" else following)
        else:
            self._take("\\", "\\")

    def _quoted(self, char: str) -> None:
        word = self.word
        if char == word.quote:
            self._take(char, "")
            word.quote, word.start = "", self.before_quote
        elif word.quote == '"' and char in "$`":
            self._substitution(self.line[self.at :])
        else:
            self._take(char, char)

    def _substitution(self, rest: str) -> None:
        if match := _VARIABLE.match(rest):
            name = match.group(1) or match.group(2)
            self._take(match.group(), match.group(), self.environ.get(name))
            return
        if rest[0] == "`":
            length = rest.find("`", 1) + 1 or len(rest)
        elif rest[0] == "(" or rest[1:2] == "(":
            length = _group_length(rest)
        else:
            length = 1
        self._take(rest[:length], rest[:length])

    def _redirection(self, operator: str) -> None:
        if self.word.raw.isdigit():
            self.word = Word()  # the number of a stream, as in 2>
        self._finish()
        self.word.target = True
        self.at += len(operator)
        while self.line[self.at : self.at + 1] in {" ", "\t"}:
            self.at += 1


def _group_length(text: str) -> int:
    """How far the parentheses reach that open at the beginning of `text`; all of it if they stay open."""
    depth = 0
    for index, char in enumerate(text):
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return index + 1
    return len(text)
