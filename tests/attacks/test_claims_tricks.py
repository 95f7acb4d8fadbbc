"""Numbers, patterns, scopes and hashes that mean one thing to one reader and another to the next."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.attacks.conftest import Forger, Publish, Verdict, Verify
    from tests.cli.conftest import Cli

NOW = 1_795_556_400
Judge = Any


@pytest.fixture
def judge(forge: Forger, publish: Publish, verify: Verify) -> Callable[..., Verdict]:
    """`judge(payload, *options)`: the verdict on a token with a good signature and that payload."""
    public = publish("ES256")
    return lambda payload, *options: verify(forge.sign("ES256", None, payload), "-k", public, *options)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("1e400", (1, {"json_bad_number"})),
        ("-1e400", (1, {"json_bad_number"})),
        ("NaN", (1, {"json_bad_number"})),
        ("Infinity", (1, {"json_bad_number"})),
        ("-Infinity", (1, {"json_bad_number"})),
        ("9" * 41, (1, {"json_bad_number"})),
        ("9" * 5000, (1, {"json_bad_number"})),
        ("0." + "0" * 50 + "1", (1, {"json_bad_number"})),
        ("1e" + "0" * 50 + "1", (1, {"json_bad_number"})),
        ("9" * 40, (0, set())),
        ("1e300", (0, set())),
        ("1.7955564001e9", (0, set())),
        ("179555640100E-2", (0, set())),
        ("1.7955564e9", (1, {"token_expired"})),
        ("-0", (1, {"token_expired"})),
        ("-0.0", (1, {"token_expired"})),
        ("1e-400", (1, {"token_expired"})),
        ("-9" * 1, (1, {"token_expired"})),
        ("0x7fffffff", (1, {"payload_not_claims"})),
        ("1_000_000_000_0", (1, {"payload_not_claims"})),
        ("09999999999", (1, {"payload_not_claims"})),
        ("+9999999999", (1, {"payload_not_claims"})),
        ("9999999999.", (1, {"payload_not_claims"})),
        ("\u0669" * 10, (1, {"payload_not_claims"})),
    ],
)
def test_exp_that_is_an_odd_number(number: str, expected: tuple[int, set[str]], judge: Judge, cli: Cli) -> None:
    assert judge(f'{{"exp":{number}}}').short == expected
    payload = base64url.encode(f'{{"exp":{number}}}'.encode())
    token = f"{base64url.encode(b'{}')}.{payload}."
    assert cli("decode", "--json", stdin=token.encode()).exit == 0
    assert cli("decode", stdin=token.encode()).exit == 0


def test_times_in_milliseconds_never_expire_and_say_so(judge: Judge, cli: Cli, forge: Forger) -> None:
    checks = judge({"exp": (NOW - 3600) * 1000}).document["checks"]
    assert checks[2]["detail"].endswith("; milliseconds?")
    shown = cli("decode", stdin=forge.sign("ES256", None, {"exp": NOW * 1000}).encode()).stdout
    assert "milliseconds? a time is in seconds" in shown


@pytest.mark.parametrize(
    "payload",
    [
        *(b"[]", b'"x"', b"1", b"null", b"true", b"", b" ", b"\0", b"{}{}", b'{"exp":1}x', b"{'exp':1}", b'{"exp":1,}'),
        *(b'{"sub":"a\nb"}', b"{sub:1}", b'{"exp":1}//', b'/**/{"exp":1}', b'{"a":undefined}', b'\x0b{"a":1}'),
    ],
    ids=ascii,
)
def test_payload_that_only_lax_readers_take(payload: bytes, judge: Judge) -> None:
    assert judge(payload).short == (1, {"payload_not_claims"})
    with_demand = judge(payload, "--iss", "x", "--require", "sub")
    assert with_demand.short == (1, {"payload_not_claims"})


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"scope": ["read write"]}, (1, {"scope_missing"})),
        ({"scope": "read\twrite"}, (1, {"scope_missing"})),
        ({"scope": "read,write"}, (1, {"scope_missing"})),
        ({"scope": "read\u00a0write"}, (1, {"scope_missing"})),
        ({"scope": "readwrite"}, (1, {"scope_missing"})),
        ({"scope": "READ WRITE"}, (1, {"scope_missing"})),
        ({"scope": "read:all write:all"}, (1, {"scope_missing"})),
        ({"scope": {"read": 1, "write": 1}}, (1, {"claim_bad_type"})),
        ({"scope": [["read", "write"]]}, (1, {"claim_bad_type"})),
        ({"scope": None}, (1, {"claim_bad_type"})),
        ({"scp": "read", "roles": "write"}, (1, {"scope_missing"})),
        ({"Scope": "read write"}, (1, {"claim_missing"})),
        ({"scope": "read  write"}, (0, set())),
        ({"scope": "write read admin"}, (0, set())),
        ({"scp": ["write", "read"]}, (0, set())),
    ],
    ids=str,
)
def test_scope_tricks(claims: Any, expected: tuple[int, set[str]], judge: Judge) -> None:
    assert judge(claims, "--scope", "read", "--scope", "write").short == expected
    assert judge(claims, "--scope", "read write").short == expected


@pytest.mark.parametrize(
    ("sub", "valid"),
    [
        *[("admin", True), ("admin\n", False), ("\nadmin", False), ("admin\nadmin", False), ("admin\r", False)],
        *[
            ("xadmin", False),
            ("adminx", False),
            ("admin\0", False),
            ("Admin", False),
            (["admin"], False),
            (None, False),
        ],
    ],
    ids=ascii,
)
def test_regex_is_a_full_match(sub: Any, *, valid: bool, judge: Judge) -> None:
    for pattern in ("admin", "admin$", "^admin$", "^admin", r"\Aadmin\Z", "(?m)^admin$", "adm.n"):
        assert (judge({"sub": sub}, "--require", f"sub~={pattern}").exit == 0) == valid, pattern


def test_hostile_claim_does_not_stall_a_pattern(judge: Judge) -> None:
    """ReDoS: an innocent pattern backtracks for ages on a text that was made for it."""
    began = time.monotonic()
    verdict = judge({"sub": "a" * 60 + "!"}, "--require", r"sub~=(\w+\.?)+@example\.com")
    assert verdict.short == (1, {"claim_mismatch"})
    assert verdict.document["checks"][-1]["detail"] == "the pattern takes too long on this claim"
    assert time.monotonic() - began < 5
    long = judge({"sub": "a" * 5000}, "--require", "sub~=a+")
    assert long.document["checks"][-1]["detail"] == "longer than 4,096 characters, not matched"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("n:=1", True),
        ("n:=1", "1"),
        ("n=1", 1),
        ("n:=true", 1),
        ("n=true", True),
        ("n:=null", 0),
        ("n:=[]", {}),
        ("n=", None),
        ("n:=[1,2]", [2, 1]),
        ('n:={"a":1}', {"a": 1, "b": 2}),
        ("n=admin", "admin "),
        ("n=admin", [["admin"]]),
        ("n=admin", {"admin": 1}),
        ("a.b=1", {"b": "1"}),
        ("n[0]=a", "a"),
        ("n[a]=1", ["1"]),
    ],
    ids=ascii,
)
def test_requirement_is_equality_of_json(typed: str, found: Any, judge: Judge) -> None:
    claims = {"n": found, "a": found}
    assert judge(claims, "--require", typed).codes in ({"claim_mismatch"}, {"claim_missing"})


def test_half_hash_is_the_whole_half(judge: Judge, tmp_path: Any) -> None:
    digest = hashlib.sha256(b"token").digest()
    path = tmp_path / "access"
    path.write_bytes(b"token\n")
    assert judge({"at_hash": base64url.encode(digest[:16])}, "--access-token", f"@{path}").short == (0, set())
    for at_hash in (
        base64url.encode(digest[:15]),
        base64url.encode(digest[:8]),
        base64url.encode(digest),
        base64url.encode(digest[:16]) + "==",
        base64url.encode(digest[16:]),
        base64url.encode(hashlib.sha512(b"token").digest()[:32]),
        base64url.encode(hashlib.sha256(b"token\n").digest()[:16]),
        digest[:16].hex(),
        "",
        None,
        [base64url.encode(digest[:16])],
    ):
        assert judge({"at_hash": at_hash}, "--access-token", f"@{path}").short == (1, {"at_hash_mismatch"}), at_hash
    assert judge({"c_hash": base64url.encode(digest[:16])}, "--access-token", f"@{path}").short == (
        1,
        {"claim_missing"},
    )
    path.write_bytes(b"")
    assert judge({"at_hash": ""}, "--access-token", f"@{path}").short == (1, {"at_hash_mismatch"})


def test_nonce_and_sub_are_compared_exactly(judge: Judge) -> None:
    for value in ("", "n", "n1 ", "N1", "n1\0", "n1\n", "\uff4e1", ["n1"], None, 1, {"n1": 1}):
        assert judge({"nonce": value}, "--nonce", "n1").short == (1, {"nonce_mismatch"}), value
        assert judge({"sub": value}, "--sub", "n1").short == (1, {"sub_mismatch"}), value


def test_every_reason_is_given_and_no_claim(judge: Judge) -> None:
    verdict = judge({"exp": 1, "nbf": NOW + 9, "iss": "x", "aud": "y"}, "--iss", "i", "--aud", "a", "--typ", "at+jwt")
    wanted = {"token_expired", "token_not_yet_valid", "iss_mismatch", "aud_mismatch", "typ_mismatch"}
    assert (verdict.short, verdict.document["claims"]) == ((1, wanted), None)


def test_demand_from_the_environment_is_never_weaker(forge: Forger, publish: Publish, verify: Verify) -> None:
    token, public = forge.sign("ES256", None, {"iss": "x", "aud": "y"}), publish("ES256")
    env = {"JWTOOL_ISSUER": "i", "JWTOOL_AUDIENCE": "a"}
    assert verify(token, "-k", public, env=env).short == (1, {"iss_mismatch", "aud_mismatch"})
    assert verify(token, "-k", public, env={"JWTOOL_AUDIENCE": " "}).short == (1, {"aud_mismatch"})
