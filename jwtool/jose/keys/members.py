"""The strict readers of single JWK members, and what a key type's policy hands back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import base64url
from jwtool.jose.errors import BadBase64url, KeyMalformed

if TYPE_CHECKING:
    from collections.abc import Mapping


class Material(NamedTuple):
    """The judged part of a JWK that belongs to its key type. `members` has no `kty`; no telling `repr`."""

    bits: int
    members: dict[str, str]
    private: bool
    crv: str | None = None
    weakness: str | None = None
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Only what it is: the members may be private."""
        return f"<Material, {self.bits} bits>"


def json_type(value: object) -> str:
    """What a parsed JSON value is, for a message: `null`, `a boolean`, `a number`, `text`, `an array`, `an object`."""
    if value is None:
        return "null"
    names = ((bool, "a boolean"), (int, "a number"), (float, "a number"), (str, "text"), (list, "an array"))
    return next((name for kind, name in names if isinstance(value, kind)), "an object")


def read_text(jwk: Mapping[str, Any], name: str) -> str:
    """The member, which must be there and be text; else KeyMalformed."""
    if name not in jwk:
        raise KeyMalformed(f"the key has no '{name}'")
    value = jwk[name]
    if not isinstance(value, str):
        raise KeyMalformed(f"'{name}' of the key must be text, found {json_type(value)}")
    return value


def read_octets(jwk: Mapping[str, Any], name: str) -> bytes:
    """The decoded base64url member (RFC 7515 §2); KeyMalformed if it is missing, no text or badly encoded."""
    text = read_text(jwk, name)
    try:
        return base64url.decode(text, what=f"'{name}' of the key")
    except BadBase64url as error:
        raise KeyMalformed(error.message, hint=error.hint) from None


def read_number(jwk: Mapping[str, Any], name: str, *, max_bits: int) -> int:
    """The Base64urlUInt member (RFC 7518 §2): as few octets as the number needs, at most `max_bits` long."""
    octets = read_octets(jwk, name)
    if not octets:
        raise KeyMalformed(f"'{name}' of the key is empty")
    if octets[0] == 0:
        raise KeyMalformed(f"'{name}' of the key begins with a zero octet, which RFC 7518 §2 forbids")
    bits = len(octets) * 8 - 8 + octets[0].bit_length()
    if bits > max_bits:
        raise KeyMalformed(f"'{name}' of the key is {bits} bits long, wanted at most {max_bits}")
    return int.from_bytes(octets)


def read_fixed(jwk: Mapping[str, Any], name: str, *, width: int, crv: str) -> bytes:
    """The member that must be exactly `width` octets on this curve (RFC 7518 §6.2.1.2, RFC 8037 §2)."""
    octets = read_octets(jwk, name)
    if len(octets) != width:
        raise KeyMalformed(f"'{name}' of the key is {len(octets)} octets long, {crv} wants {width}")
    return octets


def encode_number(number: int, octets: int | None = None) -> str:
    """The Base64urlUInt of a positive number (RFC 7518 §2), or its base64url at a fixed width."""
    return base64url.encode(number.to_bytes(octets or (number.bit_length() + 7) // 8))
