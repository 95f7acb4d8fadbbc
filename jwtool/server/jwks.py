"""The local JWKS URI: a key set served over HTTP, always as the file behind it stands.

The set comes from a callable that builds public halves; this file is how HTTP tells it (RFC 7517 §8.5, RFC 9110).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from jwtool.server.http_server import HttpServer
from jwtool.server.last_good import LastGoodSet
from jwtool.server.messages import Request, Response, cacheable, plain

if TYPE_CHECKING:
    from collections.abc import Callable

WELL_KNOWN = "/.well-known/jwks.json"
MEDIA_TYPE = "application/jwk-set+json"
COMMON = (("X-Content-Type-Options", "nosniff"), ("Access-Control-Allow-Origin", "*"))


class JwksServer(HttpServer):
    """Serves one key set, and notices when it changes.

    `load` returns the JSON of the public set; `stamp` is a cheap fingerprint of where it comes from (time, size,
    inode), compared at each request. Where either raises JwtoolError or OSError later on, the last good set stays and
    `log` is told, once per reason; the first `load` lets its error through. `max_age` is in seconds.
    The rest is as `HttpServer` has it.
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
        errand: Callable[[], None] | None = None,
        errand_seconds: float = 60.0,
    ) -> None:
        self._set = LastGoodSet(load, stamp, log)
        self._path = rooted(path)
        self._cache_control = f"public, max-age={max_age}"
        self._url_path = in_url(self._path)
        super().__init__(
            self._answer,
            host=host,
            port=port,
            log=log,
            access=access,
            errand=errand,
            errand_seconds=errand_seconds,
        )
        self.url = self.origin + self._url_path

    def _answer(self, request: Request) -> Response:
        if request.path != self._path:
            return plain(HTTPStatus.NOT_FOUND, f"not found; the key set is at {self._url_path}", *COMMON)
        if request.method not in {"GET", "HEAD"}:
            sentence = "a key set is only read: GET or HEAD"
            return plain(HTTPStatus.METHOD_NOT_ALLOWED, sentence, *COMMON, ("Allow", "GET, HEAD"))
        body, etag = self._set.current()
        fields = (("Content-Type", MEDIA_TYPE), ("Cache-Control", self._cache_control), *COMMON)
        return cacheable(request, body, etag, *fields)


def rooted(path: str) -> str:
    """The path with the slash that it may have been given without."""
    return "/" + path.removeprefix("/")


def in_url(path: str) -> str:
    """How a URL spells that path."""
    return quote(path, safe="/:@!$&'()*+,;=-._~")
