"""Which key verifies: the keys that a signature may be by, chosen by `kid`, type, curve, `alg`, `use`, `key_ops`.

A token names a key, it never brings one: `jwk`, `jku`, `x5u`, `x5c` in its header are not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.algorithms import ALGORITHMS, same_on_curve
from jwtool.jose.fit import why_not
from jwtool.jose.keyset import Skipped, count_sharing
from jwtool.jose.quoting import quote_public

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.keys.key import Key
    from jwtool.jose.keyset import KeySet

MAX_KEYS_TRIED = 16
MAX_KIDS_NAMED = 10
TELLING = ("key_too_weak", "key_use_mismatch", "alg_not_allowed", "alg_key_mismatch")
"""The reasons why a key doesn't fit, the nearest miss first: it is the one that the report gives."""


class OfferedKey(NamedTuple):
    """A key and where it comes from, in words for people."""

    key: Key
    source: str


class OfferedSet(NamedTuple):
    """The keys of one source, in words for people. A `kid` must be unique within a set, not across sets.

    Keys of an `issuer` serve the tokens that name it in `iss`, and no others.
    """

    keyset: KeySet
    source: str
    issuer: str | None = None


class Candidate(NamedTuple):
    """A key that was on offer and doesn't count, and why.

    `code` is one of the codes of a failed signature, of a key that was skipped in its set, or `kid_mismatch`.
    """

    kid: str | None
    source: str
    code: str
    reason: str


class Demand(NamedTuple):
    """What a token's header and the caller's policy ask of a key.

    `algs` are the algorithms that the caller allows, None for any; an empty tuple allows none.
    """

    alg: str
    kid: str | None
    algs: tuple[str, ...] | None
    allow_weak_key: bool

    def allows_on(self, crv: str | None) -> bool:
        """Whether the caller allows `alg` for a key on that curve (`EdDSA` has two names on each)."""
        return self.algs is None or any(same_on_curve(self.alg, allowed, crv) for allowed in self.algs)


class Selection(NamedTuple):
    """The keys to try, in order; if there are none, `code` and `detail` say why.

    `left_out` is how many fitting keys are not tried.
    """

    keys: tuple[OfferedKey, ...] = ()
    code: str | None = None
    detail: str = ""
    left_out: int = 0


def select(offered: Sequence[OfferedSet], demand: Demand, *, most: int = MAX_KEYS_TRIED) -> Selection:
    """The keys that may have made a signature, at most `most`.

    With a `kid`: the key of that `kid`, then those without one. Without: every key that fits.
    """
    fault = _fault_of_alg(demand)
    if fault is not None:
        return Selection((), *fault)
    for each in offered:
        sharing = _sharing(each, demand)
        if sharing > 1:
            detail = f"{sharing} keys of {each.source} share the kid {quote_public(demand.kid or '')}"
            return Selection((), "key_ambiguous", detail)
    keys = [
        OfferedKey(key, each.source)
        for each in offered
        for key in each.keyset.keys
        if not _is_other(key.kid, demand) and _fault_of_key(key, demand) is None
    ]
    if not keys:
        return Selection((), *_why_none(demand, candidates(offered, demand)))
    keys.sort(key=lambda one: demand.kid is not None and one.key.kid is None)
    return Selection(tuple(keys[:most]), left_out=max(0, len(keys) - most))


def candidates(offered: Sequence[OfferedSet], demand: Demand) -> tuple[Candidate, ...]:
    """Of each key on offer that doesn't fit, why; nothing where the `alg` alone rules out every key."""
    if _fault_of_alg(demand) is not None:
        return ()
    found: list[Candidate] = []
    for each in offered:
        ambiguous = _sharing(each, demand) > 1
        offers: tuple[Key | Skipped, ...] = (*each.keyset.keys, *each.keyset.skipped)
        for one in offers:
            reason = _fault(one, demand, ambiguous=ambiguous)
            if reason is not None:
                found.append(Candidate(one.kid, each.source, *reason))
    return tuple(found)


def _sharing(each: OfferedSet, demand: Demand) -> int:
    """How many keys of that set claim the `kid` that the token names."""
    return 0 if demand.kid is None else count_sharing(each.keyset, demand.kid)


def _is_other(kid: str | None, demand: Demand) -> bool:
    """Whether a key of that `kid` is another than the one that the token names; one without a kid may be any."""
    return kid is not None and demand.kid is not None and kid != demand.kid


def _fault_of_alg(demand: Demand) -> tuple[str, str] | None:
    """Why the header's `alg` rules out every key, or None. No list of allowed algorithms can let `none` in."""
    if demand.alg.lower() == "none":
        return "alg_none", "the token is not signed: its alg is 'none'"
    row = ALGORITHMS.get(demand.alg)
    if row is None:
        return "alg_unsupported", f"alg {quote_public(demand.alg)} is no signature algorithm known here"
    if not any(demand.allows_on(crv) for crv in row.curves or (None,)):
        return "alg_not_allowed", f"alg '{row.name}' is not among those allowed"
    return None


def _fault(one: Key | Skipped, demand: Demand, *, ambiguous: bool) -> tuple[str, str] | None:
    if _is_other(one.kid, demand):
        return "kid_mismatch", f"its kid is {quote_public(one.kid or '')}"
    if ambiguous and one.kid == demand.kid:
        return "key_ambiguous", "another key of the set has the same kid"
    if isinstance(one, Skipped):
        kty = ALGORITHMS[demand.alg].kty
        if one.code == "key_too_weak" and one.facts.get("kty") != kty:
            return "alg_key_mismatch", f"alg '{demand.alg}' needs a key of type {kty}"
        return one.code, one.reason
    return _fault_of_key(one, demand)


def _fault_of_key(key: Key, demand: Demand) -> tuple[str, str] | None:
    if not demand.allows_on(key.crv):
        return "alg_not_allowed", f"alg '{demand.alg}' on {key.crv} is not among those allowed"
    return why_not(key, demand.alg, operation="verify", allow_weak=demand.allow_weak_key)


def _why_none(demand: Demand, found: Sequence[Candidate]) -> tuple[str, str]:
    """The reason that the report gives: that of the nearest miss among the keys that the token may mean."""
    meant = [candidate for candidate in found if candidate.code != "kid_mismatch"]
    for code in TELLING:
        reasons = [candidate.reason for candidate in meant if candidate.code == code]
        if reasons:
            return code, reasons[0] if len(meant) == 1 else f"none of {len(meant)} keys fits: {reasons[0]}"
    if meant:
        return "key_not_found", f"no key on offer can be used: {meant[0].reason}"
    if demand.kid is None or not found:
        return "key_not_found", "there is no key on offer"
    kids = list(dict.fromkeys(quote_public(one.kid) for one in found if one.kid is not None))
    more = f" and {len(kids) - MAX_KIDS_NAMED} more" if len(kids) > MAX_KIDS_NAMED else ""
    named = quote_public(demand.kid)
    return "key_not_found", f"no key has the kid {named}; on offer: {', '.join(kids[:MAX_KIDS_NAMED])}{more}"
