"""Key sets out of keys: what `jwks build` prints and `jwks serve` serves."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jwtool.jose import base64url, strict_json
from jwtool.jose import keyset as keysets
from jwtool.jose.errors import KeyAmbiguous, KeyUseMismatch, UsageError
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jwtool.jose.keys.key import Key

USES = ("sig", "enc")


def with_kid(key: Key) -> Key:
    """The key with a `kid`: its own, else its RFC 7638 thumbprint (a random one for `oct`)."""
    if key.kid is not None:
        return key
    kid = base64url.encode(secrets.token_bytes(16)) if key.kty == "oct" else keysets.thumbprint(key)
    return replace(key, kid=kid, members={**key.members, "kid": kid})


def with_certificates(key: Key) -> Key:
    """The key with the members `x5c` and `x5t#S256` of its certificates, if it has any; its own members stay."""
    if not key.certificates:
        return key
    from jwtool.jose.keys import chain

    return replace(key, members=chain.members(key.certificates) | dict(key.members))


def for_a_set(key: Key) -> Key:
    """The key as it stands in a set: with a `kid`, and with the members of its certificates."""
    return with_certificates(with_kid(key))


def marked(key: Key, *, use: str | None, alg: str | None) -> Key:
    """The key with `use` and `alg` where it has none.

    Raises UsageError for another use than sig and enc, KeyMalformed for an `alg` and KeyUseMismatch for a `use` that
    the key can't have.
    """
    from jwtool.jose.keys.jwk import parse_jwk

    if use is not None and use not in USES:
        raise UsageError(f"--use takes {' or '.join(USES)}, found {quote(use)}", hint=f"--use {USES[0]}")
    added = {name: value for name, value in (("use", use), ("alg", alg)) if value is not None}
    if not added:
        return key
    merged = parse_jwk({**added, **key.members})
    if "use" in added and "use" not in key.members and merged.use not in _possible_uses(merged):
        what = merged.describe() if merged.alg is None else f"{merged.describe()} for {merged.alg}"
        raise KeyUseMismatch(f"the use of this key ({what}) can't be {quote(merged.use or '')}")
    return replace(merged, form=key.form, certificates=key.certificates)


def _possible_uses(key: Key) -> tuple[str, ...]:
    """What the `alg` of the key is for, else its type and curve."""
    from jwtool.jose.algorithms import ALGORITHMS, for_key
    from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT, encryption_for_key

    if key.alg in ALGORITHMS:
        return ("sig",)
    if key.alg in KEY_MANAGEMENT or key.alg in CONTENT_ENCRYPTION:
        return ("enc",)
    octets = key.bits // 8
    possible = (for_key(key.kty, key.crv, octets), encryption_for_key(key.kty, key.crv, octets))
    return tuple(use for use, algorithms in zip(USES, possible, strict=True) if algorithms)


def build(keys: Iterable[Key], *, private: bool) -> tuple[list[Key], dict[str, Any], tuple[str, ...]]:
    """The keys of a new set, the set itself as a document, and remarks.

    Public halves unless `private`; every key gets a kid. The same key given twice stands in the set once.
    Raises `KeyAmbiguous` where two keys share a kid, `KeySymmetricInPublic` for an `oct` key in a public set.
    """
    from jwtool.jose.keys.public import public_half, to_jwk

    chosen: dict[str, Key] = {}
    notes: list[str] = []
    for original in keys:
        key = for_a_set(original if private else public_half(original))
        kid = key.kid or ""
        other = chosen.get(kid)
        if other is None:
            chosen[kid] = key
        elif keysets.thumbprint(other) == keysets.thumbprint(key):
            if bool(key.certificates) != bool(other.certificates):  # a key and its certificate: they go together
                chosen[kid] = with_certificates(replace(other, certificates=other.certificates or key.certificates))
                continue
            notes.append(f"the key {kid} was given twice and stands in the set once")
        else:
            raise KeyAmbiguous(
                f"two keys share the kid {quote(kid)}, and a set needs each once", hint="give one another kid"
            )
    document = {"keys": [to_jwk(key, private=private) for key in chosen.values()]}
    return list(chosen.values()), document, tuple(notes)


def encode(document: dict[str, Any]) -> bytes:
    """The set as JSON with a line break, ASCII, indented for people."""
    return (strict_json.dump(document, indent=2) + "\n").encode()
