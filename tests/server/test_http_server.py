"""Slow, silent, greedy and hostile peers against the server, and its end."""

from __future__ import annotations

import contextlib
import gc
import re
import socket
import struct
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from jwtool.server import http_server
from jwtool.server.http_server import Handler, HttpServer, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET / HTTP/1.0\r\n\r\n"


def hello(_method: str, _path: str, _headers: Message) -> Response:
    return Response(HTTPStatus.OK, (), b"hello")


class Ears:
    """What the server says."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.access: list[str] = []

    def serve(self, answer: Callable[[str, str, Message], Response] = hello, *, host: str = "127.0.0.1") -> HttpServer:
        return HttpServer(answer, host=host, port=0, log=self.log.append, access=self.access.append)


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def server(ears: Ears) -> Iterator[HttpServer]:
    with ears.serve() as running:
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


def test_requests_sent_together_are_answered_in_order(server: HttpServer, ears: Ears) -> None:
    octets = b"".join(
        f"{method} /{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for method, path in [("GET", 1), ("PUT", 2)]
    )
    assert answers(server, octets + b"GET /3 HTTP/1.0\r\n\r\n") == [200, 200, 200]
    assert ears.access == ["127.0.0.1 GET /1 200", "127.0.0.1 PUT /2 200", "127.0.0.1 GET /3 200"]


@pytest.mark.parametrize(
    ("octets", "status", "asked"),
    [
        (b"nonsense\r\n\r\n", 400, "-"),
        (b"GET / nonsense\r\n\r\n", 400, "-"),
        (b"GET / HTTP/2.0\r\n\r\n", 505, "GET /"),
        (b"GET /" + b"a" * 66_000 + b" HTTP/1.1\r\n", 414, "-"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 101 + b"\r\n", 431, "GET /"),
    ],
    ids=["words", "version", "http2", "long", "many"],
)
def test_what_cant_be_read_is_answered_in_few_words_and_ends_the_connection(
    server: HttpServer, ears: Ears, octets: bytes, status: int, asked: str
) -> None:
    with dial(server) as peer:
        peer.sendall(octets)
        head, _, body = read_all(peer).partition(b"\r\n\r\n")
    assert (statuses(head), body) == ([status], HTTPStatus(status).phrase.lower().encode() + b"\n")
    assert (b"Content-Type: text/plain; charset=utf-8" in head, b"Connection: close" in head) == (True, True)
    assert (ears.access, ears.log) == ([f"127.0.0.1 {asked} {status}"], [])


def test_what_is_asked_for_is_escaped(server: HttpServer, ears: Ears) -> None:
    assert answers(server, b"GET /\x1b[2J\xc2\x9b HTTP/1.0\r\n\r\n") == [200]
    assert ears.access == ["127.0.0.1 GET /\\x1b[2JÂ\\x9b 200"]


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 5000000000",
        b"Content-Length: 0\r\nContent-Length: 5",
        b"Transfer-Encoding: chunked",
    ],
)
def test_a_body_is_not_waited_for_and_ends_the_connection(server: HttpServer, fields: bytes) -> None:
    assert answers(server, b"POST / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n\r\n" + GET) == [200]


def test_a_peer_that_sends_without_end_is_left(server: HttpServer) -> None:
    with dial(server) as peer:
        peer.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000000\r\n\r\n")
        with pytest.raises(OSError, match=r"Broken pipe|reset by peer"):
            pour(peer)


def test_a_silent_peer_is_left_without_a_word(
    server: HttpServer, ears: Ears, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Handler, "timeout", 0.2)
    assert [answers(server, octets) for octets in (b"", b"GET / HT")] == [[], []]
    assert answers(server, GET) == [200]
    assert (ears.access, ears.log, tuple(capfd.readouterr())) == (["127.0.0.1 GET / 200"], [], ("", ""))


def test_slow_peers_do_not_starve_others(server: HttpServer) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(dial(server)).sendall(b"GET / HT")
        started = time.monotonic()
        assert answers(server, LAST) == [200]
        assert time.monotonic() - started < 2


def test_beyond_the_cap_a_connection_is_closed_at_once(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 2)
    with dial(server) as first, dial(server) as second:
        for peer in (first, second):
            peer.sendall(GET)
            assert statuses(peer.recv(65536)) == [200]
        with dial(server) as third:
            assert third.recv(1) == b""
        second.close()
        wait_for(lambda: len(server._open) == 1)
        assert answers(server, LAST) == [200]


def test_two_hundred_at_once(server: HttpServer) -> None:
    found: list[list[int]] = []
    crowd = [threading.Thread(target=lambda: found.append(answers(server, GET + LAST))) for _ in range(200)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert found == [[200, 200]] * 200


def test_a_peer_that_resets_is_no_trouble(server: HttpServer, ears: Ears, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(20):
        with dial(server) as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.sendall(GET * 20)
    wait_for(lambda: not server._open)
    assert answers(server, LAST) == [200]
    assert (ears.log, tuple(capfd.readouterr())) == ([], ("", ""))


def test_a_system_without_threads_left_turns_away(
    server: HttpServer, ears: Ears, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with dial(server) as peer:
            assert peer.recv(1) == b""
    assert answers(server, LAST) == [200]
    assert (ears.log, tuple(capfd.readouterr())) == (["internal error while serving: RuntimeError"], ("", ""))


def test_a_bug_costs_one_response(ears: Ears) -> None:
    def forgetful(_method: str, path: str, _headers: Message) -> Response:
        if path == "/bug":
            raise KeyError("secret")
        return Response(HTTPStatus.OK)

    with ears.serve(forgetful) as server:
        assert answers(server, GET.replace(b"/", b"/bug", 1) + LAST) == [500, 200]
    assert ears.log == ["internal error while answering: KeyError"]


def test_a_response_under_way_is_finished_and_idle_connections_are_closed(ears: Ears) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(_method: str, path: str, _headers: Message) -> Response:
        if path == "/slow":
            asked.set()
            assert go_on.wait(10)
        return Response(HTTPStatus.OK, (), b"late")

    with ears.serve(slow) as server, dial(server) as busy, dial(server) as idle:
        idle.sendall(GET)
        assert statuses(idle.recv(65536)) == [200]
        busy.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        assert asked.wait(10)
        server.stop()
        assert idle.recv(1) == b""
        go_on.set()
        response = read_all(busy)
        assert (statuses(response), response.partition(b"\r\n\r\n")[2]) == ([200], b"late")
        assert b"\r\nConnection: close\r\n" in response
    with pytest.raises(ConnectionRefusedError):
        dial(server)


def test_what_takes_too_long_to_finish_is_not_waited_for(ears: Ears, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "GRACE_SECONDS", 0.2)
    asked, go_on = threading.Event(), threading.Event()

    def stuck(_method: str, _path: str, _headers: Message) -> Response:
        asked.set()
        assert go_on.wait(10)
        return Response(HTTPStatus.OK)

    with contextlib.ExitStack() as stack:
        with ears.serve(stuck) as server:
            peer = stack.enter_context(dial(server))
            peer.sendall(GET)
            assert asked.wait(10)
            started = time.monotonic()
        assert time.monotonic() - started < 5
        go_on.set()
        assert statuses(read_all(peer)) == [200]


def test_stopping_is_safe_at_any_time(ears: Ears) -> None:
    server = ears.serve()
    server.stop()
    server.stop()
    server.serve_until_stopped()
    server.stop()
    server.close()
    with pytest.raises(ConnectionRefusedError):
        dial(server)


def test_serving_collects_garbage(ears: Ears) -> None:
    server = ears.serve()
    server.stop()
    gc.disable()
    try:
        server.serve_until_stopped()
        assert gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("host", "in_url", "is_loopback"), [("localhost", "localhost", True), ("0.0.0.0", "127.0.0.1", False)]
)
def test_the_origin_names_the_real_port(ears: Ears, host: str, in_url: str, *, is_loopback: bool) -> None:
    server = ears.serve(host=host)
    server.close()
    assert server.port > 0
    assert (server.origin, server.is_loopback) == (f"http://{in_url}:{server.port}", is_loopback)
