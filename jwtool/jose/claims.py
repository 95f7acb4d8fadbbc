"""Judge claims against a policy at a given moment (RFC 7519 §4.1, OpenID Connect Core §2).

The names are judged here, the times in `times.py`; what a user words himself, and half hashes, in `requirements.py`.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from jwtool.jose.policy import Check, ClaimPolicy, Requirement, missing
from jwtool.jose.requirements import half_hash, judge_half_hash, judge_requirement, judge_scopes
from jwtool.jose.strict_json import kind_of
from jwtool.jose.times import Moment, judge_age, judge_exp, judge_iat, judge_nbf, judge_ttl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Judge = Callable[[Mapping[str, Any]], Check]

TENANT = "{tenantid}"
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
MAX_COMPARED = 64  # audiences of a token that are looked at for a near miss; it may name a hundred thousand

__all__ = ["Check", "ClaimPolicy", "Requirement", "check", "half_hash", "judges"]


def check(
    claims: Mapping[str, Any],
    policy: ClaimPolicy,
    *,
    now: int,
    alg: str | None = None,
    crv: str | None = None,
) -> tuple[Check, ...]:
    """Judge every claim that the policy or RFC 7519 has an opinion on, in the order of the report.

    `now` is Unix seconds; the caller owns the clock. `alg` and `crv` are the token's algorithm and its key's curve,
    for `at_hash` and `c_hash`. All checks run even after one has failed, so that a user sees every reason at
    once. Never raises: a claim of the wrong type is a failed check, never an absent one.

    exp, nbf, iat, iss and aud are always listed; the others only where they are demanded.
    """
    moment = Moment(now, policy.leeway)
    return tuple(judge(claims) for _claim, judge in judges(policy, moment, alg=alg, crv=crv))


def judges(
    policy: ClaimPolicy, moment: Moment, *, alg: str | None = None, crv: str | None = None
) -> list[tuple[str | None, Judge]]:
    """What `check` asks one after the other, each with the name of the one claim that its answer depends on.

    None stands for an answer that depends on several claims, or on the key too.
    """
    found: list[tuple[str | None, Judge]] = [
        ("exp", lambda claims: judge_exp(claims, moment)),
        ("nbf", lambda claims: judge_nbf(claims, moment)),
        ("iat", lambda claims: judge_iat(claims, policy.max_age, moment)),
        (None if policy.any_tenant else "iss", lambda claims: _judge_iss(claims, policy)),
        (None if policy.audience_claim else "aud", lambda claims: _judge_aud(claims, policy)),
    ]
    subject, nonce, max_auth_age, min_ttl = policy.subject, policy.nonce, policy.max_auth_age, policy.min_ttl
    access_token, code, fullmatch = policy.access_token, policy.code, policy.fullmatch
    if subject is not None:
        found.append(("sub", lambda claims: _judge_text(claims, "sub", subject)))
    if nonce is not None:
        found.append(("nonce", lambda claims: _judge_text(claims, "nonce", nonce)))
    if max_auth_age is not None:
        found.append(("auth_time", lambda claims: judge_age(claims, "auth_time", max_auth_age, moment)))
    if min_ttl is not None:
        found.append(("exp", lambda claims: judge_ttl(claims, min_ttl, moment)))
    if access_token is not None:
        found.append((None, lambda claims: judge_half_hash(claims, "at_hash", access_token, alg, crv)))
    if code is not None:
        found.append((None, lambda claims: judge_half_hash(claims, "c_hash", code, alg, crv)))
    if policy.scopes:
        found.append((None, lambda claims: judge_scopes(claims, policy.scopes)))
    found += [
        (None, partial(judge_requirement, requirement=requirement, fullmatch=fullmatch))
        for requirement in policy.required
    ]
    return found


def _judge_iss(claims: Mapping[str, Any], policy: ClaimPolicy) -> Check:
    """Good if the claim is one of the issuers, character by character (RFC 7519 §4.1.1, RFC 3986 §6.2.1)."""
    if not policy.issuers:
        return _not_demanded(claims, "iss")
    wanted = [of_tenant(issuer, claims) if policy.any_tenant else issuer for issuer in policy.issuers]
    if "iss" not in claims:
        return missing("iss", "iss", wanted)
    found = claims["iss"]
    if isinstance(found, str):
        if found in wanted:
            return Check("iss", "ok", wanted=wanted, found=found)
        detail = next((miss for issuer in wanted if (miss := near_miss("issuers", issuer, found))), "")
    else:
        detail = f"must be a string, found {kind_of(found)}"
    return Check("iss", "failed", "iss_mismatch", wanted, found, detail)


def _judge_aud(claims: Mapping[str, Any], policy: ClaimPolicy) -> Check:
    """Good if one of the audiences is in the claim, a string or an array of them (RFC 7519 §4.1.3)."""
    if not policy.audiences:
        return _not_demanded(claims, "aud")
    wanted = list(policy.audiences)
    name = "aud"
    if "aud" not in claims and policy.audience_claim in claims:
        name = policy.audience_claim or name
    if name not in claims:
        return missing("aud", "aud", wanted)
    found = [claims[name]] if isinstance(claims[name], str) else claims[name]
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        what = "a list with other things in it" if isinstance(found, list) else kind_of(found)
        detail = f"must be a string or a list of strings, found {what}"
        return Check("aud", "failed", "claim_bad_type", wanted, found, detail)
    if any(audience in found for audience in wanted):
        return Check("aud", "ok", wanted=wanted, found=found)
    misses = (near_miss("audiences", audience, one) for audience in wanted for one in found[:MAX_COMPARED])
    return Check("aud", "failed", "aud_mismatch", wanted, found, next((miss for miss in misses if miss), ""))


def _judge_text(claims: Mapping[str, Any], claim: str, wanted: str) -> Check:
    """Good if the claim is that string and nothing else; compared in constant time, as a nonce should be."""
    if claim not in claims:
        return missing(claim, claim, wanted)
    found = claims[claim]
    if not isinstance(found, str):
        detail = f"must be a string, found {kind_of(found)}"
        return Check(claim, "failed", f"{claim}_mismatch", wanted, found, detail)
    from hmac import compare_digest

    if not compare_digest(found.encode("utf-8", "surrogatepass"), wanted.encode("utf-8", "surrogatepass")):
        return Check(claim, "failed", f"{claim}_mismatch", wanted, found)
    return Check(claim, "ok", wanted=wanted, found=found)


def of_tenant(issuer: str, claims: Mapping[str, Any]) -> str:
    """The issuer with {tenantid} replaced by the claim `tid`, if that is a UUID: so Microsoft spells its issuers.

    Only the token says which tenant it is of; whoever demands such an issuer believes every tenant.
    """
    tenant = claims.get("tid")
    if TENANT not in issuer or not isinstance(tenant, str) or not re.fullmatch(_UUID, tenant):
        return issuer
    return issuer.replace(TENANT, tenant)


def _not_demanded(claims: Mapping[str, Any], claim: str) -> Check:
    if claim not in claims:
        return Check(claim, "absent")
    return Check(claim, "skipped", found=claims[claim], detail="not demanded")


def near_miss(what: str, wanted: str, found: str) -> str:
    """The sentence that says how little two names differ, or "" if they differ by more than spelling.

    Such a token is refused all the same: issuers are compared as they are written (CVE-2024-53861).
    """
    if wanted.strip() == found.strip():
        return f"the {what} differ only by blanks around them"
    wanted_scheme, wanted_rest = _split_scheme(wanted)
    found_scheme, found_rest = _split_scheme(found)
    differences = []
    if wanted_scheme.lower() != found_scheme.lower():
        differences.append("the scheme")
    if wanted_rest.endswith("/") != found_rest.endswith("/"):
        differences.append("a trailing slash")
    wanted_name, found_name = wanted_rest.removesuffix("/"), found_rest.removesuffix("/")
    if wanted_name.lower() != found_name.lower():
        return ""
    if wanted_name != found_name or (wanted_scheme != found_scheme and "the scheme" not in differences):
        differences.append("upper and lower case")
    return f"the {what} differ only by {' and '.join(differences)}"


def _split_scheme(name: str) -> tuple[str, str]:
    scheme, separator, rest = name.partition("://")
    return (scheme, rest) if scheme and separator else ("", name)
