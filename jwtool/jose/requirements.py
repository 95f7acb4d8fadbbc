"""Demands on claims beyond the registered ones: requirements, scopes, half hashes (OpenID Connect Core §3.1.3.6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from jwtool.jose import base64url, strict_json
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.policy import Check, bad_type, missing
from jwtool.jose.strict_json import kind_of

if TYPE_CHECKING:
    from jwtool.jose.policy import Requirement

MAX_MATCHED = 4096
_ABSENT = object()


def judge_requirement(
    claims: Mapping[str, Any], requirement: Requirement, fullmatch: Callable[[str, str], object] = re.fullmatch
) -> Check:
    """Judge one `--require`. Equality is JSON's: true is not 1, and "1" is neither."""
    name = f"require:{requirement.name}"
    wanted = requirement.value
    found = look_up(claims, requirement.path)
    if found is _ABSENT:
        return missing(name, requirement.name, wanted)
    if requirement.operator == "present":
        return Check(name, "ok")
    if requirement.operator == "same":
        return _judge_same(name, found, claims.get(wanted))
    if requirement.operator == "matches":
        return _judge_match(name, str(wanted), found, fullmatch)
    if (isinstance(found, str) and found in wanted) if requirement.operator == "among" else _holds(found, wanted):
        return Check(name, "ok", wanted=wanted)
    return Check(name, "failed", "claim_mismatch", wanted, found)


def _judge_same(name: str, found: object, wanted: object) -> Check:
    if isinstance(found, str) and found == wanted:
        return Check(name, "ok", wanted=wanted)
    return Check(name, "failed", "claim_mismatch", wanted, found)


def look_up(claims: Mapping[str, Any], path: tuple[str | int, ...]) -> Any:
    """What stands at that path of members and elements, or a value that is no JSON if nothing does.

    A number looks into an array, from 0 on; in an object it is the member of that name.
    """
    found: Any = claims
    for step in path:
        if isinstance(found, list):
            if not isinstance(step, int) or not 0 <= step < len(found):
                return _ABSENT
            found = found[step]
        elif isinstance(found, Mapping) and str(step) in found:
            found = found[str(step)]
        else:
            return _ABSENT
    return found


def _holds(found: object, wanted: object) -> bool:
    if strict_json.equal(found, wanted):
        return True
    # What Python finds different is different in JSON too, and that costs a fortieth in a list of thousands.
    return isinstance(found, list) and any(one == wanted and strict_json.equal(one, wanted) for one in found)


def _judge_match(name: str, pattern: str, found: object, fullmatch: Callable[[str, str], object]) -> Check:
    if not isinstance(found, str):
        return Check(name, "failed", "claim_bad_type", pattern, found, f"must be a string, found {kind_of(found)}")
    if len(found) > MAX_MATCHED:
        detail = f"longer than {MAX_MATCHED:,} characters, not matched"
        return Check(name, "failed", "claim_mismatch", pattern, found, detail)
    try:
        matches = fullmatch(pattern, found)
    except TimeoutError:
        return Check(name, "failed", "claim_mismatch", pattern, detail="the pattern takes too long on this claim")
    except (re.error, OverflowError, RecursionError):
        return Check(name, "failed", "claim_mismatch", pattern, found, "the pattern is no regular expression")
    if not matches:
        return Check(name, "failed", "claim_mismatch", pattern, found)
    return Check(name, "ok", wanted=pattern)


def judge_scopes(claims: Mapping[str, Any], scopes: tuple[str, ...]) -> Check:
    """Good if every scope is in `scope` or `scp`: text with blanks (RFC 8693 §4.2) or a list of strings."""
    wanted = list(scopes)
    names = [name for name in ("scope", "scp") if name in claims]
    if not names:
        return missing("scope", "scope", wanted)
    found: list[str] = []
    for name in names:
        value = claims[name]
        if isinstance(value, str):
            found += [one for one in value.split(" ") if one]
        elif isinstance(value, list) and all(isinstance(one, str) for one in value):
            found += value
        else:
            return bad_type("scope", value, "a string or a list of strings", claim=name)
    absent = [scope for scope in scopes if scope not in found]
    if absent:
        return Check("scope", "failed", "scope_missing", wanted, found, f"without {', '.join(absent)}")
    return Check("scope", "ok", wanted=wanted, found=found)


def judge_half_hash(claims: Mapping[str, Any], name: str, value: bytes, alg: str | None, crv: str | None) -> Check:
    """Good if the claim is the halved hash of `value`; compared in constant time. Skipped if `alg` has no hash."""
    if name not in claims:
        return missing(name, name)
    found = claims[name]
    expected = half_hash(alg, crv, value)
    if expected is None:
        return Check(name, "skipped", detail="no hash belongs to the algorithm")
    if not isinstance(found, str):
        return Check(
            name, "failed", f"{name}_mismatch", found=found, detail=f"must be a string, found {kind_of(found)}"
        )
    from hmac import compare_digest

    if not compare_digest(found.encode("utf-8", "surrogatepass"), expected.encode()):
        return Check(name, "failed", f"{name}_mismatch", found=found)
    return Check(name, "ok")


def half_hash(alg: str | None, crv: str | None, data: bytes) -> str | None:
    """The left half of the hash of `data` that belongs to `alg`, in base64url; None for an algorithm without one.

    For EdDSA the hash is that of the curve: SHA-512 for Ed25519, 114 octets of SHAKE256 for Ed448. ML-DSA has none.
    """
    row = ALGORITHMS.get(alg or "")
    if row is None:
        return None
    import hashlib

    if row.hash_name is not None:
        digest = hashlib.new(row.hash_name, data).digest()
    else:
        curve = row.curves[0] if len(row.curves) == 1 else crv
        if curve == "Ed25519":
            digest = hashlib.sha512(data).digest()
        elif curve == "Ed448":
            digest = hashlib.shake_256(data).digest(114)
        else:
            return None
    return base64url.encode(digest[: len(digest) // 2])
