"""The life of a signing key: which key of a private set signs at a given moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.errors import KeyAmbiguous, KeyNotActive
from jwtool.jose.quoting import quote_public

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.keys.key import Key


def active_key(keys: Sequence[Key], *, now: int) -> Key:
    """The key that signs at `now` (Unix seconds): the greatest `nbf` not ahead of now, among keys not past `exp`.

    A missing `nbf` counts as 0. Raises KeyNotActive if every key still waits or is past its `exp`, KeyAmbiguous
    if two are equally good.
    """
    current = [
        key for key in keys if starts(key) <= now and (key.members.get("exp") is None or now < key.members["exp"])
    ]
    if not current:
        raise KeyNotActive(
            f"none of the {len(keys)} private keys is active now: each waits for its nbf or is past its exp",
            hint="name one with #KID after the source",
        )
    latest = max(starts(key) for key in current)
    best = [key for key in current if starts(key) == latest]
    if len(best) > 1:
        names = " and ".join(quote_public(key.kid) if key.kid else "one without a kid" for key in best[:2])
        raise KeyAmbiguous(
            f"{len(best)} keys could sign, and one is wanted: {names}", hint="name one with #KID after the source"
        )
    return best[0]


def starts(key: Key) -> float:
    """When a key begins to sign, in Unix seconds."""
    nbf: float = key.members.get("nbf", 0)
    return nbf
