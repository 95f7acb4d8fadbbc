"""HTTP/1.1 messages as the local servers speak them: a request head read strictly, a response written out.

RFC 9110 and RFC 9112. Nothing here knows sockets or threads: this file is what `http_server.py` talks in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_REQUEST_LINE = 8192
MAX_FIELDS_OCTETS = 16384
MAX_FIELDS = 100

_REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP/([0-9])\.[0-9]")
_MINOR_ZERO = re.compile(rb".*HTTP/1\.0")
_FIELD_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%!$&'()*+,;=-]*)(?::[0-9]*)?")
_ENTITY_TAG = re.compile(r'[ \t,]*(W/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?=,|$)')


class LineReader(Protocol):
    """Where a head is read from: `readline(limit)` as binary files have it."""

    def readline(self, limit: int, /) -> bytes: ...


class HttpFault(Exception):
    """A request that is answered with `status` and one sentence, and ends its connection."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request. `path` is percent-decoded and without its query; field names are lower case."""

    method: str
    target: str
    path: str
    keep_alive: bool
    fields: tuple[tuple[str, str], ...]

    def field(self, name: str) -> str | None:
        """All values of the field `name` (lower case), joined by commas, or None (RFC 9110 §5.3)."""
        values = [value for found, value in self.fields if found == name]
        return ", ".join(values) if values else None

    @property
    def has_body(self) -> bool:
        """Whether octets of a body follow the head (RFC 9112 §6.3)."""
        return self.field("transfer-encoding") is not None or self.field("content-length") not in {None, "0"}


@dataclass(frozen=True, slots=True)
class Response:
    """A status, fields and a body. Content-Length, Date, Server and Connection are added when it is written."""

    status: HTTPStatus
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)


def plain(status: HTTPStatus, sentence: str, *, fields: Iterable[tuple[str, str]] = ()) -> Response:
    """One sentence as text, never cached: how errors are answered."""
    head = (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"), *fields)
    return Response(status, head, f"{sentence}\n".encode())


def read_request(stream: LineReader) -> Request | None:
    """The next request head of a connection, or None where the peer has closed it between requests.

    Raises HttpFault: 400 for what is malformed or cut off, 414 and 431 for what is too long, 505 for another
    major version.
    """
    line = stream.readline(MAX_REQUEST_LINE + 2)
    if line in {b"\r\n", b"\n"}:  # RFC 9112 §2.2: one empty line before a request is forgiven
        line = stream.readline(MAX_REQUEST_LINE + 2)
    if not line:
        return None
    if not line.endswith(b"\n"):
        if len(line) > MAX_REQUEST_LINE:
            raise HttpFault(HTTPStatus.REQUEST_URI_TOO_LONG, f"the request line exceeds {MAX_REQUEST_LINE} octets")
        raise HttpFault(HTTPStatus.BAD_REQUEST, "the request ends in its first line")
    method, target, version = _request_line(line.rstrip(b"\n").removesuffix(b"\r"))
    fields = tuple(_fields(stream))
    _check_fields(fields, version)
    connection = {word.strip().lower() for name, value in fields if name == "connection" for word in value.split(",")}
    return Request(method, target, _path(method, target), version == "1.1" and "close" not in connection, fields)


def write_response(response: Response, *, method: str, close: bool, server: str) -> bytes:
    """The octets of a response to `method`: without a body for HEAD, and for 304 without its length too."""
    status = response.status
    fields = [("Server", server), ("Date", formatdate(usegmt=True)), *response.fields]
    if status is not HTTPStatus.NOT_MODIFIED:
        fields.append(("Content-Length", str(len(response.body))))
    if close:
        fields.append(("Connection", "close"))
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
    bodiless = method == "HEAD" or status is HTTPStatus.NOT_MODIFIED
    return head.encode("ascii") + b"\r\n" + (b"" if bodiless else response.body)


def names_entity(header: str, etag: str, *, weak: bool) -> bool:
    """Whether an If-None-Match (`weak`) or If-Match (not) names the strong `etag`, in a list or by `*`.

    RFC 9110 §8.8.3.2 and §13.1. What is no list of entity tags names nothing from its first fault on.
    """
    if header.strip() == "*":
        return True
    position = 0
    while match := _ENTITY_TAG.match(header, position):
        if match[2] == etag and (weak or not match[1]):
            return True
        position = match.end()
    return False


def _request_line(line: bytes) -> tuple[str, str, str]:
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise HttpFault(HTTPStatus.BAD_REQUEST, "the request line is malformed")
    if match[3] != b"1":
        raise HttpFault(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "only HTTP/1.1 is spoken here")
    return match[1].decode("ascii"), match[2].decode("ascii"), "1.0" if _MINOR_ZERO.fullmatch(line) else "1.1"


def _fields(stream: LineReader) -> Iterable[tuple[str, str]]:
    octets = count = 0
    while (line := stream.readline(MAX_FIELDS_OCTETS + 1)) not in {b"\r\n", b"\n"}:
        octets += len(line)
        count += 1
        if octets > MAX_FIELDS_OCTETS or count > MAX_FIELDS:
            sentence = f"the header exceeds {MAX_FIELDS_OCTETS} octets or {MAX_FIELDS} fields"
            raise HttpFault(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, sentence)
        match = _FIELD_LINE.fullmatch(line.rstrip(b"\n").removesuffix(b"\r"))
        if match is None or not line.endswith(b"\n"):
            raise HttpFault(HTTPStatus.BAD_REQUEST, "a header field is malformed")
        yield match[1].decode("ascii").lower(), match[2].decode("latin-1").strip(" \t")


def _check_fields(fields: tuple[tuple[str, str], ...], version: str) -> None:
    """Refuse what RFC 9112 has answered with 400: §3.2 on Host, §6.3 on the length of a body."""
    hosts = [value for name, value in fields if name == "host"]
    if len(hosts) > 1 or (version == "1.1" and not hosts) or not all(map(_HOST.fullmatch, hosts)):
        raise HttpFault(HTTPStatus.BAD_REQUEST, "exactly one Host field is wanted")
    lengths = {value for name, value in fields if name == "content-length"}
    if len(lengths) > 1 or not all(value.isascii() and value.isdigit() for value in lengths):
        raise HttpFault(HTTPStatus.BAD_REQUEST, "the Content-Length is malformed")


def _path(method: str, target: str) -> str:
    """The path that a request target names, in origin or absolute form (RFC 9112 §3.2)."""
    if target.startswith("/"):
        return unquote(target.partition("?")[0])
    if method in {"OPTIONS", "CONNECT"}:
        return target
    if re.match(r"https?://[^/?#]", target, re.IGNORECASE):
        try:
            return unquote(urlsplit(target).path) or "/"
        except ValueError:
            pass
    raise HttpFault(HTTPStatus.BAD_REQUEST, "the request target is malformed")
