"""What can be said of a key or a key set, for scripts and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose import keyset as keysets
from jwtool.jose.algorithms import for_key
from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT, encryption_for_key
from jwtool.jose.errors import KeyTooWeak
from jwtool.output.report import Row, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.keys.key import Key
    from jwtool.jose.keyset import KeySet, Skipped
    from jwtool.jose.raw_keyset import RawKey

BITS_PER_OCTET = 8


def algorithms_of(key: Key) -> tuple[str, ...]:
    """The algorithms that a key could sign with, or encrypt with if it is for that: by type, curve and length."""
    if key.kty == "AKP":
        return () if key.use == "enc" else (str(key.alg),)
    octets = key.bits // BITS_PER_OCTET
    encrypts = key.use == "enc" or key.alg in KEY_MANAGEMENT or key.alg in CONTENT_ENCRYPTION
    signing = () if encrypts else for_key(key.kty, key.crv, octets)
    return signing or encryption_for_key(key.kty, key.crv, octets)


def key_document(key: Key) -> dict[str, Any]:
    """The facts of a key without its material. An `oct` key shows no thumbprint, a hash of its secret."""
    facts: dict[str, Any] = {"kid": key.kid, "kty": key.kty}
    if key.crv is not None:
        facts["crv"] = key.crv
    elif key.bits:
        facts["bits"] = key.bits
    facts |= {"alg": key.alg, "use": key.use, "private": key.private}
    if key.key_ops is not None:
        facts["key_ops"] = list(key.key_ops)
    facts["algorithms"] = list(algorithms_of(key))
    if key.kty != "oct":
        facts["thumbprint"] = keysets.thumbprint(key)
    if key.certificates:
        facts["certificates"] = len(key.certificates)
    if key.weakness is not None:
        facts["weak"] = key.weakness
    if key.remarks:
        facts["remarks"] = list(key.remarks)
    return facts


def skipped_document(skipped: Skipped) -> dict[str, Any]:
    """The facts of a key that was not understood or not let through, and why."""
    return {"kid": skipped.kid, **skipped.facts, "usable": False, "code": skipped.code, "reason": skipped.reason}


def keyset_documents(keyset: KeySet) -> list[dict[str, Any]]:
    """Every key of a set, the usable ones first."""
    return [key_document(key) | {"usable": True} for key in keyset.keys] + [
        skipped_document(skipped) for skipped in keyset.skipped
    ]


def entries_documents(entries: Sequence[RawKey]) -> list[dict[str, Any]]:
    """Every entry of a set that is edited, in its order."""
    documents = []
    for index, entry in enumerate(entries):
        weakness = None if entry.key is None else entry.key.weakness
        refusal = entry.refusal if weakness is None else KeyTooWeak(weakness)
        if refusal is not None:
            jwk = entry.jwk if isinstance(entry.jwk, dict) else {}
            documents.append(skipped_document(keysets.skip(index, jwk, refusal)))
        elif entry.key is not None:
            documents.append(key_document(entry.key) | {"usable": True})
    return documents


def key_table(key: Key) -> Table:
    """One key for a person: a fact a row."""
    kind = "private" if key.private else "public"
    facts: list[tuple[str, str]] = [
        ("type", f"{key.describe()}, {'secret' if key.kty == 'oct' else kind}"),
        ("kid", key.kid or "none"),
        ("alg", key.alg or f"none; fits {', '.join(algorithms_of(key)) or 'nothing'}"),
    ]
    if key.use is not None:
        facts.append(("use", key.use))
    if key.key_ops is not None:
        facts.append(("key_ops", ", ".join(key.key_ops)))
    if key.kty != "oct":
        facts.append(("thumbprint", keysets.thumbprint(key)))
    if key.certificates:
        facts.append(("certificates", str(len(key.certificates))))
    rows = [Row(fact, ("name",)) for fact in facts]
    if key.weakness is not None:
        rows.append(Row(("weak", key.weakness), ("name", "bad")))
    rows += [Row(("remark", remark), ("name", "warn")) for remark in key.remarks]
    return Table(tuple(rows))


def keyset_table(documents: Sequence[dict[str, Any]]) -> Table:
    """A set for a person: a key a row, with why one is not used."""
    remarkable = any(not facts["usable"] or facts["private"] for facts in documents)
    head = Row(("kid", "key", "alg", "use", "note" if remarkable else ""), ("dim",) * 5)
    rows = [head] if documents else []
    for facts in documents:
        size = facts.get("crv") or (f"{facts['bits']} bits" if "bits" in facts else "")
        state = f"not used: {facts['reason']}" if not facts["usable"] else "private" if facts["private"] else ""
        kind = " ".join(str(part) for part in (facts.get("kty") or "?", size) if part)
        cells = (str(facts["kid"] or "-"), kind, str(facts.get("alg") or "-"), str(facts.get("use") or "-"), state)
        rows.append(Row(cells, ("name", "", "", "", "warn")))
    return Table(tuple(rows))
