"""What the tests of the sources share: a runtime in memory, refusals as tuples, and servers that misbehave."""

from __future__ import annotations

import io
import os
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import trustme

from jwtool.jose.errors import JwtoolError
from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

NOW = 1795556400  # 2026-11-24T21:40:00Z


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
