"""PKCS#12 files that ask for as much work as the policy lets them, and hide some of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from jwtool.jose.keys.der_policy import MAX_ITERATIONS
from tests.bench.worst_case import case
from tests.bench.worst_encrypted import HMACS, IV, PASSPHRASE, SALT, integer, oid, pbes1, pbkdf2, tlv

if TYPE_CHECKING:
    from pathlib import Path

DATA, ENCRYPTED_DATA = "2a864886f70d010701", "2a864886f70d010706"
SHROUDED_KEY, CERTIFICATE = "2a864886f70d010c0a0102", "2a864886f70d010c0a0103"
SHA1, SHA512 = "2b0e03021a", "608648016503040203"
OLD_3DES, OLD_RC2_40 = "2a864886f70d010c0103", "2a864886f70d010c0106"


def pkcs12_cases(folder: Path) -> list[dict[str, Any]]:
    """`key show` of each, with the passphrase that opens what can be opened."""
    costly = pbkdf2(HMACS["SHA-512"])
    old = tlv(0x30, oid(OLD_3DES), tlv(0x30, tlv(0x04, SALT), integer(500_000)))
    rc2 = tlv(0x30, oid(OLD_RC2_40), tlv(0x30, tlv(0x04, SALT), integer(1)))
    files = {
        "MAC of SHA-1": pfx(data(b""), mac=mac_data(SHA1, MAX_ITERATIONS)),
        "MAC of SHA-512": pfx(data(b""), mac=mac_data(SHA512, MAX_ITERATIONS)),
        "a key of many rounds": pfx(data(bags(bag(SHROUDED_KEY, costly)))),
        "many keys of many rounds": pfx(data(bags(*[bag(SHROUDED_KEY, costly)] * 200))),
        "a key in a hidden bag": pfx(hidden(bags(*[bag(SHROUDED_KEY, costly)] * 20))),
        "a key of the old scheme": pfx(data(bags(bag(SHROUDED_KEY, pbes1(OLD_3DES))))),
        "the old scheme": pfx(encrypted_data(old, bytes(1_000_000))),
        "much RC2": pfx(encrypted_data(rc2, bytes(1_000_000))),
        "RC2": pfx(encrypted_data(rc2, bytes(199_000))),
        "bags": pfx(data(bags(*[bag(CERTIFICATE, tlv(0x30))] * 40_000))),
        "contents": pfx(*[data(b"")] * 40_000),
        "nested BER": b"\x30\x80\x02\x01\x03" + b"\x30\x80" * 400_000,
        "small BER": b"\x30\x80\x02\x01\x03\x30\x80" + b"\x05\x00" * 400_000,
    }
    cases = []
    for number, (name, file) in enumerate(files.items()):
        (folder / f"pkcs12-{number}").write_bytes(file[: 1024 * 1024])
        cases += [
            case(f"PKCS#12, {given}: {name}", "key", "show", f"pkcs12-{number}", "--passphrase", given)
            for given in ("@passphrase.txt", "@empty.txt")
        ]
    (folder / "empty.txt").write_bytes(b"")
    return cases


def pfx(*contents: bytes, mac: bytes = b"") -> bytes:
    """The file of these ContentInfos (RFC 7292 §4)."""
    return tlv(0x30, integer(3), data(tlv(0x30, *contents)), mac)


def data(octets: bytes) -> bytes:
    """A ContentInfo of plain data."""
    return tlv(0x30, oid(DATA), tlv(0xA0, tlv(0x04, octets)))


def encrypted_data(scheme: bytes, ciphertext: bytes) -> bytes:
    """A ContentInfo of encrypted data; the scheme is an AlgorithmIdentifier."""
    content = tlv(0x30, oid(DATA), scheme, tlv(0x80, ciphertext))
    return tlv(0x30, oid(ENCRYPTED_DATA), tlv(0xA0, tlv(0x30, integer(0), content)))


def hidden(plain: bytes) -> bytes:
    """A ContentInfo that PASSPHRASE opens, cheaply: what is inside can't be seen before."""
    padding = 16 - len(plain) % 16
    secret = hashlib.pbkdf2_hmac("sha1", PASSPHRASE.encode(), SALT, 1, 32)
    encryptor = Cipher(algorithms.AES(secret), modes.CBC(IV)).encryptor()
    ciphertext = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    derivation = tlv(0x30, oid("2a864886f70d01050c"), tlv(0x30, tlv(0x04, SALT), integer(1)))
    aes = tlv(0x30, oid("60864801650304012a"), tlv(0x04, IV))
    return encrypted_data(tlv(0x30, oid("2a864886f70d01050d"), tlv(0x30, derivation, aes)), ciphertext)


def bags(*entries: bytes) -> bytes:
    """SafeContents."""
    return tlv(0x30, *entries)


def bag(kind: str, value: bytes) -> bytes:
    """One SafeBag without attributes."""
    return tlv(0x30, oid(kind), tlv(0xA0, value))


def mac_data(digest: str, rounds: int) -> bytes:
    """A MacData that fits nothing."""
    info = tlv(0x30, tlv(0x30, oid(digest), tlv(0x05)), tlv(0x04, bytes(20)))
    return tlv(0x30, info, tlv(0x04, SALT), integer(rounds))
