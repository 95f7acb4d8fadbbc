"""HTTP/1.1 for the local servers, on asyncio: connections are bounded, slow peers cost nobody else, and it ends.

One thread answers everything in turn, so that answers must be quick; what is to wait says so (`Response.delay`).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import signal
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from jwtool.server.connection import Connection
from jwtool.server.listening import host_in_url, is_loopback, listen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jwtool.server.messages import Request, Response

MAX_CONNECTIONS = 512
"""One more takes the place of the one that has been waited for the longest."""
SECONDS = 10.0
"""How long a peer may send nothing; how long its request may take in all; how long it may take its response."""
AT_ONCE = 8
"""How many new connections are accepted in one go."""
GRACE_SECONDS = 2.0
"""How long responses under way may go on after `stop`."""
LOOK_SECONDS = 0.1
"""How often the server looks whether it is to stop, and who has been waited for too long."""


class HttpServer:
    """Serves what `answer` makes of each request; bodies are read up to `max_body` octets, with 0 not at all.

    The port is bound when this is made; port 0 picks a free one. Either call `serve_until_stopped`, or use it in a
    `with` statement, which serves in a thread of its own. `access` gets one line per response, escaped; `log` what
    else there is to say; the serving thread calls them. `errand` is run beside it, in a thread of its own, each
    `errand_seconds`. Raises AddressUnavailable where it can't listen.
    """

    def __init__(
        self,
        answer: Callable[[Request], Response],
        *,
        host: str,
        port: int,
        max_body: int = 0,
        log: Callable[[str], None] | None,
        access: Callable[[str], None] | None,
        errand: Callable[[], None] | None = None,
        errand_seconds: float = 60.0,
    ) -> None:
        self._listener = listen(host, port, backlog=MAX_CONNECTIONS)
        address, self.port = self._listener.getsockname()[:2]
        self.origin = f"http://{host_in_url(host)}:{self.port}"
        self.is_loopback = is_loopback(address)
        """Whether only this machine can reach it."""
        self.answer = answer
        self.max_body = max_body
        self.log = log or (lambda _: None)
        self.access = access or (lambda _: None)
        self.stopping = False
        self._room = _most_files() // 2  # the other half: what is being accepted or ended, and all else
        self._told: set[str] = set()
        self._errand = errand
        self._errand_seconds = errand_seconds
        self._open: set[Connection] = set()
        self._waiting: dict[Connection, float] = {}  # since when each is waited for, the longest first

    def serve_until_stopped(self) -> None:
        """Serve until `stop` is called; then let responses under way finish, and close everything."""
        gc.enable()  # the command line has it off, for lives shorter than this one
        try:
            asyncio.run(self._serve())
        finally:
            self.close()

    def stop(self) -> None:
        """End serving, soon. Takes no lock: safe in a signal handler, from any thread, and more than once."""
        self.stopping = True

    def close(self) -> None:
        """Stop listening. Whoever serves must have been stopped before."""
        self.stopping = True
        self._listener.close()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_until_stopped, name="http-server", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._tell_of_bug)
        # Its backlog is also how many it accepts before it makes room for the first of them.
        listening = await loop.create_server(lambda: Connection(self), sock=self._listener, backlog=AT_ONCE)
        self._listener.listen(MAX_CONNECTIONS)
        next_errand = time.monotonic() + self._errand_seconds
        while not self.stopping:
            await asyncio.sleep(LOOK_SECONDS)
            self._end_the_slow()
            if self._errand is not None and time.monotonic() >= next_errand:
                await asyncio.to_thread(self._run, self._errand)  # connections are served meanwhile
                next_errand = time.monotonic() + self._errand_seconds
        listening.close()
        end = time.monotonic() + GRACE_SECONDS
        while self._open and time.monotonic() < end:
            for connection in list(self._open):
                connection.end_if_idle()
            await asyncio.sleep(0.01)
        for connection in list(self._open):
            connection.end()

    def note_waiting(self, connection: Connection) -> None:
        """From now on that peer is waited for: its request, or that it takes the response."""
        self._open.add(connection)
        self._waiting.pop(connection, None)
        self._waiting[connection] = time.monotonic()

    def note_busy(self, connection: Connection) -> None:
        """From now on that peer waits for us."""
        self._waiting.pop(connection, None)

    def forget(self, connection: Connection) -> None:
        """That connection is no more."""
        self._open.discard(connection)
        self._waiting.pop(connection, None)

    def make_room(self) -> None:
        """End the connection that has been waited for the longest if there are too many, the latest if none is."""
        if len(self._open) > min(MAX_CONNECTIONS, self._room):
            longest = next(iter(self._waiting))
            self.forget(longest)
            longest.end()

    def _run(self, errand: Callable[[], None]) -> None:
        try:
            errand()
        except Exception as error:  # noqa: BLE001  a bug costs one errand, not the server
            self.log(f"internal error beside serving: {type(error).__name__}")

    def _end_the_slow(self) -> None:
        too_long = time.monotonic() - SECONDS
        for connection, since in list(self._waiting.items()):
            if since > too_long:
                break
            connection.end()

    def _tell_of_bug(self, _loop: object, context: dict[str, Any]) -> None:
        """No traceback: a peer that has gone is nobody's business, and of a bug its kind must do."""
        error = context.get("exception")
        if isinstance(error, ConnectionError | TimeoutError):
            return
        if isinstance(error, OSError) and error.errno == errno.ENOTCONN:  # an end said to a peer that has gone
            return
        is_full = isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}
        told = "too many files are open" if is_full else f"internal error while serving: {type(error).__name__}"
        if told not in self._told:
            self._told.add(told)
            self.log(told)


def _most_files() -> int:
    """How many files this process may open; a system without such a limit says many."""
    try:
        import resource
    except ImportError:
        return 2 * MAX_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 2 * MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else soft


@contextlib.contextmanager
def stop_on_signals(server: HttpServer) -> Iterator[None]:
    """Within this, SIGINT and SIGTERM stop `server` instead of this process. For the main thread only."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: server.stop()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
