"""One request and its answer: this file is the only one that knows httpx.

No redirects, no cookies, no netrc, no content encodings; a cap on raw octets.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from jwtool.jose.errors import JwtoolError, NetworkError, UrlMalformed
from jwtool.jose.network_errors import JwksTimeout, JwksUnreachable, ResponseMalformed, ResponseTooLarge
from jwtool.jose.quoting import printable
from jwtool.sources.files import describe_size
from jwtool.sources.link_local import refuse_link_local

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    import httpx

    from jwtool.sources.network import Network
    from jwtool.sources.proxies import Proxy
    from jwtool.sources.trust import Trust
    from jwtool.sources.urls import Url

MAX_BODY = 512 * 1024
_LONGEST_FACT = 80
CONNECTING = "connecting"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with status 200, or 304 if it was asked for.

    Names of `headers` are in lower case; `seconds` is how long it took.
    """

    body: bytes
    status: int
    headers: Mapping[str, str]
    url: str
    seconds: float


@dataclass(slots=True, repr=False)
class Exchange:
    """Carried out by a worker thread, which reports to the queue `news`.

    `who` is the peer that is being waited for, for people; `handle` is a second handle on the connection. `refused`
    says of a certificate that was refused whose it is.
    """

    url: Url
    network: Network
    headers: Mapping[str, str]
    form: bytes | None
    trust: Trust | None
    proxy: Proxy | None
    who: str
    news: SimpleQueue[str | Response | Exception] = field(default_factory=SimpleQueue)
    stage: str = CONNECTING
    handle: socket.socket | None = None
    is_over: bool = False
    peer: tuple[Any, ...] | None = None
    refused: str | None = None

    @property
    def conditional(self) -> bool:
        """Whether 304 is an answer."""
        return "If-None-Match" in self.headers or "If-Modified-Since" in self.headers

    def run(self) -> None:
        """Do it, and put the Response or the exception into the queue."""
        try:
            self.news.put(self._exchange())
        except Exception as error:  # noqa: BLE001  explained, or raised again, by the thread that waits
            with suppress(OSError):
                self._look_at_certificate(error)
            self.news.put(error)

    def hang_up(self) -> None:
        """Break the connection off, so that the worker ends, wherever it is stuck."""
        import socket

        self.is_over = True
        if self.handle is not None:
            with suppress(OSError):
                self.handle.shutdown(socket.SHUT_RDWR)
            self.handle.close()

    def too_slow(self) -> JwksTimeout:
        """The error for an exchange that is not over at the deadline."""
        return JwksTimeout(
            f"{self.who} did not answer within {self.network.timeout:g} s, still {self.stage}",
            hint="is it reachable from here? --timeout 30s waits longer",
        )

    def explain(self, error: Exception) -> JwtoolError:
        """The JwtoolError for what the worker ran into; raises what is a bug."""
        if isinstance(error, JwtoolError):
            return error
        from jwtool.sources.http_failures import explain_cause

        trusted = "" if self.trust is None else self.trust.origin
        for cause in _causes(error):
            if isinstance(cause, TimeoutError) and cause.errno is None:
                return self.too_slow()
            if explained := explain_cause(cause, self.who, trusted):
                if self.refused is not None:
                    explained.message += f": {self.refused}"
                return explained
        return self._explain_httpx(error)

    def _explain_httpx(self, error: Exception) -> JwtoolError:
        import httpx

        from jwtool.sources.http_failures import explain_protocol

        match error:
            case httpx.ProxyError():
                return self._refused_by_proxy(error)
            case httpx.RemoteProtocolError():
                return explain_protocol(str(error), self.who)
            case httpx.InvalidURL() | httpx.LocalProtocolError():
                return UrlMalformed(f"the URL can't be asked for: {self.url.label}")
            case httpx.TransportError():
                return NetworkError(f"the exchange with {self.who} failed")
            case _:
                raise error

    def _exchange(self) -> Response:
        import httpx

        began = time.monotonic()
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self.network.timeout)
        request = httpx.Request(
            "GET" if self.form is None else "POST",
            self.url.text,
            headers=dict(self.headers),
            content=self.form,
            extensions={"timeout": limits, "trace": self._observe},
        )
        with self._transport() as transport:
            response = transport.handle_request(request)
            try:
                body = self._read(response)
            finally:
                response.close()
        facts = {name.lower(): value for name, value in response.headers.items()}
        return Response(body, response.status_code, facts, self.url.text, time.monotonic() - began)

    def _transport(self) -> httpx.HTTPTransport:
        """The layer below httpx's client: without cookies, redirects, netrc or decoding to switch off."""
        import ssl

        import httpx

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if self.trust is None else self.trust.context
        if self.proxy is None:
            return httpx.HTTPTransport(verify=context, trust_env=False)
        proxy = httpx.Proxy(self.proxy.url, ssl_context=context if self.proxy.url.startswith("https:") else None)
        return httpx.HTTPTransport(verify=context, trust_env=False, proxy=proxy)

    def _read(self, response: httpx.Response) -> bytes:
        from jwtool.sources.http_failures import refuse_status

        if response.status_code == HTTPStatus.NOT_MODIFIED and self.conditional:
            return b""
        refused_form = self.form is not None and HTTPStatus(400) <= response.status_code < HTTPStatus(500)
        if not refused_form:  # what is wrong with a form stands in the answer
            refuse_status(response.status_code, response.headers, self.url)
        encoding = response.headers.get("content-encoding", "identity")
        if encoding.lower() != "identity":
            raise ResponseMalformed(
                f"{self.who} encoded its answer as '{printable(encoding[:_LONGEST_FACT])}', though asked not to"
            )
        length = response.headers.get("content-length", "")
        if length.isdigit() and int(length) > MAX_BODY:
            raise self._too_large()
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > MAX_BODY:
                raise self._too_large()
        return bytes(body)

    def _too_large(self) -> ResponseTooLarge:
        return ResponseTooLarge(
            f"the answer of {self.who} holds more than {describe_size(MAX_BODY)}", hint="is it the URL of a key set?"
        )

    def _refused_by_proxy(self, error: Exception) -> JwksUnreachable:
        said = printable(str(error)[:_LONGEST_FACT])
        hint = "give it as HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT" if said.startswith("407") else None
        return JwksUnreachable(f"{self.who} won't connect to {self.url.host_label}: {said}", hint=hint)

    def _observe(self, event: str, facts: dict[str, Any]) -> None:
        """Called by httpcore at every step of the exchange: keep hold of the connection, and say what is going on."""
        step = event.partition(".")[2]
        if step == "connect_tcp.complete":
            try:
                self._take_hold(facts["return_value"].get_extra_info("socket"))
            except JwtoolError:
                facts["return_value"].close()
                raise
        elif step == "start_tls.started":
            self.stage = "in the TLS handshake"
            if event.startswith("proxy."):
                self.who = self.url.host_label
        elif step == "start_tls.complete":
            self.news.put(f"tls: {facts['return_value'].get_extra_info('ssl_object').version()} with {self.who}")
        elif step == "send_request_headers.complete":
            self.stage = "waiting for the answer"
        elif step == "receive_response_headers.complete":
            self.stage = "reading the answer"

    def _take_hold(self, connection: socket.socket) -> None:
        self._keep_handle(connection)
        self.peer = peer_of(connection)
        if self.peer is None:
            return
        self.news.put(f"http: connected to {_address(self.peer)}")
        if self.proxy is None and not self.network.allow_link_local:
            refuse_link_local(str(self.peer[0]), self.who)  # before the first octet is sent

    def _keep_handle(self, connection: socket.socket) -> None:
        if self.handle is not None:
            self.handle.close()
        self.handle = connection.dup()
        if self.is_over:
            self.hang_up()

    def _look_at_certificate(self, error: Exception) -> None:
        """Connect once more to the same address, to say whose certificate was refused."""
        import socket
        import ssl

        refusal = next((one for one in _causes(error) if isinstance(one, ssl.SSLCertVerificationError)), None)
        if refusal is None or self.peer is None or self.proxy is not None:
            return
        from jwtool.sources.peer_certificate import describe_refused

        family = socket.AF_INET6 if ":" in str(self.peer[0]) else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            self._keep_handle(connection)
            connection.settimeout(1)
            connection.connect(self.peer)
            self.refused = describe_refused(connection, self.url.host, refusal.verify_code)


def _causes(error: BaseException) -> list[BaseException]:
    """The exception, and what it came from, down to the bottom."""
    causes = [error]
    while (below := causes[-1].__cause__ or causes[-1].__context__) is not None and below not in causes:
        causes.append(below)
    return causes


def peer_of(connection: socket.socket) -> tuple[Any, ...] | None:
    """The address at the other end; None once it has hung up."""
    try:
        peer: tuple[Any, ...] = connection.getpeername()
    except OSError:
        return None
    return peer


def _address(peer: tuple[Any, ...]) -> str:
    host, port = peer[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
