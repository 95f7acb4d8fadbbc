"""RSA keys that are short, huge, or no secret at all."""

from __future__ import annotations

import random
import time
from math import gcd, isqrt, lcm, prod
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jwtool.jose.keys.key import Key
    from tests.attacks.conftest import Forger, Publish, Verify
    from tests.cli.conftest import Cli

MALFORMED = (4, {"key_malformed"})
WEAK = (4, {"key_too_weak"})
SMALL_PRIMES = prod(n for n in range(3, 2000) if all(n % divisor for divisor in range(2, isqrt(n) + 1)))


def number(value: int) -> str:
    return base64url.encode(value.to_bytes((value.bit_length() + 7) // 8))


def is_prime(n: int) -> bool:
    """Fermat's test to a few bases, good enough for numbers that nobody chose."""
    return gcd(n, SMALL_PRIMES) == 1 and all(pow(base, n - 1, n) == 1 for base in (2, 3, 5, 7))


def make_prime(rng: random.Random, bits: int) -> int:
    while not is_prime(n := rng.getrandbits(bits) | 3 << bits - 2 | 1):
        pass
    return n


def make_rsa(bits: int) -> dict[str, Any]:
    """A private JWK of that size, however small."""
    rng = random.Random(bits)
    while True:
        p, q = make_prime(rng, bits // 2), make_prime(rng, bits - bits // 2)
        n, phi = p * q, lcm(p - 1, q - 1)
        if n.bit_length() == bits and p != q and phi % 65537:
            d = pow(65537, -1, phi)
            parts = {
                "n": n,
                "e": 65537,
                "d": d,
                "p": p,
                "q": q,
                "dp": d % (p - 1),
                "dq": d % (q - 1),
                "qi": pow(q, -1, p),
            }
            return {"kty": "RSA", **{name: number(value) for name, value in parts.items()}}


def to_weak_pem(jwk: Mapping[str, Any]) -> bytes:
    """PKCS#1 by hand: the library makes no such key."""

    def tlv(tag: int, body: bytes) -> bytes:
        size = len(body)
        length = (
            bytes([size])
            if size < 128
            else bytes([0x80 | (size.bit_length() + 7) // 8]) + size.to_bytes((size.bit_length() + 7) // 8)
        )
        return bytes([tag]) + length + body

    import base64

    values = [0, *(int.from_bytes(base64url.decode(jwk[name])) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi"))]
    body = b"".join(tlv(2, value.to_bytes(value.bit_length() // 8 + 1)) for value in values)
    text = base64.encodebytes(tlv(0x30, body))
    return b"-----BEGIN RSA PRIVATE KEY-----\n" + text + b"-----END RSA PRIVATE KEY-----\n"


@pytest.mark.attack("A081")
@pytest.mark.parametrize("bits", [512, 1024, 2047])
def test_short_rsa(bits: int, forge: Forger, publish: Publish, verify: Verify, cli: Cli, tmp_path: Path) -> None:
    jwk = make_rsa(bits)
    pem = tmp_path / "weak.pem"
    pem.write_bytes(to_weak_pem(jwk))
    token = forge.sign("RS256")
    private = publish(jwk)
    public = publish({name: jwk[name] for name in ("kty", "n", "e")})
    for key in (public, private, pem):
        for options in ([], ["--allow-weak-key"], ["--alg", "RS256"]):
            assert verify(token, "-k", key, *options).short == WEAK
    for key in (private, pem):
        assert cli("sign", "--json", "-k", key).codes == {"key_too_weak"}
        assert cli("jwks", "build", "--json", key).codes == {"key_too_weak"}
        shown = cli("key", "show", "--json", key).document
        assert shown["weak"] == f"an RSA key of {bits} bits is too short, wanted at least 2048"


@pytest.mark.attack("A082")
def test_huge_rsa(forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify) -> None:
    token = forge.sign("RS256", {"alg": "RS256", "kid": "k1"})
    for n, e in (
        (2**16385 - 1, 65537),
        (2**1_000_000 - 1, 65537),
        (3 << 2046 | 1, 2**2047 + 1),
        (3 << 2046 | 1, 2**32 + 1),
    ):
        key = publish({"kty": "RSA", "kid": "k1", "n": number(n), "e": number(e)})
        began = time.perf_counter()
        assert verify(token, "-k", key).short == MALFORMED
        assert time.perf_counter() - began < 0.5
        beside = publish_set(key, publish("ES256", kid="e1"))
        assert verify(token, "-k", beside).short == (1, {"key_not_found"})


@pytest.mark.parametrize("e", [1, 2, 4, 65536, 2**32 - 2])
def test_exponent_of_one_or_even(e: int, forge: Forger, publish: Publish, verify: Verify) -> None:
    """With e = 1 the padded message is its own signature."""
    assert verify(forge.sign("RS256"), "-k", publish("RS256", e=number(e))).short == MALFORMED


def test_modulus_that_anybody_factors(forge: Forger, publish: Publish, verify: Verify, keys: Mapping[str, Key]) -> None:
    """The square of a prime, and twin primes (CVE-2022-26320): Fermat's method takes one step."""
    p = int.from_bytes(keys["RS256"].octets("p"))
    for n in (p * p, p * (p + 2), p * (p - 2**20)):
        key = publish({"kty": "RSA", "n": number(n), "e": "AQAB"})
        assert verify(forge.sign("RS256"), "-k", key, "--allow-weak-key").short == WEAK
    even = publish({"kty": "RSA", "n": number(2**2048 - 2), "e": "AQAB"})
    assert verify(forge.sign("RS256"), "-k", even).short == MALFORMED
