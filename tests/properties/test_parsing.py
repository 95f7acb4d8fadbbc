from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from jwtool.jose import base64url, numeric_date, strict_json, token
from jwtool.jose.errors import BadBase64url, DurationMalformed, HeaderBadType, InputError
from jwtool.jose.quoting import LONGEST_PATH, NOT_SHOWN, printable, quote, quote_public

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ANY_TEXT = st.text(st.characters())  # lone surrogates included
UTF8_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(-(10**40) + 1, 10**40 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | UTF8_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(UTF8_TEXT, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(UTF8_TEXT, JSON, max_size=4)

# Text that is nearly JSON: fragments of it in any order.
FRAGMENTS = st.lists(
    st.sampled_from(
        [
            *'{}[]:,"\\ \n\0',
            *("true", "null", "NaN", "-Infinity", "1", "-", "0", ".5", "e9", "1e999", "9" * 40, "[" * 64),
            *('"a"', '"a":1', "\\u", "\\ud800", "\\udc00", "\\u0061", "\ufeff", "é", "😀", "\ud800", "'", "//"),
        ]
    ),
    max_size=20,
).map("".join)

# Text that is nearly a token.
SEGMENTS = st.one_of(
    OBJECTS.map(lambda value: base64url.encode(json.dumps(value).encode())),
    st.binary(max_size=12).map(base64url.encode),
    st.text(ALPHABET, max_size=6),
    st.sampled_from(["", "e30", "e30=", " ", "\n", "é", "%2E", "eyJhbGciOiJub25lIn0"]),
)
TOKENS = st.lists(SEGMENTS, min_size=1, max_size=6).map(".".join)
MEMBERS = st.sampled_from(
    [
        *("payload", "signature", "signatures", "protected", "header"),
        *("ciphertext", "recipients", "iv", "tag", "aad", "unprotected", "encrypted_key"),
    ]
)
ENTRIES = st.dictionaries(MEMBERS, SEGMENTS | OBJECTS | JSON, max_size=5)
JSON_TOKENS = st.dictionaries(MEMBERS, SEGMENTS | OBJECTS | JSON | st.lists(ENTRIES, max_size=3), max_size=6)


@given(st.binary() | ANY_TEXT)
@example("A")
@example("AB")
@example(b"\xff")
def test_base64url_has_one_spelling(text: str | bytes) -> None:
    try:
        data = base64url.decode(text)
    except BadBase64url:
        return
    assert base64url.encode(data) == (text if isinstance(text, str) else text.decode())


@given(st.text(ALPHABET))
def test_base64url_has_one_spelling_for_what_is_nearly_right(text: str) -> None:
    try:
        data = base64url.decode(text)
    except BadBase64url:
        assert len(text) % 4 != 0
        return
    assert base64url.encode(data) == text


@given(st.binary())
def test_base64url_reads_what_it_writes(data: bytes) -> None:
    assert base64url.decode(base64url.encode(data)) == data


@given(st.binary() | ANY_TEXT | FRAGMENTS | FRAGMENTS.map(lambda text: text.encode("utf-8", "surrogatepass")))
@example("[" * 100_000)
@example(b'{"a":' * 100_000)
@example('"\\')
def test_no_text_makes_anything_but_an_input_error(data: bytes | str) -> None:
    try:
        value = strict_json.parse(data)
    except InputError:
        return
    assert strict_json.equal(strict_json.parse(strict_json.encode_compact(value)), value)
    assert strict_json.equal(json.loads(data), value)


@given(JSON)
def test_json_reads_what_it_writes(value: object) -> None:
    assert strict_json.equal(strict_json.parse(strict_json.encode_compact(value)), value)
    assert strict_json.equal(strict_json.parse(strict_json.dump(value)), value)
    assert strict_json.dump(value, indent=2).isascii()


@given(JSON, JSON)
def test_equality_is_that_of_canonical_json(first: object, second: object) -> None:
    canonical = [json.dumps(_canonical(value), sort_keys=True) for value in (first, second)]
    assert strict_json.equal(first, second) == (canonical[0] == canonical[1])
    assert strict_json.equal(first, first)


def _canonical(value: object) -> object:
    """Every number that is whole as an int, so that 1.0 is written like 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _canonical(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_canonical(member) for member in value]
    return value


@given(st.binary() | ANY_TEXT | TOKENS | JSON_TOKENS.map(json.dumps))
@example(".." + "A" * 300_000)
@example("~..")
@example("e30..~")
@example("\x1c..")
def test_no_token_makes_anything_but_an_input_error(text: str | bytes) -> None:
    for allow_sd_jwt in (False, True):
        try:
            found = token.parse(text, allow_sd_jwt=allow_sd_jwt)
        except InputError:
            continue
        token.read_claims(found.payload)
        for signature in found.signatures:
            found.signing_input(signature)
            with suppress(HeaderBadType):
                token.check_header_types(signature.header)


@given(OBJECTS, st.binary(), st.binary())
def test_every_jws_goes_back_to_the_same_bytes(header: dict[str, Any], payload: bytes, signature: bytes) -> None:
    assume(header.get("b64") is not False)
    segments = (strict_json.encode_compact(header), payload, signature)
    text = ".".join(map(base64url.encode, segments))
    found = token.parse(text)
    one = found.signatures[0]
    assert strict_json.equal(found.header, header)
    assert (found.payload, one.value) == (payload, signature)
    assert found.signing_input(one).decode() + "." + base64url.encode(one.value) == text


@given(TOKENS)
def test_every_accepted_token_goes_back_to_the_same_bytes(text: str) -> None:
    try:
        found = token.parse(text)
    except InputError:
        return
    if found.kind == "JWS":
        one = found.signatures[0]
        assert found.signing_input(one).decode() + "." + base64url.encode(one.value) == text
    else:
        segments = text.split(".")
        assert [base64url.encode(base64url.decode(segment)) for segment in segments] == segments
        assert found.jwe_parts == tuple(len(base64url.decode(segment)) for segment in segments[1:])


@given(OBJECTS, st.data())
def test_one_changed_character_never_makes_the_same_token(header: dict[str, Any], data: st.DataObject) -> None:
    text = f"{base64url.encode(strict_json.encode_compact(header))}.{base64url.encode(b'payload')}.AQ"
    offset = data.draw(st.integers(0, len(text) - 1))
    other = text[:offset] + data.draw(st.characters()) + text[offset + 1 :]
    assume(other != text)
    try:
        found = token.parse(other)
    except InputError:
        return
    assert found != token.parse(text)


@given(st.binary() | FRAGMENTS.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_a_payload_has_claims_or_a_fault(payload: bytes) -> None:
    claims, fault = token.read_claims(payload)
    assert (claims is None) != (fault is None)
    if fault is not None:
        assert fault.code in {"payload_not_claims", "bad_utf8", "duplicate_member", "json_too_deep", "json_bad_number"}


@given(ANY_TEXT)
def test_what_is_printable_can_be_printed(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert shown.encode("utf-8").decode() == shown
    assert printable(shown) == shown


@given(ANY_TEXT, st.integers(2, 80))
@example("https:" + "@" * 100, 10)
def test_a_quoted_value_is_printable_and_short(value: str, limit: int) -> None:
    for shown in (quote(value, limit=limit), quote_public(value, limit=limit)):
        assert shown.isprintable()
        assert shown == NOT_SHOWN or len(shown) <= max(limit, LONGEST_PATH) + 2


@given(st.binary(min_size=48, max_size=64))
def test_a_random_secret_is_hardly_ever_shown(secret: bytes) -> None:
    if len(set(secret)) < 40:  # hypothesis likes zeros: such a secret is not random
        return
    assert quote(secret.hex()) == NOT_SHOWN


@given(OBJECTS, st.binary(), st.binary(), UTF8_TEXT)
def test_a_token_is_never_shown(header: dict[str, Any], payload: bytes, signature: bytes, before: str) -> None:
    segments = (strict_json.encode_compact({"alg": "ES256", **header}), payload, signature)
    text = ".".join(map(base64url.encode, segments))
    for value in (text, f"Bearer {text}", f"{before} {text}", f"--token={text}"):
        assert text[:30] not in quote(value)
        assert text[:30] not in quote_public(value)


@given(ANY_TEXT | st.from_regex(r"[0-9]{1,10}[wdhmsWDHMS ]{1,2}", fullmatch=True))
def test_a_duration_is_seconds_or_refused_with_a_hint(text: str) -> None:
    hint = numeric_date.duration_hint(text)
    try:
        assert numeric_date.parse_duration(text) >= 0
    except DurationMalformed:
        assert hint


@given(st.integers(0, 10**13))
def test_a_duration_is_read_as_it_is_written(seconds: int) -> None:
    assert numeric_date.parse_duration(numeric_date.format_duration(seconds)) == seconds


@given(NUMBERS)
def test_every_time_can_be_told(seconds: float) -> None:
    text = numeric_date.describe_utc(seconds)
    year_one, year_10000 = -62135596800, 253402300800
    assert (text is None) == (not year_one <= seconds < year_10000)
    assert (numeric_date.human_utc(seconds) is None) == (text is None)
    assert numeric_date.relative(seconds, now=0)
    assert numeric_date.looks_like_milliseconds(seconds) == (len(str(abs(math.trunc(seconds)))) == 13)


@pytest.mark.parametrize("unit", ["{", '"', "\\", "e", "A", "a.", "://@", "{'k", "1t", "-", "\U000e0041"])
def test_quoting_the_worst_is_quick(unit: str) -> None:
    value = unit * 200_000
    assert len(quote(value)) <= LONGEST_PATH + 2
    assert len(numeric_date.duration_hint(value)) <= 66
