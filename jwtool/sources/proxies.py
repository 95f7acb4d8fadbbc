"""Proxies: this file is what the environment says about them, read as curl reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jwtool.jose.network_errors import JwksUnreachable
from jwtool.jose.quoting import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.sources.urls import Url

_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_EXCEPTIONS = ("no_proxy", "NO_PROXY")
_PROXY = re.compile(r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?:[^@/\s]*@)?(?P<place>[^@/\s]+)/?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Proxy:
    """The proxy that a fetch goes through. `url` may hold a password; `label` is host and port alone."""

    url: str = field(repr=False)
    label: str
    variable: str


def find_proxy(url: Url, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for `url`: that of https_proxy, else of all_proxy, in either case; never one for loopback.

    Raises JwksUnreachable for a proxy that can't be used.
    """
    variable = next((name for name in _VARIABLES if environ.get(name)), None)
    if variable is None or url.is_loopback or _is_exempt(url, environ):
        return None
    value = environ[variable].strip()
    match = _PROXY.fullmatch(value)
    if match is None:
        raise _unusable(url, f"the proxy in {variable} can't be read: no http://HOST:PORT")
    scheme = (match["scheme"] or "http").lower()
    if scheme not in {"http", "https"}:
        raise _unusable(
            url, f"the proxy in {variable} is of the kind '{scheme}', and only http and https ones are used"
        )
    return Proxy(value if match["scheme"] else f"http://{value}", printable(match["place"]), variable)


def _unusable(url: Url, problem: str) -> JwksUnreachable:
    return JwksUnreachable(
        f"can't reach {url.host_label}: {problem}", hint=f"or reach it without a proxy: NO_PROXY={url.host}"
    )


def _is_exempt(url: Url, environ: Mapping[str, str]) -> bool:
    listed = next((environ[name] for name in _EXCEPTIONS if environ.get(name)), "")
    return any(_matches(url, entry.lower()) for entry in re.split(r"[\s,]+", listed) if entry)


def _matches(url: Url, entry: str) -> bool:
    if entry in {"*", url.host, f"[{url.host}]", f"{url.host}:{url.port}"}:
        return True
    if url.host.endswith(f".{entry.lstrip('.')}"):
        return True
    return "/" in entry and _is_inside(url.host, entry)


def _is_inside(host: str, network: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
