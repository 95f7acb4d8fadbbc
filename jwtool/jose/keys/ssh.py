"""OpenSSH public keys: the lines of a `.pub` or `authorized_keys` file become keys (RFC 4253 §6.6, RFC 5656, RFC 8709).

The comment at the end of a line is no `kid`: anybody may have written it.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

from jwtool.jose.algorithms import CURVES
from jwtool.jose.base64url import encode
from jwtool.jose.errors import JwksMalformed, KeyMalformed, KeyRefused, KeyUnsupported
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.members import encode_number
from jwtool.jose.keyset import MAX_KEYS, KeySet, Skipped

if TYPE_CHECKING:
    from jwtool.jose.algorithms import Curve
    from jwtool.jose.keys.key import Key

_CURVES = {"nistp256": "P-256", "nistp384": "P-384", "nistp521": "P-521"}
ED25519_OCTETS = 32
LONGEST_NUMBER = 2049  # octets of an RSA modulus of 16,384 bits, and the zero before it
UNCOMPRESSED = 4

_TYPE = rb"(?:ssh-[a-z0-9]{1,20}|ecdsa-sha2-[a-z0-9]{1,20}|sk-[a-z0-9-]{1,40})(?:-cert-v\d\d)?(?:@openssh\.com)?"
_NAME = re.compile(_TYPE.decode())
_ANYWHERE = re.compile(rb"(?<![^\s\"',])%s[ \t]++AAAA" % _TYPE)
_LINE = re.compile(rb"(%s)[ \t]++([^\s]++)(?:[ \t].*+)?" % _TYPE)


class Wire:
    """A reader of the data types of RFC 4251 §5, one after the other; every method raises WireFault for others."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, octets: int) -> bytes:
        """That many octets."""
        if len(self.rest) < octets:
            raise WireFault
        taken, self.rest = self.rest[:octets], self.rest[octets:]
        return taken

    def uint32(self) -> int:
        return int.from_bytes(self.take(4))

    def string(self) -> bytes:
        return self.take(self.uint32())

    def text(self) -> str:
        """A name of algorithms, in ASCII."""
        data = self.string()
        if not data.isascii():
            raise WireFault
        return data.decode("ascii")

    def mpint(self) -> int:
        """A number that is not negative, in its shortest form, and no longer than any of a key that is read."""
        data = self.string()
        if len(data) > LONGEST_NUMBER or (data and (data[0] & 0x80 or (data[0] == 0 and not data[1:2] >= b"\x80"))):
            raise WireFault
        return int.from_bytes(data)


class WireFault(ValueError):
    """These octets are not what stands in an SSH key; caught wherever `Wire` is used."""


def has_lines(data: bytes) -> bool:
    """Whether an OpenSSH public key stands somewhere in the text."""
    return _ANYWHERE.search(data) is not None


def read_lines(data: bytes) -> KeySet:
    """The keys of a text with one key a line; empty lines and those that begin with `#` are skipped.

    A file of one key is that key, or its refusal; of several the refused ones are among the skipped. Raises
    KeyMalformed, KeyUnsupported, and JwksMalformed for more than 1,000 lines.
    """
    stripped = (line.strip() for line in data.splitlines())
    lines = [line for line in stripped if line and not line.startswith(b"#")]
    if len(lines) == 1:
        return KeySet((_read_line(lines[0]),), is_set=False)
    if len(lines) > MAX_KEYS:
        raise JwksMalformed(f"the file has {len(lines)} lines of SSH keys, wanted at most {MAX_KEYS}")
    keys: list[Key] = []
    skipped: list[Skipped] = []
    for index, line in enumerate(lines):
        try:
            keys.append(_read_line(line))
        except KeyRefused as error:
            skipped.append(Skipped(index, None, {}, error.code, error.message))
    return KeySet(tuple(keys), tuple(skipped))


def _read_line(line: bytes) -> Key:
    match = _LINE.fullmatch(line)
    if match is None:
        if has_lines(line):
            raise KeyUnsupported(
                "something stands before the SSH key: options, or the name of a host",
                hint="leave out what stands before the type of the key",
            )
        raise KeyMalformed("a line of the file is no SSH key: it wants a type, the key in base64, and a comment")
    name = match[1].decode("ascii")
    refuse_type(name)
    try:
        blob = binascii.a2b_base64(match[2], strict_mode=True)
    except binascii.Error:
        blob = b""
    if not blob or binascii.b2a_base64(blob, newline=False) != match[2]:
        raise KeyMalformed(f"the SSH key of the type '{name}' is not sound base64: was it copied whole?")
    members = _members_of(name, blob)
    if members is None:
        raise KeyMalformed(f"the SSH key of the type '{name}' is damaged")
    return parse_jwk(members, form="ssh")


def _members_of(name: str, blob: bytes) -> dict[str, str] | None:
    """The JWK members of the public key `blob`, None for a damaged one. Raises KeyMalformed for another type."""
    wire = Wire(blob)
    try:
        found = wire.text()
        members = public_members(name, wire) if found == name else {}
    except WireFault:
        return None
    if not members:
        raise KeyMalformed(f"the line says '{name}', the SSH key in it is of another type")
    return None if wire.rest else members


def refuse_type(name: str) -> None:
    """Raise KeyUnsupported for a type of SSH key that can't be a JWK, with the reason; WireFault for no type at all."""
    if not _NAME.fullmatch(name):
        raise WireFault
    if "-cert-v" in name:
        raise KeyUnsupported(
            f"an SSH certificate ('{name}') is not supported", hint="give the public key that was certified"
        )
    if name.startswith("sk-"):
        raise KeyUnsupported(
            f"an SSH key in a security token ('{name}') is not supported: it signs more than it is given"
        )
    if name == "ssh-dss":
        raise KeyUnsupported("a DSA key is not supported")
    if name not in {"ssh-rsa", "ssh-ed25519"} and name.removeprefix("ecdsa-sha2-") not in _CURVES:
        raise KeyUnsupported(f"an SSH key of the type '{name}' is not supported")


def curve_of(name: str) -> Curve:
    """The curve of a type of ECDSA key that `refuse_type` let pass."""
    return CURVES[_CURVES[name.removeprefix("ecdsa-sha2-")]]


def public_members(name: str, wire: Wire) -> dict[str, str]:
    """The JWK members of the public key that stands next, of a type that `refuse_type` let pass. Raises WireFault."""
    if name == "ssh-rsa":
        e, n = wire.mpint(), wire.mpint()
        return rsa_members(n, e)
    if name == "ssh-ed25519":
        return {"kty": "OKP", "crv": "Ed25519", "x": encode(wire.string())}
    return point_members(name, wire)


def rsa_members(n: int, e: int) -> dict[str, str]:
    """The public JWK members of an RSA key. Raises WireFault for a zero."""
    if not n or not e:
        raise WireFault
    return {"kty": "RSA", "n": encode_number(n), "e": encode_number(e)}


def point_members(name: str, wire: Wire) -> dict[str, str]:
    """The public JWK members of an ECDSA key: the name of its curve and an uncompressed point (RFC 5656 §3.1)."""
    identifier = wire.text()
    point = wire.string()
    curve = curve_of(name)
    if f"ecdsa-sha2-{identifier}" != name or len(point) != 1 + 2 * curve.octets or point[0] != UNCOMPRESSED:
        raise WireFault
    x, y = point[1 : 1 + curve.octets], point[1 + curve.octets :]
    return {"kty": "EC", "crv": curve.name, "x": encode(x), "y": encode(y)}
