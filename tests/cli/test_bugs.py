"""A bug in jwtool: exit 70, where it happened, and never what was in a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jwtool.jose import token

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

SECRET = "hunter2"


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsing a token fails as nobody foresaw, with a secret in the exception and in a local variable."""

    def parse(text: str, *, allow_sd_jwt: bool = False) -> None:
        local = f"{SECRET} {text} {allow_sd_jwt}"
        raise ZeroDivisionError(local)

    monkeypatch.setattr(token, "parse", parse)


@pytest.mark.usefixtures("bug")
def test_it_is_confessed_without_a_traceback(cli: Cli) -> None:
    done = cli("decode", "-v", "a.b.c")
    assert (done.exit, done.stdout) == (70, "")
    first, second = done.stderr.splitlines()
    assert first.startswith("jwtool: error: this is a bug in jwtool: ZeroDivisionError at ")
    assert second == "hint: please report it; JWTOOL_TRACEBACK=1 shows the way there"
    assert SECRET not in done.stderr
    assert "a.b.c" not in done.stderr


@pytest.mark.usefixtures("bug")
def test_the_document_says_so_too(cli: Cli) -> None:
    done = cli("decode", "--json", "a.b.c")
    assert (done.exit, done.document["error"]["code"], done.document["error"]["exit"]) == (70, "internal", 70)
    assert SECRET not in done.stdout


@pytest.mark.usefixtures("bug")
def test_the_way_there_is_shown_if_asked_for_and_no_value_on_it(cli: Cli) -> None:
    done = cli("decode", "a.b.c", env={"JWTOOL_TRACEBACK": "1"})
    assert (done.exit, done.stdout) == (70, "")
    *way, first, _hint = done.stderr.splitlines()
    assert first.startswith("jwtool: error: this is a bug in jwtool: ")
    assert len(way) > 3
    assert way[-1].endswith(" in parse: raise ZeroDivisionError(local)")
    assert SECRET not in done.stderr
    assert cli("decode", "a.b.c", env={"JWTOOL_TRACEBACK": "0"}).stderr.count("\n") == 2


@pytest.mark.parametrize(
    ("raised", "exit_code"),
    [(KeyboardInterrupt(), 130), (MemoryError(), 70), (RecursionError(), 70), (OSError(5, "x"), 70)],
)
def test_whatever_is_raised(cli: Cli, monkeypatch: pytest.MonkeyPatch, raised: BaseException, exit_code: int) -> None:
    def parse(_text: str, *, allow_sd_jwt: bool = False) -> None:
        assert allow_sd_jwt
        raise raised

    monkeypatch.setattr(token, "parse", parse)
    done = cli("decode", "a.b.c")
    assert (done.exit, done.stdout) == (exit_code, "")
    assert "Traceback" not in done.stderr
    assert (done.stderr == "") is (exit_code == 130)
