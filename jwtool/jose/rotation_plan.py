"""Rotation: what is due in a private key set at a given moment, and what then. Pure: the clock is the caller's.

A key is `published` until its `nbf`, `active` from there, `retiring` once a later one is active, `gone` at its `exp`.
A rotation is under way while a key waits or retires. In the private set `nbf` and `exp` say all of this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from jwtool.jose.algorithms import ALGORITHMS, for_key
from jwtool.jose.errors import KeyAmbiguous, KeySymmetricInPublic, RotationTooFast
from jwtool.jose.keys.public import to_jwk
from jwtool.jose.keyset import thumbprint
from jwtool.jose.numeric_date import format_duration
from jwtool.jose.quoting import quote_public
from jwtool.jose.raw_keyset import RawKey
from jwtool.jose.rotation import starts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from typing import Any

    from jwtool.jose.keys.key import Key

State = Literal["published", "active", "retiring", "gone"]
BITS_PER_OCTET = 8


class Schedule(NamedTuple):
    """How keys are rotated, in seconds.

    A new key is published `publish_before` it signs, an old one stays `retire_after` it has stopped to. With `every`
    a rotation begins once the active key has signed for so long; without it, whenever none is under way.
    """

    publish_before: int = 3_600
    retire_after: int = 86_400
    every: int | None = None


class Change(NamedTuple):
    """One thing that a plan does: `at` is when the key goes, begins to sign, or will go."""

    what: Literal["expired", "compromised", "added", "retires"]
    entry: RawKey
    at: float


class Plan(NamedTuple):
    """The entries of the set as they are to be, and what changed; nothing if nothing was due."""

    entries: tuple[RawKey, ...]
    changes: tuple[Change, ...]


def signs(entry: RawKey) -> bool:
    """Whether the entry takes part in rotation: a key, public or private, that is for signatures."""
    key = entry.key
    if key is None or key.use not in {None, "sig"}:
        return False
    return key.alg in ALGORITHMS if key.alg is not None else bool(for_key(key.kty, key.crv, key.bits // BITS_PER_OCTET))


def can_sign(entry: RawKey) -> bool:
    """Whether the entry is a key that could be the active one: private, and strong enough."""
    return signs(entry) and entry.key is not None and entry.key.private and entry.key.weakness is None


def expiry(entry: RawKey) -> float | None:
    """When the entry goes, in Unix seconds; None if it says nothing of that. Read of a key not understood, too."""
    exp = entry.jwk.get("exp") if isinstance(entry.jwk, dict) else None
    return exp if type(exp) in {int, float} else None


def start(entry: RawKey) -> float:
    """When the key of an entry begins to sign; a missing `nbf` counts as 0."""
    return 0 if entry.key is None else starts(entry.key)


def passed(entry: RawKey, now: float) -> bool:
    """Whether the `exp` of the entry has come."""
    exp = expiry(entry)
    return exp is not None and exp <= now


def active_entries(entries: Iterable[RawKey], now: float) -> list[RawKey]:
    """The entries that sign at `now`: one, or none, or several that are equally good."""
    current = [entry for entry in entries if can_sign(entry) and start(entry) <= now and not passed(entry, now)]
    latest = max(map(start, current), default=0)
    return [entry for entry in current if start(entry) == latest]


def state(entry: RawKey, entries: Sequence[RawKey], now: float) -> State:
    """Where the key is in its life. A key that can't sign is `active` until its `exp`, or a later key, is there."""
    if passed(entry, now):
        return "gone"
    if start(entry) > now:
        return "published"
    active = active_entries(entries, now)
    if not signs(entry) or not active or any(one is entry for one in active):
        return "active"
    return "retiring"


def is_under_way(entries: Sequence[RawKey], now: float) -> bool:
    """Whether a key waits for its `nbf`, or one that was replaced retires towards its `exp`."""
    return any(
        signs(entry)
        and (start(entry) > now or (expiry(entry) is not None and state(entry, entries, now) == "retiring"))
        for entry in entries
    )


def refuse_too_fast(schedule: Schedule, *, max_age: int | None, token_life: int | None) -> None:
    """Raise RotationTooFast for a schedule under which a client would meet a good token whose key it can't find.

    `max_age` is how long clients keep the set, `token_life` the longest life of a token; None is not known.
    """
    if max_age is not None and schedule.publish_before < max_age:
        raise RotationTooFast(
            f"--publish-before {format_duration(schedule.publish_before)} is shorter than --max-age "
            f"{format_duration(max_age)}: a client that has just fetched the set would meet tokens of a key that it "
            "doesn't know yet",
            hint=f"--publish-before {format_duration(max_age)}, or --force",
        )
    if token_life is not None and schedule.retire_after < token_life:
        raise RotationTooFast(
            f"--retire-after {format_duration(schedule.retire_after)} is shorter than --token-life "
            f"{format_duration(token_life)}: the last tokens of the old key would outlive it",
            hint=f"--retire-after {format_duration(token_life)}, or --force",
        )


def plan(
    entries: Sequence[RawKey],
    schedule: Schedule,
    *,
    now: int,
    make: Callable[[Sequence[Key]], Key],
    compromised: Collection[int] = (),
) -> Plan:
    """What is due at `now` (Unix seconds), and nothing else.

    `compromised` are places in `entries`. `make` makes a new private key like those that it is given: the active one,
    none for a new set, or several where they are equally good. At most one key is added.
    """
    active = active_entries(entries, now)
    lost = [entry for place, entry in enumerate(entries) if place in compromised]
    expired = [entry for entry in entries if passed(entry, now) and not _is_in(entry, lost)]
    kept = tuple(entry for entry in entries if not _is_in(entry, lost) and not _is_in(entry, expired))
    changes = [Change("compromised", entry, now) for entry in lost]
    changes += [Change("expired", entry, expiry(entry) or 0) for entry in expired]
    at_once = any(_is_in(entry, lost) for entry in active) or not any(map(can_sign, kept))
    if at_once:
        added = _new(entries, active, make, nbf=now)
        kept, replaced = _replace_at_once(kept, added, schedule, now)
    elif _is_due(kept, schedule, now):
        added = _new(entries, active_entries(kept, now), make, nbf=now + schedule.publish_before)
        kept, replaced = _retire(kept, exp=now + schedule.publish_before + schedule.retire_after)
        kept = (*kept, added)
    else:
        return Plan(kept, tuple(changes))
    changes.append(Change("added", added, start(added)))
    changes += [Change("retires", entry, expiry(entry) or 0) for entry in replaced]
    return Plan(kept, tuple(changes))


def next_rotation(entries: Sequence[RawKey], schedule: Schedule, now: int) -> float:
    """The first moment, `now` or later, at which `plan` would add a key.

    Until then the rotation that is under way has to end, and the key that is active by then has to be old enough.
    """
    moments = {now, *(start(entry) for entry in entries), *(expiry(entry) or now for entry in entries)}
    ages = {start(entry) + (schedule.every or 0) for entry in entries if signs(entry)}
    return next(
        (moment for moment in sorted(moments | ages) if moment >= now and _adds(entries, schedule, moment)), now
    )


def published(entries: Sequence[RawKey]) -> tuple[list[dict[str, Any]], list[str]]:
    """What a private set makes public: the public halves of its keys, without `nbf` and `exp`; and a word on the rest.

    Every key gets a `kid`. Raises KeySymmetricInPublic for a secret, KeyAmbiguous for a kid that two keys share.
    """
    jwks: list[dict[str, Any]] = []
    remarks = []
    for entry in entries:
        key = entry.key
        if key is None or key.weakness is not None:
            reason = entry.refusal.message if key is None and entry.refusal else key and key.weakness
            remarks.append(f"the key {entry.name} is not published: {reason}")
            continue
        if key.kty == "oct":
            raise KeySymmetricInPublic(
                f"the key {entry.name} is a shared secret and has no public half", hint="leave out --public-out"
            )
        jwk = {name: value for name, value in to_jwk(key, private=False).items() if name not in {"iat", "nbf", "exp"}}
        jwk.setdefault("kid", thumbprint(key))
        if any(one["kid"] == jwk["kid"] for one in jwks):
            raise KeyAmbiguous(f"two keys share the kid {quote_public(jwk['kid'])}, and a set needs each once")
        jwks.append(jwk)
    return jwks, remarks


def _is_in(entry: RawKey, entries: Iterable[RawKey]) -> bool:
    return any(one is entry for one in entries)


def _adds(entries: Sequence[RawKey], schedule: Schedule, moment: float) -> bool:
    """Whether a key would be added at that moment, if nothing but what is in the set happens until then."""
    kept = [entry for entry in entries if not passed(entry, moment)]
    return not any(map(can_sign, kept)) or _is_due(kept, schedule, moment)


def _is_due(entries: Sequence[RawKey], schedule: Schedule, now: float) -> bool:
    """Whether a rotation begins now.

    An active key that will go although nobody waits to follow it has lost its successor: that can't wait.
    """
    waits = any(signs(entry) and start(entry) > now for entry in entries)
    active = active_entries(entries, now)
    if active and not waits and all(expiry(entry) is not None for entry in active):
        return True
    if is_under_way(entries, now):
        return False
    return schedule.every is None or any(now - start(entry) >= schedule.every for entry in active)


def _new(
    entries: Sequence[RawKey], models: Sequence[RawKey], make: Callable[[Sequence[Key]], Key], *, nbf: int
) -> RawKey:
    """A new key like the active one, or if there is none, like the last that was."""
    if not models:
        models = sorted((entry for entry in entries if can_sign(entry)), key=start)[-1:]
    key = make([entry.key for entry in models if entry.key is not None])
    return RawKey(to_jwk(key, private=True), key).with_member("nbf", nbf)


def _replace_at_once(
    kept: Sequence[RawKey], added: RawKey, schedule: Schedule, now: int
) -> tuple[tuple[RawKey, ...], list[RawKey]]:
    """The entries with the key that signs from now on, and those that it replaces.

    If a key waits already, the new one will be replaced by that.
    """
    waiting = [start(entry) for entry in kept if signs(entry) and start(entry) > now]
    if waiting:
        added = added.with_member("exp", min(waiting) + schedule.retire_after)
    older = [entry for entry in kept if start(entry) <= now and expiry(entry) is None]
    entries, replaced = _retire(kept, exp=now + schedule.retire_after, only=older)
    return (*entries, added), replaced


def _retire(
    kept: Sequence[RawKey], *, exp: int, only: Sequence[RawKey] | None = None
) -> tuple[tuple[RawKey, ...], list[RawKey]]:
    """The entries, those that are for signatures with this `exp`; and which these are."""
    entries, replaced = [], []
    for entry in kept:
        if signs(entry) and (only is None or _is_in(entry, only)):
            replaced.append(entry.with_member("exp", exp))
            entries.append(replaced[-1])
        else:
            entries.append(entry)
    return tuple(entries), replaced
