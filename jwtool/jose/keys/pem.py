"""PEM and DER become keys: this file takes blocks out of text and puts what belongs together into one key."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jwtool.jose.errors import KeyMalformed, KeyUnsupported
from jwtool.jose.keys.der import identify
from jwtool.jose.keys.der_key import check_certificate, parse_structure, read_key, read_traditional
from jwtool.jose.keys.unlock import Unlock
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jwtool.jose.keys.der import Kind, Structure
    from jwtool.jose.keys.key import Key
    from jwtool.jose.keys.unlock import AskPassphrase

MAX_BLOCKS = 200
OPENSSH = "OPENSSH PRIVATE KEY"

_BEGIN = b"-----BEGIN "
_DASHES = b"-----"
_LABEL = re.compile(rb"[A-Z0-9][A-Z0-9 .#]{0,62}")
_HEADERS = re.compile(rb"\s*+((?:[A-Za-z0-9-]++:[^\r\n]*+\r?\n[ \t]*+)++)\r?\n(.*)", re.DOTALL)
_DEK_INFO = re.compile(rb"DEK-Info:[ \t]*([A-Z0-9-]+),([0-9A-Fa-f]++)")

_KIND_OF_LABEL: Mapping[str, Kind] = {
    "PRIVATE KEY": "PKCS#8 private key",
    "ENCRYPTED PRIVATE KEY": "encrypted PKCS#8 private key",
    "RSA PRIVATE KEY": "PKCS#1 private key",
    "EC PRIVATE KEY": "SEC 1 private key",
    "PUBLIC KEY": "SPKI public key",
    "RSA PUBLIC KEY": "PKCS#1 public key",
    "CERTIFICATE": "X.509 certificate",
    "X509 CERTIFICATE": "X.509 certificate",
}
_HINT_OF_LABEL: Mapping[str, str] = {
    "CERTIFICATE REQUEST": "its public key: openssl req -in FILE -noout -pubkey",
    "PKCS7": "its certificates: openssl pkcs7 -in FILE -print_certs",
    "TRUSTED CERTIFICATE": "the plain certificate: openssl x509 -in FILE",
}


@dataclass(frozen=True, slots=True, repr=False)
class Block:
    """What stands between a BEGIN and an END line; `body` is still text."""

    label: str
    body: bytes


def parse_encoded(data: bytes, *, passphrase: AskPassphrase | Unlock) -> list[Key]:
    """The keys in a PEM or DER file, at least one; several blocks of one key are one Key.

    A chain of certificates is one key, that of the first. A private key together with its public key or certificate
    is one private key, which keeps the certificates. `passphrase` is called at most once, and only for an encrypted
    key; an `Unlock` in its place shares its budget. Raises KeyMalformed, KeyUnsupported, PassphraseMissing and
    PassphraseWrong.
    """
    unlock = passphrase if isinstance(passphrase, Unlock) else Unlock(passphrase)
    if _BEGIN not in data or _is_der(data):
        return _parse_der(data, unlock)
    keys: list[Key] = []
    certificates: list[tuple[bytes, Structure]] = []
    for block in _blocks(data):
        if block.label == "EC PARAMETERS":
            continue
        if block.label == OPENSSH:
            keys.append(_read_openssh(block, unlock))
            continue
        if block.label not in _KIND_OF_LABEL:
            raise KeyUnsupported(
                f"a PEM block {quote(block.label)} is not supported", hint=_HINT_OF_LABEL.get(block.label)
            )
        if headers := _HEADERS.fullmatch(block.body):
            keys.append(_read_traditional(block.label, headers[1], headers[2], unlock))
            continue
        der = _decode(block)
        structure = parse_structure(der)
        if structure.kind != _KIND_OF_LABEL[block.label]:
            raise KeyMalformed(f"the PEM block {quote(block.label)} holds something else: {structure.kind}")
        if structure.kind == "X.509 certificate":
            certificates.append((der, structure))
        else:
            keys.append(read_key(der, structure, form="pem", unlock=unlock))
    keys.extend(_keys_of_certificates(certificates, unlock))
    if not keys:
        raise KeyUnsupported("the PEM file holds curve parameters only, no key")
    return _merged(keys)


def _parse_der(data: bytes, unlock: Unlock) -> list[Key]:
    structure = parse_structure(data)
    if structure.kind != "PKCS#12 file":
        return [read_key(data, structure, form="der", unlock=unlock)]
    from jwtool.jose.keys.pkcs12 import read_pkcs12

    return read_pkcs12(data, unlock, of_certificates=_keys_of_certificates)


def _is_der(data: bytes) -> bool:
    """Whether the file is DER from its first octet to its last: a number or a name in it may read like PEM."""
    structure = identify(data)
    return structure is not None and structure.size == len(data)


def _blocks(data: bytes) -> Iterator[Block]:
    """Every block of the text, one after the other; whatever stands outside of them is skipped (RFC 7468 §2)."""
    at = count = 0
    while (begin := data.find(_BEGIN, at)) >= 0:
        count += 1
        if count > MAX_BLOCKS:
            raise KeyMalformed(f"the PEM file has more than {MAX_BLOCKS} blocks")
        start = begin + len(_BEGIN)
        label_end = data.find(_DASHES, start, start + 70)
        label = data[start : max(label_end, start)]
        if not _LABEL.fullmatch(label):
            raise KeyMalformed("a BEGIN line of the PEM file is damaged")
        footer = b"-----END " + label + _DASHES
        end = data.find(footer, label_end)
        name = label.decode("ascii")
        if end < 0:
            raise KeyMalformed(f"the PEM block {quote(name)} has no END line: the file is cut short")
        yield Block(name, data[label_end + len(_DASHES) : end])
        at = end + len(footer)


def _decode(block: Block) -> bytes:
    """The DER inside: standard base64 with padding, blanks and line breaks wherever they like (RFC 7468 §3)."""
    text = b"".join(block.body.split())
    try:
        der = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        der = b""
    if not der or binascii.b2a_base64(der, newline=False) != text:
        hint = r"the line breaks are written as \n: printf '%b' turns them into real ones" if rb"\n" in text else None
        raise KeyMalformed(f"the PEM block {quote(block.label)} does not hold sound base64", hint=hint)
    return der


def _read_openssh(block: Block, unlock: Unlock) -> Key:
    from jwtool.jose.keys.ssh_private import read_private

    return read_private(_decode(block), unlock)


def _read_traditional(label: str, headers: bytes, body: bytes, unlock: Unlock) -> Key:
    """A key with headers inside its block, which only encryption by RFC 1421 has any business with."""
    cipher = _DEK_INFO.search(headers)
    if label not in {"RSA PRIVATE KEY", "EC PRIVATE KEY"} or b"4,ENCRYPTED" not in headers or cipher is None:
        raise KeyMalformed(f"the PEM block {quote(label)} has headers that belong to no key")
    name = label.encode("ascii")
    text = binascii.b2a_base64(_decode(Block(label, body)))
    head = b"Proc-Type: 4,ENCRYPTED\n%s\n\n" % cipher[0]
    pem = b"-----BEGIN %s-----\n%s%s-----END %s-----\n" % (name, head, text, name)
    return read_traditional(pem, cipher[1].decode("ascii"), len(cipher[2]), unlock=unlock)


def _keys_of_certificates(certificates: Sequence[tuple[bytes, Structure]], unlock: Unlock) -> list[Key]:
    """One key for a chain, whose every certificate is issued by the next, or one for each if none issued another.

    Anything in between is refused: the key of an authority must not come to verify tokens by an accident of order.
    """
    names = [structure.names for _, structure in certificates]
    issued = {
        (below, above)
        for below, (issuer, subject) in enumerate(names)
        for above, (_, other) in enumerate(names)
        if issuer == other and issuer != subject
    }
    if not issued:
        return [_key_of_certificate(der, structure, unlock) for der, structure in certificates]
    if not {(index, index + 1) for index in range(len(names) - 1)} <= issued:
        raise KeyMalformed("the certificates of the PEM file are no chain in which each is followed by its issuer")
    for der, _ in certificates[1:]:
        check_certificate(der)
    key = _key_of_certificate(*certificates[0], unlock)
    return [replace(key, certificates=tuple(der for der, _ in certificates))]


def _key_of_certificate(der: bytes, structure: Structure, unlock: Unlock) -> Key:
    return read_key(der, structure, form="pem", unlock=unlock)


def _merged(keys: Sequence[Key]) -> list[Key]:
    """The keys in the order of their first appearance, those with the same public part as one."""
    merged: dict[tuple[str | None, ...], Key] = {}
    for key in keys:
        public = tuple(key.members.get(name) for name in ("kty", "crv", "n", "e", "x", "y", "pub"))
        known = merged.get(public, key)
        best = key if key.private and not known.private else known
        merged[public] = replace(best, certificates=known.certificates or key.certificates)
    return list(merged.values())
