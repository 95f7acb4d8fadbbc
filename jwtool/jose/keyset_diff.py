"""How two key sets differ: keys added, removed, and changed, member by member. Private material is never in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import strict_json
from jwtool.jose.keys.jwk import COMMON_MEMBERS, MATERIAL_MEMBERS, TIME_MEMBERS
from jwtool.jose.keys.public import to_jwk
from jwtool.jose.keyset import thumbprint
from jwtool.jose.raw_keyset import PRIVATE_MEMBERS, RawKey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

MATERIAL = frozenset[str]().union(*MATERIAL_MEMBERS.values()) - {"crv"}
KNOWN = MATERIAL | {"kty", "crv", *COMMON_MEMBERS, *TIME_MEMBERS}


class MemberChange(NamedTuple):
    """A member that differs: its values, None where it is absent; neither where they may be `private`."""

    name: str
    before: Any = None
    after: Any = None
    withheld: bool = False


class KeyChange(NamedTuple):
    """Two entries of one name that differ. `another_key` is the alarm: the kid is the same, the key is not."""

    before: RawKey
    after: RawKey
    another_key: bool
    members: tuple[MemberChange, ...]


class Difference(NamedTuple):
    """All differences of two sets; `members` are those beside `keys`."""

    added: tuple[RawKey, ...]
    removed: tuple[RawKey, ...]
    changed: tuple[KeyChange, ...]
    members: tuple[MemberChange, ...]

    @property
    def nothing(self) -> bool:
        """Whether the sets are the same."""
        return not any(self)


def diff(
    before: Sequence[RawKey],
    after: Sequence[RawKey],
    *,
    members: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {}),
) -> Difference:
    """What has to happen to the first set to become the second; the order of keys and members is nothing.

    Keys are paired by `kid`, one without by its thumbprint. A private key and a public one are compared by public half.
    `members` are those of the sets beside `keys`.
    """
    old, new = _by_name(before), _by_name(after)
    changed = [_change(old[name], new[name]) for name in old if name in new]
    return Difference(
        added=tuple(entry for name, entry in new.items() if name not in old),
        removed=tuple(entry for name, entry in old.items() if name not in new),
        changed=tuple(one for one in changed if one.another_key or one.members),
        members=tuple(_member_changes(*members, known=(), withhold=any(entry.private for entry in (*before, *after)))),
    )


def identity(entry: RawKey) -> str | None:
    """The thumbprint of a key, by which two are the same; None for what is not understood."""
    return None if entry.key is None else thumbprint(entry.key)


def _by_name(entries: Iterable[RawKey]) -> dict[tuple[str, str, int], RawKey]:
    """The entries by kid, thumbprint or content, and how many of that name came before."""
    named: dict[tuple[str, str, int], RawKey] = {}
    for entry in entries:
        kind, name = ("kid", entry.kid) if entry.kid is not None else ("other", identity(entry))
        text = strict_json.dump(entry.jwk) if name is None else name
        count = 0
        while (kind, text, count) in named:
            count += 1
        named[kind, text, count] = entry
    return named


def _change(before: RawKey, after: RawKey) -> KeyChange:
    one, other = _comparable(before, after), _comparable(after, before)
    both = before.key is not None and after.key is not None
    another = both and identity(before) != identity(after)
    hidden = PRIVATE_MEMBERS | (MATERIAL if another else frozenset())
    members = _member_changes(one, other, hidden=hidden, withhold=before.private or after.private)
    if not both and not members and not strict_json.equal(one, other):  # only what may be private differs
        another = True
    return KeyChange(before, after, another, tuple(members))


def _comparable(entry: RawKey, other: RawKey) -> dict[str, Any]:
    """The members to compare; of the public half, if one of the two is private and the other is not."""
    if entry.private != other.private and entry.key is not None and entry.key.kty != "oct":
        return {name: value for name, value in to_jwk(entry.key, private=False).items() if name not in TIME_MEMBERS}
    return entry.jwk if isinstance(entry.jwk, dict) else {"": entry.jwk}


def _member_changes(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    known: Collection[str] = KNOWN,
    hidden: Iterable[str] = (),
    withhold: bool,
) -> list[MemberChange]:
    """The members that differ; of one that isn't `known`, only the name if it is to `withhold` values."""
    changes = []
    for name in dict.fromkeys((*before, *after)):
        if name in hidden or name == "keys":
            continue
        if name in before and name in after and strict_json.equal(before[name], after[name]):
            continue
        if withhold and name not in known:
            changes.append(MemberChange(name, withheld=True))
        else:
            changes.append(MemberChange(name, before.get(name), after.get(name)))
    return changes
