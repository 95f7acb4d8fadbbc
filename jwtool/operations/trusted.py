"""Whom `verify` believes: the keys and the issuer that were given, else those of a preset or of the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.claims import of_tenant
from jwtool.jose.errors import UsageError
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.token import UnverifiedToken
    from jwtool.operations.load_preset import Preset
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

ISSUER = "issuer:"


class KeySource(NamedTuple):
    """A KEY, and the issuer whose tokens alone its keys serve; None for those that serve any."""

    text: str
    issuer: str | None = None


class Trusted(NamedTuple):
    """The sources of keys, and what `iss` and `aud` may be. `by_preset` says that the keys are those of the preset."""

    keys: tuple[KeySource, ...]
    issuers: tuple[str, ...]
    audiences: tuple[str, ...]
    by_preset: bool = False


def settle(
    preset: str | None,
    keys: Sequence[str],
    issuers: Sequence[str],
    audiences: Sequence[str],
    runtime: Runtime,
    *,
    network: Network,
) -> tuple[Preset | None, Trusted, Network, tuple[str, ...]]:
    """The preset of that name, whom to trust, by what network, and what must be said of that.

    Raises as `load_preset`, `whom_to_trust`, and the error of a file of the preset that can't be read.
    """
    if preset is None:
        return None, whom_to_trust(keys, issuers, audiences, runtime), network, ()
    from jwtool.operations.load_preset import load_preset
    from jwtool.operations.provider import remarks, with_files

    shape = load_preset(preset, "verify")
    trusted = whom_to_trust(keys, issuers, audiences, runtime, preset=shape)
    return shape, trusted, with_files(network, shape, trusted, runtime), remarks(shape, trusted)


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
    A provider's preset stands for -i and -k where they are missing. Raises UsageError where there are no keys, for an
    issuer without keys that is no URL, and for what a preset needs.
    """
    if any(not text for text in keys):
        raise UsageError("--key is empty, and a key is wanted", hint="jwtool verify -k public.jwk @token.jwt")
    typed = demanded("--iss", issuers)
    own_key = preset is not None and preset.own_key
    provider = None if preset is None else preset.provider
    variable = runtime.environ.get("JWTOOL_KEY")
    if not keys and variable and not typed and not own_key and provider is None:
        runtime.trace("JWTOOL_KEY names the key")
        keys = (variable,)
    demands = typed or from_environment("JWTOOL_ISSUER", runtime)
    wanted = demanded("--aud", audiences) or from_environment("JWTOOL_AUDIENCE", runtime)
    if provider is not None and preset is not None:
        from jwtool.operations.provider import whom_a_provider_trusts

        return whom_a_provider_trusts(preset.name, provider, keys, demands, wanted)
    if keys or own_key:
        return with_given_keys(keys, demands, wanted)
    if not demands:
        raise UsageError(
            "no key was given, and a signature needs one",
            hint="jwtool verify -k public.jwk @token.jwt",
        )
    if variable:
        runtime.trace("JWTOOL_KEY is not used beside -i: it finds the keys")
    return Trusted(tuple(discovered(issuer) for issuer in demands), demands, wanted)


def with_given_keys(keys: Sequence[str], issuers: tuple[str, ...], audiences: tuple[str, ...]) -> Trusted:
    """The keys as given. If no `iss` is demanded, `issuer:` keys serve their own issuer, and demand it."""
    if issuers:
        return Trusted(tuple(map(KeySource, keys)), issuers, audiences)
    sources = tuple(KeySource(key, _issuer_of(key)) for key in keys)
    named = tuple(source.issuer for source in sources if source.issuer is not None)
    return Trusted(sources, named if len(named) == len(sources) else (), audiences)


def _issuer_of(key: str) -> str | None:
    """The issuer that a KEY names, which finds its keys by discovery; None for any other."""
    return key[len(ISSUER) :].partition("#")[0] if key.lower().startswith(ISSUER) else None


def discovered(issuer: str) -> KeySource:
    """The KEY that finds the keys of an issuer. Raises UsageError for one that is no URL to fetch from."""
    if issuer.lower().startswith(ISSUER):
        raise UsageError(
            "-i takes the issuer as its tokens spell it, without 'issuer:'",
            hint="-i https://ISSUER or -k issuer:https://…",
        )
    if "://" not in issuer:
        raise UsageError(
            f"no key was given, and {quote(issuer)} is no URL to find the keys at",
            hint="-i https://ISSUER, or a key too: -k public.jwk",
        )
    from jwtool.sources.urls import parse_issuer

    parse_issuer(issuer)
    return KeySource(f"{ISSUER}{issuer}", issuer)


def of_this_token(trusted: Trusted, token: UnverifiedToken) -> tuple[KeySource, ...]:
    """The sources of keys to ask for this token: of several issuers that were given only the one that it names.

    The token chooses among those given, and nothing else: one that names another is judged by the keys of all.
    """
    if len(trusted.keys) == 1 or all(source.issuer is None for source in trusted.keys):
        return trusted.keys
    from jwtool.jose.token import read_claims

    claims = read_claims(token.payload)[0] or {}
    own = tuple(one for one in trusted.keys if one.issuer is None or of_tenant(one.issuer, claims) == claims.get("iss"))
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
