"""May this token be believed? Keys, policy and token come together here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose.errors import InputError, PayloadMissing, TokenMalformed
from jwtool.operations.resolve_keys import Passphrase, load_usable
from jwtool.operations.trusted import of_this_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.jose.dpop import Proof
    from jwtool.jose.token import UnverifiedToken
    from jwtool.jose.verify import OfferedSet, Policy, Verification
    from jwtool.operations.resolve_keys import LoadedSet
    from jwtool.operations.trusted import KeySource, Trusted
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime


OWN_KEY = "the proof was judged by the key that it brings: it shows who has that key, and nothing else"
REQUEST = "whether htm and htu of the proof are those of the request was not judged: see verify --preset dpop"


def whole(token: UnverifiedToken, payload: bytes | None) -> UnverifiedToken:
    """The token with its payload: its own, or the one that it was detached from.

    One with an empty payload may be whole: then the signature is over nothing, and verifies.
    """
    from jwtool.jose.token import attach

    if payload is not None and token.kind == "JWS":
        return attach(token, payload)
    return token


def read_proof(text: str, access_token: str, runtime: Runtime, *, leeway: int) -> Proof:
    """The DPoP proof of `--dpop`, which came with that access token; compact, as a JWT is.

    Raises the error of a source that can't be read or of what is no JWT.
    """
    from jwtool.jose.dpop import Proof
    from jwtool.jose.token import check_header_types, parse
    from jwtool.sources.source import read_private_text
    from jwtool.sources.token_input import tidy

    try:
        proof = parse(tidy(read_private_text(text, runtime, option="--dpop")).text)
        if proof.kind == "JWE" or proof.serialization != "compact":
            raise TokenMalformed("a signed JWT in compact form is wanted")
        check_header_types(proof.header)
    except InputError as error:
        error.message = f"--dpop: {error.message}"
        raise
    return Proof(proof, access_token, leeway)


class Verified(NamedTuple):
    """A verification, what must be said of the keys, and how old the sets at URLs are."""

    verification: Verification
    notes: tuple[str, ...]
    cache: tuple[Mapping[str, Any], ...] = ()


def cache_facts(loaded: Sequence[LoadedSet]) -> tuple[Mapping[str, Any], ...]:
    """For JSON, of each set at a URL: its source, its age, how long it stays fresh, and whether it is stale."""
    return tuple({"source": one.source, **one.fetched.answered.facts()} for one in loaded if one.fetched is not None)


def offered_by(loaded: Sequence[LoadedSet], sources: Sequence[KeySource]) -> list[OfferedSet]:
    """The sets as `verify` wants them, each for the tokens of its own issuer if its source has one."""
    from jwtool.jose.verify import OfferedSet

    return [OfferedSet(one.keyset, one.source, source.issuer) for one, source in zip(loaded, sources, strict=True)]


def verify_token(
    token: UnverifiedToken,
    trusted: Trusted,
    policy: Policy,
    runtime: Runtime,
    *,
    network: Network,
    passphrase: str | None,
    at: int,
    payload: bytes | None = None,
) -> Verified:
    """The verification of a token at the moment `at`, and what must be said of the keys.

    `payload` is that of a detached token. Without keys a DPoP proof is judged by the key that it brings. Raises what
    is wrong with a source of keys, PayloadMissing for a detached token without its payload, UsageError for another
    with one; what else is wrong with the token is in the verification.
    """
    token = whole(token, payload)
    if not trusted.keys:
        verification = judge_token(token, (), policy, at=at)
        return Verified(verification, (OWN_KEY, *verification.notes))
    sources = of_this_token(trusted, token)
    loaded = _load(
        [source.text for source in sources],
        token.header.get("kid"),
        runtime,
        network=network,
        passphrase=Passphrase(passphrase, runtime),
        allow_weak_secret=policy.allow_weak_key,
    )
    verification = judge_token(token, offered_by(loaded, sources), policy, at=at)
    old: tuple[str, ...] = ()
    if not verification.valid and any(one.fetched is not None for one in loaded):
        from jwtool.operations.rotated_keys import lacks_key, load_anew, old_keys

        if lacks_key(verification) and (newer := load_anew(loaded, allow_weak_secret=policy.allow_weak_key)):
            loaded = newer
            verification = judge_token(token, offered_by(loaded, sources), policy, at=at)
        old = old_keys(verification, loaded)
    notes = tuple(note for one in loaded for note in one.notes) + old
    return Verified(verification, (*notes, *verification.notes), cache_facts(loaded))


def _load(
    texts: Sequence[str],
    kid: object,
    runtime: Runtime,
    *,
    network: Network,
    passphrase: Passphrase,
    allow_weak_secret: bool,
) -> tuple[LoadedSet, ...]:
    """The sets of several sources, of `https://…/{kid}` that of the token's own kid."""
    if not any("{kid}" in text for text in texts):
        return load_usable(texts, runtime, network=network, passphrase=passphrase, allow_weak_secret=allow_weak_secret)
    from jwtool.operations.kid_urls import load_for_kid

    return load_for_kid(
        texts, kid, runtime, network=network, passphrase=passphrase, allow_weak_secret=allow_weak_secret
    )


def judge_token(token: UnverifiedToken, offered: Sequence[OfferedSet], policy: Policy, *, at: int) -> Verification:
    """The verification of a token by keys that are loaded; by the key that it brings where there are none.

    Raises PayloadMissing for a token that was detached from its payload.
    """
    from jwtool.jose.verify import verify

    if not offered:
        from jwtool.jose.dpop import own_key

        return verify(token, [own_key(token)], policy, now=at)
    verification = verify(token, offered, policy, now=at)
    if token.detached and not token.attached and verification.checks[0].code == "signature_invalid":
        raise PayloadMissing(
            "the token is detached: it holds no payload, and the signature is over one", hint="--payload @FILE"
        )
    return verification
