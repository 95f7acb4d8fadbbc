"""`jwtool.jose.keys.rsa_policy.has_close_primes`: Fermat's method, and where it ends."""

from __future__ import annotations

from math import isqrt
from typing import Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.members import encode_number
from jwtool.jose.keys.rsa_policy import FERMAT_ROUNDS, has_close_primes


@pytest.mark.parametrize("apart", [0, 2, 10**6], ids=["a square", "twins", "next to each other"])
def test_primes_next_to_each_other(apart: int) -> None:
    p = 2**1024 - 105
    key = parse_jwk({"kty": "RSA", "n": encode_number(p * (p - apart)), "e": "AQAB"})
    assert key.weakness == (
        "the primes of the RSA modulus lie next to each other (CVE-2022-26320): its private key can be computed"
    )


@pytest.mark.parametrize(
    ("rounds", "close"), [*((n, True) for n in (1, 2, 3, 4, 5, FERMAT_ROUNDS)), (FERMAT_ROUNDS + 1, False)]
)
def test_fermats_method_ends_after_its_rounds(rounds: int, close: bool) -> None:
    a = 2**1024
    b = isqrt(2 * a * (rounds - 1)) + 1 | 1  # the smallest odd b for which √(a² - b²) is that far below a
    n = a * a - b * b
    assert isqrt(n - 1) + 1 == a - rounds + 1
    assert has_close_primes(n) is close


def test_a_published_sound_modulus_has_no_close_primes(rsa: dict[str, Any]) -> None:
    assert has_close_primes(int.from_bytes(base64url.decode(rsa["n"]))) is False
