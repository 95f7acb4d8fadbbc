"""Cache-Control and its kin: how long an answer serves unasked, whatever a server writes."""

from __future__ import annotations

import pytest

from jwtool.sources.freshness import LONGEST, SILENT, judge_freshness

DATE = "Sat, 28 Nov 2026 21:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "lifetime"),
    [
        ({}, SILENT),
        ({"cache-control": "public"}, SILENT),
        ({"cache-control": "max-age=60"}, 60),
        ({"cache-control": 'public, MAX-AGE="60", must-revalidate'}, 60),
        ({"cache-control": "max-age=0"}, 0),
        ({"cache-control": "max-age=86401"}, LONGEST),
        ({"cache-control": f"max-age={'9' * 18}"}, LONGEST),
        ({"cache-control": f"max-age={'9' * 5000}"}, 0),
        ({"cache-control": "max-age=-1"}, 0),
        ({"cache-control": "max-age=1h"}, 0),
        ({"cache-control": "max-age="}, 0),
        ({"cache-control": "max-age"}, 0),
        ({"cache-control": "max-age=600, max-age=60"}, 60),
        ({"cache-control": "max-age=600, max-age=x"}, 0),
        ({"cache-control": "s-maxage=5"}, SILENT),
        ({"cache-control": "s-maxage=5, max-age=60"}, 60),
        ({"cache-control": 'ext="no-cache, max-age=1", max-age=60'}, 60),
        ({"cache-control": "no-cache"}, 0),
        ({"cache-control": "no-cache, max-age=60"}, 0),
        ({"cache-control": 'no-cache="set-cookie", max-age=60'}, 0),
        ({"cache-control": "\x00\xff,,=,max-age"}, 0),
        ({"pragma": "no-cache"}, 0),
        ({"pragma": "no-cache", "cache-control": "max-age=60"}, 60),
        ({"vary": "*", "cache-control": "max-age=60"}, 0),
        ({"vary": "Origin", "cache-control": "max-age=60"}, 60),
        ({"expires": "Sat, 28 Nov 2026 21:02:00 GMT", "date": DATE}, 120),
        ({"expires": "Sat, 28 Nov 2026 20:00:00 GMT", "date": DATE}, 0),
        ({"expires": "Sat, 28 Nov 2099 20:00:00 GMT", "date": DATE}, LONGEST),
        ({"expires": "Sat, 28 Nov 2026 21:02:00 GMT"}, 0),
        ({"expires": "0", "date": DATE}, 0),
        ({"expires": "Sat, 28 Nov 2026 21:02:00", "date": DATE}, 0),
        ({"expires": "Sat, 28 Nov 2026 21:02:00 GMT", "date": DATE, "cache-control": "max-age=5"}, 5),
    ],
    ids=str,
)
def test_lifetime(headers: dict[str, str], lifetime: int) -> None:
    assert judge_freshness(headers).lifetime == lifetime


@pytest.mark.parametrize(
    ("text", "age"), [("10", 10), (" 10 ", 10), ("-1", 0), ("x", 0), ("1.5", 0), ("9" * 18, 2**31), ("9" * 5000, 0)]
)
def test_age(text: str, age: int) -> None:
    assert judge_freshness({"age": text}).age == age


@pytest.mark.parametrize(
    ("control", "kept"),
    [("", True), ("no-store", False), ("max-age=60, No-Store", False), ("no-cache", True), ("private", True)],
)
def test_kept(control: str, kept: bool) -> None:
    assert judge_freshness({"cache-control": control}).kept is kept
