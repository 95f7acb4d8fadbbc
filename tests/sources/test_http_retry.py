"""One more try where it may help, after a pause that differs from process to process, and never past the deadline."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from jwtool.jose.errors import JwtoolError
from jwtool.jose.network_errors import HttpStatus, JwksTimeout, JwksUnreachable
from jwtool.sources.http import fetch
from jwtool.sources.network import Network

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
Serve = Callable[..., Any]
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def get(url: str, *, timeout: float = 5, said: list[str] | None = None) -> bytes:
    trace = (said if said is not None else list[str]()).append
    return fetch(url, network=Network(timeout), environ={}, trace=trace).body


def in_turn(*answers: bytes) -> Callable[[socket.socket], None]:
    """Answers with the first, then with the next; the last one stays."""
    left = list(answers)

    def answer(connection: socket.socket) -> None:
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return answer


def status(line: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {line}", "Content-Length: 0", *headers, "", ""]).encode()


@pytest.mark.parametrize("line", ["503 Service Unavailable", "502 Bad Gateway", "504 Gateway Timeout", "429 Too Many"])
def test_a_busy_server_is_asked_once_more(serve: Serve, line: str) -> None:
    server = serve(in_turn(status(line), GOOD))
    said: list[str] = []
    assert get(server.url, said=said) == b"{}"
    assert len(server.requests) == 2
    assert any(f"answered {line[:3]}" in sentence and "once more in 0." in sentence for sentence in said)


@pytest.mark.parametrize("line", ["500 Internal Server Error", "501 X", "400 X", "403 X", "404 X", "204 X"])
def test_what_would_be_the_same_again_is_not_asked_for(serve: Serve, refusal: Refusal, line: str) -> None:
    server = serve(in_turn(status(line), GOOD))
    assert refusal(get, server.url)[0] is HttpStatus
    assert len(server.requests) == 1


def test_there_is_no_third_try(serve: Serve, refusal: Refusal) -> None:
    server = serve(status("503 Service Unavailable"))
    assert refusal(get, server.url)[0] is HttpStatus
    assert len(server.requests) == 2


def test_the_server_is_left_alone_as_long_as_it_asks_for(serve: Serve) -> None:
    server = serve(in_turn(status("503 Service Unavailable", "Retry-After: 1"), GOOD))
    began = time.monotonic()
    assert get(server.url) == b"{}"
    assert time.monotonic() - began >= 1
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "headers",
    [
        ("Retry-After: 5",),
        ("Retry-After: 999999",),
        ("Retry-After: Sat, 28 Nov 2026 21:01:00 GMT", "Date: Sat, 28 Nov 2026 21:00:00 GMT"),
    ],
)
def test_more_patience_than_there_is_fails_at_once(serve: Serve, refusal: Refusal, headers: tuple[str, ...]) -> None:
    server = serve(in_turn(status("429 Too Many Requests", *headers), GOOD))
    began = time.monotonic()
    kind, _message, hint = refusal(get, server.url)
    assert kind is HttpStatus
    assert hint is not None
    assert "s of patience" in hint
    assert time.monotonic() - began < 5
    assert len(server.requests) == 1


@pytest.mark.parametrize("value", ["soon", "-1", "1.5", "Sat, 28 Nov 2026 21:01:00 GMT", "9" * 400])
def test_a_wish_that_can_not_be_read_is_none(serve: Serve, value: str) -> None:
    server = serve(in_turn(status("503 Service Unavailable", f"Retry-After: {value}"), GOOD))
    assert get(server.url) == b"{}"


def test_a_connection_that_is_refused_is_tried_once_more(monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    server = serve(GOOD)
    lookup, calls = socket.getaddrinfo, list[str]()

    def flaky(*arguments: Any, **options: Any) -> Any:
        calls.append("once")
        if len(calls) == 1:
            raise ConnectionRefusedError(111, "refused")
        return lookup(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", flaky)
    assert get(server.url) == b"{}"
    assert len(calls) == 2


def test_a_name_that_does_not_exist_is_looked_up_once(monkeypatch: pytest.MonkeyPatch, refusal: Refusal) -> None:
    calls: list[str] = []

    def unknown(*_arguments: object, **_options: object) -> None:
        calls.append("once")
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert refusal(get, "https://auth.example/")[0] is JwksUnreachable
    assert len(calls) == 1


def test_a_connection_that_broke_off_later_is_not_tried_again(serve: Serve, refusal: Refusal) -> None:
    server = serve(b"")
    assert refusal(get, server.url)[0] is JwksUnreachable
    assert len(server.requests) == 1


def test_both_tries_share_one_deadline(serve: Serve, refusal: Refusal) -> None:
    asked: list[float] = []

    def slow(connection: socket.socket) -> None:
        asked.append(time.monotonic())
        if len(asked) > 1:
            connection.recv(1)  # until the client hangs up
        connection.sendall(status("503 Service Unavailable"))

    server = serve(slow)
    began = time.monotonic()
    assert refusal(get, server.url, timeout=3)[0] is JwksTimeout
    assert 3 <= time.monotonic() - began < 20
    assert len(asked) == 2
