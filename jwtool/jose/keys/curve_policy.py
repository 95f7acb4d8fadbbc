"""The policy for EC and OKP keys: a point of the named curve, of large order, with the private part that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from jwtool.jose.algorithms import CURVES, Curve
from jwtool.jose.errors import KeyMalformed, KeyUnsupported
from jwtool.jose.keys.members import Material, read_fixed, read_text
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

# Field prime and Edwards d of the curves a·x² + y² = 1 + d·x²·y² (RFC 8032 §5.1 with a = -1, §5.2 with a = 1).
P25519 = 2**255 - 19
P448 = 2**448 - 2**224 - 1
D25519 = -121665 * pow(121666, -1, P25519) % P25519
D448 = -39081 % P448

# The y of a point of order 8 on edwards25519 is a root of d·y⁴ + 2y² - 1, which is what doubling to y = 0 demands.
Y_OF_ORDER_8 = 0x5FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826

# The coordinate (y of Edwards, u of Montgomery curves) of every point whose order divides the cofactor.
# A Montgomery u is (1 + y)/(1 - y); 0 and -1 also stand for points of the twist.
SMALL_ORDER: Mapping[str, frozenset[int]] = {
    "Ed25519": frozenset({0, 1, P25519 - 1, Y_OF_ORDER_8, P25519 - Y_OF_ORDER_8}),
    "Ed448": frozenset({0, 1, P448 - 1}),
    "X25519": frozenset(
        {
            0,
            1,
            P25519 - 1,
            (1 + Y_OF_ORDER_8) * pow(1 - Y_OF_ORDER_8, -1, P25519) % P25519,
            (1 - Y_OF_ORDER_8) * pow(1 + Y_OF_ORDER_8, -1, P25519) % P25519,
        }
    ),
    "X448": frozenset({0, 1, P448 - 1}),
}


def judge_ec(jwk: Mapping[str, Any]) -> Material:
    """Judge the EC members of a JWK (RFC 7518 §6.2).

    Raises KeyUnsupported for a curve that jwtool does not know, KeyMalformed for coordinates of the wrong
    width, a point that is not on the curve, or a `d` that is not its private key.
    """
    curve = _curve(jwk, "EC")
    members = {"crv": curve.name, "x": jwk.get("x"), "y": jwk.get("y")}
    x, y = (int.from_bytes(read_fixed(jwk, name, width=curve.octets, crv=curve.name)) for name in ("x", "y"))
    if x >= curve.p or y >= curve.p or (y * y - x * x * x - curve.a * x - curve.b) % curve.p:
        raise KeyMalformed(f"the point ('x', 'y') of the key is not on the curve {curve.name}")
    if "d" in jwk:
        d = int.from_bytes(read_fixed(jwk, "d", width=curve.octets, crv=curve.name))
        if not 0 < d < curve.n or not _ec_private_matches(curve.name, d, x, y):
            raise KeyMalformed("the private key 'd' does not belong to the point ('x', 'y')")
        members["d"] = jwk["d"]
    return _material(curve, members)


def judge_okp(jwk: Mapping[str, Any]) -> Material:
    """Judge the OKP members of a JWK (RFC 8037 §2).

    Raises KeyUnsupported for a curve that jwtool does not know, KeyMalformed for an `x` of the wrong width, in
    a non-canonical encoding, off the curve or of small order (a signature by which fits many messages), or a
    `d` that is not its private key.
    """
    curve = _curve(jwk, "OKP")
    x = read_fixed(jwk, "x", width=curve.octets, crv=curve.name)
    coordinate = _judge_okp_encoding(curve.name, x)
    members = {"crv": curve.name, "x": jwk["x"]}
    if "d" in jwk:
        d = read_fixed(jwk, "d", width=curve.octets, crv=curve.name)
        if not _okp_private_matches(curve.name, d, x):
            raise KeyMalformed("the private key 'd' does not belong to the public key 'x'")
        members["d"] = jwk["d"]
    elif not _is_on_curve(curve.name, coordinate):
        raise KeyMalformed(f"'x' of the key is not a point on {curve.name}")
    return _material(curve, members)


def _material(curve: Curve, members: dict[str, Any]) -> Material:
    return Material(bits=curve.bits, members=members, private="d" in members, crv=curve.name)


def _curve(jwk: Mapping[str, Any], kty: Literal["EC", "OKP"]) -> Curve:
    crv = read_text(jwk, "crv")
    curve = CURVES.get(crv)
    names = ", ".join(known.name for known in CURVES.values() if known.kty == kty)
    if curve is None:
        raise KeyUnsupported(f"the curve {quote(crv)} is not supported, {kty} keys have {names}")
    if curve.kty != kty:
        raise KeyMalformed(f"the curve {quote(crv)} is not for {kty} keys, which have {names}")
    return curve


def _judge_okp_encoding(crv: str, x: bytes) -> int:
    """The coordinate that `x` encodes.

    Encodings that no key generation writes are refused: of a point of small order, or with the coordinate not
    reduced, which some programs take and others don't.
    """
    sign_bit = 1 << (len(x) * 8 - 1) if crv.startswith("Ed") else 0
    coordinate = int.from_bytes(x, "little") & ~sign_bit
    if coordinate >= _field(crv):
        raise KeyMalformed(f"'x' of the key is not in the canonical encoding of {crv}")
    if coordinate in SMALL_ORDER[crv]:
        raise KeyMalformed(f"'x' of the key is a point of small order on {crv}, which no private key has")
    return coordinate


def _is_on_curve(crv: str, y: int) -> bool:
    """Whether a point has this y: whether x² = (y² - 1)/(d·y² - a) is a square, by Euler's criterion.

    Every u of a Montgomery curve will do: it belongs to a point of the curve or of its twist (RFC 7748 §5).
    """
    if not crv.startswith("Ed"):
        return True
    p = _field(crv)
    a, d = (-1, D25519) if crv == "Ed25519" else (1, D448)
    y2 = y * y % p
    return pow((y2 - 1) * (d * y2 - a), (p - 1) // 2, p) == 1


def _field(crv: str) -> int:
    return P448 if crv.endswith("448") else P25519


def _ec_private_matches(crv: str, d: int, x: int, y: int) -> bool:
    from cryptography.hazmat.primitives.asymmetric import ec

    from jwtool.jose.keys.native import ec_curve

    numbers = ec.derive_private_key(d, ec_curve(crv)).public_key().public_numbers()
    return (numbers.x, numbers.y) == (x, y)


def _okp_private_matches(crv: str, d: bytes, x: bytes) -> bool:
    from jwtool.jose.keys.native import okp_private_class

    return okp_private_class(crv).from_private_bytes(d).public_key().public_bytes_raw() == x
