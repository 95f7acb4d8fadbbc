"""`verify` with a key set at a URL: the cache, rotated keys, and a server that fails, by counting its requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.conftest import Cli, Outcome

NOW = 1_795_556_400


class Publisher:
    """A JWKS URI whose keys change."""

    def __init__(self, server: HTTPServer, jwks: bytes) -> None:
        self.jwks = jwks
        self.status = 200
        self.requests = 0
        server.expect_request("/jwks.json").respond_with_handler(self.answer)
        self.url = server.url_for("/jwks.json")
        self.place = f"{server.host}:{server.port}"

    def answer(self, _request: Request) -> Response:
        self.requests += 1
        return Response(self.jwks, status=self.status, headers={"Cache-Control": "max-age=60"})


@pytest.fixture
def publisher(httpserver: HTTPServer, keys: Path) -> Publisher:
    return Publisher(httpserver, (keys / "jwks.json").read_bytes())


@pytest.fixture
def verify(cli: Cli, keys: Path, publisher: Publisher, tmp_path: Path) -> Callable[..., Outcome]:
    """Verify token.jwt, or another, with the key set of the publisher."""

    def call(*options: object, token: str = "token.jwt", after: int = 0, to: str | None = None) -> Outcome:
        env = {"JWTOOL_CACHE_DIR": str(tmp_path / "cache")}
        return cli("verify", "-k", to or publisher.url, *options, f"@{keys / token}", now=NOW + after, env=env)

    return call


@pytest.fixture
def rotated(cli: Cli, keys: Path) -> bytes:
    """A set with a second key, k2, which signs new.jwt."""
    assert cli("key", "new", "--kid", "k2", "-o", keys / "k2.jwk").exit == 0
    assert cli("sign", "-k", keys / "k2.jwk", "--jti", "2", "-o", keys / "new.jwt").exit == 0
    return cli("jwks", "build", keys / "es256.jwk", keys / "k2.jwk").raw


def test_a_fresh_set_is_not_fetched(verify: Callable[..., Outcome], publisher: Publisher) -> None:
    assert [verify(after=second).exit for second in (0, 1, 59)] == [0, 0, 0]
    assert publisher.requests == 1
    assert verify(after=60).exit == 0
    assert publisher.requests == 2


def test_each_decision_is_told(verify: Callable[..., Outcome], publisher: Publisher) -> None:
    verify()
    assert verify("-v", after=40).stderr.splitlines()[0] == "jwks: cached 40 s ago, fresh for 20 s"
    assert verify("-v", "--refresh", after=50).stderr.splitlines()[0] == "jwks: cached 50 s ago, --refresh asks again"
    assert publisher.requests == 2


def test_rotated_keys_are_found_at_once(verify: Callable[..., Outcome], publisher: Publisher, rotated: bytes) -> None:
    assert verify().exit == 0
    publisher.jwks = rotated
    assert verify(token="new.jwt", after=5).exit == 0
    assert publisher.requests == 2
    assert verify(after=6).exit == 0
    assert publisher.requests == 2


def test_one_key_of_a_rotated_set(verify: Callable[..., Outcome], publisher: Publisher, rotated: bytes) -> None:
    verify()
    publisher.jwks = rotated
    assert verify(token="new.jwt", after=5, to=f"{publisher.url}#k2").exit == 0
    assert publisher.requests == 2


def test_unknown_kids_cost_one_request(verify: Callable[..., Outcome], publisher: Publisher, rotated: bytes) -> None:
    assert rotated
    verify()
    for second in (5, 6, 20, 34):
        done = verify("--json", token="new.jwt", after=second)
        assert (done.exit, done.codes) == (1, {"key_not_found"})
    assert publisher.requests == 2
    verify(token="new.jwt", after=35)
    assert publisher.requests == 3


def test_a_failed_refetch_harms_nothing(verify: Callable[..., Outcome], publisher: Publisher, rotated: bytes) -> None:
    verify()
    publisher.status = 404
    done = verify(token="new.jwt", after=5)
    assert done.exit == 1
    assert done.stderr == (
        f"note: {publisher.url} was asked for the unknown key, and failed: "
        f"{publisher.place} answered 404 Not Found, wanted 200\n"
    )
    assert verify(after=6).exit == 0
    publisher.status, publisher.jwks = 200, rotated
    assert verify(token="new.jwt", after=34).exit == 1
    assert publisher.requests == 2
    assert verify(token="new.jwt", after=35).exit == 0


def test_a_bad_signature_is_no_reason_to_ask(verify: Callable[..., Outcome], publisher: Publisher, keys: Path) -> None:
    token = (keys / "token.jwt").read_text().strip()
    (keys / "bad.jwt").write_text(f"{token[:-8]}AAAAAAAA")
    verify()
    done = verify(token="bad.jwt", after=5)
    assert (done.exit, done.stderr) == (
        1,
        f"note: the keys of {publisher.url} are out of the cache, 5 s old; --refresh asks for them anew\n",
    )
    assert publisher.requests == 1


def test_an_empty_set_does_not_replace_a_good_one(verify: Callable[..., Outcome], publisher: Publisher) -> None:
    verify()
    publisher.jwks = b'{"keys": []}'
    assert verify("--refresh", after=5).exit == 4
    assert verify(after=6).exit == 0


def test_an_outage(verify: Callable[..., Outcome], publisher: Publisher) -> None:
    verify()
    publisher.status = 500
    failed = verify(after=61)
    assert (failed.exit, failed.stdout) == (5, "")
    assert failed.stderr == (
        f"jwtool: error: {publisher.place} answered 500 Internal Server Error, wanted 200\n"
        "hint: --stale-ok 1h would use the copy in the cache, 1 min old\n"
    )
    stale = verify("--stale-ok", "2m", after=61)
    assert stale.exit == 0
    assert stale.stderr == (
        f"note: stale: the copy of {publisher.url} is 1 min old and past its freshness "
        f"({publisher.place} answered 500 Internal Server Error, wanted 200)\n"
    )
    assert verify("--stale-ok", "60s", after=61).exit == 5


def test_offline(verify: Callable[..., Outcome], publisher: Publisher) -> None:
    nothing = verify("--offline")
    assert (nothing.exit, publisher.requests) == (5, 0)
    assert nothing.stderr == (
        f"jwtool: error: --offline sends nothing, and {publisher.url} is not in the cache\n"
        "hint: run it once without --offline\n"
    )
    verify()
    assert verify("--offline", after=59).exit == 0
    assert verify("--offline", "--json", after=60).codes == {"offline"}
    assert verify("--offline", "--stale-ok", "1h", after=60).exit == 0
    assert publisher.requests == 1


def test_offline_and_refresh_contradict_each_other(verify: Callable[..., Outcome]) -> None:
    done = verify("--offline", "--refresh")
    assert (done.exit, done.stderr.splitlines()[0]) == (
        2,
        "jwtool: error: --offline sends nothing, and --refresh wants to ask the server",
    )


def test_json_says_what_is_cached(cli: Cli, publisher: Publisher, tmp_path: Path) -> None:
    env = {"JWTOOL_CACHE_DIR": str(tmp_path / "cache")}

    def show(*options: str, after: int) -> Any:
        return cli("jwks", "show", "--json", *options, publisher.url, now=NOW + after, env=env).document["cache"]

    assert show(after=0) == {"age": 0, "fresh_for": 60}
    assert show(after=40) == {"age": 40, "fresh_for": 20}
    assert show("--offline", "--stale-ok", "1h", after=70) == {"age": 70, "fresh_for": 0, "stale": True}


def test_json_says_that_a_set_is_stale(verify: Callable[..., Outcome], publisher: Publisher) -> None:
    assert verify("--json").document["cache"] == [{"source": publisher.url, "age": 0, "fresh_for": 60}]
    publisher.status = 500
    (facts,) = verify("--json", "--stale-ok", "1h", after=100).document["cache"]
    assert facts == {"source": publisher.url, "age": 100, "fresh_for": 0, "stale": True}


@pytest.mark.parametrize(
    ("argv", "refused"),
    [
        (("-k", "https://a.example/jwks", "--jwks", "https://b.example/jwks"), True),
        (("-k", "https://a.example/jwks", "-k", "issuer:https://a.example:8443"), True),
        (("-i", "https://a.example", "-i", "https://b.example"), True),
        (("-k", "https://169.254.0.1/jwks", "-k", "ISSUER:https://169.254.0.1", "-i", "https://b.example"), False),
    ],
)
def test_a_credential_is_for_one_host(cli: Cli, keys: Path, argv: tuple[str, ...], *, refused: bool) -> None:
    done = cli("verify", *argv, "--http-header", "X-Tenant=7", f"@{keys / 'token.jwt'}")
    assert (done.exit == 2) is refused
    assert ("are for one host" in done.stderr) is refused


def test_a_credential_does_not_go_to_both_hosts_of_a_comparison(cli: Cli, publisher: Publisher) -> None:
    done = cli(
        "jwks", "diff", publisher.url, "https://b.example/jwks", "--bearer", "env:TOKEN", env={"TOKEN": "s3cret"}
    )
    assert (done.exit, publisher.requests) == (2, 0)
    assert "--bearer and --http-header are for one host" in done.stderr


def test_fetch_asks_the_server_and_offline_the_cache(cli: Cli, publisher: Publisher, tmp_path: Path) -> None:
    env = {"JWTOOL_CACHE_DIR": str(tmp_path / "cache")}
    for _ in range(2):
        assert cli("jwks", "fetch", publisher.url, env=env).raw == publisher.jwks
    assert publisher.requests == 2
    assert cli("jwks", "fetch", "--offline", publisher.url, env=env).raw == publisher.jwks
    document = cli("jwks", "fetch", "--offline", "--json", publisher.url, env=env).document
    assert (document["http"]["status"], document["cache"], publisher.requests) == (None, {"age": 0, "fresh_for": 60}, 2)


def test_a_bearer_goes_out_and_keeps_its_answer_to_itself(
    cli: Cli, httpserver: HTTPServer, keys: Path, tmp_path: Path
) -> None:
    jwks = json.loads((keys / "jwks.json").read_text())
    env = {"JWTOOL_CACHE_DIR": str(tmp_path / "cache"), "TOKEN": "s3cret"}
    httpserver.expect_request("/jwks.json", headers={"Authorization": "Bearer s3cret"}).respond_with_json(jwks)
    httpserver.expect_request("/jwks.json").respond_with_data("no", status=401)
    argv = ("verify", "-k", httpserver.url_for("/jwks.json"), f"@{keys / 'token.jwt'}")
    allowed = cli(*argv, "-v", "--bearer", "env:TOKEN", env=env)
    assert allowed.exit == 0
    assert "s3cret" not in allowed.stderr + allowed.stdout
    assert cli(*argv, env=env).exit == 5
    refused = cli(*argv, "--bearer", "s3cret", env=env)
    assert (refused.exit, "s3cret" in refused.stderr) == (2, False)
