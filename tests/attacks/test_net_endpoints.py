"""Every hostile endpoint, seen from outside: how the process ends, when, and how much memory it took.

`pytest -s` prints the table.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import trustme

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from pathlib import Path

    from tests.attacks.conftest import Forger, Publish

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "wait4"), reason="the memory of another process is not told here"),
]

TIMEOUT = 3  # seconds
MEMORY = 60 * 1024  # KiB more than a good answer takes
Play = Callable[[socket.socket], None]


class Ended(NamedTuple):
    """How a process ended: exit code, codes, seconds, the most memory in KiB."""

    exit: int
    codes: set[str]
    seconds: float
    memory: int


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    size = f"Content-Length: {len(body) if length is None else length}"
    return "\r\n".join([f"HTTP/1.1 {status}", size, *headers, "", ""]).encode() + body


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(20):
        connection.sendall(b" ")
        time.sleep(1)


def drip_headers(connection: socket.socket) -> None:
    for octet in b"HTTP/1.1 200 OK\r\nX-Slow: 1\r\n":
        connection.sendall(bytes([octet]))
        time.sleep(1)


def hang(connection: socket.socket) -> None:
    connection.recv(1)


def hang_after_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    connection.recv(1)


def flood(head: bytes, piece: bytes, times: int) -> Play:
    def play(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(head)
            for _ in range(times):
                connection.sendall(piece)

    return play


# A small process, because the memory of a new one counts from that of its parent.
LAUNCHER = """
import os, sys, time
began = time.monotonic()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), time.monotonic() - began, usage.ru_maxrss, file=sys.stderr)
"""
MEGABYTE = b" " * 1024 * 1024
LARGE = {
    "200 MB, and says so": flood(b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n", MEGABYTE, 200),
    "200 MB, without a length": flood(b"HTTP/1.1 200 OK\r\n\r\n", MEGABYTE, 200),
    "200 MB in chunks": flood(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"100000\r\n" + MEGABYTE + b"\r\n", 200
    ),
    "200 MB of headers": flood(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 1000 + b"\r\n", 200_000),
}
BOMB = gzip.compress(b" " * 50 * 1024 * 1024)


@pytest.fixture
def token(forge: Forger) -> str:
    return forge.sign("ES256", {"alg": "ES256", "kid": "k1"})


@pytest.fixture
def key(publish: Publish) -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = json.loads(publish("ES256", kid="k1").read_text())
    return loaded


@pytest.fixture
def end(token: str, tmp_path: Path) -> Callable[..., Ended]:
    """Verify the token with the set at a URL, in a process of its own."""

    def call(url: str, *options: str) -> Ended:
        argv = [
            sys.executable,
            "-m",
            "jwtool",
            "verify",
            "--json",
            "--timeout",
            f"{TIMEOUT}s",
            "-k",
            url,
            *options,
            "-",
        ]
        done = subprocess.run(
            [sys.executable, "-c", LAUNCHER, *argv],
            env=os.environ | {"JWTOOL_CACHE_DIR": str(tmp_path / "cache")},
            input=token.encode(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.stderr.count(b"\n") == 1, done.stderr
        code, seconds, memory = done.stderr.split()
        document = json.loads(done.stdout)
        checks = document.get("checks", ())
        codes = {check["code"] for check in checks if check["verdict"] == "failed"}
        codes |= {document["error"]["code"]} if "error" in document else set()
        return Ended(int(code), codes, float(seconds), int(memory))

    return call


@pytest.fixture(scope="module")
def usual() -> dict[str, float]:
    """What a good answer takes: seconds and memory, once it is known."""
    return {}


@pytest.fixture
def judge(
    end: Callable[..., Ended], serve: Callable[..., Any], key: Mapping[str, Any], usual: dict[str, float]
) -> Callable[..., None]:
    """Hold the end of a process to what is wanted, and to time and memory of one with a good answer."""
    if not usual:
        good = end(serve(answer(json.dumps({"keys": [key]}).encode(), "Cache-Control: no-store")).url)
        assert (good.exit, good.codes) == (0, set())
        usual.update(seconds=good.seconds, memory=good.memory)

    def call(name: str, server: Any, wanted: tuple[int, set[str]], *options: str) -> None:
        ended = end(server.url, *options)
        more = ended.memory - usual["memory"]
        code = " ".join(sorted(ended.codes)) or "ok"
        print(f"\n{name:<32} exit {ended.exit}  {code:<24} {ended.seconds:5.1f} s {more / 1024:6.1f} MB", end="")  # noqa: T201  the table that -s shows
        assert (ended.exit, ended.codes) == wanted
        assert ended.seconds < TIMEOUT + 1 + 3 * usual["seconds"]
        assert more < MEMORY

    return call


def many(count: int, made: Callable[[int], Any]) -> bytes:
    return json.dumps({"keys": [made(number) for number in range(count)]}, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("name", "play", "code"),
    [
        ("1 octet a second", drip, "jwks_timeout"),
        ("headers, 1 octet a second", drip_headers, "jwks_timeout"),
        ("hangs before the headers", hang, "jwks_timeout"),
        ("hangs after the headers", hang_after_headers, "jwks_timeout"),
        *((name, play, "response_too_large") for name, play in LARGE.items() if "headers" not in name),
        ("200 MB of headers", LARGE["200 MB of headers"], "response_malformed"),
        ("a gzip bomb", answer(BOMB, "Content-Encoding: gzip"), "response_malformed"),
        ("a redirect to another host", answer(b"", "Location: https://h.example/", status="302 X"), None),
        ("a redirect to itself", answer(b"", "Location: /jwks.json", status="301 X"), None),
        ("a web page", answer(b"<!doctype html><title>Sign in</title>", "Content-Type: text/html"), None),
        *(
            (f"status {status}", answer(b"", status=f"{status} X"), "http_status")
            for status in (403, 404, 429, 500, 503)
        ),
        ("a body that breaks off", answer(b'{"keys":', length=100), "response_malformed"),
        ("no JSON", answer(b'{"keys":[}'), "response_malformed"),
        ("no keys", answer(b'{"kids":[]}'), "response_malformed"),
        ("keys that are none", answer(b'{"keys":{}}'), "response_malformed"),
        ("10,000 keys, over the cap", answer(many(10_000, lambda number: {"kty": "x" * 60, "kid": f"{number}"})), None),
    ],
)
def test_endpoint(
    name: str, play: Play | bytes, code: str | None, *, serve: Callable[..., Any], judge: Callable[..., None]
) -> None:
    known = {
        "a redirect to another host": "jwks_redirect_refused",
        "a redirect to itself": "jwks_redirect_refused",
        "a web page": "response_malformed",
        "10,000 keys, over the cap": "response_too_large",
    }
    judge(name, serve(play), (5, {code or known[name]}))


def test_sets_that_are_odd(serve: Callable[..., Any], judge: Callable[..., None], key: Mapping[str, Any]) -> None:
    judge(
        "10,000 keys of no known type",
        serve(answer(many(10_000, lambda _number: {"kty": "x"}))),
        (5, {"response_malformed"}),
    )
    judge("no keys in it", serve(answer(b'{"keys":[]}')), (4, {"jwks_without_usable_key"}))
    judge("duplicate kids", serve(answer(many(2, lambda _number: key))), (1, {"key_ambiguous"}))
    judge("the wrong type", serve(answer(many(1, lambda _number: key), "Content-Type: image/png")), (0, set()))


def test_busy_and_then_not(serve: Callable[..., Any], judge: Callable[..., None], key: Mapping[str, Any]) -> None:
    answers = [answer(b"", status="503 Service Unavailable"), answer(many(1, lambda _number: key))]
    judge("503, then 200", serve(lambda connection: connection.sendall(answers.pop(0))), (0, set()))


def test_tls(
    serve: Callable[..., Any],
    judge: Callable[..., None],
    authority: trustme.CA,
    ca_file: str,
    tls_for: Callable[..., ssl.SSLContext],
    key: Mapping[str, Any],
) -> None:
    import datetime as dt

    good = answer(many(1, lambda _number: key))
    trusting = ("--ca-file", ca_file)
    judge("TLS, sound", serve(good, tls=tls_for("127.0.0.1")), (0, set()), *trusting)
    judge("TLS for another name", serve(good, tls=tls_for("other.example")), (5, {"tls_failed"}), *trusting)
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    expired = tls_for("127.0.0.1", not_before=past - dt.timedelta(days=1), not_after=past)
    judge("TLS, expired", serve(good, tls=expired), (5, {"tls_failed"}), *trusting)
    unknown = tls_for("127.0.0.1", by=trustme.CA())
    judge("TLS, unknown authority", serve(good, tls=unknown), (5, {"tls_failed"}), *trusting)
    judge("TLS, and no --ca-file", serve(good, tls=tls_for("127.0.0.1")), (5, {"tls_failed"}))
    assert authority is not None
