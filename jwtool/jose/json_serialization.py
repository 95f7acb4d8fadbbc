"""The JSON serializations of JWS and JWE, flattened and general (RFC 7515 §7.2, RFC 7516 §7.2).

Rarely met, and loose by nature: whatever two readers could take differently is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from jwtool.jose import base64url, strict_json, token_faults
from jwtool.jose.errors import HeaderNotObject, HeaderTooLarge, InputTooLarge, TokenMalformed
from jwtool.jose.quoting import quote
from jwtool.jose.token import (
    MAX_HEADER,
    MAX_SIGNATURES,
    Encrypted,
    Recipient,
    Signature,
    UnverifiedToken,
    decode_header,
    payload_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_Members = dict[str, Any]
_Serialization = Literal["flattened", "general"]


def parse(text: str, *, allow_sd_jwt: bool) -> UnverifiedToken:
    """The parts of the JWS or JWE that the JSON object `text` is. Raises as `token.parse` does."""
    members = strict_json.parse_object(text, what="the token")
    if "ciphertext" in members and "payload" in members:
        raise TokenMalformed("the token has both 'payload', as a JWS, and 'ciphertext', as a JWE")
    if "ciphertext" in members:
        return _jwe(members)
    if members.keys() & {"payload", "signature", "signatures"}:
        return _jws(members, allow_sd_jwt=allow_sd_jwt)
    raise TokenMalformed(
        "the JSON is no token: it has neither 'payload' and 'signature' (JWS) nor 'ciphertext' (JWE)",
    )


def _jws(members: _Members, *, allow_sd_jwt: bool) -> UnverifiedToken:
    serialization, entries = _entries(members, "signatures", ("signature", "protected", "header"))
    payload_b64 = _text(members, "payload", "the token") if "payload" in members else ""
    signatures = tuple(_signature(entry, _place(serialization, index)) for index, entry in enumerate(entries))
    if len({signature.protected.get("b64") is False for signature in signatures}) > 1:
        raise TokenMalformed("the signatures disagree about 'b64', and so about what the payload is")
    first = signatures[0]
    return UnverifiedToken(
        kind="JWS",
        serialization=serialization,
        header=first.header,
        signatures=signatures,
        payload=payload_of(payload_b64, first.protected),
        payload_b64=payload_b64,
        sd_jwt_parts=_disclosures(signatures, allow_sd_jwt=allow_sd_jwt),
        detached=not payload_b64,
    )


def _signature(entry: _Members, place: str) -> Signature:
    protected_b64, protected = _protected_header(entry, place)
    unprotected = _plain_header(entry, "header", place)
    return Signature(
        protected=protected,
        unprotected=unprotected,
        header=_merge(protected, unprotected, place=place),
        protected_b64=protected_b64,
        value=base64url.decode(_text(entry, "signature", place), what=f"the signature of {place}"),
    )


def _disclosures(signatures: Sequence[Signature], *, allow_sd_jwt: bool) -> int:
    """How many disclosures stand in the unprotected headers (RFC 9901 §8.1)."""
    lists = [signature.unprotected["disclosures"] for signature in signatures if "disclosures" in signature.unprotected]
    if lists and not allow_sd_jwt:
        raise token_faults.sd_jwt()
    return sum(len(one) for one in lists if isinstance(one, list))


def _jwe(members: _Members) -> UnverifiedToken:
    serialization, entries = _entries(members, "recipients", ("header", "encrypted_key"))
    protected_b64, protected = _protected_header(members, "the token")
    shared = _plain_header(members, "unprotected", "the token")
    recipients = []
    for index, entry in enumerate(entries):
        place = _place(serialization, index)
        header = _merge(protected, shared, _plain_header(entry, "header", place), place=place)
        recipients.append(Recipient(header, _octets(entry, "encrypted_key", place)))
    _octets(members, "aad", "the token")
    iv, ciphertext, tag = (_octets(members, name, "the token") for name in ("iv", "ciphertext", "tag"))
    return UnverifiedToken(
        kind="JWE",
        serialization=serialization,
        header=recipients[0].header,
        encrypted=Encrypted(
            protected=protected,
            authenticated=f"{protected_b64}.{members['aad']}" if "aad" in members else protected_b64,
            recipients=tuple(recipients),
            iv=iv,
            ciphertext=ciphertext,
            tag=tag,
        ),
    )


def _entries(members: _Members, plural: str, singles: tuple[str, ...]) -> tuple[_Serialization, list[_Members]]:
    """The signatures or recipients, each an object: those of the list, or the token itself if flattened."""
    if plural not in members:
        return "flattened", [members]
    beside = [name for name in singles if name in members]
    if beside:
        raise TokenMalformed(f"the token has both '{plural}' and '{beside[0]}', wanted one or the other")
    entries = members[plural]
    if not isinstance(entries, list) or not entries:
        raise TokenMalformed(f"'{plural}' of the token must be a list with at least one object")
    if len(entries) > MAX_SIGNATURES:
        raise InputTooLarge(f"the token has {len(entries)} {plural}, at most {MAX_SIGNATURES} are read")
    for entry in entries:
        if not isinstance(entry, dict):
            raise TokenMalformed(f"'{plural}' of the token holds {strict_json.kind_of(entry)}, wanted objects")
    return "general", entries


def _place(serialization: _Serialization, index: int) -> str:
    return "the token" if serialization == "flattened" else f"entry {index + 1}"


def _protected_header(entry: _Members, place: str) -> tuple[str, dict[str, Any]]:
    """The protected header as text and as members; absent it is empty (RFC 7515 §7.2.1)."""
    if "protected" not in entry:
        return "", {}
    text = _text(entry, "protected", place)
    return text, decode_header(text, what=f"the protected header of {place}")


def _plain_header(entry: _Members, name: str, place: str) -> dict[str, Any]:
    if name not in entry:
        return {}
    header = entry[name]
    if not isinstance(header, dict):
        raise HeaderNotObject(f"'{name}' of {place} is {strict_json.kind_of(header)}, wanted a JSON object")
    size = len(strict_json.dump(header))
    if size > MAX_HEADER:
        raise HeaderTooLarge(f"'{name}' of {place} has {size} bytes, at most {MAX_HEADER} are read")
    return header


def _merge(*headers: Mapping[str, Any], place: str) -> dict[str, Any]:
    """All members of all headers; no name may stand in two of them, and one header there must be."""
    merged: dict[str, Any] = {}
    for header in headers:
        for name in header:
            if name in merged:
                raise TokenMalformed(f"{quote(name)} stands in two headers of {place}, wanted once")
        merged.update(header)
    if not merged:
        raise HeaderNotObject(f"{place} has no header")
    return merged


def _text(entry: _Members, name: str, place: str) -> str:
    if name not in entry:
        raise TokenMalformed(f"{place} has no '{name}'")
    value = entry[name]
    if not isinstance(value, str):
        raise TokenMalformed(f"'{name}' of {place} is {strict_json.kind_of(value)}, wanted a string")
    return value


def _octets(entry: _Members, name: str, place: str) -> bytes:
    """An optional base64url member, empty if it is not there."""
    return base64url.decode(_text(entry, name, place), what=f"'{name}' of {place}") if name in entry else b""
