"""The head of an HTTP/1 request, read strictly: this file is what two readers could not understand differently.

RFC 9112 §2 to §6. What is ambiguous (a folded field, a blank before the colon, two lengths, no Host) is refused.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LINE = 65536
MAX_HEAD = 2 * MAX_LINE
"""The most octets that a head may have."""
MAX_FIELDS = 100
MAX_LENGTH_DIGITS = 15

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_END = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([!-~\x80-\xff]+) HTTP/([0-9])\.([0-9])")
_FIELD = re.compile(rb"(" + _TOKEN + rb"):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")


class Head(NamedTuple):
    """What a request says before its body. `length` is that of its body; `in_chunks` says that it names none."""

    method: str
    target: str
    fields: Mapping[str, list[str]]
    length: int
    in_chunks: bool
    keep_alive: bool
    is_old: bool
    """Whether it is HTTP/1.0, where a connection is kept only if both sides say so."""


class Unreadable(Exception):
    """A head that is not answered as a request: with which status, and what can be said of it in a log."""

    def __init__(self, status: HTTPStatus, sentence: str, *, asked: str = "-") -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.asked = asked


def end_of_head(octets: bytes | bytearray, searched: int = 0) -> int | None:
    """Where the head ends that `octets` begin with, its last line break included; None if it isn't there yet.

    The first `searched` octets are known not to hold the end. Raises Unreadable for a line or a head that is longer
    than anybody reads.
    """
    found = _END.search(octets, max(searched - 3, 0))
    end = len(octets) if found is None else found.end()
    first = octets.find(b"\n", 0, MAX_LINE + 1)
    if first < 0 and end > MAX_LINE:
        raise _refused(HTTPStatus.REQUEST_URI_TOO_LONG)
    if end > MAX_HEAD:
        raise _refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, asked=_asked(octets[:first]))
    return None if found is None else end


def parse_head(octets: bytes) -> Head:
    """The head that `octets` are. Raises Unreadable for what is no request of HTTP/1, or could be two."""
    first, *lines = octets.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    match = _REQUEST_LINE.fullmatch(first)
    if match is None:
        raise _refused(HTTPStatus.BAD_REQUEST)
    method, target = match[1].decode("ascii"), match[2].decode("latin-1")
    asked = f"{method} {target}"
    if match[3] != b"1":
        raise _refused(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, asked=asked)
    if len(lines) > MAX_FIELDS:
        raise _refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, asked=asked)
    fields: dict[str, list[str]] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise Unreadable(HTTPStatus.BAD_REQUEST, "a header field is malformed", asked=asked)
        fields.setdefault(field[1].decode("ascii").lower(), []).append(field[2].decode("latin-1").rstrip(" \t"))
    is_old = match[4] == b"0"
    if not is_old and len(fields.get("host", ())) != 1:
        raise Unreadable(HTTPStatus.BAD_REQUEST, "a request needs one Host", asked=asked)
    said = {word.strip().lower() for value in fields.get("connection", ()) for word in value.split(",")}
    keep_alive = "close" not in said and (not is_old or "keep-alive" in said)
    in_chunks = "transfer-encoding" in fields
    return Head(method, target, fields, _length(fields, asked), in_chunks, keep_alive, is_old)


def _length(fields: Mapping[str, list[str]], asked: str) -> int:
    values = fields.get("content-length", ["0"])
    if len(values) != 1 or not (values[0].isascii() and values[0].isdigit()):
        raise Unreadable(HTTPStatus.BAD_REQUEST, "a request needs one Content-Length", asked=asked)
    if len(values[0]) > MAX_LENGTH_DIGITS:
        raise Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large", asked=asked)
    return int(values[0])


def _asked(line: bytes | bytearray) -> str:
    match = _REQUEST_LINE.fullmatch(line.rstrip(b"\r"))
    return "-" if match is None else f"{match[1].decode('ascii')} {match[2].decode('latin-1')}"


def _refused(status: HTTPStatus, *, asked: str = "-") -> Unreadable:
    return Unreadable(status, status.phrase.lower(), asked=asked)
