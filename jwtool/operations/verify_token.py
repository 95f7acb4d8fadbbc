"""May this token be believed? Keys, policy and token come together here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.errors import UsageError
from jwtool.operations.resolve_keys import load_usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.token import UnverifiedToken
    from jwtool.jose.verify import Policy, Verification
    from jwtool.operations.resolve_keys import Reach
    from jwtool.sources.runtime import Runtime


def keys_wanted(given: Sequence[str], issuers: Sequence[str], runtime: Runtime) -> tuple[str, ...]:
    """The sources of keys: those given, else JWTOOL_KEY where no issuer was named. Raises UsageError for none."""
    if any(not text for text in given):
        raise UsageError("--key is empty, and a key is wanted", hint="jwtool verify -k public.jwk @token.jwt")
    if given:
        return tuple(given)
    value = runtime.environ.get("JWTOOL_KEY")
    if value and not issuers:
        runtime.trace("JWTOOL_KEY names the key")
        return (value,)
    if value:
        raise UsageError("no key was given, and JWTOOL_KEY is not used beside -i", hint='-k "$JWTOOL_KEY"')
    raise UsageError("no key was given, and a signature needs one", hint="jwtool verify -k public.jwk @token.jwt")


def verify_token(
    token: UnverifiedToken,
    keys: Sequence[str],
    policy: Policy,
    runtime: Runtime,
    *,
    to: Reach,
    passphrase: str | None,
    at: int,
) -> tuple[Verification, tuple[str, ...]]:
    """The verification of a token at the moment `at`, and what must be said of the keys.

    Raises what is wrong with a source of keys; what is wrong with the token is in the verification.
    """
    from jwtool.jose.verify import OfferedSet, verify

    loaded = load_usable(keys, runtime, to=to, passphrase=passphrase, allow_weak_secret=policy.allow_weak_key)
    offered = [OfferedSet(one.keyset, one.source) for one in loaded]
    verification = verify(token, offered, policy, now=at)
    notes = tuple(note for one in loaded for note in one.notes)
    return verification, (*notes, *verification.notes)
