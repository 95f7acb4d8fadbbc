"""Fixtures for the tests of servers."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from jwtool.server import http_server
from jwtool.server.http_server import HttpServer
from jwtool.server.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable


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

    def serve(
        self, answer: Callable[[Request], Response] = hello, *, host: str = "127.0.0.1", max_body: int = 0
    ) -> HttpServer:
        heard = {"log": self.log.append, "access": self.access.append}
        return HttpServer(answer, host=host, port=0, max_body=max_body, **heard)


@pytest.fixture
def ears() -> Ears:
    return Ears()
