"""`jwtool.jose.verify` on the JSON serializations: unprotected headers, and several signatures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url, signatures, strict_json
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet
from jwtool.jose.token import parse
from jwtool.jose.verify import OfferedSet, Policy, Verification, verify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.jose.keys.key import Key

CLAIMS = {"sub": "user-42"}


def segment(value: object) -> str:
    return base64url.encode(value if isinstance(value, bytes) else strict_json.encode_compact(value))


def judge(token: str, *keys: Key, policy: Policy | None = None) -> Verification:
    return verify(parse(token), [OfferedSet(KeySet((key,)), "test") for key in keys], policy or Policy(), now=0)


def failed(answer: Verification) -> dict[str, str | None]:
    return {check.name: check.code for check in answer.checks if check.verdict == "failed"}


def flattened(key: Key, protected: Mapping[str, Any], unprotected: Mapping[str, Any], *, alg: str = "HS256") -> str:
    first = segment(protected) if protected else ""
    signing_input = f"{first}.{segment(CLAIMS)}"
    members: dict[str, Any] = {"payload": segment(CLAIMS), "header": unprotected}
    members["signature"] = segment(signatures.sign(alg, key, signing_input.encode()))
    return json.dumps(members | ({"protected": first} if protected else {}))


@pytest.mark.parametrize(
    ("protected", "unprotected", "expected"),
    [
        ({"alg": "HS256", "typ": "JWT"}, {"crit": ["b64"]}, {"crit": "crit_malformed"}),
        ({"alg": "HS256", "typ": "JWT"}, {"b64": True}, {"crit": "b64_unsupported"}),
        ({"alg": "HS256"}, {"typ": "JWT"}, {"typ": "typ_mismatch"}),
        ({}, {"alg": "HS256", "typ": "JWT"}, {"typ": "typ_mismatch"}),
        ({"alg": "HS256", "typ": "jwt"}, {"kid": "k"}, {}),
    ],
)
def test_what_is_not_protected_does_not_count(
    keys: Mapping[str, Key],
    protected: Mapping[str, Any],
    unprotected: Mapping[str, Any],
    expected: Mapping[str, str],
) -> None:
    answer = judge(flattened(keys["HS256"], protected, unprotected), keys["HS256"], policy=Policy(typ="JWT"))
    assert failed(answer) == expected
    assert (answer.header, answer.unprotected) == (protected, unprotected)


def test_an_alg_and_a_kid_need_no_protection(keys: Mapping[str, Key]) -> None:
    key = parse_jwk({**keys["HS256"].members, "kid": "k1"})
    assert judge(flattened(key, {}, {"alg": "HS256", "kid": "k1"}), key).valid


def general(*signed: tuple[Key, Mapping[str, Any]], bad: Sequence[int] = ()) -> str:
    entries = []
    for index, (key, header) in enumerate(signed):
        protected = segment(header)
        value = signatures.sign(header["alg"], key, f"{protected}.{segment(CLAIMS)}".encode())
        entries.append({"protected": protected, "signature": segment(bytes(len(value)) if index in bad else value)})
    return json.dumps({"payload": segment(CLAIMS), "signatures": entries})


def test_the_first_of_several_signatures_that_verifies_counts(keys: Mapping[str, Key]) -> None:
    hs256 = (keys["HS256"], {"alg": "HS256"})
    es256 = (keys["ES256"], {"alg": "ES256"})
    odd = (keys["ES256"], {"alg": "ES256", "crit": ["x"], "x": 1})
    offered = [keys["HS256"], keys["ES256"]]
    assert judge(general(hs256, es256), *offered).alg == "HS256"
    assert judge(general(es256, hs256), *offered).alg == "ES256"
    assert judge(general(hs256, es256, bad=[0]), *offered).alg == "ES256"
    assert judge(general(odd, hs256), *offered).alg == "HS256"
    assert judge(general(hs256, es256), keys["ES256"]).alg == "ES256"


def test_the_nearest_of_several_signatures_is_reported(keys: Mapping[str, Key]) -> None:
    hs256 = (keys["HS256"], {"alg": "HS256"})
    es256 = (keys["ES256"], {"alg": "ES256"})
    odd = (keys["ES256"], {"alg": "ES256", "crit": ["x"], "x": 1})
    answer = judge(general(hs256, es256, bad=[1]), keys["ES256"])
    assert (answer.alg, failed(answer)) == ("ES256", {"signature": "signature_invalid"})
    answer = judge(general(hs256, odd), keys["ES256"])
    assert (answer.alg, failed(answer)) == ("ES256", {"crit": "crit_unsupported"})


def test_with_many_signatures_fewer_keys_are_tried_for_each(keys: Mapping[str, Key]) -> None:
    stranger = {"kty": "oct", "k": base64url.encode(bytes(range(32)))}
    offered = [*(parse_jwk(stranger) for _ in range(4)), keys["HS256"]]
    entry = (keys["HS256"], {"alg": "HS256"})
    assert judge(general(*[entry] * 12), *offered).valid
    answer = judge(general(*[entry] * 16), *offered)
    assert (answer.valid, failed(answer)) == (False, {"signature": "signature_invalid"})
    assert answer.notes == ("1 more keys fit and were not tried: at most 4 are",)
