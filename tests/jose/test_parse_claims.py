"""`strict_json.parse_claims`: the short way for claims as most are, and the usual way for everything else."""

from __future__ import annotations

import json
from typing import NoReturn

import pytest

from jwtool.jose import strict_json
from jwtool.jose.errors import BadJson, InputError

LARGEST = 10**40 - 1
PLAIN = (
    "{}",
    '{"iss":"https://auth.example","aud":"api","exp":1795556700}',
    '{"aud":["api","web",""],"roles":[],"sub":"jos\u00e9"}',
    '{"a":true,"b":false,"c":null,"d":0,"e":-1, "f" : "g" }',
    f'{{"large":{LARGEST},"small":{-LARGEST}}}',
)
OTHERS = (
    '{"sub":"a\\u0062"}',
    '{"sub":"a\\"b"}',
    '{"cnf":{"jkt":"x"}}',
    '{"x":1.5}',
    '{"x":1e3}',
    '{"aud":["api",1]}',
    '{"aud":[["api"]]}',
    f'{{"x":{LARGEST + 1}}}',
    f'{{"x":{-LARGEST - 1}}}',
    '{"sub":"a","sub":"a"}',
    '{"sub":"a","sub":1}',
    '{"sub":1,"sub":1}',
    '{"sub":"a"} ',
    ' {"sub":"a"}',
    '{"sub":"a"}x',
    '"sub"',
    '["a"]',
    "1",
    "",
    "{",
    '{"sub":"a"',
    "[" * 5000,
)


@pytest.mark.parametrize("text", PLAIN)
def test_plain_claims_take_the_short_way(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = strict_json.parse_object(text)

    def refuse(_text: str) -> NoReturn:
        pytest.fail("the usual way")

    monkeypatch.setattr(strict_json, "parse_object", refuse)
    assert strict_json.parse_claims(text) == expected == json.loads(text)


@pytest.mark.parametrize("text", OTHERS, ids=lambda text: text[:24])
def test_all_others_take_the_usual_way(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    def note(asked: str) -> NoReturn:
        taken.append(asked)
        raise BadJson("noted")

    monkeypatch.setattr(strict_json, "parse_object", note)
    assert strict_json.parse_claims(text) is None
    assert taken == [text]


@pytest.mark.parametrize("text", [*PLAIN, *OTHERS], ids=lambda text: text[:24])
def test_both_ways_say_the_same(text: str) -> None:
    try:
        expected = strict_json.parse_object(text)
    except InputError:
        assert strict_json.parse_claims(text) is None
    else:
        assert strict_json.parse_claims(text) == expected
