"""A key set as it stands in a file that is edited: every entry as it was written, beside the key that it is read as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose.errors import JwksMalformed, KeyAmbiguous, KeyMalformed, KeyRefused
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.members import json_type
from jwtool.jose.keyset import MAX_KEYS, thumbprint
from jwtool.jose.quoting import quote_public

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.jose.keys.key import Key

# Any of these in an entry that is not understood makes the set a private one.
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})


class RawKey(NamedTuple):
    """One entry of `keys`: `jwk` is the value as it was written, `key` what it is read as, None where it is not.

    `refusal` says why it is not. Has no telling `repr`.
    """

    jwk: Any
    key: Key | None
    refusal: KeyRefused | None = None

    def __repr__(self) -> str:
        """Only what it is."""
        return f"<RawKey {self.key}>"

    @property
    def kid(self) -> str | None:
        """The `kid` as it was written, also of an entry that is not understood."""
        kid = self.jwk.get("kid") if isinstance(self.jwk, dict) else None
        return kid if isinstance(kid, str) else None

    @property
    def private(self) -> bool:
        """Whether the entry holds, or may hold, what must not be published."""
        if self.key is not None:
            return self.key.private
        return isinstance(self.jwk, dict) and not PRIVATE_MEMBERS.isdisjoint(self.jwk)

    @property
    def name(self) -> str:
        """What the key is called in a sentence."""
        if self.kid is not None:
            return quote_public(self.kid)
        return "one without a kid" if self.key is None or self.key.kty == "oct" else thumbprint(self.key)

    def with_member(self, name: str, value: Any) -> RawKey:
        """The entry of a key that is understood, with one member set."""
        from dataclasses import replace

        key = self.key and replace(self.key, members={**self.key.members, name: value})
        return RawKey({**self.jwk, name: value}, key)


def read_entries(document: Mapping[str, Any]) -> tuple[RawKey, ...]:
    """Every entry of a JWK set, whether understood or not.

    Raises JwksMalformed if it has no array `keys` of at most 1,000 members.
    """
    entries = document.get("keys")
    if not isinstance(entries, list):
        found = json_type(entries) if "keys" in document else "nothing"
        raise JwksMalformed(f"'keys' of the key set must be an array, found {found}")
    if len(entries) > MAX_KEYS:
        raise JwksMalformed(f"the key set has {len(entries)} keys, wanted at most {MAX_KEYS}")
    return tuple(_read_entry(entry) for entry in entries)


def _read_entry(entry: Any) -> RawKey:
    if not isinstance(entry, dict):
        return RawKey(entry, None, KeyMalformed(f"a key must be an object, found {json_type(entry)}"))
    try:
        return RawKey(entry, parse_jwk(entry))
    except KeyRefused as error:
        return RawKey(entry, None, error)


def find(entries: Sequence[RawKey], name: str) -> int | None:
    """The place of the entry that is called `name`, by its `kid`, else by its thumbprint; None if there is none.

    Raises KeyAmbiguous where several share that `kid` or thumbprint.
    """
    places = [place for place, entry in enumerate(entries) if entry.kid == name] or [
        place for place, entry in enumerate(entries) if entry.key is not None and thumbprint(entry.key) == name
    ]
    if len(places) > 1:
        raise KeyAmbiguous(f"{len(places)} keys are called {quote_public(name)}, and one is wanted")
    return places[0] if places else None
