"""How a run may use the network: this file is the options for that, as one value that travels down to the fetch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.sources.runtime import Runtime
    from jwtool.sources.urls import Url

LONGEST = 24 * 60 * 60  # seconds; the clocks of sockets and queues don't go on for ever


class Network(NamedTuple):
    """What the user allows and wants.

    `timeout` is seconds for a fetch in all, and for a pipe without a writer. `stale_ok` is the age in seconds up to
    which a copy may serve while the server fails. `headers` are what --bearer and --http-header add to a request to the
    host that was asked for.
    """

    timeout: float = 10
    ca_file: str | None = None
    offline: bool = False
    refresh: bool = False
    stale_ok: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    allow_link_local: bool = False

    def __repr__(self) -> str:
        """Without the headers: they may hold credentials."""
        return f"<Network timeout={self.timeout} offline={self.offline} headers={len(self.headers)}>"

    def towards(self, url: Url, *, asked: Url) -> Network:
        """The same for a request to `url`, which `asked` led to: headers of the user go to no other host or port."""
        if (url.scheme, url.host, url.port) == (asked.scheme, asked.host, asked.port):
            return self
        return self._replace(headers=())


def seconds_until(end: float) -> float:
    """What is left for one more step of a fetch that ends at `end` of the monotonic clock: half a second at least."""
    return max(0.5, round(end - time.monotonic(), 1))


def parse_network(
    *,
    timeout: str,
    ca_file: str | None,
    offline: bool,
    refresh: bool,
    stale_ok: str | None,
    bearer: str | None,
    http_header: Sequence[str],
    allow_link_local: bool,
    runtime: Runtime,
) -> Network:
    """The options of the command line as a `Network`; the credentials that they name are read here.

    Raises UsageError leaves for an option that can't be meant, and the errors of a source that can't be read.
    """
    from jwtool.jose.numeric_date import parse_duration

    seconds = parse_duration(timeout)
    if seconds < 1:
        raise UsageError("--timeout needs at least one second", hint="--timeout 10s")
    if seconds > LONGEST:
        raise UsageError("--timeout takes a day at most", hint="--timeout 1d")
    if offline and refresh:
        raise UsageError("--offline sends nothing, and --refresh wants to ask the server", hint="leave one of them out")
    headers: tuple[tuple[str, str], ...] = ()
    if bearer is not None or http_header:
        from jwtool.sources.http_headers import read_headers

        headers = read_headers(bearer, http_header, runtime)
    return Network(
        seconds,
        ca_file,
        offline,
        refresh,
        None if stale_ok is None else parse_duration(stale_ok),
        headers,
        allow_link_local,
    )
