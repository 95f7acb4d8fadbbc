"""OpenSSH private keys: the container `openssh-key-v1` becomes a `Key` (openssh/PROTOCOL.key, RFC 8709, RFC 5656).

The only importer of `bcrypt`, whose key derivation encrypts these files.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.base64url import encode
from jwtool.jose.errors import KeyMalformed, KeyUnsupported, PassphraseWrong
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.members import encode_number
from jwtool.jose.keys.protection import of_openssh
from jwtool.jose.keys.ssh import (
    ED25519_OCTETS,
    Wire,
    WireFault,
    curve_of,
    point_members,
    public_members,
    refuse_type,
    rsa_members,
)
from jwtool.jose.quoting import quote_public

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.key import Key
    from jwtool.jose.keys.unlock import Unlock

MAGIC = b"openssh-key-v1\0"
# A round costs 7 ms: what `ssh-keygen -a 100` writes is read in less than a second; its default is 16 or 24.
MAX_ROUNDS = 100
_MOST_SALT = 1024
_TAG = 16


class _Cipher(NamedTuple):
    key: int
    iv: int
    mode: str
    block: int = 16


_CIPHERS: Mapping[str, _Cipher] = {
    "none": _Cipher(0, 0, "none", 8),
    **{f"aes{bits}-{mode}": _Cipher(bits // 8, 16, mode) for bits in (128, 192, 256) for mode in ("ctr", "cbc")},
    **{f"aes{bits}-gcm@openssh.com": _Cipher(bits // 8, 12, "gcm") for bits in (128, 256)},
}
_DAMAGED = "the OpenSSH private key is damaged"


def read_private(data: bytes, unlock: Unlock) -> Key:
    """The private key in the container `data`.

    Raises KeyMalformed (too many rounds of key derivation among others), KeyUnsupported for a type of key or a
    cipher that is not read, PassphraseMissing and PassphraseWrong.
    """
    try:
        members, rounds = _read(data, unlock)
    except WireFault:
        raise KeyMalformed(_DAMAGED) from None
    key = parse_jwk(members, form="ssh")
    return replace(key, protection=of_openssh(rounds)) if rounds else key


def _read(data: bytes, unlock: Unlock) -> tuple[dict[str, str], int]:
    """The members of the key, and the rounds of key derivation that the file asks for: 0 if it is not encrypted."""
    if not data.startswith(MAGIC):
        raise WireFault
    wire = Wire(data[len(MAGIC) :])
    name, derivation, options = wire.text(), wire.text(), wire.string()
    if wire.uint32() != 1:
        raise KeyUnsupported("an OpenSSH file with more than one private key is not supported")
    public = Wire(wire.string())
    kind = public.text()
    refuse_type(kind)
    sealed = wire.string()
    cipher = _CIPHERS.get(name)
    if cipher is None or derivation != ("none" if name == "none" else "bcrypt"):
        raise KeyUnsupported(
            "the OpenSSH private key is encrypted in a way that is not supported: "
            f"{quote_public(name)} by {quote_public(derivation)}"
        )
    tag = wire.rest
    if len(tag) != (_TAG if cipher.mode == "gcm" else 0) or len(sealed) % cipher.block or not sealed:
        raise WireFault
    plain, rounds = (sealed, 0) if cipher.mode == "none" else _decrypted(cipher, options, sealed, tag, unlock)
    inside = Wire(plain)
    if inside.uint32() != inside.uint32():
        if cipher.mode == "none":
            raise WireFault
        raise PassphraseWrong("the passphrase does not open the private key")
    members = _private_members(kind, inside)
    inside.string()  # the comment
    if inside.rest != bytes(range(1, len(inside.rest) + 1)) or not _is_for(members, public_members(kind, public)):
        raise WireFault
    return members, rounds


def _is_for(members: Mapping[str, str], public: Mapping[str, str]) -> bool:
    return public.items() <= members.items()


def _decrypted(cipher: _Cipher, options: bytes, sealed: bytes, tag: bytes, unlock: Unlock) -> tuple[bytes, int]:
    """The private section, and the rounds that it cost. The price is judged before the passphrase is asked for."""
    wire = Wire(options)
    salt, rounds = wire.string(), wire.uint32()
    if wire.rest or not 0 < len(salt) <= _MOST_SALT or not rounds:
        raise WireFault
    if rounds > MAX_ROUNDS:
        raise KeyMalformed(
            f"the private key asks for {rounds} rounds of bcrypt, wanted at most {MAX_ROUNDS}",
            hint="ssh-keygen -p -a 100 -f COPY rewrites a copy of the key file with fewer",
        )
    unlock.spend(rounds / MAX_ROUNDS)
    passphrase = unlock.passphrase()
    import bcrypt
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    derived = bcrypt.kdf(passphrase, salt, cipher.key + cipher.iv, rounds, ignore_few_rounds=True)
    key, iv = derived[: cipher.key], derived[cipher.key :]
    mode = modes.GCM(iv, tag) if cipher.mode == "gcm" else modes.CBC(iv) if cipher.mode == "cbc" else modes.CTR(iv)
    decryptor = Cipher(algorithms.AES(key), mode).decryptor()
    try:
        return decryptor.update(sealed) + decryptor.finalize(), rounds
    except InvalidTag:
        raise PassphraseWrong("the passphrase does not open the private key") from None


def _private_members(kind: str, wire: Wire) -> dict[str, str]:
    if wire.text() != kind:
        raise WireFault
    if kind == "ssh-rsa":
        return _rsa(wire)
    if kind == "ssh-ed25519":
        public, private = wire.string(), wire.string()
        if len(private) != 2 * ED25519_OCTETS or private[ED25519_OCTETS:] != public:
            raise WireFault
        return {"kty": "OKP", "crv": "Ed25519", "x": encode(public), "d": encode(private[:ED25519_OCTETS])}
    members = point_members(kind, wire)
    octets = curve_of(kind).octets
    d = wire.mpint()
    if d.bit_length() > octets * 8:
        raise WireFault
    return members | {"d": encode_number(d, octets)}


def _rsa(wire: Wire) -> dict[str, str]:
    n, e, d, qi, p, q = (wire.mpint() for _ in range(6))
    if min(d, qi) < 1 or min(p, q) <= 2:  # noqa: PLR2004  the least prime, of which one less has remainders
        raise WireFault
    numbers = {"d": d, "p": p, "q": q, "dp": d % (p - 1), "dq": d % (q - 1), "qi": qi}
    if not all(numbers.values()):
        raise WireFault
    return rsa_members(n, e) | {member: encode_number(number) for member, number in numbers.items()}
