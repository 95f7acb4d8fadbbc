"""`jwks serve` before clients that want more than the public set."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import unicodedata
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.attacks.conftest import Publish

PUBLIC = {"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use", "key_ops"}


@pytest.fixture
def server(publish: Publish, publish_set: Callable[..., Path], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    keyset = publish_set(publish("ES256", private=True, kid="e1"), publish("RS256", private=True, kid="r1"))
    command = [
        sys.executable,
        "-m",
        "jwtool",
        "jwks",
        "serve",
        keyset.name,
        "-v",
        "--port",
        "0",
        "--ready-file",
        "ready",
    ]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 20
        while not (tmp_path / "ready").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process
        process.kill()


def ask(folder: Path, request: bytes) -> bytes:
    """What the server answers; nothing where it hangs up in the middle of a request, as it may."""
    url = urlsplit((folder / "ready").read_text().strip())
    answer = b""
    with (
        socket.create_connection((url.hostname or "", url.port or 0), timeout=10) as connection,
        suppress(ConnectionError),
    ):
        connection.sendall(request)
        with suppress(OSError):  # not connected any more
            connection.shutdown(socket.SHUT_WR)
        while more := connection.recv(65536):
            answer += more
    return answer


def test_only_the_public_set_is_served(
    server: subprocess.Popen[bytes], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "secret.txt").write_text("hunter2")
    url = urlsplit((tmp_path / "ready").read_text().strip())
    idle = ExitStack()
    request.addfinalizer(idle.close)
    for _ in range(8):
        idle.enter_context(socket.create_connection((url.hostname or "", url.port or 0)))
    set_path = b"/.well-known/jwks.json"
    answer = ask(tmp_path, b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % set_path)
    for key in json.loads(answer.partition(b"\r\n\r\n")[2])["keys"]:
        assert key.keys() <= PUBLIC
    for path in (
        *(b"/", b"/secret.txt", b"/set-0.json", b"/../secret.txt", b"/.well-known/../secret.txt", b"//etc/passwd"),
        *(
            b"/.well-known/jwks.json/../../secret.txt",
            b"/%2e%2e/secret.txt",
            b"/..\\secret.txt",
        ),
        *(
            b"/.well-known/jwks.json\0.txt",
            b"/.well-known/jwks.json/",
            b"file:///etc/passwd",
            b"\x1b[2J\x9b\xe2\x80\xae",
        ),
    ):
        answer = ask(tmp_path, b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path)
        assert not answer or answer.split()[1] in {b"400", b"404"}, path
        assert b"hunter2" not in answer
        assert b"root:" not in answer
        assert b"\x1b" not in answer
    for hostile in (
        b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx" % set_path,
        b"DELETE %s HTTP/1.1\r\nHost: x\r\n\r\n" % set_path,
        b"GET %s HTTP/1.1\r\nX: %s\r\n\r\n" % (set_path, b"y" * 200_000),
        b"GET /%s HTTP/1.1\r\n\r\n" % (b"a" * 200_000),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        b"\r\n\r\n\r\n",
        b"",
    ):
        answer = ask(tmp_path, hostile)
        assert not answer or answer.split()[1][:1] == b"4"
    idle.close()
    server.send_signal(signal.SIGTERM)
    out, err = server.communicate(timeout=20)
    assert server.returncode == 0
    assert out.decode().startswith("http://127.0.0.1:")
    assert {c for c in err.decode() if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} == set()
    assert "Traceback" not in err.decode()
    assert not (tmp_path / "ready").exists()
