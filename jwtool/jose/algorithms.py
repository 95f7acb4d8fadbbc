"""The one table of signature algorithms and of the curves they run on.

Nothing else in the program or its tests lists algorithms: help, completion, key generation, key fit and
the tests read this table. Adding an algorithm is one row here and one published vector. Those of encryption stand
in `encryption_algorithms.py`.
Sources: RFC 7518 §3.1, RFC 8037 §3.1, RFC 8812 §3, RFC 9864 §2, RFC 9964 §5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Family = Literal["hmac", "rsa-pkcs1", "rsa-pss", "ecdsa", "eddsa", "ml-dsa"]


class Curve(NamedTuple):
    """A named curve: `octets` is the width of a coordinate or of a public key.

    For EC, `p`, `a`, `b` are the curve y² = x³ + ax + b over p, and `n` is the order of its generator.
    """

    name: str
    kty: Literal["EC", "OKP"]
    bits: int
    octets: int
    p: int = 0
    a: int = 0
    b: int = 0
    n: int = 0
    signature_octets: int = 0
    signs: bool = True


class Algorithm(NamedTuple):
    """One row: what a JWS `alg` stands for.

    `hash_name` is hashlib's name of the hash (None for EdDSA and ML-DSA, which have their own inside). `curves` are the
    curves of a key that fits, empty for RSA, oct and AKP. `summary` is one line for help and `explain`. An AKP key is
    for the one algorithm that it names; `public_octets` and `signature_octets` are its lengths (RFC 9964 §5).
    """

    name: str
    kty: Literal["oct", "RSA", "EC", "OKP", "AKP"]
    family: Family
    hash_name: str | None
    curves: tuple[str, ...]
    summary: str
    source: str
    public_octets: int = 0
    signature_octets: int = 0


CURVES: Mapping[str, Curve] = {
    curve.name: curve
    for curve in (
        Curve(
            "P-256",
            "EC",
            256,
            32,
            p=2**256 - 2**224 + 2**192 + 2**96 - 1,
            a=-3,
            b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
            n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
            signature_octets=64,
        ),
        Curve(
            "P-384",
            "EC",
            384,
            48,
            p=2**384 - 2**128 - 2**96 + 2**32 - 1,
            a=-3,
            b=0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
            n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
            signature_octets=96,
        ),
        Curve(
            "P-521",
            "EC",
            521,
            66,
            p=2**521 - 1,
            a=-3,
            b=0x51953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
            n=0x1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409,
            signature_octets=132,
        ),
        Curve(
            "secp256k1",
            "EC",
            256,
            32,
            p=2**256 - 2**32 - 977,
            a=0,
            b=7,
            n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
            signature_octets=64,
        ),
        Curve("Ed25519", "OKP", 256, 32, signature_octets=64),
        Curve("Ed448", "OKP", 456, 57, signature_octets=114),
        Curve("X25519", "OKP", 256, 32, signs=False),
        Curve("X448", "OKP", 448, 56, signs=False),
    )
}

ALGORITHMS: Mapping[str, Algorithm] = {
    row.name: row
    for row in (
        Algorithm("HS256", "oct", "hmac", "sha256", (), "HMAC with SHA-256, one shared secret", "RFC 7518 §3.2"),
        Algorithm("HS384", "oct", "hmac", "sha384", (), "HMAC with SHA-384, one shared secret", "RFC 7518 §3.2"),
        Algorithm("HS512", "oct", "hmac", "sha512", (), "HMAC with SHA-512, one shared secret", "RFC 7518 §3.2"),
        Algorithm("RS256", "RSA", "rsa-pkcs1", "sha256", (), "RSA PKCS#1 v1.5 with SHA-256", "RFC 7518 §3.3"),
        Algorithm("RS384", "RSA", "rsa-pkcs1", "sha384", (), "RSA PKCS#1 v1.5 with SHA-384", "RFC 7518 §3.3"),
        Algorithm("RS512", "RSA", "rsa-pkcs1", "sha512", (), "RSA PKCS#1 v1.5 with SHA-512", "RFC 7518 §3.3"),
        Algorithm("PS256", "RSA", "rsa-pss", "sha256", (), "RSA-PSS with SHA-256", "RFC 7518 §3.5"),
        Algorithm("PS384", "RSA", "rsa-pss", "sha384", (), "RSA-PSS with SHA-384", "RFC 7518 §3.5"),
        Algorithm("PS512", "RSA", "rsa-pss", "sha512", (), "RSA-PSS with SHA-512", "RFC 7518 §3.5"),
        Algorithm("ES256", "EC", "ecdsa", "sha256", ("P-256",), "ECDSA on P-256 with SHA-256", "RFC 7518 §3.4"),
        Algorithm("ES384", "EC", "ecdsa", "sha384", ("P-384",), "ECDSA on P-384 with SHA-384", "RFC 7518 §3.4"),
        Algorithm("ES512", "EC", "ecdsa", "sha512", ("P-521",), "ECDSA on P-521 with SHA-512", "RFC 7518 §3.4"),
        Algorithm(
            "ES256K", "EC", "ecdsa", "sha256", ("secp256k1",), "ECDSA on secp256k1 with SHA-256", "RFC 8812 §3.2"
        ),
        Algorithm(
            "EdDSA", "OKP", "eddsa", None, ("Ed25519", "Ed448"), "EdDSA on the curve of the key", "RFC 8037 §3.1"
        ),
        Algorithm("Ed25519", "OKP", "eddsa", None, ("Ed25519",), "EdDSA on Ed25519, fully named", "RFC 9864 §2.2"),
        Algorithm("Ed448", "OKP", "eddsa", None, ("Ed448",), "EdDSA on Ed448, fully named", "RFC 9864 §2.2"),
        Algorithm("ML-DSA-44", "AKP", "ml-dsa", None, (), "ML-DSA-44, post-quantum", "RFC 9964 §5", 1312, 2420),
        Algorithm("ML-DSA-65", "AKP", "ml-dsa", None, (), "ML-DSA-65, post-quantum", "RFC 9964 §5", 1952, 3309),
        Algorithm("ML-DSA-87", "AKP", "ml-dsa", None, (), "ML-DSA-87, post-quantum", "RFC 9964 §5", 2592, 4627),
    )
}


def same_on_curve(one: str, other: str, crv: str | None) -> bool:
    """Whether two `alg` names mean the same operation for a key on `crv`.

    True for equal names, and for `EdDSA` beside `Ed25519` or `Ed448` of that curve (RFC 9864 §2.2).
    """
    if one == other:
        return True
    names = {one, other}
    return "EdDSA" in names and crv in names and crv in ALGORITHMS["EdDSA"].curves


def min_secret_octets(algorithm: Algorithm) -> int:
    """The least length of an HMAC secret: that of the hash output (RFC 7518 §3.2); 0 for what has no hash."""
    return {"sha256": 32, "sha384": 48, "sha512": 64}.get(algorithm.hash_name or "", 0)


def default_for(kty: str, crv: str | None, secret_octets: int = 0) -> str | None:
    """The `alg` that a key without one signs with, or None if it can't sign.

    RSA: RS256; EC: by curve; OKP: EdDSA; oct: the largest HS that the secret is long enough for. AKP keys always have
    an `alg`, and no default.
    """
    if kty == "RSA":
        return "RS256"
    if kty == "oct":
        fitting = [
            row for row in ALGORITHMS.values() if row.family == "hmac" and secret_octets >= min_secret_octets(row)
        ]
        return fitting[-1].name if fitting else None
    return next((row.name for row in ALGORITHMS.values() if row.kty == kty and crv in row.curves), None)


def for_key(kty: str, crv: str | None, secret_octets: int = 0) -> tuple[str, ...]:
    """The names of all algorithms that a key of this type, curve and secret length can serve, in table order.

    AKP keys serve the one that they name, which neither type nor curve says: of these it is empty.
    """
    return tuple(
        row.name
        for row in ALGORITHMS.values()
        if row.kty == kty != "AKP"
        and (not row.curves or crv in row.curves)
        and (row.family != "hmac" or secret_octets >= min_secret_octets(row))
    )
