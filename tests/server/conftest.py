"""Fixtures for the tests of servers."""

from __future__ import annotations

import pytest

from jwtool.server import http_server


@pytest.fixture(autouse=True)
def _stop_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred servers are stopped here, and each would be waited for."""
    monkeypatch.setattr(http_server, "LOOK_SECONDS", 0.01)
