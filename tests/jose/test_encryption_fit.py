from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pytest

from jwtool.jose import base64url
from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT, REFUSED
from jwtool.jose.encryption_fit import PASSWORD, why_not
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.public import public_half

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

EC = generate("ECDH-ES")
Operation = Literal["encrypt", "decrypt"]


def ec(*, public: bool = False, **members: Any) -> Key:
    own = {name: value for name, value in EC.members.items() if name not in {"alg", "kid"}}
    key = parse_jwk(own | members)
    return public_half(key) if public else key


def secret(octets: int, *, password: bool = False, **members: Any) -> Key:
    key = parse_jwk({"kty": "oct", "k": base64url.encode(bytes(range(1, octets + 1)))} | members)
    return replace(key, form=PASSWORD) if password else key


def code(key: Key, alg: str, enc: str = "A256GCM", operation: Operation = "decrypt") -> str | None:
    misfit = why_not(key, alg, enc, operation=operation)
    return None if misfit is None else misfit[0]


@pytest.mark.parametrize("alg", [name for name, row in KEY_MANAGEMENT.items() if row.family != "rsa-oaep"])
def test_a_key_made_for_an_algorithm_serves_it_and_no_other(alg: str) -> None:
    key = generate(alg)
    fitting = [other for other in KEY_MANAGEMENT if code(key, other) is None]
    assert fitting == [alg]


@pytest.mark.parametrize("enc", CONTENT_ENCRYPTION)
def test_a_key_made_for_a_content_encryption_serves_dir_with_it(enc: str) -> None:
    key = generate(enc)
    assert [
        (alg, other) for alg in KEY_MANAGEMENT for other in CONTENT_ENCRYPTION if code(key, alg, other) is None
    ] == [("dir", enc)]


@pytest.mark.parametrize("operation", ["encrypt", "decrypt"])
@pytest.mark.parametrize(("alg", "enc"), [("RSA1_5", "A256GCM"), ("none", "A256GCM"), ("ES256", "A256GCM")])
def test_what_is_no_algorithm_of_encryption(alg: str, enc: str, operation: Operation) -> None:
    assert code(ec(), alg, enc, operation) == "alg_unsupported"
    assert code(ec(), "ECDH-ES", "A256KW", operation) == "alg_unsupported"


def test_the_reason_against_rsa1_5() -> None:
    assert why_not(ec(), "RSA1_5", "A256GCM", operation="decrypt") == (
        "alg_unsupported",
        f"alg 'RSA1_5' is refused: {REFUSED['RSA1_5']}",
    )


@pytest.mark.parametrize(
    ("key", "alg", "sentence"),
    [
        (ec(), "RSA-OAEP", "RSA-OAEP needs an RSA key, this is EC P-256"),
        (secret(32), "ECDH-ES", "ECDH-ES needs a key on P-256, P-384, P-521, X25519 or X448, this is oct 256 bits"),
        (
            generate("Ed25519"),
            "ECDH-ES",
            "ECDH-ES needs a key on P-256, P-384, P-521, X25519 or X448, this is OKP Ed25519",
        ),
        (secret(32), "A128KW", "A128KW needs a secret of 128 bits, this is oct 256 bits"),
        (secret(20), "dir", "dir needs a secret of 128, 192, 256, 384 or 512 bits, this is oct 160 bits"),
        (secret(16), "dir", "A256GCM under 'dir' needs a secret of 256 bits, this is oct 128 bits"),
        (ec(), "PBES2-HS256+A128KW", "PBES2-HS256+A128KW needs a password, this is EC P-256"),
        (
            secret(32),
            "PBES2-HS256+A128KW",
            "PBES2-HS256+A128KW takes a password ('secret:…'), or a secret whose 'alg' says so",
        ),
        (secret(32, password=True), "A256KW", "a password ('secret:…') serves PBES2 only, not A256KW"),
        (secret(32, password=True), "dir", "a password ('secret:…') serves PBES2 only, not dir"),
        (ec(alg="ECDH-ES"), "ECDH-ES+A128KW", "the key is for 'ECDH-ES' only, by its 'alg', not for ECDH-ES+A128KW"),
        (
            secret(32, alg="A128CBC-HS256"),
            "dir",
            "the key is for 'A128CBC-HS256' only, by its 'alg', not for dir and A256GCM",
        ),
        (secret(32, alg="HS256"), "A256KW", "the key is for 'HS256' only, by its 'alg', not for A256KW"),
    ],
)
def test_a_mismatch(key: Key, alg: str, sentence: str) -> None:
    for operation in ("encrypt", "decrypt"):
        assert why_not(key, alg, "A256GCM", operation=operation) == ("alg_key_mismatch", sentence)


@pytest.mark.parametrize("alg", [name for name, row in KEY_MANAGEMENT.items() if row.family == "pbes2"])
@pytest.mark.parametrize("octets", [1, 7, 200])
def test_a_password_of_any_length(alg: str, octets: int) -> None:
    assert code(secret(octets, password=True), alg) is None
    assert code(secret(octets, password=True), alg, operation="encrypt") is None


def test_a_public_key_encrypts_only() -> None:
    assert code(ec(public=True), "ECDH-ES", operation="encrypt") is None
    assert code(ec(public=True), "ECDH-ES") == "key_not_private"


@pytest.mark.parametrize(
    ("members", "encrypts", "decrypts"),
    [
        ({"use": "enc"}, True, True),
        ({"use": "sig"}, False, False),
        ({"use": "other"}, False, False),
        ({"key_ops": ["deriveKey"]}, True, True),
        ({"key_ops": ["deriveBits"]}, True, True),
        ({"key_ops": ["unwrapKey"]}, True, True),
        ({"key_ops": ["wrapKey"]}, True, False),
        ({"key_ops": ["sign"]}, False, False),
        ({"key_ops": []}, False, False),
    ],
)
def test_use_and_key_ops(members: dict[str, Any], encrypts: bool, decrypts: bool) -> None:
    found = [code(ec(**members), "ECDH-ES", operation=operation) for operation in ("encrypt", "decrypt")]
    assert found == [None if encrypts else "key_use_mismatch", None if decrypts else "key_use_mismatch"]


@pytest.mark.parametrize(
    ("operations", "encrypts", "decrypts"),
    [
        (["encrypt", "decrypt"], True, True),
        (["wrapKey"], True, False),
        (["unwrapKey"], False, True),
        (["verify", "sign"], False, False),
        (["deriveKey"], False, False),
    ],
)
def test_key_ops_of_a_secret(operations: list[str], encrypts: bool, decrypts: bool) -> None:
    key = secret(32, key_ops=operations)
    assert (code(key, "A256KW", operation="encrypt") is None, code(key, "A256KW") is None) == (encrypts, decrypts)


def test_the_public_half_of_a_key_that_derives() -> None:
    """Deriving takes a private key on both sides, so the public half names no operation."""
    public = ec(public=True, key_ops=["deriveKey"])
    assert public.key_ops == ()
    assert code(public, "ECDH-ES", operation="encrypt") is None


def test_words_for_operations() -> None:
    assert why_not(secret(32, key_ops=["sign", "verify"]), "A256KW", "A256GCM", operation="encrypt") == (
        "key_use_mismatch",
        "'key_ops' of the key allow 'sign', 'verify', wanted 'wrapKey'",
    )
    assert why_not(ec(use="sig"), "ECDH-ES", "A256GCM", operation="encrypt") == (
        "key_use_mismatch",
        "'use' of the key is 'sig', wanted 'enc'",
    )


def test_a_weak_rsa_key() -> None:
    key = replace(generate("RSA-OAEP"), weakness="it is short")
    assert why_not(key, "RSA-OAEP", "A256GCM", operation="decrypt") == ("key_too_weak", "it is short")


def test_a_secret_too_short_for_hmac_is_not_weak_here() -> None:
    assert secret(16).weakness is not None
    assert code(secret(16), "A128KW") is None
