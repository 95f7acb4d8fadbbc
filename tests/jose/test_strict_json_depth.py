from __future__ import annotations

import json

import pytest

from jwtool.jose import strict_json
from jwtool.jose.errors import BadJson, InputError, JsonTooDeep


def refusal(text: str) -> type[InputError]:
    with pytest.raises(InputError) as caught:
        strict_json.parse(text, what="the header")
    if isinstance(caught.value, JsonTooDeep):
        assert caught.value.message == "the header is nested deeper than 64 levels"
    return type(caught.value)


def nested(depth: int) -> str:
    half = depth // 2
    return '{"a":' * half + "[" * (depth - half) + "]" * (depth - half) + "}" * half


def test_depth_64_is_read_and_65_is_not() -> None:
    assert strict_json.dump(strict_json.parse(nested(64))) == nested(64)
    assert refusal(nested(65)) is JsonTooDeep


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 5_000 + "1" + "}" * 5_000, nested(100_000)])
def test_absurd_depth(text: str) -> None:
    assert refusal(text) is JsonTooDeep


def test_depth_is_counted_on_from_where_a_list_is_closed() -> None:
    beside = "[" + "[]," * 40
    assert strict_json.parse(beside + nested(63) + "]") == [[]] * 40 + [json.loads(nested(63))]
    assert refusal(beside + nested(64) + "]") is JsonTooDeep


def test_brackets_in_strings_are_no_depth() -> None:
    text = json.dumps(["[" * 100, '\\"[[' * 100, "{" * 100, "[", ["]" * 5] * 70])
    assert strict_json.parse(text) == json.loads(text)


def test_many_brackets_side_by_side_are_no_depth() -> None:
    text = "[" + ",".join(['[{"a":[]}]'] * 100) + "]"
    assert strict_json.parse(text) == json.loads(text)


@pytest.mark.parametrize("text", ["]" * 2000 + "[" * 2000, "[]" * 40 + "[" * 64, '"' + "[" * 100, '\\"' + "[" * 64])
def test_broken_brackets_never_reach_the_recursion_limit(text: str) -> None:
    assert refusal(text) is BadJson
