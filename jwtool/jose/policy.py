"""What is demanded of a token's claims, and the words in which the answer is given: data only.

`claims.py` and `requirements.py` judge; `verify.py` puts their answers beside that about the signature.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from jwtool.jose.strict_json import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Verdict = Literal["ok", "failed", "absent", "skipped"]


class Check(NamedTuple):
    """One thing that was judged.

    `code` is set where `verdict` is failed, and nowhere else. `wanted` and `found` are JSON values: of iss,
    aud, sub and scope `found` is the claim wherever it is there; of the others only where they failed.
    `detail` is for people and may quote what the token says: it is escaped before it is shown.
    """

    name: str
    verdict: Verdict
    code: str | None = None
    wanted: Any = None
    found: Any = None
    detail: str = ""


class Requirement(NamedTuple):
    """One `--require`: the claim at `path` must be there, equal `value`, or match the regex `value` in full.

    Only presets demand "same": the claim must equal the one whose name is `value`; and "among": it must be one of the
    strings in `value`. A str in `path` is a member of an object, an int an element of an array. `name` is the path as
    it was typed.
    """

    path: tuple[str | int, ...]
    name: str
    operator: Literal["present", "equal", "matches", "same", "among"]
    value: Any = None


class ClaimPolicy(NamedTuple):
    """What is demanded beyond `exp` and `nbf`, which are always judged.

    Durations are whole seconds; None and the empty tuple mean "not demanded". `access_token` and `code` are the
    values whose halved hashes must stand in `at_hash` and `c_hash` (OpenID Connect Core §3.1.3.6, §3.3.2.11).
    `fullmatch` matches the patterns of `required`; one that raises TimeoutError refuses the claim. With `any_tenant`
    {tenantid} in an issuer, and in that of a key, is the token's own `tid`; `audience_claim` is judged where the token
    has no `aud`.
    """

    issuers: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    subject: str | None = None
    required: tuple[Requirement, ...] = ()
    scopes: tuple[str, ...] = ()
    leeway: int = 0
    max_age: int | None = None
    max_auth_age: int | None = None
    min_ttl: int | None = None
    nonce: str | None = None
    access_token: bytes | None = None
    code: bytes | None = None
    fullmatch: Callable[[str, str], object] = re.fullmatch
    any_tenant: bool = False
    audience_claim: str | None = None

    def __repr__(self) -> str:
        """Without values: some are secrets."""
        return "<ClaimPolicy>"


def bad_type(name: str, value: object, wanted: str, claim: str | None = None) -> Check:
    """The failed check of a claim that is there but of a type it can't have."""
    about = "" if claim is None or claim == name else f"{claim} "
    return Check(
        name, "failed", "claim_bad_type", found=value, detail=f"{about}must be {wanted}, found {kind_of(value)}"
    )


def missing(name: str, claim: str, wanted: Any = None) -> Check:
    """The failed check of a claim that was demanded and isn't there."""
    return Check(name, "failed", "claim_missing", wanted=wanted, detail=f"the token has no {claim}")


def seconds(claims: Mapping[str, Any], claim: str) -> int | float | None:
    """The NumericDate of that claim (RFC 7519 §2), or None if it is no finite number: true and "1" are none."""
    value = claims[claim]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or isfinite(value) else None
