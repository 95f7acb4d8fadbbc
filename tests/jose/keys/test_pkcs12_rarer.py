"""The rarer ways of PKCS#12: PBMAC1, old ciphers, bags in bags, BER; and whatever is damaged."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import random
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from jwtool.jose.errors import JwtoolError, KeyMalformed, KeyUnsupported
from jwtool.jose.keys import rc2
from jwtool.jose.keys.ber import to_der
from jwtool.jose.keys.der import DerFault
from tests.bench import worst_pkcs12 as made
from tests.bench.worst_encrypted import tlv
from tests.jose.keys.pkcs12_files import DAMAGED, RIGHT, WRONG, file, load, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    Natives = dict[str, Any]
    Certify = Callable[..., bytes]
    Reader = Callable[[bytes], dict[str, Any]]


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
