"""What the options of `verify` demand, as a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.errors import AlgorithmUnknown, UsageError
from jwtool.jose.numeric_date import parse_duration
from jwtool.jose.policy import ClaimPolicy, Requirement
from jwtool.jose.quoting import quote
from jwtool.jose.verify import Policy
from jwtool.operations.trusted import demanded, refuse_empty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.operations.load_preset import Preset
    from jwtool.sources.runtime import Runtime

MAX_REQUIREMENT_FILE = 64 * 1024
SIGNATURES = ("any", "all")


class Demand(NamedTuple):
    """The options of `verify` that demand something, as they were typed; iss and aud as `trusted` has them."""

    issuers: Sequence[str] = ()
    audiences: Sequence[str] = ()
    subject: str | None = None
    algs: Sequence[str] = ()
    typ: str | None = None
    required: Sequence[str] = ()
    scopes: Sequence[str] = ()
    leeway: str = "0s"
    max_age: str | None = None
    max_auth_age: str | None = None
    min_ttl: str | None = None
    nonce: str | None = None
    access_token: str | None = None
    code: str | None = None
    payload_only: bool = False
    allow_weak_key: bool = False
    signatures: str = "any"
    preset: Preset | None = None
    dpop: str | None = None


def policy_of(demand: Demand, runtime: Runtime) -> Policy:
    """The policy that the options add up to. Raises UsageError leaves."""
    refuse_empty("--sub", demand.subject)
    refuse_empty("--typ", demand.typ)
    refuse_empty("--nonce", demand.nonce)
    if demand.signatures not in SIGNATURES:
        raise UsageError(f"--signatures takes any or all, found {quote(demand.signatures)}", hint="--signatures all")
    preset = demand.preset
    for option, value in (("--preset", preset), ("--dpop", demand.dpop)):
        if value is not None and demand.payload_only:
            raise UsageError(f"{option} demands claims, and --payload-only leaves them unjudged", hint="leave one out")
    provider = preset.provider if preset else None
    header = provider.audience_header if provider else None
    claims = ClaimPolicy(
        issuers=tuple(demand.issuers),
        audiences=() if header else tuple(demand.audiences),
        subject=demand.subject,
        required=_with_preset(_required(demand.required), preset),
        scopes=tuple(part for text in demanded("--scope", demand.scopes) for part in text.split()),
        leeway=parse_duration(demand.leeway),
        max_age=_duration(preset.max_age if preset and demand.max_age is None else demand.max_age),
        max_auth_age=_duration(demand.max_auth_age),
        min_ttl=_duration(demand.min_ttl),
        nonce=demand.nonce,
        access_token=private_text(demand.access_token, runtime, "--access-token"),
        code=private_text(demand.code, runtime, "--code"),
        any_tenant=provider is not None and provider.any_tenant,
        audience_claim=provider.audience_claim if provider else None,
    )
    algs = demand.algs or (provider.algs if provider else ())
    if demand.required:
        from jwtool.operations.patterns import Matcher

        claims = claims._replace(fullmatch=Matcher())
    return Policy(
        claims=claims,
        algs=tuple(known_algorithm(name) for name in algs) if algs else None,
        typ=demand.typ or (preset.typ if preset else None),
        typ_optional=demand.typ is None and preset is not None and preset.typ_optional,
        payload_only=demand.payload_only,
        allow_weak_key=demand.allow_weak_key,
        all_signatures=demand.signatures == "all",
        padded=provider is not None and provider.padded,
        header=(Requirement((header,), header, "among", list(demand.audiences)),)
        if header and demand.audiences
        else (),
    )


def _with_preset(explicit: tuple[Requirement, ...], preset: Preset | None) -> tuple[Requirement, ...]:
    """The demands that were typed, after those of the preset about other claims."""
    if preset is None:
        return explicit
    typed = {one.name for one in explicit}
    patterns = () if preset.provider is None else _required(preset.provider.demands)
    filled = [one for one in patterns if one.name not in typed]
    judged = {*typed, *preset.same, *(one.name for one in filled)}
    filled = [*(Requirement((name,), name, "present") for name in preset.required if name not in judged), *filled]
    if preset.same:
        first, second = preset.same
        filled += [Requirement((first,), first, "present"), Requirement((second,), second, "same", first)]
    return (*filled, *explicit)


def known_algorithm(name: str) -> str:
    """The name, if the table has it. Raises AlgorithmUnknown, with the nearest name as a hint."""
    if name in ALGORITHMS:
        return name
    if name.lower() == "none":
        raise AlgorithmUnknown("'none' means no signature, and nothing is accepted or made without one")
    import difflib

    near = difflib.get_close_matches(name.upper(), ALGORITHMS, n=1)
    hint = f"did you mean {near[0]}?" if near else "`jwtool explain algorithms` lists them"
    if "," in name:
        hint = "for several algorithms repeat --alg"
    raise AlgorithmUnknown(f"{quote(name)} is no algorithm that jwtool knows", hint=hint)


def _required(texts: Sequence[str]) -> tuple[Requirement, ...]:
    if not texts:
        return ()
    from jwtool.sources.claim_options import parse_requirement
    from jwtool.sources.files import read

    def read_file(path: str) -> bytes:
        return read(path, cap=MAX_REQUIREMENT_FILE, what="file of --require")

    return tuple(parse_requirement(text, read_file) for text in texts)


def private_text(text: str | None, runtime: Runtime, option: str) -> bytes | None:
    """What the SOURCE of an option holds that is never taken from the command line; None where it was not given."""
    if text is None:
        return None
    from jwtool.sources.source import read_private_text

    return read_private_text(text, runtime, option=option).encode()


def _duration(text: str | None) -> int | None:
    return None if text is None else parse_duration(text)
