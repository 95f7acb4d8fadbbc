"""What is wrong with a text that is not JSON, in words for the person who wrote it.

Looks at the place where the decoder stopped, and never repeats what stands there.
"""

from __future__ import annotations

_BLANKS = " \t\r\n"
_CURLY_QUOTES = ("\u2018", "\u2019", "\u201c", "\u201d", "\u201e", "\u00ab", "\u00bb")
_FOREIGN_WORDS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("'",), "a single quote", "JSON strings take double quotes"),
    (_CURLY_QUOTES, "a typographic quote", "JSON strings take plain double quotes"),
    (("//", "/*", "#"), "a comment", "JSON has no comments"),
    (("True", "False", "None"), "a word of Python", "JSON writes true, false and null"),
    (("undefined",), "a word of JavaScript", "JSON writes null"),
    (("+", "."), "a number that JSON doesn't know", "a number begins and ends with a digit, but for a minus before it"),
)

Fault = tuple[int, str, str | None]


def explain(text: str, position: int, decoder_message: str) -> Fault:
    """The offset at which `text` is wrong, the kind of fault, and a hint or None.

    `position` and `decoder_message` are those of json.JSONDecodeError; the message only tells apart the
    faults inside a string, whose wording has been the same since Python 3.5.
    """
    inside = _inside_a_string(text, position, decoder_message)
    if inside is not None:
        return inside
    comma = _trailing_comma(text, position)
    if comma is not None:
        return comma, "trailing comma", "remove the comma before the closing bracket"
    rest = text[position : position + 9]
    if not rest.strip(_BLANKS):
        return position, "it ends too early", None
    word = _foreign_word(rest)
    if word is not None:
        return position, word[0], word[1]
    return position, _expectation(decoder_message, text, position), None


def _inside_a_string(text: str, position: int, message: str) -> Fault | None:
    if message.startswith("Unterminated string"):
        return position, "a string without its closing quote, opened", None
    if message.startswith("Invalid control character"):
        if text[position : position + 1] in "\r\n":
            return position, "a line break inside a string", "write a line break inside a string as \\n"
        return position, "a control character inside a string", None
    if message.startswith("Invalid \\"):
        return position, "an escape that JSON doesn't know", "write a backslash as \\\\"
    return None


def _trailing_comma(text: str, position: int) -> int | None:
    """The offset of a comma between a value and a closing bracket; older decoders stop at the bracket."""
    head, tail = text[:position], text[position:]
    if tail.startswith(","):
        tail = tail[1:].lstrip(_BLANKS)
    else:
        head = head.rstrip(_BLANKS)
        if not head.endswith(","):
            return None
        head = head[:-1]
    value = head.rstrip(_BLANKS)
    has_value = value and not value.endswith(("[", "{", ",", ":"))
    return len(head) if has_value and tail.startswith(("]", "}")) else None


def _foreign_word(rest: str) -> tuple[str, str | None] | None:
    """Recognise what other languages write where JSON wants something else."""
    return next(((reason, hint) for words, reason, hint in _FOREIGN_WORDS if rest.startswith(words)), None)


def _expectation(message: str, text: str, position: int) -> str:
    if message.startswith("Extra data"):
        return _leading_zero(text, position) or "something after the end of the JSON value"
    if message.startswith("Expecting property name"):
        return "a member name without double quotes"
    if message.startswith("Expecting ':'"):
        return "no ':' after a member name"
    if message.startswith("Expecting ','"):
        return _leading_zero(text, position) or "no ',' or closing bracket"
    return "no JSON value"


def _leading_zero(text: str, position: int) -> str | None:
    if text[position].isdigit() and text[:position].endswith("0"):
        return "a number with a leading zero"
    return None
