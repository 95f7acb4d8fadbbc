"""Slow, silent, greedy and hostile peers against the server, and its end."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from jwtool.server import http_server
from jwtool.server.http_message import Request, Response
from jwtool.server.http_server import HttpServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def hello(_request: Request) -> Response:
    return Response(HTTPStatus.OK, (), b"hello")


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def server(seen: list[str]) -> Iterator[HttpServer]:
    with HttpServer(hello, host="127.0.0.1", port=0, access=seen.append) as running:
        yield running


def dial(server: HttpServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def read_all(peer: socket.socket) -> bytes:
    octets = bytearray()
    while received := peer.recv(65536):
        octets += received
    return bytes(octets)


def statuses(octets: bytes) -> list[int]:
    return [int(code) for code in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", octets)]


def answers(server: HttpServer, octets: bytes) -> list[int]:
    """The statuses that come back for `octets` until the server closes."""
    with dial(server) as peer:
        peer.sendall(octets)
        return statuses(read_all(peer))


def pour(peer: socket.socket) -> None:
    for _ in range(10_000):
        peer.sendall(b"x" * 65536)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def test_requests_sent_together_are_answered_in_order(server: HttpServer, seen: list[str]) -> None:
    octets = b"".join(
        f"{method} /{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for method, path in [("GET", 1), ("PUT", 2)]
    )
    assert answers(server, octets + b"GET /3 HTTP/1.0\r\n\r\n") == [200, 200, 200]
    assert seen == ["127.0.0.1 GET /1 200", "127.0.0.1 PUT /2 200", "127.0.0.1 GET /3 200"]


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + b"A: b\r\n" * 5000, 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 5000, 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 40_000, 431),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
    ],
)
def test_faults_are_answered_and_end_the_connection(
    server: HttpServer, seen: list[str], octets: bytes, status: int
) -> None:
    assert answers(server, octets + GET) == [status]
    assert seen == [f"127.0.0.1 - - {status}"]


@pytest.mark.parametrize(
    "fields",
    [b"Content-Length: 5000000000", b"Transfer-Encoding: chunked", b"Expect: 100-continue\r\nContent-Length: 9"],
)
def test_a_body_is_not_waited_for(server: HttpServer, fields: bytes) -> None:
    assert answers(server, b"POST / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n\r\nsome") == [200]


def test_a_peer_that_sends_without_end_is_left(server: HttpServer) -> None:
    with dial(server) as peer:
        peer.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000000\r\n\r\n")
        with pytest.raises(OSError, match=r"Broken pipe|reset by peer"):
            pour(peer)


def test_a_silent_peer_is_left_without_a_word(
    server: HttpServer, seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "SECONDS", 0.2)
    assert answers(server, b"") == []
    assert answers(server, GET) == [200]
    assert seen == ["127.0.0.1 GET / 200"]


def test_a_trickle_has_one_deadline_for_the_whole_head(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "SECONDS", 0.5)
    started = time.monotonic()
    with dial(server) as peer, contextlib.suppress(ConnectionError):
        peer.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() - started < 8:
            peer.sendall(b"G")
            with contextlib.suppress(TimeoutError):
                answer = peer.recv(65536)
    assert statuses(answer) == [408]
    assert 0.4 < time.monotonic() - started < 3


def test_slow_peers_do_not_starve_others(server: HttpServer) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(dial(server)).sendall(b"GET / HT")
        started = time.monotonic()
        assert answers(server, b"GET / HTTP/1.0\r\n\r\n") == [200]
        assert time.monotonic() - started < 2


def test_at_the_cap_the_slowest_gives_way(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 3)
    monkeypatch.setattr(http_server, "SLOW_SECONDS", 0.3)
    with dial(server) as first, dial(server) as second, dial(server) as third:
        wait_for(lambda: len(server._open) == 3)  # noqa: SLF001 - no other sign that all three are in
        second.sendall(GET)
        assert statuses(second.recv(65536)) == [200]
        assert answers(server, b"GET / HTTP/1.0\r\n\r\n") == [200]
        assert first.recv(1) == b""
        second.sendall(GET)
        assert statuses(second.recv(65536)) == [200]
        third.sendall(GET)
        assert statuses(third.recv(65536)) == [200]


def test_a_crowd_beyond_the_cap_is_served_in_turn(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 4)
    found: list[list[int]] = []
    crowd = [
        threading.Thread(target=lambda: found.append(answers(server, b"GET / HTTP/1.0\r\n\r\n"))) for _ in range(60)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert found == [[200]] * 60


def test_a_peer_that_resets_is_no_trouble(server: HttpServer) -> None:
    for _ in range(20):
        with dial(server) as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.sendall(GET * 20)
    wait_for(lambda: not server._open)  # noqa: SLF001 - no other sign that all are gone
    assert answers(server, b"GET / HTTP/1.0\r\n\r\n") == [200]


def test_a_system_without_threads_left_turns_away(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with dial(server) as peer:
            assert peer.recv(1) == b""
    assert answers(server, b"GET / HTTP/1.0\r\n\r\n") == [200]


def test_a_response_under_way_is_finished_and_idle_connections_are_closed() -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(_request: Request) -> Response:
        asked.set()
        assert go_on.wait(10)
        return Response(HTTPStatus.OK, (), b"late")

    with HttpServer(slow, host="127.0.0.1", port=0) as server, dial(server) as busy, dial(server) as idle:
        busy.sendall(GET)
        assert asked.wait(10)
        wait_for(lambda: len(server._open) == 2)  # noqa: SLF001 - no other sign that both are in
        server.stop()
        assert idle.recv(1) == b""
        go_on.set()
        response = read_all(busy)
        assert (statuses(response), response.partition(b"\r\n\r\n")[2]) == ([200], b"late")
        assert b"\r\nConnection: close\r\n" in response
    with pytest.raises(ConnectionRefusedError):
        dial(server)


def test_what_takes_too_long_to_finish_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "GRACE_SECONDS", 0.2)
    asked, go_on = threading.Event(), threading.Event()

    def stuck(_request: Request) -> Response:
        asked.set()
        assert go_on.wait(10)
        return Response(HTTPStatus.OK)

    with HttpServer(stuck, host="127.0.0.1", port=0) as server, dial(server) as peer:
        peer.sendall(GET)
        assert asked.wait(10)
        server.stop()
        assert read_all(peer) == b""
        go_on.set()


def test_stopping_is_safe_at_any_time() -> None:
    server = HttpServer(hello, host="127.0.0.1", port=0)
    server.stop()
    server.stop()
    server.serve_until_stopped()
    server.stop()
    server.close()
    with pytest.raises(ConnectionRefusedError):
        dial(server)


def test_serving_inside_with_waits_for_its_end(server: HttpServer) -> None:
    waiting = threading.Thread(target=server.serve_until_stopped)
    waiting.start()
    assert answers(server, b"GET / HTTP/1.0\r\n\r\n") == [200]
    assert waiting.is_alive()
    server.stop()
    waiting.join(10)
    assert not waiting.is_alive()


@pytest.mark.parametrize(
    ("host", "in_url", "is_loopback"), [("localhost", "localhost", True), ("0.0.0.0", "127.0.0.1", False)]
)
def test_the_origin_names_the_real_port(host: str, in_url: str, *, is_loopback: bool) -> None:
    server = HttpServer(hello, host=host, port=0)
    server.close()
    assert server.port > 0
    assert (server.origin, server.is_loopback) == (f"http://{in_url}:{server.port}", is_loopback)
