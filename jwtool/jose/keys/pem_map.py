"""Keys in JSON that are no JWKs: a map from `kid` to PEM, as Google serves it, and Google's service account files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jwtool.jose.errors import JwksMalformed, KeyMalformed, KeyRefused
from jwtool.jose.keys.members import json_type
from jwtool.jose.keyset import MAX_KEYS, KeySet, Skipped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.key import Key
    from jwtool.jose.keys.unlock import Unlock

BEGIN = "-----BEGIN "


def is_service_account(document: Mapping[str, Any]) -> bool:
    """Whether this is the file that Google gives for a service account."""
    return document.get("type") == "service_account" or {"private_key", "private_key_id"} <= document.keys()


def is_map(document: Mapping[str, Any]) -> bool:
    """Whether at least one member is PEM: the others are named when the map is read."""
    return any(isinstance(value, str) and BEGIN in value for value in document.values())


def read_service_account(document: Mapping[str, Any], unlock: Unlock) -> KeySet:
    """The private key of a service account, with its `private_key_id` as `kid`.

    Raises KeyMalformed where a member is missing or is not what it should be, and as `parse_encoded`.
    """
    kid = document.get("private_key_id")
    if kid is not None and not isinstance(kid, str):
        raise KeyMalformed(f"'private_key_id' of the service account must be text, found {json_type(kid)}")
    if "private_key" not in document:
        raise KeyMalformed("the service account file has no 'private_key'")
    key = _one(document["private_key"], "'private_key' of the service account", unlock)
    if not key.private:
        raise KeyMalformed("'private_key' of the service account is a public key")
    return KeySet((key if kid is None else _named(key, kid),), is_set=False)


def read_map(document: Mapping[str, Any], unlock: Unlock) -> KeySet:
    """The keys of a map from `kid` to PEM: certificates or keys. What is not understood is skipped and says why.

    Raises JwksMalformed for more than 1,000 members, or PEM blocks in all of them.
    """
    if len(document) > MAX_KEYS:
        raise JwksMalformed(f"the map of certificates has {len(document)} members, wanted at most {MAX_KEYS}")
    blocks = sum(value.count(BEGIN) for value in document.values() if isinstance(value, str))
    if blocks > MAX_KEYS:
        raise JwksMalformed(f"the map of certificates has {blocks} PEM blocks, wanted at most {MAX_KEYS}")
    keys: list[Key] = []
    skipped: list[Skipped] = []
    for index, (kid, value) in enumerate(document.items()):
        try:
            keys.append(_named(_one(value, "the member", unlock), kid))
        except KeyRefused as error:
            skipped.append(Skipped(index, kid, {}, error.code, error.message))
    return KeySet(tuple(keys), tuple(skipped))


def _one(value: object, what: str, unlock: Unlock) -> Key:
    """The one key in a JSON value, which must be PEM."""
    if not isinstance(value, str):
        raise KeyMalformed(f"{what} must be PEM, found {json_type(value)}")
    if BEGIN not in value:
        raise KeyMalformed(f"{what} must be PEM, found other text")
    from jwtool.jose.keys.pem import parse_encoded

    keys = parse_encoded(value.encode("utf-8", "replace"), passphrase=unlock)
    if len(keys) > 1:
        raise KeyMalformed(f"{what} holds {len(keys)} keys, wanted one")
    return keys[0]


def _named(key: Key, kid: str) -> Key:
    return replace(key, kid=kid, members={**key.members, "kid": kid})
