"""`jwtool doctor`: a well machine, and each thing that can be wrong with one."""

from __future__ import annotations

import ssl
import sys
import time
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest

from jwtool import __version__
from jwtool.operations import examine

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.conftest import Cli

NOW = 1_795_556_400
JWKS = {"keys": [{"kty": "EC", "crv": "P-256", "kid": "a", "x": "", "y": ""}]}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A home of its own, a cache in it, and a trust store that is there everywhere."""
    return {"HOME": str(tmp_path), "JWTOOL_CACHE_DIR": str(tmp_path / "cache")}


def found(cli: Cli, env: dict[str, str], *argv: str) -> dict[str, Any]:
    document: dict[str, Any] = cli("doctor", "--json", *argv, env=env).document
    return document


def test_a_machine_that_is_well(cli: Cli, env: dict[str, str], tmp_path: Path) -> None:
    done = cli("doctor", env=env)
    assert (done.exit, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:4] == [
        "WELL  nothing is wrong here",
        "",
        f"jwtool       {__version__}",
        f"python       {sys.version.split()[0]}, {ssl.OPENSSL_VERSION}",
    ]
    assert lines[5:7] == [
        f"settings     JWTOOL_CACHE_DIR is '{tmp_path}/cache', from the environment",
        f"cache        {tmp_path}/cache/http: 0 answers, 0 octets",
    ]
    assert lines[-2:] == ["proxies      none", "completion   not installed: jwtool completion bash --install"]
    assert cli("doctor", "-q", env=env).stdout == "well\n"
    document = found(cli, env)
    assert document["ok"]
    assert document["problems"] == []
    assert document["libraries"] == {name: metadata.version(name) for name in examine.LIBRARIES}
    assert "clock" not in document


def test_the_cache_is_listed_and_cleared(
    cli: Cli, env: dict[str, str], httpserver: HTTPServer, keys: Path, tmp_path: Path
) -> None:
    body = (keys / "jwks.json").read_bytes()
    httpserver.expect_request("/a").respond_with_data(body, headers={"Cache-Control": "max-age=600"})
    url = httpserver.url_for("/a")
    assert cli("jwks", "show", f"{url}?token=hunter2", env=env).exit == 0
    (tmp_path / "cache" / "http" / "broken.answer").write_text("{")
    later = cli("doctor", env=env, now=NOW + 61)
    (entry,) = [file for file in (tmp_path / "cache/http").glob("*.answer") if file.stem != "broken"]
    octets = entry.stat().st_size
    assert f"/cache/http: 2 answers, {octets + 1} octets\n" in later.stdout
    assert f"             {url}, 1 min old, fresh for 8 min\n" in later.stdout.replace("?…", "")
    assert "             one that can't be read, and is replaced when it is needed\n" in later.stdout
    assert "hunter2" not in later.stdout
    cleared = found(cli, env, "--clear-cache")
    assert cleared["cache"] == {"folder": f"{tmp_path}/cache/http", "octets": 0, "entries": [], "cleared": 2}
    assert list((tmp_path / "cache/http").iterdir()) == []
    assert found(cli, env, "--clear-cache")["cache"]["cleared"] == 0


def test_a_cache_that_stays_is_said_to(cli: Cli, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "cache/http/x.answer").mkdir(parents=True)
    done = cli("doctor", "--clear-cache", env=env)
    assert (done.exit, done.stderr.splitlines()[0]) == (
        6,
        f"jwtool: error: the cache in '{tmp_path}/cache/http' can't be cleared: is a directory",
    )


@pytest.mark.parametrize("what", ["link", "file"])
def test_a_cache_that_is_ignored(cli: Cli, env: dict[str, str], tmp_path: Path, what: str) -> None:
    (tmp_path / "cache/real").mkdir(parents=True)
    place = tmp_path / "cache/http"
    if what == "link":
        place.symlink_to("real")
    else:
        place.write_text("")
    problem = f"cache: '{place}' is no folder of this user's, so every run asks the servers again"
    assert found(cli, env)["problems"] == [problem]


def test_a_cache_that_cant_be_written(cli: Cli, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    problem = f"cache: '{tmp_path}/cache' can't be written, so every run asks the servers again"
    done = cli("doctor", env=env)
    assert (done.exit, done.stdout.splitlines()[0], done.stdout.splitlines()[-1]) == (
        1,
        "UNWELL  1 problem found",
        problem,
    )
    assert cli("doctor", "-q", env=env).stdout == f"{problem}\n"


@pytest.mark.parametrize(
    ("ahead", "line"),
    [
        (0, "clock        that of HOST says the same"),
        (150, "clock        2 min ahead of that of HOST: tokens are judged wrongly by as much"),
        (-150, "clock        2 min behind that of HOST: tokens are judged wrongly by as much"),
    ],
)
def test_the_clock_beside_an_issuers(
    cli: Cli, env: dict[str, str], httpserver: HTTPServer, ahead: int, line: str
) -> None:
    base = httpserver.url_for("").rstrip("/")
    document = {"issuer": base, "jwks_uri": f"{base}/jwks.json"}
    httpserver.expect_request("/.well-known/openid-configuration").respond_with_json(document)
    done = cli("doctor", "-i", base, env=env, now=int(time.time()) + ahead)
    assert done.exit == (1 if ahead else 0)
    assert line.replace("HOST", base.removeprefix("http://")) in done.stdout.splitlines()
    skew = cli("doctor", "--json", "-i", base, env=env, now=int(time.time()) + ahead).document["clock"]["skew"]
    assert abs(skew - ahead) <= examine.TOLERATED_SKEW


def test_an_issuer_that_is_not_there(cli: Cli, env: dict[str, str]) -> None:
    document = found(cli, env, "-i", "http://127.0.0.1:1")
    assert (document["ok"], document["clock"]) == (False, {"skew": None})
    assert document["problems"] == ["clock: 127.0.0.1:1 refused the connection"]


@pytest.mark.parametrize("issuer", ["auth.example", "http://auth.example", "https://u:pw@auth.example", "ftp://a"])
def test_an_issuer_that_is_no_url_to_fetch_from(cli: Cli, env: dict[str, str], issuer: str) -> None:
    assert cli("doctor", "-i", issuer, env=env).exit == 2


def test_no_secret_of_the_environment_is_shown(cli: Cli, env: dict[str, str]) -> None:
    secrets = {
        "JWTOOL_KEY": '{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQ"}',
        "HTTPS_PROXY": "http://user:hunter2@proxy.example:3128",
        "NO_PROXY": "localhost,.example",
    }
    done = cli("doctor", "--json", env={**env, **secrets})
    assert done.document["settings"]["JWTOOL_KEY"] == {"value": None, "from": "environment"}
    assert done.document["proxies"] == {"HTTPS_PROXY": "proxy.example:3128", "NO_PROXY": "localhost,.example"}
    for text in (done.stdout, cli("doctor", env={**env, **secrets}).stdout):
        assert "hunter2" not in text
        assert "c2VjcmV0" not in text


def test_a_trust_store_that_cant_be_read(cli: Cli, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    document = found(cli, {**env, "SSL_CERT_FILE": str(tmp_path / "ca.pem")})
    (problem,) = document["problems"]
    assert problem.startswith("trust store: can't read the file of SSL_CERT_FILE: ")
    assert document["trust_store"] == {"origin": None, "authorities": 0}


def test_completion_is_there_or_of_another_version(cli: Cli, env: dict[str, str], tmp_path: Path) -> None:
    assert cli("completion", "bash", "--install", env=env).exit == 0
    path = tmp_path / ".local/share/bash-completion/completions/jwtool"
    assert found(cli, env)["completion"] == {"bash": {"path": str(path), "current": True}}
    linked = tmp_path / ".local/share/fish/vendor_completions.d/jwtool.fish"
    linked.parent.mkdir(parents=True)
    linked.write_text("old")
    document = found(cli, env)
    assert document["completion"] == {
        "bash": {"path": str(path), "current": True},
        "fish": {"path": str(linked), "current": False},
    }
    assert document["problems"] == ["completion: that of fish is of another version: jwtool completion fish --install"]


def test_a_library_that_is_missing(cli: Cli, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine, "LIBRARIES", ("typer", "no-such-library"))
    document = found(cli, env)
    assert document["libraries"] == {"typer": metadata.version("typer"), "no-such-library": None}
    assert document["problems"] == ["libraries: no-such-library is not installed"]
