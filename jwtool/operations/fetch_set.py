"""A key set at a URL, or where the discovery document of an issuer says."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from jwtool.jose.errors import UsageError

if TYPE_CHECKING:
    from jwtool.sources.jwks_uri import Fetched
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime
    from jwtool.sources.source import Source

KID = "{kid}"  # in a URL: the place for the kid of a token


def fetch_set(source: Source, network: Network, runtime: Runtime) -> tuple[Fetched, str]:
    """The key set of a source that is a URL or an issuer, and where it was, for people.

    Raises as `fetch_keyset`, for an issuer as `discover` and `endpoint` too. All of it takes the time of one fetch.
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
    from jwtool.sources.discovery import discover, endpoint

    end = time.monotonic() + network.timeout
    metadata = discover(source.value, network, runtime)
    url = endpoint(metadata, "jwks_uri")
    elsewhere = "" if url.host == metadata.url.host else ", on another host"
    runtime.trace(f"discovery: the keys are at {url.label}{elsewhere}")
    left = network.towards(url, asked=metadata.url)._replace(timeout=max(1, math.ceil(end - time.monotonic())))
    fetched = fetch_keyset(url.text, network=left, runtime=runtime)
    return fetched._replace(notes=(*metadata.remarks, *fetched.notes)), url.label
