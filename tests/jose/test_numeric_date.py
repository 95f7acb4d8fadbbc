from __future__ import annotations

import pytest

from jwtool.jose.errors import DurationMalformed
from jwtool.jose.numeric_date import (
    describe_utc,
    duration_hint,
    format_duration,
    human_utc,
    looks_like_milliseconds,
    parse_duration,
    relative,
)

USAGE = "write it as in 90s, 15m, 12h, 7d or 1h30m"


@pytest.mark.parametrize(
    ("seconds", "utc"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (-0.5, "1969-12-31T23:59:59Z"),
        (1795556700, "2026-11-24T21:45:00Z"),
        (1795556700.999, "2026-11-24T21:45:00Z"),
        (951782400, "2000-02-29T00:00:00Z"),
        (253402300799, "9999-12-31T23:59:59Z"),
        (253402300799.5, "9999-12-31T23:59:59Z"),
        (253402300800, None),
        (-62135596800, "0001-01-01T00:00:00Z"),
        (-62135596801, None),
        (-62135596800.5, None),
        (10**40, None),
        (-(10**40), None),
        (1e308, None),
    ],
)
def test_describe_utc(seconds: float, utc: str | None) -> None:
    assert describe_utc(seconds) == utc


def test_human_utc() -> None:
    assert human_utc(1795556700) == "2026-11-24 21:45:00 UTC"
    assert human_utc(253402300800) is None


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (0, "now"),
        (0.9, "now"),
        (-0.9, "now"),
        (1, "in 1 s"),
        (-1, "1 s ago"),
        (59, "in 59 s"),
        (60, "in 1 min"),
        (-119, "1 min ago"),
        (300, "in 5 min"),
        (299.9, "in 4 min"),
        (3599, "in 59 min"),
        (3600, "in 1 h"),
        (-7200, "2 h ago"),
        (86399, "in 23 h"),
        (86400, "in 1 d"),
        (31535999, "in 364 d"),
        (31536000, "in 1 y"),
        (-63072000, "2 y ago"),
        (31536000 * 999_999, "in 999999 y"),
        (31536000 * 1_000_000, "in over 1000000 y"),
        (10**40, "in over 1000000 y"),
        (-1e300, "over 1000000 y ago"),
    ],
)
def test_relative(distance: float, words: str) -> None:
    assert relative(1795556400 + distance, now=1795556400) == words


@pytest.mark.parametrize(
    ("number", "yes"),
    [
        (999_999_999_999, False),
        (1_000_000_000_000, True),
        (1_795_556_700_000, True),
        (1_795_556_700_000.5, True),
        (9_999_999_999_999, True),
        (9_999_999_999_999.5, True),
        (10_000_000_000_000, False),
        (1_795_556_700, False),
        (-1_795_556_700_000, True),
        (0, False),
    ],
)
def test_looks_like_milliseconds(number: float, yes: bool) -> None:
    assert looks_like_milliseconds(number) is yes


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("1s", 1),
        ("90s", 90),
        ("15m", 900),
        ("12h", 43_200),
        ("7d", 604_800),
        ("1w", 604_800),
        ("1h30m", 5_400),
        ("1w2d3h4m5s", 788_645),
        ("0h0m0s", 0),
        ("007s", 7),
        ("999999999w", 604_799_999_395_200),
    ],
)
def test_parse_duration(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("15", "for 15 seconds write 15s"),
        ("1", "for 1 second write 1s"),
        ("15M", "for 15 minutes write 15m"),
        ("1 W", "for 1 week write 1w"),
        ("1H30M", "write 1h30m"),
        ("1h 30m", "write 1h30m"),
        ("15m\n", "for 15 minutes write 15m"),
        ("15min", "for 15 minutes write 15m"),
        ("2 hours", "for 2 hours write 2h"),
        ("1day", "for 1 day write 1d"),
        ("90 secs", "for 90 seconds write 90s"),
        ("1 hour, 30 minutes", "write 1h30m"),
        ("1.5h", "write 1h30m"),
        ("0.5d", "write 12h"),
        ("1.5s", USAGE),
        ("-5m", "for 5 minutes write 5m"),
        ("+5m", "for 5 minutes write 5m"),
        ("PT15M", "for 15 minutes write 15m"),
        ("P1DT2H30M", "write 1d2h30m"),
        ("P1M", USAGE),
        ("P", USAGE),
        ("30m1h", "write 1h30m"),
        ("1m1m", "write 2m"),
        ("500ms", USAGE),
        ("2y", USAGE),
        ("1h2q", USAGE),
        ("", USAGE),
        ("m", USAGE),
        ("abc", USAGE),
        ("1h!", USAGE),
        ("1e3s", USAGE),
        ("９s", USAGE),
        ("9999999999s", USAGE),
        ("1234567890", USAGE),
        ("1t" * 1000, USAGE),
    ],
)
def test_refused_durations_have_a_hint(text: str, hint: str) -> None:
    with pytest.raises(DurationMalformed) as caught:
        parse_duration(text)
    assert caught.value.hint == hint
    assert duration_hint(text) == hint


def test_a_refused_duration_is_quoted() -> None:
    with pytest.raises(DurationMalformed) as caught:
        parse_duration("15M\x1b")
    assert caught.value.message == "'15M\\x1b' is not a duration"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (1, "1s"),
        (60, "1m"),
        (5_400, "1h30m"),
        (86_399, "23h59m59s"),
        (604_800, "7d"),
        (2_592_000, "30d"),
        (-300, "-5m"),
        (90_061, "1d1h1m1s"),
    ],
)
def test_format_duration(seconds: int, text: str) -> None:
    assert format_duration(seconds) == text
