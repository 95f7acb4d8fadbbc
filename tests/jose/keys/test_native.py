from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec

from jwtool.jose.algorithms import CURVES
from jwtool.jose.errors import KeyUnsupported
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.native import ec_curve, okp_private_class, public_members


@pytest.mark.parametrize("curve", [curve for curve in CURVES.values() if curve.kty == "EC"], ids=lambda c: c.name)
def test_every_ec_curve_of_the_table(curve: object) -> None:
    crv = getattr(curve, "name", "")
    key = ec.generate_private_key(ec_curve(crv))
    members = public_members(key.public_key())
    assert (members["kty"], members["crv"]) == ("EC", crv)
    numbers = key.public_key().public_numbers()
    assert parse_jwk(members).ec_point() == (numbers.x, numbers.y)
    assert ec_curve(crv).key_size == CURVES[crv].bits
    assert ec_curve(crv).group_order == CURVES[crv].n


@pytest.mark.parametrize("curve", [curve for curve in CURVES.values() if curve.kty == "OKP"], ids=lambda c: c.name)
def test_every_okp_curve_of_the_table(curve: object) -> None:
    crv = getattr(curve, "name", "")
    public = okp_private_class(crv).generate().public_key()
    members = public_members(public)
    assert (members["kty"], members["crv"]) == ("OKP", crv)
    assert parse_jwk(members).okp_public() == public.public_bytes_raw()


def test_coordinates_have_the_width_of_the_curve() -> None:
    # The point of this scalar has an x that begins with a zero octet.
    scalar = next(
        number
        for number in range(1, 10_000)
        if ec.derive_private_key(number, ec.SECP256R1()).public_key().public_numbers().x < 2**248
    )
    members = public_members(ec.derive_private_key(scalar, ec.SECP256R1()).public_key())
    assert members["x"].startswith("A")
    assert [len(members[name]) for name in ("x", "y")] == [43, 43]


def test_other_kinds_of_keys() -> None:
    with pytest.raises(KeyUnsupported) as caught:
        public_members(dsa.generate_private_key(1024).public_key())
    assert (
        caught.value.message == "a public key of this kind is not supported, wanted RSA, EC, Ed25519, Ed448 or ML-DSA"
    )
    with pytest.raises(KeyUnsupported) as caught:
        public_members(ec.derive_private_key(1, ec.SECP224R1()).public_key())
    assert caught.value.message == "the curve secp224r1 is not supported"
