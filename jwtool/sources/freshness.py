"""How long an answer stays fresh: this file is what Cache-Control and its kin say to a private cache (RFC 9111)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 24 * 60 * 60  # seconds; whatever the server says, a revoked key lives no longer than that
SILENT = 5 * 60  # seconds, where the server says nothing

_DIRECTIVE = re.compile(r'\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^,\s]*))?\s*(?:,|$)')
_SECONDS = re.compile(r"[0-9]{1,18}")


class Freshness(NamedTuple):
    """What a server allows: `lifetime` is the age in seconds up to which its answer serves unasked.

    `age` is how old the answer was when it came, out of some cache between. What is not to be `kept` is not written
    down at all.
    """

    lifetime: int
    age: int
    kept: bool


def judge_freshness(headers: Mapping[str, str]) -> Freshness:
    """The freshness of an answer with these headers, whose names are in lower case.

    `max-age`, else `Expires` minus `Date`, else five minutes; never more than a day; zero for `no-cache`, `Vary: *` and
    what can't be read (RFC 9111 §4.2). `s-maxage` is for shared caches, and this is none.
    """
    control = _directives(headers.get("cache-control", ""))
    age = headers.get("age", "").strip()
    return Freshness(
        min(_lifetime(control, headers), LONGEST),
        min(int(age), 2**31) if _SECONDS.fullmatch(age) else 0,
        kept="no-store" not in control,
    )


def _lifetime(control: Mapping[str, list[str]], headers: Mapping[str, str]) -> int:
    if "no-cache" in control or headers.get("vary", "").strip() == "*":
        return 0
    if "max-age" in control:
        return min(int(value) if _SECONDS.fullmatch(value) else 0 for value in control["max-age"])
    if "expires" in headers:
        return _until(headers["expires"], headers.get("date", ""))
    return 0 if not control and "no-cache" in headers.get("pragma", "").lower() else SILENT


def _directives(text: str) -> dict[str, list[str]]:
    """The directives of Cache-Control, names in lower case, with every value that each has."""
    found: dict[str, list[str]] = {}
    for match in _DIRECTIVE.finditer(text):
        found.setdefault(match[1].lower(), []).append((match[2] or "").strip('"'))
    return found


def _until(expires: str, date: str) -> int:
    """The seconds from `date` to `expires`; none where either can't be read ("0" means the past)."""
    from email.utils import parsedate_to_datetime

    try:
        return max(0, int((parsedate_to_datetime(expires) - parsedate_to_datetime(date)).total_seconds()))
    except (ValueError, TypeError, OverflowError):  # one with a zone, one without
        return 0
