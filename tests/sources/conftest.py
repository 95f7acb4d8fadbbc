"""What the tests of the sources share: a runtime in memory, refusals as tuples, and servers that misbehave."""

from __future__ import annotations

import io
import os
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import trustme
from werkzeug import Request, Response

from jwtool.jose.errors import JwtoolError
from jwtool.jose.network_errors import ResponseMalformed
from jwtool.sources import cache_folder
from jwtool.sources.http_cache import Answered, Question, get, get_again
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pytest_httpserver import HTTPServer

NOW = 1795556400  # 2026-11-24T21:40:00Z
FIVE = Network(5)


@pytest.fixture
def refusal() -> Callable[..., tuple[type[JwtoolError], str, str | None]]:
    """Call a function that must raise a JwtoolError; its class, message and hint."""

    def call(function: Callable[..., object], *args: object, **options: object) -> tuple[type, str, str | None]:
        with pytest.raises(JwtoolError) as caught:
            function(*args, **options)
        return type(caught.value), caught.value.message, caught.value.hint

    return call


@pytest.fixture
def make_runtime() -> Callable[..., Runtime]:
    def make(stdin: bytes = b"", *, environ: Mapping[str, str] | None = None, terminal: bool = False) -> Runtime:
        return Runtime(
            stdin=io.BytesIO(stdin),
            stdout=io.BytesIO(),
            stderr=io.BytesIO(),
            environ=environ or {},
            now=lambda: NOW,
            stdin_is_terminal=terminal,
            stdout_is_terminal=terminal,
            stderr_is_terminal=terminal,
            ask_secret=lambda _prompt: "",
        )

    return make


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """For root: permissions mean nothing to it, so be somebody else meanwhile."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@dataclass
class RawServer:
    """A server on 127.0.0.1 that reads one request of a connection and then does what it was told, however wrong."""

    answer: bytes | Callable[[socket.socket], None]
    tls: ssl.SSLContext | None
    at_once: bool = False
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    stopped: threading.Event = field(default_factory=threading.Event)
    requests: list[bytes] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}/jwks.json"

    def start(self) -> None:
        self._spawn(self._accept)

    def stop(self) -> None:
        self.stopped.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)  # not SSLSocket's, which unwraps
        for thread in self.threads:
            thread.join(5)

    def _spawn(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _peer = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            self._spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with suppress(OSError), connection:
            stream = connection if self.tls is None else self.tls.wrap_socket(connection, server_side=True)
            self.connections.append(stream)
            with stream:
                if not self.at_once:
                    self._read_request(stream)
                if callable(self.answer):
                    self.answer(stream)
                else:
                    stream.sendall(self.answer)
                    with suppress(OSError):
                        stream.shutdown(socket.SHUT_WR)
                    while stream.recv(65536):
                        pass

    def _read_request(self, stream: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            if not (data := stream.recv(65536)):
                raise ConnectionError
            request += data
        self.requests.append(request)


@pytest.fixture
def serve() -> Iterator[Callable[..., RawServer]]:
    """Start servers with `serve(answer)`; `answer` is octets, or a function of the connection.

    With `at_once` no request is waited for.
    """
    servers: list[RawServer] = []

    def start(
        answer: bytes | Callable[[socket.socket], None], *, tls: ssl.SSLContext | None = None, at_once: bool = False
    ) -> RawServer:
        server = RawServer(answer, tls, at_once)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def system_store(ca_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL's default trust store for this process holds our authority alone: no test needs the machine's."""
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


@pytest.fixture
def tls_for(authority: trustme.CA) -> Callable[..., ssl.SSLContext]:
    """A server's TLS context with a certificate for these names; options go to trustme's `issue_cert`."""

    def make(*names: str, by: trustme.CA = authority, **options: object) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        by.issue_cert(*names, **options).configure_cert(context)  # type: ignore[arg-type] # passed through
        return context

    return make


@dataclass
class World:
    """One user with one clock and one cache, and a server that counts and does as it is told."""

    server: HTTPServer
    folder: Path
    make_runtime: Callable[..., Runtime]
    now: int = NOW
    body: str = "one"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    delay: float = 0.0

    def answer(self, request: Request) -> Response:
        self.asked.append({name.lower(): value for name, value in request.headers.items()})
        time.sleep(self.delay)
        etag = self.headers.get("ETag")
        if etag is not None and request.headers.get("If-None-Match") == etag and self.status == 200:
            return Response(status=304, headers=self.headers)
        return Response(self.body, status=self.status, headers=self.headers)

    def question(self, network: Network, keep: Callable[[str], bool], path: str = "/set") -> Question[str]:
        runtime = self.make_runtime(environ={"JWTOOL_CACHE_DIR": str(self.folder)})
        runtime.now = lambda: self.now
        runtime.trace = self.said.append
        return Question(self.server.url_for(path), network, runtime, judge=_judge, keep=keep)

    def get(self, network: Network = FIVE, keep: Callable[[str], bool] = bool, path: str = "/set") -> Answered[str]:
        return get(self.question(network, keep, path))

    def again(self, previous: Answered[str], network: Network = FIVE) -> Answered[str] | None:
        return get_again(self.question(network, bool), previous)

    @property
    def entry(self) -> Path:
        (path,) = (self.folder / "http").glob(f"*{cache_folder.ENTRY}")
        return path


def _judge(body: bytes) -> str:
    if body.startswith(b"bad"):
        raise ResponseMalformed("what was answered is bad")
    return body.decode()


@pytest.fixture
def world(httpserver: HTTPServer, tmp_path: Path, make_runtime: Callable[..., Runtime]) -> World:
    made = World(httpserver, tmp_path / "cache", make_runtime)
    httpserver.expect_request("/set").respond_with_handler(made.answer)
    httpserver.expect_request("/other").respond_with_handler(made.answer)
    return made
