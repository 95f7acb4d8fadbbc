"""An unknown `kid`: the keys may have been rotated, so sets at URLs are asked for anew, once in a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.errors import KeyRefused, NetworkError
from jwtool.operations.resolve_keys import load_again, load_set, only_usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.selection import OfferedSet
    from jwtool.jose.verify import Verification
    from jwtool.operations.resolve_keys import LoadedSet
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

KEY_NOT_FOUND = "key_not_found"
SIGNATURE_INVALID = "signature_invalid"


def lacks_key(verification: Verification) -> bool:
    """Whether the token names a key that no set has."""
    return any(check.name == "signature" and check.code == KEY_NOT_FOUND for check in verification.checks)


def old_keys(verification: Verification, loaded: Sequence[LoadedSet]) -> tuple[str, ...]:
    """What must be said of keys out of the cache that a signature does not verify with: they may be others by now."""
    if not any(check.code == SIGNATURE_INVALID for check in verification.checks):
        return ()
    answers = [(one.source, one.fetched.answered) for one in loaded if one.fetched is not None]
    return tuple(
        f"the keys of {source} are out of the cache, {answered.age} s old; --refresh asks for them anew"
        for source, answered in answers
        if not answered.asked and answered.age
    )


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


class Renewal(NamedTuple):
    """How the sets at URLs are asked for anew while lines go by: the sources as they were typed, and by which means.

    It can be pickled without its `runtime`, which then is that of the process that has it.
    """

    texts: tuple[str, ...]
    network: Network
    allow_weak_secret: bool
    runtime: Runtime | None = None

    def renew(self, offered: Sequence[OfferedSet]) -> list[OfferedSet] | None:
        """The sets with those at URLs anew, because they lack a key; None where there is no news.

        A source that fails keeps the set that it had.
        """
        from jwtool.sources.runtime import Runtime

        runtime = self.runtime or Runtime.of_this_process()
        renewed = [self._renew(text, one, runtime) for text, one in zip(self.texts, offered, strict=True)]
        return renewed if any(new is not old for new, old in zip(renewed, offered, strict=True)) else None

    def _renew(self, text: str, offered: OfferedSet, runtime: Runtime) -> OfferedSet:
        from jwtool.sources.source import parse_source

        source = parse_source(text, bare="file", what="KEY")
        if source.kind not in {"url", "issuer"} or source.fragment is not None:
            return offered
        try:
            loaded = load_set(text, runtime, network=self.network)
            anew = load_again(loaded) or loaded
        except (NetworkError, KeyRefused):
            return offered
        usable = only_usable(anew, allow_weak_secret=self.allow_weak_secret)
        return offered._replace(keyset=usable.keyset) if usable.keyset.keys else offered
