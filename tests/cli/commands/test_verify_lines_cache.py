"""`verify --lines` with a key set at a URL: one fetch for all lines, and rotated keys are found while lines go by."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

import pytest
from werkzeug import Request, Response

from jwtool.jose.selection import OfferedSet
from jwtool.operations.resolve_keys import load_set, only_usable
from jwtool.operations.rotated_keys import Renewal
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.conftest import Cli


@pytest.fixture
def new_set(cli: Cli, keys: Path) -> bytes:
    """A set with a second key, k2, which signs new.jwt."""
    assert cli("key", "new", "--kid", "k2", "-o", keys / "k2.jwk").exit == 0
    assert cli("sign", "-k", keys / "k2.jwk", "-o", keys / "new.jwt").exit == 0
    return cli("jwks", "build", keys / "es256.jwk", keys / "k2.jwk").raw


def test_rotated_keys_are_found_between_two_lines(
    cli: Cli, keys: Path, httpserver: HTTPServer, new_set: bytes, tmp_path: Path
) -> None:
    """The set is old in the first answer, and new in the next."""
    answers = [(keys / "jwks.json").read_bytes()]
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        return Response(answers[-1])

    httpserver.expect_request("/jwks.json").respond_with_handler(answer)
    url = httpserver.url_for("/jwks.json")
    env = {"JWTOOL_CACHE_DIR": str(tmp_path / "cache")}
    old, new = ((keys / name).read_text().strip() for name in ("token.jwt", "new.jwt"))
    assert cli("verify", "-k", url, f"@{keys / 'token.jwt'}", env=env).exit == 0
    answers.append(new_set)
    done = cli("verify", "--lines", "-k", url, stdin=f"{old}\n{new}\n{old}\n{new}\n".encode(), env=env)
    assert [json.loads(line)["ok"] for line in done.stdout.splitlines()] == [True] * 4
    assert (done.exit, len(asked)) == (0, 2)


def test_unknown_kids_cost_one_request(cli: Cli, keys: Path, httpserver: HTTPServer, new_set: bytes) -> None:
    assert new_set
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        return Response((keys / "jwks.json").read_bytes())

    httpserver.expect_request("/jwks.json").respond_with_handler(answer)
    new = (keys / "new.jwt").read_text().strip()
    argv = ("verify", "--lines", "-k", httpserver.url_for("/jwks.json"))
    done = cli(*argv, stdin=f"{new}\n".encode() * 1000, env={"JWTOOL_CACHE_DIR": str(keys / "cache")})
    assert (done.exit, len(done.stdout.splitlines())) == (1, 1000)
    assert len(asked) <= 2


def test_a_worker_asks_anew_by_its_own_means(
    keys: Path, httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was given came through a pipe, without the streams of the first process."""
    monkeypatch.setenv("JWTOOL_CACHE_DIR", str(tmp_path / "cache"))
    httpserver.expect_request("/jwks.json").respond_with_data((keys / "jwks.json").read_bytes())
    url, local = httpserver.url_for("/jwks.json"), str(keys / "jwks.json")
    runtime = Runtime.of_this_process()
    sets = [only_usable(load_set(text, runtime, network=Network()), allow_weak_secret=False) for text in (local, url)]
    offered = [OfferedSet(one.keyset, one.source) for one in sets]
    travelled = pickle.loads(pickle.dumps(Renewal((local, url), Network(), allow_weak_secret=False)))
    renewed = travelled.renew(offered)
    assert renewed is not None
    assert renewed[0] is offered[0]
    assert [key.kid for key in renewed[1].keyset.keys] == ["k1"]
    assert len(httpserver.log) == 2
