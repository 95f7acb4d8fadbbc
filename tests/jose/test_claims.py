"""`jwtool.jose.claims`: every claim that the policy or RFC 7519 has an opinion on, at its exact boundaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.claims import Check, ClaimPolicy, Requirement, check, half_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_795_556_400
NO_POLICY = ClaimPolicy()


def judge(
    claims: Mapping[str, Any], name: str, policy: ClaimPolicy = NO_POLICY, *, now: int = NOW, **key: str
) -> Check:
    """The one check of that name."""
    (found,) = [one for one in check(claims, policy, now=now, **key) if one.name == name]
    return found


# What is listed, and in which order


def test_the_registered_claims_are_always_listed() -> None:
    assert check({}, ClaimPolicy(), now=NOW) == (
        Check("exp", "absent", detail="never expires"),
        Check("nbf", "absent"),
        Check("iat", "absent"),
        Check("iss", "absent"),
        Check("aud", "absent"),
    )


def test_all_checks_run_in_order_even_after_one_failed() -> None:
    policy = ClaimPolicy(
        issuers=("i",),
        audiences=("a",),
        subject="s",
        required=(Requirement(("role",), "role", "present"), Requirement(("x", 0), "x[0]", "equal", 1)),
        scopes=("read",),
        max_age=1,
        max_auth_age=1,
        min_ttl=1,
        nonce="n",
        access_token=b"t",
        code=b"c",
    )
    names = [
        "exp",
        "nbf",
        "iat",
        "iss",
        "aud",
        "sub",
        "nonce",
        "auth_time",
        "ttl",
        "at_hash",
        "c_hash",
        "scope",
        "require:role",
        "require:x[0]",
    ]
    bad = {"exp": 0, "nbf": NOW + 1}
    checks = check(bad, policy, now=NOW, alg="ES256")
    assert [one.name for one in checks] == names
    assert [one.code for one in checks] == [
        "token_expired",
        "token_not_yet_valid",
        *["claim_missing"] * 6,
        "ttl_too_short",
        *["claim_missing"] * 5,
    ]


def test_all_that_is_demanded_can_be_met_at_once() -> None:
    role = Requirement(("role",), "role", "equal", "admin")
    policy = ClaimPolicy(access_token=b"t", code=b"c", scopes=("read",), required=(role,))
    claims = {name: half_hash("EdDSA", "Ed448", value) for name, value in (("at_hash", b"t"), ("c_hash", b"c"))}
    checks = check({**claims, "scope": "read", "role": "admin"}, policy, now=NOW, alg="EdDSA", crv="Ed448")
    assert checks[5:] == (
        Check("at_hash", "ok"),
        Check("c_hash", "ok"),
        Check("scope", "ok", wanted=["read"], found=["read"]),
        Check("require:role", "ok", wanted="admin"),
    )


@pytest.mark.parametrize("claim", ["iss", "aud"])
def test_a_name_that_nobody_demanded_is_skipped(claim: str) -> None:
    assert judge({claim: "x"}, claim) == Check(claim, "skipped", found="x", detail="not demanded")


# Names


@pytest.mark.parametrize("issuers", [("https://idp.example",), ("https://other.example", "https://idp.example")])
def test_iss_is_one_of_the_issuers(issuers: tuple[str, ...]) -> None:
    found = judge({"iss": "https://idp.example"}, "iss", ClaimPolicy(issuers=issuers))
    assert found == Check("iss", "ok", wanted=list(issuers), found="https://idp.example")


@pytest.mark.parametrize(
    ("iss", "detail"),
    [
        ("https://idp.example/", "the issuers differ only by a trailing slash"),
        ("https://IDP.example", "the issuers differ only by upper and lower case"),
        ("HTTPS://idp.example", "the issuers differ only by upper and lower case"),
        ("http://idp.example", "the issuers differ only by the scheme"),
        ("idp.example", "the issuers differ only by the scheme"),
        ("http://Idp.example/", "the issuers differ only by the scheme and a trailing slash and upper and lower case"),
        ("://idp.example", ""),
        ("https", ""),
        ("https://", ""),
        ("", ""),
        ("https://idp.example.evil.example", ""),
        ("https://idp.example//", ""),
        (" https://idp.example\n", "the issuers differ only by blanks around them"),
        ("https://idp.example\x00", ""),
        (["https://idp.example"], "must be a string, found a list"),
        ({"https://idp.example": 1}, "must be a string, found an object"),
        (None, "must be a string, found null"),
        (True, "must be a string, found a boolean"),
    ],
)
def test_iss_by_another_name_is_refused(iss: object, detail: str) -> None:
    found = judge({"iss": iss}, "iss", ClaimPolicy(issuers=("https://idp.example",)))
    assert found == Check("iss", "failed", "iss_mismatch", ["https://idp.example"], iss, detail)


@pytest.mark.parametrize(
    ("wanted", "iss", "detail"),
    [
        ("idp.example", "://idp.example", ""),
        ("https://idp.example/", "https://idp.example", "the issuers differ only by a trailing slash"),
        ("idp.example", "IDP.example/", "the issuers differ only by a trailing slash and upper and lower case"),
        ("https://idp.example?to=https://x", "https://idp.example?to=http://x", ""),
        (
            "https://idp.example?to=https://x",
            "http://idp.example?to=https://x",
            "the issuers differ only by the scheme",
        ),
    ],
)
def test_a_near_miss_is_one_of_scheme_slash_and_case(wanted: str, iss: str, detail: str) -> None:
    found = judge({"iss": iss}, "iss", ClaimPolicy(issuers=(wanted,)))
    assert found == Check("iss", "failed", "iss_mismatch", [wanted], iss, detail)


def test_the_near_miss_of_any_issuer_is_told() -> None:
    policy = ClaimPolicy(issuers=("https://a.example", "https://b.example"))
    assert judge({"iss": "https://b.example/"}, "iss", policy).detail == "the issuers differ only by a trailing slash"


def test_iss_demanded_and_missing() -> None:
    assert judge({}, "iss", ClaimPolicy(issuers=("i",))) == Check(
        "iss", "failed", "claim_missing", wanted=["i"], detail="the token has no iss"
    )


@pytest.mark.parametrize(
    ("aud", "found"),
    [("api", ["api"]), (["api"], ["api"]), (["web", "api"], ["web", "api"]), ("mobile", ["mobile"])],
)
def test_aud_holds_one_of_the_audiences(aud: object, found: list[str]) -> None:
    policy = ClaimPolicy(audiences=("api", "mobile"))
    assert judge({"aud": aud}, "aud", policy) == Check("aud", "ok", wanted=["api", "mobile"], found=found)


@pytest.mark.parametrize(
    ("aud", "found", "detail"),
    [
        ("web", ["web"], ""),
        (["web", "mobile"], ["web", "mobile"], ""),
        ([], [], ""),
        ("", [""], ""),
        ("api web", ["api web"], ""),
        ("ap", ["ap"], ""),
        (["web", "API"], ["web", "API"], "the audiences differ only by upper and lower case"),
    ],
)
def test_aud_without_any_of_the_audiences_is_refused(aud: object, found: list[str], detail: str) -> None:
    expected = Check("aud", "failed", "aud_mismatch", ["api"], found, detail)
    assert judge({"aud": aud}, "aud", ClaimPolicy(audiences=("api",))) == expected


def test_a_near_miss_among_thousands_of_audiences_is_looked_for_in_the_first_only() -> None:
    near, many = "the audiences differ only by upper and lower case", ["x"] * 10_000
    policy = ClaimPolicy(audiences=("a", "api"))
    assert judge({"aud": ["x"] * 63 + ["API"] + many}, "aud", policy).detail == near
    assert judge({"aud": ["x"] * 64 + ["API"] + many}, "aud", policy).detail == ""


@pytest.mark.parametrize(
    ("aud", "what"),
    [
        (["api", 1], "a list with other things in it"),
        ([["api"]], "a list with other things in it"),
        ({"api": "api"}, "an object"),
        (None, "null"),
        (1, "a number"),
        (False, "a boolean"),
    ],
)
def test_aud_of_a_wrong_type_is_refused(aud: object, what: str) -> None:
    detail = f"must be a string or a list of strings, found {what}"
    expected = Check("aud", "failed", "claim_bad_type", ["api"], aud, detail)
    assert judge({"aud": aud}, "aud", ClaimPolicy(audiences=("api",))) == expected


def test_aud_demanded_and_missing() -> None:
    assert judge({}, "aud", ClaimPolicy(audiences=("api",))) == Check(
        "aud", "failed", "claim_missing", wanted=["api"], detail="the token has no aud"
    )


@pytest.mark.parametrize(("claim", "policy"), [("sub", ClaimPolicy(subject="ü1")), ("nonce", ClaimPolicy(nonce="ü1"))])
def test_sub_and_nonce_are_equal_or_refused(claim: str, policy: ClaimPolicy) -> None:
    mismatch = f"{claim}_mismatch"
    assert judge({claim: "ü1"}, claim, policy) == Check(claim, "ok", wanted="ü1", found="ü1")
    assert judge({claim: "ü"}, claim, policy) == Check(claim, "failed", mismatch, "ü1", "ü")
    assert judge({claim: "\ud800"}, claim, policy) == Check(claim, "failed", mismatch, "ü1", "\ud800")
    assert judge({claim: 1}, claim, policy) == Check(
        claim, "failed", mismatch, "ü1", 1, "must be a string, found a number"
    )
    assert judge({}, claim, policy) == Check(claim, "failed", "claim_missing", "ü1", detail=f"the token has no {claim}")


@pytest.mark.parametrize(
    ("claim", "policy"), [("sub", ClaimPolicy(subject="\udcfc")), ("nonce", ClaimPolicy(nonce="\udcfc"))]
)
def test_a_demand_that_was_no_text_is_met_by_no_token(claim: str, policy: ClaimPolicy) -> None:
    assert judge({claim: "ü"}, claim, policy) == Check(claim, "failed", f"{claim}_mismatch", "\udcfc", "ü")


def test_a_policy_shows_no_secret() -> None:
    assert repr(ClaimPolicy(access_token=b"the access token", code=b"the code")) == "<ClaimPolicy>"
