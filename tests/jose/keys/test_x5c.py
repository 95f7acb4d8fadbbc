from __future__ import annotations

import base64
import datetime as dt
import hashlib
import sys
import warnings
from typing import TYPE_CHECKING, Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from jwtool.jose import base64url
from jwtool.jose.algorithms import CURVES
from jwtool.jose.errors import KeyMalformed
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.native import public_members

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

THUMBPRINTS = [("x5t", "sha1"), ("x5t#S256", "sha256")]


def certificate(key: CertificateIssuerPrivateKeyTypes) -> bytes:
    """A self-signed certificate in DER."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    fixed = isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2021, 1, 1, tzinfo=dt.UTC))
        .sign(key, None if fixed else hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def standard(der: bytes) -> str:
    return base64.b64encode(der).decode()


def malformed(jwk: dict[str, Any]) -> str:
    with pytest.raises(KeyMalformed) as caught:
        parse_jwk(jwk)
    return caught.value.message


@pytest.fixture(scope="module")
def der() -> bytes:
    return certificate(ec.derive_private_key(12345, ec.SECP256R1()))


@pytest.fixture(scope="module")
def jwk() -> dict[str, Any]:
    return public_members(ec.derive_private_key(12345, ec.SECP256R1()).public_key())


@pytest.mark.parametrize(
    "key",
    [
        ec.derive_private_key(1, ec.SECP384R1()),
        ec.derive_private_key(1, ec.SECP256K1()),
        ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)),
        ed448.Ed448PrivateKey.from_private_bytes(bytes(57)),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=["P-384", "secp256k1", "Ed25519", "Ed448", "RSA"],
)
def test_chain_of_the_key_is_kept(key: CertificateIssuerPrivateKeyTypes, der: bytes) -> None:
    own = certificate(key)
    members = public_members(key.public_key()) | {"x5c": [standard(own), standard(der)]}
    for name, hash_name in THUMBPRINTS:
        members[name] = base64url.encode(hashlib.new(hash_name, own).digest())
    parsed = parse_jwk(members)
    assert parsed.certificates == (own, der)
    assert parsed.members == members
    assert parsed.remarks == ()


def test_a_private_key_may_carry_its_certificate(der: bytes, jwk: dict[str, Any]) -> None:
    private = jwk | {"d": base64url.encode((12345).to_bytes(32)), "x5c": [standard(der)]}
    assert parse_jwk(private).certificates == (der,)


def test_certificates_given_beside_the_jwk_win(der: bytes, jwk: dict[str, Any]) -> None:
    assert parse_jwk(jwk | {"x5c": [standard(der)]}, certificates=(b"other",)).certificates == (b"other",)


@pytest.mark.parametrize(
    ("x5c", "message"),
    [
        (None, "'x5c' of the key must be an array, found null"),
        ("MIIB", "'x5c' of the key must be an array, found text"),
        ([], "'x5c' of the key is an empty array"),
        ([None], "'x5c[0]' of the key must be text, found null"),
        ([""], "'x5c[0]' of the key is not base64 with padding (RFC 7517 §4.7)"),
        (["MII"], "'x5c[0]' of the key is not base64 with padding (RFC 7517 §4.7)"),
        (["MI_-"], "'x5c[0]' of the key is not base64 with padding (RFC 7517 §4.7)"),
        (["MIIB\n"], "'x5c[0]' of the key is not base64 with padding (RFC 7517 §4.7)"),
        (["MIIB MIIB"], "'x5c[0]' of the key is not base64 with padding (RFC 7517 §4.7)"),
        (["MIJ="], "'x5c[0]' of the key is not base64 with padding (RFC 7517 §4.7)"),
        (["MÄIB"], "'x5c[0]' of the key is not base64 with padding (RFC 7517 §4.7)"),
        (["MIIB", 1], "'x5c[1]' of the key must be text, found a number"),
        (["MIIB"], "the first certificate in 'x5c' can't be read"),
        (["AAAA"], "the first certificate in 'x5c' can't be read"),
    ],
)
def test_malformed_chains(x5c: object, message: str, jwk: dict[str, Any]) -> None:
    assert malformed(jwk | {"x5c": x5c}) == message


def test_a_certificate_with_something_behind_it(der: bytes, jwk: dict[str, Any]) -> None:
    assert malformed(jwk | {"x5c": [standard(der + b"\0")]}) == "the first certificate in 'x5c' can't be read"


def test_certificate_of_another_key(der: bytes, jwk: dict[str, Any], rsa: dict[str, Any]) -> None:
    message = "the first certificate in 'x5c' is not for this key"
    other = certificate(ec.derive_private_key(12346, ec.SECP256R1()))
    mirrored = certificate(ec.derive_private_key(CURVES["P-256"].n - 12345, ec.SECP256R1()))
    assert malformed(jwk | {"x5c": [standard(other), standard(der)]}) == message
    assert malformed(jwk | {"x5c": [standard(mirrored)]}) == message
    assert malformed(rsa | {"x5c": [standard(der)]}) == message
    assert malformed({"kty": "oct", "k": "AyM1", "x5c": [standard(der)]}) == message


def test_certificate_of_a_key_that_no_jwk_can_be(jwk: dict[str, Any]) -> None:
    for key in (dsa.generate_private_key(1024), ec.derive_private_key(1, ec.SECP224R1())):
        assert malformed(jwk | {"x5c": [standard(certificate(key))]}) == (
            "the first certificate in 'x5c' is not for this key"
        )


def test_warnings_of_the_library_stay_inside(der: bytes, jwk: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    read = x509.load_der_x509_certificate

    def warn(data: bytes) -> x509.Certificate:
        warnings.warn("the serial number is odd", UserWarning, stacklevel=1)
        return read(data)

    monkeypatch.setattr(x509, "load_der_x509_certificate", warn)
    assert parse_jwk(jwk | {"x5c": [standard(der)]}).certificates == (der,)


def test_whatever_the_library_raises_is_a_malformed_key(
    der: bytes, jwk: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: bytes) -> x509.Certificate:
        raise OverflowError

    monkeypatch.setattr(x509, "load_der_x509_certificate", fail)
    assert malformed(jwk | {"x5c": [standard(der)]}) == "the first certificate in 'x5c' can't be read"


@pytest.mark.parametrize(("name", "hash_name"), THUMBPRINTS)
def test_thumbprints(name: str, hash_name: str, der: bytes, jwk: dict[str, Any]) -> None:
    digest = hashlib.new(hash_name, der).digest()
    chain = {"x5c": [standard(der)]}
    assert parse_jwk(jwk | chain | {name: base64url.encode(digest)}).remarks == ()
    other = base64url.encode(bytes(len(digest)))
    assert parse_jwk(jwk | {name: other}).members == jwk | {name: other}
    not_its = f"'{name}' of the key is not the thumbprint of its certificate in 'x5c'"
    assert malformed(jwk | chain | {name: other}) == not_its
    wrong_length = f"'{name}' of the key is not a thumbprint of {len(digest)} octets"
    for octets in (digest[1:], digest + b"\0", b"", digest.hex().encode() + b"0"):
        assert malformed(jwk | {name: base64url.encode(octets)}) == wrong_length


@pytest.mark.parametrize(("name", "hash_name"), THUMBPRINTS)
def test_thumbprints_in_hexadecimal(name: str, hash_name: str, der: bytes, jwk: dict[str, Any]) -> None:
    digest = hashlib.new(hash_name, der).hexdigest()
    chain = {"x5c": [standard(der)]}
    remark = (f"'{name}' holds the thumbprint in hexadecimal, as some servers write it",)
    for text in (digest, digest.upper()):
        encoded = {name: base64url.encode(text.encode())}
        assert parse_jwk(jwk | encoded).remarks == remark
        assert parse_jwk(jwk | encoded | chain).remarks == remark
    other = {name: base64url.encode(b"0" * len(digest))}
    assert malformed(jwk | chain | other) == f"'{name}' of the key is not the thumbprint of its certificate in 'x5c'"
    wrong_length = f"'{name}' of the key is not a thumbprint of {len(digest) // 2} octets"
    for text in ("g" * len(digest), "é" * (len(digest) // 2), digest[:-2] + "  "):
        assert malformed(jwk | {name: base64url.encode(text.encode())}) == wrong_length


def test_thumbprint_encoding_is_strict(der: bytes, jwk: dict[str, Any]) -> None:
    text = base64url.encode(hashlib.sha256(der).digest())
    message = "'x5t#S256' of the key is not base64url: padding ('=') at offset 43"
    assert malformed(jwk | {"x5t#S256": text + "="}) == message


def test_certificates_are_not_looked_into_without_x5c(jwk: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cast("dict[str, Any]", sys.modules), "cryptography", None)
    monkeypatch.delitem(sys.modules, "cryptography.x509")
    assert parse_jwk(jwk | {"x5t": base64url.encode(bytes(20))}).certificates == ()
