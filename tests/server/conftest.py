"""Fixtures for the tests of servers."""

from __future__ import annotations

import base64
import http.client
import json
from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from jwtool.jose import base64url
from jwtool.jose.keys.generate import generate
from jwtool.server import http_server
from jwtool.server.http_server import HttpServer
from jwtool.server.issuer import IssuerServer
from jwtool.server.issuer_keys import make_ring
from jwtool.server.issuer_token import Defaults
from jwtool.server.messages import Request, Response
from jwtool.server.oauth import Clients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def _stop_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred servers are stopped here, and each would be waited for."""
    monkeypatch.setattr(http_server, "LOOK_SECONDS", 0.01)


def hello(_request: Request) -> Response:
    return Response(HTTPStatus.OK, (), b"hello")


class Ears:
    """What the server says."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.access: list[str] = []
        self.errand: Callable[[], None] | None = None

    def serve(
        self, answer: Callable[[Request], Response] = hello, *, host: str = "127.0.0.1", max_body: int = 0
    ) -> HttpServer:
        return HttpServer(
            answer,
            host=host,
            port=0,
            max_body=max_body,
            log=self.log.append,
            access=self.access.append,
            errand=self.errand,
            errand_seconds=0.02,
        )


@pytest.fixture
def ears() -> Ears:
    return Ears()


NOW = 1_795_556_400
FORM = "application/x-www-form-urlencoded"
Answer = tuple[int, dict[str, str], Any]


class Issuer:
    """An issuer that answers, and what it said in its access log."""

    def __init__(self, **options: Any) -> None:
        self.seen: list[str] = []
        self.said: list[str] = []
        given: dict[str, Any] = {"clients": Clients({}), "defaults": Defaults({}), "max_age": 60} | options
        ring = make_ring([generate("ES256", kid="k1")])
        self.server = IssuerServer(
            ring, now=lambda: NOW, host="127.0.0.1", port=0, access=self.seen.append, log=self.said.append, **given
        )
        self.url = self.server.issuer

    def ask(self, method: str, path: str, body: bytes | None = None, **fields: str) -> Answer:
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)) as client:
            client.request(method, path, body, headers)
            answer = client.getresponse()
            text = answer.read()
            found = {name.lower(): value for name, value in answer.getheaders()}
            is_json = found.get("content-type", "").endswith("json") and text
            return answer.status, found, json.loads(text) if is_json else text

    def post(self, path: str, form: Any, **fields: str) -> Answer:
        return self.ask("POST", path, urlencode(form).encode(), **({"Content_Type": FORM} | fields))

    def token(self, form: Any = (), **fields: str) -> Answer:
        asked = [("grant_type", "client_credentials"), *dict_items(form)]
        return self.post("/token", asked, **({"Authorization": basic("app", "s3cret")} | fields))

    def claims(self, form: Any = ()) -> dict[str, Any]:
        status, _, answer = self.token(form)
        assert status == 200, answer
        return opened(answer["access_token"])[1]


def dict_items(form: Any) -> list[tuple[str, str]]:
    return list(form.items()) if isinstance(form, dict) else list(form)


def basic(client: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims = (json.loads(base64url.decode(part)) for part in token.split(".")[:2])
    return header, claims


@pytest.fixture
def serve() -> Iterator[Callable[..., Issuer]]:
    running: list[Issuer] = []

    def start(**options: Any) -> Issuer:
        issuer = Issuer(**options)
        issuer.server.__enter__()
        running.append(issuer)
        return issuer

    yield start
    for issuer in running:
        issuer.server.__exit__()
        assert [line for line in issuer.seen + issuer.said if "s3cret" in line] == []


@pytest.fixture
def issuer(serve: Callable[..., Issuer]) -> Issuer:
    return serve()
