"""Keys inside a JWE, for a passphrase (RFC 7517 §7): this file is what writes a JWK so, and opens a JWK or a set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose import base64url, strict_json
from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT, MAX_P2C, MIN_P2C
from jwtool.jose.encryption_fit import PASSWORD
from jwtool.jose.encryption_header import check_header
from jwtool.jose.errors import InputError, KeyMalformed, KeyUnrecognized, KeyUnsupported, PassphraseWrong, UsageError
from jwtool.jose.keys.key import Key
from jwtool.jose.keys.protection import of_password
from jwtool.jose.keys.public import to_jwk
from jwtool.jose.quoting import quote_public
from jwtool.jose.token import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.protection import Protection
    from jwtool.jose.keys.unlock import Unlock
    from jwtool.jose.token import Encrypted, Recipient

CONTENT_TYPE = "jwk+json"
CONTENT_TYPES = (CONTENT_TYPE, "jwk-set+json", None)
ALGORITHM = "PBES2-HS256+A128KW"
ROUNDS = 600_000
"""What is recommended of PBKDF2 with SHA-256 (OWASP, 2023), hundreds of times what a PKCS#8 file gets."""


def to_encrypted_jwk(key: Key, passphrase: bytes) -> str:
    """The JWE, in compact serialization, that holds the private JWK of `key` for whoever knows the passphrase.

    Raises UsageError for an empty passphrase, KeyNotPrivate for a public key.
    """
    from jwtool.jose import encrypt

    if not passphrase:
        raise UsageError("the new passphrase is empty")
    payload = strict_json.encode_compact(to_jwk(key, private=True))
    plan = encrypt.choose([_password(passphrase)], algs=[ALGORITHM])
    header = encrypt.build_header(payload, plan, {"cty": CONTENT_TYPE, "p2c": ROUNDS})
    return encrypt.compact(payload, header, plan)


def open_jwk(data: bytes, unlock: Unlock) -> tuple[dict[str, Any], Protection]:
    """The JWK or JWK set, not judged yet, in the JWE `data` of either serialization, and how that is encrypted.

    Raises KeyUnrecognized for a token that holds no key, KeyUnsupported for a key that is encrypted for another key
    instead of a passphrase, KeyMalformed for too much key derivation, PassphraseMissing, and PassphraseWrong for
    every failure to decrypt.
    """
    message = _parse(data)
    recipients = [one for one in message.recipients if _is_for_passphrase(one)]
    if not recipients:
        _refuse_other_recipients(message.recipients[0].header)
    for one in recipients:
        unlock.spend(_cost(one.header.get("p2c")))
    password = _password(unlock.passphrase("JWK"))
    from jwtool.jose import jwe_engine

    for one in recipients:
        plaintext = jwe_engine.unseal(message, one, password)
        if plaintext is not None:
            return _document(plaintext), of_password(one.header["alg"], one.header["p2c"])
    raise PassphraseWrong("the passphrase does not open the encrypted JWK")


_TOKEN = "this is a token, not a key"  # noqa: S105  words


def _parse(data: bytes) -> Encrypted:
    """The JWE, of a content type that a key may have."""
    try:
        message = parse(data).encrypted
        if message is not None:
            for one in message.recipients:
                check_header(one.header, message.protected)
    except InputError:
        message = None
    if message is None or any(_content_type(one.header) not in CONTENT_TYPES for one in message.recipients):
        raise KeyUnrecognized(_TOKEN)
    return message


def _password(passphrase: bytes) -> Key:
    """Not by `parse_jwk`: no policy for secrets has a say in what a person chose to remember."""
    members = {"kty": "oct", "k": base64url.encode(passphrase)}
    return Key(kty="oct", crv=None, bits=len(passphrase) * 8, private=True, members=members, form=PASSWORD)


def _content_type(header: Mapping[str, Any]) -> str | None:
    """The `cty` without case and without `application/` (RFC 7515 §4.1.10)."""
    cty = header.get("cty")
    return cty.lower().removeprefix("application/") if isinstance(cty, str) else None


def _is_for_passphrase(recipient: Recipient) -> bool:
    row = KEY_MANAGEMENT.get(recipient.header["alg"])
    return row is not None and row.family == "pbes2" and recipient.header["enc"] in CONTENT_ENCRYPTION


def _refuse_other_recipients(header: Mapping[str, Any]) -> None:
    if _content_type(header) is None:
        raise KeyUnrecognized(_TOKEN)
    raise KeyUnsupported(
        f"the JWK is encrypted with {quote_public(header['alg'])}, and only for a passphrase (PBES2) it is read",
        hint="jwtool decrypt -k KEY @FILE",
    )


def _cost(count: object) -> float:
    """The rounds of PBKDF2 as a share of the most that may be."""
    if type(count) is not int or not MIN_P2C <= count <= MAX_P2C:
        found = count if type(count) is int and abs(count) < 1 << 64 else "none" if count is None else "others"
        raise KeyMalformed(
            f"the encrypted JWK asks for {found} rounds of key derivation, wanted {MIN_P2C} to {MAX_P2C}"
        )
    return count / MAX_P2C


def _document(plaintext: bytes) -> dict[str, Any]:
    """The JSON object inside, of which no message repeats a word."""
    try:
        document = strict_json.parse(plaintext)
    except InputError:
        document = None
    if not isinstance(document, dict) or not {"kty", "keys"} & document.keys():
        raise KeyUnrecognized("the token was decrypted, and it holds neither a JWK nor a JWK set")
    return document
