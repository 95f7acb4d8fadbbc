"""A key set at a URL, or where the discovery document of an issuer says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jwtool.jose.errors import UsageError
from jwtool.jose.network_errors import HttpStatus
from jwtool.sources.network import seconds_until

if TYPE_CHECKING:
    from jwtool.sources.discovery import Metadata
    from jwtool.sources.jwks_uri import Fetched
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime
    from jwtool.sources.source import Source

GONE = (404, 410)
KID = "{kid}"  # in a URL: the place for the kid of a token


def fetch_set(source: Source, network: Network, runtime: Runtime) -> tuple[Fetched, str]:
    """The key set of a source that is a URL or an issuer, and where it was, for people.

    Raises as `fetch_keyset`, for an issuer as `discover` and `endpoint` too. All of it takes the time of one fetch.
    Where the set of an issuer is gone and its document came out of the cache, that is asked for once more.
    """
    from jwtool.sources.jwks_uri import fetch_keyset

    if KID in source.value and source.kind == "url":
        raise UsageError(
            f"{source.label} has a place for a kid, which only `verify` of one token fills in",
            hint=f"put the kid in for {KID}",
        )
    if source.kind == "url":
        fetched = fetch_keyset(source.value, network=network, runtime=runtime)
        return fetched, source.label
    from jwtool.sources.discovery import discover

    end = time.monotonic() + network.timeout
    metadata = discover(source.value, network, runtime)
    try:
        return _keys_of(metadata, network, runtime, end)
    except HttpStatus as error:
        if metadata.asked or error.status not in GONE:
            raise
        runtime.trace(f"discovery: {error.message}, so the document is asked for again: the keys may have moved")
        newer = discover(source.value, network._replace(refresh=True, timeout=seconds_until(end)), runtime)
        if newer.members.get("jwks_uri") == metadata.members.get("jwks_uri"):
            raise
        return _keys_of(newer, network, runtime, end)


def _keys_of(metadata: Metadata, network: Network, runtime: Runtime, end: float) -> tuple[Fetched, str]:
    from jwtool.sources.discovery import endpoint
    from jwtool.sources.jwks_uri import fetch_keyset

    url = endpoint(metadata, "jwks_uri")
    elsewhere = "" if url.host == metadata.url.host else ", on another host"
    runtime.trace(f"discovery: the keys are at {url.label}{elsewhere}")
    allowed = network.towards(url, asked=metadata.url)._replace(timeout=seconds_until(end))
    fetched = fetch_keyset(url.text, network=allowed, runtime=runtime)
    return fetched._replace(notes=(*metadata.remarks, *fetched.notes)), url.label
