"""The bridge to joserfc, which does the arithmetic of JWE: the only importer of it, imported only where it is needed.

The message around it is ours: `token.py` reads it, `encryption_header.py` and `encryption_fit.py` have judged it.
joserfc gets one algorithm of each table by name, bare key material, and the header members of that algorithm.
"""

from __future__ import annotations

import warnings
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap
from joserfc.errors import JoseError
from joserfc.jwa import (
    JWE_ALG_MODELS,
    JWE_ENC_MODELS,
    JWEDirectEncryption,
    JWEKeyAgreement,
    PBES2HSAlgKeyEncryption,
)
from joserfc.jwe import CompactEncryption, GeneralJSONEncryption, JWERegistry, encrypt_compact, encrypt_json
from joserfc.jwe import Recipient as TheirRecipient
from joserfc.jwk import JWKRegistry, OctKey
from joserfc.registry import HeaderParameter

from jwtool.jose import base64url
from jwtool.jose.encryption_algorithms import (
    CONTENT_ENCRYPTION,
    DEFAULT_P2C,
    GCM_IV_OCTETS,
    KEY_MANAGEMENT,
    MAX_P2C,
    MIN_P2C,
    TAG_OCTETS,
    ContentEncryption,
    KeyManagement,
)
from jwtool.jose.errors import HeaderBadType, JwtoolError
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.public import PRIVATE_MATERIAL, PUBLIC_MATERIAL
from jwtool.jose.quoting import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from joserfc.jwk import Key as TheirKey

    from jwtool.jose.keys.key import Key
    from jwtool.jose.token import Encrypted, Recipient

MIN_SALT_OCTETS = 8
MAX_INFLATED = 250 * 1024
KEY_WRAP_OVERHEAD = 8
OF_ALGORITHMS = ("alg", "enc", "epk", "apu", "apv", "p2s", "p2c", "iv", "tag")
KEPT_KEYS = 128

FAILURES = (
    *(JoseError, JwtoolError, InvalidTag, InvalidUnwrap, UnsupportedAlgorithm, zlib.error),
    *(AssertionError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError),
)
"""All that joserfc and what is under it raise for a token that can't be decrypted."""


def _bounded(count: Any) -> None:
    if type(count) is not int or not MIN_P2C <= count <= MAX_P2C:
        raise ValueError(f"must be from {MIN_P2C} to {MAX_P2C}")


class _Pbes2(PBES2HSAlgKeyEncryption):
    """joserfc's PBES2 with our bounds: its own refuse 300,001 rounds and allow one."""

    DEFAULT_P2C = DEFAULT_P2C
    more_header_registry = {  # noqa: RUF012  joserfc's own declaration is no ClassVar
        "p2s": HeaderParameter("PBES2 Salt Input", "str", required=True),
        "p2c": HeaderParameter("PBES2 Count", _bounded, required=True),
    }


def _ours(model: Any) -> Any:
    is_pbes2 = isinstance(model, PBES2HSAlgKeyEncryption)
    return _Pbes2(model.hash_alg.digest_size * 8, model.key_wrapping) if is_pbes2 else model


class _Registry(JWERegistry):
    """The rows of our tables and nothing else; what is allowed is always named, for joserfc reads none as some."""

    algorithms = {  # noqa: RUF012  as above
        "alg": {model.name: _ours(model) for model in JWE_ALG_MODELS if model.name in KEY_MANAGEMENT},
        "enc": {model.name: model for model in JWE_ENC_MODELS if model.name in CONTENT_ENCRYPTION},
        "zip": {},
    }

    def __init__(self, *allowed: str) -> None:
        super().__init__(algorithms=allowed, strict_check_header=False)


def unseal(message: Encrypted, recipient: Recipient, key: Key) -> bytes | None:
    """The plaintext, or None for every reason there is: the caller can't tell one from another (RFC 7516 §11.5).

    `alg` and `enc` of the recipient's header are in the tables, and the key fits them.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _unseal(message, recipient, key)
    except FAILURES:
        return None


def _unseal(message: Encrypted, recipient: Recipient, key: Key) -> bytes:
    header = {name: recipient.header[name] for name in OF_ALGORITHMS if name in recipient.header}
    row, content = KEY_MANAGEMENT[header["alg"]], CONTENT_ENCRYPTION[header["enc"]]
    _check_lengths(message, content)
    _check_encrypted_key(recipient.encrypted_key, row, content, key)
    _check_parameters(header, row, key)
    registry = _Registry(row.name, content.name)
    registry.check_header(header, check_more=True)
    model, cipher = registry.get_alg(row.name), registry.get_enc(content.name)
    theirs: TheirRecipient[Any] = TheirRecipient(CompactEncryption(header), None, _their_key(key, private=True))
    theirs.encrypted_key = recipient.encrypted_key
    if isinstance(model, JWEKeyAgreement):
        agreed = model.decrypt_agreed_upon_key(cipher, theirs)
        content_key = agreed if row.is_direct else model.unwrap_cek_with_auk(recipient.encrypted_key, agreed)
    elif isinstance(model, JWEDirectEncryption):
        content_key = model.compute_cek(cipher.cek_size, theirs)
    else:
        content_key = model.decrypt_cek(theirs)
    if len(content_key) != content.key_octets:
        raise ValueError("the content key has the wrong length")
    authenticated = message.authenticated.encode()
    plaintext = cipher.decrypt(message.ciphertext, message.tag, content_key, message.iv, authenticated)
    return _inflate(plaintext) if "zip" in message.protected else plaintext


def _check_lengths(message: Encrypted, content: ContentEncryption) -> None:
    """IV and tag must be exactly as long as the algorithm says: a short tag could be guessed."""
    if (len(message.iv), len(message.tag)) != (content.iv_octets, content.tag_octets):
        raise ValueError("the IV or the tag has the wrong length")


def _check_encrypted_key(encrypted_key: bytes, row: KeyManagement, content: ContentEncryption, key: Key) -> None:
    wanted = content.key_octets + KEY_WRAP_OVERHEAD
    if row.is_direct:
        wanted = 0
    elif row.family == "rsa-oaep":
        wanted = -(-key.bits // 8)
    elif row.family == "aes-gcmkw":
        wanted = content.key_octets
    if len(encrypted_key) != wanted:
        raise ValueError("the encrypted key has the wrong length")


def _check_parameters(header: Mapping[str, Any], row: KeyManagement, key: Key) -> None:
    """The header members of the algorithm, by our strict rules: `epk` is a sound public key on the key's own curve."""
    octets = {
        name: len(base64url.decode(header[name])) for name in ("apu", "apv", "p2s", "iv", "tag") if name in header
    }
    if row.family == "ecdh":
        epk = header["epk"]
        ephemeral = parse_jwk({name: epk[name] for name in ("kty", "crv", "x", "y", "d") if name in epk})
        if ephemeral.private or (ephemeral.kty, ephemeral.crv) != (key.kty, key.crv):
            raise ValueError("'epk' is private or on another curve")
    if row.family == "aes-gcmkw" and (octets["iv"], octets["tag"]) != (GCM_IV_OCTETS, TAG_OCTETS):
        raise ValueError("'iv' or 'tag' of the header has the wrong length")
    if row.family == "pbes2" and octets["p2s"] < MIN_SALT_OCTETS:
        raise ValueError("the salt is too short")


def _inflate(data: bytes) -> bytes:
    """The plaintext out of raw DEFLATE (RFC 7516 §4.1.3), at most MAX_INFLATED octets of it."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    plaintext = stream.decompress(data, MAX_INFLATED + 1)
    if len(plaintext) > MAX_INFLATED or not stream.eof or stream.unused_data:
        raise ValueError("the compressed plaintext is too long, cut, or followed by something")
    return plaintext


@lru_cache(maxsize=KEPT_KEYS)
def _their_key(key: Key, *, private: bool) -> TheirKey:
    """The key in joserfc's form: its material and nothing that could restrict it a second time."""
    if key.kty == "oct":
        return OctKey(key.secret(), key.secret())
    names = ("kty", *PUBLIC_MATERIAL[key.kty], *(PRIVATE_MATERIAL[key.kty] if private else ()))
    return JWKRegistry.import_key({name: key.members[name] for name in names})


def seal_compact(payload: bytes, protected: Mapping[str, Any], key: Key) -> str:
    """The JWE in compact serialization for one key; `protected` says `alg` and `enc`, which the key fits.

    Raises HeaderBadType for a header that nobody would read.
    """
    registry = _Registry(protected["alg"], protected["enc"])
    try:
        return encrypt_compact(dict(protected), payload, _their_key(key, private=False), registry=registry)
    except JoseError as error:
        raise _unwritable(error) from None


def seal_general(
    payload: bytes, protected: Mapping[str, Any], recipients: Sequence[tuple[Mapping[str, Any], Key]]
) -> dict[str, Any]:
    """The JWE in general JSON serialization; each recipient has its own header, which says `alg`, and its key.

    Raises HeaderBadType for a header that nobody would read.
    """
    registry = _Registry(protected["enc"], *(header["alg"] for header, _key in recipients))
    message = GeneralJSONEncryption(dict(protected), payload)
    for header, key in recipients:
        message.add_recipient(dict(header), _their_key(key, private=False))
    try:
        return dict(encrypt_json(message, None, registry=registry))
    except JoseError as error:
        raise _unwritable(error) from None


def _unwritable(error: JoseError) -> HeaderBadType:
    return HeaderBadType(f"the header can't be written so: {printable(str(error))}")
