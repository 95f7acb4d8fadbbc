"""Request heads, good, bad and long; responses; entity tags."""

from __future__ import annotations

import io
from http import HTTPStatus

import pytest

from jwtool.server import http_message
from jwtool.server.http_message import (
    HttpFault,
    Response,
    names_entity,
    plain,
    read_request,
    write_response,
)

HOST = b"Host: a\r\n"


def fault(head: bytes) -> tuple[int, str]:
    with pytest.raises(HttpFault) as found:
        read_request(io.BytesIO(head))
    return found.value.status.value, found.value.sentence


@pytest.mark.parametrize(
    ("head", "method", "path", "keep_alive"),
    [
        (b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/a", True),
        (b"GET /a HTTP/1.1\nHost: a\n\n", "GET", "/a", True),
        (b"\r\nGET /a HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET", "/a", True),
        (b"GET /a HTTP/1.9\r\nHost: [::1]:80\r\n\r\n", "GET", "/a", True),
        (b"HEAD /a?b=%41 HTTP/1.0\r\n\r\n", "HEAD", "/a", False),
        (b"GET /%41?x HTTP/1.1\r\nHost:\r\nConnection: x, Close\r\n\r\n", "GET", "/A", False),
        (b"GET http://b.example/c?d HTTP/1.1\r\nHost: b.example\r\n\r\n", "GET", "/c", True),
        (b"GET HTTP://b.example HTTP/1.1\r\nHost: b.example\r\n\r\n", "GET", "/", True),
        (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS", "*", True),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", "CONNECT", "a:80", True),
    ],
)
def test_heads_that_are_read(head: bytes, method: str, path: str, *, keep_alive: bool) -> None:
    request = read_request(io.BytesIO(head))
    assert request is not None
    assert (request.method, request.path, request.keep_alive, request.has_body) == (method, path, keep_alive, False)


@pytest.mark.parametrize("head", [b"", b"\r\n", b"\n"])
def test_the_end_of_a_connection(head: bytes) -> None:
    assert read_request(io.BytesIO(head)) is None


@pytest.mark.parametrize(
    "line",
    [
        b"GET",
        b"GET /",
        b"GET  / HTTP/1.1",
        b"GET / HTTP/1.1 ",
        b" GET / HTTP/1.1",
        b"GET / a HTTP/1.1",
        b"GET /\xc3\xa9 HTTP/1.1",
        b"GET /\x00 HTTP/1.1",
        b"GET /\r HTTP/1.1",
        b"G@T / HTTP/1.1",
        b"GET / http/1.1",
        b"GET / HTTP/1",
        b"GET / HTTP/11.1",
        b"\x16\x03\x01\x02\x00\x01",
    ],
    ids=ascii,
)
def test_malformed_request_lines(line: bytes) -> None:
    assert fault(line + b"\r\n" + HOST + b"\r\n") == (400, "the request line is malformed")


@pytest.mark.parametrize("target", [b"a", b"*", b"ftp://a/b", b"http:///a", b"http://[::1/a"])
def test_malformed_targets(target: bytes) -> None:
    assert fault(b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n") == (400, "the request target is malformed")


@pytest.mark.parametrize("version", [b"0.9", b"2.0", b"3.0"])
def test_other_major_versions(version: bytes) -> None:
    assert fault(b"GET / HTTP/" + version + b"\r\n\r\n") == (505, "only HTTP/1.1 is spoken here")


@pytest.mark.parametrize(
    "field",
    [b"A", b"A : b", b" A: b", b"\tfolded", b": b", b"A: \x00", b"A: b\rc", b"A\xe9: b", b"A: \x7f"],
    ids=ascii,
)
def test_malformed_fields(field: bytes) -> None:
    assert fault(b"GET / HTTP/1.1\r\n" + HOST + field + b"\r\n\r\n") == (400, "a header field is malformed")


@pytest.mark.parametrize("rest", [b"", b"A: b\r\n", b"A: b"])
def test_a_head_cut_off(rest: bytes) -> None:
    assert fault(b"GET / HTTP/1.1\r\n" + rest) == (400, "a header field is malformed")
    assert fault(b"GET / HTTP/1.1"[: len(rest) + 3]) == (400, "the request ends in its first line")


@pytest.mark.parametrize("hosts", [b"", HOST + HOST, b"Host: a b\r\n", b"Host: a/b\r\n", b"Host: a:b\r\n"], ids=ascii)
def test_exactly_one_host(hosts: bytes) -> None:
    assert fault(b"GET / HTTP/1.1\r\n" + hosts + b"\r\n") == (400, "exactly one Host field is wanted")


@pytest.mark.parametrize("length", [b"-1", b"+1", b"1 1", b"x", b"", b"\xb2", b"1\r\nContent-Length: 2"], ids=ascii)
def test_malformed_lengths(length: bytes) -> None:
    head = b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: " + length + b"\r\n\r\n"
    assert fault(head) == (400, "the Content-Length is malformed")


@pytest.mark.parametrize(
    ("field", "has_body"),
    [(b"Content-Length: 0", False), (b"Content-Length: 1", True), (b"Transfer-Encoding: chunked", True)],
)
def test_whether_a_body_follows(field: bytes, *, has_body: bool) -> None:
    request = read_request(io.BytesIO(b"GET / HTTP/1.1\r\n" + HOST + field + b"\r\n\r\n"))
    assert request is not None
    assert request.has_body is has_body


def test_repeated_fields_are_one_list() -> None:
    request = read_request(io.BytesIO(b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nx:\t2 \r\n\r\n"))
    assert request is not None
    assert (request.field("x"), request.field("y")) == ("1, 2", None)


def test_the_longest_request_line_and_one_longer() -> None:
    spare = http_message.MAX_REQUEST_LINE - len(b"GET / HTTP/1.1")
    longest = b"GET /" + b"a" * spare + b" HTTP/1.1\r\n"
    assert read_request(io.BytesIO(longest + HOST + b"\r\n")) is not None
    assert fault(longest.replace(b"/", b"/aa") + HOST) == (414, "the request line exceeds 8192 octets")
    assert fault(b"a" * 100_000) == (414, "the request line exceeds 8192 octets")


def test_the_longest_header_and_one_longer() -> None:
    start = b"GET / HTTP/1.0\r\n"
    longest = b"A: " + b"b" * (http_message.MAX_FIELDS_OCTETS - 5) + b"\r\n"
    assert read_request(io.BytesIO(start + longest + b"\r\n")) is not None
    sentence = (431, "the header exceeds 16384 octets or 100 fields")
    assert fault(start + longest + b"A:\r\n\r\n") == sentence
    assert fault(start + b"A: " + b"b" * 100_000) == sentence
    assert read_request(io.BytesIO(start + b"A:\r\n" * 100 + b"\r\n")) is not None
    assert fault(start + b"A:\r\n" * 101 + b"\r\n") == sentence


@pytest.mark.parametrize(
    ("header", "weak", "named"),
    [
        ('"e"', False, True),
        ('W/"e"', False, False),
        ('W/"e"', True, True),
        ('w/"e"', True, False),
        ('"a" "e"', True, False),
        ('"a","e', True, False),
        (',,"e",,', True, True),
        ('"a,b" , "e"', False, True),
        ("*", False, True),
        ('*,"e"', True, False),
        ("e", True, False),
        ("", True, False),
    ],
)
def test_lists_of_entity_tags(header: str, *, weak: bool, named: bool) -> None:
    assert names_entity(header, '"e"', weak=weak) is named


def strip_date(octets: bytes) -> list[bytes]:
    return [line for line in octets.split(b"\r\n") if not line.startswith(b"Date: ")]


def test_a_response_written_out() -> None:
    response = plain(HTTPStatus.NOT_FOUND, "not here", fields=[("X", "y")])
    head = [
        b"HTTP/1.1 404 Not Found",
        b"Server: s/1",
        b"Content-Type: text/plain; charset=utf-8",
        b"Cache-Control: no-store",
        b"X: y",
        b"Content-Length: 9",
    ]
    assert strip_date(write_response(response, method="GET", close=False, server="s/1")) == [*head, b"", b"not here\n"]
    closed = [*head, b"Connection: close", b"", b""]
    assert strip_date(write_response(response, method="HEAD", close=True, server="s/1")) == closed


def test_a_304_has_neither_body_nor_length() -> None:
    response = Response(HTTPStatus.NOT_MODIFIED, (("ETag", '"e"'),), b"never sent")
    octets = write_response(response, method="GET", close=False, server="s/1")
    assert strip_date(octets) == [b"HTTP/1.1 304 Not Modified", b"Server: s/1", b'ETag: "e"', b"", b""]
