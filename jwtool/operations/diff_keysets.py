"""Two key sets, from anywhere, and how they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import keyset as keysets
from jwtool.jose import strict_json
from jwtool.jose.errors import InputError, KeyRefused
from jwtool.jose.keyset_diff import Difference, KeyChange, MemberChange, diff, identity
from jwtool.jose.raw_keyset import RawKey, read_entries
from jwtool.operations.resolve_keys import MAX_KEY_FILE, Passphrase, load_set
from jwtool.output.report import Row, Table
from jwtool.output.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.keys.key import Key
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

LONGEST_VALUE = 60


class Side(NamedTuple):
    """One of the two sets: its name, its entries, and its members beside `keys`."""

    label: str
    entries: tuple[RawKey, ...]
    members: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def private(self) -> bool:
        """Whether it holds private keys."""
        return any(entry.private for entry in self.entries)


def load_side(text: str, runtime: Runtime, *, network: Network, passphrase: Passphrase) -> Side:
    """A set for comparison: every entry as it was written, unknown members too. Raises as `load_set` does."""
    from jwtool.sources.source import parse_source, read_bytes

    source = parse_source(text, bare="file", what="SET")
    if source.kind not in {"file", "stdin", "env"} or source.fragment is not None:
        loaded = load_set(text, runtime, network=network, passphrase=passphrase, what="SET")
        document = None
        if loaded.fetched is not None and source.fragment is None:
            document = _as_set(loaded.fetched.answered.body)
        return _side(loaded.source, document, loaded.keyset.keys, loaded.notes)
    data = read_bytes(source, runtime, cap=MAX_KEY_FILE, what="key set", patience=network.timeout)
    try:
        document = _as_set(data)
        keys: tuple[Key, ...] = ()
        if document is None:
            from jwtool.jose.keys.load import load_keys

            keys = load_keys(data, passphrase=lambda: passphrase(source.label)).keys
        return _side(source.label, document, keys, ())
    except (InputError, KeyRefused) as error:
        error.message = f"{source.label}: {error.message}"
        raise


def compare(before: Side, after: Side) -> Difference:
    """How the one set would have to change to become the other."""
    return diff(before.entries, after.entries, members=(before.members, after.members))


def notes_of(before: Side, after: Side) -> tuple[str, ...]:
    """What must be said of the two sets."""
    notes = [*before.notes, *after.notes]
    if before.private != after.private:
        private = before if before.private else after
        notes.append(f"{private.label} holds private keys, and the other set doesn't: public halves are compared")
    return tuple(notes)


def document_of(found: Difference) -> dict[str, Any]:
    """The members of the JSON document."""
    return {
        "added": [_facts(entry) for entry in found.added],
        "removed": [_facts(entry) for entry in found.removed],
        "changed": [_change_document(one) for one in found.changed],
        "members": [_member_document(one) for one in found.members],
    }


def summary(found: Difference, before: Side, after: Side) -> str:
    """The differences in one line."""
    if found.nothing:
        return f"{before.label} and {after.label} hold the same {counted(len(after.entries), 'key')}"
    counts = ((found.added, "added"), (found.removed, "removed"), (found.changed, "changed"))
    parts = [f"{counted(len(keys), 'key')} {verb}" for keys, verb in counts if keys]
    if found.members:
        parts.append(f"{counted(len(found.members), 'member')} of the set changed")
    return f"{', '.join(parts)}, from {before.label} to {after.label}"


def in_one_line(found: Difference, before: Side, after: Side) -> str:
    """The summary for those who see nothing else: an alarm comes first."""
    said = summary(found, before, after)
    names = [_name(one.after) for one in found.changed if one.another_key]
    return f"ALARM, the same kid names another key: {', '.join(names)}; {said}" if names else said


def table(found: Difference) -> Table:
    """A row for each key that came or went, and for each member that changed."""
    rows = [Row(("added", *_described(entry)), ("good", "name")) for entry in found.added]
    rows += [Row(("removed", *_described(entry)), ("bad", "name")) for entry in found.removed]
    for one in found.changed:
        name = _name(one.after)
        if one.another_key:
            rows.append(Row(("ALARM", name, f"the same kid names another key{_thumbprints(one)}"), ("bad", "name")))
        rows += [Row(("changed", name, _sentence(member)), ("warn", "name")) for member in one.members]
    rows += [Row(("changed", "the set", _sentence(member)), ("warn", "name")) for member in found.members]
    return Table(tuple(rows))


def _as_set(body: bytes) -> dict[str, Any] | None:
    """The JWK set that a text is, or a set of the one JWK; None for keys in any other form."""
    try:
        document = strict_json.parse(body, what="the key set")
    except InputError:
        if body.strip()[:1] == b"{":
            raise
        return None
    if isinstance(document, dict) and "kty" in document and "keys" not in document:
        return {"keys": [document]}
    return document if isinstance(document, dict) and "keys" in document else None


def _side(label: str, document: dict[str, Any] | None, keys: Sequence[Key], notes: tuple[str, ...]) -> Side:
    """The set out of the document, else out of the keys that were read from another form."""
    if document is None:
        return Side(label, tuple(RawKey(dict(key.members), key) for key in keys), {}, notes)
    return Side(label, read_entries(document), document, notes)


def _facts(entry: RawKey) -> dict[str, Any]:
    jwk = entry.jwk if isinstance(entry.jwk, dict) else {}
    facts = {"kid": entry.kid, **keysets.readable_facts(jwk), "private": entry.private}
    if entry.key is not None and entry.key.kty != "oct":
        facts["thumbprint"] = identity(entry)
    return facts


def _change_document(change: KeyChange) -> dict[str, Any]:
    both = [_facts(change.before).get("thumbprint"), _facts(change.after).get("thumbprint")]
    document: dict[str, Any] = {"kid": change.after.kid, "another_key": change.another_key}
    if change.another_key and all(both):
        document["thumbprints"] = both
    return document | {"members": [_member_document(one) for one in change.members]}


def _member_document(change: MemberChange) -> dict[str, Any]:
    if change.withheld:
        return {"name": change.name, "withheld": True}
    return {"name": change.name, "before": change.before, "after": change.after}


def _name(entry: RawKey) -> str:
    return entry.kid if entry.kid is not None else entry.name


def _described(entry: RawKey) -> Sequence[str]:
    facts = _facts(entry)
    size = facts.get("crv") or (f"{facts['bits']} bits" if "bits" in facts else "")
    return _name(entry), " ".join(str(part) for part in (facts.get("kty", "?"), size, facts.get("alg")) if part)


def _thumbprints(change: KeyChange) -> str:
    both = [_facts(change.before).get("thumbprint"), _facts(change.after).get("thumbprint")]
    return f": {both[0]} became {both[1]}" if all(both) else ""


def _sentence(change: MemberChange) -> str:
    if change.withheld:
        return f"{change.name}: differs; not shown, for the key is private"
    if change.before is None or change.after is None:
        added = change.before is None
        return f"{change.name}: {_short(change.after if added else change.before)} {'added' if added else 'removed'}"
    return f"{change.name}: {_short(change.before)} became {_short(change.after)}"


def _short(value: Any) -> str:
    text = strict_json.dump(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
