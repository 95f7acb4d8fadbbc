"""Servers and networks that fail: each ends in a sentence, and at the deadline."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

import httpx
import pytest

from jwtool.jose.errors import JwtoolError, NetworkError, UrlMalformed
from jwtool.jose.network_errors import JwksTimeout, JwksUnreachable, TlsFailed
from jwtool.sources.http import fetch
from jwtool.sources.http_failures import explain_tls
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


def hang(connection: socket.socket) -> None:
    connection.recv(1)


def hang_in_the_body(connection: socket.socket) -> None:
    connection.sendall(OK + b"\r\n{")
    connection.recv(1)


def drip(head: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    def act(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(drop)
            time.sleep(0.05)

    return act


def flood_of_hints(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 50)


@pytest.mark.parametrize(
    ("act", "stage"),
    [
        (hang, "waiting for the answer"),
        (hang_in_the_body, "reading the answer"),
        (drip(OK + b"\r\n", b" "), "reading the answer"),
        (drip(OK, b"X: y\r\n"), "waiting for the answer"),
        (drip(OK + b"X: ", b"y"), "waiting for the answer"),
        (drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), "reading the answer"),
        (drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), "waiting for the answer"),
        (flood_of_hints, "waiting for the answer"),
    ],
    ids=["hang", "hang in body", "drip", "headers", "one header", "chunks", "hints", "flood of hints"],
)
def test_a_slow_server_is_left_at_the_deadline(
    act: Callable[[socket.socket], None], stage: str, serve: Serve, refusal: Refusal
) -> None:
    server = serve(act)
    began = time.monotonic()
    refused = refusal(get, server.url, timeout=1)
    assert 1 <= time.monotonic() - began < 20
    assert refused == (JwksTimeout, f"127.0.0.1:{server.port} did not answer within 1 s, still {stage}", WAIT)
    _wait_for_the_worker()


def _wait_for_the_worker() -> None:
    """The thread that was left alone must end by itself, and soon, since its connection is broken off."""
    for thread in threading.enumerate():
        if thread.name == "jwtool-fetch":
            thread.join(20)
            assert not thread.is_alive()


def test_a_tls_handshake_that_hangs(serve: Serve, refusal: Refusal) -> None:
    server = serve(hang)
    url = server.url.replace("http:", "https:")
    message = f"127.0.0.1:{server.port} did not answer within 1 s, still in the TLS handshake"
    assert refusal(get, url, timeout=1) == (JwksTimeout, message, WAIT)
    _wait_for_the_worker()


def test_a_name_server_that_hangs(monkeypatch: pytest.MonkeyPatch, refusal: Refusal) -> None:
    released = threading.Event()

    def hanging(*_arguments: object, **_options: object) -> NoReturn:
        released.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    message = "auth.example did not answer within 1 s, still connecting"
    assert refusal(get, "https://auth.example/", timeout=1) == (JwksTimeout, message, WAIT)
    released.set()
    _wait_for_the_worker()


def test_a_process_does_not_wait_for_a_stuck_worker(serve: Serve) -> None:
    program = (
        "import socket, sys, time\n"
        "from jwtool.jose.errors import JwtoolError\n"
        "from jwtool.sources.http import fetch\n"
        "from jwtool.sources.network import Network\n"
        "socket.getaddrinfo = lambda *_a, **_k: time.sleep(60)\n"
        "try: fetch('https://auth.example/', network=Network(0.3), environ={}, trace=print)\n"
        "except JwtoolError as error: print(error.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=30, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (0, "", "jwks_timeout")
    assert callable(serve)


def test_a_connection_that_is_established_too_late_is_dropped(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(hang)
    lookup = socket.getaddrinfo

    def late(*arguments: Any, **options: Any) -> Any:
        time.sleep(0.6)
        return lookup(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", late)
    with pytest.raises(JwksTimeout):
        get(server.url, timeout=0.3)
    _wait_for_the_worker()


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (
            socket.gaierror(socket.EAI_NONAME, "unknown"),
            "there is no host auth.example",
            "is it spelt right, and is this machine online?",
        ),
        (
            socket.gaierror(socket.EAI_AGAIN, "again"),
            "the name of auth.example can't be looked up now",
            "is this machine online, and its DNS server up?",
        ),
        (
            UnicodeError("label too long"),
            "there is no host auth.example",
            "is it spelt right, and is this machine online?",
        ),
        (OSError(99, "Odd\x1b reason"), "auth.example can't be reached: odd\\x1b reason", None),
        (
            OSError(101, "x"),
            "auth.example can't be reached: no route to its network",
            "is this machine online?",
        ),
        (
            TimeoutError(110, "x"),
            "auth.example does not answer",
            "is the host up, and is no firewall between?",
        ),
    ],
)
def test_a_host_that_can_not_be_reached(
    error: Exception, message: str, hint: str | None, monkeypatch: pytest.MonkeyPatch, refusal: Refusal
) -> None:
    def fail(*_arguments: object, **_options: object) -> NoReturn:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert refusal(get, "https://auth.example/jwks") == (JwksUnreachable, message, hint)


def test_a_time_out_of_the_socket_layer(monkeypatch: pytest.MonkeyPatch, refusal: Refusal) -> None:
    def fail(*_arguments: object, **_options: object) -> NoReturn:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    message = "auth.example did not answer within 5 s, still connecting"
    assert refusal(get, "https://auth.example/") == (JwksTimeout, message, WAIT)


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (httpx.ReadError("\x1b"), NetworkError, "the exchange with auth.example failed"),
        (httpx.LocalProtocolError("\x1b"), UrlMalformed, "the URL can't be asked for: https://auth.example/"),
    ],
)
def test_what_httpx_might_say_for_other_reasons(
    error: Exception, kind: type, message: str, monkeypatch: pytest.MonkeyPatch, refusal: Refusal
) -> None:
    def fail(*_arguments: object) -> NoReturn:
        raise error

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", fail)
    assert refusal(get, "https://auth.example/") == (kind, message, None)


def test_a_certificate_refused_for_a_rare_reason() -> None:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_code, error.verify_message = 79, "Invalid CA \x1bcertificate"
    explained = explain_tls(error, "auth.example", "")
    message = "the certificate of auth.example was refused: invalid ca \\x1bcertificate"
    assert (type(explained), explained.message, explained.hint) == (TlsFailed, message, None)


def test_a_refused_connection(refusal: Refusal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    message = f"127.0.0.1:{port} refused the connection"
    refused = (JwksUnreachable, message, "is the server up, and the port right?")
    assert refusal(get, f"http://127.0.0.1:{port}/") == refused


def test_a_connection_that_is_reset(serve: Serve, refusal: Refusal) -> None:
    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    server = serve(reset)
    refused = (
        JwksUnreachable,
        f"127.0.0.1:{server.port} broke off the connection",
        "try again; a firewall may stand between",
    )
    assert refusal(get, server.url) == refused


def test_an_interrupt_ends_the_fetch(serve: Serve) -> None:
    def interrupt(sentence: str) -> None:
        if sentence.startswith("http: connected"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(serve(hang).url, network=Network(30), environ={}, trace=interrupt)
    _wait_for_the_worker()
