"""The certificate members of a JWK: `x5c`, `x5t`, `x5t#S256` must speak of the key that they stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose.errors import KeyMalformed, KeyUnsupported
from jwtool.jose.keys.members import json_type, read_octets

if TYPE_CHECKING:
    from collections.abc import Mapping

THUMBPRINTS = {"x5t": "sha1", "x5t#S256": "sha256"}
HEX_REMARK = "'{}' holds the thumbprint in hexadecimal, as some servers write it"


def judge(jwk: Mapping[str, Any]) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """The certificates of `x5c` in DER, empty if there is none, and remarks (RFC 7517 §4.7 to §4.9).

    Raises KeyMalformed if a member is badly encoded, if the first certificate is not for this key, or if a
    thumbprint is not the one of that certificate. Chains, dates and names are not judged.
    """
    certificates = _read_chain(jwk["x5c"]) if "x5c" in jwk else ()
    if certificates and not _is_for(certificates[0], jwk):
        raise KeyMalformed("the first certificate in 'x5c' is not for this key")
    in_hex = [name for name in THUMBPRINTS if name in jwk and _judge_thumbprint(jwk, name, certificates)]
    return certificates, tuple(HEX_REMARK.format(name) for name in in_hex)


def _read_chain(chain: object) -> tuple[bytes, ...]:
    if not isinstance(chain, list):
        raise KeyMalformed(f"'x5c' of the key must be an array, found {json_type(chain)}")
    if not chain:
        raise KeyMalformed("'x5c' of the key is an empty array")
    return tuple(_read_certificate(text, index) for index, text in enumerate(chain))


def _read_certificate(text: object, index: int) -> bytes:
    """The DER of one entry: standard base64 with padding, not base64url (RFC 7517 §4.7)."""
    if not isinstance(text, str):
        raise KeyMalformed(f"'x5c[{index}]' of the key must be text, found {json_type(text)}")
    import base64

    try:
        der = base64.b64decode(text, validate=True)
    except ValueError:
        der = b""
    if not der or base64.b64encode(der).decode() != text:
        raise KeyMalformed(f"'x5c[{index}]' of the key is not base64 with padding (RFC 7517 §4.7)")
    return der


def _judge_thumbprint(jwk: Mapping[str, Any], name: str, certificates: tuple[bytes, ...]) -> bool:
    """Whether the thumbprint is written in hexadecimal inside its base64url, as Auth0 and WSO2 have done."""
    import hashlib

    found = read_octets(jwk, name)
    digest_octets = hashlib.new(THUMBPRINTS[name], usedforsecurity=False).digest_size
    in_hex = len(found) == digest_octets * 2
    if in_hex:
        try:
            found = bytes.fromhex(found.decode("ascii"))
        except ValueError:
            found = b""
    if len(found) != digest_octets:
        raise KeyMalformed(f"'{name}' of the key is not a thumbprint of {digest_octets} octets")
    if certificates and found != hashlib.new(THUMBPRINTS[name], certificates[0], usedforsecurity=False).digest():
        raise KeyMalformed(f"'{name}' of the key is not the thumbprint of its certificate in 'x5c'")
    return in_hex


def _is_for(der: bytes, jwk: Mapping[str, Any]) -> bool:
    """Whether the certificate is for the (already judged) key; KeyMalformed if it can't be read."""
    import warnings

    from cryptography import x509

    from jwtool.jose.keys.native import public_members

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd serial number or date of the certificate is not our matter
            members = public_members(x509.load_der_x509_certificate(der).public_key())
    except KeyUnsupported:
        return False
    except Exception as error:  # whatever the library makes of hostile bytes, it is a bad certificate
        raise KeyMalformed("the first certificate in 'x5c' can't be read") from error
    return all(jwk.get(name) == value for name, value in members.items())
