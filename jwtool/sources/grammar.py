"""TIME: the one grammar of a moment on the command line. This file is what reads it, and plain numbers.

TIME = `now` · a duration from now (`15m`, `1h30m`, `7d`, `-5m`) · Unix seconds · RFC 3339 with a zone.
"""

from __future__ import annotations

import re

from jwtool.jose.errors import DurationMalformed, TimeMalformed, UsageError
from jwtool.jose.numeric_date import duration_hint, parse_duration
from jwtool.jose.quoting import quote

_FORMS = "a TIME is now, 15m, -5m, Unix seconds, or like 2026-11-24T21:45:00Z"
_MAX_DIGITS = 12  # the largest NumericDate of the year 9999 has twelve
_FINER = {13: ("milliseconds", 10**3), 16: ("microseconds", 10**6), 19: ("nanoseconds", 10**9)}
_RFC_3339 = (  # compiled when a time is one of these
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"(?P<clock>[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?P<seconds>:(?P<second>[0-9]{2})(?:\.[0-9]+)?)?)?"
    r"(?P<zone>[Zz]|(?P<sign>[+-])(?P<zone_hour>[0-9]{2}):(?P<zone_minute>[0-9]{2}))?"
)
_EPOCH_ORDINAL = 719163  # date(1970, 1, 1).toordinal()
_FIRST, _LAST = -62135596800, 253402300799  # 0001-01-01T00:00:00Z, 9999-12-31T23:59:59Z
_LEAP_SECOND = 60


def parse_time(text: str, now: int) -> int:
    """The moment that `text` names, in Unix seconds; `now` is Unix seconds too.

    Fractions of a second are cut off. A leap second (`23:59:60`) is refused, because Unix time has no number
    for it (RFC 3339 §5.6, RFC 7519 §2). Raises TimeMalformed, with a hint wherever one can be given.
    """
    if text == "now":
        return now
    if re.fullmatch("[0-9]+", text):
        return _unix_seconds(text)
    if match := re.fullmatch(_RFC_3339, text):
        return _rfc_3339(text, match)
    sign, magnitude = (-1, text[1:]) if text.startswith("-") else (1, text)
    try:
        return now + sign * parse_duration(magnitude)
    except DurationMalformed:
        raise _malformed(text, _hint(magnitude, sign)) from None


def parse_whole_number(text: str, *, option: str, largest: int | None = None) -> int:
    """The number from 0 to `largest` that `option` was given. Raises UsageError."""
    if not re.fullmatch("[0-9]{1,9}", text):
        raise UsageError(f"{option} takes a whole number, found {quote(text)}")
    number = int(text)
    if largest is not None and number > largest:
        raise UsageError(f"{option} goes up to {largest}, found {number}")
    return number


def _malformed(text: str, hint: str) -> TimeMalformed:
    return TimeMalformed(f"{quote(text)} is not a time", hint=hint)


def _hint(magnitude: str, sign: int) -> str:
    """How to write the duration that was probably meant, with its sign; else what a TIME is."""
    hint = duration_hint(magnitude)
    if hint == duration_hint(""):
        return _FORMS
    return hint if sign > 0 else f"write -{hint.rpartition(' ')[2]}"


def _unix_seconds(text: str) -> int:
    if len(text) <= _MAX_DIGITS:
        return int(text)
    if len(text) not in _FINER:
        raise _malformed(text, _FORMS)
    unit, factor = _FINER[len(text)]
    raise _malformed(text, f"{unit}? in seconds it is {int(text) // factor}")


def _rfc_3339(text: str, match: re.Match[str]) -> int:
    if not match["clock"]:
        raise _malformed(text, f"add the time of day and a zone: {text[:10]}T00:00:00Z")
    if not match["seconds"]:
        raise _malformed(text, f"add the seconds: {text[:16]}:00{match['zone'] or 'Z'}")
    if not match["zone"]:
        raise _malformed(text, f"add a zone: {text}Z if it is UTC, or an offset like {text}+01:00")
    moment = _seconds_of(match)
    if moment is None:
        raise _malformed(text, _why_out_of_range(match))
    return moment


def _seconds_of(match: re.Match[str]) -> int | None:
    """Unix seconds of a complete RFC 3339 time, or None if there is no such moment in the years 1 to 9999."""
    from datetime import date, time

    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
        clock = time(int(match["hour"]), int(match["minute"]), int(match["second"]))
        offset = time(int(match["zone_hour"] or 0), int(match["zone_minute"] or 0))
    except ValueError:
        return None
    local = (day.toordinal() - _EPOCH_ORDINAL) * 86400 + clock.hour * 3600 + clock.minute * 60 + clock.second
    east = (offset.hour * 60 + offset.minute) * 60
    moment = local + east if match["sign"] == "-" else local - east
    return moment if _FIRST <= moment <= _LAST else None


def _why_out_of_range(match: re.Match[str]) -> str:
    if int(match["second"]) == _LEAP_SECOND:
        return "Unix time has no leap seconds; write 59, or 00 of the next minute"
    return "there is no such date or time of day in the years 1 to 9999"
