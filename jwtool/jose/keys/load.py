"""Key material of any kind becomes a `KeySet`: recognised by what it is, never by its name, and never guessed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jwtool.jose import base64url, strict_json
from jwtool.jose.errors import (
    BadBase64url,
    BadUtf8,
    InputError,
    JwksMalformed,
    JwtoolError,
    KeyUnrecognized,
    KeyUnsupported,
)
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet, parse_jwks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jwtool.jose.keys.unlock import AskPassphrase, Unlock

WHAT = "the key"
SECRET_HINT = "for an HMAC secret write secret:@FILE"  # noqa: S105  a hint, no secret

_MARKS = {
    b"\xef\xbb\xbf": "with a byte order mark",
    b"\xff\xfe": "with the byte order mark of UTF-16",
    b"\xfe\xff": "with the byte order mark of UTF-16",
}
_TOKEN = rb"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*){2}(?:(?:\.[A-Za-z0-9_-]*){2})?"
_SCALAR = rb'"|-?[0-9]|true$|false$|null$'
_LONG_LENGTHS = b"\x81\x82\x83\x84"
_FOREIGN: Mapping[bytes, tuple[str, str | None]] = {
    b"---- BEGIN SSH2 PUBLIC KEY": ("an SSH public key", "ssh-keygen -i -f FILE, then ssh-keygen -e -m PKCS8 -f FILE"),
    b"PuTTY-User-Key-File-": ("a PuTTY key", "puttygen FILE -O private-openssh-new, then ssh-keygen -p -m PKCS8"),
    b"\xfe\xed\xfe\xed": ("a Java key store", "keytool -importkeystore -deststoretype PKCS12 converts it"),
    b"\xce\xce\xce\xce": ("a Java key store", "keytool -importkeystore -deststoretype PKCS12 converts it"),
}


def load_keys(data: bytes, *, passphrase: Callable[[], bytes | None]) -> KeySet:
    """The keys in `data`: JWK, JWK set, map of certificates, service account file, JWE of a JWK, PEM, DER, OpenSSH.

    `passphrase` is called only for an encrypted key, and at most once. Weak keys are among the keys. Raises
    KeyUnrecognized for what is none of these, BadUtf8 and the other errors of strict JSON, and of the family
    KeyRefused for what is recognised but can't be used, `KeyUnsupported` among them for what has a name.
    """
    bare = data.strip()
    if not bare:
        raise KeyUnrecognized("the key is empty")
    _refuse_encoding(data)
    if bare[:1] in b"{[":
        return _from_json(data, passphrase)
    from jwtool.jose.keys.der import identify

    if b"-----BEGIN " in data or identify(data) or (data[:1] == b"\x30" and data[1:2] in _LONG_LENGTHS):
        from jwtool.jose.keys.pem import parse_encoded

        keys = parse_encoded(data, passphrase=passphrase)
        return KeySet(tuple(keys), is_set=len(keys) > 1)
    if _is_token(bare):
        return _from_jwe(bare, passphrase)
    if not _foreign(bare):
        from jwtool.jose.keys.ssh import has_lines, read_lines

        if has_lines(data):
            return read_lines(data)
    raise _unrecognized(bare, data)


def _refuse_encoding(data: bytes) -> None:
    """Raise BadUtf8 for a byte order mark and for UTF-16 without one."""
    found = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)
    if found is None and b"\0" in data[:4]:
        text = data.replace(b"\0", b"").lstrip()
        is_line = text.startswith((b"ssh-", b"ecdsa-sha2-")) and not data.startswith(
            b"\0\0\0"
        )  # as a bare SSH key does
        if is_line or text.startswith((b"{", b"[", b"-----BEGIN ")):
            found = "in UTF-16"
    if found is not None:
        raise BadUtf8(f"the key is text {found}, wanted UTF-8 without a byte order mark")


def _from_json(data: bytes, passphrase: AskPassphrase) -> KeySet:
    document = strict_json.parse(data, what=WHAT)
    if not isinstance(document, dict):
        raise JwksMalformed(
            f"the key is {strict_json.kind_of(document)} in JSON, wanted a JWK or a JWK set",
            hint='a JWK set is an object with a list "keys"',
        )
    if "kty" in document:
        return KeySet((parse_jwk(document),), is_set=False)
    if "keys" in document:
        return parse_jwks(document)
    if "ciphertext" in document:
        return _from_jwe(data, passphrase)
    from jwtool.jose.keys.unlock import Unlock

    found = read_object(document, Unlock(passphrase))
    if found is None:
        raise _foreign_object(document)
    return found


def _from_jwe(data: bytes, passphrase: AskPassphrase) -> KeySet:
    from jwtool.jose.keys.encrypted_jwk import open_jwk
    from jwtool.jose.keys.unlock import Unlock

    document, protection = open_jwk(data, Unlock(passphrase))
    found = KeySet((parse_jwk(document),), is_set=False) if "kty" in document else parse_jwks(document)
    return found._replace(keys=tuple(replace(key, protection=protection) for key in found.keys))


def read_object(document: Mapping[str, Any], unlock: Unlock) -> KeySet | None:
    """The keys in a JSON object that is neither JWK nor JWK set; None if it is no other key material either."""
    from jwtool.jose.keys import pem_map

    if "jwks_uri" in document:
        return None
    if pem_map.is_service_account(document):
        return pem_map.read_service_account(document, unlock)
    return pem_map.read_map(document, unlock) if pem_map.is_map(document) else None


def _foreign_object(document: Mapping[str, Any]) -> JwtoolError:
    """The error for a JSON object that is no key, by its name if it has one."""
    if "jwks_uri" in document:
        return KeyUnsupported("this is a discovery document, not a key set", hint="give the URL in its 'jwks_uri'")
    if "payload" in document and {"signature", "signatures"} & document.keys():
        return KeyUnrecognized("this is a token in JSON, not a key")
    return JwksMalformed("the JSON object is neither a JWK (no 'kty') nor a JWK set (no 'keys')")


def _unrecognized(bare: bytes, data: bytes) -> JwtoolError:
    """The error for what is no JSON object, PEM or DER, by its name if it has one."""
    if foreign := _foreign(bare):
        name, hint = foreign
        return KeyUnsupported(f"{name} is not supported", hint=hint)
    if re.match(_SCALAR, bare) and (kind := _kind_of_scalar(bare)):
        return KeyUnsupported(f"the key is {kind} in JSON, wanted a JWK or a JWK set", hint=SECRET_HINT)
    from jwtool.jose.keys.secret import find_key

    found = find_key(data)  # octets that happen to be blanks are part of a binary key
    if found == "an SSH key":
        return KeyUnrecognized(
            "this looks like a part of an SSH key", hint="give the whole file, as ssh-keygen made it"
        )
    if found is not None:
        return KeyUnrecognized(f"this looks like {found}", hint="unwrap it first")
    return KeyUnrecognized("this is neither a JWK, a JWK set, PEM nor DER", hint=SECRET_HINT)


def _foreign(bare: bytes) -> tuple[str, str | None] | None:
    return next((named for mark, named in _FOREIGN.items() if bare.startswith(mark)), None)


def _is_token(bare: bytes) -> bool:
    if not re.fullmatch(_TOKEN, bare):
        return False
    try:
        return base64url.decode(bare.partition(b".")[0]).lstrip().startswith(b"{")
    except BadBase64url:
        return False


def _kind_of_scalar(bare: bytes) -> str | None:
    try:
        return strict_json.kind_of(strict_json.parse(bare))
    except InputError:
        return None
