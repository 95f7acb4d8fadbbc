"""PBES2 undone here (RFC 8018 §6.2), for the private keys that pyca/cryptography decrypts and then can't read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from jwtool.jose.errors import PassphraseWrong
from jwtool.jose.keys.der import INTEGER, OCTET_STRING, DerFault, algorithm, children, integer, only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.der import Element, Structure

_PBES2, _PBKDF2 = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12"
_HASH_OF_PRF: Mapping[str, str] = {
    "1.2.840.113549.2.7": "sha1",
    "1.2.840.113549.2.9": "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}
_OCTETS_OF_AES_CBC: Mapping[str, int] = {
    "2.16.840.1.101.3.4.1.2": 16,
    "2.16.840.1.101.3.4.1.22": 24,
    "2.16.840.1.101.3.4.1.42": 32,
}
_BLOCK = 16


def decrypt(structure: Structure, passphrase: bytes) -> bytes | None:
    """What an encrypted PKCS#8 file holds, whose cost has been judged.

    None for what is not PBES2 with PBKDF2 and AES in CBC mode, as OpenSSL writes it. Raises PassphraseWrong where the
    padding is none; once in 256 a wrong passphrase gives nonsense instead.
    """
    try:
        derivation, cipher = children(_parameters(structure.children[0], {_PBES2: 0})[1])
        encrypted = only(structure.children[1], OCTET_STRING)
        _, parameters = _parameters(derivation, {_PBKDF2: 0})
        octets, vector = _parameters(cipher, _OCTETS_OF_AES_CBC)
        padded = _decrypt(_derive(children(parameters), passphrase, octets), only(vector, OCTET_STRING), encrypted)
    except (IndexError, KeyError, ValueError):  # a DerFault, an algorithm that isn't here, a vector of a wrong length
        return None
    length = padded[-1]
    if not 1 <= length <= _BLOCK or padded[-length:] != bytes([length]) * length:
        raise PassphraseWrong("the passphrase does not open the private key")
    return padded[:-length]


def _parameters(element: Element, known: Mapping[str, int]) -> tuple[int, Element]:
    """What is known of an algorithm, and its parameters. Raises KeyError if nothing is, and DerFault."""
    name, parameters = algorithm(element)
    if parameters is None:
        raise DerFault
    return known[name], parameters


def _derive(parameters: tuple[Element, ...], passphrase: bytes, octets: int) -> bytes:
    """The key that PBKDF2 makes (RFC 8018 appendix A.2); the hash is SHA-1 where none is named."""
    salt, rounds, *rest = parameters
    named = [algorithm(element)[0] for element in rest if element.tag != INTEGER]
    digest = _HASH_OF_PRF[named[0]] if named else "sha1"
    return hashlib.pbkdf2_hmac(digest, passphrase, only(salt, OCTET_STRING), integer(rounds), octets)


def _decrypt(key: bytes, vector: bytes, encrypted: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    return decryptor.update(encrypted) + decryptor.finalize()
