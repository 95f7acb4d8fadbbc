"""Token + keys + policy → Verification: may this token be believed? This file is the only maker of believed claims.

Every check runs, so that a user sees every reason at once: the signature first, then what it signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import claims as claim_checks
from jwtool.jose import signatures
from jwtool.jose.crit import judge_crit
from jwtool.jose.errors import TokenIsJwe
from jwtool.jose.fit import why_not
from jwtool.jose.keyset import Skipped
from jwtool.jose.policy import Check, ClaimPolicy
from jwtool.jose.quoting import quote_public
from jwtool.jose.requirements import judge_requirement
from jwtool.jose.selection import (
    MAX_KEYS_TRIED,
    Candidate,
    Demand,
    OfferedKey,
    OfferedSet,
    Selection,
    candidates,
    select,
)
from jwtool.jose.token import BAD_MARK, check_header_types, read_claims
from jwtool.jose.typ import judge_typ

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.jose.dpop import Proof
    from jwtool.jose.policy import Requirement
    from jwtool.jose.token import Signature, UnverifiedToken

__all__ = ["Candidate", "OfferedKey", "OfferedSet", "Policy", "Verification", "verify"]

BELIEVED = (True, True, True)
MAX_ATTEMPTS = 64  # of verifying anything in one token: with RSA keys of 16384 bits they take half a second
ABOUT_ALG = frozenset({"alg_none", "alg_unsupported", "alg_not_allowed", "alg_key_mismatch"})


class Policy(NamedTuple):
    """What is demanded of a token. `algs` None allows every algorithm that its key allows, () allows none.

    `typ` is demanded of the protected header, with `typ_optional` only where there is one. `payload_only` leaves the
    payload unjudged: it need not be claims. `allow_weak_key` lets a secret verify that is shorter than its hash.
    `all_signatures` demands that every signature of the token is believed, else one is enough. `proof` is the DPoP
    proof that came with the token. `header` are demands on the protected header, as those on claims. `padded` lets the
    parts of a token have the padding of base64.
    """

    claims: ClaimPolicy = ClaimPolicy()
    algs: tuple[str, ...] | None = None
    typ: str | None = None
    typ_optional: bool = False
    payload_only: bool = False
    allow_weak_key: bool = False
    all_signatures: bool = False
    proof: Proof | None = None
    header: tuple[Requirement, ...] = ()
    padded: bool = False


class Verification(NamedTuple):
    """The answer. `claims` and `payload` are there only if `valid`, `claims` only if they were judged.

    `key` is the key that the signature verified with, None if it did with none; then `candidates` says of each key
    on offer why it doesn't count. `alg` and `header` are what the token says of itself, `unprotected` is what stands
    beside `header` and what no signature covers: whoever had the token may have written it. `notes` are remarks that
    change nothing.
    """

    valid: bool
    alg: str | None
    key: OfferedKey | None
    checks: tuple[Check, ...]
    candidates: tuple[Candidate, ...]
    header: Mapping[str, Any]
    unprotected: Mapping[str, Any]
    claims: Mapping[str, Any] | None = None
    payload: bytes | None = None
    notes: tuple[str, ...] = ()


class Judged(NamedTuple):
    """One signature of the token, judged with its header."""

    signature: Signature
    check: Check
    crit: Check
    key: OfferedKey | None
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...]


def verify(token: UnverifiedToken, keys: Sequence[OfferedSet], policy: Policy, *, now: int) -> Verification:
    """Judge the signature and the claims of `token` at `now` (Unix seconds), and give every reason.

    Raises TokenIsJwe for an encrypted token and HeaderBadType for a header whose members have impossible types
    (RFC 7515 §4.1); everything else that is wrong is a failed check. Of several signatures the first that verifies
    counts. The order of the checks: signature, crit, claims (only if they can't be read), the claims one by one,
    cnf, typ and alg (where demanded, or failed). Where all signatures are demanded each has its own signature and
    crit, and typ and alg stand for each that fails them; `key`, `alg` and `header` are those of the first, or of the
    one that came farthest from being believed.
    """
    if token.kind == "JWE":
        raise TokenIsJwe("the token is encrypted (JWE), so there is no signature to verify", hint="see --decrypt-key")
    for signature in token.signatures:
        check_header_types(signature.header)
    every = _judge_signatures(token, of_its_issuer(token, keys, tenants=policy.claims.any_tenant), policy)
    judged = min(every, key=_nearness)
    alg: str = judged.signature.header["alg"]
    checks = []
    for number, one in enumerate(every, start=1):
        place = f"signature {number} of {len(every)}: " if len(every) > 1 else ""
        checks += [one.check._replace(detail=f"{place}{one.check.detail}"), one.crit]
    believed: Mapping[str, Any] | None = None
    if not policy.payload_only:
        believed, fault = read_claims(token.payload)
        if fault is not None:
            checks.append(Check("claims", "failed", fault.code, detail=fault.message))
        if believed is not None:
            crv = judged.key.key.crv if judged.key else None
            checks += claim_checks.check(believed, policy.claims, now=now, alg=alg, crv=crv)
            checks += _judge_cnf(believed, policy.proof, now)
    for about in (judge_header(one, policy) for one in every):
        checks += [check for check in about if check not in checks]
    valid = judged.check.verdict == "ok" and all(check.verdict != "failed" for check in checks)
    return Verification(
        valid=valid,
        alg=alg,
        key=judged.key,
        checks=tuple(checks),
        candidates=tuple(dict.fromkeys(candidate for one in every for candidate in one.candidates)),
        header=judged.signature.protected,
        unprotected=judged.signature.unprotected,
        claims=believed if valid else None,
        payload=token.payload if valid else None,
        notes=tuple(dict.fromkeys(note for one in every for note in one.notes)),
    )


def of_its_issuer(token: UnverifiedToken, keys: Sequence[OfferedSet], *, tenants: bool = False) -> Sequence[OfferedSet]:
    """The sets that may serve this token: one issuer's keys must not sign for another.

    All of them if that leaves none: then `iss` fails, and the report says what else is wrong. With `tenants` a key that
    names an `issuer` of its own, as Microsoft's do, is among the skipped for the tokens of any other.
    """
    if not tenants and all(one.issuer is None for one in keys):
        return keys
    claims = read_claims(token.payload)[0] or {}
    own = [one for one in keys if one.issuer is None or claim_checks.of_tenant(one.issuer, claims) == claims.get("iss")]
    return [_without_keys_of_others(one, claims) for one in own or keys] if tenants else own or keys


def _without_keys_of_others(offered: OfferedSet, claims: Mapping[str, Any]) -> OfferedSet:
    kept, skipped = [], list(offered.keyset.skipped)
    for place, key in enumerate(offered.keyset.keys):
        if key.issuer is not None and claim_checks.of_tenant(key.issuer, claims) != claims.get("iss"):
            reason = f"it is for tokens of the issuer {quote_public(key.issuer)} alone"
            skipped.append(Skipped(place, key.kid, {"kty": key.kty}, "key_use_mismatch", reason))
        else:
            kept.append(key)
    return offered._replace(keyset=offered.keyset._replace(keys=tuple(kept), skipped=tuple(skipped)))


def _judge_signatures(token: UnverifiedToken, keys: Sequence[OfferedSet], policy: Policy) -> list[Judged]:
    """All signatures if all are demanded; else the first that verifies and is understood, or came nearest to it."""
    most = min(MAX_KEYS_TRIED, MAX_ATTEMPTS // len(token.signatures))
    tried = []
    for signature in token.signatures:
        tried.append(_judge_signature(token, signature, keys, policy, most=most))
        if not policy.all_signatures and _nearness(tried[-1]) == BELIEVED:
            return tried[-1:]
    return tried if policy.all_signatures else [max(tried, key=_nearness)]


def _nearness(judged: Judged) -> tuple[bool, bool, bool]:
    """How near a signature came to being believed: BELIEVED is the greatest."""
    verified = judged.check.verdict == "ok"
    return verified, judged.crit.verdict != "failed", verified or judged.check.code == "signature_invalid"


def _judge_signature(
    token: UnverifiedToken,
    signature: Signature,
    keys: Sequence[OfferedSet],
    policy: Policy,
    *,
    most: int,
) -> Judged:
    alg: str = signature.header["alg"]
    demand = Demand(alg, signature.header.get("kid"), policy.algs, policy.allow_weak_key)
    crit = judge_crit(signature, attached=token.attached)
    selection = select(keys, demand, most=most)
    notes = []
    if selection.left_out:
        notes.append(f"{selection.left_out} more keys fit and were not tried: at most {most} are")
    data = token.signing_input(signature)
    key = next((one for one in selection.keys if signatures.verify(alg, one.key, data, signature.value)), None)
    if key is not None:
        return accepted(signature, crit, key, tuple(notes))
    return refused(signature, crit, selection, candidates(keys, demand), tuple(notes))


def accepted(signature: Signature, crit: Check, key: OfferedKey, notes: tuple[str, ...] = ()) -> Judged:
    """What is said of a signature that verified with `key`."""
    alg: str = signature.header["alg"]
    said = list(notes)
    weakness = why_not(key.key, alg, operation="verify")
    if weakness is not None:
        said.append(f"{_name(key)} is too weak, and was allowed to verify: {weakness[1]}")
    if alg == "EdDSA":
        said.append(f"alg 'EdDSA' is deprecated by RFC 9864, which calls it '{key.key.crv}'")
    if BAD_MARK in signature.protected:
        said.append(f"the token was made for a test and is bad on purpose: '{BAD_MARK}' in its header says how")
    check = Check("signature", "ok", detail=f"{alg}, {_name(key)}")
    return Judged(signature, check, crit, key, (), tuple(said))


def refused(
    signature: Signature,
    crit: Check,
    selection: Selection,
    others: tuple[Candidate, ...],
    notes: tuple[str, ...] = (),
) -> Judged:
    """What is said of a signature that verified with none of the keys selected."""
    if selection.code is not None:
        check = Check("signature", "failed", selection.code, detail=selection.detail)
    else:
        by = _name(selection.keys[0]) if len(selection.keys) == 1 else f"any of the {len(selection.keys)} keys that fit"
        check = Check("signature", "failed", "signature_invalid", detail=f"not by {by}")
        reason = "the signature is not by this key"
        others += tuple(Candidate(one.key.kid, one.source, "signature_invalid", reason) for one in selection.keys)
    return Judged(signature, check, crit, None, others, notes)


def _judge_cnf(believed: Mapping[str, Any], proof: Proof | None, now: int) -> list[Check]:
    """The check `cnf` if a proof came with the token, or is due: whoever has a bound token alone is not its owner."""
    if proof is not None:
        from jwtool.jose.dpop import judge_binding

        return [judge_binding(believed, proof, now=now)]
    confirmation = believed.get("cnf")
    if isinstance(confirmation, dict) and "jkt" in confirmation:
        return [Check("cnf", "skipped", detail="bound to a key; the proof was not demanded")]
    return []


def _name(key: OfferedKey) -> str:
    return f"the key of {key.source}" if key.key.kid is None else f"key {quote_public(key.key.kid)} of {key.source}"


def judge_header(judged: Judged, policy: Policy) -> list[Check]:
    """What is demanded of the header of a signature that was judged; `typ` and `alg` too where they failed."""
    demanded = [judge_requirement(judged.signature.protected, one) for one in policy.header]
    typ = judge_typ(judged.signature, policy.typ, optional=policy.typ_optional)
    return [*demanded, *typ, *_judge_alg(judged, policy.algs)]


def _judge_alg(judged: Judged, algs: tuple[str, ...] | None) -> list[Check]:
    """The check `alg`: failed whenever the signature was refused because of its alg, ok where a demand was met."""
    alg, wanted = judged.signature.header["alg"], None if algs is None else list(algs)
    if judged.check.code in ABOUT_ALG:
        return [Check("alg", "failed", judged.check.code, wanted, alg, judged.check.detail)]
    return [] if algs is None else [Check("alg", "ok", wanted=wanted, found=alg)]
