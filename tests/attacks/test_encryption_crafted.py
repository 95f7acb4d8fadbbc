"""Encrypted tokens that would open, but for one thing that nobody may send: only our own checks stand in their way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import load_der_private_key

from jwtool.jose import base64url
from jwtool.jose.decrypt import FAILED, Decryption, decrypt
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.public import to_der
from jwtool.jose.keyset import KeySet
from jwtool.jose.selection import OfferedSet
from jwtool.jose.token import parse

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

SECRET = bytes(range(32))
DIRECT = parse_jwk({"kty": "oct", "k": base64url.encode(SECRET)})
RECIPIENT, EPHEMERAL = generate("ECDH-ES"), generate("ECDH-ES")


def opened(token: str, key: Key) -> Decryption:
    return decrypt(parse(token), [OfferedSet(KeySet((key,), is_set=False), "test")])


def sealed(header: dict[str, Any], content_key: bytes, *, iv: bytes = bytes(12)) -> str:
    """A compact token without an encrypted key, by AES-GCM: any IV, any header."""
    protected = base64url.encode(json.dumps({"enc": "A256GCM", **header}).encode())
    done = AESGCM(content_key).encrypt(iv, b"payload", protected.encode())
    return ".".join([protected, "", *map(base64url.encode, (iv, done[:-16], done[-16:]))])


def agreed(epk: dict[str, Any]) -> str:
    """A token by ECDH-ES for RECIPIENT (RFC 7518 §4.6.2) from EPHEMERAL, with `epk` in the header."""
    ours, theirs = (load_der_private_key(to_der(key, private=True), None) for key in (EPHEMERAL, RECIPIENT))
    assert isinstance(ours, ec.EllipticCurvePrivateKey)
    assert isinstance(theirs, ec.EllipticCurvePrivateKey)
    shared = ours.exchange(ec.ECDH(), theirs.public_key())
    about = b"\0\0\0\7A256GCM" + bytes(8) + (256).to_bytes(4)
    return sealed({"alg": "ECDH-ES", "epk": epk}, ConcatKDFHash(SHA256(), 32, about).derive(shared))


@pytest.mark.parametrize("octets", [8, 11, 13, 16, 64])
def test_an_iv_of_another_length(octets: int) -> None:
    """RFC 7518 §5.3 wants 96 bits, AES-GCM itself takes nearly any."""
    assert opened(sealed({"alg": "dir"}, SECRET), DIRECT).plaintext == b"payload"
    assert opened(sealed({"alg": "dir"}, SECRET, iv=bytes(octets)), DIRECT).code == FAILED


def test_an_epk_with_its_private_half() -> None:
    """Whoever sees such a header reads the token (RFC 7518 §4.6.1.1: a public key)."""
    private = {name: EPHEMERAL.members[name] for name in ("kty", "crv", "x", "y", "d")}
    public = {name: value for name, value in private.items() if name != "d"}
    assert opened(agreed(public), RECIPIENT).plaintext == b"payload"
    assert opened(agreed(private), RECIPIENT).code == FAILED
