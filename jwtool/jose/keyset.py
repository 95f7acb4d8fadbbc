"""JWK sets: read key by key, picked from by `kid`; and the thumbprints that name keys (RFC 7517 §5, RFC 7638, 9278)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from jwtool.jose import base64url
from jwtool.jose.errors import (
    JwksMalformed,
    JwksWithoutUsableKey,
    KeyAmbiguous,
    KeyMalformed,
    KeyNotFound,
    KeyRefused,
    KeyTooWeak,
    key_refusal,
)
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.members import json_type
from jwtool.jose.quoting import quote_public

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.key import Key

HashName = Literal["sha256", "sha384", "sha512"]

MAX_KEYS = 1000
NAMED_KIDS = 8
RANDOM_KID_OCTETS = 16

# The members that a thumbprint covers (RFC 7638 §3.2, RFC 8037 §2, RFC 9964 §6).
THUMBPRINT_MEMBERS = {
    "RSA": ("e", "kty", "n"),
    "EC": ("crv", "kty", "x", "y"),
    "OKP": ("crv", "kty", "x"),
    "oct": ("k", "kty"),
    "AKP": ("alg", "kty", "pub"),
}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A member of a set that is not used, and why: `code` and the sentence `reason`.

    `index` is its place in `keys`, from 0. `facts` are those of `readable_facts`.
    """

    index: int
    kid: str | None
    facts: Mapping[str, Any]
    code: str
    reason: str


class KeySet(NamedTuple):
    """Keys from one source, in its order. `is_set` is False if the source was one bare key."""

    keys: tuple[Key, ...]
    skipped: tuple[Skipped, ...] = ()
    is_set: bool = True


def parse_jwks(document: object) -> KeySet:
    """The keys of a JWK set. What is malformed or unknown is skipped and says why (RFC 7517 §5).

    Weak keys stay among the keys, see `usable`. Raises JwksMalformed if it is no object with an array `keys` of
    at most 1,000 members.
    """
    if not isinstance(document, dict):
        raise JwksMalformed(f"the key set must be an object with an array 'keys', found {json_type(document)}")
    if "keys" not in document:
        raise JwksMalformed("the key set has no 'keys'")
    entries = document["keys"]
    if not isinstance(entries, list):
        raise JwksMalformed(f"'keys' of the key set must be an array, found {json_type(entries)}")
    if len(entries) > MAX_KEYS:
        raise JwksMalformed(f"the key set has {len(entries)} keys, wanted at most {MAX_KEYS}")
    keys: list[Key] = []
    skipped: list[Skipped] = []
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            reason = f"a key must be an object, found {json_type(entry)}"
            skipped.append(Skipped(index, None, {}, KeyMalformed.code, reason))
            continue
        try:
            keys.append(parse_jwk(entry))
        except KeyRefused as error:
            skipped.append(skip(index, entry, error))
    return KeySet(tuple(keys), tuple(skipped))


def skip(index: int, jwk: Mapping[str, Any], error: KeyRefused) -> Skipped:
    """The record of a JWK that was refused with `error`."""
    kid = jwk.get("kid")
    return Skipped(index, kid if isinstance(kid, str) else None, readable_facts(jwk), error.code, error.message)


def readable_facts(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """kty, crv, alg, use, of RSA and oct the bits too: what can be read of a JWK that may be broken, nothing judged."""
    facts: dict[str, Any] = {name: jwk[name] for name in ("kty", "crv", "alg", "use") if isinstance(jwk.get(name), str)}
    sized = {"RSA": "n", "oct": "k"}.get(facts.get("kty", ""))
    bits = _readable_bits(jwk.get(sized), whole_octets=sized == "k") if sized else None
    return facts if bits is None else facts | {"bits": bits}


def _readable_bits(text: object, *, whole_octets: bool) -> int | None:
    """The length of what a base64url member holds, however badly it is written."""
    if not isinstance(text, str):
        return None
    import base64

    try:
        octets = base64.urlsafe_b64decode(text.rstrip("=") + "==")
    except ValueError:
        return None
    return len(octets) * 8 if whole_octets else int.from_bytes(octets).bit_length()


def usable(keyset: KeySet, *, allow_weak_secret: bool = False) -> KeySet:
    """The set with its weak keys among the skipped, as `key_too_weak`.

    `allow_weak_secret` keeps secrets that are only short; no other weakness is forgiven.
    """
    taken = {skipped.index for skipped in keyset.skipped}
    places = (place for place in count() if place not in taken)
    keys: list[Key] = []
    weak: list[Skipped] = []
    for place, key in zip(places, keyset.keys, strict=False):
        if key.weakness is None or (allow_weak_secret and key.is_short_secret):
            keys.append(key)
        else:
            facts = readable_facts(key.members)
            weak.append(Skipped(place, key.kid, facts, KeyTooWeak.code, key.weakness))
    skipped = sorted((*keyset.skipped, *weak), key=lambda one: one.index)
    return KeySet(tuple(keys), tuple(skipped), keyset.is_set)


def select(keyset: KeySet, kid: str) -> KeySet:
    """The set of the one key that has this `kid`.

    Raises KeyNotFound, naming the kids on offer, KeyAmbiguous if several keys share it, and the reason for which
    the key was skipped if it was.
    """
    sharing = count_sharing(keyset, kid)
    if sharing > 1:
        raise KeyAmbiguous(f"{sharing} keys have the kid {quote_public(kid)}, wanted one")
    found = next((key for key in keyset.keys if key.kid == kid), None)
    if found is not None:
        return KeySet((found,), (), keyset.is_set)
    for skipped in keyset.skipped:
        if skipped.kid == kid:
            raise key_refusal(skipped.code, f"the key {quote_public(kid)} can't be used: {skipped.reason}")
    raise KeyNotFound(f"no key has the kid {quote_public(kid)}; {_kids_on_offer(keyset)}")


def count_sharing(keyset: KeySet, kid: str) -> int:
    """How many keys of the set claim this `kid`; more than one makes it ambiguous.

    A skipped key counts only beside a usable one of its own type: a key of another or unknown type may share a
    kid as the alternative for other programs (RFC 7517 §4.5).
    """
    types = [key.kty for key in keyset.keys if key.kid == kid]
    return len(types) + sum(one.kid == kid and one.facts.get("kty") in types for one in keyset.skipped)


def refusal(keyset: KeySet, source: str) -> KeyRefused:
    """The error to raise where keys of this set (from `source`, in words) are wanted and it has none or skipped some.

    It is the reason of the only key skipped, or the first; JwksWithoutUsableKey for a set of several, none usable.
    """
    if not keyset.skipped:
        return JwksWithoutUsableKey(f"{source} holds no key")
    first = keyset.skipped[0]
    if len(keyset.skipped) == 1 and not keyset.is_set:
        return key_refusal(first.code, f"the key of {source} can't be used: {first.reason}")
    name = f"key {quote_public(first.kid)}" if first.kid is not None else f"key number {first.index + 1}"
    if keyset.keys or len(keyset.skipped) == 1:
        return key_refusal(first.code, f"{name} of {source} can't be used: {first.reason}")
    return JwksWithoutUsableKey(
        f"none of the {len(keyset.skipped)} keys of {source} can be used; the first, {name}: {first.reason}"
    )


def _kids_on_offer(keyset: KeySet) -> str:
    kids = [quote_public(key.kid) for key in keyset.keys if key.kid is not None]
    if not kids:
        return "no key has a kid"
    more = f" and {len(kids) - NAMED_KIDS} more" if len(kids) > NAMED_KIDS else ""
    return f"on offer: {', '.join(kids[:NAMED_KIDS])}{more}"


def thumbprint(key: Key, hash_name: HashName = "sha256") -> str:
    """The RFC 7638 thumbprint, base64url. That of an oct key is a hash of its secret: don't publish it."""
    import hashlib

    members = {name: key.members[name] for name in THUMBPRINT_MEMBERS[key.kty]}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return base64url.encode(hashlib.new(hash_name, text.encode()).digest())


def thumbprint_uri(key: Key, hash_name: HashName = "sha256") -> str:
    """The thumbprint as a URI (RFC 9278 §3): `urn:ietf:params:oauth:jwk-thumbprint:sha-256:…`."""
    return f"urn:ietf:params:oauth:jwk-thumbprint:sha-{hash_name.removeprefix('sha')}:{thumbprint(key, hash_name)}"


def random_kid() -> str:
    """A name for a secret: its thumbprint would let anyone check a guess of it."""
    import secrets

    return base64url.encode(secrets.token_bytes(RANDOM_KID_OCTETS))
