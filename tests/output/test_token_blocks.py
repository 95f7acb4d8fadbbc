"""How a header, claims and checks look to a person."""

from __future__ import annotations

from typing import Any

import pytest

from jwtool.jose.policy import Check
from jwtool.output.token_blocks import check_rows, check_text, payload_member, shown_value, times_of, token_table

NOW = 1_795_556_400


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (Check("signature", "ok", detail="ES256, key 'k1' of jwks.json"), "ES256, key 'k1' of jwks.json"),
        (Check("exp", "absent", detail="never expires"), "never expires"),
        (Check("nbf", "absent"), ""),
        (Check("iss", "skipped", found="x", detail="not demanded"), "not demanded"),
        (Check("aud", "ok", wanted=["api"], found=["api", "web"]), '["api","web"]'),
        (Check("aud", "ok", wanted=["api"], found=["api"]), "api"),
        (Check("aud", "failed", "aud_mismatch", ["a", "b"], ["c"]), 'wanted ["a","b"], found c'),
        (Check("iss", "failed", "iss_mismatch", ["7"], 7, "must be a string, found a number"), 'wanted ["7"], found 7'),
        (Check("sub", "failed", "claim_missing", "x", detail="the token has no sub"), "the token has no sub"),
        (Check("require:a", "failed", "claim_mismatch", "1", 1), 'wanted "1", found 1'),
        (Check("require:a", "failed", "claim_mismatch", ["x"], ["x", "y"]), 'wanted ["x"], found ["x","y"]'),
        (
            Check("require:a", "failed", "claim_bad_type", "x", 1, "must be a string, found a number"),
            "must be a string, found a number",
        ),
        (Check("at_hash", "failed", "at_hash_mismatch", found="x"), "found x, which is not the hash of what was given"),
        (Check("typ", "ok", wanted="JWT", found="JWT"), "JWT"),
    ],
)
def test_the_reason_of_a_check(check: Check, text: str) -> None:
    assert check_text(check) == text


def test_an_absent_crit_is_not_worth_a_row() -> None:
    rows = check_rows(
        [Check("crit", "absent"), Check("crit", "ok"), Check("exp", "failed", "token_expired", detail="x")]
    )
    assert [row.cells for row in rows] == [("critical", "ok", ""), ("expiry", "FAILED", "x")]
    assert [row.moods for row in rows] == [("name", "good"), ("name", "bad")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        ("", ""),
        (1, "1"),
        (1.5, "1.5"),
        (True, "true"),
        (None, "null"),
        ({"a": ["ü"]}, '{"a":["\\u00fc"]}'),
        ("a" * 2000, "a" * 2000),
        ("a" * 2001, "a" * 2000 + "… (2001 characters)"),
    ],
)
def test_a_value(value: Any, text: str) -> None:
    assert shown_value(value) == text


@pytest.mark.parametrize(
    ("claims", "times"),
    [
        ({}, {}),
        ({"exp": NOW + 300}, {"exp": {"utc": "2026-11-24T21:45:00Z", "seconds_left": 300}}),
        ({"iat": NOW - 0.5}, {"iat": {"utc": "2026-11-24T21:39:59Z", "seconds_left": -1}}),
        ({"exp": True, "nbf": "1", "iat": None}, {}),
        ({"exp": 10**15}, {"exp": {"utc": None, "seconds_left": 10**15 - NOW}}),
        ({"other": 1}, {}),
    ],
)
def test_times_for_scripts(claims: dict[str, Any], times: dict[str, Any]) -> None:
    assert times_of(claims, now=NOW) == times


@pytest.mark.parametrize(
    ("payload", "member"),
    [(b"text", ("payload", "text")), (b"", ("payload", "")), (b"\xff", ("payload_base64url", "_w"))],
)
def test_a_payload_that_is_no_claims(payload: bytes, member: tuple[str, str]) -> None:
    assert payload_member(payload) == member


def test_a_header_and_claims_of_nothing() -> None:
    rows = token_table({}, {}, [("signature", "64 bytes")], now=NOW).rows
    assert [row.cells for row in rows] == [("header", "none"), ("claims", "none"), ("signature", "64 bytes")]
    assert [row.cells for row in token_table({"alg": "x"}, None, (), now=NOW).rows] == [("header", "alg", "x")]
