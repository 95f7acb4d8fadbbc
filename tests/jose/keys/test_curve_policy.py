from __future__ import annotations

import random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey, X448PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from jwtool.jose import base64url
from jwtool.jose.algorithms import CURVES
from jwtool.jose.errors import JwtoolError, KeyMalformed, KeyUnsupported
from jwtool.jose.keys.curve_policy import SMALL_ORDER
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.native import ec_curve, okp_private_class, public_members

EC_CURVES = [curve for curve in CURVES.values() if curve.kty == "EC"]
NOT_D = "the private key 'd' does not belong to the point ('x', 'y')"

# Field prime, a, d and the order of the base point of a·x² + y² = 1 + d·x²·y² (RFC 8032 §5.1, §5.2).
P25519, P448 = 2**255 - 19, 2**448 - 2**224 - 1
EDWARDS = {
    "Ed25519": (P25519, -1, -121665 * pow(121666, -1, P25519), 2**252 + 27742317777372353535851937790883648493),
    "Ed448": (
        P448,
        1,
        -39081,
        2**446 - 13818066809895115352007386748515426880336692474882178609894547503885,
    ),
}
Point = tuple[int, int]


def refusal(jwk: dict[str, Any], kind: type[JwtoolError] = KeyMalformed) -> str:
    with pytest.raises(kind) as caught:
        parse_jwk(jwk)
    return caught.value.message


def okp(crv: str, number: int) -> dict[str, Any]:
    """The OKP key whose encoding, sign bit and all, is this little-endian number."""
    return {"kty": "OKP", "crv": crv, "x": base64url.encode(number.to_bytes(CURVES[crv].octets, "little"))}


def ec_public(crv: str, scalar: int) -> dict[str, Any]:
    from cryptography.hazmat.primitives.asymmetric import ec

    return public_members(ec.derive_private_key(scalar, ec_curve(crv)).public_key())


def moved(jwk: dict[str, Any], name: str, step: int) -> dict[str, Any]:
    octets = base64url.decode(jwk[name])
    number = int.from_bytes(octets) + step
    return jwk | {name: base64url.encode(number.to_bytes(len(octets)))}


# EC


@pytest.mark.parametrize("crv", [curve.name for curve in EC_CURVES])
def test_points_on_the_curve(crv: str) -> None:
    for scalar in (1, 2, 12345, CURVES[crv].n - 1):
        jwk = ec_public(crv, scalar)
        key = parse_jwk(jwk)
        assert (key.crv, key.bits, key.private, key.members) == (crv, CURVES[crv].bits, False, jwk)


@pytest.mark.parametrize("crv", [curve.name for curve in EC_CURVES])
@pytest.mark.parametrize("name", ["x", "y"])
def test_points_off_the_curve(crv: str, name: str) -> None:
    jwk = ec_public(crv, 12345)
    expected = f"the point ('x', 'y') of the key is not on the curve {crv}"
    assert refusal(moved(jwk, name, 1)) == expected
    zero = base64url.encode(bytes(CURVES[crv].octets))
    assert refusal(jwk | {name: zero}) == expected
    assert refusal(jwk | {"x": zero, "y": zero}) == expected
    assert refusal(jwk | {"x": jwk["y"], "y": jwk["x"]}) == expected


def test_coordinates_must_be_reduced() -> None:
    p = CURVES["P-521"].p
    octets = CURVES["P-521"].octets
    jwk = ec_public("P-521", 12345)
    for name in ("x", "y"):
        unreduced = int.from_bytes(base64url.decode(jwk[name])) + p
        again = jwk | {name: base64url.encode(unreduced.to_bytes(octets))}
        assert refusal(again) == "the point ('x', 'y') of the key is not on the curve P-521"


def test_the_prime_itself_is_no_coordinate() -> None:
    # On secp256k1, (0, y) would need y² = 7, which has no root; on P-256, x = 0 is a point.
    curve = CURVES["P-256"]
    y = pow(curve.b, (curve.p + 1) // 4, curve.p)
    at_zero = {
        "kty": "EC",
        "crv": "P-256",
        "x": base64url.encode(bytes(32)),
        "y": base64url.encode(y.to_bytes(32)),
    }
    assert parse_jwk(at_zero).ec_point() == (0, y)
    at_p = at_zero | {"x": base64url.encode(curve.p.to_bytes(32))}
    assert refusal(at_p) == "the point ('x', 'y') of the key is not on the curve P-256"


@pytest.mark.parametrize("name", ["x", "y", "d"])
@pytest.mark.parametrize("change", [-1, 1], ids=["short", "long"])
def test_members_have_the_width_of_the_curve(name: str, change: int, p521: dict[str, Any]) -> None:
    octets = base64url.decode(p521[name])
    other = octets[1:] if change < 0 else b"\0" + octets
    message = f"'{name}' of the key is {66 + change} octets long, P-521 wants 66"
    assert refusal(p521 | {name: base64url.encode(other)}) == message


@pytest.mark.parametrize("crv", ["P-192", "P-224", "brainpoolP256r1", "p-256", "secp256r1"])
def test_unknown_ec_curve(crv: str, p256: dict[str, Any]) -> None:
    expected = f"the curve '{crv}' is not supported, EC keys have P-256, P-384, P-521, secp256k1"
    assert refusal(p256 | {"crv": crv}, KeyUnsupported) == expected


def test_curve_of_the_other_type(p256: dict[str, Any], ed25519: dict[str, Any]) -> None:
    assert refusal(p256 | {"crv": "Ed25519"}) == (
        "the curve 'Ed25519' is not for EC keys, which have P-256, P-384, P-521, secp256k1"
    )
    assert refusal(ed25519 | {"crv": "P-256"}) == (
        "the curve 'P-256' is not for OKP keys, which have Ed25519, Ed448, X25519, X448"
    )


def test_point_under_the_name_of_another_curve(p256: dict[str, Any]) -> None:
    del p256["d"]
    assert refusal(p256 | {"crv": "P-384"}) == "'x' of the key is 32 octets long, P-384 wants 48"
    assert refusal(p256 | {"crv": "secp256k1"}) == "the point ('x', 'y') of the key is not on the curve secp256k1"


@pytest.mark.parametrize("crv", [curve.name for curve in EC_CURVES])
def test_private_number_in_range_and_of_this_point(crv: str) -> None:
    n, octets = CURVES[crv].n, CURVES[crv].octets
    for scalar in (1, n - 1):
        private = ec_public(crv, scalar) | {"d": base64url.encode(scalar.to_bytes(octets))}
        assert parse_jwk(private).members == private
        assert refusal(moved(private, "d", 1)) == NOT_D
        assert refusal(moved(private, "d", -1)) == NOT_D
    other = ec_public(crv, 2) | {"d": base64url.encode((n - 2).to_bytes(octets))}  # the point mirrored
    assert refusal(other) == NOT_D


# OKP


def add(crv: str, one: Point, other: Point) -> Point:
    p, a, d, _ = EDWARDS[crv]
    (x1, y1), (x2, y2) = one, other
    t = d * x1 * x2 * y1 * y2
    return (x1 * y2 + x2 * y1) * pow(1 + t, -1, p) % p, (y1 * y2 - a * x1 * x2) * pow(1 - t, -1, p) % p


def times(crv: str, scalar: int, point: Point) -> Point:
    total = (0, 1)
    for bit in f"{scalar:b}":
        total = add(crv, total, total)
        if bit == "1":
            total = add(crv, total, point)
    return total


def root(square: int, p: int) -> int | None:
    """A square root modulo a prime that is 3 mod 4 or 5 mod 8."""
    candidate = pow(square, (p + 1) // 4, p) if p % 4 == 3 else pow(square, (p + 3) // 8, p)
    for factor in (1, pow(2, (p - 1) // 4, p)):
        if (candidate * factor) ** 2 % p == square % p:
            return candidate * factor % p
    return None


def point_with(crv: str, y: int) -> Point | None:
    p, a, d, _ = EDWARDS[crv]
    x = root((y * y - 1) * pow(d * y * y - a, -1, p), p)
    return None if x is None else (x, y)


def torsion(crv: str) -> set[Point]:
    """All points whose order divides the cofactor: random points, freed of their part of large order."""
    p, _, _, order = EDWARDS[crv]
    rng = random.Random(crv)
    found = {(0, 1)}
    for _ in range(40):
        point = point_with(crv, rng.randrange(p))
        if point is not None:
            small = times(crv, order, point)
            while small not in found:
                found.add(small)
                small = add(crv, small, small)
            found |= {add(crv, one, other) for one in found for other in found}
    return found


@pytest.mark.parametrize(("crv", "cofactor"), [("Ed25519", 8), ("Ed448", 4)])
def test_small_order_points_are_exactly_the_torsion_of_the_curve(crv: str, cofactor: int) -> None:
    points = torsion(crv)
    assert len(points) == cofactor
    assert all(times(crv, cofactor, point) == (0, 1) for point in points)
    assert SMALL_ORDER[crv] == {y for _, y in points}


def test_montgomery_small_order_is_that_of_the_edwards_curve_and_of_the_twist() -> None:
    p = P25519
    from_edwards = {(1 + y) * pow(1 - y, -1, p) % p for _, y in torsion("Ed25519") if y != 1}
    assert SMALL_ORDER["X25519"] == from_edwards | {0, p - 1}


def test_montgomery_small_order_on_x448_is_what_doubles_to_nothing() -> None:
    # Doubling is u -> (u² - 1)² / 4u(u² + Au + 1): 0 goes to infinity, 1 and -1 go to 0, and the cofactor is 4.
    assert SMALL_ORDER["X448"] == {0, 1, P448 - 1}


def test_an_exchange_with_a_small_order_point_tells_nothing() -> None:
    on_x25519, on_x448 = X25519PrivateKey.generate(), X448PrivateKey.generate()
    for u in SMALL_ORDER["X25519"]:
        with pytest.raises(ValueError, match="shared key"):
            on_x25519.exchange(X25519PublicKey.from_public_bytes(u.to_bytes(32, "little")))
    for u in SMALL_ORDER["X448"]:
        with pytest.raises(ValueError, match="shared key"):
            on_x448.exchange(X448PublicKey.from_public_bytes(u.to_bytes(56, "little")))


@pytest.mark.parametrize("crv", ["Ed25519", "Ed448", "X25519", "X448"])
def test_small_order_points_are_refused_with_either_sign(crv: str) -> None:
    sign_bits = (0, 1 << (CURVES[crv].octets * 8 - 1)) if crv in EDWARDS else (0,)
    for coordinate in SMALL_ORDER[crv]:
        for sign_bit in sign_bits:
            message = f"'x' of the key is a point of small order on {crv}, which no private key has"
            assert refusal(okp(crv, coordinate | sign_bit)) == message


@pytest.mark.parametrize(
    ("crv", "number"),
    [("Ed25519", P25519 + i) for i in range(19)]
    + [("Ed25519", (P25519 + i) | 1 << 255) for i in range(19)]
    + [("X25519", P25519 + i) for i in range(19)]
    + [("X25519", 1 << 255), ("X25519", 9 | 1 << 255)]
    + [(crv, P448 + i) for crv in ("Ed448", "X448") for i in (0, 1, 2, 2**224)]
    + [("Ed448", 1 << bit) for bit in range(448, 455)]
    + [("Ed448", 1 << 455 | 1 << 448)],
)
def test_unreduced_encodings_are_refused(crv: str, number: int) -> None:
    assert refusal(okp(crv, number)) == f"'x' of the key is not in the canonical encoding of {crv}"


@pytest.mark.parametrize("crv", ["Ed25519", "Ed448"])
def test_encodings_are_refused_if_no_point_has_them(crv: str) -> None:
    sign_bit = 1 << (CURVES[crv].octets * 8 - 1)
    both = set()
    for y in range(2, 40):
        exists = point_with(crv, y) is not None
        both.add(exists)
        for encoded in (y, y | sign_bit):
            if exists:
                assert parse_jwk(okp(crv, encoded)).private is False
            else:
                assert refusal(okp(crv, encoded)) == f"'x' of the key is not a point on {crv}"
    assert both == {True, False}


@pytest.mark.parametrize(("crv", "base"), [("X25519", 9), ("X448", 5), ("X25519", 2), ("X448", 3)])
def test_any_other_montgomery_coordinate_is_a_key(crv: str, base: int) -> None:
    assert parse_jwk(okp(crv, base)).crv == crv


@pytest.mark.parametrize("crv", ["Ed25519", "Ed448", "X25519", "X448"])
def test_okp_private_key_of_this_public_key(crv: str) -> None:
    private = okp_private_class(crv).from_private_bytes(bytes(range(CURVES[crv].octets)))
    jwk = public_members(private.public_key()) | {"d": base64url.encode(private.private_bytes_raw())}
    key = parse_jwk(jwk)
    assert (key.private, key.crv, key.bits, key.members) == (True, crv, CURVES[crv].bits, jwk)
    other = base64url.encode(bytes(CURVES[crv].octets))
    assert refusal(jwk | {"d": other}) == "the private key 'd' does not belong to the public key 'x'"


@pytest.mark.parametrize("name", ["x", "d"])
@pytest.mark.parametrize("change", [-1, 1], ids=["short", "long"])
def test_okp_members_have_the_width_of_the_curve(name: str, change: int, ed25519: dict[str, Any]) -> None:
    octets = base64url.decode(ed25519[name])
    other = octets[:-1] if change < 0 else octets + b"\0"
    message = f"'{name}' of the key is {32 + change} octets long, Ed25519 wants 32"
    assert refusal(ed25519 | {name: base64url.encode(other)}) == message


@pytest.mark.parametrize("crv", ["ed25519", "Curve25519", "P-255"])
def test_unknown_okp_curve(crv: str, ed25519: dict[str, Any]) -> None:
    expected = f"the curve '{crv}' is not supported, OKP keys have Ed25519, Ed448, X25519, X448"
    assert refusal(ed25519 | {"crv": crv}, KeyUnsupported) == expected
