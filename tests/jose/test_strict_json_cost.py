from __future__ import annotations

import time
import tracemalloc

import pytest

from jwtool.jose import strict_json
from jwtool.jose.errors import InputError

MEBIBYTE = 1 << 20


def filled(unit: str, before: str = "", after: str = "") -> bytes:
    """About a mebibyte of `unit` over and over."""
    return (before + unit * (MEBIBYTE // len(unit.encode())) + after).encode()


WORST = {
    "lists": filled("[],", "[", "0]"),
    "objects": filled('{"a":0},', "[", "0]"),
    "nested": filled('{"a":' * 60 + "0" + "}" * 60 + ",", "[", "0]"),
    "unclosed lists": filled("["),
    "unclosed objects": filled('{"a":'),
    "quotes": filled('"'),
    "escaped quotes": filled('\\"', '"'),
    "quote and backslash": filled('"\\'),
    "backslash at the end": filled("a", '"', "\\"),
    "brackets and escaped quotes": filled('[\\"'),
    "strings left open": filled('"' + "a" * 100 + "[", "["),
    "escapes": filled("\\n", '"', '"'),
    "surrogate pairs": filled("\\ud83d\\ude00", '"', '"'),
    "a lone surrogate after pairs": filled("\\ud83d\\ude00", '"', '\\ud800"'),
    "high surrogates": filled("\\ud800", '"', '"'),
    "members": ("{" + ",".join(f'"{number:06x}":0' for number in range(95_000)) + "}").encode(),
    "one member again and again": filled('"a":0,', "{", '"a":0}'),
    "numbers": filled("1.5,", "[", "1]"),
    "one number": filled("9"),
    "one fraction": filled("9", "-1."),
    "one exponent": filled("9", "1e"),
    "commas": filled(","),
    "line breaks": filled("\n"),
    "closing brackets": filled("]["),
    "short strings": filled('"é",', "[", "0]"),
}


@pytest.mark.parametrize("name", WORST)
def test_a_mebibyte_costs_less_than_a_second_and_100_megabytes(name: str) -> None:
    data = WORST[name]
    started = time.process_time()
    _judge(data)
    assert time.process_time() - started < 1
    tracemalloc.start()
    _judge(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000_000


def _judge(data: bytes) -> None:
    try:
        strict_json.parse(data)
    except InputError:
        return
