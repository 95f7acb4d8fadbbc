"""Requests and responses of HTTP as plain values: what a server here is asked, and what it answers."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Request(NamedTuple):
    """One request as it came.

    `fields` has the values of each header field by its name in lower case. `peer` is the numeric address that the
    request came from; `body` is empty where none is read.
    """

    method: str
    target: str
    fields: Mapping[str, Sequence[str]]
    body: bytes = b""
    peer: str = ""

    @property
    def path(self) -> str:
        """The path that the target names, in origin or absolute form (RFC 9112 §3.2)."""
        return unquote(re.sub(r"(?i)^https?://[^/?]*", "", self.target).partition("?")[0]) or "/"

    @property
    def has_query(self) -> bool:
        """Whether anything stands after the path."""
        return "?" in self.target


class Response(NamedTuple):
    """A status, fields and a body, to be sent after `delay` seconds.

    Content-Length, Date, Server and Connection are added when it is sent.
    """

    status: HTTPStatus
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: float = 0.0


def plain(status: HTTPStatus, sentence: str, *fields: tuple[str, str]) -> Response:
    """One sentence as text, never cached: how errors are answered."""
    head = (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"), *fields)
    return Response(status, head, f"{sentence}\n".encode())


def cacheable(request: Request, body: bytes, etag: str, *fields: tuple[str, str]) -> Response:
    """A body under its entity tag, or 304 for a client that has it already, which gets no Content-Type."""
    tagged = (("ETag", etag), *fields)
    if _names_entity(", ".join(request.fields.get("if-none-match", ())), etag):
        return Response(HTTPStatus.NOT_MODIFIED, tuple(field for field in tagged if field[0] != "Content-Type"))
    return Response(HTTPStatus.OK, tagged, body)


def _names_entity(if_none_match: str, etag: str) -> bool:
    """Whether If-None-Match names that strong tag, in a list, weakly or by `*` (RFC 9110 §13.1.2)."""
    tags = [tag.strip() for tag in if_none_match.split(",")]
    return tags == ["*"] or any(tag.removeprefix("W/") == etag for tag in tags)
