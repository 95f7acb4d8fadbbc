from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from jwtool.jose.errors import KeyMalformed, KeyUnsupported, PassphraseMissing
from jwtool.jose.keys.load import load_keys
from tests.bench import worst_pkcs12 as made
from tests.bench.worst_encrypted import HMACS, pbkdf2, tlv
from tests.jose.keys.pkcs12_files import DAMAGED, RIGHT, SCHEMES, WRONG, file, load, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    Natives = dict[str, Any]
    Certify = Callable[..., bytes]
    Reader = Callable[[bytes], dict[str, Any]]

KINDS = ["RSA", "P-256", "P-384", "P-521", "Ed25519", "Ed448"]


@pytest.mark.parametrize("scheme", SCHEMES, ids=["PBES2", "old 3DES"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_private_key_and_its_certificate(
    kind: str, scheme: Any, natives: Natives, certify: Certify, other_reader: Reader
) -> None:
    certificate = certify("leaf", "leaf", kind)
    data = file(natives, kind, certificate, scheme=scheme)
    members = other_reader(natives[kind].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    keyset = load(data)
    (key,) = keyset.keys
    assert (key.members, key.private, key.kid, key.form) == (members, True, None, "pkcs12")
    assert key.certificates == (x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER),)
    assert keyset.is_set is False
    assert refusal(data, b"opensesam") == WRONG
    assert refusal(data, b"") == WRONG


def test_without_a_passphrase(natives: Natives) -> None:
    missing = (PassphraseMissing, "the PKCS#12 file is encrypted and no passphrase was given")
    assert refusal(file(natives, "P-256"), None) == missing
    plain = file(natives, "P-256", passphrase=None)
    assert refusal(plain, RIGHT) == WRONG
    (key,) = load(plain, b"").keys
    assert (key.private, key.certificates) == (True, ())


def test_what_is_neither_encrypted_nor_protected_needs_none(natives: Natives) -> None:
    pkcs8 = natives["P-256"].private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    bare = made.pfx(made.data(made.bags(made.bag("2a864886f70d010c0a0101", pkcs8))))
    assert [key.private for key in load(bare, None).keys] == [True]


def test_the_chain_is_in_order_whatever_that_of_the_file(natives: Natives, certify: Certify) -> None:
    leaf, middle = certify("leaf", "middle"), certify("middle", "root", "P-384")
    root, stranger = certify("root", "root", "RSA"), certify("other", "other", "Ed448")
    (key,) = load(file(natives, "P-256", leaf, stranger, root, middle)).keys
    names = [x509.load_der_x509_certificate(one).subject.rfc4514_string() for one in key.certificates]
    assert names == ["CN=leaf", "CN=middle", "CN=root"]
    (alone,) = load(file(natives, "Ed448")).keys
    assert alone.certificates == ()


def test_certificates_alone(natives: Natives, certify: Certify) -> None:
    keyset = load(file(natives, None, certify("a", "a"), certify("b", "b", "RSA")))
    assert [(key.describe(), key.private, key.form) for key in keyset.keys] == [
        ("EC P-256", False, "pkcs12"),
        ("RSA 2048", False, "pkcs12"),
    ]
    assert keyset.is_set is True
    mixed = file(natives, None, certify("root", "root"), certify("leaf", "root", "RSA"))
    assert refusal(mixed)[0] is KeyMalformed


def test_several_private_keys(natives: Natives) -> None:
    entries = [
        made.bag(
            made.SHROUDED_KEY,
            natives[kind].private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(RIGHT)),
        )
        for kind in ("P-256", "Ed25519")
    ]
    for data in (made.pfx(made.data(made.bags(*entries))), made.pfx(made.hidden(made.bags(*entries)))):
        assert [key.describe() for key in load(data).keys] == ["EC P-256", "OKP Ed25519"]
        assert refusal(data, b"another") == WRONG


def test_a_bomb_of_rounds_is_refused_before_a_passphrase_is_asked_for() -> None:
    def ask() -> bytes:
        raise AssertionError

    with pytest.raises(KeyMalformed) as caught:
        load_keys(made.pfx(made.data(b""), mac=made.mac_data(made.SHA1, 2**31)), passphrase=ask)
    message = "the PKCS#12 file asks for 2147483648 rounds of key derivation, wanted at most 1000000"
    assert caught.value.message == message


def test_a_bomb_inside_of_what_is_encrypted() -> None:
    costly = made.bag(made.SHROUDED_KEY, pbkdf2(HMACS["SHA-256"]).replace(b"\x0f\x42\x40", b"\x0f\x42\x41"))
    message = "the PKCS#12 file asks for 1000001 rounds of key derivation, wanted at most 1000000"
    assert refusal(made.pfx(made.hidden(made.bags(costly)))) == (KeyMalformed, message)


def test_all_derivations_share_one_budget() -> None:
    once = made.bag(made.SHROUDED_KEY, pbkdf2(HMACS["SHA-256"]))
    together = (KeyMalformed, "the encrypted keys of the file ask for too much key derivation, all together")
    assert refusal(made.pfx(made.hidden(made.bags(once)), mac=b"")) == together
    old = made.mac_data(made.SHA1, 800_000)
    assert refusal(made.pfx(made.data(b""), mac=old), b"") == together
    rc2_of_a_megabyte = tlv(0x30, tlv(0x06, bytes.fromhex(made.OLD_RC2_40)), tlv(0x30, tlv(4, b"salt"), tlv(2, b"\1")))
    assert refusal(made.pfx(made.encrypted_data(rc2_of_a_megabyte, bytes(2**20)))) == together


def test_the_number_of_entries_is_bounded() -> None:
    empty = made.bag("2a864886f70d010c0a0105", tlv(0x30))
    many = made.pfx(*[made.data(made.bags(*[empty] * 150))] * 2)
    assert refusal(many) == (KeyMalformed, "the PKCS#12 file has more than 200 entries, or entries in entries")
    assert refusal(made.pfx(made.data(made.bags(*[empty] * 201)))) == DAMAGED
    nothing = (KeyMalformed, "the PKCS#12 file holds neither a key nor a certificate")
    assert refusal(made.pfx(made.data(made.bags(empty)))) == nothing


def test_other_ways_are_named() -> None:
    signed = tlv(0x30, tlv(2, b"\3"), tlv(0x30, tlv(6, bytes.fromhex("2a864886f70d010702")), tlv(0xA0, tlv(0x30))))
    assert refusal(signed)[0] is KeyUnsupported
    enveloped = tlv(0x30, tlv(6, bytes.fromhex("2a864886f70d010703")), tlv(0xA0, tlv(0x30)))
    assert refusal(made.pfx(enveloped))[0] is KeyUnsupported
    rc4 = tlv(0x30, tlv(6, bytes.fromhex("2a864886f70d010c0101")), tlv(0x30, tlv(4, b"salt"), tlv(2, b"\1")))
    scheme = "the PKCS#12 file is encrypted by the scheme 1.2.840.113549.1.12.1.1, which is not supported"
    assert refusal(made.pfx(made.encrypted_data(rc4, bytes(8)))) == (KeyUnsupported, scheme)
