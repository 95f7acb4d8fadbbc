"""Whom `verify` believes: the keys and the issuer that were given, else those of a preset or of the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.errors import UsageError
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.token import UnverifiedToken
    from jwtool.operations.load_preset import Preset
    from jwtool.sources.runtime import Runtime

ISSUER = "issuer:"


class Trusted(NamedTuple):
    """The sources of keys, and what `iss` and `aud` may be.

    With `by_issuer` a set of keys that was found by discovery serves the tokens of its own issuer and no others.
    """

    keys: tuple[str, ...]
    issuers: tuple[str, ...]
    audiences: tuple[str, ...]
    by_issuer: bool = False


def whom_to_trust(
    keys: Sequence[str],
    issuers: Sequence[str],
    audiences: Sequence[str],
    runtime: Runtime,
    *,
    preset: Preset | None = None,
) -> Trusted:
    """What the options of `verify` add up to, with JWTOOL_KEY, JWTOOL_ISSUER and JWTOOL_AUDIENCE.

    The keys are those given; else those of JWTOOL_KEY where no issuer was given; else those that the issuers publish.
    Raises UsageError where there are none, and for an issuer without keys that is no URL.
    """
    if any(not text for text in keys):
        raise UsageError("--key is empty, and a key is wanted", hint="jwtool verify -k public.jwk @token.jwt")
    typed = demanded("--iss", issuers)
    variable = runtime.environ.get("JWTOOL_KEY")
    if not keys and variable and not typed and not (preset is not None and preset.own_key):
        runtime.trace("JWTOOL_KEY names the key")
        keys = (variable,)
    demands = typed or from_environment("JWTOOL_ISSUER", runtime)
    wanted = demanded("--aud", audiences) or from_environment("JWTOOL_AUDIENCE", runtime)
    if keys or (preset is not None and preset.own_key):
        return _with_given_keys(tuple(keys), demands, wanted)
    if not demands:
        raise UsageError(
            "no key was given, and a signature needs one",
            hint="jwtool verify -k public.jwk @token.jwt",
        )
    if variable:
        runtime.trace("JWTOOL_KEY is not used beside -i: it finds the keys")
    return Trusted(tuple(_discovered(issuer) for issuer in demands), demands, wanted, by_issuer=True)


def _with_given_keys(keys: tuple[str, ...], issuers: tuple[str, ...], audiences: tuple[str, ...]) -> Trusted:
    """The keys as given. If no `iss` is demanded, `issuer:` keys demand their own issuer."""
    if issuers:
        return Trusted(keys, issuers, audiences)
    own = [_issuer_of(key) for key in keys]
    named = tuple(issuer for issuer in own if issuer is not None)
    return Trusted(keys, named if len(named) == len(own) else (), audiences, by_issuer=bool(named))


def _issuer_of(key: str) -> str | None:
    """The issuer that a KEY names, which finds its keys by discovery; None for any other."""
    return key[len(ISSUER) :].partition("#")[0] if key.lower().startswith(ISSUER) else None


def _discovered(issuer: str) -> str:
    """The KEY that finds the keys of an issuer. Raises UsageError for one that is no URL to fetch from."""
    if "://" not in issuer:
        raise UsageError(
            f"no key was given, and {quote(issuer)} is no URL to find the keys at",
            hint="-i https://ISSUER, or a key too: -k public.jwk",
        )
    from jwtool.sources.urls import parse_issuer

    parse_issuer(issuer)
    return f"{ISSUER}{issuer}"


def of_this_token(trusted: Trusted, token: UnverifiedToken) -> tuple[str, ...]:
    """The sources of keys to ask for this token: of several issuers that were given only the one that it names.

    The token chooses among those given, and nothing else: one that names another is judged by the keys of all.
    """
    if not trusted.by_issuer or len(trusted.keys) == 1:
        return trusted.keys
    from jwtool.jose.token import read_claims

    claims, _fault = read_claims(token.payload)
    named = None if claims is None else claims.get("iss")
    own = tuple(key for key in trusted.keys if _issuer_of(key) in {None, named})
    return own or trusted.keys


def demanded(option: str, values: Sequence[str]) -> tuple[str, ...]:
    """The values of an option. Raises UsageError for an empty one."""
    for value in values:
        refuse_empty(option, value)
    return tuple(values)


def refuse_empty(option: str, value: str | None) -> None:
    """Raise UsageError for a value that is there and demands nothing."""
    if value is not None and not value.strip():
        raise UsageError(f"{option} is empty, and that demands nothing", hint=f"leave {option} out, or name a value")


def from_environment(name: str, runtime: Runtime) -> tuple[str, ...]:
    """The value of a variable that is set, as a tuple of one; -v says so."""
    value = runtime.environ.get(name)
    if not value:
        return ()
    runtime.trace(f"{name} is set and demanded")
    return (value,)
