"""Addresses where clouds keep the credentials of a machine: refused on the connection itself, before an octet."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from jwtool.jose.errors import JwtoolError
from jwtool.jose.network_errors import JwksUnreachable, LinkLocalRefused
from jwtool.sources import exchange
from jwtool.sources.http import fetch
from jwtool.sources.link_local import refuse_link_local
from jwtool.sources.network import Network

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
HINT = "--allow-link-local connects nevertheless"


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "169.254.0.0", "169.254.255.255", "fe80::1", "fe80::1%eth0", "febf:ffff::"),
        *("::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "64:ff9b::169.254.169.254"),
    ],
)
def test_refused(address: str, refusal: Refusal) -> None:
    message = f"auth.example is at the link-local address {address}, where clouds keep credentials, and that is refused"
    assert refusal(refuse_link_local, address, "auth.example") == (LinkLocalRefused, message, HINT)


@pytest.mark.parametrize(
    "address",
    [
        *("169.253.255.255", "169.255.0.0", "10.0.0.1", "127.0.0.1", "::1", "fec0::1", "fd00:ec2::254", "fe7f::1"),
        *(
            "::ffff:127.0.0.1",
            "64:ff9b::8.8.8.8",
            "64:ff9b:1::169.254.169.254",
            "auth.example",
            "169.254.169.254.x",
            "",
        ),
    ],
)
def test_not_refused(address: str) -> None:
    refuse_link_local(address, "auth.example")


def get(url: str, **options: Any) -> bytes:
    network = Network(5, **options)
    return fetch(url, network=network, environ={}, trace=lambda _sentence: None).body


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]"])
def test_an_address_in_the_url_is_refused_without_a_packet(
    host: str, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: pytest.fail("looked up"))
    assert refusal(get, f"https://{host}/latest/")[0] is LinkLocalRefused
    environ = {"HTTPS_PROXY": "http://127.0.0.1:9"}
    proxied = refusal(
        fetch, f"https://{host}/latest/", network=Network(5), environ=environ, trace=lambda _sentence: None
    )
    assert proxied[0] is LinkLocalRefused


@pytest.mark.parametrize("peer", [("169.254.169.254", 80), ("fe80::1", 80, 0, 2), ("::ffff:169.254.1.1", 80, 0, 0)])
def test_a_name_that_leads_there_is_refused_before_an_octet(
    peer: tuple[Any, ...], serve: Callable[..., Any], refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[bytes] = []

    def listen(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            received.append(data)

    server = serve(listen, at_once=True)
    monkeypatch.setattr(exchange, "peer_of", lambda _connection: peer)
    kind, message, hint = refusal(get, server.url)
    assert (kind, hint) == (LinkLocalRefused, HINT)
    assert message.startswith(f"127.0.0.1:{server.port} is at the link-local address {peer[0]}, ")
    server.stop()
    assert received == []


def test_it_may_be_allowed(serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, refusal: Refusal) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    monkeypatch.setattr(exchange, "peer_of", lambda _connection: ("169.254.169.254", 80))
    assert get(server.url, allow_link_local=True) == b"{}"

    def unreachable(*_arguments: object, **_options: object) -> None:
        raise OSError(101, "no route")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    assert refusal(get, "https://169.254.169.254/", allow_link_local=True)[0] is JwksUnreachable
