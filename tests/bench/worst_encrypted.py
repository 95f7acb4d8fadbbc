"""Encrypted private keys that ask for as much work as the policy lets them."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from jwtool.jose.keys.der_policy import MAX_ITERATIONS, MAX_SCRYPT_OCTETS, MAX_SCRYPT_WORK
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_der
from tests.bench.worst_case import case

if TYPE_CHECKING:
    from pathlib import Path

PASSPHRASE = "opensesame"
SALT, IV = b"saltsalt", bytes(16)
CIPHERTEXT = bytes(4096)
BLOCKS = 150
HMACS: dict[str, int | None] = {
    "SHA-1, unnamed": None,
    "SHA-1": 7,
    "SHA-224": 8,
    "SHA-256": 9,
    "SHA-384": 10,
    "SHA-512": 11,
}
CIPHERS = {
    "PBE-SHA1-3DES": "2a864886f70d010c0103",
    "PBE-SHA1-RC2-40": "2a864886f70d010c0106",
    "PBE-MD5-DES": "2a864886f70d010503",
}


def encrypted_cases(folder: Path) -> list[dict[str, Any]]:
    """`key show` of one key each, and of a file of many."""
    (folder / "passphrase.txt").write_text(PASSPHRASE, "utf-8")
    keys = {f"PBKDF2 with {name}": pbkdf2(digest) for name, digest in HMACS.items()}
    keys["PBKDF2, and the passphrase is right"] = pbkdf2(HMACS["SHA-512"], locked("sha512"))
    keys |= {name: pbes1(oid) for name, oid in CIPHERS.items()}
    whole = MAX_SCRYPT_OCTETS // 1024
    keys["scrypt, much memory"] = scrypt(whole, 8, MAX_SCRYPT_WORK // MAX_SCRYPT_OCTETS)
    keys["scrypt, r large"] = scrypt(2, MAX_SCRYPT_OCTETS // 256, MAX_SCRYPT_WORK // MAX_SCRYPT_OCTETS)
    keys["scrypt, r 1"] = scrypt(MAX_SCRYPT_OCTETS // 128, 1, MAX_SCRYPT_WORK // MAX_SCRYPT_OCTETS)
    keys["scrypt, p large"] = scrypt(2, 1, MAX_SCRYPT_WORK // 256)
    keys["scrypt, N 1024, p large"] = scrypt(1024, 8, MAX_SCRYPT_WORK // (1024 * 1024))
    cases = []
    for number, (name, der) in enumerate(keys.items()):
        (folder / f"encrypted{number}.der").write_bytes(der)
        body = base64.encodebytes(der)
        block = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n%s-----END ENCRYPTED PRIVATE KEY-----\n" % body
        (folder / f"encrypted{number}.pem").write_bytes(block * BLOCKS)
        more = ("--passphrase", "@passphrase.txt")
        cases.append(case(f"key show: {name}", "key", "show", f"encrypted{number}.der", *more))
        cases.append(case(f"key show: {name}, many blocks", "key", "show", f"encrypted{number}.pem", *more))
    return cases


def tlv(tag: int, *parts: bytes) -> bytes:
    """One DER element."""
    body = b"".join(parts)
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1)
    return bytes([tag, len(body)]) + body if len(body) < 128 else bytes([tag, 0x80 | len(size)]) + size + body


def integer(number: int) -> bytes:
    """A DER INTEGER that is not negative."""
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def oid(encoded: str) -> bytes:
    """A DER OBJECT IDENTIFIER from its octets in hexadecimal."""
    return tlv(0x06, bytes.fromhex(encoded))


def locked(digest: str) -> bytes:
    """A key that the passphrase opens, in PKCS#8, by AES-256-CBC."""
    plain = to_der(generate("ES256"), private=True)
    padding = 16 - len(plain) % 16
    secret = hashlib.pbkdf2_hmac(digest, PASSPHRASE.encode(), SALT, MAX_ITERATIONS, 32)
    encryptor = Cipher(algorithms.AES(secret), modes.CBC(IV)).encryptor()
    return encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()


def encrypted(algorithm: bytes, ciphertext: bytes = CIPHERTEXT) -> bytes:
    """The EncryptedPrivateKeyInfo (RFC 5958 §3)."""
    return tlv(0x30, algorithm, tlv(0x04, ciphertext))


def pbes2(derivation: bytes, ciphertext: bytes = CIPHERTEXT) -> bytes:
    """PBES2 with AES-256-CBC (RFC 8018 §6.2)."""
    aes = tlv(0x30, oid("60864801650304012a"), tlv(0x04, IV))
    return encrypted(tlv(0x30, oid("2a864886f70d01050d"), tlv(0x30, derivation, aes)), ciphertext)


def pbkdf2(digest: int | None, ciphertext: bytes = CIPHERTEXT) -> bytes:
    """PBKDF2 with as many rounds as may be (RFC 8018 appendix A.2)."""
    hmac = b"" if digest is None else tlv(0x30, oid(f"2a864886f70d02{digest:02x}"), tlv(0x05))
    parameters = tlv(0x30, tlv(0x04, SALT), integer(MAX_ITERATIONS), hmac)
    return pbes2(tlv(0x30, oid("2a864886f70d01050c"), parameters), ciphertext)


def scrypt(n: int, r: int, p: int) -> bytes:
    """The scrypt of RFC 7914 §7."""
    return pbes2(tlv(0x30, oid("2b06010401da47040b"), tlv(0x30, tlv(0x04, SALT), integer(n), integer(r), integer(p))))


def pbes1(scheme: str) -> bytes:
    """PBES1 or a scheme of PKCS#12 with as many rounds as may be."""
    return encrypted(tlv(0x30, oid(scheme), tlv(0x30, tlv(0x04, SALT), integer(MAX_ITERATIONS))))
