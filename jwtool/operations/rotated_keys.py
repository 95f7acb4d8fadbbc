"""An unknown `kid`: the keys may have been rotated, so sets at URLs are asked for anew, once in a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.errors import NetworkError
from jwtool.operations.resolve_keys import load_again, only_usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.verify import Verification
    from jwtool.operations.resolve_keys import LoadedSet

KEY_NOT_FOUND = "key_not_found"


def lacks_key(verification: Verification) -> bool:
    """Whether the token names a key that no set has."""
    return any(check.name == "signature" and check.code == KEY_NOT_FOUND for check in verification.checks)


def load_anew(loaded: Sequence[LoadedSet], *, allow_weak_secret: bool) -> tuple[LoadedSet, ...] | None:
    """The sets of `load_usable`, those at URLs anew; None where there is no news, or none may be asked for now.

    A server that fails harms nothing: its old set stays, and a note says so.
    """
    anew = tuple(_anew(one, allow_weak_secret=allow_weak_secret) for one in loaded)
    return None if all(new is old for new, old in zip(anew, loaded, strict=True)) else anew


def _anew(one: LoadedSet, *, allow_weak_secret: bool) -> LoadedSet:
    if one.fetched is None or one.kid is not None:
        return one
    try:
        newer = load_again(one)
    except NetworkError as error:
        return one._replace(
            notes=(*one.notes, f"{one.source} was asked for the unknown key, and failed: {error.message}")
        )
    return one if newer is None else only_usable(newer, allow_weak_secret=allow_weak_secret)
