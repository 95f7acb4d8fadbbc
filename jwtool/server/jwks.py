"""The local JWKS URI: a key set served over HTTP, always as the file behind it stands.

The set comes from a callable that builds public halves; this file is how HTTP tells it (RFC 7517 §8.5, RFC 9110).
"""

from __future__ import annotations

import contextlib
import signal
from http import HTTPStatus
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from jwtool.server.http_message import Request, Response, names_entity, plain
from jwtool.server.http_server import HttpServer
from jwtool.server.last_good import LastGoodSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

WELL_KNOWN = "/.well-known/jwks.json"
_COMMON = (("X-Content-Type-Options", "nosniff"), ("Access-Control-Allow-Origin", "*"))


class JwksServer:
    """Serves one key set, and notices when it changes.

    `load` returns the JSON of the public set; `stamp` is a cheap fingerprint of where it comes from (time, size,
    inode), compared at each request. Where either raises JwtoolError or OSError later on, the last good set stays and
    `log` is told, once per reason; the first `load` lets its error through. `access` gets one line per response, its
    target in printable ASCII. `max_age` is in seconds. `is_loopback` is whether only this machine can reach the server.
    Used like HttpServer: `serve_until_stopped`, or `with`.
    """

    def __init__(
        self,
        load: Callable[[], bytes],
        *,
        stamp: Callable[[], object],
        host: str,
        port: int,
        path: str = WELL_KNOWN,
        max_age: int,
        log: Callable[[str], None] | None = None,
        access: Callable[[str], None] | None = None,
    ) -> None:
        self._set = LastGoodSet(load, stamp, log)
        self._path = "/" + path.removeprefix("/")
        self._cache_control = f"public, max-age={max_age}"
        self._server = HttpServer(self._answer, host=host, port=port, log=log, access=access)
        self._url_path = quote(self._path, safe="/:@!$&'()*+,;=-._~")
        self.url = self._server.origin + self._url_path
        self.is_loopback = self._server.is_loopback

    def serve_until_stopped(self) -> None:
        """Serve until `stop` is called, then return once responses under way are done."""
        self._server.serve_until_stopped()

    def stop(self) -> None:
        """End serving; safe in a signal handler and from any thread."""
        self._server.stop()

    def close(self) -> None:
        """Give the port back without ever having served."""
        self._server.close()

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, traceback)

    def _answer(self, request: Request) -> Response:
        if request.path != self._path:
            return plain(HTTPStatus.NOT_FOUND, f"not found; the key set is at {self._url_path}", fields=_COMMON)
        if request.method not in {"GET", "HEAD"}:
            allow = (*_COMMON, ("Allow", "GET, HEAD"))
            return plain(HTTPStatus.METHOD_NOT_ALLOWED, "a key set is only read: GET or HEAD", fields=allow)
        body, etag = self._set.current()
        if_match = request.field("if-match")
        if if_match is not None and not names_entity(if_match, etag, weak=False):
            return plain(HTTPStatus.PRECONDITION_FAILED, "the key set is another one by now", fields=_COMMON)
        fields = (("ETag", etag), ("Cache-Control", self._cache_control), *_COMMON)
        if_none_match = request.field("if-none-match")
        if if_none_match is not None and names_entity(if_none_match, etag, weak=True):
            return Response(HTTPStatus.NOT_MODIFIED, fields)
        return Response(HTTPStatus.OK, (("Content-Type", "application/jwk-set+json"), *fields), body)


@contextlib.contextmanager
def stop_on_signals(server: JwksServer) -> Iterator[None]:
    """Within this, SIGINT and SIGTERM stop `server` instead of this process. For the main thread only."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: server.stop()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
