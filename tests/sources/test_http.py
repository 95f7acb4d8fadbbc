"""A server may do what it likes: whatever comes out is a Response or a NetworkError, and soon."""

from __future__ import annotations

import gzip
import socket
import ssl
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from jwtool import __version__
from jwtool.jose.errors import JwtoolError, NetworkError, UrlMalformed, UrlSchemeRefused
from jwtool.jose.network_errors import (
    HttpStatus,
    JwksRedirectRefused,
    JwksUnreachable,
    ResponseMalformed,
    ResponseTooLarge,
)
from jwtool.sources.http import MAX_BODY, fetch
from jwtool.sources.network import Network

pytestmark = pytest.mark.usefixtures("system_store")

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
Serve = Callable[..., Any]
TlsFor = Callable[..., ssl.SSLContext]

OK = b"HTTP/1.1 200 OK\r\n"
TRY_AGAIN = "try again"
IS_KEY_SET = "is it the URL of a key set?"
WAIT = "is it reachable from here? --timeout 30s waits longer"
PORT = "is the port right?"


def get(url: str, *, timeout: float = 5, ca_file: str | None = None, environ: dict[str, str] | None = None) -> bytes:
    return fetch(url, network=Network(timeout, ca_file), environ=environ or {}, trace=lambda _sentence: None).body


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers, b"", body]
    return b"\r\n".join(lines)


def test_an_answer(serve: Serve) -> None:
    server = serve(answer(b'{"keys":[]}', b"Cache-Control: max-age=60", b"X-A: 1", b"x-a: 2"))
    said: list[str] = []
    response = fetch(
        f"{server.url}?q=secret#kid", network=Network(5), environ={}, trace=said.append, accept="application/json"
    )
    place = f"127.0.0.1:{server.port}"
    assert (response.body, response.status, response.url) == (b'{"keys":[]}', 200, f"{server.url}?q=secret")
    assert response.headers == {"content-length": "11", "cache-control": "max-age=60", "x-a": "1, 2"}
    assert 0 < response.seconds < 5
    assert said == [
        f"http: GET {server.url}, within 5 s",
        f"http: connected to {place}",
        f"http: 200 OK, 11 octets, after {response.seconds:.2f} s",
    ]
    (request,) = server.requests
    assert request.decode() == (
        "GET /jwks.json?q=secret HTTP/1.1\r\n"
        f"Host: {place}\r\n"
        f"User-Agent: jwtool/{__version__}\r\n"
        "Accept: application/json\r\n"
        "Accept-Encoding: identity\r\n"
        "Connection: close\r\n"
        "\r\n"
    )


@pytest.mark.parametrize(
    "octets",
    [
        OK + b"\r\nbody",
        b"HTTP/1.0 200 OK\r\n\r\nbody",
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2;x=y\r\ndy\r\n0\r\nTrailer: x\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(b"body"),
        answer(b"body", b"Content-Encoding: IDENTITY"),
        answer(b"body", b"Set-Cookie: a=b; Max-Age=bogus; Domain=.com"),
        answer(b"body", b"Content-Type: text/html; charset=\xff"),
    ],
    ids=["until close", "1.0", "chunked", "informational", "identity", "cookie", "odd type"],
)
def test_answers_that_are_read(octets: bytes, serve: Serve) -> None:
    assert get(serve(octets).url) == b"body"


def test_the_cap(serve: Serve, refusal: Refusal) -> None:
    server = serve(answer(b"x" * MAX_BODY))
    assert get(server.url) == b"x" * MAX_BODY
    whole = b"x" * (MAX_BODY + 1)
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(whole), whole)
    promised = OK + b"Content-Length: 1000000000000\r\n\r\n"
    for octets in (answer(whole), OK + b"\r\n" + whole, chunked, promised):
        server = serve(octets)
        message = f"the answer of 127.0.0.1:{server.port} holds more than 512 KiB"
        assert refusal(get, server.url) == (ResponseTooLarge, message, IS_KEY_SET)


def test_an_endless_body_ends_at_the_cap(serve: Serve, refusal: Refusal) -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(OK + b"\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    assert refusal(get, serve(flood).url)[0] is ResponseTooLarge


def test_encoded_answers_are_refused(serve: Serve, refusal: Refusal) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    for encoding, shown in ((b"gzip", "gzip"), (b"br, \xff", "br, ÿ"), (b"x" * 200, "x" * 80)):
        server = serve(answer(bomb, b"Content-Encoding: " + encoding))
        message = f"127.0.0.1:{server.port} encoded its answer as '{shown}', though asked not to"
        assert refusal(get, server.url) == (ResponseMalformed, message, None)


@pytest.mark.parametrize(
    ("location", "told", "hint"),
    [
        (b"https://evil.example/x?q#f", "evil.example", "if you trust it, give that URL: https://evil.example/x"),
        (b"//evil.example:444", "evil.example:444", "if you trust it, give that URL: https://evil.example:444"),
        (b"https://169.254.169.254/", "169.254.169.254", "if you trust it, give that URL: https://169.254.169.254/"),
    ],
)
def test_redirects(
    location: bytes, told: str, hint: str, *, serve: Serve, tls_for: TlsFor, ca_file: str, refusal: Refusal
) -> None:
    server = serve(answer(b"", b"Location: " + location, status=b"302 Found"), tls=tls_for("127.0.0.1"))
    message = f"127.0.0.1:{server.port} redirects to {told}, and no redirect is followed"
    assert refusal(get, server.url, ca_file=ca_file) == (JwksRedirectRefused, message, hint)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "location",
    [
        b"http://evil.example/",
        b"file:///etc/passwd",
        b"https://u:p@evil.example/",
        b"https://[",
        b"\x1b]0;x",
        b"javascript:x",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_to_what_is_never_fetched(location: bytes, status: int, serve: Serve, refusal: Refusal) -> None:
    server = serve(answer(b"", b"Location: " + location, status=b"%d x" % status))
    message = f"127.0.0.1:{server.port} redirects to a URL that is never fetched"
    refused = (JwksRedirectRefused, message, "ask its operator for the right URL")
    assert refusal(get, server.url) == refused


@pytest.mark.parametrize(
    ("status", "headers", "told", "hint"),
    [
        ("204 No Content", "", "204 No Content", None),
        ("304 Not Modified", "", "304 Not Modified", None),
        ("302 Found", "", "302 Found", None),
        ("400 Bad", "", "400 Bad Request", None),
        ("401 x", "", "401 Unauthorized", "is the URL right? if it wants a token to see: --bearer @FILE"),
        (
            "403 x",
            "",
            "403 Forbidden",
            "a firewall or an access rule may stand before it; try it from another network, or with curl",
        ),
        (
            "404 \x1b[31m",
            "",
            "404 Not Found",
            "is the path right? the issuer's discovery document names it as jwks_uri",
        ),
        ("429 x", "", "429 Too Many Requests", "too many requests; wait a while"),
        (
            "429 x",
            "Retry-After: 120\r\n",
            "429 Too Many Requests",
            "too many requests; wait a while; it asks for 120 s of patience",
        ),
        ("500 x", "", "500 Internal Server Error", "the server has a problem; try again later"),
        (
            "503 x",
            "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n",
            "503 Service Unavailable",
            "the server has a problem; try again later",
        ),
        ("599 x", "", "599", "the server has a problem; try again later"),
    ],
)
def test_statuses(status: str, headers: str, told: str, hint: str | None, *, serve: Serve, refusal: Refusal) -> None:
    octets = f"HTTP/1.1 {status}\r\n{headers}Content-Length: 999999999999\r\n\r\n<html>".encode()
    server = serve(octets)
    refused = (HttpStatus, f"127.0.0.1:{server.port} answered {told}, wanted 200", hint)
    assert refusal(get, server.url) == refused


@pytest.mark.parametrize(
    ("octets", "kind", "message", "hint"),
    [
        (b"", JwksUnreachable, "{} closed the connection without an answer", PORT),
        (OK + b"Content-Le", JwksUnreachable, "{} closed the connection without an answer", PORT),
        (
            OK + b"Content-Length: 9\r\n\r\nbody",
            ResponseMalformed,
            "the answer of {} broke off before its end",
            TRY_AGAIN,
        ),
        (
            OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nbo",
            ResponseMalformed,
            "the answer of {} broke off before its end",
            TRY_AGAIN,
        ),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", ResponseMalformed, "what {} answered is no HTTP/1.1", PORT),
        (b"\x15\x03\x01\x00\x02\x02\x46", ResponseMalformed, "what {} answered is no HTTP/1.1", PORT),
        (b"HTTP/1.1 20 OK\r\n\r\n", ResponseMalformed, "what {} answered is no HTTP/1.1", PORT),
        (OK + b"no colon\r\n\r\n", ResponseMalformed, "what {} answered is no HTTP/1.1", PORT),
        (OK + b"Content-Length: \xb2\r\n\r\n", ResponseMalformed, "what {} answered is no HTTP/1.1", PORT),
        (
            OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
            ResponseMalformed,
            "what {} answered is no HTTP/1.1",
            PORT,
        ),
        (
            OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            ResponseMalformed,
            "what {} answered is no HTTP/1.1",
            PORT,
        ),
        (
            OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            ResponseMalformed,
            "what {} answered is no HTTP/1.1",
            PORT,
        ),
        (OK + b"X: " + b"x" * 200_000, ResponseMalformed, "the headers of the answer of {} are too large", None),
        (OK + b"X: y\r\n" * 40_000, ResponseMalformed, "the headers of the answer of {} are too large", None),
    ],
)
def test_answers_that_are_no_http(
    octets: bytes, kind: type[NetworkError], message: str, hint: str | None, *, serve: Serve, refusal: Refusal
) -> None:
    server = serve(octets)
    assert refusal(get, server.url) == (kind, message.format(f"127.0.0.1:{server.port}"), hint)


@pytest.mark.parametrize(
    ("url", "kind"),
    [("http://192.0.2.1/", UrlSchemeRefused), ("ftp://127.0.0.1/", UrlSchemeRefused), ("https://a@b/", UrlMalformed)],
)
def test_urls_are_checked_here_too(url: str, kind: type, refusal: Refusal) -> None:
    assert refusal(get, url)[0] is kind


def test_a_bug_is_not_dressed_up_as_a_network_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(ZeroDivisionError):
        get("https://auth.example/")
