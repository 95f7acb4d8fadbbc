"""The bridge between JWK members and the key classes of pyca/cryptography, which is imported only when called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose import base64url
from jwtool.jose.algorithms import CURVES
from jwtool.jose.errors import KeyUnsupported
from jwtool.jose.keys.members import encode_number

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurve, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey, X448PublicKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    OkpPrivateKey = Ed25519PrivateKey | Ed448PrivateKey | X25519PrivateKey | X448PrivateKey
    OkpPublicKey = Ed25519PublicKey | Ed448PublicKey | X25519PublicKey | X448PublicKey
    PublicKey = RSAPublicKey | EllipticCurvePublicKey | OkpPublicKey


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
    raise KeyUnsupported("a public key of this kind is not supported, wanted RSA, EC, Ed25519 or Ed448")


def _ec_members(key: EllipticCurvePublicKey) -> dict[str, str]:
    for curve in CURVES.values():
        if curve.kty == "EC" and ec_curve(curve.name).name == key.curve.name:
            point = key.public_numbers()
            x, y = encode_number(point.x, curve.octets), encode_number(point.y, curve.octets)
            return {"kty": "EC", "crv": curve.name, "x": x, "y": y}
    raise KeyUnsupported(f"the curve {key.curve.name} is not supported")
