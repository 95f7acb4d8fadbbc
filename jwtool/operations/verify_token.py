"""May this token be believed? Keys, policy and token come together here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.errors import InputError, PayloadMissing, TokenMalformed, UsageError
from jwtool.operations.resolve_keys import load_usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.dpop import Proof
    from jwtool.jose.token import UnverifiedToken
    from jwtool.jose.verify import Policy, Verification
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime


OWN_KEY = "the proof was judged by the key that it brings: it shows who has that key, and nothing else"
REQUEST = "whether htm and htu of the proof are those of the request was not judged: see verify --preset dpop"


def keys_wanted(
    given: Sequence[str], issuers: Sequence[str], runtime: Runtime, *, own_key: bool = False
) -> tuple[str, ...]:
    """The sources of keys: those given, else JWTOOL_KEY where no issuer was named. Raises UsageError for none.

    With `own_key` the token may bring its key: only what was given counts, and nothing need be.
    """
    if any(not text for text in given):
        raise UsageError("--key is empty, and a key is wanted", hint="jwtool verify -k public.jwk @token.jwt")
    if given or own_key:
        return tuple(given)
    value = runtime.environ.get("JWTOOL_KEY")
    if value and not issuers:
        runtime.trace("JWTOOL_KEY names the key")
        return (value,)
    if value:
        raise UsageError("no key was given, and JWTOOL_KEY is not used beside -i", hint='-k "$JWTOOL_KEY"')
    raise UsageError("no key was given, and a signature needs one", hint="jwtool verify -k public.jwk @token.jwt")


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


def verify_token(
    token: UnverifiedToken,
    keys: Sequence[str],
    policy: Policy,
    runtime: Runtime,
    *,
    network: Network,
    passphrase: str | None,
    at: int,
    payload: bytes | None = None,
) -> tuple[Verification, tuple[str, ...]]:
    """The verification of a token at the moment `at`, and what must be said of the keys.

    `payload` is that of a detached token. Without `keys` a DPoP proof is judged by the key that it brings. Raises what
    is wrong with a source of keys, PayloadMissing for a detached token without its payload, UsageError for another
    with one; what else is wrong with the token is in the verification.
    """
    from jwtool.jose.verify import OfferedSet, verify

    token = whole(token, payload)
    if not keys:
        from jwtool.jose.dpop import own_key

        verification = verify(token, [own_key(token)], policy, now=at)
        return verification, (OWN_KEY, *verification.notes)
    loaded = load_usable(keys, runtime, network=network, passphrase=passphrase, allow_weak_secret=policy.allow_weak_key)
    offered = [OfferedSet(one.keyset, one.source) for one in loaded]
    verification = verify(token, offered, policy, now=at)
    if token.detached and not token.attached and verification.checks[0].code == "signature_invalid":
        raise PayloadMissing(
            "the token is detached: it holds no payload, and the signature is over one", hint="--payload @FILE"
        )
    notes = tuple(note for one in loaded for note in one.notes)
    return verification, (*notes, *verification.notes)
