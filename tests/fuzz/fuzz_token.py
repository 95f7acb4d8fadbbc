"""Fuzz the token parser and the judging of what it accepts.

This file is a harness: `check` takes any octets and raises AssertionError for a finding. `run.py` drives it.

Octets alone would hardly ever be base64url of JSON, so the first one says what the rest is: `s` segments with a line
break between them, each still to be encoded; anything else (`r` in the corpus) the token as it is.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jwtool.jose import base64url, strict_json, token
from jwtool.jose.claims import ClaimPolicy, Requirement
from jwtool.jose.crit import judge_crit
from jwtool.jose.errors import HeaderBadType, InputError, TokenIsSdJwt
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet
from jwtool.jose.verify import OfferedSet, Policy, verify

if TYPE_CHECKING:
    from jwtool.jose.policy import Check

LONGEST = 4096
NOW = 1_300_819_000  # some minutes before the examples of RFC 7515 expire
CODE = re.compile(r"[a-z][a-z0-9_]+")
POLICY = ClaimPolicy(
    issuers=("https://auth.example",),
    audiences=("api", "https://api.example/"),
    subject="user-42",
    required=(
        Requirement(("a", 0, "b"), "a[0][b]", "present"),
        Requirement(("roles",), "roles", "equal", "admin"),
        Requirement(("email",), "email", "matches", r"[^@]{1,64}@example\.com"),
    ),
    scopes=("read",),
    leeway=60,
    max_age=3600,
    max_auth_age=3600,
    min_ttl=10,
    nonce="n-0S6_WzA2Mj",
    access_token=b"access",
    code=b"code",
)


@cache
def examples() -> list[dict[str, Any]]:
    """The signed tokens of the RFCs and their keys. Nobody can sign anything else with these in a fuzzer's lifetime."""
    text = Path(__file__).parent.with_name("vectors").joinpath("rfc_examples.json").read_text("utf-8")
    found: list[dict[str, Any]] = json.loads(text)["tokens"]
    return found


@cache
def offered() -> tuple[OfferedSet, ...]:
    """A set of the keys of the examples."""
    return (OfferedSet(KeySet(tuple(parse_jwk(one["key"]) for one in examples())), "the RFCs"),)


@cache
def signed() -> frozenset[bytes]:
    """The signing inputs of the examples."""
    return frozenset(one["token"].rpartition(".")[0].encode() for one in examples())


def check(data: bytes) -> None:
    """Judge one input by every oracle there is for it."""
    text = b".".join(map(encode, data[1:].split(b"\n", 5))) if data[:1] == b"s" else data[1:]
    for allow_sd_jwt in (False, True):
        try:
            found = token.parse(text, allow_sd_jwt=allow_sd_jwt)
        except InputError as error:
            check_refusal(error, allow_sd_jwt=allow_sd_jwt)
            continue
        check_accepted(text, found)
        assert token.parse(text.decode(), allow_sd_jwt=allow_sd_jwt) == found


def encode(segment: bytes) -> bytes:
    """The base64url of a segment."""
    return base64url.encode(segment).encode()


def check_refusal(error: InputError, *, allow_sd_jwt: bool) -> None:
    """A message is one printable line of no great length, and an SD-JWT is no fault where it is allowed."""
    assert error.message.isprintable()
    assert len(error.message) < 300
    assert not isinstance(error, TokenIsSdJwt) or not allow_sd_jwt


def check_accepted(text: bytes, found: token.UnverifiedToken) -> None:
    """An accepted token is written back to the same octets, and can be judged."""
    if found.kind == "JWE":
        assert found.jwe_parts is not None
        assert (found.signatures, found.payload) == ((), b"")
    if found.serialization == "compact":
        assert written(text, found) == text
    else:
        members = strict_json.parse_object(text)
        assert json.loads(text) == members
        assert ("ciphertext" in members) == (found.kind == "JWE")
    for signature in found.signatures:
        check_signature(signature)
    if found.kind == "JWS" and not found.sd_jwt_parts:
        check_verdict(found)


def written(text: bytes, found: token.UnverifiedToken) -> bytes:
    """The compact token out of its parts."""
    if found.kind == "JWE":
        segments = text.split(b".")
        octets = [base64url.decode(segment) for segment in segments]
        assert tuple(map(len, octets[1:])) == found.jwe_parts
        assert json.loads(octets[0]) == found.header
        return b".".join(map(encode, octets))
    (one,) = found.signatures
    rest = b"".join(text.partition(b"~")[1:])
    assert json.loads(base64url.decode(one.protected_b64)) == found.header == one.protected
    payload = found.payload if found.header.get("b64") is False else encode(found.payload)
    assert found.signing_input(one) == one.protected_b64.encode() + b"." + payload
    return found.signing_input(one) + b"." + encode(one.value) + rest


def check_signature(signature: token.Signature) -> None:
    """No name stands in both headers, and `crit` can be judged whatever it is."""
    assert not signature.protected.keys() & signature.unprotected.keys()
    assert signature.header == {**signature.protected, **signature.unprotected}
    check_check(judge_crit(signature))


def check_check(one: Check) -> None:
    """A failed check has a code, another has none; all of it can stand in a document."""
    assert (one.code is not None) == (one.verdict == "failed")
    assert one.code is None or CODE.fullmatch(one.code)
    strict_json.dump([one.wanted, one.found, one.detail])


def check_verdict(found: token.UnverifiedToken) -> None:
    """Nobody believes what nobody signed, and believed claims are those of the payload."""
    for policy in (Policy(), Policy(POLICY, ("ES256", "PS384"), "at+jwt"), Policy(payload_only=True)):
        try:
            verification = verify(found, offered(), policy, now=NOW)
        except HeaderBadType:
            continue
        for one in verification.checks:
            check_check(one)
        assert verification.valid == all(one.verdict != "failed" for one in verification.checks)
        if verification.key is None:
            assert not verification.valid
        elif verification.valid:
            assert {found.signing_input(one) for one in found.signatures} & signed()
            assert verification.payload == found.payload
        assert verification.valid or (verification.claims, verification.payload) == (None, None)
