from __future__ import annotations

import json

import pytest

from jwtool.jose.json_faults import explain


@pytest.mark.parametrize(
    ("text", "position", "reason", "hint"),
    [
        ("[1,]", 2, "trailing comma", "remove the comma before the closing bracket"),
        ("[1 , \n ]", 3, "trailing comma", "remove the comma before the closing bracket"),
        ('{"a":1 ,}', 7, "trailing comma", "remove the comma before the closing bracket"),
        ("[,]", 1, "no JSON value", None),
        ("[ ,]", 2, "no JSON value", None),
        ("[\u00a0", 1, "no JSON value", None),
        ('{"a",\u00a0}', 4, "no ':' after a member name", None),
        ("[1,,]", 3, "no JSON value", None),
        ("[1 2,]", 3, "no ',' or closing bracket", None),
        ("],", 0, "no JSON value", None),
        (",]", 0, "no JSON value", None),
        ('{"a":,}', 5, "no JSON value", None),
        ("{,}", 1, "a member name without double quotes", None),
        ('{"a":}', 5, "no JSON value", None),
        ("[", 1, "it ends too early", None),
        ('{"a"', 4, "it ends too early", None),
        ('{"a": ', 6, "it ends too early", None),
        ('{"a":1', 6, "it ends too early", None),
        ("[1, ", 4, "it ends too early", None),
        ("[1 2]", 3, "no ',' or closing bracket", None),
        ('{"a":1 "b":2}', 7, "no ',' or closing bracket", None),
        ('{"a" 1}', 5, "no ':' after a member name", None),
        ("{a:1}", 1, "a member name without double quotes", None),
        ("{1:1}", 1, "a member name without double quotes", None),
        ("[1}", 2, "no ',' or closing bracket", None),
        ("{} x", 3, "something after the end of the JSON value", None),
        ("eyJ", 0, "no JSON value", None),
        ("nul", 0, "no JSON value", None),
        ("-", 0, "no JSON value", None),
        ("{'a':1}", 1, "a single quote", "JSON strings take double quotes"),
        ("['a']", 1, "a single quote", "JSON strings take double quotes"),
        *[
            (f"{{{mark}a{mark}:1}}", 1, "a typographic quote", "JSON strings take plain double quotes")
            for mark in "\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
        ],
        ("// x\n{}", 0, "a comment", "JSON has no comments"),
        ('{"a":1 /* x */}', 7, "a comment", "JSON has no comments"),
        ("# x", 0, "a comment", "JSON has no comments"),
        ("[True]", 1, "a word of Python", "JSON writes true, false and null"),
        ('{"a":None}', 5, "a word of Python", "JSON writes true, false and null"),
        ("[False]", 1, "a word of Python", "JSON writes true, false and null"),
        ("[undefined]", 1, "a word of JavaScript", "JSON writes null"),
        ("[01]", 2, "a number with a leading zero", None),
        ("-01", 2, "a number with a leading zero", None),
        ("[10 0]", 4, "no ',' or closing bracket", None),
        (
            "[+1]",
            1,
            "a number that JSON doesn't know",
            "a number begins and ends with a digit, but for a minus before it",
        ),
        (
            "[1.]",
            2,
            "a number that JSON doesn't know",
            "a number begins and ends with a digit, but for a minus before it",
        ),
        ('["abc', 1, "a string without its closing quote, opened", None),
        ('["abc\\', 1, "a string without its closing quote, opened", None),
        ('["a\nb"]', 3, "a line break inside a string", "write a line break inside a string as \\n"),
        ('["a\rb"]', 3, "a line break inside a string", "write a line break inside a string as \\n"),
        ('["a\tb"]', 3, "a control character inside a string", None),
        ('["a\x1bb"]', 3, "a control character inside a string", None),
        ('["\\x41"]', 2, "an escape that JSON doesn't know", "write a backslash as \\\\"),
        ('["C:\\Users"]', 4, "an escape that JSON doesn't know", "write a backslash as \\\\"),
        ('["\\u12"]', 3, "an escape that JSON doesn't know", "write a backslash as \\\\"),
    ],
)
def test_faults(text: str, position: int, reason: str, hint: str | None) -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(text)
    assert explain(text, caught.value.pos, caught.value.msg) == (position, reason, hint)


@pytest.mark.parametrize(
    ("text", "comma"),
    [("[1,]", 2), ('{"a":1, }', 6)],
)
def test_a_decoder_that_stops_at_the_comma_itself(text: str, comma: int) -> None:
    found = explain(text, comma, "Illegal trailing comma before end of object")
    assert found == (comma, "trailing comma", "remove the comma before the closing bracket")
