"""Judge what a token says it is: `typ` (RFC 7515 §4.1.9, RFC 8725 §3.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.policy import Check

if TYPE_CHECKING:
    from jwtool.jose.token import Signature

DPOP = b"dpop+jwt"


def judge_typ(signature: Signature, wanted: str | None, *, optional: bool = False) -> list[Check]:
    """The check `typ` if one is demanded: without case and `application/`, and only as the signature protects it.

    An `optional` one may be missing altogether: many issuers leave it out, but another one makes another kind of token.
    Where none is demanded a DPoP proof is refused: it proves who sends a request, and is nobody's claims.
    """
    found = signature.protected.get("typ")
    if wanted is None:
        if found is not None and _media_type(found) == DPOP:
            detail = "a DPoP proof is no token to be believed by itself"
            return [Check("typ", "failed", "typ_mismatch", found=found, detail=detail)]
        return []
    if optional and "typ" not in signature.header:
        return [Check("typ", "absent", wanted=wanted)]
    if found is None:
        where = "protects no typ" if "typ" in signature.header else "has no typ"
        return [Check("typ", "failed", "typ_mismatch", wanted, detail=f"the token {where}")]
    if _media_type(found) != _media_type(wanted):
        return [Check("typ", "failed", "typ_mismatch", wanted, found)]
    return [Check("typ", "ok", wanted=wanted, found=found)]


def says_jwt(typ: object) -> bool:
    """Whether a `typ` names a JWT: `JWT` itself, or a kind of it like `at+jwt` (RFC 8725 §3.11)."""
    name = _media_type(typ) if isinstance(typ, str) else b""
    return name == b"jwt" or name.endswith(b"+jwt")


def _media_type(name: str) -> bytes:
    """The name as bytes, for their `lower` is that of ASCII alone: no letter from elsewhere becomes one of ours."""
    lowered = name.encode("utf-8", "surrogatepass").lower()
    short = lowered.removeprefix(b"application/")
    return lowered if b"/" in short else short
