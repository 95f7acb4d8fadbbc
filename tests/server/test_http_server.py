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
from jwtool.server.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jwtool.server.http_server import HttpServer
    from tests.server.conftest import Ears

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET / HTTP/1.0\r\n\r\n"


@pytest.fixture
def server(ears: Ears) -> Iterator[HttpServer]:
    with ears.serve() as running:
        yield running


DELAY = 0.4


def late(_request: Request) -> Response:
    return Response(HTTPStatus.OK, (), b"late", delay=DELAY)


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


def test_a_peer_that_sends_without_end_is_left(server: HttpServer) -> None:
    with dial(server) as peer:
        peer.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000000\r\n\r\n")
        with pytest.raises(OSError, match=r"Broken pipe|reset by peer"):
            pour(peer)


def test_a_silent_peer_is_left_without_a_word(
    server: HttpServer, ears: Ears, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(http_server, "SECONDS", 0.2)
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


def test_beyond_the_cap_the_one_that_was_waited_for_longest_goes(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 2)
    with dial(server) as first, dial(server) as second:
        for peer in (second, first):
            peer.sendall(GET)
            assert statuses(peer.recv(65536)) == [200]
        assert answers(server, LAST) == [200]
        assert second.recv(1) == b""
        first.sendall(LAST)
        assert statuses(read_all(first)) == [200]


def test_slow_requests_hold_no_place_forever(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slowloris: every place is taken by a peer that sends a header field now and then."""
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 8)
    stop = threading.Event()
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(dial(server)) for _ in range(16)]

        def trickle() -> None:
            while not stop.wait(0.01):
                for peer in peers:
                    with contextlib.suppress(OSError):
                        peer.sendall(b"A")

        attacker = threading.Thread(target=trickle)
        attacker.start()
        try:
            started = time.monotonic()
            assert [answers(server, GET + LAST) for _ in range(20)] == [[200, 200]] * 20
            assert time.monotonic() - started < 5
            assert len(server._open) <= 9
        finally:
            stop.set()
            attacker.join()


def test_a_request_has_so_long_however_it_trickles(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "SECONDS", 0.3)

    def trickle(peer: socket.socket) -> None:
        for _ in range(200):
            peer.sendall(b"A")
            time.sleep(0.05)

    with dial(server) as peer, pytest.raises(OSError, match=r"Broken pipe|reset by peer"):
        trickle(peer)


def test_where_all_are_being_answered_one_more_is_turned_away(ears: Ears, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 2)
    with ears.serve(late) as server, dial(server) as first, dial(server) as second:
        for peer in (first, second):
            peer.sendall(LAST)
        wait_for(lambda: len(server._open) == 2 and not server._waiting)
        with dial(server) as third:
            assert third.recv(1) == b""
        assert [statuses(read_all(peer)) for peer in (first, second)] == [[200], [200]]


def test_who_waits_for_an_answer_is_not_ended_as_slow(ears: Ears, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "SECONDS", 0.25)
    with ears.serve(late) as server:
        started = time.monotonic()
        assert answers(server, GET + LAST) == [200, 200]
        assert time.monotonic() - started >= 2 * DELAY


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


@pytest.mark.parametrize("octets", [LAST, GET, GET + LAST])
def test_a_peer_that_has_gone_before_its_response_leaves_nothing(ears: Ears, octets: bytes) -> None:
    with ears.serve(late) as server:
        with dial(server) as peer:
            peer.sendall(octets)
        wait_for(lambda: len(ears.access) == 1)
        wait_for(lambda: not server._open)
    assert ears.log == []


def test_a_bug_costs_one_response(ears: Ears) -> None:
    def forgetful(request: Request) -> Response:
        if request.path == "/bug":
            raise KeyError("secret")
        return Response(HTTPStatus.OK)

    with ears.serve(forgetful) as server:
        assert answers(server, GET.replace(b"/", b"/bug", 1) + LAST) == [500, 200]
    assert ears.log == ["internal error while answering: KeyError"]


def test_a_response_under_way_is_finished_and_idle_connections_are_closed(ears: Ears) -> None:
    with ears.serve(late) as server, dial(server) as busy, dial(server) as idle:
        busy.sendall(GET)
        wait_for(lambda: len(server._open) == 2 and len(server._waiting) == 1)
        server.stop()
        assert idle.recv(1) == b""
        response = read_all(busy)
        assert (statuses(response), response.partition(b"\r\n\r\n")[2]) == ([200], b"late")
        assert b"\r\nConnection: close\r\n" in response
    with pytest.raises(ConnectionRefusedError):
        dial(server)


def test_what_takes_too_long_to_finish_is_not_waited_for(ears: Ears, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "GRACE_SECONDS", 0.2)
    with ears.serve(lambda _: Response(HTTPStatus.OK, delay=60)) as server, dial(server) as peer:
        peer.sendall(GET)
        wait_for(lambda: len(server._open) == 1 and not server._waiting)
        started = time.monotonic()
        server.stop()
        with contextlib.suppress(ConnectionResetError):
            assert read_all(peer) == b""
        assert time.monotonic() - started < 5


def test_a_peer_that_takes_nothing_is_left(ears: Ears, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow read: it asks for much, and leaves it lying."""
    monkeypatch.setattr(http_server, "SECONDS", 0.3)
    large = Response(HTTPStatus.OK, (), bytes(8_000_000))
    with ears.serve(lambda _: large) as server, dial(server) as peer:
        peer.sendall(GET * 50)
        wait_for(lambda: len(server._open) == 1)
        wait_for(lambda: not server._open)
        assert len(ears.access) == 1
        with contextlib.suppress(ConnectionResetError):
            assert len(read_all(peer)) < 8_000_000


def test_a_slow_reader_gets_all_of_it_in_order(ears: Ears) -> None:
    large = Response(HTTPStatus.OK, (), bytes(3_000_000))
    with ears.serve(lambda _: large) as server, dial(server) as peer:
        peer.sendall(GET + GET + LAST)
        received = bytearray()
        while more := peer.recv(200_000):
            received += more
            time.sleep(0.005)
    assert (statuses(bytes(received)), received.count(b"\0")) == ([200, 200, 200], 9_000_000)


def test_a_peer_that_has_said_all_gets_all_answers(ears: Ears) -> None:
    with ears.serve(late) as server, dial(server) as peer:
        peer.sendall(GET + GET)
        peer.shutdown(socket.SHUT_WR)
        assert statuses(read_all(peer)) == [200, 200]


def test_stopping_is_safe_at_any_time(ears: Ears) -> None:
    server = ears.serve()
    server.stop()
    server.stop()
    server.serve_until_stopped()
    server.stop()
    server.close()
    with pytest.raises(ConnectionRefusedError):
        dial(server)
