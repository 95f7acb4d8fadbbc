"""Servers that redirect, hang, drip, lie or flood, and URLs that only look harmless."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import ssl
import threading
import time
import warnings
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
import trustme

if TYPE_CHECKING:
    from pathlib import Path

    from tests.attacks.conftest import Forger, Publish, Run, Verify
    from tests.cli.conftest import Cli

Serve = Any
TlsFor = Any


@pytest.fixture
def token(forge: Forger) -> str:
    return forge.sign("ES256", {"alg": "ES256", "kid": "k1"})


@pytest.fixture
def jwks(publish: Publish) -> bytes:
    return json.dumps({"keys": [json.loads(publish("ES256", kid="k1").read_text())]}).encode()


def ok(body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers, b"", b""]) + body


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> NoReturn:
        pytest.fail("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.attack("A101")
@pytest.mark.parametrize(
    "url",
    [
        *("http://192.0.2.1/jwks", "http://idp.example/jwks", "HTTP://idp.example/", "http://169.254.169.254/latest"),
        *("http://127.0.0.1.idp.example/", "http://localhost.idp.example/", "http://127.1/", "http://2130706433/"),
        *("http://0x7f000001/", "http://0177.0.0.1/", "http://0.0.0.0/", "http://[::]/", "http://[::ffff:127.0.0.1]/"),
        *("http://[fe80::1]/", "http://10.0.0.1/", "http://128.0.0.1/", "http://localhost./", "http://loopback/"),
    ],
)
@pytest.mark.usefixtures("no_network")
def test_http_to_another_host(url: str, token: str, verify: Verify, cli: Cli) -> None:
    assert verify(token, "-k", url).short == (2, {"url_scheme_refused"})
    assert cli("jwks", "fetch", "--json", url).codes == {"url_scheme_refused"}
    assert cli("jwks", "show", "--json", url).codes == {"url_scheme_refused"}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "url_scheme_refused"),
        ("ftp://idp.example/jwks", "url_scheme_refused"),
        ("data:application/json,{}", "url_scheme_refused"),
        ("javascript:alert(1)", "url_scheme_refused"),
        ("gopher://idp.example/", "url_scheme_refused"),
        ("https://user:pw@idp.example/", "url_malformed"),
        ("https://idp.example@127.0.0.1/", "url_malformed"),
        ("http://127.0.0.1@idp.example/", "url_malformed"),
        ("http://idp.example\\@127.0.0.1/", "url_malformed"),
        ("http:/\\127.0.0.1/", "url_malformed"),
        ("https://idp.example\r\nHost: evil/", "url_malformed"),
        ("https://idp.example/\r\nX: y", "url_malformed"),
        ("https://idp.example/ x", "url_malformed"),
        ("https://idp.example\t/", "url_malformed"),
        ("https://\u0456dp.example/", "url_malformed"),
        ("https://idp.example\u3002evil/", "url_malformed"),
        ("https://idp%2eexample/", "url_malformed"),
        ("https://", "url_malformed"),
        ("https://:443/", "url_malformed"),
        ("https://idp.example:0/", "url_malformed"),
        ("https://idp.example:99999/", "url_malformed"),
        ("https://idp.example:443:80/", "url_malformed"),
        ("https://[::1/", "url_malformed"),
        ("https://idp.example/" + "a" * 9000, "url_malformed"),
    ],
    ids=ascii,
)
@pytest.mark.usefixtures("no_network")
def test_url_that_two_readers_read_differently(url: str, code: str, token: str, verify: Verify) -> None:
    assert verify(token, "-k", url).short == (2, {code})


@pytest.mark.attack("A103")
def test_redirect(
    token: str, verify: Verify, serve: Serve, tls_for: TlsFor, ca_file: str, cli: Cli, jwks: bytes
) -> None:
    """None is followed, wherever it leads; the good keys that stand in the answer are not taken either."""
    canary = serve(ok(jwks))
    for location in (
        "http://idp.example/jwks",
        "https://idp.example/jwks",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        canary.url,
        "/jwks.json",
        "//idp.example/",
        "",
        "https://idp.example/\x1b[2J\x9b",
    ):
        for status in (b"301", b"302", b"303", b"307", b"308"):
            head = b"HTTP/1.1 %s X\r\nLocation: %s\r\n" % (status, location.encode())
            server = serve(head + b"Content-Length: %d\r\n\r\n" % len(jwks) + jwks, tls=tls_for("127.0.0.1"))
            assert verify(token, "-k", server.url, "--ca-file", ca_file).short == (5, {"jwks_redirect_refused"})
            assert len(server.requests) == 1
            if status == b"302":
                shown = cli("verify", "-v", "-k", server.url, "--ca-file", ca_file, stdin=token.encode()).stderr
                assert all(character.isprintable() or character == "\n" for character in shown)
    assert canary.requests == []
    loop = serve(b"HTTP/1.1 302 Found\r\nLocation: /jwks.json\r\nContent-Length: 0\r\n\r\n")
    assert verify(token, "-k", loop.url).short == (5, {"jwks_redirect_refused"})
    assert len(loop.requests) == 1


@pytest.mark.attack("A104")
def test_tls(token: str, verify: Verify, serve: Serve, tls_for: TlsFor, ca_file: str, jwks: bytes) -> None:
    def old() -> ssl.SSLContext:
        context: ssl.SSLContext = tls_for("127.0.0.1")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        return context

    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
    contexts = {
        "by a stranger": tls_for("127.0.0.1", by=trustme.CA()),
        "for another name": tls_for("idp.example"),
        "for a wildcard": tls_for("*.0.0.1"),
        "expired": tls_for("127.0.0.1", not_before=past, not_after=past + dt.timedelta(days=1)),
        "TLS 1.1": old(),
    }
    for name, context in contexts.items():
        server = serve(ok(jwks), tls=context)
        assert verify(token, "-k", server.url, "--ca-file", ca_file).short == (5, {"tls_failed"}), name
        assert server.requests == []
    good = serve(ok(jwks), tls=tls_for("127.0.0.1"))
    assert verify(token, "-k", good.url, "--ca-file", ca_file).short == (0, set())
    assert verify(token, "-k", good.url, env={"SSL_CERT_FILE": ca_file}).short == (0, set())
    assert verify(token, "-k", good.url, env={"SSL_CERT_FILE": "/dev/null"}).short == (3, {"file_unreadable"})


class Drip:
    """Writes for ever, in little bites."""

    def __init__(self, head: bytes, bite: bytes, pause: float) -> None:
        self.head, self.bite, self.pause = head, bite, pause

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(self.head)
        while True:
            time.sleep(self.pause)
            connection.sendall(self.bite)


@pytest.mark.attack("A106")
@pytest.mark.parametrize(
    "answer",
    [
        Drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" ", 0.05),
        Drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05),
        Drip(b"HTTP/1.1 200 OK\r\nX: ", b"y", 0.05),
        Drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.05),
        Drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.05),
        Drip(b"", b"", 0.05),
    ],
    ids=["body", "headers", "one header", "1xx", "chunks", "nothing"],
)
def test_slow_server(answer: Drip, token: str, verify: Verify, serve: Serve) -> None:
    server = serve(answer)
    began = time.monotonic()
    assert verify(token, "-k", server.url, "--timeout", "1s").short == (5, {"jwks_timeout"})
    assert 0.9 < time.monotonic() - began < 20
    assert len(server.requests) == 1  # no second try


def test_slow_server_does_not_hold_the_process(token: str, run: Run, serve: Serve) -> None:
    server = serve(Drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05))
    began = time.monotonic()
    done = run("verify", "-k", server.url, "--timeout", "1s", stdin=token.encode())
    assert (done.returncode, done.stdout) == (5, b"")
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n", "response_too_large"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 600_000, "response_too_large"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"10000\r\n%s\r\n" % (b" " * 65536) * 9,
            "response_too_large",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", "response_malformed"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n", "response_malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", "response_malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "response_malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "response_malformed"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "jwks_unreachable"),
        (b'{"keys":[]}', "jwks_unreachable"),
        (b"220 mail.example ESMTP\r\n\r\n", "response_malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "response_malformed"),
        (b"HTTP/1.1 206 Partial\r\nContent-Length: 2\r\n\r\n{}", "http_status"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", "http_status"),
        (b"HTTP/1.1 401 \x1b[2J\r\nContent-Length: 0\r\n\r\n", "http_status"),
        (b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", "http_status"),
    ],
    ids=lambda value: value[:60] if isinstance(value, bytes) else value,
)
def test_answer_that_is_none(answer: bytes, code: str, token: str, verify: Verify, serve: Serve, cli: Cli) -> None:
    server = serve(answer)
    assert verify(token, "-k", server.url, "--timeout", "5s").short == (5, {code})
    shown = cli("jwks", "fetch", server.url, "-v").stderr
    assert all(character.isprintable() or character == "\n" for character in shown)


def test_nothing_of_the_user_is_sent(
    token: str, verify: Verify, serve: Serve, jwks: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No netrc, no cookies, no proxy for loopback, no token: the server learns that jwtool asked, and what version."""
    proxy = serve(ok(b"{}"))
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password hunter2\n")
    netrc.chmod(0o600)
    env = {"NETRC": str(netrc), "HOME": str(tmp_path), "JWTOOL_CACHE_DIR": os.devnull}
    env |= dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"), proxy.url)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    server = serve(ok(jwks, b"Set-Cookie: id=1"))
    for _ in range(2):
        assert verify(token, "-k", f"{server.url}#k1", env=env).short == (0, set())
    for request in server.requests:
        lines = request.decode().split("\r\n")
        assert lines[0] == "GET /jwks.json HTTP/1.1"
        names = sorted(line.partition(":")[0].lower() for line in lines[1:] if line)
        assert names == ["accept", "accept-encoding", "connection", "host", "user-agent"]
    assert (len(server.requests), proxy.requests) == (2, [])


def test_server_headers_do_not_drive_the_terminal(serve: Serve, jwks: bytes, cli: Cli) -> None:
    nasty = b"\x1b[2J\x1b]52;c;YWJj\x07 \xe2\x80\xae \xc2\x9b \xf3\xa0\x81\x81"
    server = serve(ok(jwks, b"ETag: " + nasty, b"Content-Type: " + nasty, b"Cache-Control: " + nasty))
    for argv in (["-v"], ["--color", "never"], ["-o", "/dev/null"]):
        done = cli("jwks", "fetch", server.url, *argv)
        assert all(character.isprintable() or character == "\n" for character in done.stderr)
        assert done.exit in {0, 5}


def test_thread_of_a_hung_fetch_ends(token: str, verify: Verify, serve: Serve) -> None:
    server = serve(Drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05))
    verify(token, "-k", server.url, "--timeout", "1s")
    deadline = time.monotonic() + 5
    while any(thread.name == "jwtool-fetch" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
