"""Fuzz the strict parser and base64url: what is accepted means the same to Python's own lax readers.

This file is a harness: `check` takes any octets and raises AssertionError for a finding. `run.py` drives it.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from typing import Any

from jwtool.jose import base64url, strict_json, token
from jwtool.jose.errors import (
    BadBase64url,
    BadJson,
    BadUtf8,
    DuplicateMember,
    InputError,
    JsonBadNumber,
    JsonTooDeep,
    JwtoolError,
)

LONGEST = 2048
WORD = re.compile(rb"[A-Za-z0-9_-]*")
PAYLOAD_CODES = {"payload_not_claims", "bad_utf8", "duplicate_member", "json_too_deep", "json_bad_number"}


def check(data: bytes) -> None:
    """Judge one input by every oracle there is for it."""
    check_json(data)
    check_base64url(data)
    check_payload(data)


def check_json(data: bytes) -> None:
    """Accepted is what json.loads accepts, to the same value, but for the five things that are refused by name."""
    try:
        value = strict_json.parse(data)
    except InputError as error:
        check_words(error)
        check_refusal(data, error)
        return
    text = data.decode("utf-8")
    assert strict_json.parse(text) == value
    assert same(json.loads(text), value)
    assert json.loads(text, object_pairs_hook=Counted).repeated == 0 if text.lstrip().startswith("{") else True
    written = strict_json.encode_compact(value)
    assert same(strict_json.parse(written), value)
    assert strict_json.encode_compact(strict_json.parse(written)) == written
    for indent in (None, 2):
        shown = strict_json.dump(value, indent=indent)
        assert shown.isascii()
        assert same(strict_json.parse(shown), value)
    assert strict_json.equal(value, value)
    assert strict_json.equal(json.loads(text), value)


class Counted(dict[str, Any]):
    """An object that knows how many members of it and in it were said twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        inner = [value for _name, value in pairs]
        self.repeated = len(pairs) - len(self)
        while inner:
            value = inner.pop()
            if isinstance(value, list):
                inner += value
            elif isinstance(value, Counted):
                self.repeated += value.repeated


def check_refusal(data: bytes, error: InputError) -> None:
    """A refusal has the reason that it says; what Python's reader takes is refused for one of five reasons only."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        assert isinstance(error, BadUtf8)
        return
    numbers: list[str] = []
    try:
        value = json.loads(text, object_pairs_hook=Counted, parse_constant=numbers.append, parse_int=numbers.append)
    except (ValueError, RecursionError):
        assert isinstance(error, BadJson | JsonTooDeep | DuplicateMember | JsonBadNumber | BadUtf8)
        return
    match error:
        case DuplicateMember():
            assert repeated_members(value) > 0
        case JsonTooDeep():
            assert depth_of(value) > strict_json.MAX_DEPTH
        case JsonBadNumber():
            assert re.search(r"NaN|Infinity|[0-9][eE]|[0-9]{40}", text) or re.search(r"[0-9.]{42}", text)
        case BadUtf8():
            assert "\0" in text[:2] or re.search(r"\\u[dD][89a-fA-F]", text)
        case _:
            raise AssertionError(f"{type(error).__name__} for what Python reads")


def repeated_members(value: object) -> int:
    """How many members of any object inside stand twice."""
    if isinstance(value, list):
        return sum(map(repeated_members, value))
    return value.repeated if isinstance(value, Counted) else 0


def depth_of(value: object) -> int:
    """How many brackets are open at the innermost place; flat for what is not nested."""
    depth, level = 0, [value]
    while level := [
        inner
        for one in level
        if isinstance(one, dict | list)
        for inner in (None, *(one.values() if isinstance(one, dict) else one))
    ]:
        depth += 1
    return depth


def same(first: object, second: object) -> bool:
    """Equality that tells 1 from 1.0 and from true, and -0.0 from 0.0; members keep their order."""
    return repr(first) == repr(second)


def check_words(error: JwtoolError) -> None:
    """A message is one printable line of no great length."""
    assert error.message.isprintable()
    assert len(error.message) < 300
    assert error.hint is None or (error.hint.isprintable() and len(error.hint) < 300)


def check_base64url(data: bytes) -> None:
    """Accepted is exactly what Python writes when it encodes what it decodes."""
    text = data[:512]
    lax = base64.urlsafe_b64decode(text + b"==") if WORD.fullmatch(text) and len(text) % 4 != 1 else None
    is_canonical = lax is not None and base64.urlsafe_b64encode(lax).rstrip(b"=") == text
    for form in (text, text.decode("latin-1")):
        try:
            octets = base64url.decode(form)
        except BadBase64url as error:
            check_words(error)
            assert not is_canonical
        else:
            assert is_canonical
            assert octets == lax
            assert base64url.encode(octets).encode() == text


def check_payload(data: bytes) -> None:
    """A payload has claims or a fault with a documented code, never both."""
    claims, fault = token.read_claims(data)
    assert (claims is None) != (fault is None)
    if fault is not None:
        assert fault.code in PAYLOAD_CODES
        assert fault.message.isprintable()
    else:
        assert claims == strict_json.parse_object(data)
    assert Counter(map(type, (claims or {}).keys())).keys() <= {str}
