"""Through a proxy: a tunnel that it opens, or won't, and the TLS within."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
import trustme

from jwtool.jose.errors import JwtoolError
from jwtool.jose.network_errors import JwksTimeout, JwksUnreachable
from jwtool.sources.http import fetch
from jwtool.sources.network import Network

pytestmark = pytest.mark.usefixtures("system_store")

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
Serve = Callable[..., Any]
TlsFor = Callable[..., ssl.SSLContext]

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def get(
    url: str,
    *,
    ca_file: str | None = None,
    environ: dict[str, str] | None = None,
    timeout: float = 5,
    said: list[str] | None = None,
) -> bytes:
    trace = (said if said is not None else list[str]()).append
    return fetch(url, network=Network(timeout, ca_file), environ=environ or {}, trace=trace).body


class Tunnel:
    """What a proxy does once it has been asked to CONNECT: say `said`, then be `auth.example` itself."""

    def __init__(self, said: bytes, tls: ssl.SSLContext) -> None:
        self.said = said
        self.tls = tls
        self.requests: list[bytes] = []

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(self.said)
        with self.tls.wrap_socket(connection, server_side=True) as stream:
            self.requests.append(stream.recv(65536))
            stream.sendall(ANSWER)


ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def test_a_proxy(serve: Serve, tls_for: TlsFor, ca_file: str) -> None:
    tunnel = Tunnel(ESTABLISHED, tls_for("auth.example"))
    server = serve(tunnel)
    said: list[str] = []
    environ = {"HTTPS_PROXY": f"http://user:hunter2@127.0.0.1:{server.port}"}
    assert get("https://auth.example/jwks", ca_file=ca_file, environ=environ, said=said) == b"{}"
    assert server.requests[0].splitlines()[0] == b"CONNECT auth.example:443 HTTP/1.1"
    assert b"Proxy-Authorization: Basic dXNlcjpodW50ZXIy" in server.requests[0].splitlines()
    assert tunnel.requests[0].splitlines()[0] == b"GET /jwks HTTP/1.1"
    assert b"roxy" not in tunnel.requests[0]
    assert said[:-1] == [
        "http: GET https://auth.example/jwks, within 5 s",
        f"http: through the proxy 127.0.0.1:{server.port} (HTTPS_PROXY), which looks up auth.example itself",
        f"tls: trusting --ca-file {ca_file}",
        f"http: connected to 127.0.0.1:{server.port}",
        "tls: TLSv1.3 with auth.example",
    ]


def test_a_proxy_that_speaks_tls(serve: Serve, tls_for: TlsFor, ca_file: str) -> None:
    said: list[str] = []

    def connect(stream: ssl.SSLSocket) -> None:
        stream.sendall(ESTABLISHED)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        inner = tls_for("auth.example").wrap_bio(incoming, outgoing, server_side=True)
        for step in (inner.do_handshake, lambda: inner.read(65536), lambda: inner.write(ANSWER)):
            while True:
                try:
                    step()
                    break
                except ssl.SSLWantReadError:
                    stream.sendall(outgoing.read())
                    incoming.write(stream.recv(65536))
            stream.sendall(outgoing.read())

    server = serve(connect, tls=tls_for("localhost"))
    environ = {"HTTPS_PROXY": f"https://localhost:{server.port}"}
    assert get("https://auth.example/", ca_file=ca_file, environ=environ, said=said) == b"{}"
    assert said[4:6] == [f"tls: TLSv1.3 with the proxy localhost:{server.port}", "tls: TLSv1.3 with auth.example"]


def test_behind_a_proxy_the_certificate_is_that_of_the_host(serve: Serve, tls_for: TlsFor, refusal: Refusal) -> None:
    server = serve(Tunnel(ESTABLISHED, tls_for("auth.example", by=trustme.CA())))
    environ = {"HTTPS_PROXY": f"127.0.0.1:{server.port}"}
    message = "the certificate of auth.example is signed by an authority that is not trusted here"
    assert refusal(get, "https://auth.example/", environ=environ)[1] == message


@pytest.mark.parametrize(
    ("said", "told", "hint"),
    [
        (b"403 No\xff\x1b[31m", "403 No\\x1b[31m", None),
        (
            b"407 Proxy Authentication Required",
            "407 Proxy Authentication Required",
            "give it as HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT",
        ),
    ],
)
def test_a_proxy_that_refuses(said: bytes, told: str, hint: str | None, *, serve: Serve, refusal: Refusal) -> None:
    server = serve(b"HTTP/1.1 " + said + b"\r\nContent-Length: 0\r\n\r\n")
    environ = {"https_proxy": f"http://127.0.0.1:{server.port}/"}
    message = f"the proxy 127.0.0.1:{server.port} won't connect to auth.example: {told}"
    assert refusal(get, "https://auth.example/", environ=environ) == (JwksUnreachable, message, hint)


def test_a_proxy_that_is_down(refusal: Refusal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
    message = f"the proxy {place} refused the connection"
    assert refusal(get, "https://auth.example/", environ={"ALL_PROXY": f"http://u:p@{place}"})[:2] == (
        JwksUnreachable,
        message,
    )


def test_a_proxy_that_hangs(serve: Serve, refusal: Refusal) -> None:
    server = serve(lambda connection: connection.recv(1))
    environ = {"HTTPS_PROXY": f"http://127.0.0.1:{server.port}"}
    message = f"the proxy 127.0.0.1:{server.port} did not answer within 1 s, still waiting for the answer"
    refused = refusal(get, "https://auth.example/", environ=environ, timeout=1)
    assert refused[:2] == (JwksTimeout, message)


def test_no_proxy_for_loopback(serve: Serve) -> None:
    server = serve(ANSWER)
    environ = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:1")
    assert get(server.url, environ=environ) == b"{}"


def nothing_is_found(*_arguments: object, **_options: object) -> NoReturn:
    raise socket.gaierror(socket.EAI_NONAME, "unknown")


def test_a_proxy_of_the_process_is_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch, refusal: Refusal) -> None:
    server = serve(b"")
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{server.port}")
    monkeypatch.setattr(socket, "getaddrinfo", nothing_is_found)
    assert refusal(get, "https://auth.example/")[1] == "there is no host auth.example"
    assert server.requests == []
