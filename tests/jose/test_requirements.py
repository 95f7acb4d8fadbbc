"""`jwtool.jose.requirements`: what a user demands in his own words, scopes, half hashes."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.claims import check
from jwtool.jose.policy import Check, ClaimPolicy, Requirement
from jwtool.jose.requirements import half_hash, judge_half_hash, judge_requirement, judge_scopes

if TYPE_CHECKING:
    from collections.abc import Mapping


# Scopes


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        ({"scope": "read write"}, ["read", "write"]),
        ({"scope": "  write  read "}, ["write", "read"]),
        ({"scp": ["write", "read"]}, ["write", "read"]),
        ({"scp": "read write"}, ["read", "write"]),
        ({"scope": ["read"], "scp": "write"}, ["read", "write"]),
        ({"scope": "read", "scp": ["write"]}, ["read", "write"]),
    ],
)
def test_all_scopes_are_in_scope_or_scp(claims: Mapping[str, Any], found: list[str]) -> None:
    assert judge_scopes(claims, ("read", "write")) == Check("scope", "ok", wanted=["read", "write"], found=found)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, Check("scope", "failed", "claim_missing", ["a", "b"], detail="the token has no scope")),
        ({"scope": "a"}, Check("scope", "failed", "scope_missing", ["a", "b"], ["a"], "without b")),
        ({"scope": "ab"}, Check("scope", "failed", "scope_missing", ["a", "b"], ["ab"], "without a, b")),
        ({"scope": "a\tb"}, Check("scope", "failed", "scope_missing", ["a", "b"], ["a\tb"], "without a, b")),
        ({"scp": ["a b"]}, Check("scope", "failed", "scope_missing", ["a", "b"], ["a b"], "without a, b")),
        (
            {"scope": "a b", "scp": 1},
            Check(
                "scope",
                "failed",
                "claim_bad_type",
                found=1,
                detail="scp must be a string or a list of strings, found a number",
            ),
        ),
        (
            {"scope": ["a", "b", None]},
            Check(
                "scope",
                "failed",
                "claim_bad_type",
                found=["a", "b", None],
                detail="must be a string or a list of strings, found a list",
            ),
        ),
    ],
)
def test_a_scope_that_is_not_there_is_refused(claims: Mapping[str, Any], expected: Check) -> None:
    assert judge_scopes(claims, ("a", "b")) == expected


# Requirements


def require(claims: Mapping[str, Any], *path: str | int, operator: Any = "equal", value: Any = None) -> Check:
    """The check of one requirement."""
    return judge_requirement(claims, Requirement(path, "NAME", operator, value))


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        (("a",), "ok"),
        (("null",), "ok"),
        (("a", "b"), "ok"),
        (("a", "b", 0), "ok"),
        (("a", "b", 1, "c"), "ok"),
        (("a", 7), "ok"),
        (("a.b",), "ok"),
        (("a", "x"), "failed"),
        (("x",), "failed"),
        (("a", "b", 2), "failed"),
        (("a", "b", -1), "failed"),
        (("a", "b", "0"), "failed"),
        (("text", 0), "failed"),
        (("text", "upper"), "failed"),
        (("null", "x"), "failed"),
    ],
)
def test_a_path_looks_into_objects_and_arrays(path: tuple[str | int, ...], verdict: str) -> None:
    claims = {"a": {"b": [0, {"c": None}], "7": 7}, "a.b": 1, "text": "text", "null": None}
    good = Check("require:NAME", "ok")
    bad = Check("require:NAME", "failed", "claim_missing", detail="the token has no NAME")
    assert require(claims, *path, operator="present") == (good if verdict == "ok" else bad)
    if verdict == "failed":
        assert require(claims, *path, value="wanted") == bad._replace(wanted="wanted")


@pytest.mark.parametrize(
    ("claim", "wanted", "holds"),
    [
        ("admin", "admin", True),
        (["user", "admin"], "admin", True),
        (["user", "admin"], ["user", "admin"], True),
        ([["admin"]], ["admin"], True),
        ([["admin"]], "admin", False),
        ("administrator", "admin", False),
        ("Admin", "admin", False),
        (1, 1.0, True),
        (1, True, False),
        (True, 1, False),
        (True, True, True),
        (0, False, False),
        ("1", 1, False),
        ([1], True, False),
        (None, None, True),
        (None, False, False),
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": True}, False),
        ({"admin": 1}, "admin", False),
        ([], [], True),
        ([], None, False),
    ],
)
def test_a_value_is_equal_as_json_or_in_the_array(claim: object, wanted: object, holds: bool) -> None:
    good = Check("require:NAME", "ok", wanted=wanted)
    bad = Check("require:NAME", "failed", "claim_mismatch", wanted, claim)
    assert require({"c": claim}, "c", value=wanted) == (good if holds else bad)


def test_a_large_array_is_searched_quickly() -> None:
    claims = {"c": [{"x": 0}, "y"] * 50_000}
    begin = time.process_time()
    assert {require(claims, "c", value={"x": number}).verdict for number in range(1, 10)} == {"failed"}
    assert time.process_time() - begin < 1


@pytest.mark.parametrize(
    ("claim", "pattern", "expected"),
    [
        ("user-42", r"user-\d+", Check("require:NAME", "ok", wanted=r"user-\d+")),
        ("user-42\n", r"user-\d+", Check("require:NAME", "failed", "claim_mismatch", r"user-\d+", "user-42\n")),
        ("a user-42", r"user-\d+", Check("require:NAME", "failed", "claim_mismatch", r"user-\d+", "a user-42")),
        (
            ["user-42"],
            r"user-\d+",
            Check(
                "require:NAME",
                "failed",
                "claim_bad_type",
                r"user-\d+",
                ["user-42"],
                "must be a string, found a list",
            ),
        ),
        (
            "(",
            "(",
            Check("require:NAME", "failed", "claim_mismatch", "(", "(", "the pattern is no regular expression"),
        ),
        (
            "a",
            "a{99999999999}",
            Check(
                "require:NAME",
                "failed",
                "claim_mismatch",
                "a{99999999999}",
                "a",
                "the pattern is no regular expression",
            ),
        ),
    ],
)
def test_a_pattern_matches_the_whole_string(claim: object, pattern: str, expected: Check) -> None:
    assert require({"c": claim}, "c", operator="matches", value=pattern) == expected


def test_a_pattern_that_takes_too_long_refuses_the_claim() -> None:
    def slow(_pattern: str, _text: str) -> object:
        raise TimeoutError

    requirement = Requirement(("c",), "NAME", "matches", "a*")
    detail = "the pattern takes too long on this claim"
    expected = Check("require:NAME", "failed", "claim_mismatch", "a*", detail=detail)
    assert judge_requirement({"c": "a"}, requirement, slow) == expected
    assert check({"c": "a"}, ClaimPolicy(required=(requirement,), fullmatch=slow), now=0)[-1] == expected


def test_a_text_that_is_too_long_is_not_matched() -> None:
    assert require({"c": "a" * 4096}, "c", operator="matches", value="a*").verdict == "ok"
    assert require({"c": "a" * 4097}, "c", operator="matches", value="a*") == Check(
        "require:NAME",
        "failed",
        "claim_mismatch",
        "a*",
        "a" * 4097,
        "longer than 4,096 characters, not matched",
    )


# Half hashes


def test_half_hash_of_the_example_in_openid_connect() -> None:
    """OpenID Connect Core, appendix A.3 and A.4 (RS256)."""
    assert half_hash("RS256", None, b"jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"
    assert (
        half_hash("RS256", None, b"Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk")
        == "LDktKdoQak3Pk0cnXxCltA"
    )


SHA512_256, SHAKE256_456 = hashlib.sha512(b"token").digest()[:32], hashlib.shake_256(b"token").digest(57)


@pytest.mark.parametrize(
    ("alg", "crv", "half"),
    [
        ("HS256", None, hashlib.sha256(b"token").digest()[:16]),
        ("PS384", None, hashlib.sha384(b"token").digest()[:24]),
        ("ES512", "P-521", SHA512_256),
        ("ES256K", "secp256k1", hashlib.sha256(b"token").digest()[:16]),
        ("EdDSA", "Ed25519", SHA512_256),
        ("EdDSA", "Ed448", SHAKE256_456),
        ("Ed25519", None, SHA512_256),
        ("Ed448", None, SHAKE256_456),
    ],
)
def test_half_hash_is_half_the_hash_of_the_algorithm(alg: str, crv: str | None, half: bytes) -> None:
    expected = base64url.encode(half)
    assert half_hash(alg, crv, b"token") == expected
    assert judge_half_hash({"at_hash": expected}, "at_hash", b"token", alg, crv) == Check("at_hash", "ok")


@pytest.mark.parametrize(
    ("alg", "crv"), [("none", None), (None, None), ("EdDSA", None), ("EdDSA", "X25519"), ("XY", None)]
)
def test_an_algorithm_without_a_hash_skips_the_check(alg: str | None, crv: str | None) -> None:
    found = judge_half_hash({"at_hash": "x"}, "at_hash", b"token", alg, crv)
    assert found == Check("at_hash", "skipped", detail="no hash belongs to the algorithm")


@pytest.mark.parametrize("claim", ["at_hash", "c_hash"])
def test_half_hashes_are_equal_or_refused(claim: str) -> None:
    good = half_hash("ES256", "P-256", b"secret")
    mismatch = f"{claim}_mismatch"
    assert judge_half_hash({claim: good}, claim, b"secret", "ES256", None) == Check(claim, "ok")
    assert judge_half_hash({claim: f"{good}="}, claim, b"secret", "ES256", None) == Check(
        claim, "failed", mismatch, found=f"{good}="
    )
    for other in ("ü", "\ud800"):
        assert judge_half_hash({claim: other}, claim, b"secret", "ES256", None) == Check(
            claim, "failed", mismatch, found=other
        )
    assert judge_half_hash({claim: None}, claim, b"secret", "ES256", None) == Check(
        claim, "failed", mismatch, detail="must be a string, found null"
    )
    assert judge_half_hash({claim: 1}, claim, b"secret", "ES256", None) == Check(
        claim, "failed", mismatch, found=1, detail="must be a string, found a number"
    )
    missing = Check(claim, "failed", "claim_missing", detail=f"the token has no {claim}")
    assert judge_half_hash({}, claim, b"secret", "ES256", None) == missing


# A claim that equals another: what presets demand


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"sub": "ci", "iss": "ci"}, Check("require:sub", "ok", wanted="ci")),
        ({"sub": "ci", "iss": "cj"}, Check("require:sub", "failed", "claim_mismatch", "cj", "ci")),
        ({"sub": "ci"}, Check("require:sub", "failed", "claim_mismatch", None, "ci")),
        ({"sub": 1, "iss": 1}, Check("require:sub", "failed", "claim_mismatch", 1, 1)),
    ],
    ids=["same", "another", "missing", "no text"],
)
def test_a_claim_is_the_same_text_as_another(claims: Mapping[str, Any], expected: Check) -> None:
    assert judge_requirement(claims, Requirement(("sub",), "sub", "same", "iss")) == expected
