"""What `jwtool explain` knows: one text a topic, out of the TOML files beside this one and the table of algorithms.

This file is how a topic is found.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from jwtool.explain.encryption import about_content, about_management
from jwtool.explain.titles import CLAIMS
from jwtool.jose.algorithms import ALGORITHMS, CURVES, Algorithm, min_secret_octets
from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT, ContentEncryption, KeyManagement
from jwtool.jose.errors import TopicUnknown
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["claim", "header parameter", "JWK member", "algorithm", "error code", "exit code", "grammar", "guide"]

_FILES: Mapping[str, tuple[Kind, str]] = {
    "errors": ("error code", "errors.toml"),
    "exit-codes": ("exit code", "exits.toml"),
    "grammars": ("grammar", "grammars.toml"),
    "guides": ("guide", "guides.toml"),
    "claims": ("claim", "claims.toml"),
    "headers": ("header parameter", "headers.toml"),
    "jwk-members": ("JWK member", "jwk.toml"),
}
_ALIASES = {"none": "alg_none", "rsa1_5": "alg_unsupported", "rotate": "rotation"}
_NEAREST = 3
_LONGEST_TOPIC = 64


@dataclass(frozen=True, slots=True)
class Explanation:
    """One topic in plain words. `text` has lines of at most 79 characters; `source` may be empty.

    `see` are other topics, each of which `lookup` knows.
    """

    topic: str
    kind: Kind
    title: str
    text: str
    source: str
    see: tuple[str, ...]


def lookup(topic: str) -> tuple[Explanation, ...]:
    """Everything that goes by that name, or all of a kind for a plural such as `errors`; never empty.

    Claims are case-sensitive, for `EXP` is not `exp` to a token; all else is not. `4` is `exit-4`. Raises
    TopicUnknown, with what is near.
    """
    lowered = topic.lower()
    if lowered in _explanations():
        return tuple(_explanations()[lowered].values())
    wanted = f"exit-{lowered}" if lowered.isdecimal() else _ALIASES.get(lowered, lowered)
    found = tuple(
        one
        for group, entries in _explanations().items()
        for name, one in entries.items()
        if (name == topic if group == "claims" else name.lower() == wanted)
    )
    if not found:
        raise TopicUnknown(f"{quote(topic)} is not a topic", hint=_hint(lowered[:_LONGEST_TOPIC]))
    return found


def topics() -> Mapping[str, tuple[str, ...]]:
    """The names of all topics, by kind; the kinds are topics themselves: `errors`, `exit-codes`, `claims`, …"""
    return {group: tuple(entries) for group, entries in _explanations().items()}


def _hint(lowered: str) -> str:
    from difflib import get_close_matches

    entries = [one for group in _explanations().values() for one in group.values()]
    names = {name.lower(): name for name in (*_explanations(), *(one.topic for one in entries))}
    titled = [one.topic for one in entries if one.title == lowered]
    close = [names[name] for name in get_close_matches(lowered, names, n=_NEAREST, cutoff=0.6)]
    near = list(dict.fromkeys([*titled, *close]))[:_NEAREST]
    if not near:
        return "`jwtool explain` lists all topics"
    return f"did you mean {' or '.join(f'`{name}`' for name in near)}?"


@cache
def _explanations() -> Mapping[str, Mapping[str, Explanation]]:
    """Every explanation, by the plural of its kind and then by name."""
    read = {group: _read(kind, file) for group, (kind, file) in _FILES.items()}
    encryption = (
        *(_of_encryption(row, about_management(row), ("alg",)) for row in KEY_MANAGEMENT.values()),
        *(_of_encryption(row, about_content(row), ("enc",)) for row in CONTENT_ENCRYPTION.values()),
    )
    algorithms = (*(_of_algorithm(row) for row in ALGORITHMS.values()), *encryption)
    return read | {"algorithms": {one.topic: one for one in algorithms}}


def _read(kind: Kind, file: str) -> Mapping[str, Explanation]:
    entries: dict[str, Any] = tomllib.loads(files("jwtool.explain").joinpath(file).read_text("utf-8"))
    return {
        name: Explanation(
            topic=name,
            kind=kind,
            title=CLAIMS[name] if kind == "claim" else entry["title"],
            text=entry["text"],
            source=entry.get("source", ""),
            see=tuple(entry.get("see", ())),
        )
        for name, entry in entries.items()
    }


def _of_encryption(row: KeyManagement | ContentEncryption, text: str, see: tuple[str, ...]) -> Explanation:
    return Explanation(row.name, "algorithm", row.summary, text, row.source, see)


def _of_algorithm(row: Algorithm) -> Explanation:
    relatives = tuple(
        other.name for other in ALGORITHMS.values() if other is not row and set(row.curves) & {*other.curves}
    )
    return Explanation(
        row.name, "algorithm", row.summary, _about(row, relatives), row.source, ("alg", "kty", *relatives)
    )


def _about(row: Algorithm, relatives: tuple[str, ...]) -> str:
    if row.family == "hmac":
        return (
            f"Signed and verified with one shared secret (oct) of at least {min_secret_octets(row)} bytes.\n"
            "Whoever can verify such a token can make one too: use it where both sides\n"
            "are the same."
        )
    if row.kty == "RSA":
        return (
            "Signed with an RSA private key of at least 2048 bits, verified with its\n"
            "public key. A signature is as long as the key, 256 bytes or more."
        )
    if row.kty == "AKP":
        return (
            "Signed with a private key of type AKP, a seed of 32 bytes, verified with its\n"
            f"public key of {row.public_octets} bytes; the key must name its alg. Meant to withstand\n"
            f"quantum computers too. A signature has {row.signature_octets} bytes: such a token does not\n"
            "fit into a cookie, and strains the limits that servers set for headers."
        )
    curves = " or ".join(row.curves)
    lengths = " or ".join(str(CURVES[name].signature_octets) for name in row.curves)
    same = f"\nOn the same curve {' or '.join(relatives)} means the same." if relatives else ""
    return (
        f"Signed with a private key on {curves} ({row.kty}), verified with its\n"
        f"public key. A signature has {lengths} bytes.{same}"
    )
