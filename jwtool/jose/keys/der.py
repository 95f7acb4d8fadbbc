"""How DER says what it holds: this file recognises key files by structure, before a library opens them.

Nothing here makes a key. It names the kind of a file, the algorithm, curve and size of the key inside and the
cost of its encryption, so that what can't or mustn't be read is refused by name and before it costs anything.
DER: X.690 §8 and §10. Structures: RFC 5280 §4.1 (certificate, SPKI), RFC 5208 and RFC 5958 (PKCS#8),
RFC 8017 appendix A.1 (PKCS#1), RFC 5915 (SEC 1), RFC 7292 (PKCS#12), RFC 8018 appendix A (encryption).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal[
    "PKCS#8 private key",
    "encrypted PKCS#8 private key",
    "SPKI public key",
    "X.509 certificate",
    "certificate request",
    "certificate revocation list",
    "PKCS#1 private key",
    "PKCS#1 public key",
    "SEC 1 private key",
    "DSA private key",
    "PKCS#7 file",
    "PKCS#12 file",
]

INTEGER, BIT_STRING, OCTET_STRING, OID, SEQUENCE = 0x02, 0x03, 0x04, 0x06, 0x30
CONTEXT_0, CONTEXT_1 = 0xA0, 0xA1

# More children than any structure here has, so that a megabyte of tiny elements costs nothing.
_MOST_CHILDREN = 16
_MOST_OID_OCTETS = 32
_PKCS7 = "1.2.840.113549.1.7."

_KIND_OF_TAGS: Mapping[tuple[int, ...], Kind] = {
    (INTEGER, INTEGER): "PKCS#1 public key",
    (INTEGER,) * 9: "PKCS#1 private key",
    (*(INTEGER,) * 9, SEQUENCE): "PKCS#1 private key",
    (INTEGER, OCTET_STRING): "SEC 1 private key",
    (INTEGER, OCTET_STRING, CONTEXT_0): "SEC 1 private key",
    (INTEGER, OCTET_STRING, CONTEXT_1): "SEC 1 private key",
    (INTEGER, OCTET_STRING, CONTEXT_0, CONTEXT_1): "SEC 1 private key",
    (INTEGER, SEQUENCE, OCTET_STRING): "PKCS#8 private key",
    (INTEGER, SEQUENCE, OCTET_STRING, CONTEXT_0): "PKCS#8 private key",
    (INTEGER, SEQUENCE, OCTET_STRING, CONTEXT_1): "PKCS#8 private key",
    (INTEGER, SEQUENCE, OCTET_STRING, 0x81): "PKCS#8 private key",
    (INTEGER, SEQUENCE, OCTET_STRING, CONTEXT_0, CONTEXT_1): "PKCS#8 private key",
    (INTEGER, SEQUENCE, OCTET_STRING, CONTEXT_0, 0x81): "PKCS#8 private key",
    (SEQUENCE, OCTET_STRING): "encrypted PKCS#8 private key",
    (SEQUENCE, BIT_STRING): "SPKI public key",
    (INTEGER,) * 6: "DSA private key",
    (OID, CONTEXT_0): "PKCS#7 file",
    (INTEGER, SEQUENCE): "PKCS#12 file",
    (INTEGER, SEQUENCE, SEQUENCE): "PKCS#12 file",
}
# A file or its content without a length: DER would have one.
_BER_PKCS12 = re.compile(
    rb"\x30(?:\x80\x02\x01\x03\x30|(?:\x81.|\x82..|\x83...|\x84....)\x02\x01\x03\x30\x80)", re.DOTALL
)
# Where the AlgorithmIdentifier (or the ContentInfo, which looks the same) of these stands.
_WITH_ALGORITHM: Mapping[Kind, int] = {
    "PKCS#8 private key": 1,
    "encrypted PKCS#8 private key": 0,
    "SPKI public key": 0,
    "PKCS#12 file": 1,
}


class DerFault(ValueError):
    """These octets are not the DER that was expected; caught wherever this file is used."""


@dataclass(frozen=True, slots=True, repr=False)
class Element:
    """One value: its tag octet, its contents, and the whole of it as it was encoded."""

    tag: int
    body: bytes
    encoded: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Structure:
    """What a DER file is.

    `size` is the length of the structure in octets: what comes after it does not belong to it. `children` are the
    elements of its outer SEQUENCE. `key` is the key inside: of a certificate the SubjectPublicKeyInfo, of any other
    the whole. `names` are the issuer and the subject of a certificate, as they are encoded.
    """

    kind: Kind
    size: int
    children: tuple[Element, ...]
    key: bytes
    names: tuple[bytes, bytes] = (b"", b"")


def read(data: bytes) -> Element:
    """The element at the start of `data`; a definite length in its shortest form is demanded. Raises DerFault."""
    if len(data) < 2 or data[0] & 0x1F == 0x1F:
        raise DerFault
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        octets = data[2:start]
        length = int.from_bytes(octets[:8])
        if not 1 <= len(octets) <= 4 or len(data) < start or octets[0] == 0 or length < 0x80:
            raise DerFault
    if len(data) < start + length:
        raise DerFault
    return Element(data[0], data[start : start + length], data[: start + length])


def children(element: Element, *, most: int = _MOST_CHILDREN) -> tuple[Element, ...]:
    """The elements inside a constructed one, which fill it exactly. Raises DerFault, also for more than `most`."""
    if not element.tag & 0x20:
        raise DerFault
    found: list[Element] = []
    rest = element.body
    while rest:
        if len(found) == most:
            raise DerFault
        found.append(read(rest))
        rest = rest[len(found[-1].encoded) :]
    return tuple(found)


def only(element: Element, tag: int) -> bytes:
    """The contents of an element that must have that tag. Raises DerFault."""
    if element.tag != tag:
        raise DerFault
    return element.body


def integer(element: Element) -> int:
    """An INTEGER that is not negative. Raises DerFault."""
    body = only(element, INTEGER)
    if not body or body[0] & 0x80:
        raise DerFault
    return int.from_bytes(body)


def oid(element: Element) -> str:
    """An OBJECT IDENTIFIER, dotted. Raises DerFault."""
    body = only(element, OID)
    if not body or len(body) > _MOST_OID_OCTETS or body[-1] & 0x80:
        raise DerFault
    arcs, arc = [], 0
    for octet in body:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def algorithm(element: Element) -> tuple[str, Element | None]:
    """The OID and the parameters of an AlgorithmIdentifier (RFC 5280 §4.1.1.2). Raises DerFault."""
    if element.tag != SEQUENCE:
        raise DerFault
    match children(element):
        case [name]:
            return oid(name), None
        case [name, parameters]:
            return oid(name), parameters
    raise DerFault


def identify(data: bytes) -> Structure | None:
    """What key file `data` begins with, judged by its outer structure alone; None if it is no such file. Never raises.

    PKCS#12 is known in BER too, as browsers and Windows write it; then `size` is that of all the data.
    """
    if _BER_PKCS12.match(data):
        return Structure("PKCS#12 file", len(data), (), data)
    try:
        outer = read(data)
        if outer.tag != SEQUENCE:
            return None
        return _known(outer, children(outer))
    except DerFault:
        return None


def _known(outer: Element, inside: tuple[Element, ...]) -> Structure | None:
    tags = tuple(element.tag for element in inside)
    if tags == (SEQUENCE, SEQUENCE, BIT_STRING):
        algorithm(inside[1])
        return _signed(outer, inside)
    kind = _KIND_OF_TAGS.get(tags)
    if kind is None:
        return None
    if kind in _WITH_ALGORITHM:
        name, _ = algorithm(inside[_WITH_ALGORITHM[kind]])
        if kind == "PKCS#12 file" and not name.startswith(_PKCS7):
            return None
    if kind == "PKCS#7 file" and not oid(inside[0]).startswith(_PKCS7):
        return None
    return Structure(kind, len(outer.encoded), inside, outer.encoded)


def _signed(outer: Element, inside: tuple[Element, ...]) -> Structure | None:
    """Certificates, requests for them and revocation lists are signed in the same way (RFC 5280 §4.1, §5.1)."""
    fields = children(inside[0])
    if fields and fields[0].tag == CONTEXT_0:
        fields = fields[1:]
    size = len(outer.encoded)
    match [element.tag for element in fields]:
        case [0x02, 0x30, 0x30, 0x30, 0x30, 0x30, *_]:
            names = fields[2].encoded, fields[4].encoded
            return Structure("X.509 certificate", size, inside, fields[5].encoded, names)
        case [0x02, 0x30, 0x30, *rest] if rest in ([], [CONTEXT_0]):
            return Structure("certificate request", size, inside, outer.encoded)
        case [0x02, 0x30, 0x30, 0x17 | 0x18, *_] | [0x30, 0x30, 0x17 | 0x18, *_]:
            return Structure("certificate revocation list", size, inside, outer.encoded)
    return None
