from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.key import Key


@pytest.mark.parametrize(
    ("fixture", "shown"),
    [
        ("rsa", "<Key RSA 2048, kid 'a', private>"),
        ("p256", "<Key EC P-256, kid 'a', private>"),
        ("ed25519", "<Key OKP Ed25519, kid 'a', private>"),
        ("octets", "<Key oct 256 bits, kid 'a', private>"),
    ],
)
def test_repr_shows_no_material(fixture: str, shown: str, request: pytest.FixtureRequest) -> None:
    key = parse_jwk(request.getfixturevalue(fixture) | {"kid": "a"})
    assert repr(key) == shown
    assert str(key) == shown


def test_repr_of_a_public_key_without_kid(p256: dict[str, Any]) -> None:
    del p256["d"]
    assert repr(parse_jwk(p256)) == "<Key EC P-256, kid None, public>"


def test_repr_of_private_numbers_shows_none(rsa: dict[str, Any]) -> None:
    numbers = parse_jwk(rsa).rsa_private()
    assert str(numbers.p) not in f"{numbers!r}{numbers}"


def test_rsa_numbers_fit_each_other(rsa: dict[str, Any]) -> None:
    key = parse_jwk(rsa)
    numbers = key.rsa_private()
    assert key.rsa_numbers() == (numbers.n, numbers.e) == (numbers.p * numbers.q, 65537)
    assert numbers.dp == numbers.d % (numbers.p - 1)
    assert numbers.dq == numbers.d % (numbers.q - 1)
    assert numbers.qi * numbers.q % numbers.p == 1
    assert pow(pow(2, numbers.e, numbers.n), numbers.d, numbers.n) == 2


def test_ec_numbers(p256: dict[str, Any]) -> None:
    key = parse_jwk(p256)
    x, y = key.ec_point()
    assert x.to_bytes(32)[:4] == bytes([127, 205, 206, 39])
    assert y.to_bytes(32)[:4] == bytes([199, 241, 68, 205])
    assert key.ec_scalar().to_bytes(32)[:4] == bytes([142, 155, 16, 158])


def test_okp_octets(ed25519: dict[str, Any]) -> None:
    key = parse_jwk(ed25519)
    assert key.okp_public().hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.okp_private().hex() == "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"


def test_secret_octets() -> None:
    assert parse_jwk({"kty": "oct", "k": "AyM1"}).secret() == b"\x03\x23\x35"


@pytest.mark.parametrize(
    ("k", "short"),
    [("AyM1", True), ("AQEB", True), ("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T", False)],
    ids=["short", "one octet repeated", "long enough"],
)
def test_short_secrets_are_told_from_other_weak_ones(k: str, short: bool) -> None:
    assert parse_jwk({"kty": "oct", "k": k}).is_short_secret is short


def test_a_short_rsa_key_is_no_short_secret() -> None:
    key = Key(kty="RSA", crv=None, bits=1024, private=False, members={}, weakness="short")
    assert key.is_short_secret is False


def test_public_keys_are_read_and_judged_without_cryptography() -> None:
    program = """
import sys
from jwtool.jose import fit, keyset
jwks = {"keys": [
    {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
     "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
    {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    {"kty": "RSA", "e": "AQAB", "n": "_" * 341 + "w"},
    {"kty": "oct", "k": "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"},
]}
keys = keyset.parse_jwks(jwks).keys
assert [keyset.thumbprint(key)[:3] for key in keys] == ["oKI", "kPr", "TgI", "Rto"]
assert [fit.why_not(key, "ES256", operation="verify") is None for key in keys] == [True, False, False, False]
heavy = {"cryptography", "httpx", "ssl", "secrets", "random", "pathlib"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-I", "-c", program], check=True)
