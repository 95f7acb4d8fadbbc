from __future__ import annotations

import time
from typing import Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.errors import (
    JwksMalformed,
)
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.members import encode_number
from jwtool.jose.keyset import (
    KeySet,
    Skipped,
    parse_jwks,
    readable_facts,
    select,
    usable,
)

EC_MEMBERS = ("kty", "crv", "x", "y")


def rsa_key(bits: int, **own: object) -> dict[str, Any]:
    return {"kty": "RSA", "n": encode_number(3 * 2 ** (bits - 2) + 1), "e": "AQAB", **own}


def oct_key(octets: int, **own: object) -> dict[str, Any]:
    return {"kty": "oct", "k": base64url.encode(bytes(range(octets))), **own}


def ec_key(p256: dict[str, Any], **own: object) -> dict[str, Any]:
    return {name: p256[name] for name in EC_MEMBERS} | own


def kids(keyset: KeySet) -> list[str | None]:
    return [key.kid for key in keyset.keys]


# Reading


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "the key set has no 'keys'"),
        ({"Keys": []}, "the key set has no 'keys'"),
        ({"keys": None}, "'keys' of the key set must be an array, found null"),
        ({"keys": {}}, "'keys' of the key set must be an array, found an object"),
        ({"keys": "x"}, "'keys' of the key set must be an array, found text"),
        ([], "the key set must be an object with an array 'keys', found an array"),
        (None, "the key set must be an object with an array 'keys', found null"),
        ({"keys": [None] * 1001}, "the key set has 1001 keys, wanted at most 1000"),
    ],
)
def test_malformed_sets(document: object, message: str) -> None:
    with pytest.raises(JwksMalformed) as caught:
        parse_jwks(document)
    assert caught.value.message == message


def test_a_set_may_be_empty_and_hold_a_thousand_entries() -> None:
    assert parse_jwks({"keys": []}) == KeySet((), (), is_set=True)
    assert len(parse_jwks({"keys": [None] * 1000}).skipped) == 1000


def test_a_broken_or_unknown_key_never_hides_a_good_one(p256: dict[str, Any]) -> None:
    keyset = parse_jwks(
        {
            "keys": [
                None,
                "text",
                {"kid": "none"},
                {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "pq"},
                ec_key(p256, kid="good", use="sig", note="dropped"),
                ec_key(p256, kid="off") | {"y": p256["x"]},
                {"kty": "EC", "crv": "P-192", "x": "AA", "y": "AA", "kid": 7, "use": "sig"},
                oct_key(32, kid="secret"),
                rsa_key(16385, kid="huge", alg="RS256"),
                rsa_key(1024, kid="weak"),
            ],
            "other": 1,
        }
    )
    assert kids(keyset) == ["good", "secret", "weak"]
    assert keyset.is_set is True
    assert keyset.skipped == (
        Skipped(0, None, {}, "key_malformed", "a key must be an object, found null"),
        Skipped(1, None, {}, "key_malformed", "a key must be an object, found text"),
        Skipped(2, "none", {}, "key_malformed", "the key has no 'kty'"),
        Skipped(
            3,
            "pq",
            {"kty": "AKP", "alg": "ML-DSA-44"},
            "key_malformed",
            "'pub' of the key is 1 octets long, ML-DSA-44 wants 1312",
        ),
        Skipped(
            5,
            "off",
            {"kty": "EC", "crv": "P-256"},
            "key_malformed",
            "the point ('x', 'y') of the key is not on the curve P-256",
        ),
        Skipped(
            6,
            None,
            {"kty": "EC", "crv": "P-192", "use": "sig"},
            "key_malformed",
            "'kid' of the key must be text, found a number",
        ),
        Skipped(
            8,
            "huge",
            {"kty": "RSA", "alg": "RS256", "bits": 16385},
            "key_malformed",
            "'n' of the key is 16385 bits long, wanted at most 16384",
        ),
    )


@pytest.mark.parametrize(
    ("jwk", "facts"),
    [
        ({"kty": "RSA", "n": encode_number(2**1023)}, {"kty": "RSA", "bits": 1024}),
        ({"kty": "RSA", "n": encode_number(2**19999)}, {"kty": "RSA", "bits": 20000}),
        ({"kty": "RSA", "n": base64url.encode(b"\0\x01\0")}, {"kty": "RSA", "bits": 9}),
        ({"kty": "RSA", "n": "AQ=="}, {"kty": "RSA", "bits": 1}),
        ({"kty": "RSA", "n": "-_8B"}, {"kty": "RSA", "bits": 24}),
        ({"kty": "RSA", "n": "é"}, {"kty": "RSA"}),
        ({"kty": "RSA", "n": "A"}, {"kty": "RSA"}),
        ({"kty": "RSA", "n": 5}, {"kty": "RSA"}),
        ({"kty": "RSA", "k": "AAAA"}, {"kty": "RSA"}),
        ({"kty": "oct", "k": "AAAA"}, {"kty": "oct", "bits": 24}),
        ({"kty": "oct", "k": "AAAX"}, {"kty": "oct", "bits": 24}),
        ({"kty": "oct", "k": ""}, {"kty": "oct", "bits": 0}),
        ({"kty": "EC", "crv": "P-256", "n": "AAAA"}, {"kty": "EC", "crv": "P-256"}),
        ({"kty": ["RSA"], "n": "AQAB", "crv": 1, "alg": None, "use": {}}, {}),
        ({"alg": "A", "use": "B", "kid": "C", "d": "D"}, {"alg": "A", "use": "B"}),
    ],
)
def test_facts_are_read_from_whatever_is_there(jwk: dict[str, Any], facts: dict[str, Any]) -> None:
    assert readable_facts(jwk) == facts


@pytest.mark.parametrize("octets", [125_000, 380_000])
def test_a_set_with_one_huge_modulus_is_refused_at_once(octets: int) -> None:
    document = {"keys": [{"kty": "RSA", "n": base64url.encode(b"\xff" * octets), "e": "AQAB"}]}
    begin = time.perf_counter()
    keyset = parse_jwks(document)
    assert time.perf_counter() - begin < 0.05
    assert keyset.skipped[0].facts == {"kty": "RSA", "bits": octets * 8}


# Weak keys


def test_weak_keys_are_moved_to_their_place_among_the_skipped() -> None:
    entries = [None, rsa_key(1024, kid="r"), oct_key(32, kid="o"), {}, oct_key(8, kid="s", alg="HS256"), rsa_key(2048)]
    keyset = usable(parse_jwks({"keys": entries}))
    assert kids(keyset) == ["o", None]
    assert [(one.index, one.kid, one.code) for one in keyset.skipped] == [
        (0, None, "key_malformed"),
        (1, "r", "key_too_weak"),
        (3, None, "key_malformed"),
        (4, "s", "key_too_weak"),
    ]
    assert keyset.skipped[1].facts == {"kty": "RSA", "bits": 1024}
    assert keyset.skipped[1].reason == "an RSA key of 1024 bits is too short, wanted at least 2048"
    assert keyset.skipped[3].facts == {"kty": "oct", "alg": "HS256", "bits": 64}
    assert keyset.skipped[3].reason == "the secret is 8 octets long, HS256 wants at least 32"
    assert usable(keyset) == keyset


def test_only_short_secrets_are_let_through() -> None:
    entries = [rsa_key(1024), oct_key(8, kid="short"), {"kty": "oct", "k": ""}]
    keyset = usable(parse_jwks({"keys": entries}), allow_weak_secret=True)
    assert kids(keyset) == ["short"]
    assert [one.code for one in keyset.skipped] == ["key_too_weak", "key_malformed"]


def test_a_bare_key_stays_a_bare_key() -> None:
    bare = KeySet((parse_jwk(oct_key(8, kid="a")),), is_set=False)
    assert usable(bare).is_set is False
    assert usable(bare, allow_weak_secret=True) == bare
    assert select(bare, "a").is_set is False
