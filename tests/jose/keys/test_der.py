from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from jwtool.jose.keys.der import DerFault, Element, algorithm, children, identify, integer, oid, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

FAULTY = {
    "nothing": "",
    "a tag alone": "30",
    "cut short": "300302",
    "cut in the length": "3082",
    "indefinite length": "3080020101 0000",
    "short length in long form": "30810102",
    "leading zero in the length": "30820080" + "00" * 128,
    "length of five octets": "308500000001" + "00",
    "high tag number": "1f8101" + "00",
}


@pytest.mark.parametrize("text", FAULTY.values(), ids=FAULTY)
def test_what_is_no_der(text: str) -> None:
    with pytest.raises(DerFault):
        read(bytes.fromhex(text))
    assert identify(bytes.fromhex(text)) is None


def test_an_element_ends_where_it_says() -> None:
    element = read(b"\x04\x02ab" + b"rest")
    assert (element.tag, element.body, element.encoded) == (4, b"ab", b"\x04\x02ab")


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_lengths(size: int, tlv: Callable[..., bytes]) -> None:
    encoded = tlv(4, bytes(size))
    element = read(encoded)
    assert (element.body, element.encoded) == (bytes(size), encoded)
    with pytest.raises(DerFault):
        read(encoded[:-1])


def test_children_fill_their_parent() -> None:
    assert [child.body for child in children(read(bytes.fromhex("3006020101020102")))] == [b"\1", b"\2"]
    for hostile in ("3004020101ff", "3005020101020102"[:-2] + "03", "0403020101"):
        with pytest.raises(DerFault):
            children(read(bytes.fromhex(hostile)))


def test_a_sequence_of_very_many_children_is_given_up() -> None:
    assert len(children(Element(0x30, b"\5\0" * 16, b""))) == 16
    with pytest.raises(DerFault):
        children(Element(0x30, b"\5\0" * 17, b""))


@pytest.mark.parametrize(
    ("text", "dotted"),
    [
        ("06092a864886f70d010101", "1.2.840.113549.1.1.1"),
        ("06032b6570", "1.3.101.112"),
        ("06052b8104000a", "1.3.132.0.10"),
        ("0609608648016503040201", "2.16.840.1.101.3.4.2.1"),
        ("060127", "0.39"),
        ("060128", "1.0"),
        ("060150", "2.0"),
    ],
)
def test_object_identifiers(text: str, dotted: str) -> None:
    assert oid(read(bytes.fromhex(text))) == dotted


@pytest.mark.parametrize("text", ["0600", "060181", "06022b81", "0621" + "2b" * 33, "020101"])
def test_no_object_identifiers(text: str) -> None:
    with pytest.raises(DerFault):
        oid(read(bytes.fromhex(text)))


@pytest.mark.parametrize(("text", "number"), [("020100", 0), ("02020080", 128), ("0203010001", 65537)])
def test_integers(text: str, number: int) -> None:
    assert integer(read(bytes.fromhex(text))) == number


@pytest.mark.parametrize("text", ["0200", "020180", "040101"], ids=["empty", "negative", "octets"])
def test_no_integers(text: str) -> None:
    with pytest.raises(DerFault):
        integer(read(bytes.fromhex(text)))


@pytest.mark.parametrize("text", ["3000", "0500", "3009" + "06012a" * 3, "3003020101"])
def test_no_algorithm_identifiers(text: str) -> None:
    with pytest.raises(DerFault):
        algorithm(read(bytes.fromhex(text)))


def test_algorithm_identifiers() -> None:
    assert algorithm(read(bytes.fromhex("3003060128"))) == ("1.0", None)
    name, parameters = algorithm(read(bytes.fromhex("30050601280500")))
    assert (name, parameters and parameters.encoded) == ("1.0", b"\5\0")


KINDS = {
    "RSA": "PKCS#1 private key",
    "P-256": "SEC 1 private key",
    "P-384": "SEC 1 private key",
    "P-521": "SEC 1 private key",
    "secp256k1": "SEC 1 private key",
    "Ed25519": None,
    "Ed448": None,
    "X25519": None,
    "X448": None,
}


@pytest.mark.parametrize(("name", "traditional"), KINDS.items(), ids=KINDS)
def test_keys_are_identified(name: str, traditional: str | None, natives: dict[str, PrivateKeyTypes]) -> None:
    native = natives[name]
    files = {
        "PKCS#8 private key": native.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        "encrypted PKCS#8 private key": native.private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
        ),
        "SPKI public key": native.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    }
    if traditional is not None:
        files[traditional] = native.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    if name == "RSA":
        files["PKCS#1 public key"] = native.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    for kind, data in files.items():
        for trailing in (b"", b"\n", b"more"):
            structure = identify(data + trailing)
            assert structure is not None
            assert (structure.kind, structure.size, structure.key) == (kind, len(data), data)
        assert identify(data[:-1]) is None
        assert identify(b"\0" + data) is None


def test_certificates_and_their_kin_are_identified(openssl: Callable[..., bytes], ec_traditional: bytes) -> None:
    subject = ("-key", ec_traditional, "-subj", "/CN=leaf")
    certificate = openssl("req", "-x509", *subject, "-outform", "DER")
    found = identify(certificate)
    public = openssl("ec", "-pubout", "-outform", "DER", stdin=ec_traditional)
    assert found is not None
    assert (found.kind, found.size, found.key) == ("X.509 certificate", len(certificate), public)
    name = bytes.fromhex("300f310d300b06035504030c046c656166")
    assert found.names == (name, name)
    request = identify(openssl("req", "-new", *subject, "-outform", "DER"))
    assert request is not None
    assert request.kind == "certificate request"
    pem = openssl("req", "-x509", *subject)
    pkcs12 = identify(openssl("pkcs12", "-export", "-in", pem, "-inkey", ec_traditional, "-passout", "pass:x"))
    assert pkcs12 is not None
    assert pkcs12.kind == "PKCS#12 file"
    pkcs7 = identify(openssl("crl2pkcs7", "-nocrl", "-certfile", pem, "-outform", "DER"))
    assert pkcs7 is not None
    assert pkcs7.kind == "PKCS#7 file"


def test_a_certificate_of_the_first_version_is_identified(openssl: Callable[..., bytes], ec_traditional: bytes) -> None:
    request = openssl("req", "-new", "-key", ec_traditional, "-subj", "/CN=leaf")
    found = identify(openssl("x509", "-req", "-in", request, "-signkey", ec_traditional, "-outform", "DER"))
    assert found is not None
    assert found.kind == "X.509 certificate"
    assert found.key == openssl("ec", "-pubout", "-outform", "DER", stdin=ec_traditional)


def test_a_revocation_list_is_identified(tlv: Callable[..., bytes]) -> None:
    name = tlv(0x30, tlv(6, b"\x2a"))
    for version in (b"", tlv(2, b"\1")):
        signed = tlv(0x30, version, name, tlv(0x30), tlv(0x17, b"261124000000Z"))
        found = identify(tlv(0x30, signed, name, tlv(3, b"\0")))
        assert found is not None
        assert found.kind == "certificate revocation list"


def test_pkcs12_in_ber_is_identified() -> None:
    found = identify(bytes.fromhex("308002010330800609"))
    assert found is not None
    assert (found.kind, found.size) == ("PKCS#12 file", 9)


def test_dsa_is_identified(tlv: Callable[..., bytes]) -> None:
    found = identify(tlv(0x30, 0, 1, 2, 3, 4, 5))
    assert found is not None
    assert found.kind == "DSA private key"


@pytest.mark.parametrize("count", [1, 3, 4, 5, 7, 8, 10])
def test_other_numbers_of_integers_are_no_key(count: int, tlv: Callable[..., bytes]) -> None:
    assert identify(tlv(0x30, *range(count))) is None


def test_other_structures_are_no_key(tlv: Callable[..., bytes]) -> None:
    other = tlv(0x30, tlv(6, b"\x2a"))
    assert identify(tlv(0x31, 1, 2)) is None
    assert identify(tlv(0x30)) is None
    assert identify(tlv(0x30, 3, other)) is None
    assert identify(tlv(0x30, tlv(6, b"\x2a"), tlv(0xA0))) is None
    assert identify(tlv(0x30, 0, tlv(0x30), tlv(4))) is None
    assert identify(tlv(0x30, tlv(0x30), tlv(3))) is None
    assert identify(tlv(0x30, tlv(0x30), other, tlv(3))) is None
