"""The keys of the local issuer: one signs, all are published, and a test may ask for a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.keyset import KeySet
from jwtool.jose.sign import choose_alg
from jwtool.operations.build_keyset import build, encode, with_kid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.keys.key import Key

MAX_KEYS = 16
"""As many as are published; the oldest goes for one more."""


class Ring(NamedTuple):
    """Private keys with a `kid`, the one that signs first; `document` is the JSON of their public set."""

    keys: tuple[Key, ...]
    alg: str
    document: bytes

    @property
    def signer(self) -> Key:
        """The key that signs."""
        return self.keys[0]

    @property
    def keyset(self) -> KeySet:
        """All keys, to verify with."""
        return KeySet(self.keys)

    def algs(self) -> list[str]:
        """The algorithms of all keys, each once."""
        return list(dict.fromkeys(choose_alg(key, None) for key in self.keys))


def make_ring(keys: Sequence[Key]) -> Ring:
    """A ring of these private keys. Raises as `build` does: for a shared kid, for an oct key."""
    named = tuple(map(with_kid, keys))
    _, document, _ = build(named, private=False)
    return Ring(named, choose_alg(named[0], None), encode(document))


def rotated(ring: Ring, *, alg: str | None, drop: bool) -> tuple[Ring, Ring]:
    """The ring with a new key: while that is only published, and once it signs; then with `drop` without the others.

    Raises UsageError leaves for an `alg` that no key can be made for, KeyRefused leaves for one that can't sign.
    """
    from jwtool.jose.keys.generate import generate

    new = generate(alg or ring.alg)
    old = ring.keys[: MAX_KEYS - 1]
    return make_ring((old[0], new, *old[1:])), make_ring((new, *(() if drop else old)))
