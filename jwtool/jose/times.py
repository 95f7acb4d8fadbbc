"""Judge the claims that are times, exact at their boundaries (RFC 7519 §4.1.4 to §4.1.6, OpenID Connect Core §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import numeric_date
from jwtool.jose.policy import Check, bad_type, missing, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMERIC_DATE = "a number of seconds"


class Moment(NamedTuple):
    """When claims are judged: `now` in Unix seconds, and the `leeway` in seconds that clocks are granted."""

    now: int
    leeway: int


def judge_exp(claims: Mapping[str, Any], moment: Moment) -> Check:
    """Good while now < exp + leeway: no longer at exp itself (RFC 7519 §4.1.4)."""
    if "exp" not in claims:
        return Check("exp", "absent", detail="never expires")
    exp = seconds(claims, "exp")
    if exp is None:
        return bad_type("exp", claims["exp"], NUMERIC_DATE)
    if moment.now - moment.leeway >= exp:
        return Check("exp", "failed", "token_expired", found=exp, detail=f"expired {_when(exp, moment)}")
    if moment.now >= exp:
        return Check("exp", "ok", detail=f"expired {_when(exp, moment)}, within the leeway of {_leeway(moment)}")
    return Check("exp", "ok", detail=f"expires {_when(exp, moment)}")


def judge_nbf(claims: Mapping[str, Any], moment: Moment) -> Check:
    """Good when now ≥ nbf - leeway (RFC 7519 §4.1.5)."""
    if "nbf" not in claims:
        return Check("nbf", "absent")
    nbf = seconds(claims, "nbf")
    if nbf is None:
        return bad_type("nbf", claims["nbf"], NUMERIC_DATE)
    if moment.now + moment.leeway < nbf:
        return Check("nbf", "failed", "token_not_yet_valid", found=nbf, detail=f"valid {_when(nbf, moment)}")
    if moment.now < nbf:
        return Check("nbf", "ok", detail=f"valid {_when(nbf, moment)}, within the leeway of {_leeway(moment)}")
    return Check("nbf", "ok", detail=f"valid since {_when(nbf, moment)}")


def judge_iat(claims: Mapping[str, Any], max_age: int | None, moment: Moment) -> Check:
    """An age only where one is demanded; a token from the future is said to be one (RFC 7519 §4.1.6)."""
    if max_age is not None:
        return judge_age(claims, "iat", max_age, moment)
    if "iat" not in claims:
        return Check("iat", "absent")
    iat = seconds(claims, "iat")
    if iat is None:
        return bad_type("iat", claims["iat"], NUMERIC_DATE)
    ahead = ": ahead of this clock" if iat > moment.now else ""
    return Check("iat", "ok", detail=f"issued {_when(iat, moment)}{ahead}")


def judge_age(claims: Mapping[str, Any], claim: str, max_age: int, moment: Moment) -> Check:
    """Good if the claim is there, at most the leeway ahead, and at most `max_age` + leeway seconds old."""
    ahead, old = {
        "iat": ("iat_in_future", "token_too_old"),
        "auth_time": ("auth_time_in_future", "auth_too_old"),
    }[claim]
    verb = "issued" if claim == "iat" else "authenticated"
    if claim not in claims:
        return missing(claim, claim)
    time = seconds(claims, claim)
    if time is None:
        return bad_type(claim, claims[claim], NUMERIC_DATE)
    if time > moment.now + moment.leeway:
        return Check(claim, "failed", ahead, found=time, detail=f"{verb} {_when(time, moment)}: ahead of this clock")
    detail = f"{verb} {_when(time, moment)}, wanted at most {numeric_date.format_duration(max_age)} ago"
    if moment.now - moment.leeway - max_age > time:
        return Check(claim, "failed", old, found=time, detail=detail)
    return Check(claim, "ok", detail=detail)


def judge_ttl(claims: Mapping[str, Any], min_ttl: int, moment: Moment) -> Check:
    """Good if exp - now ≥ `min_ttl` seconds, without leeway; a token that never expires lives long enough."""
    if "exp" not in claims:
        return Check("ttl", "ok", detail="never expires")
    exp = seconds(claims, "exp")
    if exp is None:
        return bad_type("ttl", claims["exp"], NUMERIC_DATE, claim="exp")
    wanted = f"wanted at least {numeric_date.format_duration(min_ttl)} of life"
    if exp < moment.now + min_ttl:
        verb = "expires" if exp > moment.now else "expired"
        return Check("ttl", "failed", "ttl_too_short", found=exp, detail=f"{verb} {_when(exp, moment)}, {wanted}")
    return Check("ttl", "ok", detail=f"expires {_when(exp, moment)}, {wanted}")


def _when(time: float, moment: Moment) -> str:
    """That time as people say it: "2 h ago, 2026-11-24 19:40:00 UTC"; a time without a date as the number it is."""
    utc = numeric_date.human_utc(time)
    question = "; milliseconds?" if numeric_date.looks_like_milliseconds(time) else ""
    return f"{numeric_date.relative(time, now=moment.now)}, {time if utc is None else utc}{question}"


def _leeway(moment: Moment) -> str:
    return numeric_date.format_duration(moment.leeway)
