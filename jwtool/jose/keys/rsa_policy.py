"""The policy for RSA keys: sizes, exponents, ROCA, and private numbers that belong together."""

from __future__ import annotations

from functools import cache
from math import gcd, isqrt
from typing import TYPE_CHECKING, Any

from jwtool.jose.errors import KeyMalformed, KeyUnsupported
from jwtool.jose.keys.members import Material, encode_number, read_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MIN_BITS = 2048
MAX_BITS = 16384
MAX_EXPONENT_BITS = 32
MAX_BITS_OF_LONE_D = 8192  # the primes are found in a moment, but qi takes 4 ms for twice the bits: a second for a set
USUAL_EXPONENT = 65537
CRT_MEMBERS = ("p", "q", "dp", "dq", "qi")

# The generator of the ROCA keys, and the last of the small primes that divide their primorial M for every size.
ROCA_GENERATOR = 65537
ROCA_LAST_PRIME = 167
# Rounds of Fermat's method: the known bad generators are caught by the first few (CVE-2022-26320).
FERMAT_ROUNDS = 16
SQUARES_MODULO_16 = frozenset({0, 1, 4, 9})
# The denominators looked at divide gcd(p - 1, q - 1), which for two random primes is a handful.
MAX_DENOMINATOR_BITS = 32


def judge(jwk: Mapping[str, Any]) -> Material:
    """Judge the RSA members of a JWK (RFC 7518 §6.3) and return them complete: a lone `d` gets its primes.

    Raises KeyMalformed for numbers that no RSA key has or that contradict each other, KeyUnsupported for
    multi-prime keys. A key that is short, has the ROCA fingerprint or primes next to each other comes back with its
    weakness.
    """
    if "oth" in jwk:
        raise KeyUnsupported("the RSA key has more than two primes ('oth'), which jwtool does not support")
    n = read_number(jwk, "n", max_bits=MAX_BITS)
    e = read_number(jwk, "e", max_bits=MAX_EXPONENT_BITS)
    if n % 2 == 0 or n == 1:
        raise KeyMalformed(f"the RSA modulus 'n' is {'1' if n == 1 else 'even'}, wanted an odd product of two primes")
    if e % 2 == 0 or e == 1:
        raise KeyMalformed(f"the RSA public exponent 'e' is {e}, wanted an odd number of at least 3")
    if e >= n:
        raise KeyMalformed("the RSA public exponent 'e' must be smaller than the modulus 'n' (RFC 8017 §3.1)")
    private = _private_numbers(jwk, n, e)
    members = {"n": jwk["n"], "e": jwk["e"]} | {name: encode_number(number) for name, number in private.items()}
    remarks = () if e == USUAL_EXPONENT else (f"public exponent {e} ({USUAL_EXPONENT} is usual)",)
    return Material(bits=n.bit_length(), members=members, private=bool(private), weakness=_weakness(n), remarks=remarks)


def _weakness(n: int) -> str | None:
    if n.bit_length() < MIN_BITS:
        return f"an RSA key of {n.bit_length()} bits is too short, wanted at least {MIN_BITS}"
    if has_roca_fingerprint(n):
        return "the RSA modulus has the ROCA fingerprint (CVE-2017-15361): its private key can be computed"
    if has_close_primes(n):
        return "the primes of the RSA modulus lie next to each other (CVE-2022-26320): its private key can be computed"
    return None


def has_close_primes(n: int) -> bool:
    """Whether Fermat's method factors the modulus at once: n = a² - b² with an a just above √n. So do squares."""
    a = isqrt(n - 1) + 1
    square = a * a - n
    for _ in range(FERMAT_ROUNDS):
        if square & 15 in SQUARES_MODULO_16 and isqrt(square) ** 2 == square:
            return True
        square += 2 * a + 1
        a += 1
    return False


def has_roca_fingerprint(n: int) -> bool:
    """Whether the modulus has the shape of the keys of CVE-2017-15361 (Nemec et al., CCS 2017, §2.2).

    Their primes are k·M + (65537^a mod M) with M a product of small primes, so that modulo each of those n is
    a power of 65537. About one sound modulus in 10^8 has that shape too.
    """
    return all(powers >> (n % prime) & 1 for prime, powers in _roca_residues())


@cache
def _roca_residues() -> tuple[tuple[int, int], ...]:
    """The small odd primes, and for each a bit set of the powers of 65537 modulo it."""
    primes = [n for n in range(3, ROCA_LAST_PRIME + 1) if all(n % divisor for divisor in range(2, isqrt(n) + 1))]
    residues = []
    for prime in primes:
        power, powers = 1, 0
        while not powers >> power & 1:
            powers |= 1 << power
            power = power * ROCA_GENERATOR % prime
        residues.append((prime, powers))
    return tuple(residues)


def _private_numbers(jwk: Mapping[str, Any], n: int, e: int) -> dict[str, int]:
    """The private numbers, empty for a public key (RFC 7518 §6.3.2: all CRT members or none)."""
    present = [name for name in CRT_MEMBERS if name in jwk]
    if "d" not in jwk:
        if present:
            raise KeyMalformed(f"the RSA key has '{present[0]}' but not the private exponent 'd'")
        return {}
    d = read_number(jwk, "d", max_bits=MAX_BITS)
    if not present:
        return _with_crt(d, *_recover_primes(n, e, d))
    missing = [name for name in CRT_MEMBERS if name not in jwk]
    if missing:
        raise KeyMalformed(f"the RSA key has '{present[0]}' but not '{missing[0]}', wanted all of them or none")
    given = {"d": d} | {name: read_number(jwk, name, max_bits=MAX_BITS) for name in CRT_MEMBERS}
    p, q = given["p"], given["q"]
    if p * q != n or 1 in (p, q):
        raise KeyMalformed("'p' times 'q' of the RSA key is not 'n'")
    if p == q:
        raise KeyMalformed("'p' and 'q' of the RSA key are equal")
    if d >= n or e * d % (p - 1) != 1 or e * d % (q - 1) != 1:
        raise KeyMalformed("the private exponent 'd' of the RSA key does not belong to 'e' and 'n'")
    if given["dp"] != d % (p - 1) or given["dq"] != d % (q - 1):
        raise KeyMalformed("'dp' or 'dq' of the RSA key does not belong to 'd'")
    if given["qi"] >= p or given["qi"] * q % p != 1:
        raise KeyMalformed("'qi' of the RSA key is not the inverse of 'q' modulo 'p'")
    return given


def _with_crt(d: int, p: int, q: int) -> dict[str, int]:
    return {"d": d, "p": p, "q": q, "dp": d % (p - 1), "dq": d % (q - 1), "qi": pow(q, -1, p)}


def _recover_primes(n: int, e: int, d: int) -> tuple[int, int]:
    """The primes p > q of a key of which only n, e and d are known; KeyMalformed if d does not belong to n and e.

    e·d - 1 is m·φ(n)/g with small m and g, and φ(n) is nearly n, so m/g is a convergent of (e·d - 1)/n. Each
    convergent gives a φ(n), hence p + q. That is exact and costs some divisions, while the usual search for a
    square root of 1 takes seconds on a hostile n.
    """
    if n.bit_length() > MAX_BITS_OF_LONE_D:
        raise KeyUnsupported(
            f"a private RSA key of more than {MAX_BITS_OF_LONE_D} bits must bring its primes, and this has 'd' alone"
        )
    product = e * d - 1
    for numerator, denominator in _convergents(product, n):
        phi, rest = divmod(product * denominator, numerator)
        if rest or phi >= n:
            continue
        total = n - phi + 1
        square = total * total - 4 * n
        if square <= 0 or (root := isqrt(square)) ** 2 != square:
            continue
        p, q = (total + root) // 2, (total - root) // 2
        if p * q == n and gcd(p, q) == 1 and e * d % (p - 1) == 1 and e * d % (q - 1) == 1 and d < n:
            return p, q
    raise KeyMalformed("the private exponent 'd' of the RSA key does not belong to 'e' and 'n'")


def _convergents(numerator: int, denominator: int) -> Iterator[tuple[int, int]]:
    """The convergents of the continued fraction, but 0, while their denominators are small."""
    before, now = (0, 1), (1, 0)
    while denominator:
        quotient, rest = divmod(numerator, denominator)
        numerator, denominator = denominator, rest
        before, now = now, (quotient * now[0] + before[0], quotient * now[1] + before[1])
        if now[1].bit_length() > MAX_DENOMINATOR_BITS:
            return
        if now[0]:
            yield now
