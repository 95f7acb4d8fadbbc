"""Judge what a header says must be understood: `crit` (RFC 7515 §4.1.11), and `b64` (RFC 7797 §3, §6, §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.policy import Check
from jwtool.jose.quoting import quote_public
from jwtool.jose.typ import says_jwt

if TYPE_CHECKING:
    from jwtool.jose.token import Signature

REGISTERED = frozenset({"alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"})
"""The parameters of RFC 7515 §4.1 itself; RFC 7518 adds none for a JWS. None of them may stand in `crit`."""


def judge_crit(signature: Signature, *, attached: bool = False) -> Check:
    """The check `crit`: absent if the header has no `crit` and no `b64`, else ok or failed with the reason.

    `b64` counts only where it is listed in `crit`, both in the protected header: a `b64` that is not critical means
    one thing to those who know it and another to those who don't. It may be false only for a detached payload, that
    the caller has `attached`, and where `typ` does not say that it is a JWT: a JWT is never unencoded.
    """
    protected, header = signature.protected, signature.header
    fault = _fault_of_crit(signature) if "crit" in header else None
    if fault is None and "b64" in header:
        fault = _fault_of_b64(signature, attached=attached)
    if fault is not None:
        code, detail = fault
        return Check("crit", "failed", code, found=header.get("crit"), detail=detail)
    return Check("crit", "ok" if "crit" in protected else "absent")


def _fault_of_crit(signature: Signature) -> tuple[str, str] | None:
    if "crit" not in signature.protected:
        return "crit_malformed", "'crit' must stand in the protected header"
    names = signature.protected["crit"]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        return "crit_malformed", "'crit' must be a list of names, at least one"
    if len(set(names)) < len(names):
        return "crit_malformed", "'crit' names a parameter twice"
    return next((fault for name in names if (fault := _fault_of_name(name, signature))), None)


def _fault_of_name(name: str, signature: Signature) -> tuple[str, str] | None:
    if name in REGISTERED:
        return "crit_malformed", f"'crit' must not name '{name}', which everybody has to understand"
    if name not in signature.header:
        return "crit_malformed", f"'crit' names {quote_public(name)}, which is not in the header"
    if name != "b64":
        return "crit_unsupported", f"only who understands {quote_public(name)} may believe the token"
    return None


def _fault_of_b64(signature: Signature, *, attached: bool) -> tuple[str, str] | None:
    if "b64" not in signature.protected:
        return "b64_unsupported", "'b64' must stand in the protected header"
    encoded = signature.protected["b64"]
    if not isinstance(encoded, bool):
        return "b64_unsupported", "'b64' must be true or false"
    if not encoded and not attached:
        return "b64_unsupported", "'b64' is false: a payload that was not encoded is read only if it is detached"
    if not encoded and says_jwt(signature.header.get("typ")):
        return "b64_unsupported", "'b64' is false, and 'typ' says that this is a JWT: those are always encoded"
    if "b64" not in signature.protected.get("crit", ()):
        return "b64_unsupported", "'b64' must be named in 'crit'"
    return None
