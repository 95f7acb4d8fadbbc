"""Making new keys, for every algorithm of the table."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from jwtool.jose import base64url
from jwtool.jose.algorithms import ALGORITHMS, CURVES, Algorithm, min_secret_octets
from jwtool.jose.errors import AlgorithmUnknown, KeyTooWeak, UsageError
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.members import encode_number
from jwtool.jose.keys.native import ec_curve, okp_private_class, public_members
from jwtool.jose.keys.rsa_policy import MAX_BITS, MIN_BITS, USUAL_EXPONENT
from jwtool.jose.keyset import random_kid, thumbprint
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

KNOWN = f"one of {', '.join(ALGORITHMS)}"


def generate(
    alg: str, *, crv: str | None = None, size: int | None = None, kid: str | None = None, use: str | None = None
) -> Key:
    """A new private (or oct) key for `alg`, which it names in its own `alg`.

    `crv` chooses among the curves of EdDSA (default Ed25519), `size` the bits of an RSA modulus (default 2048) or
    of a secret (default the hash size). `kid` defaults to the SHA-256 thumbprint, for a secret to a random one.
    Raises AlgorithmUnknown, KeyTooWeak for a size below the minimum, and UsageError for a curve or size that `alg`
    does not leave open, a size that is no multiple of 8 or too large, and a `use` other than sig.
    """
    row = ALGORITHMS.get(alg)
    if row is None:
        raise AlgorithmUnknown(
            f"{quote(alg)} is not an algorithm that keys can be made for", hint=f"one of {', '.join(ALGORITHMS)}"
        )
    if use not in (None, "sig"):
        raise UsageError(f"a key for {row.name} signs and verifies: its use can only be 'sig', found {quote(use)}")
    curve, bits = _choose_curve(row, crv), _choose_size(row, size)
    members = _new_members(row.kty, curve, bits) | {"alg": row.name}
    if use is not None:
        members["use"] = use
    if kid is None:
        kid = random_kid() if row.kty == "oct" else thumbprint(parse_jwk(members))
    return parse_jwk(members | {"kid": kid})


def _choose_curve(row: Algorithm, crv: str | None) -> str:
    """The curve of the key, empty if it has none."""
    if crv is None:
        return row.curves[0] if row.curves else ""
    if len(row.curves) < 2:  # noqa: PLR2004  a choice needs two
        raise UsageError(f"{row.name} leaves no choice of a curve, found {quote(crv)}")
    if crv not in row.curves:
        raise UsageError(f"{row.name} has no keys on {quote(crv)}, wanted {' or '.join(row.curves)}")
    return crv


def _choose_size(row: Algorithm, size: int | None) -> int:
    """The bits of the modulus or secret, 0 if the curve says it."""
    if row.curves:
        if size is not None:
            raise UsageError(f"{row.name} leaves no choice of a size, found {size}")
        return 0
    least = MIN_BITS if row.kty == "RSA" else min_secret_octets(row) * 8
    if size is None:
        return least
    if size < least:
        raise KeyTooWeak(f"a key of {size} bits is too short for {row.name}, wanted at least {least}")
    if size > MAX_BITS or size % 8:
        raise UsageError(f"a key can't have {size} bits, wanted a multiple of 8, at most {MAX_BITS}")
    return size


def _new_members(kty: str, crv: str, bits: int) -> dict[str, Any]:
    """The public and private members of a new key."""
    if kty == "oct":
        return {"kty": kty, "k": base64url.encode(secrets.token_bytes(bits // 8))}
    if kty == "RSA":
        return _new_rsa_members(bits)
    if kty == "OKP":
        okp = okp_private_class(crv).generate()
        return public_members(okp.public_key()) | {"d": base64url.encode(okp.private_bytes_raw())}
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec_curve(crv))
    d = encode_number(key.private_numbers().private_value, CURVES[crv].octets)
    return public_members(key.public_key()) | {"d": d}


def _new_rsa_members(bits: int) -> dict[str, Any]:
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(USUAL_EXPONENT, bits)
    own = key.private_numbers()
    private = {"d": own.d, "p": own.p, "q": own.q, "dp": own.dmp1, "dq": own.dmq1, "qi": own.iqmp}
    return public_members(key.public_key()) | {name: encode_number(number) for name, number in private.items()}
