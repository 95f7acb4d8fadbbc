"""The bridge between JWK members and the key classes of pyca/cryptography, which is imported only when called."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from jwtool.jose import base64url
from jwtool.jose.algorithms import ALGORITHMS, CURVES
from jwtool.jose.errors import KeyUnsupported
from jwtool.jose.keys.members import encode_number

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurve, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import (
        MLDSA44PrivateKey,
        MLDSA44PublicKey,
        MLDSA65PrivateKey,
        MLDSA65PublicKey,
        MLDSA87PrivateKey,
        MLDSA87PublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey, X448PublicKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    OkpPrivateKey = Ed25519PrivateKey | Ed448PrivateKey | X25519PrivateKey | X448PrivateKey
    OkpPublicKey = Ed25519PublicKey | Ed448PublicKey | X25519PublicKey | X448PublicKey
    MlDsaPrivateKey = MLDSA44PrivateKey | MLDSA65PrivateKey | MLDSA87PrivateKey
    MlDsaPublicKey = MLDSA44PublicKey | MLDSA65PublicKey | MLDSA87PublicKey
    PublicKey = RSAPublicKey | EllipticCurvePublicKey | OkpPublicKey | MlDsaPublicKey


def ec_curve(crv: str) -> EllipticCurve:
    """The curve object of an EC curve in `algorithms.CURVES`."""
    from cryptography.hazmat.primitives.asymmetric import ec

    curves: dict[str, type[ec.SECP256R1 | ec.SECP384R1 | ec.SECP521R1 | ec.SECP256K1]] = {
        "P-256": ec.SECP256R1,
        "P-384": ec.SECP384R1,
        "P-521": ec.SECP521R1,
        "secp256k1": ec.SECP256K1,
    }
    return curves[crv]()


def okp_private_class(crv: str) -> type[OkpPrivateKey]:
    """The private key class of an OKP curve in `algorithms.CURVES`; it has `generate` and `from_private_bytes`."""
    from cryptography.hazmat.primitives.asymmetric import ed448, ed25519, x448, x25519

    classes: dict[str, type[OkpPrivateKey]] = {
        "Ed25519": ed25519.Ed25519PrivateKey,
        "Ed448": ed448.Ed448PrivateKey,
        "X25519": x25519.X25519PrivateKey,
        "X448": x448.X448PrivateKey,
    }
    return classes[crv]


def ml_dsa_public(alg: str, pub: bytes) -> MlDsaPublicKey:
    """The public key object of an ML-DSA key.

    Raises KeyUnsupported if the installed cryptography or its OpenSSL lacks ML-DSA, ValueError for a wrong length.
    """
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa

        classes: dict[str, type[MlDsaPublicKey]] = {
            "ML-DSA-44": mldsa.MLDSA44PublicKey,
            "ML-DSA-65": mldsa.MLDSA65PublicKey,
            "ML-DSA-87": mldsa.MLDSA87PublicKey,
        }
        return classes[alg].from_public_bytes(pub)
    except (ImportError, UnsupportedAlgorithm):
        raise _without_ml_dsa(alg) from None


def ml_dsa_private(alg: str, seed: bytes) -> MlDsaPrivateKey:
    """The private key object that grows out of the 32 octets of an ML-DSA seed. Raises as `ml_dsa_public`."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa

        classes: dict[str, type[MlDsaPrivateKey]] = {
            "ML-DSA-44": mldsa.MLDSA44PrivateKey,
            "ML-DSA-65": mldsa.MLDSA65PrivateKey,
            "ML-DSA-87": mldsa.MLDSA87PrivateKey,
        }
        return classes[alg].from_seed_bytes(seed)
    except (ImportError, UnsupportedAlgorithm):
        raise _without_ml_dsa(alg) from None


def _without_ml_dsa(alg: str) -> KeyUnsupported:
    return KeyUnsupported(
        f"the cryptography library of this machine has no {alg}",
        hint="`jwtool --version -v` shows its version; releases of 2026 have it",
    )


def public_members(key: object) -> dict[str, str]:
    """The JWK members (`kty` too) of a public key object.

    Raises KeyUnsupported for another kind of key or curve.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x448, x25519

    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "n": encode_number(numbers.n), "e": encode_number(numbers.e)}
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _ec_members(key)
    okp_classes: dict[str, type[OkpPublicKey]] = {
        "Ed25519": ed25519.Ed25519PublicKey,
        "Ed448": ed448.Ed448PublicKey,
        "X25519": x25519.X25519PublicKey,
        "X448": x448.X448PublicKey,
    }
    for crv, kind in okp_classes.items():
        if isinstance(key, kind):
            return {"kty": "OKP", "crv": crv, "x": base64url.encode(key.public_bytes_raw())}
    # By the name of the class, for a library without ML-DSA has no such class to compare with.
    alg = type(key).__name__.removesuffix("PublicKey").replace("MLDSA", "ML-DSA-")
    if alg in ALGORITHMS:
        return ml_dsa_members(alg, cast("MlDsaPublicKey", key))
    raise KeyUnsupported("a public key of this kind is not supported, wanted RSA, EC, Ed25519, Ed448 or ML-DSA")


def ml_dsa_members(alg: str, key: MlDsaPublicKey) -> dict[str, str]:
    """The JWK members of an ML-DSA public key, `alg` among them (RFC 9964 §3)."""
    return {"kty": "AKP", "alg": alg, "pub": base64url.encode(key.public_bytes_raw())}


def _ec_members(key: EllipticCurvePublicKey) -> dict[str, str]:
    for curve in CURVES.values():
        if curve.kty == "EC" and ec_curve(curve.name).name == key.curve.name:
            point = key.public_numbers()
            x, y = encode_number(point.x, curve.octets), encode_number(point.y, curve.octets)
            return {"kty": "EC", "crv": curve.name, "x": x, "y": y}
    raise KeyUnsupported(f"the curve {key.curve.name} is not supported")
