"""What a provider's preset stands for in `verify`: issuer and keys where none are given, and their files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtool.jose.errors import UsageError
from jwtool.jose.quoting import quote
from jwtool.operations.trusted import KeySource, Trusted, discovered, with_given_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.operations.load_preset import Preset, Provider
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

LOAD_BALANCER = re.compile(
    r"arn:aws:elasticloadbalancing:(?P<region>[a-z0-9-]{1,32}):[0-9]{12}:loadbalancer/app/[^\s]+"
)
ANY_AUDIENCE = "no audience was demanded: a token that was made for somebody else passes too; -a demands one"


def whom_a_provider_trusts(
    name: str, provider: Provider, keys: Sequence[str], issuers: tuple[str, ...], audiences: tuple[str, ...]
) -> Trusted:
    """The keys and issuers that were given, else those of the preset.

    A key that stands for itself is used where neither -k nor -i was given; one that is made of -i or -a wherever no -k
    was; else the keys are found by the issuer. Raises UsageError for what the preset can't know and needs.
    """
    if not issuers and provider.needs_issuer is not None and (provider.issuer_always or not keys):
        raise UsageError(f"the preset '{name}' needs the issuer", hint=provider.needs_issuer)
    if not audiences and provider.needs_audience is not None:
        raise UsageError(f"the preset '{name}' needs the audience", hint=provider.needs_audience)
    demands = issuers or tuple(
        issuer.replace("{aud}", _part_of_a_url(audience)) if "{aud}" in issuer else issuer
        for issuer in provider.issuers
        for audience in (audiences if "{aud}" in issuer else ("",))
    )
    if keys:
        return with_given_keys(keys, demands, audiences)
    key = provider.key
    if key is None or ("{" not in key and issuers):
        urls = [issuer for issuer in demands if issuers or "://" in issuer]
        return Trusted(tuple(map(discovered, urls)), demands, audiences)
    if "{iss}" in key:
        sources = [KeySource(key.replace("{iss}", issuer.rstrip("/")), issuer) for issuer in demands]
    elif "{region}" in key:
        sources = [KeySource(key.replace("{region}", _region(audience, provider))) for audience in audiences]
    else:
        sources = [KeySource(key)]
    return Trusted(tuple(dict.fromkeys(sources)), demands, audiences, by_preset=True)


def _part_of_a_url(audience: str) -> str:
    if not re.fullmatch("[A-Za-z0-9._~-]{1,128}", audience) or set(audience) == {"."}:
        raise UsageError(f"{quote(audience)} can't be part of the issuer's URL", hint="is -a the id of the project?")
    return audience


def _region(audience: str, provider: Provider) -> str:
    found = LOAD_BALANCER.fullmatch(audience)
    if found is None:
        raise UsageError(
            f"-a names no load balancer of a region: {quote(audience)}", hint=f"{provider.needs_audience}; or -k too"
        )
    return found["region"]


def with_files(network: Network, preset: Preset, trusted: Trusted, runtime: Runtime) -> Network:
    """The network with the authorities and the bearer of the preset, if its keys are used; options that are given win.

    Raises the error of a file that can't be read.
    """
    provider = preset.provider
    if provider is None or not trusted.by_preset:
        return network
    if network.ca_file is None and provider.ca_file is not None:
        network = network._replace(ca_file=provider.ca_file)
    if provider.bearer is not None and not any(name.lower() == "authorization" for name, _ in network.headers):
        from jwtool.sources.http_headers import read_headers

        network = network._replace(headers=(*network.headers, *read_headers(provider.bearer, (), runtime)))
    return network


def remarks(preset: Preset, trusted: Trusted) -> tuple[str, ...]:
    """What must be said of a verification by a provider's preset."""
    return (ANY_AUDIENCE,) if preset.provider is not None and not trusted.audiences else ()
