from __future__ import annotations

import contextlib
import hashlib
import hmac
import random
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

from jwtool.jose.errors import JwtoolError, KeyMalformed, KeyUnsupported, PassphraseMissing, PassphraseWrong
from jwtool.jose.keys import rc2
from jwtool.jose.keys.ber import to_der
from jwtool.jose.keys.der import DerFault
from jwtool.jose.keys.load import load_keys
from tests.bench import worst_pkcs12 as made
from tests.bench.worst_encrypted import HMACS, PASSPHRASE, pbkdf2, tlv

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.jose.keyset import KeySet

    Natives = dict[str, Any]
    Certify = Callable[..., bytes]
    Reader = Callable[[bytes], dict[str, Any]]

KINDS = ["RSA", "P-256", "P-384", "P-521", "Ed25519", "Ed448"]
RIGHT = PASSPHRASE.encode()
WRONG = (PassphraseWrong, "the passphrase does not open the PKCS#12 file")
DAMAGED = (KeyMalformed, "the PKCS#12 file is damaged")
SCHEMES = [pkcs12.PBES.PBESv2SHA256AndAES256CBC, pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC]


def load(data: bytes, passphrase: bytes | None = RIGHT) -> KeySet:
    return load_keys(data, passphrase=lambda: passphrase)


def refusal(data: bytes, passphrase: bytes | None = RIGHT) -> tuple[type[JwtoolError], str]:
    with pytest.raises(JwtoolError) as caught:
        load(data, passphrase)
    return type(caught.value), caught.value.message


def file(
    natives: Natives, kind: str | None, *certificates: bytes, passphrase: bytes | None = RIGHT, scheme: Any = SCHEMES[0]
) -> bytes:
    """PKCS#12 by pyca/cryptography; the first certificate is that of the key, if there is one."""
    read = [x509.load_pem_x509_certificate(one) for one in certificates]
    own, others = (read[0], read[1:]) if kind and read else (None, read)
    encryption: Any = NoEncryption()
    if passphrase:
        builder = PrivateFormat.PKCS12.encryption_builder().key_cert_algorithm(scheme).kdf_rounds(50)
        encryption = builder.hmac_hash(hashes.SHA256()).build(passphrase)
    key = natives[kind] if kind else None
    return pkcs12.serialize_key_and_certificates(b"a name", key, own, others or None, encryption)


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


def oid(dotted_hex: str) -> bytes:
    return tlv(6, bytes.fromhex(dotted_hex))


def derivation(rounds: int, digest: int, size: int | None = None) -> bytes:
    length = b"" if size is None else tlv(2, bytes([size]))
    prf = tlv(0x30, oid(f"2a864886f70d02{digest:02x}"), tlv(5))
    return tlv(0x30, oid("2a864886f70d01050c"), tlv(0x30, tlv(4, b"saltsalt"), tlv(2, bytes([rounds])), length, prf))


def pbmac1(content: bytes, passphrase: bytes, *, prf: int = 9, mac: int = 11, size: int = 32) -> bytes:
    """A MacData after RFC 9579, with rounds and a salt outside that mean nothing."""
    names = {9: "sha256", 10: "sha384", 11: "sha512"}
    key = hashlib.pbkdf2_hmac(names[prf], passphrase, b"saltsalt", 50, size)
    scheme = tlv(0x30, oid(f"2a864886f70d02{mac:02x}"), tlv(5))
    parameters = tlv(0x30, derivation(50, prf, size), scheme)
    digest = hmac.digest(key, content, names[mac])
    info = tlv(0x30, tlv(0x30, oid("2a864886f70d01050e"), parameters), tlv(4, digest))
    return tlv(0x30, info, tlv(4, b"NOT USED"), tlv(2, b"\1"))


@pytest.mark.parametrize(("prf", "mac", "size"), [(9, 9, 32), (9, 11, 32), (11, 11, 64)])
def test_pbmac1(prf: int, mac: int, size: int, natives: Natives) -> None:
    pkcs8 = natives["P-256"].private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    content = made.data(made.bags(made.bag("2a864886f70d010c0a0101", pkcs8)))
    data = made.pfx(content, mac=pbmac1(tlv(0x30, content), RIGHT, prf=prf, mac=mac, size=size))
    assert [key.private for key in load(data).keys] == [True]
    assert refusal(data, b"another") == WRONG
    odd = made.pfx(content, mac=pbmac1(tlv(0x30, content), RIGHT, size=65))
    assert refusal(odd) == DAMAGED


def sealed(kdf: bytes, secret: bytes, plain: bytes, *, old: bool = False) -> bytes:
    """Encrypted data by PBES2, with AES or with 3DES."""
    block = 8 if old else 16
    iv, padding = bytes(block), block - len(plain) % block
    algorithm: Any = TripleDES(secret) if old else AES(secret)
    encryptor = Cipher(algorithm, modes.CBC(iv)).encryptor()
    ciphertext = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    cipher = tlv(0x30, oid("2a864886f70d0307" if old else "60864801650304012a"), tlv(4, iv))
    return made.encrypted_data(tlv(0x30, oid("2a864886f70d01050d"), tlv(0x30, kdf, cipher)), ciphertext)


def test_rarer_ways_of_pbes2(natives: Natives) -> None:
    pkcs8 = natives["P-256"].private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    plain = made.bags(made.bag("2a864886f70d010c0a0101", pkcs8))
    scrypt = tlv(
        0x30, oid("2b06010401da47040b"), tlv(0x30, tlv(4, b"salt"), *(tlv(2, b) for b in (b"\4\0", b"\1", b"\1")))
    )
    with_scrypt = sealed(scrypt, hashlib.scrypt(RIGHT, salt=b"salt", n=1024, r=1, p=1, dklen=32), plain)
    with_3des = sealed(derivation(9, 8), hashlib.pbkdf2_hmac("sha224", RIGHT, b"saltsalt", 9, 24), plain, old=True)
    for data in (made.pfx(with_scrypt), made.pfx(with_3des)):
        assert [key.describe() for key in load(data).keys] == ["EC P-256"]
        assert refusal(data, b"another") == WRONG
    unknown = tlv(0x30, oid("2a03"), tlv(5))
    for broken, error in (
        (unknown, KeyUnsupported),
        (derivation(0, 9), KeyMalformed),
        (derivation(9, 99), KeyMalformed),
    ):
        assert refusal(made.pfx(sealed(broken, bytes(32), plain)))[0] is error
    many = tlv(0x30, oid("2b06010401da47040b"), tlv(0x30, tlv(4, b"salt"), *(tlv(2, b"\7\0\0\0") for _ in range(3))))
    assert refusal(made.pfx(sealed(many, bytes(32), plain)))[0] is KeyMalformed


def test_what_is_odd_in_a_mac() -> None:
    for digest, error in (("2a03", KeyUnsupported), (made.SHA1, KeyMalformed)):
        assert refusal(made.pfx(made.data(b""), mac=made.mac_data(digest, 0)))[0] is error
    other = tlv(0x30, derivation(9, 9, 32), tlv(0x30, oid("2a03"), tlv(5)))
    info = tlv(0x30, tlv(0x30, oid("2a864886f70d01050e"), other), tlv(4, b""))
    assert refusal(made.pfx(made.data(b""), mac=tlv(0x30, info, tlv(4, b""))))[0] is KeyUnsupported


def test_bags_in_bags(natives: Natives) -> None:
    pkcs8 = natives["P-256"].private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    bags = made.bags(made.bag("2a864886f70d010c0a0101", pkcs8))
    once = made.bags(made.bag("2a864886f70d010c0a0106", bags))
    thrice = made.bags(made.bag("2a864886f70d010c0a0106", made.bags(made.bag("2a864886f70d010c0a0106", once))))
    assert [key.private for key in load(made.pfx(made.data(once)), None).keys] == [True]
    entries = (KeyMalformed, "the PKCS#12 file has more than 200 entries, or entries in entries")
    assert refusal(made.pfx(made.data(thrice))) == entries
    sdsi = tlv(0x30, oid("2a864886f70d01091602"), tlv(0xA0, tlv(4, b"")))
    other = made.bags(made.bag(made.CERTIFICATE, sdsi), made.bag("2a864886f70d010c0a0101", pkcs8))
    assert [key.certificates for key in load(made.pfx(made.data(other)), None).keys] == [()]
    wrong = made.bag(
        "2a864886f70d010c0a0101",
        natives["P-256"].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )
    assert refusal(made.pfx(made.data(made.bags(wrong)))) == DAMAGED


def indefinite(der: bytes) -> bytes:
    """The same without lengths, as BER allows it."""
    tag, first = der[0], der[1]
    start = 2 + (first & 0x7F if first & 0x80 else 0)
    body = der[start:]
    if tag == 4 and len(body) > 20:
        half = tlv(4, body[:7]) + tlv(4, body[7:])
        return bytes([0x24, 0x80]) + half + b"\0\0"
    if not tag & 0x20:
        return der
    parts = b""
    while body:
        size = body[1] if body[1] < 0x80 else int.from_bytes(body[2 : 2 + (body[1] & 0x7F)])
        end = 2 + (body[1] & 0x7F if body[1] & 0x80 else 0) + size
        parts += indefinite(body[:end])
        body = body[end:]
    return bytes([tag, 0x80]) + parts + b"\0\0"


def test_ber_is_read(natives: Natives, certify: Certify) -> None:
    data = file(natives, "P-256", certify("leaf", "leaf"))
    ber = indefinite(data)
    assert ber != data
    assert to_der(ber) == data
    assert load(ber).keys[0].members == load(data).keys[0].members
    half = data[:4] + data[4:7] + indefinite(data[7:])[: len(data)]
    assert refusal(half)[0] is KeyMalformed


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"\x30\x80\0",
        b"\x04\x80\0\0",
        b"\x30\x80" * 40,
        b"\x1f\x01\x00",
        b"\x30\x03\x04\x05a",
    ],
)
def test_damaged_ber(data: bytes) -> None:
    with pytest.raises(DerFault):
        to_der(data)


def test_rc2_by_the_vectors_of_rfc_2268() -> None:
    for key, cipher, plain in (
        ("ffffffffffffffff", "278b27e42e2f0d49", "ffffffffffffffff"),
        ("3000000000000000", "30649edf9be7d2c2", "1000000000000001"),
        ("88bca90e90875a7f0f79c384627bafb2", "2269552ab0f85ca6", "0000000000000000"),
    ):
        assert rc2.decrypt_cbc(bytes.fromhex(key), bytes(8), bytes.fromhex(cipher)).hex() == plain


def test_mutated_files_are_keys_or_errors(natives: Natives, certify: Certify) -> None:
    dice = random.Random(8)
    data = file(natives, "P-256", certify("leaf", "leaf"), passphrase=None)
    for _ in range(1500):
        mutant = bytearray(data)
        mutant[dice.randrange(len(mutant))] = dice.choice(b"\0\1\2\4\x30\x80\xa0\xff")
        for changed in (bytes(mutant), data[: dice.randrange(len(data))]):
            with contextlib.suppress(JwtoolError):
                load(changed, b"")
