"""The policy for AKP keys: one of the algorithms of ML-DSA, the lengths that it has, and the seed that made the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose import base64url
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.errors import KeyMalformed, KeyUnsupported
from jwtool.jose.keys.members import Material, read_fixed, read_text
from jwtool.jose.keys.native import ml_dsa_private, ml_dsa_public
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

SEED_OCTETS = 32
RHO_OCTETS = 32


def judge(jwk: Mapping[str, Any]) -> Material:
    """Judge the `alg`, `pub` and `priv` of an AKP JWK (RFC 9964 §3 to §5, §7.3).

    Raises KeyMalformed if it names no `alg` or one of another key type, for a `pub` or seed of the wrong length, a
    `pub` by which anybody can sign, or a seed that didn't make it; KeyUnsupported for an `alg` that jwtool does not
    know, and where the installed cryptography lacks ML-DSA.
    """
    row = ALGORITHMS.get(read_text(jwk, "alg"))
    if row is None or row.kty != "AKP":
        raise _wrong_alg(jwk["alg"])
    pub = read_fixed(jwk, "pub", width=row.public_octets, crv=row.name)
    members = {"pub": jwk["pub"]}
    if "priv" in jwk:
        seed = read_fixed(jwk, "priv", width=SEED_OCTETS, crv=row.name)
        if ml_dsa_private(row.name, seed).public_key().public_bytes_raw() != pub:
            raise KeyMalformed("the seed 'priv' of the key does not belong to the public key 'pub'")
        members["priv"] = jwk["priv"]
    else:
        ml_dsa_public(row.name, pub)
        # Where t1 is zero, the one product with it in verification (FIPS 204 algorithm 8 step 9) is zero for every
        # message: a short random vector is a signature, and no secret is needed.
        if not any(pub[RHO_OCTETS:]):
            raise KeyMalformed("'pub' of the key is zero after its first 32 octets, so anybody could sign for it")
    return Material(bits=0, members=members, private="priv" in members)


def from_seed(alg: str, seed: bytes) -> dict[str, str]:
    """The private JWK members that grow out of a seed. Raises KeyUnsupported where the cryptography lacks ML-DSA."""
    pub = ml_dsa_private(alg, seed).public_key().public_bytes_raw()
    return {"kty": "AKP", "alg": alg, "pub": base64url.encode(pub), "priv": base64url.encode(seed)}


def _wrong_alg(alg: str) -> KeyMalformed | KeyUnsupported:
    from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT

    known = ", ".join(row.name for row in ALGORITHMS.values() if row.kty == "AKP")
    if alg in ALGORITHMS or alg in KEY_MANAGEMENT or alg in CONTENT_ENCRYPTION:
        return KeyMalformed(f"'alg' of the key is {alg}, which is not for a key of type AKP, wanted one of {known}")
    return KeyUnsupported(f"an AKP key for {quote(alg)} is not supported, wanted one for {known}")
