"""Requests, counted: many processes of one user, one JWKS URI. `pytest -s` prints the table."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Cli

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are made by fork here, which is cheap")

DRIVER = Path(__file__).with_name("many_verifiers.py")
NOW = 1_795_556_400


class Publisher(ThreadingHTTPServer):
    """A JWKS URI that takes a moment to answer, and counts."""

    request_queue_size = 512
    daemon_threads = True

    def __init__(self, jwks: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.jwks = jwks
        self.status = 200
        self.etag: str | None = None
        self.pause = 0.2
        self.answers: Counter[int] = Counter()
        self.url = f"http://127.0.0.1:{self.server_port}/jwks.json"


class Answer(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        known = self.server.etag is not None and self.headers.get("If-None-Match") == self.server.etag
        status = 304 if known else self.server.status
        self.server.answers[status] += 1
        threading.Event().wait(self.server.pause)
        body = b"" if known else self.server.jwks
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=60")
        if self.server.etag is not None:
            self.send_header("ETag", self.server.etag)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Not on stderr."""


@pytest.fixture
def publisher(keys: Path) -> Iterator[Publisher]:
    server = Publisher((keys / "jwks.json").read_bytes())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def at_once(count: int, url: str, token: Path, *, cache: Path, rounds: int = 1) -> Counter[int]:
    """How many of `count` processes, each of which verifies `rounds` times, ended with which exit code."""
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(count), str(rounds), str(NOW), url, str(token)],
        env=os.environ | {"JWTOOL_CACHE_DIR": str(cache)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return Counter(int(code) for code in done.stdout.split())


def tell(scenario: str, publisher: Publisher, exits: Counter[int]) -> None:
    print(f"\n{scenario:<44} requests {dict(publisher.answers)}, exits {dict(exits)}", end="")  # noqa: T201  the table that -s shows


@pytest.mark.slow
def test_two_hundred_cold_processes(publisher: Publisher, keys: Path, tmp_path: Path) -> None:
    exits = at_once(200, publisher.url, keys / "token.jwt", cache=tmp_path / "cache")
    tell("200 cold processes at once", publisher, exits)
    assert exits == {0: 200}
    assert publisher.answers.total() <= 5


@pytest.mark.slow
def test_two_hundred_processes_at_the_end_of_freshness(publisher: Publisher, keys: Path, tmp_path: Path) -> None:
    publisher.etag = '"1"'
    at_once(1, publisher.url, keys / "token.jwt", cache=tmp_path / "cache")
    (entry,) = (tmp_path / "cache" / "http").glob("*.answer")
    entry.write_bytes(entry.read_bytes().replace(b'"lifetime": 60', b'"lifetime": 0'))
    exits = at_once(200, publisher.url, keys / "token.jwt", cache=tmp_path / "cache")
    tell("200 processes, the copy no longer fresh", publisher, exits)
    assert exits == {0: 200}
    assert publisher.answers[304] <= 4
    assert publisher.answers[200] == 1


@pytest.mark.slow
def test_a_thousand_tokens_with_unknown_kids(cli: Cli, publisher: Publisher, keys: Path, tmp_path: Path) -> None:
    assert cli("key", "new", "--kid", "stranger", "-o", tmp_path / "s.jwk").exit == 0
    assert cli("sign", "-k", tmp_path / "s.jwk", "-o", tmp_path / "s.jwt").exit == 0
    at_once(1, publisher.url, keys / "token.jwt", cache=tmp_path / "cache")
    began = time.monotonic()
    exits = at_once(40, publisher.url, tmp_path / "s.jwt", cache=tmp_path / "cache", rounds=25)
    waited = time.monotonic() - began
    tell(f"1,000 tokens with an unknown kid, {waited:.0f} s", publisher, exits)
    assert exits == {1: 40}
    assert publisher.answers.total() <= 2 + waited // 30


def test_a_server_that_fails_is_not_asked_in_turn(publisher: Publisher, keys: Path, tmp_path: Path) -> None:
    """Who waits for one that failed asks at once, not one after the other."""
    publisher.status = 404
    exits = at_once(12, publisher.url, keys / "token.jwt", cache=tmp_path / "cache")
    tell("12 cold processes, the server answers 404", publisher, exits)
    assert exits == {5: 12}
    assert publisher.answers.total() <= 12


def test_counts_of_one_process_after_the_other(publisher: Publisher, keys: Path, tmp_path: Path, cli: Cli) -> None:
    publisher.etag, publisher.pause = '"1"', 0.0
    env = {"JWTOOL_CACHE_DIR": str(tmp_path / "cache")}

    def verify(after: int, *options: str) -> tuple[int, int]:
        before = publisher.answers.total()
        done = cli("verify", "-k", publisher.url, *options, f"@{keys / 'token.jwt'}", now=NOW + after, env=env)
        return done.exit, publisher.answers.total() - before

    table = {
        "cold": verify(0),
        "hit": verify(59),
        "revalidated": verify(60),
        "--refresh": verify(61, "--refresh"),
        "--offline, fresh": verify(62, "--offline"),
        "--offline, not fresh": verify(130, "--offline"),
    }
    publisher.etag, publisher.status = None, 500
    table["outage"] = verify(131)
    table["outage, --stale-ok 1h"] = verify(132, "--stale-ok", "1h")
    publisher.status = 503
    table["outage with 503: one more try"] = verify(133)
    for scenario, (code, requests) in table.items():
        print(f"\n{scenario:<44} requests {requests}, exit {code}", end="")  # noqa: T201  the table that -s shows
    assert table == {
        "cold": (0, 1),
        "hit": (0, 0),
        "revalidated": (0, 1),
        "--refresh": (0, 1),
        "--offline, fresh": (0, 0),
        "--offline, not fresh": (5, 0),
        "outage": (5, 1),
        "outage, --stale-ok 1h": (0, 1),
        "outage with 503: one more try": (5, 2),
    }
    assert publisher.answers == {200: 2, 304: 1, 500: 2, 503: 2}
