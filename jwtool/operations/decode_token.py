"""What is said of a token that nobody verified: this file is the document of `decode`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose.token import read_claims
from jwtool.output.token_blocks import payload_member, times_of

if TYPE_CHECKING:
    from jwtool.jose.token import UnverifiedToken


class Decoded(NamedTuple):
    """The document of a token without `schema` and `ok`, its claims where it has readable ones, and rows for people."""

    document: dict[str, Any]
    claims: dict[str, Any] | None
    last: tuple[tuple[str, str], ...]


def decode_token(token: UnverifiedToken, *, at: int) -> Decoded:
    """What the token says of itself; `at` is the moment from which its times are counted, in Unix seconds."""
    document: dict[str, Any] = {
        "verified": False,
        "serialization": token.serialization,
        "header": dict(token.header),
        "claims": None,
    }
    last: list[tuple[str, str]] = []
    claims: dict[str, Any] | None = None
    if token.kind == "JWE":
        document["encrypted"] = True
        octets = dict(zip(("encrypted_key", "iv", "ciphertext", "tag"), token.jwe_parts, strict=True))
        document["octets"] = octets
        last.append(("encrypted", f"{octets['ciphertext']} bytes; the claims can't be read without the key"))
    else:
        claims, _fault = read_claims(token.payload)
        if claims is None:
            name, text = payload_member(token.payload)
            document[name] = text
            last.append(("payload", text or "none: detached, or empty"))
        document |= {"claims": claims, "times": times_of(claims or {}, now=at)}
        document["signature_bytes"] = len(token.signatures[0].value)
        last += [("signature", _signature_text(len(signature.value))) for signature in token.signatures]
    if token.sd_jwt_parts:
        document["disclosures"] = token.sd_jwt_parts
        last.append(("SD-JWT", f"{token.sd_jwt_parts} parts after the issuer's token are not shown"))
    return Decoded(document, claims, tuple(last))


def _signature_text(octets: int) -> str:
    return f"{octets} bytes" if octets else "empty: nothing is signed"
