"""`jwtool.jose.times`: good or not, at the very second; and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.claims import check
from jwtool.jose.policy import Check, ClaimPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_795_556_400
NO_POLICY = ClaimPolicy()


def judge(claims: Mapping[str, Any], name: str, policy: ClaimPolicy = NO_POLICY, *, now: int = NOW) -> Check:
    """The one check of that name."""
    (found,) = [one for one in check(claims, policy, now=now) if one.name == name]
    return found


@pytest.mark.parametrize("exp", [100, 100.0], ids=["int", "float"])
@pytest.mark.parametrize(
    ("now", "verdict"), [(99, "ok"), (100, "failed"), (101, "failed")], ids=["before", "at", "after"]
)
def test_exp_boundary(exp: float, now: int, verdict: str) -> None:
    assert judge({"exp": exp}, "exp", now=now).verdict == verdict


@pytest.mark.parametrize(("exp", "verdict"), [(100.5, "ok"), (99.999, "failed")])
def test_exp_keeps_its_fraction(exp: float, verdict: str) -> None:
    assert judge({"exp": exp}, "exp", now=100).verdict == verdict


@pytest.mark.parametrize(("now", "verdict"), [(129, "ok"), (130, "failed")])
def test_exp_boundary_with_leeway(now: int, verdict: str) -> None:
    assert judge({"exp": 100}, "exp", ClaimPolicy(leeway=30), now=now).verdict == verdict


def test_exp_sentences() -> None:
    assert judge({"exp": NOW + 300}, "exp") == Check("exp", "ok", detail="expires in 5 min, 2026-11-24 21:45:00 UTC")
    assert judge({"exp": NOW - 7500}, "exp") == Check(
        "exp", "failed", "token_expired", found=NOW - 7500, detail="expired 2 h ago, 2026-11-24 19:35:00 UTC"
    )
    assert judge({"exp": NOW}, "exp", ClaimPolicy(leeway=90)) == Check(
        "exp", "ok", detail="expired now, 2026-11-24 21:40:00 UTC, within the leeway of 1m30s"
    )
    assert judge({"exp": NOW - 1}, "exp", ClaimPolicy(leeway=1)).detail == "expired 1 s ago, 2026-11-24 21:39:59 UTC"


@pytest.mark.parametrize(("nbf", "verdict"), [(NOW, "ok"), (NOW + 1, "failed"), (NOW + 0.5, "failed")])
def test_nbf_boundary(nbf: float, verdict: str) -> None:
    assert judge({"nbf": nbf}, "nbf").verdict == verdict


@pytest.mark.parametrize(("nbf", "verdict"), [(NOW + 30, "ok"), (NOW + 31, "failed")])
def test_nbf_boundary_with_leeway(nbf: int, verdict: str) -> None:
    assert judge({"nbf": nbf}, "nbf", ClaimPolicy(leeway=30)).verdict == verdict


def test_nbf_sentences() -> None:
    assert judge({"nbf": NOW - 60}, "nbf") == Check(
        "nbf", "ok", detail="valid since 1 min ago, 2026-11-24 21:39:00 UTC"
    )
    assert judge({"nbf": NOW}, "nbf") == Check("nbf", "ok", detail="valid since now, 2026-11-24 21:40:00 UTC")
    assert judge({"nbf": NOW + 60}, "nbf") == Check(
        "nbf", "failed", "token_not_yet_valid", found=NOW + 60, detail="valid in 1 min, 2026-11-24 21:41:00 UTC"
    )
    assert judge({"nbf": NOW + 60}, "nbf", ClaimPolicy(leeway=60)) == Check(
        "nbf", "ok", detail="valid in 1 min, 2026-11-24 21:41:00 UTC, within the leeway of 1m"
    )


def test_iat_ahead_without_max_age_is_said_and_no_failure() -> None:
    assert judge({"iat": NOW + 60}, "iat") == Check(
        "iat", "ok", detail="issued in 1 min, 2026-11-24 21:41:00 UTC: ahead of this clock"
    )
    assert judge({"iat": NOW}, "iat") == Check("iat", "ok", detail="issued now, 2026-11-24 21:40:00 UTC")


@pytest.mark.parametrize(
    ("iat", "leeway", "code"),
    [
        (NOW - 3600, 0, None),
        (NOW - 3601, 0, "token_too_old"),
        (NOW - 3600.5, 0, "token_too_old"),
        (NOW, 0, None),
        (NOW + 1, 0, "iat_in_future"),
        (NOW - 3630, 30, None),
        (NOW - 3631, 30, "token_too_old"),
        (NOW + 30, 30, None),
        (NOW + 31, 30, "iat_in_future"),
    ],
)
def test_max_age_and_max_auth_age_have_the_same_boundaries(iat: float, leeway: int, code: str | None) -> None:
    auth_code = {"token_too_old": "auth_too_old", "iat_in_future": "auth_time_in_future"}.get(code or "")
    assert judge({"iat": iat}, "iat", ClaimPolicy(max_age=3600, leeway=leeway)).code == code
    assert judge({"auth_time": iat}, "auth_time", ClaimPolicy(max_auth_age=3600, leeway=leeway)).code == auth_code


def test_age_sentences() -> None:
    policy = ClaimPolicy(max_age=3600, max_auth_age=0)
    assert judge({"iat": NOW - 7200}, "iat", policy) == Check(
        "iat",
        "failed",
        "token_too_old",
        found=NOW - 7200,
        detail="issued 2 h ago, 2026-11-24 19:40:00 UTC, wanted at most 1h ago",
    )
    assert judge({"iat": NOW + 7200}, "iat", policy) == Check(
        "iat",
        "failed",
        "iat_in_future",
        found=NOW + 7200,
        detail="issued in 2 h, 2026-11-24 23:40:00 UTC: ahead of this clock",
    )
    assert judge({"auth_time": NOW}, "auth_time", policy) == Check(
        "auth_time", "ok", detail="authenticated now, 2026-11-24 21:40:00 UTC, wanted at most 0s ago"
    )
    assert judge({}, "iat", policy) == Check("iat", "failed", "claim_missing", detail="the token has no iat")


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": NOW + 60}, None),
        ({"exp": NOW + 59}, "ttl_too_short"),
        ({"exp": NOW + 59.5}, "ttl_too_short"),
        ({}, None),
        ({"exp": True}, "claim_bad_type"),
    ],
)
def test_min_ttl_boundary_takes_no_leeway(claims: Mapping[str, Any], code: str | None) -> None:
    assert judge(claims, "ttl", ClaimPolicy(min_ttl=60, leeway=3600)).code == code


def test_min_ttl_sentences() -> None:
    policy = ClaimPolicy(min_ttl=60)
    assert judge({}, "ttl", policy) == Check("ttl", "ok", detail="never expires")
    assert judge({"exp": NOW + 120}, "ttl", policy) == Check(
        "ttl", "ok", detail="expires in 2 min, 2026-11-24 21:42:00 UTC, wanted at least 1m of life"
    )
    assert judge({"exp": NOW - 120}, "ttl", policy) == Check(
        "ttl",
        "failed",
        "ttl_too_short",
        found=NOW - 120,
        detail="expired 2 min ago, 2026-11-24 21:38:00 UTC, wanted at least 1m of life",
    )
    for exp, sentence in (
        (NOW + 59, "expires in 59 s, 2026-11-24 21:40:59 UTC, wanted at least 1m of life"),
        (NOW, "expired now, 2026-11-24 21:40:00 UTC, wanted at least 1m of life"),
    ):
        assert judge({"exp": exp}, "ttl", policy) == Check("ttl", "failed", "ttl_too_short", found=exp, detail=sentence)
    assert judge({"exp": "1"}, "ttl", policy) == Check(
        "ttl", "failed", "claim_bad_type", found="1", detail="exp must be a number of seconds, found a string"
    )


@pytest.mark.parametrize(("claim", "ms"), [("exp", NOW * 1000), ("nbf", 1_000_000_000_000), ("iat", 9_999_999_999_999)])
def test_milliseconds_are_suspected(claim: str, ms: int) -> None:
    assert judge({claim: ms}, claim).detail.partition("; ")[2].partition(":")[0] == "milliseconds?"


def test_a_time_without_a_date_is_judged_as_the_number_it_is() -> None:
    assert judge({"exp": 10**20}, "exp") == Check("exp", "ok", detail=f"expires in over 1000000 y, {10**20}")
    assert judge({"nbf": 1e300}, "nbf").code == "token_not_yet_valid"
    assert judge({"exp": -(10**39)}, "exp").code == "token_expired"


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat", "auth_time"])
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "a boolean"),
        (False, "a boolean"),
        ("1795556700", "a string"),
        (None, "null"),
        ([NOW], "a list"),
        ({}, "an object"),
        (float("inf"), "a number"),
        (float("nan"), "a number"),
    ],
)
def test_a_time_of_a_wrong_type_fails_and_is_not_absent(claim: str, value: object, kind: str) -> None:
    found = judge({claim: value}, claim, ClaimPolicy(max_auth_age=60))
    assert (found.verdict, found.code, found.found) == ("failed", "claim_bad_type", value)
    assert found.detail == f"must be a number of seconds, found {kind}"
    if claim == "iat":
        assert judge({claim: value}, claim, ClaimPolicy(max_age=60)) == found
