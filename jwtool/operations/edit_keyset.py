"""Key sets edited in place: read as they were written, put back in the same form, unknown members and all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import keyset as keysets
from jwtool.jose import strict_json
from jwtool.jose.errors import InputError, JwksMalformed, KeyRefused, KidTaken, WriteError
from jwtool.jose.keys.public import public_half, to_jwk
from jwtool.jose.quoting import printable, quote, quote_public
from jwtool.jose.raw_keyset import RawKey, find, read_entries
from jwtool.operations.resolve_keys import MAX_KEY_FILE
from jwtool.sources import in_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.keys.key import Key

USUAL_INDENT = 2


class SetFile(NamedTuple):
    """A key set in a file: its entries, the members beside them, and how the JSON is laid out."""

    path: str
    members: dict[str, Any]
    entries: tuple[RawKey, ...]
    indent: int | str | None = USUAL_INDENT

    @property
    def private(self) -> bool:
        """Whether any entry is, or may be, private."""
        return any(entry.private for entry in self.entries)


class Added(NamedTuple):
    """What `add` did: the kids of new keys, and of those that took another's place."""

    entries: tuple[RawKey, ...]
    added: tuple[str, ...]
    replaced: tuple[str, ...]
    notes: tuple[str, ...]


class Removed(NamedTuple):
    """What `remove` did: the entries that stay, the names of those that went, and the names that nothing has."""

    entries: tuple[RawKey, ...]
    removed: tuple[str, ...]
    unknown: tuple[str, ...]


def read_set(path: str, *, may_be_missing: bool = False, may_be_one_key: bool = False) -> SetFile | None:
    """The set in the file; None if there is no such file and it `may_be_missing`.

    A single JWK is read as a set of one where it `may_be_one_key`. Raises what is wrong with the file, and
    JwksMalformed for keys in any other form.
    """
    data = in_place.read_in_place(path, cap=MAX_KEY_FILE, what="key set", may_be_missing=may_be_missing)
    if data is None:
        return None
    try:
        return _parse(path, data, may_be_one_key=may_be_one_key)
    except (InputError, KeyRefused) as error:
        error.message = f"{printable(path)}: {error.message}"
        raise


def encode_set(found: SetFile, entries: Sequence[RawKey]) -> bytes:
    """The set with these entries, laid out as it was. Raises WriteError if it could not be read again."""
    document = {**found.members, "keys": [entry.jwk for entry in entries]}
    data = (strict_json.dump(document, indent=found.indent) + "\n").encode()
    if len(data) > MAX_KEY_FILE or len(entries) > keysets.MAX_KEYS:
        raise WriteError(f"can't write {quote(found.path)}: the set would be larger than one that can be read")
    return data


def add(path: str, keys: Sequence[Key], *, replace: bool) -> Added:
    """Put keys into the set in the file, into a public one by their public halves; with `replace` over its own.

    Every key has a kid. Raises KidTaken, KeySymmetricInPublic for an oct key in a public set, and as `read_set`.
    """
    with in_place.locked(path):
        found = read_set(path)
        assert found is not None  # noqa: S101  it may not be missing
        entries = list(found.entries)
        added: list[str] = []
        replaced: list[str] = []
        notes: list[str] = []
        for key in keys:
            private = found.private and key.private
            jwk = to_jwk(key, private=private)
            kid = jwk["kid"]
            taken = [place for place, entry in enumerate(entries) if entry.kid == kid]
            if taken and not replace:
                raise KidTaken(
                    f"{printable(path)} has a key of the kid {quote_public(kid)} already",
                    hint="--replace puts the new one in its place",
                )
            twin = next((one for one in entries if one.key and one.kid != kid and _is_same(one.key, key)), None)
            if twin is not None:
                notes.append(f"the key {quote_public(kid)} stands in the set under another kid too: {twin.name}")
            entry = RawKey(jwk, key if private else public_half(key))
            if taken:
                entries[taken[0]] = entry
                entries = [one for place, one in enumerate(entries) if place not in taken[1:]]
            else:
                entries.append(entry)
            (replaced if taken else added).append(kid)
        _write(found, entries)
    return Added(tuple(entries), tuple(added), tuple(replaced), tuple(notes))


def remove(path: str, names: Sequence[str]) -> Removed:
    """Take the keys of these kids or thumbprints out of the set in the file; none if one of them isn't there.

    Raises KeyAmbiguous for a kid that several keys have, and as `read_set`.
    """
    with in_place.locked(path):
        found = read_set(path)
        assert found is not None  # noqa: S101  it may not be missing
        places = {name: find(found.entries, name) for name in names}
        unknown = tuple(name for name, place in places.items() if place is None)
        if unknown:
            return Removed(found.entries, (), unknown)
        entries = tuple(entry for place, entry in enumerate(found.entries) if place not in places.values())
        _write(found, entries)
    return Removed(entries, tuple(places), ())


def _write(found: SetFile, entries: Sequence[RawKey]) -> None:
    private = found.private or any(entry.private for entry in entries)
    in_place.replace(found.path, encode_set(found, entries), private=private)


def _is_same(one: Key, other: Key) -> bool:
    return one.kty == other.kty and keysets.thumbprint(one) == keysets.thumbprint(other)


def _parse(path: str, data: bytes, *, may_be_one_key: bool) -> SetFile:
    if data.strip()[:1] not in {b"{", b"["}:
        from jwtool.jose.keys.load import load_keys

        load_keys(data, passphrase=lambda: None)
        raise _no_set("is in PEM or DER", path)
    document = strict_json.parse(data, what="the key set")
    if not isinstance(document, dict):
        raise JwksMalformed(f"the key set is {strict_json.kind_of(document)} in JSON, wanted an object")
    if "kty" in document and "keys" not in document:
        if not may_be_one_key:
            raise _no_set("is one key", path)
        return SetFile(path, {}, read_entries({"keys": [document]}), _indent_of(data))
    return SetFile(path, document, read_entries(document), _indent_of(data))


def _no_set(found: str, path: str) -> JwksMalformed:
    return JwksMalformed(
        f"this {found}, and what is edited in place is a JWK set",
        hint=f"make one of it: jwtool jwks build {quote(path)} -o jwks.json, with --private to keep the private parts",
    )


def _indent_of(data: bytes) -> int | str | None:
    """What the lines of the set begin with: blanks, a tab, or None if it is all on one line."""
    if b"\n" not in data.strip():
        return None
    match = re.search(rb"\n(\t+|[ ]{1,8})\S", data)
    return USUAL_INDENT if match is None else match[1].decode()
