"""`jwtool.jose.typ`: what a token says it is."""

from __future__ import annotations

import pytest

from jwtool.jose.policy import Check
from jwtool.jose.token import Signature
from jwtool.jose.typ import judge_typ


def judge(protected: dict[str, str], wanted: str | None, unprotected: dict[str, str] | None = None) -> list[Check]:
    unprotected = unprotected or {}
    return judge_typ(Signature(protected, unprotected, {**protected, **unprotected}, "", b""), wanted)


@pytest.mark.parametrize(
    ("wanted", "found", "verdict"),
    [
        ("JWT", "JWT", "ok"),
        ("jwt", "JWT", "ok"),
        ("at+jwt", "application/at+jwt", "ok"),
        ("application/at+jwt", "AT+JWT", "ok"),
        ("APPLICATION/at+jwt", "Application/AT+JWT", "ok"),
        ("text/x", "TEXT/x", "ok"),
        ("at+jwt", "JWT", "failed"),
        ("at+jwt", "at+jwt ", "failed"),
        ("at+jwt", "", "failed"),
        ("a/b", "application/a/b", "failed"),
        ("kb+jwt", "\u212ab+jwt", "failed"),
        ("text/at+jwt", "at+jwt", "failed"),
        ("\udce9", "JWT", "failed"),
    ],
)
def test_typ_without_case_and_without_application(wanted: str, found: str, verdict: str) -> None:
    (check,) = judge({"typ": found}, wanted)
    code = None if verdict == "ok" else "typ_mismatch"
    assert (check.name, check.verdict, check.code, check.wanted, check.found) == ("typ", verdict, code, wanted, found)


def test_typ_that_nobody_demanded_is_not_judged() -> None:
    assert judge({"typ": "anything"}, None) == []
    assert judge({}, None) == []


def test_typ_demanded_and_missing() -> None:
    assert judge({}, "JWT") == [Check("typ", "failed", "typ_mismatch", "JWT", detail="the token has no typ")]
    assert judge({}, "JWT", {"typ": "JWT"}) == [
        Check("typ", "failed", "typ_mismatch", "JWT", detail="the token protects no typ")
    ]


@pytest.mark.parametrize("typ", ["dpop+jwt", "application/DPoP+JWT"])
def test_a_dpop_proof_is_believed_only_where_one_is_demanded(typ: str) -> None:
    detail = "a DPoP proof is no token to be believed by itself"
    assert judge({"typ": typ}, None) == [Check("typ", "failed", "typ_mismatch", found=typ, detail=detail)]
    assert judge({"typ": typ}, "dpop+jwt") == [Check("typ", "ok", wanted="dpop+jwt", found=typ)]


def test_an_optional_typ_may_be_missing_but_not_another() -> None:
    def judge(protected: dict[str, str], unprotected: dict[str, str]) -> list[Check]:
        signature = Signature(protected, unprotected, {**protected, **unprotected}, "", b"")
        return judge_typ(signature, "JWT", optional=True)

    assert judge({}, {}) == [Check("typ", "absent", wanted="JWT")]
    assert judge({"typ": "jwt"}, {}) == [Check("typ", "ok", wanted="JWT", found="jwt")]
    assert [one.code for one in (*judge({"typ": "at+jwt"}, {}), *judge({}, {"typ": "JWT"}))] == ["typ_mismatch"] * 2
