"""Headers that the user adds to a request: this file is the grammar of --bearer and --http-header, and their rules.

`NAME=VALUE`, `NAME=env:VARIABLE`, `NAME@=PATH`. What is a credential by its name never stands on the command line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtool.jose.errors import CredentialMalformed, HttpHeaderMalformed, SecretOnCommandLine
from jwtool.jose.quoting import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.sources.runtime import Runtime

MAX_VALUE = 16 * 1024
_HEADER = re.compile(r"(?P<name>[^=@]*)(?P<operator>@?=)(?P<value>.*)", re.DOTALL)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?")
_BEARER = re.compile(r"[\x21-\x7e]+")
_SECRET = re.compile(r"authoriz|cookie|secret|token|passw|credential|apikey|(?:^|[-_.])(?:auth|key)(?:$|[-_.])")

# What the exchange itself needs to be right (RFC 9110 §7.6.1, RFC 9112), or what the cache decides.
_OURS = {
    *("accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect"),
    *("host", "http2-settings", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"),
    *("keep-alive", "proxy-connection", "range", "te", "trailer", "transfer-encoding", "upgrade", "via"),
}


def read_headers(bearer: str | None, options: Sequence[str], runtime: Runtime) -> tuple[tuple[str, str], ...]:
    """The headers of --bearer and of every --http-header, in that order.

    Raises SecretOnCommandLine, HttpHeaderMalformed, CredentialMalformed, and the errors of a source.
    """
    headers = [] if bearer is None else [("Authorization", f"Bearer {_read_bearer(bearer, runtime)}")]
    for option in options:
        name, value = _read_header(option, runtime)
        if name.lower() in {known.lower() for known, _ in headers}:
            raise HttpHeaderMalformed(f"the header {printable(name)} is given twice", hint=f"give {name} once")
        headers.append((name, value))
    return tuple(headers)


def _read_bearer(source: str, runtime: Runtime) -> str:
    from jwtool.sources.source import read_private_text

    text = read_private_text(source, runtime, option="--bearer").strip()
    if text[:7].lower() == "bearer ":
        text = text[7:].lstrip()
    if not _BEARER.fullmatch(text) or len(text) > MAX_VALUE:
        raise CredentialMalformed(
            "what --bearer names is no bearer token: wanted visible ASCII without blanks (RFC 6750 §2.1)",
            hint="does the source hold the token and nothing else?",
        )
    return text


def _read_header(option: str, runtime: Runtime) -> tuple[str, str]:
    match = _HEADER.fullmatch(option)
    if match is None:
        raise HttpHeaderMalformed(
            "--http-header takes NAME=VALUE, and there is no '=' in what was found", hint="--http-header X-Tenant=7"
        )
    name, value = match["name"], match["value"]
    if not _TOKEN.fullmatch(name):
        raise HttpHeaderMalformed(
            f"'{printable(name[:80])}' is no name of an HTTP header", hint="--http-header X-Tenant=7"
        )
    if name.lower() in _OURS:
        raise HttpHeaderMalformed(f"the header {name} is jwtool's own to set", hint="leave it out")
    if name.lower() == "proxy-authorization":
        raise HttpHeaderMalformed(
            "Proxy-Authorization would go to the server, not to the proxy",
            hint="HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT",
        )
    if match["operator"] == "=" and not value.startswith("env:"):
        if _SECRET.search(name.lower()):
            raise SecretOnCommandLine(
                f"the header {name} is a credential, and others see the command line",
                hint=f"--http-header {name}=env:NAME or --http-header {name}@=FILE",
            )
        return name, _checked(name, value, HttpHeaderMalformed)
    from jwtool.sources.source import read_private_text

    source = value if match["operator"] == "=" else f"@{value}"
    text = read_private_text(source, runtime, option=f"--http-header {name}")
    return name, _checked(name, text, CredentialMalformed)


def _checked(name: str, value: str, error: type[HttpHeaderMalformed | CredentialMalformed]) -> str:
    if not _VALUE.fullmatch(value) or len(value) > MAX_VALUE:
        raise error(
            f"the value for the header {name} can't be sent: wanted visible ASCII, no line break, no blank at its ends",
            hint=None,
        )
    return value
