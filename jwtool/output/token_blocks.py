"""How a header, claims and checks look to a person: rows out of plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from jwtool.explain.titles import typ_title
from jwtool.jose import base64url, numeric_date, strict_json
from jwtool.output.report import Row, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.jose.policy import Check
    from jwtool.output.report import Mood

TIMES = ("exp", "nbf", "iat", "auth_time", "updated_at")
SAID: Mapping[str, str] = {
    "iss": "issuer",
    "aud": "audience",
    "sub": "subject",
    "exp": "expiry",
    "nbf": "not before",
    "iat": "issued at",
    "typ": "type",
    "alg": "algorithm",
    "auth_time": "login",
    "ttl": "time left",
    "crit": "critical",
    "cnf": "key binding",
}
LONGEST_VALUE = 2_000
BAD_TYPE = "claim_bad_type"
NOT_A_HASH = "which is not the hash of what was given"
ONE_OF_SEVERAL = frozenset({"iss", "aud", "scope", "alg"})
EXACT = 2**53  # from here on a double, lest a document have a number of more digits than strict JSON reads


def shown_value(value: Any) -> str:
    """A JSON value for people: text bare, all else as JSON; what is very long is cut and says so."""
    text = value if isinstance(value, str) else strict_json.dump(value)
    if len(text) > LONGEST_VALUE:
        return f"{text[:LONGEST_VALUE]}… ({len(text)} characters)"
    return text


def times_of(claims: Mapping[str, Any], *, now: int) -> dict[str, Any]:
    """The claims that are times, for scripts: UTC and seconds from now (negative: past)."""
    found: dict[str, Any] = {}
    for name in TIMES:
        value = claims.get(name)
        if is_number(value):
            whole = int(value) if abs(value) < EXACT else float(value)
            found[name] = {"utc": numeric_date.describe_utc(value), "seconds_left": whole - now}
    return found


def is_number(value: object) -> TypeGuard[float]:
    """Whether a JSON value can be a NumericDate."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def token_table(
    header: Mapping[str, Any], claims: Mapping[str, Any] | None, last: Sequence[tuple[str, str]], *, now: int
) -> Table:
    """Header and claims, a member a row, with what times and types mean; `last` are rows of a label and a text."""
    rows = _section("header", header, _about_header, now)
    if claims is not None:
        rows += _section("claims", claims, _about_claim, now)
    rows += [Row((label, text), ("name",)) for label, text in last]
    return Table(tuple(rows))


def _section(label: str, members: Mapping[str, Any], about: Any, now: int) -> list[Row]:
    rows = []
    for position, (name, value) in enumerate(members.items()):
        first = label if position == 0 else ""
        cells = (first, name, shown_value(value), *about(name, value, now))
        rows.append(Row(cells, ("name", "", "", "dim", "dim")))
    return rows or [Row((label, "none"), ("name", "dim"))]


def _about_header(name: str, value: Any, _now: int) -> tuple[str, ...]:
    if name == "typ" and isinstance(value, str):
        return (typ_title(value) or "",)
    return ()


def _about_claim(name: str, value: Any, now: int) -> tuple[str, ...]:
    if name not in TIMES or not is_number(value):
        return () if name not in TIMES else ("not a time",)
    if numeric_date.looks_like_milliseconds(value):
        return ("milliseconds? a time is in seconds",)
    utc = numeric_date.human_utc(value)
    return (utc or "beyond the year 9999", numeric_date.relative(value, now=now))


def payload_member(payload: bytes) -> tuple[str, str]:
    """A payload that is no claims, as a document names it: `payload` if it is text, else `payload_base64url`."""
    try:
        return "payload", payload.decode("utf-8")
    except UnicodeDecodeError:
        return "payload_base64url", base64url.encode(payload)


def check_rows(checks: Sequence[Check]) -> list[Row]:
    """One row a check: what was judged, the verdict, and why. An absent `crit` is not worth a row."""
    rows = []
    for check in checks:
        if check.name == "crit" and check.verdict == "absent":
            continue
        failed = check.verdict == "failed"
        mood: Mood = "bad" if failed else "good" if check.verdict == "ok" else "dim"
        name = SAID.get(check.name, check.name)
        rows.append(Row((name, "FAILED" if failed else check.verdict, check_text(check)), ("name", mood)))
    return rows


def check_text(check: Check) -> str:
    """The reason of a check in words: what was wanted and what was found, else its detail."""
    if check.verdict == "absent":
        return check.detail
    found = _shown_claim(check, check.found)
    if check.verdict == "failed" and check.found is not None and not (check.code == BAD_TYPE and check.detail):
        if check.wanted is not None:
            wanted = _shown_claim(check, check.wanted)
            if wanted == found:  # "1" is not 1, and ["1"] is neither
                wanted, found = strict_json.dump(check.wanted), strict_json.dump(check.found)
            return f"wanted {wanted}, found {found}"
        return check.detail or f"found {found}, {NOT_A_HASH}"
    return check.detail or ("" if check.found is None else found)


def _shown_claim(check: Check, value: Any) -> str:
    """A value that was wanted or found; of those that may be one of several, a list of one is its member."""
    return shown_list(value) if check.name in ONE_OF_SEVERAL else shown_value(value)


def shown_list(value: Any) -> str:
    """A value for a sentence; a list of one is its member."""
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    return shown_value(list(value) if isinstance(value, tuple) else value)
