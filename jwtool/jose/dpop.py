"""Judge a DPoP proof, and that a token is bound to its key by `cnf` (RFC 9449 §4.3, §6.1).

A proof brings its own public key. That key is believed for nothing but the proof: it counts only once the token,
verified with a key that the caller trusts, names its thumbprint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import base64url
from jwtool.jose.errors import JwtoolError
from jwtool.jose.keyset import KeySet, Skipped, thumbprint, usable
from jwtool.jose.policy import Check, ClaimPolicy, Requirement, bad_type, missing
from jwtool.jose.selection import OfferedSet
from jwtool.jose.strict_json import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.token import UnverifiedToken
    from jwtool.jose.verify import Verification

TYP = "dpop+jwt"
MAX_AGE = 5 * 60
REQUIRED = tuple(Requirement((name,), name, "present") for name in ("jti", "htm", "htu"))
OWN_KEY = "the proof itself"
NOT_OF_THE_KEY = ("kid", "x5c", "x5t", "x5t#S256", "x5u")


class Proof(NamedTuple):
    """A DPoP proof, and the access token that it came with, as it was sent. `leeway` is whole seconds."""

    token: UnverifiedToken
    access_token: str
    leeway: int = 0

    def __repr__(self) -> str:
        """Only what it is: both tokens are secrets of their bearer."""
        return "<Proof>"


def own_key(token: UnverifiedToken) -> OfferedSet:
    """The public key in the protected header of a proof, for that proof alone; if it is none, one that is skipped."""
    jwk = token.signatures[0].protected.get("jwk") if token.signatures else None
    if not isinstance(jwk, dict):
        return _skipped("key_malformed", "the proof brings no jwk in its protected header")
    from jwtool.jose.keys.jwk import parse_jwk

    try:
        key = parse_jwk({name: value for name, value in jwk.items() if name not in NOT_OF_THE_KEY})
    except JwtoolError as error:
        return _skipped(error.code, f"the jwk of the proof: {error.message}")
    if key.private:
        return _skipped("key_malformed", "the jwk of the proof is a secret or a private key, and it must be public")
    return OfferedSet(usable(KeySet((key,))), OWN_KEY)


def judge_binding(claims: Mapping[str, Any], proof: Proof, *, now: int) -> Check:
    """The check `cnf`: `cnf.jkt` of the claims is the thumbprint of the key that made a sound proof for this token.

    The first reason that speaks against it: the token is bound to no key, the proof is not sound by itself (its typ,
    key, signature, jti, htm, htu, and an iat of the last five minutes), it is by another key, or for another token.
    Whether its htm and htu are those of the request only the server knows that got it.
    """
    unbound = _fault_of_claim(claims.get("cnf", {}))
    if unbound is not None:
        return unbound
    wanted = claims["cnf"]["jkt"]
    answer = _judge_proof(proof, now=now)
    fault = _fault_of_proof(answer)
    if fault is not None or answer.key is None or answer.claims is None:
        return Check("cnf", "failed", "dpop_proof_invalid", detail=fault or "the proof is not sound")
    found = thumbprint(answer.key.key)
    if found != wanted:
        detail = "the token is bound to another key than the proof's"
        return Check("cnf", "failed", "cnf_mismatch", wanted, found, detail)
    return _judge_ath(answer.claims, proof.access_token) or Check("cnf", "ok", wanted=wanted, found=found)


def _fault_of_claim(confirmation: object) -> Check | None:
    """The failed check if `cnf` names no key by its thumbprint."""
    if not isinstance(confirmation, dict):
        return bad_type("cnf", confirmation, "an object")
    if "jkt" not in confirmation:
        return missing("cnf", "cnf.jkt")
    if not isinstance(confirmation["jkt"], str):
        detail = f"jkt of cnf must be a string, found {kind_of(confirmation['jkt'])}"
        return Check("cnf", "failed", "claim_bad_type", found=confirmation, detail=detail)
    return None


def _judge_proof(proof: Proof, *, now: int) -> Verification:
    from jwtool.jose.verify import Policy, verify

    demands = ClaimPolicy(required=REQUIRED, max_age=MAX_AGE, leeway=proof.leeway)
    return verify(proof.token, [own_key(proof.token)], Policy(claims=demands, typ=TYP), now=now)


def _fault_of_proof(answer: Verification) -> str | None:
    failed = next((check for check in answer.checks if check.verdict == "failed"), None)
    if failed is None:
        return next(
            (
                f"the {name} of the proof is no string"
                for name in ("jti", "htm", "htu")
                if not isinstance((answer.claims or {})[name], str)
            ),
            None,
        )
    return f"the proof is not sound: {failed.name}: {failed.detail or failed.code}"


def _judge_ath(claims: Mapping[str, Any], access_token: str) -> Check | None:
    """The failed check if `ath` of the proof is not the hash of the access token (RFC 9449 §4.3, step 11)."""
    found = claims.get("ath")
    if not isinstance(found, str):
        return Check("cnf", "failed", "ath_mismatch", detail="the proof has no ath, so it is for no access token")
    from hmac import compare_digest

    if not compare_digest(found.encode("utf-8", "surrogatepass"), hash_of(access_token.encode()).encode()):
        return Check("cnf", "failed", "ath_mismatch", detail="the ath of the proof is of another access token")
    return None


def hash_of(access_token: bytes) -> str:
    """The `ath` of an access token: its SHA-256 in base64url (RFC 9449 §4.2)."""
    import hashlib

    return base64url.encode(hashlib.sha256(access_token).digest())


def _skipped(code: str, reason: str) -> OfferedSet:
    return OfferedSet(KeySet((), (Skipped(0, None, {}, code, reason),)), OWN_KEY)
