"""`verify -i URL`: discovery documents in the cache, by counting the requests of an issuer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request, Response

from jwtool.sources.discovery import _places, well_known_urls

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.commands.conftest import Issue
    from tests.cli.conftest import Cli, Outcome

NOW = 1_795_556_400
OPENID, OAUTH = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"


class Issuer:
    """An issuer whose document is at one of the two places, and changes."""

    def __init__(self, server: HTTPServer, jwks: bytes) -> None:
        self.url = server.url_for("").rstrip("/")
        self.place = OPENID
        self.status = 200
        self.document: dict[str, Any] = {"issuer": self.url, "jwks_uri": f"{self.url}/jwks.json"}
        self.jwks = jwks
        self.asked: list[str] = []
        server.expect_request("/jwks.json").respond_with_handler(self.answer)
        server.expect_request(OPENID).respond_with_handler(self.answer)
        server.expect_request(OAUTH).respond_with_handler(self.answer)

    def answer(self, request: Request) -> Response:
        self.asked.append(request.path)
        if request.path == "/jwks.json":
            return Response(self.jwks, headers={"Cache-Control": "max-age=86400"})
        if request.path != self.place and self.status == 200:
            return Response(status=404)
        return Response(json.dumps(self.document), self.status, headers={"Cache-Control": "max-age=60"})


@pytest.fixture
def issuer(httpserver: HTTPServer, keys: Path) -> Issuer:
    return Issuer(httpserver, (keys / "jwks.json").read_bytes())


@pytest.fixture
def verify(cli: Cli, issue: Issue, issuer: Issuer, tmp_path: Path) -> Callable[..., Outcome]:
    token = issue({"iss": issuer.url, "exp": NOW + 10**6})

    def call(*options: str, after: int = 0) -> Outcome:
        env = {"JWTOOL_CACHE_DIR": str(tmp_path / "cache")}
        return cli("verify", "--json", "-i", issuer.url, *options, token, now=NOW + after, env=env)

    return call


@pytest.mark.parametrize(
    "url",
    [
        *("https://a.example", "https://a.example/", "https://a.example/x", "https://a.example/x/", "http://[::1]:80"),
        *("https://a.example:8443/x/y", "https://login.example/common/v2.0", "http://localhost:1/a/b/"),
    ],
)
def test_the_cache_looks_where_authlib_asks(url: str) -> None:
    assert _places(url) == well_known_urls(url)


@pytest.mark.parametrize("place", [OPENID, OAUTH])
def test_a_fresh_document_is_not_fetched(verify: Callable[..., Outcome], issuer: Issuer, place: str) -> None:
    issuer.place = place
    assert [verify(after=second).exit for second in (0, 1, 59)] == [0, 0, 0]
    first = [OPENID] if place == OPENID else [OPENID, OAUTH]
    assert issuer.asked == [*first, "/jwks.json"]
    assert verify(after=60).exit == 0
    assert issuer.asked[len(first) + 1 :] == first


def test_offline(verify: Callable[..., Outcome], issuer: Issuer) -> None:
    none = verify("--offline")
    assert (none.exit, none.codes, issuer.asked) == (5, {"offline"}, [])
    assert verify().exit == 0
    asked = len(issuer.asked)
    assert verify("--offline", after=59).exit == 0
    assert (verify("--offline", after=61).exit, verify("--offline", "--stale-ok", "1h", after=61).exit) == (5, 0)
    assert len(issuer.asked) == asked


def test_refresh(verify: Callable[..., Outcome], issuer: Issuer) -> None:
    assert [verify().exit, verify("--refresh").exit] == [0, 0]
    assert issuer.asked == [OPENID, "/jwks.json"] * 2


@pytest.mark.parametrize("place", [OPENID, OAUTH])
@pytest.mark.parametrize("status", [500, 503])
def test_while_the_issuer_fails_a_copy_may_serve(
    verify: Callable[..., Outcome], issuer: Issuer, place: str, status: int
) -> None:
    issuer.place = place
    assert verify().exit == 0
    issuer.status = status
    failed = verify(after=100)
    assert (failed.exit, failed.codes) == (5, {"http_status"})
    served = verify("--stale-ok", "1h", after=100)
    assert served.exit == 0
    assert served.document["notes"][0].startswith(f"stale: the copy of {issuer.url}{place} is ")
    assert verify("--stale-ok", "99s", after=100).exit == 5


@pytest.mark.parametrize(
    "document",
    [{"issuer": "https://evil.example"}, {"jwks_uri": None}, {"jwks_uri": "file:///etc/passwd"}, {"issuer": None}],
)
def test_a_bad_document_never_takes_the_place_of_a_good_one(
    verify: Callable[..., Outcome], issuer: Issuer, document: dict[str, Any]
) -> None:
    assert verify().exit == 0
    good = dict(issuer.document)
    issuer.document |= document
    assert verify(after=100).exit == 5
    issuer.document = good
    assert verify(after=101).exit == 0


def test_what_the_cache_holds_is_judged_too(
    cli: Cli, verify: Callable[..., Outcome], issuer: Issuer, tmp_path: Path, keys: Path
) -> None:
    """Two spellings of an issuer have one document, and it is of one of them alone."""
    assert verify().exit == 0
    env = {"JWTOOL_CACHE_DIR": str(tmp_path / "cache")}
    other = cli("verify", "--json", "-i", f"{issuer.url}/", f"@{keys / 'token.jwt'}", env=env)
    assert (other.exit, other.codes) == (5, {"issuer_mismatch"})
    assert issuer.asked == [OPENID, "/jwks.json"]


def test_issuer_show_asks_anew(cli: Cli, issuer: Issuer, tmp_path: Path) -> None:
    env = {"JWTOOL_CACHE_DIR": str(tmp_path / "cache")}
    for _ in range(2):
        assert cli("issuer", "show", "--json", issuer.url, env=env).exit == 1
    assert issuer.asked == [OPENID, "/jwks.json"] * 2
    assert cli("issuer", "show", "--json", "--offline", issuer.url, env=env).exit == 1
    assert len(issuer.asked) == 4


def test_keys_that_have_moved_are_found_though_the_document_is_fresh(
    verify: Callable[..., Outcome], issuer: Issuer, httpserver: HTTPServer
) -> None:
    issuer.document["jwks_uri"] = f"{issuer.url}/old.json"
    httpserver.expect_oneshot_request("/old.json").respond_with_data(issuer.jwks, headers={"Cache-Control": "no-store"})
    assert verify().exit == 0
    httpserver.expect_request("/old.json").respond_with_data(status=404)
    gone = verify(after=1)
    assert (gone.exit, gone.codes, issuer.asked) == (5, {"http_status"}, [OPENID, OPENID])
    issuer.document["jwks_uri"] = f"{issuer.url}/jwks.json"
    moved = verify("-v", after=2)
    assert (moved.exit, issuer.asked) == (0, [OPENID, OPENID, OPENID, "/jwks.json"])
    assert "so the document is asked for again: the keys may have moved" in moved.stderr
    assert (verify(after=3).exit, len(issuer.asked)) == (0, 4)
