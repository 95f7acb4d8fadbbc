"""Text from outside, made fit for a message: nothing may drive a terminal, no secret is repeated.

`printable` makes any text harmless, `quote` puts a value into a message unless it looks like a secret,
`quote_public` does so for names that are published anyway.
"""

from __future__ import annotations

import re
from itertools import accumulate, pairwise

NOT_SHOWN = "that value (not shown: it looks like a token or a secret)"

_LIMIT = 64
_JUDGED = 4096  # characters that are judged; far more than are shown
_LONGEST_WORD = 120
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}

# Printable to Python, invisible to a person: Unicode's Default_Ignorable_Code_Point outside Cf, and the
# blank Braille pattern. A name could hide text in them.
_INVISIBLE = frozenset(
    {
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    }
)

# Patterns are compiled when they are first used: a run without a fault needs none of them.

# base64url of `{"`, `{ ` and `{` + line break, which every JWS, JWE and encoded JWK begins with.
_ENCODED_OBJECT = r"(?<![A-Za-z0-9])e(?:yJ|yAi|yAg|w0K|wo[gJi])[A-Za-z0-9_-]{4}"
_MARKS_OF_TOKENS = ("ey", "ew", ".", ",", "{")  # one of them is in all that these patterns find
_SEGMENTS = r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{10,}+\.[A-Za-z0-9_-]{2,}+\.[A-Za-z0-9_-]*"
_KEY_MEMBER = (
    r"""(?i)[{,]\s*+["'](?:kty|k|d|p|q|dp|dq|qi|oth|keys|private_key|password|token"""
    r"""|\w{0,20}_token|\w{0,20}secret)["']"""
)
_MARKED = (
    r"(?i)-----|\bBEGIN [A-Z ]{0,30}(?:KEY|CERTIFICATE)|\bssh-(?:rsa|ed25519)\b|\bbearer\s+\S|\bbasic\s+[a-z0-9+/_-]{8}"
    r"|\b(?:secret|hex|base64):(?!@|env:|-?$)|(?:secret|password|passphrase|token|bearer)=(?!@|env:|-?$)"
)
LONGEST_PATH = 255  # the name of a file stands at the end of its path
_WORD = r"[A-Za-z0-9+_=-]{24,}+"
_WORD_WITH_SLASHES = r"[A-Za-z0-9+/=]{24,}+"
_PATH = r"(?s)@?(?:[A-Za-z]:)?[~.]{0,2}[/\\][^+=]*"  # base64 may begin with a slash too
_URL = r"(?is)\b(https?:[/\\]*|[a-z][a-z0-9+.-]{1,20}:[/\\]+)(.*)"
_UUID = r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# A piece of a natural name: letters of one case or capitalised, with a vowel, without a pile of consonants.
_PIECE = r"[A-Z]?[a-z]{2,}|[A-Z]{3,}(?![a-z])|[A-Z]{2,}(?=[A-Z][a-z])"
_NATURAL = r"(?i)(?=.{3})(?=.*[aeiouy])(?!.*[^aeiouy]{5})(?!.*[aeiou]{4})"

# Measured on 29,000 names in Python sources and on random text of 24 characters and more: names lie outside
# these bounds but for one in fifty, random base64, base64url and hex inside but for one in two hundred.
_NATURAL_SHARE = 0.65
_RESTLESS = 0.12
_RESTLESS_WITH_SLASHES = 0.5


def printable(text: str, *, keep: str = "") -> str:
    r"""`text` with every character escaped that a person can't see or a terminal might obey.

    These become \n, \t, \r, \xNN, \uNNNN or \UNNNNNNNN: Unicode's Cc, Cf, Cs, Co, Cn, Zl, Zp, every blank
    but the space, and what is invisible by default. Characters of `keep` stay as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if character in keep else _escape(character) for character in text)


def quote(value: str, *, limit: int = _LIMIT) -> str:
    """`value` in single quotes for a message: escaped, cut to `limit` characters.

    What looks like a token, a key or a secret is not shown: NOT_SHOWN stands for it. Of a URL, user
    information, query and fragment are left out; of a path, words that look random.
    """
    judged = re.sub(_URL, _without_secret_parts, value[:_JUDGED])
    if _looks_like_token(judged) or re.search(_MARKED, judged):
        return NOT_SHOWN
    if re.search(_URL, judged):
        return NOT_SHOWN if _looks_random(re.sub(_URL, " ", judged)) else _quoted(judged, limit)
    if re.fullmatch(_PATH, judged):
        return _quoted(re.sub(_WORD, _without_random_word, judged), max(limit, LONGEST_PATH))
    if _looks_random(judged) or (len(judged) > _LONGEST_WORD and not re.search(r"[\s/\\]", judged)):
        return NOT_SHOWN
    return _quoted(judged, limit)


def quote_public(value: str, *, limit: int = _LIMIT) -> str:
    """`value` in single quotes, for what is published anyway, such as a `kid` or a thumbprint.

    As `quote`, but a random word is shown; a token or a key still is not.
    """
    judged = value[:_JUDGED]
    if _looks_like_token(judged) or "-----" in judged:
        return NOT_SHOWN
    return _quoted(judged, limit)


def _escape(character: str) -> str:
    if character.isprintable() and ord(character) not in _INVISIBLE:
        return character
    if character in _ESCAPES:
        return _ESCAPES[character]
    number = ord(character)
    if number <= 0xFF:  # noqa: PLR2004  what two hexadecimal digits hold
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004  four digits


def _quoted(value: str, limit: int) -> str:
    """Escape, then cut between two escapes, so that a cut one can't mislead."""
    pieces = [printable(character) for character in value[: limit + 1]]
    if sum(map(len, pieces)) <= limit:
        return f"'{''.join(pieces)}'"
    kept = [beginning for beginning in accumulate(pieces, initial="") if len(beginning) < limit]
    return f"'{kept[-1]}…'"


def _looks_like_token(value: str) -> bool:
    """Whether `value` holds a JWS, a JWE, or a JWK."""
    if not any(mark in value for mark in _MARKS_OF_TOKENS):  # a kid mostly: compiling the patterns costs more
        return False
    if re.search(_ENCODED_OBJECT, value) or re.search(_KEY_MEMBER, value):
        return True
    return any(_looks_random(match[0]) for match in re.finditer(_SEGMENTS, value))


def _looks_random(value: str) -> bool:
    return _is_random_base64(value) or any(_is_random_word(match[0]) for match in re.finditer(_WORD, value))


def _is_random_word(word: str) -> bool:
    """Whether little of `word` reads as a name, and letters, capitals and digits alternate."""
    natural = sum(len(piece[0]) for piece in re.finditer(_PIECE, word) if re.match(_NATURAL, piece[0]))
    return natural < _NATURAL_SHARE * sum(map(str.isalnum, word)) and _restlessness(word) >= _RESTLESS


def _is_random_base64(value: str) -> bool:
    """Whether a run of the standard alphabet, slashes included, is too restless for a path."""
    return any(_restlessness(match[0]) >= _RESTLESS_WITH_SLASHES for match in re.finditer(_WORD_WITH_SLASHES, value))


def _restlessness(word: str) -> float:
    """How many neighbours differ in class (lower, upper, digit), over the length.

    Random base64 has 0.6, random hex and base36 0.4 to 0.5, camel case 0.35, names with numbers under 0.2.
    """
    classes = ["d" if c.isdigit() else "u" if c.isupper() else "l" if c.islower() else "" for c in word]
    changes = sum(1 for left, right in pairwise(classes) if left and right and left != right)
    return changes / len(word)


def _without_secret_parts(match: re.Match[str]) -> str:
    """Cut user information, query and fragment, and whatever in the path looks random but a UUID."""
    scheme, rest = match[1], match[2]
    authority = re.split(r"[/\\?#]", rest, maxsplit=1)[0]
    if "@" in rest and ("@" in authority or ":" in authority):  # a password may itself hold / ? # @
        rest = f"…@{rest.rpartition('@')[2]}"
    path = re.split(r"[?#]", rest, maxsplit=1)[0]
    cut = f"{rest[len(path)]}…" if len(path) < len(rest) else ""
    return scheme + re.sub(_WORD, _without_random_word, path) + cut


def _without_random_word(match: re.Match[str]) -> str:
    return "…" if _is_random_word(match[0]) and not re.fullmatch(_UUID, match[0]) else match[0]
