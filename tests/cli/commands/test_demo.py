"""`jwtool demo`: the whole story, run for real once; and what it says if a step goes wrong."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from jwtool.operations import demo
from jwtool.operations.demo import Step, forge, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.cli.conftest import Cli

REFUSED = {"token_expired", "signature_invalid", "key_not_found"}


def test_every_step_comes_out_as_it_must(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = cli("demo")
    assert (done.exit, done.stderr) == (0, "")
    *story, last = done.stdout.splitlines()
    assert list(tmp_path.iterdir()) == []
    steps = [story[first : first + 3] for first in range(0, len(story) - 1, 3)]
    assert last == f"DONE  all {len(steps)} steps came out as they must"
    assert [int(title[:2]) for title, _, _ in steps] == list(range(1, len(steps) + 1))
    refused = "    refused, as it must be: "
    assert {result.removeprefix(refused) for _, _, result in steps if result != "    ok"} == REFUSED
    typed = [command.removeprefix("    $ ") for _, command, _ in steps]
    names = [" ".join(shlex.split(line)[:3]) for line in typed if line.startswith("jwtool ")]
    for command in ("key new", "jwks build", "jwks serve", "jwks rotate"):
        assert f"jwtool {command}" in names
    for command in ("jwtool sign ", "jwtool decode ", "jwtool verify --jwks http://127.0.0.1:"):
        assert any(line.startswith(command) for line in typed)


@pytest.fixture
def two_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    def play(_environ: Mapping[str, str]) -> Iterator[Step]:
        yield Step("make a key", "jwtool key new", "ok", "ok")
        yield Step("refuse it", "jwtool verify", "token_expired", "ok")

    monkeypatch.setattr(demo, "play", play)


@pytest.mark.usefixtures("two_steps")
def test_a_step_that_goes_wrong(cli: Cli) -> None:
    done = cli("demo")
    assert (done.exit, done.stderr) == (1, "")
    assert done.stdout == (
        " 1  make a key\n"
        "    $ jwtool key new\n"
        "    ok\n"
        " 2  refuse it\n"
        "    $ jwtool verify\n"
        "    WRONG: wanted token_expired, found ok\n"
        "\n"
        "FAILED  1 of 2 steps went wrong\n"
    )


@pytest.mark.usefixtures("two_steps")
def test_json_and_quiet(cli: Cli) -> None:
    done = cli("demo", "--json")
    assert done.exit == 1
    assert done.document == {
        "schema": "jwtool.demo/1",
        "ok": False,
        "steps": [
            {"title": "make a key", "command": "jwtool key new", "wanted": "ok", "found": "ok"},
            {"title": "refuse it", "command": "jwtool verify", "wanted": "token_expired", "found": "ok"},
        ],
    }
    assert cli("demo", "-q").stdout == "1 of 2 steps went wrong\n"


@pytest.mark.parametrize(
    ("code", "document", "found"),
    [
        (0, {"ok": True}, "ok"),
        (0, {}, "no answer (exit 0)"),
        (1, {"ok": True}, "no answer (exit 1)"),
        (1, {"ok": False, "checks": [{"verdict": "failed", "code": "b"}, {"verdict": "failed", "code": "a"}]}, "a b"),
        (4, {"ok": False, "error": {"code": "key_refused"}}, "key_refused (exit 4)"),
    ],
)
def test_how_a_command_came_out(code: int, document: dict[str, object], found: str) -> None:
    assert outcome(code, document) == found


def test_a_forgery_keeps_the_signature(cli: Cli, keys: Path) -> None:
    token = (keys / "token.jwt").read_text()
    forged = forge(token)
    assert forged.rpartition(".")[2] == token.strip().rpartition(".")[2]
    assert cli("decode", "-q", "-f", "sub", forged).stdout == "admin\n"
