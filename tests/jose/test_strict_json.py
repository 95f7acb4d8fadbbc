from __future__ import annotations

import json
from typing import Any

import pytest

from jwtool.jose import strict_json
from jwtool.jose.errors import (
    BadJson,
    BadUtf8,
    ClaimsMalformed,
    DuplicateMember,
    InputError,
    JsonBadNumber,
)


def refusal(data: bytes | str) -> tuple[type[InputError], str]:
    with pytest.raises(InputError) as caught:
        strict_json.parse(data, what="the header")
    return type(caught.value), caught.value.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        (
            ' \t\r\n{"a" : [1, -2, 1.5, 1e3, true, false, null, "x"]}\n',
            {"a": [1, -2, 1.5, 1000.0, True, False, None, "x"]},
        ),
        ('"\\u0061\\n\\ud83d\\ude00 😀"', "a\n😀 😀"),
        ('"\\\\ud800"', "\\ud800"),
        ('"\\\\\\ud83d\\ude00"', "\\😀"),
        ("0", 0),
        ("-0", 0),
        ("1e-400", 0.0),
        ("9" * 40, int("9" * 40)),
        ("-" + "9" * 40, -int("9" * 40)),
        ("1." + "0" * 38 + "1", 1.0),
        ("1e" + "0" * 38 + "1", 10.0),
        ('{"a":{"a":1},"b":[{"a":2}]}', {"a": {"a": 1}, "b": [{"a": 2}]}),
        ('{"":1}', {"": 1}),
    ],
)
def test_json_is_read(text: str, value: object) -> None:
    for data in (text, text.encode()):
        found = strict_json.parse(data)
        assert found == value
        assert type(found) is type(value)


def test_numbers_keep_their_kind() -> None:
    assert [type(number) for number in strict_json.parse("[1, 1.0, 1e0]")] == [int, float, float]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xef\xbb\xbf{}", "begins with a byte order mark"),
        ("\ufeff{}", "begins with a byte order mark"),
        ('{"a":1}'.encode("utf-16"), "is not UTF-8: it is UTF-16 or UTF-32"),
        (b"\xfe\xff" + '{"a":1}'.encode("utf-16-be"), "is not UTF-8: it is UTF-16 or UTF-32"),
        ('{"a":1}'.encode("utf-16-le"), "is not UTF-8: it is UTF-16 or UTF-32"),
        ('{"a":1}'.encode("utf-16-be"), "is not UTF-8: it is UTF-16 or UTF-32"),
        ('{"a":1}'.encode("utf-32"), "is not UTF-8: it is UTF-16 or UTF-32"),
        ('{"a":1}'.encode("utf-32-be"), "is not UTF-8: it is UTF-16 or UTF-32"),
        (b'{"a":"\xff"}', "is not UTF-8: an invalid byte at offset 6"),
        (b'{"a":"\xc0\xaf"}', "is not UTF-8: an invalid byte at offset 6"),
        (b'{"a":"\xed\xa0\x80"}', "is not UTF-8: an invalid byte at offset 6"),
        (b'{"a":"\xf4\x90\x80\x80"}', "is not UTF-8: an invalid byte at offset 6"),
        (b'{"a":"\xe2\x82', "is not UTF-8: an invalid byte at offset 6"),
        ('{"a":"\ud800"}', "is not UTF-8: a lone surrogate at offset 6"),
        ('{"a":"\\ud800"}', "has an escaped lone surrogate at offset 6"),
        ('{"a":"\\uD800x"}', "has an escaped lone surrogate at offset 6"),
        ('{"a":"\\udc00"}', "has an escaped lone surrogate at offset 6"),
        ('{"a":"\\ude00\\ud83d"}', "has an escaped lone surrogate at offset 6"),
        ('{"a":"\\ud83d\\ude00\\udbff"}', "has an escaped lone surrogate at offset 18"),
        ('{"a":"\\ud83d\\u0061"}', "has an escaped lone surrogate at offset 6"),
        ('{"a":"\\ud83d\\\\ude00"}', "has an escaped lone surrogate at offset 6"),
        ('{"\\ud800":1}', "has an escaped lone surrogate at offset 2"),
    ],
)
def test_what_is_not_utf8(data: bytes | str, reason: str) -> None:
    assert refusal(data) == (BadUtf8, f"the header {reason}")


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"\xef\xbb\xbf{}", "save it as UTF-8 without one"),
        ("{}".encode("utf-16"), "save it as UTF-8"),
        (b"\xff", None),
    ],
)
def test_what_is_not_utf8_has_a_hint(data: bytes, hint: str | None) -> None:
    with pytest.raises(BadUtf8) as caught:
        strict_json.parse(data)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"alg":"none","alg":"ES256"}', "'alg'"),
        ('{"alg":"none","\\u0061lg":"ES256"}', "'alg'"),
        ('{"a":{"b":[{"c":1,"c":1}]}}', "'c'"),
        ('{"a":1,"b":2,"b":3,"c":4}', "'b'"),
        ('{"":1,"":1}', "''"),
        ('{"\\u001b[2J":1,"\\u001b[2J":1}', "'\\x1b[2J'"),
        (f'{{"{"word " * 20}":1,"{"word " * 20}":1}}', f"'{'word ' * 12}wor…'"),
    ],
)
def test_a_repeated_member_is_named(text: str, name: str) -> None:
    assert refusal(text) == (DuplicateMember, f"the header has the member {name} twice")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "has NaN, which is no JSON number"),
        ("[Infinity]", "has Infinity, which is no JSON number"),
        ('{"exp":-Infinity}', "has -Infinity, which is no JSON number"),
        ("1e309", "has a number that is too large for a double"),
        ("[-1e309]", "has a number that is too large for a double"),
        ("9" * 41, "has a number of more than 40 digits"),
        ("-" + "9" * 41, "has a number of more than 40 digits"),
        ("0." + "0" * 40, "has a number of more than 40 digits"),
        ("1e" + "0" * 40, "has a number of more than 40 digits"),
        ("1." + "1" * 30 + "e-" + "1" * 10, "has a number of more than 40 digits"),
        ("1" * 5000, "has a number of more than 40 digits"),
    ],
)
def test_bad_numbers(text: str, reason: str) -> None:
    assert refusal(text) == (JsonBadNumber, f"the header {reason}")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "is empty, wanted JSON"),
        (" \n", "is empty, wanted JSON"),
        (b"", "is empty, wanted JSON"),
        ('{"a":1,}', "is not JSON: trailing comma at line 1, column 7"),
        ('{\n  "a": [1, 2],\n}\n', "is not JSON: trailing comma at line 2, column 14"),
        ("\n[1,]", "is not JSON: trailing comma at line 2, column 3"),
        ("[\n1,\n\n2,]", "is not JSON: trailing comma at line 4, column 2"),
        (b'{"\x00":1}', "is not JSON: a control character inside a string at line 1, column 3"),
        ('{"a":"é😀",}', "is not JSON: trailing comma at line 1, column 10"),
        ("{} {}", "is not JSON: something after the end of the JSON value at line 1, column 4"),
    ],
)
def test_bad_json_says_what_and_where(data: bytes | str, reason: str) -> None:
    assert refusal(data) == (BadJson, f"the header {reason}")


def test_bad_json_has_a_hint() -> None:
    with pytest.raises(BadJson) as caught:
        strict_json.parse("[1,]")
    assert caught.value.message == "the text is not JSON: trailing comma at line 1, column 3"
    assert caught.value.hint == "remove the comma before the closing bracket"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[]", "a list"),
        ('"x"', "a string"),
        ("1", "a number"),
        ("1.5", "a number"),
        ("true", "a boolean"),
        ("null", "null"),
    ],
)
def test_an_object_is_wanted(text: str, kind: str) -> None:
    with pytest.raises(BadJson) as caught:
        strict_json.parse_object(text, what="the key set")
    assert caught.value.message == f"the key set is {kind}, wanted a JSON object"
    with pytest.raises(BadJson) as caught:
        strict_json.parse_object(text)
    assert caught.value.message == f"the text is {kind}, wanted a JSON object"


def test_an_object_is_given() -> None:
    assert strict_json.parse_object(b'{"a":1}') == {"a": 1}
    assert strict_json.kind_of({}) == "an object"


def test_dump_is_ascii() -> None:
    value = {"a": ["é😀\x1b\x7f\u202e", 1, True, None]}
    assert strict_json.dump(value) == '{"a":["\\u00e9\\ud83d\\ude00\\u001b\\u007f\\u202e",1,true,null]}'
    assert strict_json.dump({"a": [1, 2]}, indent=2) == '{\n  "a": [\n    1,\n    2\n  ]\n}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        strict_json.dump(float("nan"))


def test_encode_compact() -> None:
    assert strict_json.encode_compact({"a": ["é", 1, 1.5, True, None]}) == '{"a":["é",1,1.5,true,null]}'.encode()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": float("nan")}, "the JSON to be signed has a value that JSON can't hold"),
        ([float("inf")], "the JSON to be signed has a value that JSON can't hold"),
        ({"a": b"x"}, "the JSON to be signed has a value that JSON can't hold"),
        ({"a": "\ud800"}, "the JSON to be signed has a lone surrogate in a string"),
        ({"\udfff": 1}, "the JSON to be signed has a lone surrogate in a string"),
        ({"a": 10**40}, "the JSON to be signed has a number of more than 40 digits"),
        ({"a": 10**5000}, "the JSON to be signed has a value that JSON can't hold"),
        ({1: "a", "1": "b"}, "the JSON to be signed has the member '1' twice"),
        (json.loads("[" * 65 + "]" * 65), "the JSON to be signed is nested deeper than 64 levels"),
    ],
)
def test_what_could_not_be_read_back_is_not_signed(value: object, reason: str) -> None:
    with pytest.raises(ClaimsMalformed) as caught:
        strict_json.encode_compact(value)
    assert caught.value.message == reason


def test_absurd_depth_is_not_signed() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ClaimsMalformed) as caught:
        strict_json.encode_compact(value)
    assert caught.value.message == "the JSON to be signed is nested deeper than 64 levels"
    while value:
        value = value.pop()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1", "1.0"),
        ("0", "-0"),
        ("[]", "[ ]"),
        ('{"a":1,"b":[2]}', '{"b":[2.0],"a":1}'),
        ('"a"', '"\\u0061"'),
        ("null", "null"),
        ("true", "true"),
    ],
)
def test_equal(first: str, second: str) -> None:
    assert strict_json.equal(strict_json.parse(first), strict_json.parse(second))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1", "true"),
        ("0", "false"),
        ("[1]", "[true]"),
        ('{"a":0}', '{"a":false}'),
        ("1", '"1"'),
        ("null", "false"),
        ("null", "0"),
        ("[]", "{}"),
        ('""', "[]"),
        ("[1,2]", "[2,1]"),
        ("[1]", "[1,1]"),
        ('{"a":1}', '{"a":1,"b":1}'),
        ('{"a":1}', '{"b":1}'),
        ('{"a":{"b":[1]}}', '{"a":{"b":[2]}}'),
        ("9007199254740993", "9007199254740992.0"),
    ],
)
def test_not_equal(first: str, second: str) -> None:
    left, right = strict_json.parse(first), strict_json.parse(second)
    assert not strict_json.equal(left, right)
    assert not strict_json.equal(right, left)
