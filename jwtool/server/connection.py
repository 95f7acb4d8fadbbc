"""One connection of a local server: its requests one after the other, and what a peer may cost.

A peer holds a few octets and no thread. It has so long for a whole request, however it trickles, and as long again
to take the response.
"""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from jwtool import __version__
from jwtool.jose.quoting import printable
from jwtool.server.messages import Request, Response, plain
from jwtool.server.request_head import MAX_HEAD, Head, Unreadable, end_of_head, parse_head

if TYPE_CHECKING:
    from jwtool.server.http_server import HttpServer

LINGER_OCTETS = 65536
"""How much a peer may still send after the last response."""


class Connection(asyncio.Protocol):
    """Reads requests until the connection ends, and writes the responses of `HttpServer.answer`."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._octets = bytearray()
        self._searched = 0  # so many of them hold no end of a head
        self._begun = False  # some of a request is here
        self._ended = False  # no more will come
        self._busy = False  # a request waits for us
        self._sending = False  # a response has not been taken
        self._linger: int | None = None  # after the last response: how much may still come
        self._peer = "-"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)  # pause_writing tells of every response that isn't taken
        self._peer = self._transport.get_extra_info("peername")[0]
        self._server.note_waiting(self)
        self._server.make_room()

    def data_received(self, data: bytes) -> None:
        if self._linger is not None:
            self._linger -= len(data)
            if self._linger < 0:
                self.end()
            return
        self._octets += data
        if self._busy or self._sending:
            if len(self._octets) > MAX_HEAD:
                self._transport.pause_reading()
            return
        if not self._begun:
            self._begun = True
            self._server.note_waiting(self)
        self._answer_all()

    def eof_received(self) -> bool:
        """Keep the other direction open while there is something to say."""
        self._ended = True
        under_way = (self._busy or self._sending) and self._linger is None
        if self._begun and not under_way and self._linger is None:
            self._refuse(Unreadable(HTTPStatus.BAD_REQUEST, "the request ended early"))
        return under_way

    def connection_lost(self, _error: Exception | None) -> None:
        self._server.forget(self)

    def pause_writing(self) -> None:
        self._sending = True
        self._server.note_waiting(self)

    def resume_writing(self) -> None:
        self._sending = False
        if self._linger is None and not self._busy:
            self._server.note_waiting(self)
            self._begun = bool(self._octets)
            self._transport.resume_reading()
            self._answer_all()

    def end(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

    def end_if_idle(self) -> bool:
        """Close the connection unless a response is under way; whether it was so."""
        if self._busy or self._sending:
            return False
        self._transport.close()
        return True

    def _answer_all(self) -> None:
        """Answer the requests that are here in full."""
        try:
            while not (self._busy or self._sending or self._linger is not None) and self._answer_one():
                pass
        except Unreadable as refusal:
            self._refuse(refusal)
        if self._ended and not (self._busy or self._sending):
            self._transport.close()

    def _answer_one(self) -> bool:
        while self._octets.startswith((b"\r", b"\n")):  # RFC 9112 §2.2
            del self._octets[:1]
        end = end_of_head(self._octets, self._searched)
        if end is None:
            self._searched = len(self._octets)
            return False
        head = parse_head(bytes(self._octets[:end]))
        length = self._length_to_read(head)
        if len(self._octets) < end + length:
            return False
        body = bytes(self._octets[end : end + length])
        del self._octets[: end + length]
        self._searched = 0
        self._begun = bool(self._octets)
        self._answer(head, Request(head.method, head.target, head.fields, body, self._peer))
        return True

    def _length_to_read(self, head: Head) -> int:
        """How long the body is that is read. Raises Unreadable for one that is not."""
        cap = self._server.max_body
        if not cap:
            return 0
        asked = f"{head.method} {head.target}"
        if head.in_chunks:
            sentence = "a body is read by its Content-Length only"
            raise Unreadable(HTTPStatus.LENGTH_REQUIRED, sentence, asked=asked)
        if head.length > cap:
            sentence = f"a body has at most {cap} octets here"
            raise Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence, asked=asked)
        return head.length

    def _answer(self, head: Head, request: Request) -> None:
        try:
            response = self._server.answer(request)
        except Exception as error:  # noqa: BLE001  a bug costs one response, not the server
            self._server.log(f"internal error while answering: {type(error).__name__}")
            response = plain(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error")
        if not response.delay:
            self._send(head, response)
            return
        self._busy = True
        self._server.note_busy(self)
        asyncio.get_running_loop().call_later(response.delay, self._send, head, response)

    def _send(self, head: Head, response: Response) -> None:
        was_busy, self._busy = self._busy, False
        if self._transport.is_closing():
            return
        unread = not self._server.max_body and (head.length > 0 or head.in_chunks)  # it would be read as a request
        last = not head.keep_alive or unread or self._server.stopping
        self._write(response, f"{head.method} {head.target}", method=head.method, last=last, is_old=head.is_old)
        if not last and not self._sending:
            self._server.note_waiting(self)
            if was_busy:
                self._transport.resume_reading()
                self._answer_all()

    def _refuse(self, refusal: Unreadable) -> None:
        self._write(plain(refusal.status, refusal.sentence), refusal.asked, last=True)

    def _write(self, response: Response, asked: str, *, method: str = "", last: bool, is_old: bool = False) -> None:
        path, mark, _ = asked.partition("?")  # a query may hold what is nobody's business
        self._server.access(printable(f"{self._peer} {path}{mark and '?…'} {int(response.status)}"))
        lines = [f"HTTP/1.1 {int(response.status)} {response.status.phrase}", f"Server: jwtool/{__version__}"]
        lines += [f"Date: {formatdate(time.time(), usegmt=True)}"]
        lines += [f"{name}: {value}" for name, value in response.fields]
        bodiless = response.status == HTTPStatus.NOT_MODIFIED
        if not bodiless:
            lines.append(f"Content-Length: {len(response.body)}")
        if last or is_old:
            lines.append(f"Connection: {'close' if last else 'keep-alive'}")
        head = "\r\n".join((*lines, "\r\n")).encode("latin-1")
        self._transport.write(head if bodiless or method == "HEAD" else head + response.body)
        if last:  # with octets unread it would end in a reset, and that may overtake the response
            self._linger = LINGER_OCTETS
            self._octets.clear()
            self._transport.resume_reading()
            try:
                self._transport.write_eof()
            except OSError:  # the peer has gone already
                self.end()
            else:
                self._server.note_waiting(self)
