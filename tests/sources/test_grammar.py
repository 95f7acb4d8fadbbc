from __future__ import annotations

from collections.abc import Callable

import pytest

from jwtool.jose.errors import JwtoolError, TimeMalformed, UsageError
from jwtool.sources.grammar import parse_time, parse_whole_number

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]

NOW = 1795556400  # 2026-11-24T21:40:00Z
FORMS = "a TIME is now, 15m, -5m, Unix seconds, or like 2026-11-24T21:45:00Z"
NO_SUCH = "there is no such date or time of day in the years 1 to 9999"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("0s", NOW),
        ("15m", NOW + 900),
        ("1h30m", NOW + 5400),
        ("7d", NOW + 604800),
        ("2w1d", NOW + 15 * 86400),
        ("-5m", NOW - 300),
        ("-1d12h", NOW - 129600),
        ("0", 0),
        ("15", 15),
        ("007", 7),
        ("1795556700", 1795556700),
        ("999999999999", 999999999999),
        ("2026-11-24T21:40:00Z", NOW),
        ("2026-11-24t21:40:00z", NOW),
        ("2026-11-24 21:40:00Z", NOW),
        ("2026-11-24T22:40:00+01:00", NOW),
        ("2026-11-24T16:10:00-05:30", NOW),
        ("2026-11-24T21:40:00-00:00", NOW),
        ("2026-11-24T21:40:00.999999999Z", NOW),
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59Z", -1),
        ("2024-02-29T00:00:00Z", 1709164800),
        ("0001-01-01T00:00:00Z", -62135596800),
        ("9999-12-31T23:59:59Z", 253402300799),
        ("9999-12-31T23:59:59+00:01", 253402300739),
    ],
)
def test_times(text: str, moment: int) -> None:
    assert parse_time(text, NOW) == moment


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", FORMS),
        ("tomorrow", FORMS),
        ("Now", FORMS),
        (" now", FORMS),
        ("never", FORMS),
        ("15M", "for 15 minutes write 15m"),
        ("15 minutes", "for 15 minutes write 15m"),
        ("+15m", "for 15 minutes write 15m"),
        ("PT15M", "for 15 minutes write 15m"),
        ("-5", "write -5s"),
        ("-5M", "write -5m"),
        ("--5m", "write -5m"),
        ("-", FORMS),
        ("-now", FORMS),
        ("1795556700000", "milliseconds? in seconds it is 1795556700"),
        ("1795556700000000", "microseconds? in seconds it is 1795556700"),
        ("1795556700000000000", "nanoseconds? in seconds it is 1795556700"),
        ("12345678901234", FORMS),
        ("1.5", FORMS),
        ("1e9", FORMS),
        ("\u0661\u0662", FORMS),
        ("2026-11-24", "add the time of day and a zone: 2026-11-24T00:00:00Z"),
        ("2026-11-24Z", "add the time of day and a zone: 2026-11-24T00:00:00Z"),
        ("2026-11-24T21:40Z", "add the seconds: 2026-11-24T21:40:00Z"),
        ("2026-11-24T21:40", "add the seconds: 2026-11-24T21:40:00Z"),
        ("2026-11-24T21:40+01:00", "add the seconds: 2026-11-24T21:40:00+01:00"),
        (
            "2026-11-24T21:40:00",
            "add a zone: 2026-11-24T21:40:00Z if it is UTC, or an offset like 2026-11-24T21:40:00+01:00",
        ),
        ("2026-11-24T21:40:00+0100", FORMS),
        ("2026-11-24T21:40:00UTC", FORMS),
        ("2026-11-24T21:40:00.Z", FORMS),
        ("2026-12-31T23:59:60Z", "Unix time has no leap seconds; write 59, or 00 of the next minute"),
        ("2026-12-31T23:59:61Z", NO_SUCH),
        ("2026-02-29T00:00:00Z", NO_SUCH),
        ("2026-13-01T00:00:00Z", NO_SUCH),
        ("2026-11-24T24:00:00Z", NO_SUCH),
        ("2026-11-24T21:60:00Z", NO_SUCH),
        ("2026-11-24T21:40:00+24:00", NO_SUCH),
        ("2026-11-24T21:40:00+01:60", NO_SUCH),
        ("0000-01-01T00:00:00Z", NO_SUCH),
        ("0001-01-01T00:00:00+00:01", NO_SUCH),
        ("9999-12-31T23:59:59-00:01", NO_SUCH),
    ],
)
def test_what_is_no_time(text: str, hint: str, refusal: Refusal) -> None:
    assert refusal(parse_time, text, NOW) == (TimeMalformed, f"'{text}' is not a time", hint)


def test_a_thousand_digits_are_refused_at_once(refusal: Refusal) -> None:
    kind, message, hint = refusal(parse_time, "9" * 5000, NOW)
    assert (kind, hint) == (TimeMalformed, FORMS)
    assert len(message) < 150


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("2048", 2048), ("65535", 65535)])
def test_whole_numbers(text: str, number: int) -> None:
    assert parse_whole_number(text, option="--port", largest=65535) == number


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("65536", "--port goes up to 65535, found 65536"),
        ("-1", "--port takes a whole number, found '-1'"),
        ("", "--port takes a whole number, found ''"),
        ("80 ", "--port takes a whole number, found '80 '"),
        ("1e3", "--port takes a whole number, found '1e3'"),
        ("1" * 10, "--port takes a whole number, found '1111111111'"),
    ],
)
def test_what_is_no_whole_number(text: str, message: str, refusal: Refusal) -> None:
    assert refusal(parse_whole_number, text, option="--port", largest=65535) == (UsageError, message, None)


def test_a_whole_number_without_a_bound() -> None:
    assert parse_whole_number("999999999", option="--size") == 999999999
