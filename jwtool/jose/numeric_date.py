"""NumericDate and durations: seconds for machines, sentences for people (RFC 7519 §2).

The clock is the caller's: `now` is an argument.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

from jwtool.jose.errors import DurationMalformed
from jwtool.jose.quoting import quote

_EPOCH = date(1970, 1, 1)
_LAST_MOMENT = 253_402_300_799  # 9999-12-31T23:59:59Z
_FIRST_MOMENT = -62_135_596_800  # 0001-01-01T00:00:00Z

_SECONDS_OF = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_NAME_OF = {"w": "week", "d": "day", "h": "hour", "m": "minute", "s": "second"}
_DURATION = "".join(rf"(?:([0-9]{{1,9}}){unit})?" for unit in _SECONDS_OF)
_LOOSE = r"(?:[0-9]{1,9}(?:\.[0-9]{1,6})?[a-z]++)++"
_LOOSE_PART = r"([0-9.]+)([a-z]+)"
_LONGEST_LOOSE = 40
_UNIT_WORDS = {
    **{unit: unit for unit in _SECONDS_OF},
    **{name: unit for unit, name in _NAME_OF.items()},
    **{f"{name}s": unit for unit, name in _NAME_OF.items()},
    "wk": "w",
    "wks": "w",
    "hr": "h",
    "hrs": "h",
    "min": "m",
    "mins": "m",
    "sec": "s",
    "secs": "s",
}
_USAGE = "write it as in 90s, 15m, 12h, 7d or 1h30m"
_FARTHEST_YEARS = 1_000_000
_RELATIVE_UNITS = ((31_536_000, "y"), (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_MILLISECONDS = range(10**12, 10**13)


def describe_utc(seconds: float) -> str | None:
    """The moment as "2026-11-24T21:45:00Z", rounded down to a second; None outside the years 1 to 9999."""
    if not _FIRST_MOMENT <= seconds < _LAST_MOMENT + 1:
        return None
    day, rest = divmod(int(seconds // 1), _SECONDS_OF["d"])
    hour, rest = divmod(rest, _SECONDS_OF["h"])
    minute, second = divmod(rest, _SECONDS_OF["m"])
    return f"{_date(day)}T{hour:02}:{minute:02}:{second:02}Z"


@lru_cache(maxsize=64)
def _date(day: int) -> str:
    """The date of that day since 1970-01-01, as in "2026-11-24"; made once, for tokens come by the day."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def human_utc(seconds: float) -> str | None:
    """The moment as "2026-11-24 21:45:00 UTC"; None as for `describe_utc`."""
    text = describe_utc(seconds)
    return None if text is None else text.replace("T", " ").replace("Z", " UTC")


def relative(seconds: float, *, now: float) -> str:
    """How far `seconds` is from `now`, in one unit, rounded down: "in 5 min", "2 h ago", "now"."""
    distance = seconds - now
    if abs(distance) >= _FARTHEST_YEARS * _RELATIVE_UNITS[0][0]:
        amount = f"over {_FARTHEST_YEARS} y"
    else:
        whole = int(abs(distance))
        if not whole:
            return "now"
        size, unit = next(row for row in _RELATIVE_UNITS if whole >= row[0])
        amount = f"{whole // size} {unit}"
    return f"in {amount}" if distance > 0 else f"{amount} ago"


def looks_like_milliseconds(number: float) -> bool:
    """Whether a time of 13 digits before the point is more likely one in milliseconds."""
    return _MILLISECONDS.start <= abs(number) < _MILLISECONDS.stop


def parse_duration(text: str) -> int:
    """The seconds that a DURATION stands for: number+unit out of `w d h m s`, falling, each once.

    Raises DurationMalformed, with a hint that says how to write what was probably meant.
    """
    match = re.fullmatch(_DURATION, text)
    if not text or match is None:
        raise DurationMalformed(f"{quote(text)} is not a duration", hint=duration_hint(text))
    amounts = zip(match.groups(), _SECONDS_OF.values(), strict=True)
    return sum(int(amount) * size for amount, size in amounts if amount)


def format_duration(seconds: int) -> str:
    """`seconds` as a DURATION of days and less, as in "1h30m"; "0s" for none, "-5m" for a negative one."""
    rest = abs(seconds)
    pieces = []
    for unit in ("d", "h", "m", "s"):
        amount, rest = divmod(rest, _SECONDS_OF[unit])
        if amount:
            pieces.append(f"{amount}{unit}")
    sign = "-" if seconds < 0 else ""
    return sign + "".join(pieces) if pieces else "0s"


def duration_hint(text: str) -> str:
    """How to write the duration that `text` probably means: "for 15 minutes write 15m"."""
    plain = re.sub(r"[\s,]", "", text[: _LONGEST_LOOSE + 1]).lower().lstrip("+-")
    if re.fullmatch(r"[0-9]{1,9}", plain):
        return f"for {_in_words(plain, 's')} write {plain}s"
    if plain.startswith("p"):
        plain = _without_iso_marks(plain)
    if len(text) > _LONGEST_LOOSE or not re.fullmatch(_LOOSE, plain):
        return _USAGE
    parts = [(number, _UNIT_WORDS.get(word)) for number, word in re.findall(_LOOSE_PART, plain)]
    total = 0.0
    for number, unit in parts:
        if unit is None:
            return _USAGE
        total += float(number) * _SECONDS_OF[unit]
    number, unit = parts[0]
    if len(parts) == 1 and unit is not None and "." not in number:
        return f"for {_in_words(number, unit)} write {number}{unit}"
    return f"write {format_duration(int(total))}" if total.is_integer() else _USAGE


def _without_iso_marks(text: str) -> str:
    """An ISO 8601 duration without its P and T, as in PT15M; nothing if it counts months."""
    days, _mark, times = text[1:].partition("t")
    return "" if "m" in days else days + times


def _in_words(number: str, unit: str) -> str:
    name = _NAME_OF[unit]
    return f"{number} {name}" if int(number) == 1 else f"{number} {name}s"
