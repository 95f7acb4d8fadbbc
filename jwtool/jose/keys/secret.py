"""HMAC secrets: bytes become an `oct` key unless they are an asymmetric key in some wrapping.

A public key that is taken for a secret lets anybody sign (CVE-2015-9235 and its many successors), so this file looks
through PEM, DER, JWK, JWE, OpenSSH, XML, UTF-16, base64, hexadecimal and percent-encoding. All marks that it looks for
are long and structured: no random secret and no password has them.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

from jwtool.jose import base64url
from jwtool.jose.algorithms import CURVES, Curve
from jwtool.jose.errors import KeyConfusion, KeyMalformed
from jwtool.jose.keys.der import identify
from jwtool.jose.keys.jwk import parse_jwk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtool.jose.keys.key import Key

# How many wrappings inside each other are undone.
MAX_WRAPPINGS = 3
# No key of any kind is shorter than this in DER; the least PKCS#1 key that is looked for has a modulus of 256 bits.
LEAST_DER_OCTETS = 40
# Octets that a DER file may have lost to a strip of white space at its end: any will do to complete it.
STRIPPED = b"\n" * 4
UNCOMPRESSED = 4

_BLANKS_AND_MARKS = re.compile(rb"(?:[\s\0\"']|\xef\xbb\xbf|\xff\xfe|\xfe\xff)*+")
_PEM = re.compile(rb"-----(?:BEGIN|END)[ +][A-Z0-9 .#+]{1,60}-----", re.IGNORECASE)
_SSH = re.compile(
    rb"(?:ssh-(?:rsa|dss|ed25519|ed448)|ecdsa-sha2-nistp\d{3}|sk-[a-z0-9-]{1,40}@openssh\.com)\S{0,40}\s+AAAA"
    rb"|openssh-key-v1\0|-{4} (?:BEGIN|END) SSH2 |PuTTY-User-Key-File-\d"
)
_SSH_BLOB = re.compile(rb"\0\0\0[\x07-\x40](?:ssh-|ecdsa-sha2-|sk-)[a-z0-9@.-]+\0")
_JWK = re.compile(rb"""kty\\*["']?\s*[:=]\s*\\*["']?(?:RSA|EC|OKP|oct|AKP)\b""")
_JWKS = re.compile(rb"""["'](?:keys|x5c)\\*["']\s*:\s*\[""")
_JWE = re.compile(rb"(?<![A-Za-z0-9_.-])(e[A-Za-z0-9_-]{16,}+)(?:\.[A-Za-z0-9_-]*+){4}(?![A-Za-z0-9_.-])")
_JWE_OF_A_KEY = re.compile(rb"""["']PBES2-|jwk(?:-set)?\+json""", re.IGNORECASE)
_JSON_JWE = re.compile(rb"""["']ciphertext\\*["']\s*:""")
_XML = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:RSAKeyValue|ECKeyValue|X509Certificate|Modulus)\b")
_JSON_ESCAPE = re.compile(rb"(?<!\\)\\++u00([0-7][0-9a-fA-F])")
_MARKS = {
    "a PEM block": _PEM,
    "an SSH key": _SSH,
    "a key in XML": _XML,
    "a JWK": _JWK,
    "a JWK set": _JWKS,
    "an encrypted JWK": _JSON_JWE,
}
_SEPARATORS = re.compile(rb"""\s|\\[nrt]|["',]""")
_HEX = re.compile(rb"(?:0[xX])?((?:[0-9a-fA-F]{2}:?)++)[0-9a-fA-F]?")
_PERCENT = re.compile(rb"%([0-9a-fA-F]{2})")
_BASE64 = re.compile(rb"(?:data:[\w/+.;=-]{0,99}?;base64)?([A-Za-z0-9+/_-]{40,}+)(?:=.*)?", re.DOTALL)
_FROM_URL = bytes.maketrans(b"-_", b"+/")


def secret_key(data: bytes, *, where: str) -> Key:
    """The oct key whose secret is `data`, byte for byte; `where` names its source in messages.

    Raises KeyConfusion for an asymmetric key or a JWK in any wrapping, KeyMalformed for an empty secret. A secret that
    is only too short comes back with its weakness.
    """
    found = find_key(data)
    if found is not None:
        raise KeyConfusion(
            f"{where} holds {found}, which must not become an HMAC secret",
            hint="give the key file as it is, without 'secret:', 'hex:' or 'base64:'",
        )
    if not data:
        raise KeyMalformed(f"{where} is empty, wanted an HMAC secret")
    return parse_jwk({"kty": "oct", "k": base64url.encode(data)}, form="secret")


def find_key(data: bytes) -> str | None:
    """What key `data` holds in some wrapping, as words for a message ("a PEM block"); None if it holds none."""
    return _find(data, MAX_WRAPPINGS)


def _find(data: bytes, wrappings: int) -> str | None:
    bare = data[_BLANKS_AND_MARKS.match(data).end() :]  # type: ignore[union-attr] # it matches nothing, too
    found = _binary(data) or _binary(bare) or _text(data)
    if found is None and b"\0" in data:
        found = _text(data.replace(b"\0", b""))  # UTF-16 and UTF-32 of ASCII text, in either order
    if found is not None or not wrappings:
        return found
    for name, unwrapped in _unwrapped(bare.replace(b"\0", b"")):
        inner = _find(unwrapped, wrappings - 1)
        if inner is not None:
            return f"{inner} in {name}"
    return None


def _binary(data: bytes) -> str | None:
    structure = identify(data + STRIPPED)
    if structure is not None and structure.size >= LEAST_DER_OCTETS:
        return f"a key file in DER ({structure.kind})"
    if _SSH_BLOB.match(data):
        return "an SSH key"
    if any(_is_point(data, curve) for curve in CURVES.values() if curve.kty == "EC"):
        return "a bare EC public key"
    return None


def _is_point(data: bytes, curve: Curve) -> bool:
    """Whether `data` is an uncompressed point of that curve (SEC 1 §2.3.3)."""
    if len(data) != 1 + 2 * curve.octets or data[0] != UNCOMPRESSED:
        return False
    x, y = int.from_bytes(data[1 : 1 + curve.octets]), int.from_bytes(data[1 + curve.octets :])
    return (y * y - x * x * x - curve.a * x - curve.b) % curve.p == 0


def _text(data: bytes) -> str | None:
    plain = _JSON_ESCAPE.sub(lambda match: binascii.unhexlify(match[1]), data)
    for name, mark in _MARKS.items():
        if mark.search(plain):
            return name
    return "an encrypted JWK" if any(_is_encrypted_key(match[1]) for match in _JWE.finditer(data)) else None


def _is_encrypted_key(header: bytes) -> bool:
    """Whether the header of a JWE says that there is a key in it, or a password to open it."""
    text = header.translate(_FROM_URL)
    decoded = binascii.a2b_base64(text[: len(text) - (len(text) % 4 == 1)] + b"==")
    return _JWE_OF_A_KEY.search(_JSON_ESCAPE.sub(lambda match: binascii.unhexlify(match[1]), decoded)) is not None


def _unwrapped(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What the text stands for if it is percent-encoded, hexadecimal or base64.

    Line breaks, quotes and a cut end are overlooked.
    """
    if _PERCENT.search(data):
        yield "percent-encoding", _PERCENT.sub(lambda match: binascii.unhexlify(match[1]), data)
    joined = _SEPARATORS.sub(b"", data)
    if digits := _HEX.fullmatch(joined):
        yield "hexadecimal", binascii.unhexlify(digits[1].replace(b":", b""))
    if digits := _BASE64.fullmatch(joined):
        text = digits[1].translate(_FROM_URL)
        yield "base64", binascii.a2b_base64(text[: len(text) - (len(text) % 4 == 1)] + b"==")
