"""Slowloris against a process that may open few files: honest clients are answered all the same."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from jwtool.server import http_server
from jwtool.server.http_server import MAX_CONNECTIONS, _most_files

if TYPE_CHECKING:
    from tests.server.conftest import Ears

PROGRAM = """
import sys
from http import HTTPStatus
from jwtool.server.http_server import HttpServer, stop_on_signals
from jwtool.server.messages import Response
told = lambda line: print(line, file=sys.stderr, flush=True)
server = HttpServer(lambda _: Response(HTTPStatus.OK, (), b"hello"), host="127.0.0.1", port=0, log=told, access=None)
print(server.port, flush=True)
with stop_on_signals(server):
    server.serve_until_stopped()
"""


class Attacker:
    """Peers that send a field name without end, octet by octet, and come back when they are hung up on."""

    def __init__(self, port: int, peers: int) -> None:
        self._port = port
        self._peers = [self._dial() for _ in range(peers)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._trickle)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for peer in self._peers:
            peer.close()

    def _dial(self) -> socket.socket:
        peer = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        peer.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        return peer

    def _trickle(self) -> None:
        while not self._stop.wait(0.05):
            for place, peer in enumerate(self._peers):
                try:
                    peer.sendall(b"A")
                except OSError:
                    peer.close()
                    with contextlib.suppress(OSError):
                        self._peers[place] = self._dial()


def status(port: int) -> int:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
        client.request("GET", "/")
        answer = client.getresponse()
        assert answer.read() == b"hello"
        return answer.status


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no sh to lower the limit with")
def test_honest_clients_are_answered_while_others_trickle_and_files_are_few() -> None:
    limited = ["sh", "-c", 'ulimit -n 64 && exec "$0" -c "$1"', sys.executable, PROGRAM]
    process = subprocess.Popen(limited, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with Attacker(port, 100):
            started = time.monotonic()
            assert [status(port) for _ in range(100)] == [200] * 100
            assert time.monotonic() - started < 20
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=20) == (b"", b"")
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def test_half_of_the_files_are_for_connections(monkeypatch: pytest.MonkeyPatch, ears: Ears) -> None:
    monkeypatch.setattr(http_server, "_most_files", lambda: 4)
    with ears.serve() as server:
        peers = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(3)]
        assert peers[0].recv(1) == b""
        assert status(server.port) == 200
        for peer in peers:
            peer.close()


@pytest.mark.parametrize(("soft", "most"), [(100, 100), (-1, 2 * MAX_CONNECTIONS)])
def test_the_limit_of_files(monkeypatch: pytest.MonkeyPatch, soft: int, most: int) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY if soft < 0 else soft, 0))
    assert _most_files() == most


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(24, "x"), ["too many files are open"]),
        (KeyError("secret"), ["internal error while serving: KeyError"]),
        (ConnectionResetError(), []),
        (None, ["internal error while serving: NoneType"]),
    ],
    ids=str,
)
def test_trouble_is_told_once_and_a_peer_that_has_gone_not_at_all(
    ears: Ears, error: Exception | None, told: list[str]
) -> None:
    server = ears.serve()
    for _ in range(3):
        server._tell_of_bug(None, {"exception": error})
    server.close()
    assert ears.log == told
