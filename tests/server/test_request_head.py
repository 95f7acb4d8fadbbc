"""The head of a request: its bounds, and that nothing but a refusal comes out of hostile octets."""

from __future__ import annotations

import contextlib
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwtool.server.request_head import MAX_FIELDS, MAX_HEAD, MAX_LINE, Unreadable, end_of_head, parse_head

HOST = b"Host: a\r\n"
LEAST = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"


@pytest.mark.parametrize(
    ("octets", "end"),
    [
        (LEAST, len(LEAST)),
        (LEAST + b"body\r\n\r\n", len(LEAST)),
        (LEAST[:-1], None),
        (LEAST[:-2], None),
        (LEAST.replace(b"\r", b""), len(LEAST.replace(b"\r", b""))),
        (b"", None),
    ],
    ids=["whole", "body", "cut", "shorter", "lf", "empty"],
)
def test_where_a_head_ends(octets: bytes, end: int | None) -> None:
    assert end_of_head(octets) == end
    for searched in range(len(octets)):
        if end is None or searched < end:
            assert end_of_head(octets, searched) == end


@pytest.mark.parametrize(
    ("octets", "status", "asked"),
    [
        (b"a" * (MAX_LINE + 1), HTTPStatus.REQUEST_URI_TOO_LONG, "-"),
        (LEAST[:16] + b"a" * MAX_HEAD, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "GET /"),
    ],
    ids=["line", "head"],
)
def test_what_is_too_long(octets: bytes, status: HTTPStatus, asked: str) -> None:
    with pytest.raises(Unreadable) as found:
        end_of_head(octets)
    assert (found.value.status, found.value.asked) == (status, asked)
    assert end_of_head(octets[: MAX_LINE - 1]) is None


def test_a_head_as_it_is_read() -> None:
    octets = (
        b"POST /a?b HTTP/1.1\r\nHOST:a\r\nX-Two: 1\r\nx-two:\t2 \r\nEmpty:\r\n"
        b"Content-Length: 007\r\nConnection: Upgrade, CLOSE\r\n\r\n"
    )
    head = parse_head(octets)
    assert (head.method, head.target, head.length) == ("POST", "/a?b", 7)
    assert (head.in_chunks, head.keep_alive, head.is_old) == (False, False, False)
    assert head.fields == {
        "host": ["a"],
        "x-two": ["1", "2"],
        "empty": [""],
        "content-length": ["007"],
        "connection": ["Upgrade, CLOSE"],
    }


@pytest.mark.parametrize(
    ("octets", "keep_alive"),
    [
        (LEAST, True),
        (LEAST.replace(HOST, HOST + b"Connection: close\r\n"), False),
        (LEAST.replace(b"1.1", b"1.0"), False),
        (LEAST.replace(b"1.1", b"1.0").replace(HOST, b"Connection: Keep-Alive\r\n"), True),
        (LEAST.replace(b"1.1", b"1.9"), True),
    ],
    ids=["1.1", "close", "1.0", "kept", "1.9"],
)
def test_how_long_a_connection_is_kept(octets: bytes, *, keep_alive: bool) -> None:
    assert parse_head(octets).keep_alive is keep_alive


def test_the_most_fields() -> None:
    fields = HOST + b"A: b\r\n" * (MAX_FIELDS - 1)
    assert len(parse_head(b"GET / HTTP/1.1\r\n" + fields + b"\r\n").fields) == 2
    with pytest.raises(Unreadable) as found:
        parse_head(b"GET / HTTP/1.1\r\n" + fields + b"A: b\r\n\r\n")
    assert found.value.status == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


@pytest.mark.parametrize(
    "field",
    [
        b"no colon",
        b": no name",
        b"blank : x",
        b" folded: x",
        b"a: b\rc: d",
        b"a: \0",
        b"a: \x7f",
        b"\xc3\xa9: x",
        b"a(b): c",
        b"Content-Length: 1, 1",
        b"Content-Length: 0x1",
        b"Content-Length: 1_0",
        b"Content-Length: ",
        b"Content-Length: 1\r\nContent-Length: 1",
        b"Host: b",
    ],
)
def test_what_two_could_read_differently(field: bytes) -> None:
    with pytest.raises(Unreadable) as found:
        parse_head(b"GET / HTTP/1.1\r\n" + HOST + field + b"\r\n\r\n")
    assert (found.value.status, found.value.asked) == (HTTPStatus.BAD_REQUEST, "GET /")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET /", 400),
        (b"GET  / HTTP/1.1", 400),
        (b"GET / HTTP/1.1 ", 400),
        (b"GET / a HTTP/1.1", 400),
        (b"G\xc3T / HTTP/1.1", 400),
        (b"GET /\t HTTP/1.1", 400),
        (b"GET / http/1.1", 400),
        (b"GET / HTTP/11", 400),
        (b"GET / HTTP/1.10", 400),
        (b"PRI * HTTP/2.0", 505),
        (b"GET / HTTP/0.9", 505),
    ],
)
def test_what_is_no_request_line(line: bytes, status: int) -> None:
    with pytest.raises(Unreadable) as found:
        parse_head(line + b"\r\n" + HOST + b"\r\n")
    assert found.value.status == status


PIECES = st.sampled_from(
    [
        b"GET",
        b" ",
        b"/",
        b"HTTP/1.1",
        b"\r\n",
        b"\n",
        b"\r",
        b":",
        b"Host: a",
        b"Content-Length",
        b"1",
        b"\0",
        b"\xff",
        b"\t",
    ]
)


@given(st.lists(PIECES | st.binary(max_size=4), max_size=40).map(b"".join))
def test_nothing_but_a_refusal_comes_out_of_any_octets(octets: bytes) -> None:
    with contextlib.suppress(Unreadable):
        end = end_of_head(octets)
        head = parse_head(octets if end is None else octets[:end])
        assert len(head.fields.get("host", ())) == 1 or head.is_old
        assert 0 <= head.length < 10**15
