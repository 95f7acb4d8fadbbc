"""How PKCS#12 turns a password into keys, checks its MAC and decrypts (RFC 7292 appendices A to C, RFC 8018, RFC 9579).

Every derivation is paid for before it is made.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.errors import KeyUnsupported
from jwtool.jose.keys import der_policy, rc2
from jwtool.jose.keys.der import OCTET_STRING, SEQUENCE, DerFault, Element, algorithm, children, integer, only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.unlock import Unlock

WHAT = "PKCS#12 file"
_HASHES: Mapping[str, str] = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_HMACS: Mapping[str, str] = {
    f"1.2.840.113549.2.{number}": name
    for number, name in ((7, "sha1"), (8, "sha224"), (9, "sha256"), (10, "sha384"), (11, "sha512"))
}
_PBES2, _PBKDF2, _SCRYPT, _PBMAC1 = (
    *("1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.3.6.1.4.1.11591.4.11", "1.2.840.113549.1.5.14"),
)
_AES = {f"2.16.840.1.101.3.4.1.{number}": size for number, size in ((2, 16), (22, 24), (42, 32))}
_DES3 = "1.2.840.113549.3.7"
_OLD_SCHEMES = "1.2.840.113549.1.12.1."
_OLD_KEYS: Mapping[str, tuple[str, int]] = {"3": ("3des", 24), "4": ("3des", 16), "5": ("rc2", 16), "6": ("rc2", 5)}
_TO_KEY, _TO_IV, _TO_MAC = 1, 2, 3
# Rounds of the old derivation, one hash after the other in Python, that take as long as all that a file may ask for.
_MOST_HASHES = 1_000_000
_MOST_RC2_OCTETS = 200_000
_MOST_SALT = 1024
_DES_BLOCK = 8
_LONGEST_MAC_KEY = 64


class Password(NamedTuple):
    """One password in both encodings: UTF-8, and UTF-16 with a zero at its end, as the old schemes have it."""

    utf8: bytes
    utf16: bytes

    def __repr__(self) -> str:
        """Nothing of it."""
        return "<Password>"


def passwords(passphrase: bytes) -> list[Password]:
    """What to try: an empty passphrase is written in two ways, as no octets and as a zero character."""
    try:
        text = passphrase.decode()
    except UnicodeDecodeError:
        text = passphrase.decode("latin-1")
    whole = Password(passphrase, text.encode("utf-16-be", "surrogatepass") + b"\0\0")
    return [whole] if passphrase else [whole, Password(b"", b"")]


def check_mac_cost(mac: Element) -> None:
    """Refuse a MacData that costs too much before a passphrase is asked for. Raises KeyMalformed, and as `decrypt`."""
    rounds = children(mac)[2:]
    if rounds:
        der_policy.check_rounds(integer(rounds[0]), WHAT)


def mac_is_right(mac: Element, content: bytes, password: Password, unlock: Unlock) -> bool:
    """Whether the MacData fits the content and the password (RFC 7292 §4, RFC 9579). Raises as `decrypt`."""
    fields = children(mac)
    scheme, digest = children(fields[0])[:2]
    name, parameters = algorithm(scheme)
    if name == _PBMAC1:
        key, hash_name = _pbmac1(parameters, password, unlock)
    else:
        hash_name = _HASHES.get(name, "")
        if not hash_name:
            raise KeyUnsupported(f"the {WHAT} is protected by the hash {name}, which is not supported")
        rounds = integer(fields[2]) if len(fields) > 2 else 1  # noqa: PLR2004  salt and digest stand before it
        size = hashlib.new(hash_name, usedforsecurity=False).digest_size
        salt = _salt(fields[1])
        key = _derive(password, salt, _TO_MAC, rounds, size, hash_name=hash_name, unlock=unlock)
    return hmac.compare_digest(hmac.digest(key, content, hash_name), only(digest, OCTET_STRING))


def _pbmac1(parameters: Element | None, password: Password, unlock: Unlock) -> tuple[bytes, str]:
    if parameters is None:
        raise DerFault
    derivation, scheme = children(parameters)
    name, _ = algorithm(scheme)
    if name not in _HMACS:
        raise KeyUnsupported(f"the {WHAT} is protected by the MAC {name}, which is not supported")
    return _pbkdf2(derivation, password, None, unlock), _HMACS[name]


def decrypt(scheme: Element, content: bytes, password: Password, unlock: Unlock) -> bytes | None:
    """The plaintext of `content`, encrypted as the AlgorithmIdentifier says; None where its padding is wrong.

    Raises DerFault and its kin for parameters that make no sense, KeyUnsupported for a scheme that is not read,
    KeyMalformed for one that costs too much.
    """
    name, parameters = algorithm(scheme)
    if parameters is None:
        raise DerFault
    if name == _PBES2:
        derivation, cipher = children(parameters)
        kind, key, iv = _modern(derivation, cipher, password, unlock)
    elif name.startswith(_OLD_SCHEMES) and name.removeprefix(_OLD_SCHEMES) in _OLD_KEYS:
        kind, key, iv = _old(name.removeprefix(_OLD_SCHEMES), parameters, password, unlock)
    else:
        raise KeyUnsupported(f"the {WHAT} is encrypted by the scheme {name}, which is not supported")
    if kind == "rc2":
        unlock.spend(len(content) / _MOST_RC2_OCTETS)
    return _unpadded(_decrypt(kind, key, iv, content), len(iv))


def _decrypt(kind: str, key: bytes, iv: bytes, content: bytes) -> bytes:
    if not content or len(content) % len(iv):
        raise DerFault
    if kind == "rc2":
        return rc2.decrypt_cbc(key, iv, content)
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, modes
    from cryptography.hazmat.primitives.ciphers.algorithms import AES

    cipher = AES(key) if kind == "aes" else TripleDES(key + key[:_DES_BLOCK] if len(key) == 2 * _DES_BLOCK else key)
    decryptor = Cipher(cipher, modes.CBC(iv)).decryptor()
    return decryptor.update(content) + decryptor.finalize()


def _unpadded(plain: bytes, block: int) -> bytes | None:
    size = plain[-1]
    return plain[:-size] if 1 <= size <= block and plain.endswith(bytes([size]) * size) else None


def _modern(derivation: Element, cipher: Element, password: Password, unlock: Unlock) -> tuple[str, bytes, bytes]:
    name, parameters = algorithm(cipher)
    size = _AES.get(name) or (24 if name == _DES3 else 0)
    if not size:
        raise KeyUnsupported(f"the {WHAT} is encrypted by the cipher {name}, which is not supported")
    kind, block = ("aes", 16) if name in _AES else ("3des", _DES_BLOCK)
    iv = b"" if parameters is None else only(parameters, OCTET_STRING)
    if len(iv) != block:
        raise DerFault
    if algorithm(derivation)[0] == _SCRYPT:
        return kind, _scrypt(derivation, password, size, unlock), iv
    return kind, _pbkdf2(derivation, password, size, unlock), iv


def _pbkdf2(derivation: Element, password: Password, size: int | None, unlock: Unlock) -> bytes:
    """A key of `size` octets; None leaves the size to the parameters, as RFC 9579 §4 does."""
    name, parameters = algorithm(derivation)
    if name != _PBKDF2 or parameters is None:
        raise KeyUnsupported(f"the {WHAT} derives its key by {name}, which is not supported")
    unlock.spend(der_policy.check_derivation(derivation, WHAT))
    salt, rounds, *rest = children(parameters)
    digest = "sha1"
    for element in rest:
        if element.tag == SEQUENCE:
            digest = _HMACS.get(algorithm(element)[0], "")
        elif size is None and integer(element) <= _LONGEST_MAC_KEY:
            size = integer(element)
        elif integer(element) != size:
            raise DerFault
    if not digest or not integer(rounds) or not size:
        raise DerFault
    return hashlib.pbkdf2_hmac(digest, password.utf8, _salt(salt), integer(rounds), size)


def _scrypt(derivation: Element, password: Password, size: int, unlock: Unlock) -> bytes:
    unlock.spend(der_policy.check_derivation(derivation, WHAT))
    parameters = algorithm(derivation)[1]
    salt, *numbers = children(parameters) if parameters else ()
    n, r, p = (integer(element) for element in numbers[:3])
    room = 2 * der_policy.MAX_SCRYPT_OCTETS
    return hashlib.scrypt(password.utf8, salt=_salt(salt), n=n, r=r, p=p, maxmem=room, dklen=size)


def _old(scheme: str, parameters: Element, password: Password, unlock: Unlock) -> tuple[str, bytes, bytes]:
    kind, size = _OLD_KEYS[scheme]
    fields = children(parameters)
    salt, rounds = _salt(fields[0]), integer(fields[1])
    key = _derive(password, salt, _TO_KEY, rounds, size, hash_name="sha1", unlock=unlock)
    iv = _derive(password, salt, _TO_IV, rounds, _DES_BLOCK, hash_name="sha1", unlock=unlock)
    return kind, key, iv


def _salt(element: Element) -> bytes:
    salt = only(element, OCTET_STRING)
    if len(salt) > _MOST_SALT:
        raise DerFault
    return salt


def _derive(
    password: Password, salt: bytes, purpose: int, rounds: int, size: int, *, hash_name: str, unlock: Unlock
) -> bytes:
    """The derivation of RFC 7292 appendix B.2."""
    der_policy.check_rounds(rounds, WHAT)
    if not rounds:
        raise DerFault
    digest_of = getattr(hashlib, hash_name)  # four times as fast as hashlib.new
    blank = digest_of(usedforsecurity=False)
    width = blank.block_size
    pieces = -(-size // blank.digest_size)
    unlock.spend(pieces * rounds / _MOST_HASHES)
    mixed = _repeated(salt, width) + _repeated(password.utf16, width)
    derived = b""
    for _ in range(pieces):
        digest = bytes([purpose]) * width + mixed
        for _ in range(rounds):
            digest = digest_of(digest, usedforsecurity=False).digest()
        derived += digest
        step = int.from_bytes(_repeated(digest, width)[:width]) + 1
        blocks = (int.from_bytes(mixed[at : at + width]) + step for at in range(0, len(mixed), width))
        mixed = b"".join((block % (1 << 8 * width)).to_bytes(width) for block in blocks)
    return derived[:size]


def _repeated(data: bytes, width: int) -> bytes:
    """`data` again and again, up to the next multiple of `width`; nothing of nothing."""
    if not data:
        return b""
    wanted = -(-len(data) // width) * width
    return (data * (wanted // len(data) + 1))[:wanted]
