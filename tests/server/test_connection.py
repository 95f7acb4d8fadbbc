"""Bodies and headers that two readers could understand differently, byte for byte."""

from __future__ import annotations

import gc
import re
import socket
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from jwtool.server.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtool.server.http_server import HttpServer
    from tests.server.conftest import Ears

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET / HTTP/1.0\r\n\r\n"


@pytest.fixture
def server(ears: Ears) -> Iterator[HttpServer]:
    with ears.serve() as running:
        yield running


def answers(server: HttpServer, octets: bytes, *, end: bool = False) -> list[int]:
    """The statuses that come back for `octets` until the server closes; `end` says that nothing more will come."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as peer:
        peer.sendall(octets)
        if end:
            peer.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: peer.recv(65536), b""))
    return [int(code) for code in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", received)]


def test_requests_sent_together_are_answered_in_order(server: HttpServer, ears: Ears) -> None:
    octets = b"".join(
        f"{method} /{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for method, path in [("GET", 1), ("PUT", 2)]
    )
    assert answers(server, octets + b"GET /3 HTTP/1.0\r\n\r\n") == [200, 200, 200]
    assert ears.access == ["127.0.0.1 GET /1 200", "127.0.0.1 PUT /2 200", "127.0.0.1 GET /3 200"]


def test_what_is_asked_for_is_escaped(server: HttpServer, ears: Ears) -> None:
    assert answers(server, b"GET /\xc2\x9b HTTP/1.0\r\n\r\n") == [200]
    assert answers(server, b"GET /\x1b[2J HTTP/1.0\r\n\r\n") == [400]
    assert ears.access == ["127.0.0.1 GET /Â\\x9b 200", "127.0.0.1 - 400"]


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 5000000000",
        b"Transfer-Encoding: chunked",
    ],
)
def test_a_body_is_not_waited_for_and_ends_the_connection(server: HttpServer, fields: bytes) -> None:
    assert answers(server, b"POST / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n\r\n" + GET) == [200]


POST = b"POST / HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b"Content-Length: 5\r\n\r\nhello", [200, 200]),
        (b"Content-Length: 0\r\n\r\n", [200, 200]),
        (b"\r\n", [200, 200]),
        (b"Content-Length: 11\r\n\r\nhello world", [413]),
        (b"Content-Length: 9" + b"9" * 5000 + b"\r\n\r\n", [413]),
        (b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", [400]),
        (b"Content-Length: 5, 5\r\n\r\nhello", [400]),
        (b"Content-Length: -5\r\n\r\nhello", [400]),
        (b"Content-Length: +5\r\n\r\nhello", [400]),
        ("Content-Length: \u00b2\r\n\r\nhello".encode("latin-1"), [400]),
        (b"Content-Length : 5\r\n\r\nhello", [400]),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", [411]),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", [411]),
    ],
    ids=[
        "whole",
        "empty",
        "none",
        "large",
        "huge",
        "twice",
        "list",
        "minus",
        "plus",
        "digit",
        "blank",
        "chunked",
        "te-cl",
    ],
)
def test_a_body_is_read_by_its_length_or_refused(ears: Ears, octets: bytes, found: list[int]) -> None:
    bodies: list[bytes] = []

    def keep(request: Request) -> Response:
        bodies.append(request.body)
        return Response(HTTPStatus.OK)

    with ears.serve(keep, max_body=10) as server:
        assert answers(server, POST + octets + LAST) == found
    assert bodies == ([b"hello" if b"hello" in octets else b"", b""] if found == [200, 200] else [])


def test_a_body_that_ends_early_is_no_body(ears: Ears) -> None:
    with ears.serve(max_body=10) as server:
        assert answers(server, POST + b"Content-Length: 5\r\n\r\nhel", end=True) == [400]


@pytest.mark.parametrize(
    "fields",
    [b"", b"Host: a\r\nHost: a\r\n", b"Host: a\r\nno field\r\n", b"Host: a\r\nX: b\r\n c\r\n", b"Host : a\r\n"],
    ids=["no-host", "hosts", "no-colon", "folded", "blank"],
)
def test_a_header_that_two_could_read_differently_is_refused(server: HttpServer, fields: bytes) -> None:
    assert answers(server, b"GET / HTTP/1.1\r\n" + fields + b"\r\n" + GET) == [400]


def test_what_a_query_holds_is_not_logged(server: HttpServer, ears: Ears) -> None:
    assert answers(server, b"GET /a?client_secret=hunter2 HTTP/1.0\r\n\r\n") == [200]
    assert ears.access == ["127.0.0.1 GET /a?\u2026 200"]


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


def test_an_errand_is_run_beside_serving_and_a_bug_in_it_ends_nothing(ears: Ears) -> None:
    turns = threading.Semaphore(0)

    def errand() -> None:
        turns.release()
        raise KeyError("secret")

    ears.errand = errand
    with ears.serve() as server:
        assert all(turns.acquire(timeout=10) for _ in range(3))
        assert answers(server, LAST) == [200]
    assert set(ears.log) == {"internal error beside serving: KeyError"}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 61])
def test_octets_mean_the_same_however_they_arrive(ears: Ears, size: int) -> None:
    octets = GET + POST + b"Content-Length: 5\r\n\r\nhello" + b"\r\n" + GET + POST + b"Content-Length: 0\r\n\r\n" + LAST
    seen: list[tuple[str, bytes]] = []

    def keep(request: Request) -> Response:
        seen.append((request.method, request.body))
        return Response(HTTPStatus.OK)

    with (
        ears.serve(keep, max_body=10) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as peer,
    ):
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(octets), size):
            peer.sendall(octets[start : start + size])
            time.sleep(0.0005)
        received = b"".join(iter(lambda: peer.recv(65536), b""))
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 5
    assert seen == [("GET", b""), ("POST", b"hello"), ("GET", b""), ("POST", b""), ("GET", b"")]
