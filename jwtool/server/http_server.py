"""A small HTTP/1.1 server for this machine: a thread a connection, deadlines, a cap, a clean end.

Chosen over http.server, which takes 6 MB of header from anyone, waits for ever on a trickle, swallows malformed
fields and can't be stopped from a signal handler. This file is the sockets and threads beneath the JWKS URI.
"""

from __future__ import annotations

import contextlib
import errno
import io
import selectors
import socket
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple, Self

from jwtool import __version__
from jwtool.server.http_message import HttpFault, Request, Response, plain, read_request, write_response
from jwtool.server.listening import host_in_url, is_loopback, listen

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from _typeshed import WriteableBuffer

    from jwtool.server.http_message import LineReader

MAX_CONNECTIONS = 256
SECONDS = 10.0
"""How long a peer may take to send one whole request head, or to take one whole response."""
GRACE_SECONDS = 2.0
"""How long responses under way may go on after `stop`."""
SLOW_SECONDS = 1.0
"""How long a connection may rest at least while others want its place."""
LINGER_SECONDS = 1.0
LINGER_OCTETS = 65536


class HttpServer:
    """Serves what `answer` makes of each request.

    The port is bound when this is made; port 0 picks a free one. Either call `serve_until_stopped`, or use it in a
    `with` statement, which serves in a thread of its own. `access` gets one line per response; `log` the rest. Raises
    AddressUnavailable where it can't listen.
    """

    def __init__(
        self,
        answer: Callable[[Request], Response],
        *,
        host: str,
        port: int,
        log: Callable[[str], None] | None = None,
        access: Callable[[str], None] | None = None,
    ) -> None:
        self._answer = answer
        self._log = log
        self._access = access
        self._listener = listen(host, port, backlog=MAX_CONNECTIONS)
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_out.settimeout(0)
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        self._open: dict[socket.socket, _State] = {}
        """Open connections, those whose state is the oldest first."""
        address, self.port = self._listener.getsockname()[:2]
        self.is_loopback = is_loopback(address)
        """Whether only this machine can reach it."""
        self.origin = f"http://{host_in_url(host)}:{self.port}"

    def serve_until_stopped(self) -> None:
        """Serve until `stop` is called; then let responses under way finish, and close everything."""
        if self._thread is not None and self._thread is not threading.current_thread():
            while self._thread.is_alive():
                self._thread.join(1.0)  # without an end, some systems would keep signals waiting too
            return
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._listener, selectors.EVENT_READ)
                selector.register(self._wake_in, selectors.EVENT_READ)
                while not self._stopping:
                    selector.select()
                    self._accept()
        finally:
            self.close()

    def stop(self) -> None:
        """End serving, soon. Takes no lock: safe in a signal handler, from any thread, and more than once."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._wake_out.send(b"x")

    def close(self) -> None:
        """Stop listening and close every connection, idle ones at once, busy ones after a moment of grace."""
        self._stopping = True
        self._listener.close()
        with self._changed:
            for connection, state in self._open.items():
                if state.waits:
                    _shut(connection)
            self._changed.wait_for(lambda: not self._open, timeout=GRACE_SECONDS)
            for connection in self._open:
                _shut(connection)
        self._wake_in.close()
        self._wake_out.close()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_until_stopped, name="http-server", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if self._thread is not None:
            self._thread.join()

    def _accept(self) -> None:
        if not self._make_room():
            return
        try:
            connection, address = self._listener.accept()
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}:
                time.sleep(0.05)
            return
        connection.settimeout(SECONDS)
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._changed:
            self._open[connection] = _State(waits=True, since=time.monotonic())
        try:
            threading.Thread(target=self._converse, args=(connection, address[0]), daemon=True).start()
        except RuntimeError:  # the system has no thread left
            self._forget(connection)

    def _make_room(self) -> bool:
        """Whether one more connection may come in.

        At the cap newcomers wait in the backlog for a moment; whoever has been slow for longer than that goes.
        """
        with self._changed:
            if len(self._open) < MAX_CONNECTIONS:
                return True
            slowest, state = next(iter(self._open.items()))
            if time.monotonic() - state.since < SLOW_SECONDS:
                return self._changed.wait_for(lambda: len(self._open) < MAX_CONNECTIONS, timeout=0.05)
            del self._open[slowest]
            _shut(slowest)
            return True

    def _forget(self, connection: socket.socket) -> None:
        with self._changed:
            self._open.pop(connection, None)
            self._changed.notify_all()
        connection.close()

    def _converse(self, connection: socket.socket, peer: str) -> None:
        patient = _Patient(connection)
        stream = io.BufferedReader(patient)
        try:
            patient.expect_head()
            while self._turn(connection, patient, stream, peer):
                patient.expect_head()
        except OSError:
            pass  # the peer has gone: there is nobody to tell
        finally:
            self._forget(connection)

    def _turn(self, connection: socket.socket, patient: _Patient, stream: LineReader, peer: str) -> bool:
        """Read one request and answer it; whether the connection goes on."""
        method, target, close = "", "", True
        try:
            request = read_request(stream)
            if request is None or not self._note(connection, waits=False):
                return False
            method, target = request.method, request.target
            response = self._respond(request)
            close = request.has_body or not request.keep_alive or self._stopping
        except HttpFault as fault:
            response = plain(fault.status, fault.sentence)
        except TimeoutError:
            if not patient.begun:
                return False
            response = plain(HTTPStatus.REQUEST_TIMEOUT, f"no whole request came within {SECONDS:g} s")
        connection.settimeout(SECONDS)
        connection.sendall(write_response(response, method=method, close=close, server=f"jwtool/{__version__}"))
        if self._access is not None:
            self._access(f"{peer} {method or '-'} {target or '-'} {response.status.value}")
        goes_on = self._note(connection, waits=True)
        if close:
            _linger(connection)
        return goes_on and not close

    def _respond(self, request: Request) -> Response:
        try:
            return self._answer(request)
        except Exception as error:  # noqa: BLE001 - a bug costs one response, not the server
            if self._log is not None:
                self._log(f"internal error while answering: {type(error).__name__}")
            return plain(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error")

    def _note(self, connection: socket.socket, *, waits: bool) -> bool:
        """Note what a connection does from now on; false if it is to end: closed to make room, or all end."""
        with self._changed:
            if self._open.pop(connection, None) is None:
                return False
            self._open[connection] = _State(waits=waits, since=time.monotonic())
            return not (waits and self._stopping)


class _State(NamedTuple):
    """Whether a connection's next request is awaited (or its end), and since when (monotonic seconds)."""

    waits: bool
    since: float


class _Patient(io.RawIOBase):
    """A socket read against one deadline for a whole request head, however slowly its octets trickle in."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self._connection = connection
        self._deadline = 0.0
        self.begun = False

    def expect_head(self) -> None:
        """Start the clock for the next request head."""
        self._deadline = time.monotonic() + SECONDS
        self.begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        count = self._connection.recv_into(buffer)
        self.begun = self.begun or count > 0
        return count


def _shut(connection: socket.socket) -> None:
    """End a connection that another thread reads or writes; that thread closes it."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _linger(connection: socket.socket) -> None:
    """Let the peer read the response before a reset can overtake it: RFC 9112 §9.6."""
    deadline = time.monotonic() + LINGER_SECONDS
    left = LINGER_OCTETS
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while left > 0 and (seconds := deadline - time.monotonic()) > 0:
            connection.settimeout(seconds)
            octets = connection.recv(left)
            if not octets:
                return
            left -= len(octets)
