"""Tokens that are bad on purpose, for tests of those who verify: wrong in one thing, right in all else, and marked.

The mark is a header member of its own. Verifiers ignore it, as RFC 7515 §4.3 has it for a private name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose import base64url, strict_json
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.errors import UsageError
from jwtool.jose.keyset import random_kid
from jwtool.jose.policy import seconds
from jwtool.jose.quoting import quote
from jwtool.jose.token import BAD_MARK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MARK = BAD_MARK
KINDS = {
    "expired": "it expired an hour ago",
    "nbf": "it is not valid for another hour",
    "kid": "no key has its kid",
    "sig": "its signature is forged",
    "aud": "it is for another audience",
    "typ": "it is of another type",
}
"""What is wrong with a token of each kind, in words."""
SIGNED_KINDS = ("expired", "kid", "sig", "aud", "typ")
"""Those of `sign`, where --nbf makes the other one."""
OF_CLAIMS = ("expired", "nbf", "aud")
"""The kinds that are wrong in their claims: a payload that is none can't be so."""
OFF_SECONDS = 3600
"""How far a bad token is from its time: more than anybody's leeway."""
LIFE_SECONDS = 900
OTHER_AUDIENCE = "https://other-audience.invalid"
OTHER_TYP = "bad+jwt"


def check_kind(kind: str, kinds: Sequence[str], *, what: str) -> None:
    """Return if `kind` is one of `kinds`. Raises UsageError that names them; `what` asks for one (`--bad`)."""
    if kind not in kinds:
        raise UsageError(f"{what} takes {', '.join(kinds)}, found {quote(kind)}", hint=f"{what} {kinds[0]}")


def spoil_claims(kind: str, claims: Mapping[str, Any], *, now: int) -> dict[str, Any]:
    """The claims of a bad token of that kind; what is not wrong in its claims keeps them.

    Of an expired token `iat` and `nbf` move with `exp`. Raises UsageError for `aud` where there is no audience to be
    wrong.
    """
    bad = dict(claims)
    if kind == "expired":
        _expire(bad, now)
    elif kind == "nbf":
        bad["nbf"] = now + OFF_SECONDS
        exp = _moment(bad, "exp")
        if exp is not None and exp <= bad["nbf"]:
            bad["exp"] = bad["nbf"] + LIFE_SECONDS
    elif kind == "aud":
        if not bad.get("aud"):
            raise UsageError("a token without an audience can't have a wrong one", hint="-a api")
        bad["aud"] = [OTHER_AUDIENCE] if isinstance(bad["aud"], list) else OTHER_AUDIENCE
    return bad


def _expire(claims: dict[str, Any], now: int) -> None:
    """Move the life of a token back until it ended an hour ago."""
    exp = _moment(claims, "exp")
    if exp is None:
        exp = max(now, _moment(claims, "iat") or 0, _moment(claims, "nbf") or 0) + LIFE_SECONDS
    back = max(exp - (now - OFF_SECONDS), 0)
    claims["exp"] = exp - back
    for name in ("iat", "nbf"):
        moment = _moment(claims, name)
        if moment is not None:
            claims[name] = min(moment - back, claims["exp"] - 1)


def _moment(claims: Mapping[str, Any], name: str) -> int | float | None:
    return seconds(claims, name) if name in claims else None


def spoil_header(kind: str, header: Mapping[str, Any]) -> dict[str, Any]:
    """The header of a bad token of that kind, with its mark."""
    wrong: dict[str, Any] = {"kid": {"kid": f"unknown-{random_kid()}"}, "typ": {"typ": OTHER_TYP}}.get(kind, {})
    return {**header, **wrong, MARK: kind}


def forge(token: str, algs: Sequence[str]) -> str:
    """The token, compact or JSON, with a bit of each signature flipped: well-formed, and by no key.

    `algs` are those of its signatures, in order. The bit is one of a number that stays within its bounds, so that
    nobody refuses the signature for its form.
    """
    if not token.startswith("{"):
        rest, _, signature = token.rpartition(".")
        return f"{rest}.{_flip(signature, algs[0])}"
    members = strict_json.parse_object(token, what="the token")
    for entry, alg in zip(members.get("signatures", [members]), algs, strict=True):
        entry["signature"] = _flip(entry["signature"], alg)
    return strict_json.dump(members)


def _flip(signature: str, alg: str) -> str:
    octets = bytearray(base64url.decode(signature))
    # The lowest bit of the last number: big-endian, but for S of EdDSA, the second half (RFC 8032 §5.1.6, §5.2.6).
    # ML-DSA begins with a hash, where every bit is free (FIPS 204, algorithm 26).
    place = {"eddsa": len(octets) // 2, "ml-dsa": 0}.get(ALGORITHMS[alg].family, -1)
    octets[place] ^= 1
    return base64url.encode(bytes(octets))
