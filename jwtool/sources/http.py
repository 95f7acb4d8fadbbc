"""GET over https: this file is what keeps the time, and tries once more where that may help.

One deadline by the wall clock for all of it. Whatever goes wrong is a NetworkError with a sentence.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from jwtool import __version__
from jwtool.jose.errors import JwtoolError
from jwtool.jose.network_errors import HttpStatus, JwksUnreachable, Offline
from jwtool.sources.exchange import CONNECTING, MAX_BODY, Exchange, Response
from jwtool.sources.link_local import refuse_link_local
from jwtool.sources.urls import Url, parse_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jwtool.sources.network import Network
    from jwtool.sources.proxies import Proxy

__all__ = ["MAX_BODY", "Response", "fetch"]

_WORTH_ANOTHER_TRY = {429, 502, 503, 504}
_SHORTEST_PAUSE, _JITTER = 0.1, 0.3  # seconds


def fetch(
    url: str,
    *,
    network: Network,
    environ: Mapping[str, str],
    trace: Callable[[str], None],
    accept: str = "*/*",
    asking: Mapping[str, str] | None = None,
    form: bytes | None = None,
) -> Response:
    """GET `url`, or POST `form` to it, within the seconds of `network`: from the look-up of its name to the last octet.

    At most 512 KiB. A form may be answered with a status of 4xx too.
    `asking` are headers that make it conditional, or reach past caches on the way: an answer may be 304 then. A server
    that can't be connected to, or is too busy, is tried once more, after the time that it asks for, if there is so
    much. Raises NetworkError leaves, UrlSchemeRefused and UrlMalformed, and the errors of `make_trust`.
    """
    from jwtool.sources.http_failures import status_line
    from jwtool.sources.proxies import find_proxy
    from jwtool.sources.trust import make_trust

    target = parse_url(url)
    if network.offline:
        raise Offline(
            f"--offline sends nothing, and {target.label} would have to be fetched", hint="leave --offline out"
        )
    if not network.allow_link_local:
        refuse_link_local(target.host, target.host_label)
    proxy = find_proxy(target, environ)
    trust = make_trust(network.ca_file, environ) if target.scheme == "https" else None
    trace(f"http: {'GET' if form is None else 'POST'} {target.label}, within {network.timeout:g} s")
    if proxy is not None:
        trace(f"http: through the proxy {proxy.label} ({proxy.variable}), which looks up {target.host_label} itself")
    if trust is not None:
        trace(f"tls: trusting {trust.origin}")
    headers = {
        "User-Agent": f"jwtool/{__version__}",
        "Accept": accept,
        "Accept-Encoding": "identity",
        "Connection": "close",
        **(asking or {}),
        **dict(network.headers),
    }
    until = time.monotonic() + network.timeout

    def exchange() -> Exchange:
        return Exchange(target, network, headers, form, trust, proxy, who=_first_stop(target, proxy))

    first = exchange()
    try:
        response = _carry_out(first, until, trace)
    except JwtoolError as error:
        pause = _pause_before_another_try(error, first)
        if pause is None or time.monotonic() + pause >= until:
            raise
        trace(f"http: {error.message}; once more in {pause:.1f} s")
        time.sleep(pause)
        response = _carry_out(exchange(), until, trace)
    trace(f"http: {status_line(response.status)}, {len(response.body)} octets, after {response.seconds:.2f} s")
    return response


def _carry_out(exchange: Exchange, until: float, trace: Callable[[str], None]) -> Response:
    """The answer. A worker thread gets it and this one keeps the time.

    For no socket timeout bounds a name server, a drip of octets, or headers that never end.
    """
    from queue import Empty
    from threading import Thread

    Thread(target=exchange.run, name="jwtool-fetch", daemon=True).start()
    try:
        while not isinstance(item := exchange.news.get(timeout=max(0.0, until - time.monotonic())), Response):
            if isinstance(item, Exception):
                raise exchange.explain(item) from None
            trace(item)
    except Empty:
        raise exchange.too_slow() from None
    finally:
        exchange.hang_up()
    return item


def _pause_before_another_try(error: JwtoolError, exchange: Exchange) -> float | None:
    """The seconds after which another try may help; None where none does. Different for each process."""
    jitter = _SHORTEST_PAUSE + _JITTER * os.urandom(1)[0] / 255
    if isinstance(error, HttpStatus) and error.status in _WORTH_ANOTHER_TRY:
        return jitter if error.retry_after is None else error.retry_after + jitter
    is_transient = isinstance(error, JwksUnreachable) and error.transient and exchange.stage == CONNECTING
    return jitter if is_transient else None


def _first_stop(url: Url, proxy: Proxy | None) -> str:
    return url.host_label if proxy is None else f"the proxy {proxy.label}"
