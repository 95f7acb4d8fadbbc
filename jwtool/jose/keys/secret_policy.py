"""The policy for HMAC secrets: long enough, and not obviously made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose.algorithms import ALGORITHMS, min_secret_octets
from jwtool.jose.errors import KeyConfusion, KeyMalformed
from jwtool.jose.keys.members import Material, read_octets

if TYPE_CHECKING:
    from collections.abc import Mapping

# Fewer different octets than a random secret of 32 octets ever has; hexadecimal text has up to 16.
FEW_OCTETS = 8
ONE_OCTET = "all octets of the secret are equal"
LONGEST_PIECE = 64


def judge(jwk: Mapping[str, Any]) -> Material:
    """Judge the `k` of an oct JWK (RFC 7518 §6.4).

    Raises KeyMalformed if it is empty or badly encoded, KeyConfusion if it is another key in some wrapping. A secret
    shorter than the hash of the key's own `alg` (HS256 if it names none, RFC 7518 §3.2) comes back with its weakness.
    A key whose `use` or `alg` says that it is not for HMAC is not judged by length. One octet repeated is remarked;
    `fit` lets such a secret verify, never sign.
    """
    secret = read_octets(jwk, "k")
    if not secret:
        raise KeyMalformed("the secret 'k' of the key is empty")
    from jwtool.jose.keys.secret import find_key

    found = find_key(secret)
    if found is not None:
        raise KeyConfusion(f"the secret 'k' of the key holds {found}, which must not become an HMAC secret")
    weakness, remark = _weakness(jwk, secret), _remark(secret)
    return Material(
        bits=len(secret) * 8,
        members={"k": jwk["k"]},
        private=True,
        weakness=weakness,
        remarks=() if weakness or remark is None else (remark,),
    )


def _weakness(jwk: Mapping[str, Any], secret: bytes) -> str | None:
    algorithm = ALGORITHMS.get(jwk.get("alg") or "HS256")
    if jwk.get("use") == "enc" or algorithm is None or algorithm.family != "hmac":
        return None
    wanted = min_secret_octets(algorithm)
    if len(secret) < wanted:
        return f"the secret is {len(secret)} octets long, {algorithm.name} wants at least {wanted}"
    return None


def _remark(secret: bytes) -> str | None:
    if len(set(secret)) == 1:
        return ONE_OCTET
    if has_short_period(secret):
        return "the secret is a short piece, repeated"
    distinct = len(set(secret))
    return f"the secret has only {distinct} different octets" if distinct < FEW_OCTETS else None


def has_short_period(secret: bytes) -> bool:
    """Whether the secret is a piece of at most 64 octets and half its length, repeated and perhaps cut: `abcabcab`."""
    longest = min(len(secret) // 2, LONGEST_PIECE)
    return any(secret[period:] == secret[:-period] for period in range(1, longest + 1))
