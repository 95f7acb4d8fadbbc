"""Addresses that can be listened on, and those that can't."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from jwtool.jose.network_errors import AddressUnavailable
from jwtool.server.listening import host_in_url, is_loopback, listen

PORT_HINT = "--port 0 picks a free one"
HOST_HINT = "--host 127.0.0.1 listens on this machine only"


def refusal(host: str, port: int) -> tuple[str, str | None]:
    with pytest.raises(AddressUnavailable) as found:
        listen(host, port, backlog=1).close()
    return found.value.message, found.value.hint


def test_a_port_in_use() -> None:
    with listen("127.0.0.1", 0, backlog=1) as taken:
        port = taken.getsockname()[1]
        sentence = f"can't listen on port {port} of '127.0.0.1': address already in use"
        assert refusal("127.0.0.1", port) == (sentence, PORT_HINT)


def test_a_taken_port_of_a_name_is_not_moved_to_its_next_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with listen("127.0.0.1", 0, backlog=1) as taken:
        port = taken.getsockname()[1]
        both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("127.0.0.1", "127.0.0.2")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
        sentence = f"can't listen on port {port} of 'two.example': address already in use"
        assert refusal("two.example", port) == (sentence, PORT_HINT)


def test_the_next_address_of_a_name_where_this_machine_lacks_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in ("192.0.2.1", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with listen("two.example", 0, backlog=1) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> socket.socket:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)
    assert refusal("127.0.0.1", 80) == ("can't listen on port 80 of '127.0.0.1': permission denied", PORT_HINT)


def test_another_machines_address() -> None:
    reason = os.strerror(errno.EADDRNOTAVAIL).lower()
    assert refusal("192.0.2.1", 0) == (f"can't listen on host '192.0.2.1': {reason}", HOST_HINT)


@pytest.mark.parametrize("host", ["", "no such\x1bhost", "nothing.invalid", "a" * 70 + ".example"])
def test_no_address_at_all(host: str) -> None:
    assert refusal(host, 0) == (f"can't listen on host {host!a}: no such address", HOST_HINT)


@pytest.mark.parametrize("port", [-1, 65536])
def test_no_port(port: int) -> None:
    assert refusal("127.0.0.1", port) == (f"{port} is no port; ports are 0 to 65535", PORT_HINT)


@pytest.mark.parametrize(
    ("host", "in_url"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("::1", "[::1]"),
        ("::", "[::1]"),
        ("fe80::1%eth0", "[fe80::1%25eth0]"),
        ("localhost", "localhost"),
    ],
)
def test_hosts_in_urls(host: str, in_url: str) -> None:
    assert host_in_url(host) == in_url


@pytest.mark.parametrize(
    ("address", "answer"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("192.0.2.1", False)],
)
def test_which_addresses_only_this_machine_reaches(address: str, *, answer: bool) -> None:
    assert is_loopback(address) is answer
