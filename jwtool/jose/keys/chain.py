"""Certificates beside a key: what they say, whether each was issued by the next, and the members that carry them.

Nothing here makes a certificate trusted: whoever relies on a chain knows which root it must end in, and jwtool doesn't.
"""

from __future__ import annotations

import base64
import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import base64url
from jwtool.jose.errors import CertificateMismatch, KeyMalformed, KeyUnsupported
from jwtool.jose.keys.der_key import LibraryRefused, quietly
from jwtool.jose.keys.native import public_members
from jwtool.jose.keys.public import PUBLIC_MATERIAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.x509 import Certificate

    from jwtool.jose.keys.key import Key


class Facts(NamedTuple):
    """What a certificate says: names as RFC 4514 writes them, the serial number in hexadecimal, times in Unix seconds.

    `thumbprint` is what `x5t#S256` would hold.
    """

    subject: str
    issuer: str
    serial: str
    not_before: int
    not_after: int
    thumbprint: str


def members(certificates: Sequence[bytes]) -> dict[str, Any]:
    """`x5c` and `x5t#S256` of a chain, which begins with the certificate of the key (RFC 7517 §4.7, §4.9)."""
    return {
        "x5c": [base64.b64encode(der).decode() for der in certificates],
        "x5t#S256": thumbprint(certificates[0]),
    }


def thumbprint(der: bytes) -> str:
    """The SHA-256 of a certificate in DER, base64url (RFC 7515 §4.1.8)."""
    return base64url.encode(hashlib.sha256(der).digest())


def read_facts(der: bytes) -> Facts:
    """What the certificate says. Raises KeyMalformed if it can't be read."""
    try:
        return quietly(lambda: _facts(_load(der), der))
    except LibraryRefused:
        raise KeyMalformed("an X.509 certificate of the key is damaged") from None


def check_is_for(key: Key, certificates: Sequence[bytes]) -> None:
    """Raise CertificateMismatch unless the first certificate holds the public half of `key`.

    The message says whose key it holds. KeyMalformed for a certificate that can't be read.
    """
    if _holds(certificates[0], key):
        return
    facts = read_facts(certificates[0])
    hint = None
    if any(_holds(der, key) for der in certificates[1:]):
        hint = "the certificate of the key must come first, before those of its issuers"
    raise CertificateMismatch(
        f"the first certificate is for another key than this {key.describe()}: it is that of {shorten(facts.subject)}",
        hint=hint,
    )


def check_order(certificates: Sequence[bytes]) -> None:
    """Raise CertificateMismatch unless each certificate was issued and signed by the next one (RFC 7517 §4.7).

    An issuer's key of a kind that can't be checked here counts as if it had not signed.
    """
    for number, (below, above) in enumerate(pairwise(certificates), start=1):
        try:
            quietly(lambda one=below, other=above: _load(one).verify_directly_issued_by(_load(other)))  # type: ignore[misc]  # mypy infers no lambda with defaults
        except LibraryRefused:
            raise CertificateMismatch(
                f"certificate {number + 1} of the chain did not issue certificate {number}",
                hint="the certificate of the key comes first, and after each the one that issued it",
            ) from None


def shorten(name: str, *, most: int = 100) -> str:
    """A name of a certificate for a sentence: `''` if it is empty, its beginning if it is long."""
    return f"{name[:most]}…" if len(name) > most else name or "''"


def _holds(der: bytes, key: Key) -> bool:
    try:
        found = quietly(lambda: public_members(_load(der).public_key()))
    except (LibraryRefused, KeyUnsupported):
        return False
    names = ("kty", *PUBLIC_MATERIAL.get(key.kty, ()))
    return found == {name: key.members[name] for name in names}


def _load(der: bytes) -> Certificate:
    from cryptography import x509

    return x509.load_der_x509_certificate(der)


def _facts(certificate: Certificate, der: bytes) -> Facts:
    return Facts(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:x}",
        not_before=int(certificate.not_valid_before_utc.timestamp()),
        not_after=int(certificate.not_valid_after_utc.timestamp()),
        thumbprint=thumbprint(der),
    )
