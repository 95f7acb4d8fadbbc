"""URLs that may be fetched: this file is the rule which they are (https, or http to this very machine)."""

from __future__ import annotations

import re
from typing import NamedTuple

from jwtool.jose.errors import UrlMalformed, UrlSchemeRefused
from jwtool.jose.quoting import printable

MAX_LENGTH = 8192

_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*):(?://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?)?"
    r"(?:#(?P<fragment>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^:\[\]@%]+)(?::(?P<port>[0-9]{1,5}))?", re.IGNORECASE)
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_LOOPBACK = re.compile(rf"127(?:\.{_BYTE}){{3}}")  # ipaddress says the same, but costs an import
_HIGHEST_PORT = 65535
_DEFAULT_PORTS = {"https": 443, "http": 80}


class Url(NamedTuple):
    """A URL that may be fetched.

    `text` is what is asked for: as typed, without the fragment. `host` is in lower case, without brackets;
    `label` is safe to show: without query and fragment, control characters escaped.
    """

    text: str
    scheme: str
    host: str
    port: int
    fragment: str | None
    label: str

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine by its very spelling."""
        return _is_loopback(self.host)

    @property
    def host_label(self) -> str:
        """The host for messages, with the port unless it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else printable(self.host)
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def parse_url(text: str) -> Url:
    """The URL in `text`: https anywhere, http to 127.0.0.0/8, ::1 and localhost only.

    Raises UrlSchemeRefused for any other, and UrlMalformed for user information and for whatever two
    readers of a URL might read differently. Neither quotes user information, query or fragment.
    """
    url = _parse(text)
    if url.scheme == "http" and not url.is_loopback:
        raise UrlSchemeRefused(
            f"http to '{printable(url.host)}' is refused: without TLS anyone on the way can change the keys",
            hint="write https://; http:// is for 127.0.0.0/8, [::1] and localhost only",
        )
    return url


def parse_issuer(text: str) -> Url:
    """The URL of an issuer: as `parse_url`, and without query and fragment (RFC 8414 §2, OpenID Discovery §2)."""
    return _without_query(parse_url(text))


def parse_own_issuer(text: str) -> Url:
    """The URL by which clients reach an issuer that is served here: as `parse_issuer`, but with http to any host.

    It is never fetched, and what clients of a test demand is theirs to say.
    """
    return _without_query(_parse(text))


def _without_query(url: Url) -> Url:
    if "?" in url.text or url.fragment is not None:
        raise UrlMalformed("the URL of an issuer has no query and no fragment", hint=f"try {url.label}")
    return url


def _parse(text: str) -> Url:
    """The URL in `text`, with http to wherever."""
    if len(text) > MAX_LENGTH:
        raise UrlMalformed(f"the URL has {len(text)} characters, wanted at most {MAX_LENGTH}")
    match = _URL.fullmatch(text)
    if re.search(r"[\x00-\x20\x7f-\xa0\\]", text) or not _is_text(text):
        raise UrlMalformed("the URL holds blanks, backslashes or control characters")
    if match is None:
        raise UrlMalformed("the URL has no scheme, wanted https://", hint="https://HOST/PATH")
    scheme = match["scheme"].lower()
    if scheme not in _DEFAULT_PORTS:
        raise UrlSchemeRefused(f"a URL of the scheme '{scheme}' is never fetched", hint="https:// is")
    authority = match["authority"] or ""
    if "@" in authority:
        raise UrlMalformed(
            "the URL holds a user name or a password before an '@'", hint="leave it out: a URL is seen by others"
        )
    host, port = _split_authority(authority, scheme)
    label = printable(f"{scheme}://{authority}{match['path']}")
    return Url(text.partition("#")[0], scheme, host, port, match["fragment"], label)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _split_authority(authority: str, scheme: str) -> tuple[str, int]:
    if not authority:
        raise UrlMalformed("the URL names no host", hint=f"{scheme}://HOST/PATH")
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise UrlMalformed(f"the URL's host and port can't be read: '{printable(authority)}'")
    host = match["host"].lower().strip("[]")
    if not host.isascii():
        raise UrlMalformed(f"the URL's host '{printable(host)}' is not ASCII", hint="write it in its xn-- form")
    if not _is_host(host, bracketed=match["host"].startswith("[")):
        raise UrlMalformed(f"the URL's host is no name and no address: '{printable(host)}'")
    port = int(match["port"] or _DEFAULT_PORTS[scheme])
    if not 0 < port <= _HIGHEST_PORT:
        raise UrlMalformed(f"the URL's port is {port}, and ports go from 1 to {_HIGHEST_PORT}")
    return host, port


def _is_host(host: str, *, bracketed: bool) -> bool:
    if not bracketed:
        return _NAME.fullmatch(host) is not None
    import ipaddress

    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or _LOOPBACK.fullmatch(host) is not None or (":" in host and _is_v6_loopback(host))


def _is_v6_loopback(host: str) -> bool:
    import ipaddress

    return ipaddress.IPv6Address(host) == ipaddress.IPv6Address("::1")
