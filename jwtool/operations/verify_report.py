"""What is said of a verification: a document for scripts, the same reasons for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose.quoting import quote_public
from jwtool.operations.fields import pick
from jwtool.output.report import Gap, Headline, Hint, Line, Report, Row, Table
from jwtool.output.token_blocks import check_rows, payload_member, shown_value, token_table
from jwtool.output.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.jose.policy import Check
    from jwtool.jose.verify import Verification
    from jwtool.output.report import Block

NO_MEMBER = "the token has no such member"


def verify_report(
    verification: Verification,
    notes: tuple[str, ...],
    *,
    at: int,
    field: str | None,
    payload_only: bool,
    cache: Sequence[Mapping[str, Any]] = (),
) -> Report:
    """The report of `jwtool verify`. `at` is the moment it judges, in Unix seconds; `field` is what -f asks for.

    `cache` says of key sets at URLs how old they are.
    """
    document = verify_document(verification, at, payload_only=payload_only)
    if cache:
        document["cache"] = [dict(facts) for facts in cache]
    failed = [check for check in verification.checks if check.verdict == "failed"]
    quiet = quiet_line(verification)
    blocks = _blocks(verification, failed, at, payload_only=payload_only)
    if field is None:
        return Report("verify", document, blocks=blocks, quiet=quiet, notes=notes, positive=verification.valid)
    value = pick(field, verification.claims, verification.header) if verification.valid else None
    if verification.valid and value is None:
        blocks, quiet = (*blocks, Gap(), Line(NO_MEMBER, "bad")), NO_MEMBER
        document["claims"] = None  # the answer is no, and claims stand beside a yes only
    document["field"] = value
    return Report(
        "verify",
        document,
        blocks=blocks,
        product=value,
        aside=True,
        quiet=quiet,
        notes=notes,
        positive=value is not None,
    )


def reasons(verification: Verification) -> tuple[str, ...]:
    """The codes of the failed checks, each once."""
    codes = (check.code for check in verification.checks if check.verdict == "failed")
    return tuple(dict.fromkeys(code for code in codes if code is not None))


def quiet_line(verification: Verification) -> str:
    """The verdict in a few words: `valid`, or `not valid:` with the codes."""
    return "valid" if verification.valid else f"not valid: {' '.join(reasons(verification))}"


def verify_document(verification: Verification, at: int, *, payload_only: bool = False) -> dict[str, Any]:
    """The document of a verification, without `schema`, `ok` and `notes`."""
    key = verification.key
    document: dict[str, Any] = {
        "checked_at": at,
        "alg": verification.alg,
        "key": None if key is None else {"kid": key.key.kid, "source": key.source},
        "checks": [check_document(check) for check in verification.checks],
        "header": dict(verification.header),
        "claims": None if verification.claims is None else dict(verification.claims),
    }
    if verification.unprotected:
        document["unprotected"] = dict(verification.unprotected)
    if verification.candidates:
        document["candidates"] = [
            {"kid": one.kid, "source": one.source, "code": one.code, "reason": one.reason}
            for one in verification.candidates
        ]
    if payload_only and verification.payload is not None:
        name, text = payload_member(verification.payload)
        document[name] = text
    return document


def check_document(check: Check) -> dict[str, Any]:
    """One check as the document holds it."""
    members = {"code": check.code, "wanted": check.wanted, "found": check.found, "detail": check.detail or None}
    said = {name: _listed(value) for name, value in members.items() if value is not None}
    return {"name": check.name, "verdict": check.verdict, **said}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _blocks(verification: Verification, failed: list[Check], at: int, *, payload_only: bool) -> tuple[Block, ...]:
    judged = [check for check in verification.checks if check.verdict in {"ok", "failed"}]
    if verification.valid:
        headline = Headline("VALID", f"{counted(len(judged), 'check')} passed", "good")
    else:
        headline = Headline("NOT VALID", f"{len(failed)} of {counted(len(judged), 'check')} failed", "bad")
    blocks: list[Block] = [headline, Gap(), Table(tuple(check_rows(verification.checks)))]
    if verification.candidates:
        rows = [
            Row(("key", "without kid" if one.kid is None else quote_public(one.kid), one.source, one.reason))
            for one in verification.candidates
        ]
        blocks += [Gap(), Line("keys on offer:", "dim"), Table(tuple(rows))]
    if verification.claims is not None:
        unsigned = [("unsigned", f"{name}  {shown_value(value)}") for name, value in verification.unprotected.items()]
        blocks += [Gap(), token_table(verification.header, verification.claims, unsigned, now=at)]
    elif payload_only and verification.payload is not None:
        last = [("payload", payload_member(verification.payload)[1] or "empty")]
        blocks += [Gap(), token_table(verification.header, None, last, now=at)]
    hint = _hint(failed)
    return (*blocks, Hint(hint)) if hint else tuple(blocks)


def _hint(failed: list[Check]) -> str | None:
    """One thing to do next, by the first reason that has one; never made of what the token says."""
    for check in failed:
        if check.code in NEAR_MISSES and check.detail:
            return check.detail
        if check.code in HINTS:
            return HINTS[check.code]
    return None


NEAR_MISSES = ("iss_mismatch", "aud_mismatch", "sub_mismatch", "typ_mismatch", "nonce_mismatch")


HINTS = {
    "token_expired": "get a new token; --at judges at another time, --leeway allows for clocks that differ",
    "token_not_yet_valid": "check the clocks; --leeway allows for some difference",
    "key_not_found": "jwtool jwks show lists the keys of a set; was the key rotated?",
    "key_ambiguous": "a kid must be unique in its set; SET#KID can't choose between two",
    "key_too_weak": "--allow-weak-key lets a legacy secret verify, and says so",
    "dpop_proof_invalid": "jwtool verify --preset dpop judges the proof by itself",
    "payload_not_claims": "if the payload is not meant to be claims: --payload-only",
}
