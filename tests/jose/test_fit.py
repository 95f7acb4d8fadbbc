from __future__ import annotations

from typing import Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.algorithms import ALGORITHMS, CURVES, Algorithm
from jwtool.jose.fit import Operation, why_not
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.key import Key

ROWS = list(ALGORITHMS.values())
OPERATIONS: tuple[Operation, ...] = ("verify", "sign")
LONG_ENOUGH = {"HS256": 32, "HS384": 48, "HS512": 64}


def key(kty: str, crv: str | None = None, bits: int = 2048, *, private: bool = True, **own: Any) -> Key:
    """A key of which only what is judged here is there."""
    return Key(kty=kty, crv=crv, bits=bits, private=private, members={}, **own)


def secret(octets: int, **own: Any) -> Key:
    return parse_jwk({"kty": "oct", "k": base64url.encode(bytes(range(octets))), **own})


KEYS = [
    key("RSA"),
    *(key(curve.kty, curve.name, curve.bits) for curve in CURVES.values()),
    *(key("AKP", bits=0, alg=row.name) for row in ROWS if row.kty == "AKP"),
    secret(64),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_algorithm_fits_the_keys_of_its_type_and_curve_only(row: Algorithm, operation: Operation) -> None:
    for one in KEYS:
        fits = one.kty == row.kty and (one.crv in row.curves or not row.curves) and one.alg in {None, row.name}
        reason = why_not(one, row.name, operation=operation)
        assert (reason is None) is fits
        if reason is not None:
            assert reason[0] == "alg_key_mismatch"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("one", KEYS, ids=Key.describe)
def test_none_in_any_case(alg: str, one: Key) -> None:
    expected = ("alg_none", f"'{alg}' means that there is no signature; jwtool never accepts it")
    for operation in OPERATIONS:
        assert why_not(one, alg, operation=operation, allow_weak=True) == expected


@pytest.mark.parametrize("alg", ["RSA-OAEP", "RSA1_5", "es256", "ES256 ", " none", "HS1", "ES521", "dir", ""])
def test_unknown_algorithms(alg: str) -> None:
    expected = ("alg_unsupported", f"'{alg}' is not a signature algorithm that jwtool knows")
    assert why_not(key("EC", "P-256", alg=alg), alg, operation="verify") == expected


@pytest.mark.parametrize(
    ("one", "alg", "sentence"),
    [
        (key("RSA"), "HS256", "HS256 needs an oct key, this is RSA 2048"),
        (key("EC", "P-384"), "ES256", "ES256 needs an EC key on P-256, this is EC P-384"),
        (key("EC", "secp256k1"), "ES256", "ES256 needs an EC key on P-256, this is EC secp256k1"),
        (key("EC", "P-256"), "ES256K", "ES256K needs an EC key on secp256k1, this is EC P-256"),
        (key("OKP", "X25519"), "EdDSA", "EdDSA needs an OKP key on Ed25519 or Ed448, this is OKP X25519"),
        (key("OKP", "Ed448"), "Ed25519", "Ed25519 needs an OKP key on Ed25519, this is OKP Ed448"),
        (secret(32), "RS256", "RS256 needs an RSA key, this is oct 256 bits"),
    ],
)
def test_mismatch_says_what_is_needed(one: Key, alg: str, sentence: str) -> None:
    assert why_not(one, alg, operation="verify") == ("alg_key_mismatch", sentence)


@pytest.mark.parametrize(
    ("own", "alg"),
    [("RS256", "PS256"), ("PS256", "PS384"), ("RSA-OAEP", "RS256"), ("none", "RS256"), ("", "RS256")],
)
def test_own_algorithm_of_the_key_binds(own: str, alg: str) -> None:
    sentence = f"the key is for '{own}' only, by its 'alg', not for {alg}"
    assert why_not(key("RSA", alg=own), alg, operation="verify") == ("alg_key_mismatch", sentence)


@pytest.mark.parametrize(
    ("crv", "own", "alg", "fits"),
    [
        ("Ed25519", "EdDSA", "Ed25519", True),
        ("Ed25519", "Ed25519", "EdDSA", True),
        ("Ed448", "EdDSA", "Ed448", True),
        ("Ed448", "Ed448", "EdDSA", True),
        ("Ed448", "EdDSA", "Ed25519", False),
        ("Ed25519", "Ed25519", "Ed25519", True),
        ("Ed25519", "ES256", "EdDSA", False),
    ],
)
def test_eddsa_has_two_names_on_each_curve(crv: str, own: str, alg: str, fits: bool) -> None:
    assert (why_not(key("OKP", crv, alg=own), alg, operation="verify") is None) is fits


def test_a_public_key_does_not_sign() -> None:
    public = key("RSA", private=False)
    assert why_not(public, "RS256", operation="verify") is None
    assert why_not(public, "RS256", operation="sign") == (
        "key_not_private",
        "the key (RSA 2048) is public, and only a private key can sign",
    )


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("use", ["enc", "", "SIG", "x-own"])
def test_use_must_be_sig(use: str, operation: Operation) -> None:
    expected = ("key_use_mismatch", f"'use' of the key is '{use}', wanted 'sig'")
    assert why_not(key("RSA", use=use), "RS256", operation=operation) == expected
    assert why_not(key("RSA", use="sig"), "RS256", operation=operation) is None


@pytest.mark.parametrize(
    ("key_ops", "operation", "named"),
    [
        ((), "verify", "nothing"),
        (("encrypt",), "verify", "'encrypt'"),
        (("Verify",), "verify", "'Verify'"),
        (("verify",), "sign", "'verify'"),
        (("a", "b", "c", "d", "e"), "sign", "'a', 'b', 'c', 'd'"),
    ],
)
def test_key_ops_must_hold_the_operation(key_ops: tuple[str, ...], operation: Operation, named: str) -> None:
    expected = ("key_use_mismatch", f"'key_ops' of the key allow {named}, wanted '{operation}'")
    assert why_not(key("RSA", key_ops=key_ops), "RS256", operation=operation) == expected


def test_key_ops_that_hold_the_operation() -> None:
    both = key("RSA", key_ops=("encrypt", "sign", "verify"))
    assert [why_not(both, "RS256", operation=operation) for operation in OPERATIONS] == [None, None]


def test_a_private_key_made_for_signing_verifies_by_its_public_half() -> None:
    assert why_not(key("RSA", key_ops=("sign",)), "RS256", operation="verify") is None
    expected = ("key_use_mismatch", "'key_ops' of the key allow 'sign', wanted 'verify'")
    assert why_not(key("RSA", key_ops=("sign",), private=False), "RS256", operation="verify") == expected
    assert why_not(secret(32, key_ops=["sign"]), "HS256", operation="verify") == expected


@pytest.mark.parametrize("alg", LONG_ENOUGH)
def test_secrets_are_as_long_as_the_hash(alg: str) -> None:
    wanted = LONG_ENOUGH[alg]
    expected = ("key_too_weak", f"the secret is {wanted - 1} octets long, {alg} wants at least {wanted}")
    for operation in OPERATIONS:
        assert why_not(secret(wanted), alg, operation=operation) is None
        assert why_not(secret(wanted - 1), alg, operation=operation) == expected
        assert why_not(secret(wanted - 1, alg=alg), alg, operation=operation) == expected


def test_a_legacy_secret_may_verify_but_never_sign() -> None:
    short = secret(8)
    assert why_not(short, "HS512", operation="verify", allow_weak=True) is None
    assert why_not(secret(32), "HS512", operation="verify", allow_weak=True) is None
    assert why_not(short, "HS512", operation="sign", allow_weak=True) == (
        "key_too_weak",
        "the secret is 8 octets long, HS256 wants at least 32",
    )


def test_a_secret_of_one_octet_repeated_may_verify_but_never_sign() -> None:
    equal = parse_jwk({"kty": "oct", "k": base64url.encode(bytes(64))})
    assert why_not(equal, "HS256", operation="verify") is None
    for allow_weak in (False, True):
        assert why_not(equal, "HS256", operation="sign", allow_weak=allow_weak) == (
            "key_too_weak",
            "all octets of the secret are equal",
        )


def test_no_other_weakness_is_forgiven() -> None:
    rsa = key("RSA", bits=1024, weakness="an RSA key of 1024 bits is too short")
    assert why_not(rsa, "RS256", operation="verify", allow_weak=True) == (
        "key_too_weak",
        "an RSA key of 1024 bits is too short",
    )


def test_the_reason_that_helps_most_comes_first() -> None:
    faults: dict[str, Any] = {"use": "enc", "weakness": "weak", "private": False, "alg": "PS256"}
    expected = ["alg_key_mismatch", "alg_key_mismatch", "key_not_private", "key_use_mismatch", "key_too_weak", None]
    found = [why_not(key("EC", "P-256", **faults), "RS256", operation="sign")]
    found.append(why_not(key("RSA", **faults), "RS256", operation="sign"))
    for fault in ("alg", "private", "use", "weakness"):
        del faults[fault]
        found.append(why_not(key("RSA", **faults), "RS256", operation="sign"))
    assert [reason and reason[0] for reason in found] == expected
