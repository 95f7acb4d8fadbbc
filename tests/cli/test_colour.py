"""Colour: `--color`, then NO_COLOR, TERM=dumb, FORCE_COLOR, CLICOLOR_FORCE, then terminal or not; never with --json."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

ANSI = re.compile("\x1b\\[[0-9;]*m")
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."
NO, FORCE, DUMB = {"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}, {"TERM": "dumb"}


@pytest.mark.parametrize(
    ("option", "env", "tty", "coloured"),
    [
        (None, {}, "stdout", True),
        (None, {}, "", False),
        (None, NO, "stdout", False),
        (None, {"NO_COLOR": ""}, "stdout", True),
        (None, NO | FORCE, "stdout", False),
        (None, DUMB, "stdout", False),
        (None, DUMB | FORCE, "stdout", False),
        (None, FORCE, "", True),
        (None, {"FORCE_COLOR": ""}, "", False),
        (None, {"CLICOLOR_FORCE": "1"}, "", True),
        (None, {"CLICOLOR_FORCE": "0"}, "", False),
        (None, {"CLICOLOR_FORCE": "1"} | NO, "", False),
        (None, {"TERM": "xterm-256color"}, "", False),
        ("always", {}, "", True),
        ("always", NO | DUMB, "", True),
        ("never", FORCE, "stdout", False),
        ("auto", {}, "stdout", True),
        ("auto", {}, "", False),
    ],
)
def test_who_decides(cli: Cli, option: str | None, env: dict[str, str], tty: str, *, coloured: bool) -> None:
    argv = ("decode", *(() if option is None else ("--color", option)), TOKEN)
    done = cli(*argv, env=env, tty=tty)
    assert done.exit == 0
    assert (ANSI.search(done.stdout) is not None) is coloured
    assert ANSI.sub("", done.stdout) == cli("decode", TOKEN).stdout


def test_stdout_and_stderr_are_told_apart(cli: Cli) -> None:
    done = cli("decode", "-f", "sub", TOKEN, tty="stdout")
    assert (done.stdout, ANSI.search(done.stderr)) == ("x\n", None)
    done = cli("decode", "-f", "sub", TOKEN, tty="stderr")
    assert done.stdout == "x\n"
    assert ANSI.search(done.stderr) is not None


@pytest.mark.parametrize("options", [("--color", "always"), ()])
def test_never_with_json_nor_in_a_product(cli: Cli, keys: Path, options: tuple[str, ...]) -> None:
    done = cli(
        "verify", "--json", *options, "-k", keys / "jwks.json", f"@{keys}/token.jwt", env=FORCE, tty="stdout stderr"
    )
    assert "\x1b" not in done.stdout
    for argv in (
        ("key", "public", keys / "es256.jwk"),
        ("sign", "-k", keys / "es256.jwk"),
        ("jwks", "build", keys / "es256.jwk"),
    ):
        assert "\x1b" not in cli(*argv, *options, env=FORCE, tty="stdout").stdout


def test_errors_are_coloured_by_the_option_too(cli: Cli) -> None:
    plain = "jwtool: error: the token has one segment, wanted three (JWS) or five (JWE), with dots between them\n"
    assert cli("decode", "--color", "never", "x", tty="stderr").stderr.startswith(plain)
    loud = cli("decode", "--color", "always", "x").stderr
    assert ANSI.search(loud) is not None
    assert ANSI.sub("", loud).startswith(plain)


def test_verdicts_are_words_and_not_only_colours(cli: Cli, keys: Path) -> None:
    verify = ("verify", "-k", keys / "jwks.json", "-a", "web", f"@{keys}/token.jwt")
    coloured = cli(*verify, "--color", "always")
    assert ANSI.sub("", coloured.stdout) == cli(*verify).stdout
    assert "\x1b[1;31mNOT VALID\x1b[0m" in coloured.stdout
    assert "\x1b[1;31mFAILED\x1b[0m" in coloured.stdout


@pytest.mark.parametrize(
    ("argv", "out", "err"),
    [
        (("decode", TOKEN), "UNVERIFIED  the signature was not checked; anyone could have written this\n", ""),
        (("decode", "-f", "sub", TOKEN), "x\n", "UNVERIFIED\n"),
        (("key", "public", "es256.jwk", "-o", "new"), "", ""),
        (("key", "new", "-o", "new"), "", ""),
        (("jwks", "build", "es256.jwk", "-o", "new"), "", ""),
        (("sign", "-k", "es256.jwk", "-o", "new"), "", ""),
        (("jwks", "show", "jwks.json"), "1 key in jwks.json, 1 usable\n", ""),
        (("key", "show", "es256.jwk"), "EC P-256, private\n", ""),
        (("verify", "-k", "jwks.json", "@token.jwt"), "valid\n", ""),
    ],
)
@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_quiet(
    cli: Cli, keys: Path, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], out: str, err: str, option: str
) -> None:
    monkeypatch.chdir(keys)
    done = cli(*argv, option)
    assert (done.exit, done.stdout, done.stderr) == (0, out, err)


@pytest.mark.parametrize(
    "argv",
    [("sign", "-k", "es256.jwk", "--jti", "1"), ("key", "thumbprint", "es256.jwk"), ("jwks", "build", "es256.jwk")],
)
def test_quiet_leaves_products_alone(
    cli: Cli, keys: Path, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...]
) -> None:
    monkeypatch.chdir(keys)
    whole, quiet = cli(*argv), cli(*argv, "-q")
    assert (quiet.exit, quiet.stderr, quiet.stdout.count("\n")) == (0, "", whole.stdout.count("\n"))
    assert whole.stdout == quiet.stdout or argv[0] == "sign"
