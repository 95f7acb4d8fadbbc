"""HTTP/1.1 for the local servers: this file is what http.server leaves open.

A cap on connections, an end that a signal handler may ask for, an answer to every method, and where its words go.
"""

from __future__ import annotations

import contextlib
import gc
import socket
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from jwtool import __version__
from jwtool.jose.quoting import printable
from jwtool.server.listening import host_in_url, is_loopback, listen

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

MAX_CONNECTIONS = 256
"""Each has a thread; one more is closed at once."""
SECONDS = 10.0
"""How long a peer may send nothing, or not take what it is sent: it holds nobody but its own thread."""
GRACE_SECONDS = 2.0
"""How long responses under way may go on after `stop`."""
LOOK_SECONDS = 0.1
"""How often the server looks whether it is to stop."""
LINGER_OCTETS = 65536
"""How much a peer may still send after the last response."""


class Response(NamedTuple):
    """A status, fields and a body. Content-Length, Date, Server and Connection are added when it is sent."""

    status: HTTPStatus
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def plain(status: HTTPStatus, sentence: str, *fields: tuple[str, str]) -> Response:
    """One sentence as text, never cached: how errors are answered."""
    head = (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"), *fields)
    return Response(status, head, f"{sentence}\n".encode())


class HttpServer(ThreadingHTTPServer):
    """Serves what `answer` makes of the method, the target and the header of each request.

    The port is bound when this is made; port 0 picks a free one. Either call `serve_until_stopped`, or use it in a
    `with` statement, which serves in a thread of its own. `access` gets one line per response, escaped; `log` what
    else there is to say; any thread calls them. Raises AddressUnavailable where it can't listen.
    """

    daemon_threads = True

    def __init__(
        self,
        answer: Callable[[str, str, Message], Response],
        *,
        host: str,
        port: int,
        log: Callable[[str], None] | None,
        access: Callable[[str], None] | None,
    ) -> None:
        listener = listen(host, port, backlog=MAX_CONNECTIONS)
        listener.settimeout(LOOK_SECONDS)  # handle_request obeys it
        address, self.port = listener.getsockname()[:2]
        super().__init__((address, self.port), Handler, bind_and_activate=False)
        self.socket.close()  # the base class made one for IPv4 only
        self.socket = listener
        self.origin = f"http://{host_in_url(host)}:{self.port}"
        self.is_loopback = is_loopback(address)
        """Whether only this machine can reach it."""
        self.answer = answer
        self.log = log or (lambda _: None)
        self.access = access or (lambda _: None)
        self.stopping = False
        self._open: set[socket.socket] = set()

    def serve_until_stopped(self) -> None:
        """Serve until `stop` is called; then let responses under way finish, and close everything."""
        gc.enable()  # the command line has it off, for lives shorter than this one
        try:
            while not self.stopping:
                self.handle_request()
        finally:
            self.close()

    def stop(self) -> None:
        """End serving, soon. Takes no lock: safe in a signal handler, from any thread, and more than once."""
        self.stopping = True

    def close(self) -> None:
        """Stop listening and end every connection: idle ones at once, busy ones after their response."""
        self.stopping = True
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        end = time.monotonic() + GRACE_SECONDS
        while self._open and time.monotonic() < end:
            time.sleep(0.01)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_until_stopped, name="http-server", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join()

    def get_request(self) -> tuple[socket.socket, Any]:
        """One more connection."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def verify_request(self, _connection: object, _address: object) -> bool:
        """Whether there is room for the connection that has just come."""
        return len(self._open) <= MAX_CONNECTIONS

    def close_request(self, request: Any) -> None:
        """One connection less."""
        self._open.discard(request)
        super().close_request(request)

    def handle_error(self, _connection: object, _address: object) -> None:
        """No traceback: a peer that has gone is nobody's business, and of a bug its kind must do."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.log(f"internal error while serving: {type(error).__name__}")


class Handler(BaseHTTPRequestHandler):
    """One connection: http.server reads its requests and writes the responses of `HttpServer.answer`."""

    server: HttpServer
    timeout = SECONDS
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # what can't be read gets a status line too
    wbufsize = -1  # one packet a response
    disable_nagle_algorithm = True

    def version_string(self) -> str:
        return f"jwtool/{__version__}"

    def do_GET(self) -> None:
        """Answer any method: see `send_error`. A body is not read, so it ends the connection."""
        if "Transfer-Encoding" in self.headers or set(self.headers.get_all("Content-Length", ["0"])) != {"0"}:
            self.close_connection = True
        try:
            response = self.server.answer(self.command, self.path, self.headers)
        except Exception as error:  # noqa: BLE001  a bug costs one response, not the server
            self.server.log(f"internal error while answering: {type(error).__name__}")
            response = plain(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error")
        self._send(response)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002  http.server names them
        """What http.server has no method for is answered like the rest; what it can't read, in few words."""
        if code == HTTPStatus.NOT_IMPLEMENTED:
            self.do_GET()
            return
        self.close_connection = True
        self._send(plain(HTTPStatus(code), HTTPStatus(code).phrase.lower()))

    def _send(self, response: Response) -> None:
        bodiless = response.status == HTTPStatus.NOT_MODIFIED
        self.close_connection = self.close_connection or self.server.stopping
        self.send_response(response.status)
        for name, value in response.fields:
            self.send_header(name, value)
        if not bodiless:
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if not bodiless and self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()
        if self.close_connection:  # with octets unread it would end in a reset, and that may overtake the response
            self.connection.shutdown(socket.SHUT_WR)
            self.rfile.read(LINGER_OCTETS)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002  the same
        asked = self.requestline.rpartition(" HTTP/")[0] or "-"
        self.server.access(printable(f"{self.client_address[0]} {asked} {int(code)}"))

    def log_message(self, *_: object) -> None:
        """Nothing: what else http.server logs is that somebody was silent for too long."""
