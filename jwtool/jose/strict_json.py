"""Strict JSON: UTF-8 only, unique member names, finite numbers, bounded depth (RFC 8259, RFC 7515 §4).

The one way in for every header, payload, key and key set. Two parsers that read one text differently are
an attack, so whatever another could read otherwise is refused here. Size is the caller's to bound; time
and memory are linear in it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from json.scanner import make_scanner
from typing import TYPE_CHECKING, NoReturn

from jwtool.jose.errors import (
    BadJson,
    BadUtf8,
    ClaimsMalformed,
    DuplicateMember,
    InputError,
    JsonBadNumber,
    JsonTooDeep,
)
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from typing import Any

    JsonValue = Any  # any JSON value: what it is must be asked before it is used

MAX_DEPTH = 64
MAX_NUMBER_DIGITS = 40

_BYTE_ORDER_MARK = "\ufeff"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

# Possessive, and with every closing part optional: it never backtracks and never fails once it has begun,
# so a text full of quotes and backslashes costs one pass.
_STRING = r'(?s)"[^"\\]*+(?:\\.?[^"\\]*+)*+"?'
_NO_LONE_SURROGATE = r"(?s)(?:[^\\]++|\\(?:[^u]|u(?:[^dD]|[dD][0-7]|[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F])))*+"


def parse(data: bytes | str, *, what: str = "the text") -> JsonValue:
    """The JSON value that `data` holds; `what` names it in messages ("the header").

    Raises BadUtf8 (also for a byte order mark, UTF-16, UTF-32 and lone surrogates, written out or as
    escapes), BadJson with line, column and the kind of fault, DuplicateMember, JsonTooDeep (over 64) and
    JsonBadNumber (NaN, infinities, over 40 digits). No other exception, and no message repeats content
    but the name of a repeated member.
    """
    text = _text_of(data, what)
    _check_depth(text, what)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as fault:
        raise _bad_json(text, fault, what) from None
    except _Refused as refused:
        raise refused.as_error(what) from None
    if "\\ud" in text or "\\uD" in text:
        _check_surrogates(text, what)
    return value


def parse_object(data: bytes | str, *, what: str = "the text") -> dict[str, JsonValue]:
    """The JSON object that `data` holds. Raises as `parse` does, and BadJson for any other value."""
    value = parse(data, what=what)
    if not isinstance(value, dict):
        raise BadJson(f"{what} is {kind_of(value)}, wanted a JSON object")
    return value


def parse_claims(text: str) -> dict[str, JsonValue] | None:
    """`parse_object` for text that is UTF-8, and faster for an object as most claims are; None where it would raise.

    Without escapes a quotation mark begins or ends a string, and nothing else: if there are twice as many as members
    and strings have come out, no member stood there twice. Whatever is nested, has a fraction, or is long goes the
    usual way.
    """
    if "\\" not in text:
        try:
            value, end = _PLAIN(text, 0)
        except (ValueError, StopIteration, RecursionError):
            value, end = None, 0
        if end == len(text) and type(value) is dict and _is_plain(value, text.count('"')):
            return value
    try:
        return parse_object(text)
    except InputError:
        return None


def _is_plain(members: dict[str, JsonValue], marks: int) -> bool:
    """Whether only strings, lists of strings and bounded whole numbers are there, in `marks` quotation marks."""
    strings = len(members)
    for value in members.values():
        kind = type(value)
        if kind is str:
            strings += 1
        elif kind is int:
            if not -_LARGEST < value < _LARGEST:
                return False
        elif kind is list:
            if not all(type(one) is str for one in value):
                return False
            strings += len(value)
        elif kind is float or kind is dict:
            return False
    return strings * 2 == marks


def dump(value: JsonValue, *, indent: int | str | None = None) -> str:
    """JSON for a document or a person: ASCII only, compact unless `indent` says otherwise."""
    if indent is None:
        return _ENCODER.encode(value)
    return json.dumps(value, indent=indent, separators=(",", ": "), allow_nan=False)


def encode_compact(value: JsonValue) -> bytes:
    """The UTF-8 JSON that is signed: no blanks, nothing escaped that need not be.

    Raises ClaimsMalformed for whatever `parse` would refuse to read back: NaN, infinities, numbers of over
    40 digits, lone surrogates, a depth over 64.
    """
    try:
        data = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
        parse(data, what="the JSON to be signed")
    except InputError as error:
        raise ClaimsMalformed(error.message) from None
    except UnicodeEncodeError:
        raise ClaimsMalformed("the JSON to be signed has a lone surrogate in a string") from None
    except RecursionError:
        raise ClaimsMalformed(f"the JSON to be signed is nested deeper than {MAX_DEPTH} levels") from None
    except (TypeError, ValueError):
        raise ClaimsMalformed("the JSON to be signed has a value that JSON can't hold") from None
    return data


def equal(first: JsonValue, second: JsonValue) -> bool:
    """Whether two JSON values are equal: 1 is 1.0, true is not 1, the order of members is nothing."""
    pending = [(first, second)]
    while pending:
        left, right = pending.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            if left.keys() != right.keys():
                return False
            pending.extend((member, right[name]) for name, member in left.items())
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            pending.extend(zip(left, right, strict=True))
        elif kind_of(left) != kind_of(right) or left != right:
            return False
    return True


def kind_of(value: JsonValue) -> str:
    """What a JSON value is, for messages: "a string", "a number", "an object"…"""
    if isinstance(value, bool):
        return "a boolean"
    if value is None:
        return "null"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, int | float):
        return "a number"
    return "an object" if isinstance(value, dict) else "a list"


class _Refused(Exception):
    """Raised inside the decoder, where the name of the text is not known."""

    def __init__(self, error: type[InputError], reason: str) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason

    def as_error(self, what: str) -> InputError:
        return self.error(f"{what} {self.reason}")


def _text_of(data: bytes | str, what: str) -> str:
    """The text of `data`, if it is UTF-8 without a byte order mark."""
    if isinstance(data, str):
        try:
            data.encode("utf-8")
        except UnicodeEncodeError as fault:
            raise BadUtf8(f"{what} is not UTF-8: a lone surrogate at offset {fault.start}") from None
        text = data
    else:
        if data.startswith(_UTF16_MARKS) or b"\x00" in data[:2]:
            raise BadUtf8(f"{what} is not UTF-8: it is UTF-16 or UTF-32", hint="save it as UTF-8")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise BadUtf8(f"{what} is not UTF-8: an invalid byte at offset {fault.start}") from None
    if text.startswith(_BYTE_ORDER_MARK):
        raise BadUtf8(f"{what} begins with a byte order mark", hint="save it as UTF-8 without one")
    return text


def _check_depth(text: str, what: str) -> None:
    """Raise JsonTooDeep before the decoder could recurse so deep.

    Where the text is broken the count may be off, but never too low for the part that the decoder reads
    before it stops: up to there, strings and brackets are what they seem.
    """
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for character in re.sub(r"[^][{}]++", "", re.sub(_STRING, "", text)):
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise JsonTooDeep(f"{what} is nested deeper than {MAX_DEPTH} levels")
        else:
            depth -= 1


def _check_surrogates(text: str, what: str) -> None:
    """Raise BadUtf8 for an escape of half a character: it has no UTF-8 (RFC 8259 §8.2)."""
    match = re.match(_NO_LONE_SURROGATE, text)
    if match is not None and match.end() < len(text):
        raise BadUtf8(f"{what} has an escaped lone surrogate at offset {match.end()}")


def _bad_json(text: str, fault: json.JSONDecodeError, what: str) -> BadJson:
    from jwtool.jose.json_faults import explain

    position, reason, hint = explain(text, fault.pos, fault.msg)
    if not text.strip():
        return BadJson(f"{what} is empty, wanted JSON")
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return BadJson(f"{what} is not JSON: {reason} at line {line}, column {column}", hint=hint)


def _unique_members(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        counts = Counter(name for name, _value in pairs)
        repeated = next(name for name, count in counts.items() if count > 1)
        raise _Refused(DuplicateMember, f"has the member {quote(repeated)} twice")
    return members


def _bounded_int(text: str) -> int:
    _check_digits(text)
    return int(text)


def _bounded_float(text: str) -> float:
    _check_digits(text)
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Refused(JsonBadNumber, "has a number that is too large for a double")
    return number


def _check_digits(text: str) -> None:
    """Mantissa and exponent count together: both cost, and neither helps a time or a counter."""
    if len(text) > MAX_NUMBER_DIGITS and sum(map(str.isdigit, text)) > MAX_NUMBER_DIGITS:
        raise _Refused(JsonBadNumber, f"has a number of more than {MAX_NUMBER_DIGITS} digits")


def _refuse_constant(name: str) -> NoReturn:
    raise _Refused(JsonBadNumber, f"has {name}, which is no JSON number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_members,
    parse_int=_bounded_int,
    parse_float=_bounded_float,
    parse_constant=_refuse_constant,
)
_PLAIN = make_scanner(json.JSONDecoder())  # type: ignore[arg-type]  # typeshed has this wrong
_LARGEST = 10**MAX_NUMBER_DIGITS
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
