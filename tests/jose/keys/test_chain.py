"""Certificates beside a key: whose they are, in which order, and what they say."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jwtool.jose import base64url
from jwtool.jose.errors import CertificateMismatch, KeyMalformed
from jwtool.jose.keys import chain
from jwtool.jose.keys.load import load_keys

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
KEYS = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "middle", "leaf", "other")}


def certify(subject: str, issuer: str, *, signer: str | None = None, name: x509.Name | None = None) -> bytes:
    """A certificate in DER for the key of `subject`, issued in the name of `issuer` and signed by `signer`."""
    named = {one: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, one)]) for one in (subject, issuer)}
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named[subject] if name is None else name)
        .issuer_name(named[issuer])
        .public_key(KEYS[subject].public_key())
        .serial_number(255)
        .not_valid_before(START)
        .not_valid_after(START + dt.timedelta(days=1))
        .sign(KEYS[signer or issuer], hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.DER)


def key_of(name: str) -> Key:
    pem = KEYS[name].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (key,) = load_keys(pem, passphrase=lambda: None).keys
    return key


LEAF, MIDDLE, ROOT = certify("leaf", "middle"), certify("middle", "root"), certify("root", "root")


def test_the_members_that_carry_a_chain() -> None:
    members = chain.members([LEAF, MIDDLE])
    assert members == {
        "x5c": [base64.b64encode(LEAF).decode(), base64.b64encode(MIDDLE).decode()],
        "x5t#S256": base64url.encode(hashlib.sha256(LEAF).digest()),
    }


def test_what_a_certificate_says() -> None:
    assert chain.read_facts(LEAF) == chain.Facts(
        subject="CN=leaf",
        issuer="CN=middle",
        serial="ff",
        not_before=int(START.timestamp()),
        not_after=int(START.timestamp()) + 86400,
        thumbprint=base64url.encode(hashlib.sha256(LEAF).digest()),
    )


@pytest.mark.parametrize("data", [b"", b"0", LEAF[:-1], b"\x30\x03\x02\x01\x01"])
def test_what_is_no_certificate(data: bytes) -> None:
    with pytest.raises(KeyMalformed, match="damaged"):
        chain.read_facts(data)


class TestOwner:
    """The first certificate must hold the key, whatever the others hold."""

    @pytest.mark.parametrize("certificates", [[LEAF], [LEAF, MIDDLE, ROOT], [certify("leaf", "leaf")]])
    def test_it_is_for_the_key(self, certificates: list[bytes]) -> None:
        chain.check_is_for(key_of("leaf"), certificates)

    @pytest.mark.parametrize(
        ("certificates", "hint"),
        [
            ([ROOT], None),
            ([MIDDLE, LEAF], "the certificate of the key must come first, before those of its issuers"),
        ],
    )
    def test_it_is_for_another(self, certificates: list[bytes], hint: str | None) -> None:
        name = "root" if certificates == [ROOT] else "middle"
        with pytest.raises(CertificateMismatch) as caught:
            chain.check_is_for(key_of("leaf"), certificates)
        assert caught.value.message == (
            f"the first certificate is for another key than this EC P-256: it is that of CN={name}"
        )
        assert caught.value.hint == hint

    def test_what_is_no_certificate_is_for_nobody(self) -> None:
        with pytest.raises(KeyMalformed, match="damaged"):
            chain.check_is_for(key_of("leaf"), [b"0"])

    def test_a_name_without_end_is_cut(self) -> None:
        long = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x" * 64)] * 9)
        with pytest.raises(CertificateMismatch, match=r"that of .{100}…$"):
            chain.check_is_for(key_of("leaf"), [certify("other", "other", name=long)])

    def test_a_name_that_is_empty(self) -> None:
        with pytest.raises(CertificateMismatch, match=r"that of ''$"):
            chain.check_is_for(key_of("leaf"), [certify("other", "other", name=x509.Name([]))])


class TestOrder:
    """Each certificate is followed by its issuer, by name and by signature."""

    @pytest.mark.parametrize("certificates", [[LEAF], [LEAF, MIDDLE], [LEAF, MIDDLE, ROOT], [ROOT]])
    def test_it_is_kept(self, certificates: list[bytes]) -> None:
        chain.check_order(certificates)

    @pytest.mark.parametrize(
        ("certificates", "number"),
        [
            ([MIDDLE, LEAF], 1),
            ([LEAF, ROOT], 1),
            ([LEAF, MIDDLE, MIDDLE], 2),
            ([LEAF, certify("middle", "root", signer="other"), ROOT], 2),
            ([certify("leaf", "middle", signer="other"), MIDDLE], 1),
            ([LEAF, MIDDLE, b"0"], 2),
        ],
        ids=["reversed", "a gap", "twice", "a forged middle", "a forged leaf", "no certificate"],
    )
    def test_it_is_broken(self, certificates: list[bytes], number: int) -> None:
        with pytest.raises(CertificateMismatch) as caught:
            chain.check_order(certificates)
        assert caught.value.message == f"certificate {number + 1} of the chain did not issue certificate {number}"


def test_no_library_error_gets_out(tlv: Any) -> None:
    """A certificate whose names are no names: its structure passes, its content does not."""
    odd = tlv(0x30, tlv(0x30, tlv(0xA0, 2), 1, tlv(0x30, b"\x06\x01\x01"), *[tlv(0x30, b"\xff")] * 4), tlv(0x30), b"")
    with pytest.raises(KeyMalformed, match="damaged"):
        chain.read_facts(odd)
