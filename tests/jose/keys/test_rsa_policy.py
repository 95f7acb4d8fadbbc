from __future__ import annotations

import random
import time
from math import gcd, lcm, prod
from typing import Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.errors import JwtoolError, KeyMalformed, KeyUnsupported
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.members import encode_number
from jwtool.jose.keys.rsa_policy import has_roca_fingerprint

PRIMES = (
    *(2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103),
    *(107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167),
)
NOT_D = "the private exponent 'd' of the RSA key does not belong to 'e' and 'n'"


def public(n: int, e: int = 65537) -> dict[str, Any]:
    return {"kty": "RSA", "n": encode_number(n), "e": encode_number(e)}


def modulus(bits: int) -> int:
    """A number of that length with nothing against it but that nobody knows its primes."""
    return (3 << (bits - 2)) + 1


def number(jwk: dict[str, Any], name: str) -> int:
    return int.from_bytes(base64url.decode(jwk[name]))


def refusal(jwk: dict[str, Any], kind: type[JwtoolError] = KeyMalformed) -> str:
    with pytest.raises(kind) as caught:
        parse_jwk(jwk)
    return caught.value.message


@pytest.mark.parametrize(
    ("bits", "weakness"),
    [
        (18, "an RSA key of 18 bits is too short, wanted at least 2048"),
        (512, "an RSA key of 512 bits is too short, wanted at least 2048"),
        (1024, "an RSA key of 1024 bits is too short, wanted at least 2048"),
        (2047, "an RSA key of 2047 bits is too short, wanted at least 2048"),
        (2048, None),
        (2049, None),
        (16384, None),
    ],
)
def test_sizes(bits: int, weakness: str | None) -> None:
    key = parse_jwk(public(modulus(bits)))
    assert (key.bits, key.weakness) == (bits, weakness)


def test_modulus_over_the_cap() -> None:
    assert refusal(public(2**16385 - 1)) == "'n' of the key is 16385 bits long, wanted at most 16384"


def test_a_million_bits_are_refused_at_once() -> None:
    jwk = public(2**1_000_000 - 1)
    begin = time.perf_counter()
    message = refusal(jwk)
    assert time.perf_counter() - begin < 0.05
    assert message == "'n' of the key is 1000000 bits long, wanted at most 16384"


def test_even_modulus() -> None:
    assert refusal(public(2**2048 - 2)) == "the RSA modulus 'n' is even, wanted an odd product of two primes"


def test_modulus_of_one() -> None:
    assert refusal(public(1)) == "the RSA modulus 'n' is 1, wanted an odd product of two primes"


@pytest.mark.parametrize("name", ["n", "e"])
def test_leading_zero_octet(name: str, rsa: dict[str, Any]) -> None:
    jwk = public(number(rsa, "n"))
    jwk[name] = base64url.encode(b"\0" + base64url.decode(jwk[name]))
    assert refusal(jwk) == f"'{name}' of the key begins with a zero octet, which RFC 7518 §2 forbids"


@pytest.mark.parametrize("e", [1, 2, 4, 65536, 2**32 - 2])
def test_refused_exponents(e: int) -> None:
    expected = f"the RSA public exponent 'e' is {e}, wanted an odd number of at least 3"
    assert refusal(public(2**2048 - 1, e)) == expected


@pytest.mark.parametrize(("e", "bits"), [(2**32 + 1, 33), (2**2047 + 1, 2048)])
def test_exponents_over_the_cap(e: int, bits: int) -> None:
    assert refusal(public(2**2048 - 1, e)) == f"'e' of the key is {bits} bits long, wanted at most 32"


@pytest.mark.parametrize(("n", "e"), [(3, 3), (7, 247), (65537, 65537)])
def test_an_exponent_is_smaller_than_the_modulus(n: int, e: int) -> None:
    """Found by tests/fuzz/fuzz_keys.py: the library takes no other, and said so where PEM was written."""
    assert refusal(public(n, e)) == "the RSA public exponent 'e' must be smaller than the modulus 'n' (RFC 8017 §3.1)"
    assert parse_jwk(public(e + 2, e)).rsa_numbers() == (e + 2, e)


@pytest.mark.parametrize("e", [3, 17, 65539, 2**32 - 1])
def test_unusual_exponents_are_remarked(e: int) -> None:
    key = parse_jwk(public(modulus(2048), e))
    assert key.remarks == (f"public exponent {e} (65537 is usual)",)
    assert key.weakness is None


def test_the_usual_exponent_is_not_remarked() -> None:
    assert parse_jwk(public(modulus(2048))).remarks == ()


def roca_modulus(rng: random.Random) -> int:
    """A modulus in the shape of CVE-2017-15361; its factors need not be prime for that."""
    primorial = prod(PRIMES)
    factors = [
        rng.getrandbits(1024 - primorial.bit_length()) * primorial + pow(65537, rng.randrange(2**64), primorial)
        for _ in range(2)
    ]
    return prod(factors)


@pytest.mark.parametrize("seed", range(8))
def test_roca_fingerprint(seed: int) -> None:
    n = roca_modulus(random.Random(seed))
    assert has_roca_fingerprint(n)
    padded = n + prod(PRIMES) * 2**2048  # the shape is one of residues, whatever the length
    key = parse_jwk(public(padded))
    assert key.weakness == "the RSA modulus has the ROCA fingerprint (CVE-2017-15361): its private key can be computed"


def test_one_residue_outside_the_powers_of_65537_clears_a_modulus() -> None:
    n = roca_modulus(random.Random(1))
    telling = []
    for prime in PRIMES[1:]:
        powers = {pow(65537, a, prime) for a in range(prime)}
        others = set(range(prime)) - powers - {0}
        step = prod(PRIMES) // prime
        moved = [n + i * step for i in range(prime)]
        assert [has_roca_fingerprint(m) for m in moved] == [m % prime in powers for m in moved]
        if others:
            telling.append(prime)
    assert telling == [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]


def test_a_published_sound_modulus_has_no_fingerprint(rsa: dict[str, Any]) -> None:
    assert has_roca_fingerprint(number(rsa, "n")) is False


@pytest.mark.parametrize("others", [[], None, [{"r": "Aw", "d": "Aw", "t": "Aw"}]])
def test_more_than_two_primes(others: object, rsa: dict[str, Any]) -> None:
    message = "the RSA key has more than two primes ('oth'), which jwtool does not support"
    assert refusal(rsa | {"oth": others}, KeyUnsupported) == message


@pytest.mark.parametrize("missing", ["p", "q", "dp", "dq", "qi"])
def test_a_partial_private_key(missing: str, rsa: dict[str, Any]) -> None:
    del rsa[missing]
    first = "q" if missing == "p" else "p"
    assert refusal(rsa) == f"the RSA key has '{first}' but not '{missing}', wanted all of them or none"


@pytest.mark.parametrize("only", ["p", "q", "dp", "dq", "qi"])
def test_private_members_without_the_exponent(only: str, rsa: dict[str, Any]) -> None:
    jwk = {name: rsa[name] for name in ("kty", "n", "e", only)}
    assert refusal(jwk) == f"the RSA key has '{only}' but not the private exponent 'd'"


def test_primes_that_do_not_make_the_modulus(rsa: dict[str, Any]) -> None:
    wanted = "'p' times 'q' of the RSA key is not 'n'"
    n = number(rsa, "n")
    assert refusal(rsa | {"p": encode_number(number(rsa, "p") + 2)}) == wanted
    assert refusal(rsa | {"p": "AQ", "q": rsa["n"]}) == wanted
    assert refusal(rsa | {"q": "AQ", "p": rsa["n"]}) == wanted
    assert refusal(rsa | {"n": encode_number(n + 2)}) == wanted


def test_equal_primes(rsa: dict[str, Any]) -> None:
    p = number(rsa, "p")
    assert refusal(rsa | {"n": encode_number(p * p), "q": rsa["p"]}) == "'p' and 'q' of the RSA key are equal"


def test_exponent_of_another_key(rsa: dict[str, Any]) -> None:
    d, n, p, q = (number(rsa, name) for name in ("d", "n", "p", "q"))
    assert refusal(rsa | {"d": encode_number(d + 2)}) == NOT_D
    assert refusal(rsa | {"e": "Aw"}) == NOT_D
    assert refusal(rsa | {"d": encode_number(d + p - 1)}) == NOT_D
    assert refusal(rsa | {"d": encode_number(d + q - 1)}) == NOT_D
    unreduced = d + (n // lcm(p - 1, q - 1) + 1) * lcm(p - 1, q - 1)
    assert refusal(rsa | {"d": encode_number(unreduced)}) == NOT_D
    as_large_as_n = {"d": "Dw", "p": "BQ", "q": "Aw", "dp": "Aw", "dq": "AQ", "qi": "Ag"}
    assert refusal(public(15, 3) | as_large_as_n) == NOT_D


@pytest.mark.parametrize("name", ["dp", "dq"])
def test_crt_exponent_of_another_key(name: str, rsa: dict[str, Any]) -> None:
    message = "'dp' or 'dq' of the RSA key does not belong to 'd'"
    assert refusal(rsa | {name: encode_number(number(rsa, name) + 2)}) == message


def test_crt_coefficient_of_another_key(rsa: dict[str, Any]) -> None:
    message = "'qi' of the RSA key is not the inverse of 'q' modulo 'p'"
    assert refusal(rsa | {"qi": encode_number(number(rsa, "qi") + 1)}) == message
    assert refusal(rsa | {"qi": encode_number(number(rsa, "qi") + number(rsa, "p"))}) == message


def test_an_exponent_reduced_otherwise_is_the_same_key(rsa: dict[str, Any]) -> None:
    p, q = number(rsa, "p"), number(rsa, "q")
    for order in (lcm(p - 1, q - 1), (p - 1) * (q - 1)):
        d = pow(65537, -1, order)
        assert parse_jwk(rsa | {"d": encode_number(d)}).rsa_private().d == d


def test_swapped_primes_are_a_key_too(rsa: dict[str, Any]) -> None:
    p, q = number(rsa, "q"), number(rsa, "p")
    swapped = {"p": rsa["q"], "q": rsa["p"], "dp": rsa["dq"], "dq": rsa["dp"], "qi": encode_number(pow(q, -1, p))}
    assert parse_jwk(rsa | swapped).members == rsa | swapped


def test_a_lone_exponent_gets_its_primes(rsa: dict[str, Any]) -> None:
    p, q = number(rsa, "p"), number(rsa, "q")
    for order in (lcm(p - 1, q - 1), (p - 1) * (q - 1)):
        lone = {name: rsa[name] for name in ("kty", "n", "e")}
        lone["d"] = encode_number(pow(65537, -1, order))
        assert parse_jwk(lone).members == rsa | {"d": lone["d"]}


@pytest.mark.parametrize("e", [3, 5, 17, 257, 65537, 2**32 - 5])
def test_a_lone_exponent_gets_its_primes_for_any_e_and_common_factor(e: int) -> None:
    rng = random.Random(e)
    common = 2 * 3 * 5 * 7 * 11 * 13 * 17
    p, q = (_prime(rng, common if e > 17 else 2, e) for _ in range(2))
    assert gcd(p - 1, q - 1) % (common if e > 17 else 2) == 0
    p, q = max(p, q), min(p, q)
    for order in (lcm(p - 1, q - 1), (p - 1) * (q - 1)):
        d = pow(e, -1, order)
        numbers = parse_jwk(public(p * q, e) | {"d": encode_number(d)}).rsa_private()
        assert (numbers.p, numbers.q, numbers.d) == (p, q, d)


@pytest.mark.parametrize(("seed", "bits"), [(2, 32), (1, 33)])
def test_a_lone_exponent_gets_its_primes_while_their_common_factor_is_small(seed: int, bits: int) -> None:
    rng = random.Random(seed)
    p, q = (_prime(rng, 2 * (2**31 - 1), 17) for _ in range(2))
    order = lcm(p - 1, q - 1)
    d = pow(17, -1, order)
    common = gcd(p - 1, q - 1)
    assert (common // gcd(common, (17 * d - 1) // order)).bit_length() == bits
    lone = public(p * q, 17) | {"d": encode_number(d)}
    assert (parse_jwk(lone).members["p"] == encode_number(max(p, q))) if bits == 32 else (refusal(lone) == NOT_D)


def _prime(rng: random.Random, factor: int, e: int) -> int:
    while True:
        candidate = rng.getrandbits(256) * factor + 1
        if gcd(candidate - 1, e) == 1 and candidate % 2 and pow(2, candidate - 1, candidate) == 1:
            return candidate


def test_a_lone_exponent_of_another_key(rsa: dict[str, Any]) -> None:
    lone = {name: rsa[name] for name in ("kty", "n", "e", "d")}
    d = number(rsa, "d")
    for wrong in (1, 3, d - 2, d + 2, 2**2047 + 1, number(rsa, "n") - 2):
        assert refusal(lone | {"d": encode_number(wrong)}) == NOT_D
    order = lcm(number(rsa, "p") - 1, number(rsa, "q") - 1)
    unreduced = d + (number(rsa, "n") // order + 1) * order
    assert refusal(lone | {"d": encode_number(unreduced)}) == NOT_D


def test_a_lone_exponent_of_tiny_numbers() -> None:
    numbers = parse_jwk(public(15, 3) | {"d": "Aw"}).rsa_private()
    assert (numbers.p, numbers.q) == (5, 3)
    assert refusal(public(15, 3) | {"d": "BQ"}) == NOT_D


def test_a_square_has_no_two_primes_to_recover(rsa: dict[str, Any]) -> None:
    p = number(rsa, "p")
    for order in (p - 1, (p - 1) ** 2, p * (p - 1)):
        square = public(p * p) | {"d": encode_number(pow(65537, -1, order))}
        assert refusal(square) == NOT_D


def test_factors_with_a_common_divisor_are_no_primes() -> None:
    p, q = 3 * (2**1023 + 1), 3 * (2**1022 + 5)
    lone = public(p * q) | {"d": encode_number(pow(65537, -1, lcm(p - 1, q - 1)))}
    assert refusal(lone) == NOT_D


def test_a_prime_modulus_has_no_primes_to_recover() -> None:
    prime = 2**2203 - 1
    d = pow(65537, -1, prime - 1)
    begin = time.perf_counter()
    assert refusal(public(prime) | {"d": encode_number(d)}) == NOT_D
    assert time.perf_counter() - begin < 0.5
