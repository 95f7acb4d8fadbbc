"""A token + private keys → plaintext, or the one sentence that says it can't be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose.decrypt import Demand, decrypt
from jwtool.jose.quoting import quote_public
from jwtool.jose.selection import OfferedSet
from jwtool.operations.encrypt_payload import header_members
from jwtool.operations.encryption_keys import keys_given, known_content, known_management, load_encryption_sets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.decrypt import Decryption
    from jwtool.jose.selection import OfferedKey
    from jwtool.jose.token import UnverifiedToken
    from jwtool.operations.resolve_keys import Passphrase
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime


def demand_of(algs: Sequence[str], encs: Sequence[str], header: Sequence[str]) -> Demand:
    """What --alg, --enc and -H demand of a token."""
    return Demand(
        algs=tuple(known_management(name) for name in algs) if algs else None,
        encs=tuple(known_content(name) for name in encs) if encs else None,
        header=header_members(header),
    )


def decrypt_token(
    token: UnverifiedToken,
    keys: Sequence[str],
    demand: Demand,
    runtime: Runtime,
    *,
    network: Network,
    passphrase: str | Passphrase | None,
) -> tuple[Decryption, tuple[str, ...]]:
    """The decryption of a token by the keys of several sources (JWTOOL_KEY where none is given), and notes on these."""
    sources = keys_given(keys, runtime, verb="decrypt")
    loaded = load_encryption_sets(sources, runtime, network=network, passphrase=passphrase)
    offered = [OfferedSet(one.keyset, one.source) for one in loaded]
    decryption = decrypt(token, offered, demand)
    kid = decryption.header.get("kid")
    if decryption.plaintext is None and kid is not None and not _called(kid, offered):
        runtime.trace(f"no key has the kid {quote_public(kid)}")
    return decryption, tuple(note for one in loaded for note in one.notes)


def _called(kid: str, offered: Sequence[OfferedSet]) -> bool:
    """Whether a key is called so, or not called at all and may stand for any."""
    return any(key.kid in {kid, None} for one in offered for key in one.keyset.keys)


def encryption_document(decryption: Decryption) -> dict[str, Any]:
    """How the token was encrypted, and which key opened it, null where none did."""
    key = decryption.key
    named = None if key is None else {"kid": key.key.kid, "source": key.source}
    return {"alg": decryption.header["alg"], "enc": decryption.header["enc"], "key": named}


def named_key(key: OfferedKey) -> str:
    """The key in words for people: `key 'k1' of enc.jwk`."""
    return f"the key of {key.source}" if key.key.kid is None else f"key {quote_public(key.key.kid)} of {key.source}"
