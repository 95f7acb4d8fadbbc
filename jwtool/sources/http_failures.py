"""What a server, a network or TLS did wrong: this file is the sentence for each, and what to do about it.

Knows nothing of httpx: `http.py` hands over what lies at the bottom of its exceptions.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from jwtool.jose.errors import NetworkError, UsageError
from jwtool.jose.network_errors import HttpStatus, JwksRedirectRefused, JwksUnreachable, ResponseMalformed, TlsFailed
from jwtool.jose.quoting import printable
from jwtool.sources.urls import parse_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.sources.urls import Url

_CA_HINT = "if you trust its authority, name it: --ca-file CA.pem"
_LONGEST_TARGET = 200

_CERTIFICATE_FAULTS = {
    9: ("is not valid yet", "is the clock of this machine right?"),
    10: ("has expired", "its operator must renew it; or is the clock of this machine wrong?"),
    18: ("is signed by itself", _CA_HINT),
    19: ("is signed by an authority that is not trusted here", _CA_HINT),
    20: ("is signed by an authority that is not trusted here", _CA_HINT),
    21: ("comes without the certificates between it and an authority", "its operator must send the whole chain"),
    62: ("is for another name", "is the host in the URL spelt as its operator spells it?"),
    64: ("is for another address", "use the host's name instead of its address"),
}
_TLS_FAULTS = {
    "UNSUPPORTED_PROTOCOL": ("speaks no TLS 1.2 or newer", "its operator must update it"),
    "TLSV1_ALERT_PROTOCOL_VERSION": ("speaks no TLS 1.2 or newer", "its operator must update it"),
    "WRONG_VERSION_NUMBER": ("answers without TLS", "is it the right port? https needs TLS"),
    "HTTP_REQUEST": ("answers without TLS", "is it the right port? https needs TLS"),
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": ("wants a client certificate", "jwtool has none; fetch the set with curl"),
}
_NETWORK_FAULTS = {
    errno.ECONNREFUSED: ("refused the connection", "is the server up, and the port right?"),
    errno.ECONNRESET: ("broke off the connection", "try again; a firewall may stand between"),
    errno.EPIPE: ("broke off the connection", "try again; a firewall may stand between"),
    errno.ECONNABORTED: ("broke off the connection", "try again; a firewall may stand between"),
    errno.ENETUNREACH: ("can't be reached: no route to its network", "is this machine online?"),
    errno.EHOSTUNREACH: ("can't be reached: no route to it", "is this machine online, and the host up?"),
    errno.ETIMEDOUT: ("does not answer", "is the host up, and is no firewall between?"),
}
_STATUS_HINTS = {
    401: "is the URL right? if it wants a token to see: --bearer @FILE",
    403: "a firewall or an access rule may stand before it; try it from another network, or with curl",
    404: "is the path right? the issuer's discovery document names it as jwks_uri",
    410: "is the path right? the issuer's discovery document names it as jwks_uri",
    407: "the proxy wants credentials: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT",
    429: "too many requests; wait a while",
}
_ODD = re.compile(r"[^!-~]")  # urljoin would silently drop some of these
_REDIRECTS = {301, 302, 303, 307, 308}


def explain_cause(cause: BaseException, who: str, trusted: str) -> NetworkError | None:
    """The error for what lies under an exception, if it is TLS's or the socket layer's, else None."""
    if isinstance(cause, ssl.SSLError):
        return explain_tls(cause, who, trusted)
    return explain_network(cause, who) if isinstance(cause, OSError | UnicodeError) else None


def explain_network(error: OSError | UnicodeError, who: str) -> NetworkError:
    """The error for what the socket layer said about `who`, a host for people."""
    if isinstance(error, UnicodeError | socket.gaierror):
        if getattr(error, "errno", None) == socket.EAI_AGAIN:
            return JwksUnreachable(
                f"the name of {who} can't be looked up now",
                hint="is this machine online, and its DNS server up?",
                transient=True,
            )
        return JwksUnreachable(f"there is no host {who}", hint="is it spelt right, and is this machine online?")
    fault, hint = _NETWORK_FAULTS.get(error.errno or 0, (None, None))
    if fault is None:
        reason = (error.strerror or "no reason was given").lower()
        return JwksUnreachable(f"{who} can't be reached: {printable(reason)}")
    return JwksUnreachable(f"{who} {fault}", hint=hint, transient=True)


def explain_tls(error: ssl.SSLError, who: str, trusted: str) -> TlsFailed:
    """The error for a TLS connection to `who` that failed; `trusted` says where the authorities come from."""
    if isinstance(error, ssl.SSLCertVerificationError):
        fault, hint = _CERTIFICATE_FAULTS.get(error.verify_code, (None, None))
        if fault is None:
            fault = f"was refused: {printable(error.verify_message.lower())}"
        if hint == _CA_HINT and trusted.startswith(("--ca-file", "SSL_CERT_")):
            hint = f"trusted is only what {trusted} holds; is its authority there?"
        return TlsFailed(f"the certificate of {who} {fault}", hint=hint)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return TlsFailed(f"{who} broke off the TLS handshake", hint="is it the right port? https needs TLS")
    reason = error.reason or "UNKNOWN"
    fault, hint = _TLS_FAULTS.get(reason, (f"failed in TLS: {reason.lower().replace('_', ' ')}", None))
    return TlsFailed(f"{who} {fault}", hint=hint)


def explain_protocol(message: str, who: str) -> NetworkError:
    """The error for an answer that is not HTTP/1.1; `message` is the library's, and is not repeated."""
    if "without sending complete message body" in message or "incomplete chunked read" in message:
        return ResponseMalformed(f"the answer of {who} broke off before its end", hint="try again")
    if "without sending a response" in message:
        return JwksUnreachable(f"{who} closed the connection without an answer", hint="is the port right?")
    if "too long" in message or "too much header" in message:
        return ResponseMalformed(f"the headers of the answer of {who} are too large")
    return ResponseMalformed(f"what {who} answered is no HTTP/1.1", hint="is the port right?")


def status_line(status: int) -> str:
    """A status with its phrase, where it has one, as in "404 Not Found"."""
    return f"{status} {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else str(status)


def refuse_status(status: int, headers: Mapping[str, str], url: Url) -> None:
    """Raise JwksRedirectRefused or HttpStatus unless the status is 200."""
    if status == HTTPStatus.OK:
        return
    if status in _REDIRECTS and "location" in headers:
        raise _redirect(headers["location"], url)
    hint = _STATUS_HINTS.get(status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        hint = "the server has a problem; try again later"
    wait = _retry_after(headers)
    if hint is not None and wait is not None:
        hint = f"{hint}; it asks for {wait} s of patience"
    raise HttpStatus(
        f"{url.host_label} answered {status_line(status)}, wanted 200", hint=hint, status=status, retry_after=wait
    )


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """The seconds that the server wants to be left alone (RFC 9110 §10.2.3); None where it does not say."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch("[0-9]{1,6}", text):
        return int(text)
    from email.utils import parsedate_to_datetime

    try:
        seconds = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0, int(seconds.total_seconds()))


def _redirect(location: str, url: Url) -> JwksRedirectRefused:
    refused = f"{url.host_label} redirects"
    try:
        target = parse_url(location if _ODD.search(location) else urljoin(url.text, location))
    except (UsageError, ValueError):
        return JwksRedirectRefused(
            f"{refused} to a URL that is never fetched", hint="ask its operator for the right URL"
        )
    label = target.label[:_LONGEST_TARGET]
    return JwksRedirectRefused(
        f"{refused} to {target.host_label}, and no redirect is followed",
        hint=f"if you trust it, give that URL: {label}",
    )
