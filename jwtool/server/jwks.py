"""The local JWKS URI: a key set served over HTTP, always as the file behind it stands.

The set comes from a callable that builds public halves; this file is how HTTP tells it (RFC 7517 §8.5, RFC 9110).
"""

from __future__ import annotations

import contextlib
import re
import signal
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from jwtool.server.http_server import HttpServer, Response, plain
from jwtool.server.last_good import LastGoodSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message

WELL_KNOWN = "/.well-known/jwks.json"
_COMMON = (("X-Content-Type-Options", "nosniff"), ("Access-Control-Allow-Origin", "*"))


class JwksServer(HttpServer):
    """Serves one key set, and notices when it changes.

    `load` returns the JSON of the public set; `stamp` is a cheap fingerprint of where it comes from (time, size,
    inode), compared at each request. Where either raises JwtoolError or OSError later on, the last good set stays and
    `log` is told, once per reason; the first `load` lets its error through. `max_age` is in seconds.
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
        self._url_path = quote(self._path, safe="/:@!$&'()*+,;=-._~")
        super().__init__(self._answer, host=host, port=port, log=log, access=access)
        self.url = self.origin + self._url_path

    def _answer(self, method: str, target: str, headers: Message) -> Response:
        if _path(target) != self._path:
            return plain(HTTPStatus.NOT_FOUND, f"not found; the key set is at {self._url_path}", *_COMMON)
        if method not in {"GET", "HEAD"}:
            sentence = "a key set is only read: GET or HEAD"
            return plain(HTTPStatus.METHOD_NOT_ALLOWED, sentence, *_COMMON, ("Allow", "GET, HEAD"))
        body, etag = self._set.current()
        fields = (("ETag", etag), ("Cache-Control", self._cache_control), *_COMMON)
        if _names_entity(", ".join(headers.get_all("If-None-Match", ())), etag):
            return Response(HTTPStatus.NOT_MODIFIED, fields)
        return Response(HTTPStatus.OK, (("Content-Type", "application/jwk-set+json"), *fields), body)


def _path(target: str) -> str:
    """The path that a request target names, in origin or absolute form (RFC 9112 §3.2)."""
    return unquote(re.sub(r"(?i)^https?://[^/?]*", "", target).partition("?")[0]) or "/"


def _names_entity(if_none_match: str, etag: str) -> bool:
    """Whether If-None-Match names that strong tag, in a list, weakly or by `*` (RFC 9110 §13.1.2)."""
    tags = [tag.strip() for tag in if_none_match.split(",")]
    return tags == ["*"] or any(tag.removeprefix("W/") == etag for tag in tags)


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
