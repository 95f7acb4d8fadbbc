"""Certificates and chains, alone and beside their private keys, as `pem.py` puts them together."""

from __future__ import annotations

from base64 import encodebytes
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from jwtool.jose.errors import JwtoolError, KeyMalformed, KeyUnsupported
from jwtool.jose.keys.pem import parse_encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.jose.keys.key import Key

    Natives = dict[str, Any]
    Openssl = Callable[..., bytes]
    Reader = Callable[[bytes], dict[str, Any]]

KINDS = ["RSA", "P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448", "X25519", "X448"]


def parse(data: bytes) -> list[Key]:
    return parse_encoded(data, passphrase=lambda: None)


def one(data: bytes) -> Key:
    (key,) = parse(data)
    return key


def refusal(data: bytes) -> tuple[type[JwtoolError], str]:
    with pytest.raises(JwtoolError) as caught:
        parse(data)
    return type(caught.value), caught.value.message


def private_pem(native: Any) -> bytes:
    pem: bytes = native.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem


def der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_is_its_public_key(
    kind: str, natives: Natives, certify: Callable[..., bytes], other_reader: Reader
) -> None:
    public = natives[kind].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pem = certify("leaf", "root", kind)
    for data in (pem, pem.replace(b"CERTIFICATE", b"X509 CERTIFICATE"), der(pem)):
        key = one(data)
        assert key.members == other_reader(public)
        assert (key.form, key.private, key.certificates) == ("certificate", False, (der(pem),))


def test_a_certificate_by_openssl(openssl: Openssl, rsa_traditional: bytes) -> None:
    pem = openssl("req", "-x509", "-key", rsa_traditional, "-subj", "/CN=leaf")
    printed = openssl("x509", "-text", stdin=pem)
    assert printed.startswith(b"Certificate:\n")
    for data in (pem, printed, openssl("x509", "-outform", "DER", stdin=pem)):
        key = one(data)
        assert key.members == one(openssl("rsa", "-pubout", stdin=rsa_traditional)).members
        assert (key.form, key.certificates) == ("certificate", (der(pem),))


def test_a_chain_is_one_key(certify: Callable[..., bytes]) -> None:
    chain = [certify("leaf", "middle"), certify("middle", "root", "P-384"), certify("root", "root", "X448")]
    for length in (1, 2, 3):
        key = one(b"".join(chain[:length]))
        assert (key.describe(), key.certificates) == ("EC P-256", tuple(der(pem) for pem in chain[:length]))


def test_the_key_of_an_authority_need_not_be_one_that_is_read(openssl: Openssl, ec_traditional: bytes) -> None:
    authority = openssl("ecparam", "-name", "brainpoolP256r1", "-genkey", "-noout")
    root = openssl("req", "-x509", "-key", authority, "-subj", "/CN=root")
    request = openssl("req", "-new", "-key", ec_traditional, "-subj", "/CN=leaf")
    leaf = openssl("x509", "-req", "-in", request, "-CA", root, "-CAkey", authority, "-set_serial", "2")
    key = one(leaf + root)
    assert (key.describe(), key.certificates) == ("EC P-256", (der(leaf), der(root)))
    assert refusal(root) == (KeyUnsupported, "an EC key on the curve brainpoolP256r1 is not supported")


def test_a_chain_out_of_order_is_refused(certify: Callable[..., bytes]) -> None:
    chain = [certify("leaf", "middle"), certify("middle", "root", "P-384"), certify("root", "root", "X448")]
    message = "the certificates of the PEM file are no chain in which each is followed by its issuer"
    for order in list(permutations(chain))[1:]:
        assert refusal(b"".join(order)) == (KeyMalformed, message)
    assert refusal(chain[0] + chain[1] + certify("other", "other", "RSA")) == (KeyMalformed, message)


def test_certificates_that_did_not_issue_each_other_are_keys_of_their_own(certify: Callable[..., bytes]) -> None:
    bundle = [
        certify("leaf", "root"),
        certify("leaf", "root", "P-384"),
        certify("a", "a", "RSA"),
        certify("a", "a", "X448"),
    ]
    keys = parse(b"".join(bundle))
    assert [key.describe() for key in keys] == ["EC P-256", "EC P-384", "RSA 2048", "OKP X448"]
    assert [key.certificates for key in keys] == [(der(pem),) for pem in bundle]


def test_a_damaged_certificate_in_a_chain_is_refused(certify: Callable[..., bytes]) -> None:
    leaf, root = certify("leaf", "root"), der(certify("root", "root"))
    version = bytes.fromhex("a003020102")
    assert root.count(version) == 1
    hostile = root.replace(version, bytes.fromhex("a003020109"))
    block = b"-----BEGIN CERTIFICATE-----\n" + encodebytes(hostile) + b"-----END CERTIFICATE-----\n"
    assert refusal(leaf + block) == (KeyMalformed, "the X.509 certificate is damaged")
    assert refusal(block) == (KeyMalformed, "the X.509 certificate is damaged")


@pytest.mark.parametrize("key_first", [True, False])
def test_a_private_key_keeps_its_certificates(
    key_first: bool,
    natives: Natives,
    certify: Callable[..., bytes],
) -> None:
    chain = certify("leaf", "root") + certify("root", "root", "P-384")
    blocks = [private_pem(natives["P-256"]), chain]
    key = one(b"".join(blocks if key_first else reversed(blocks)))
    assert (key.form, key.private, key.describe()) == ("pem", True, "EC P-256")
    assert key.certificates == (der(certify("leaf", "root")), der(certify("root", "root", "P-384")))


def test_a_private_key_beside_the_certificate_of_another(natives: Natives, certify: Callable[..., bytes]) -> None:
    first, second = parse(private_pem(natives["P-384"]) + certify("leaf", "root"))
    assert (first.describe(), first.private, first.certificates) == ("EC P-384", True, ())
    assert (second.describe(), second.private, second.certificates) == (
        "EC P-256",
        False,
        (der(certify("leaf", "root")),),
    )
