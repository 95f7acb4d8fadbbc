"""Headers of the user: what may be sent, credentials never from the command line, and to no other host."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.errors import (
    BadUtf8,
    CredentialMalformed,
    FileNotFound,
    HttpHeaderMalformed,
    JwtoolError,
    SecretOnCommandLine,
    SourceMalformed,
    VariableNotSet,
)
from jwtool.sources.http import fetch
from jwtool.sources.http_headers import read_headers
from jwtool.sources.network import Network
from jwtool.sources.urls import parse_url

if TYPE_CHECKING:
    from pathlib import Path

    from jwtool.sources.runtime import Runtime

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
MakeRuntime = Callable[..., "Runtime"]
ENVIRON = {"TOKEN": "abc.def", "PADDED": " Bearer  abc== \n", "BAD": "a b", "LF": "a\nX-Evil: 1", "EMPTY": "", "V": "7"}


def test_what_is_sent(make_runtime: MakeRuntime, in_folder: Path) -> None:
    (in_folder / "key").write_text("k-1\n")
    runtime = make_runtime(environ=ENVIRON)
    options = ["X-Tenant=a=b c", "X-Api-Key@=key", "X-Version=env:V", "Cookie=env:TOKEN"]
    assert read_headers("env:TOKEN", options, runtime) == (
        ("Authorization", "Bearer abc.def"),
        ("X-Tenant", "a=b c"),
        ("X-Api-Key", "k-1"),
        ("X-Version", "7"),
        ("Cookie", "abc.def"),
    )
    assert read_headers("env:PADDED", [], runtime) == (("Authorization", "Bearer abc=="),)
    assert read_headers("-", [], make_runtime(b"from-stdin\n")) == (("Authorization", "Bearer from-stdin"),)


@pytest.mark.parametrize(
    ("bearer", "error"),
    [
        ("secret-token", SecretOnCommandLine),
        ("", SourceMalformed),
        ("env:NONE", VariableNotSet),
        ("@none", FileNotFound),
        ("env:BAD", CredentialMalformed),
        ("env:LF", CredentialMalformed),
        ("env:EMPTY", CredentialMalformed),
        ("-", BadUtf8),
    ],
)
@pytest.mark.usefixtures("in_folder")
def test_a_bearer_that_is_none(
    bearer: str, error: type[JwtoolError], refusal: Refusal, make_runtime: MakeRuntime
) -> None:
    kind, message, hint = refusal(read_headers, bearer, [], make_runtime(b"\xff", environ=ENVIRON))
    assert kind is error
    for secret in ("secret-token", "a b", "X-Evil"):
        assert secret not in f"{message} {hint}"


@pytest.mark.parametrize(
    ("option", "error", "message"),
    [
        ("X-A", HttpHeaderMalformed, "--http-header takes NAME=VALUE, and there is no '=' in what was found"),
        ("=x", HttpHeaderMalformed, "'' is no name of an HTTP header"),
        ("X A=x", HttpHeaderMalformed, "'X A' is no name of an HTTP header"),
        ("X-A\r\nX-B=x", HttpHeaderMalformed, r"'X-A\r\nX-B' is no name of an HTTP header"),
        ("hOST=x", HttpHeaderMalformed, "the header hOST is jwtool's own to set"),
        ("Content-Length=0", HttpHeaderMalformed, "the header Content-Length is jwtool's own to set"),
        ("Accept-Encoding=gzip", HttpHeaderMalformed, "the header Accept-Encoding is jwtool's own to set"),
        ("Transfer-Encoding=chunked", HttpHeaderMalformed, "the header Transfer-Encoding is jwtool's own to set"),
        ("If-None-Match=x", HttpHeaderMalformed, "the header If-None-Match is jwtool's own to set"),
        (
            "Proxy-Authorization=env:TOKEN",
            HttpHeaderMalformed,
            "Proxy-Authorization would go to the server, not to the proxy",
        ),
        *(
            (
                f"{name}=s3cret",
                SecretOnCommandLine,
                f"the header {name} is a credential, and others see the command line",
            )
            for name in ("authorization", "Cookie", "X-Api-Key", "X-Auth-Token", "apikey", "Ocp-Subscription-Key")
        ),
        *(
            (
                option,
                error,
                "the value for the header X-A can't be sent: wanted visible ASCII, no line break, no blank at its ends",
            )
            for option, error in (
                ("X-A=a\r\nX-Evil: 1", HttpHeaderMalformed),
                ("X-A= a", HttpHeaderMalformed),
                ("X-A=", HttpHeaderMalformed),
                ("X-A=é", HttpHeaderMalformed),
                (f"X-A={'a' * 16385}", HttpHeaderMalformed),
                ("X-A=env:LF", CredentialMalformed),
            )
        ),
        ("X-A=env:NONE", VariableNotSet, None),
        ("X-A@=none", FileNotFound, None),
    ],
)
@pytest.mark.usefixtures("in_folder")
def test_a_header_that_is_not_sent(
    option: str, error: type[JwtoolError], message: str | None, *, refusal: Refusal, make_runtime: MakeRuntime
) -> None:
    kind, said, hint = refusal(read_headers, None, [option], make_runtime(environ=ENVIRON))
    assert kind is error
    assert message is None or said == message
    assert "s3cret" not in f"{said} {hint}"


@pytest.mark.parametrize("options", [["X-A=1", "x-a=2"], ["authorization=env:TOKEN"]])
def test_a_header_twice(options: list[str], refusal: Refusal, make_runtime: MakeRuntime) -> None:
    kind, message, _hint = refusal(read_headers, "env:TOKEN", options, make_runtime(environ=ENVIRON))
    assert (kind, message) == (HttpHeaderMalformed, f"the header {options[-1].partition('=')[0]} is given twice")


def test_headers_reach_the_host_asked_for_and_no_repr(serve: Callable[..., Any]) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    network = Network(5, headers=(("Authorization", "Bearer s3cret"), ("X-Tenant", "7")))
    said: list[str] = []
    fetch(server.url, network=network, environ={}, trace=said.append)
    lines = server.requests[0].decode().split("\r\n")
    assert lines[-4:] == ["Authorization: Bearer s3cret", "X-Tenant: 7", "", ""]
    assert "s3cret" not in f"{network!r} {network} {said}"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://auth.example/other", True),
        ("https://AUTH.example:443/", True),
        ("https://auth.example:8443/", False),
        ("https://keys.auth.example/", False),
        ("https://auth.example.evil.example/", False),
    ],
)
def test_headers_go_to_no_other_host(url: str, kept: bool) -> None:
    network = Network(headers=(("Authorization", "Bearer s3cret"),))
    towards = network.towards(parse_url(url), asked=parse_url("https://auth.example/"))
    assert bool(towards.headers) is kept
    assert towards.timeout == network.timeout
