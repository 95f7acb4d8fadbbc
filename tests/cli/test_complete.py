"""What `jwtool` answers to the completion scripts."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from jwtool.cli.complete import LONGEST_LINE, RENDERERS
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.encryption_algorithms import ECDH_CURVES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Cli

    Ask = Callable[..., list[str]]

COSTLY = {"authlib", "cryptography", "httpx", "joserfc", "rich", "ssl"}


@pytest.fixture
def ask(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """`ask(line, shell="fish")`: the lines of the answer, in a folder with a few files."""
    monkeypatch.chdir(tmp_path)
    for name in ("fresh.jwk", "new\nline.jwk", "esc\x1b[2J.jwk", "bidi\u202e.jwk", ".hidden", b"bytes\xff.jwk"):
        with open(name, "w"):
            pass
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "loop").symlink_to("loop")

    def call(line: str, shell: str = "fish", **environ: str) -> list[str]:
        done = cli(env={"_JWTOOL_COMPLETE": shell, "_JWTOOL_LINE": line, **environ})
        assert (done.exit, done.stderr) == (0, "")
        return [text for text in done.stdout.splitlines() if text]

    return call


def values(answer: list[str]) -> list[str]:
    return [line.partition("\t")[0] for line in answer]


def test_commands_and_groups(ask: Ask) -> None:
    assert values(ask("jwtool k")) == ["key"]
    assert ask("jwtool key ") == [
        "convert\tA key in another format, or encrypted with another passphrase",
        "new\tMake a private key or a secret",
        "public\tThe public half of a key",
        "show\tWhat a key is, what it is good for, what is weak",
        "thumbprint\tThe name that a key has by its own numbers (RFC 7638)",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "jwto",
        "jwtool frob ",
        "jwtool --json ",
        "jwtool key frob ",
        "jwtool demo ",
        "jwtool verify a ",
        "jwtool sign {",
    ],
)
def test_nothing(ask: Ask, line: str) -> None:
    assert ask(line) == []


def test_unknown_shell(ask: Ask) -> None:
    assert ask("jwtool ", "tcsh") == []
    assert ask("jwtool ", "") == []


@pytest.mark.parametrize("shell", RENDERERS)
def test_an_empty_request(cli: Cli, shell: str) -> None:
    done = cli(env={"_JWTOOL_COMPLETE": shell})
    assert (done.exit, done.stdout.strip(), done.stderr) == (0, "", "")


def test_options(ask: Ask) -> None:
    assert sorted(values(ask("jwtool verify --al"))) == [
        "--alg",
        "--allow-link-local",
        "--allow-secret-shipping",
        "--allow-weak-key",
    ]
    assert values(ask("jwtool verify --alg ES256 --allow-l")) == ["--allow-link-local"]
    assert values(ask("jwtool verify --alg ES256 --al"))[0] == "--alg"  # repeatable
    assert "--allow-weak-key" not in values(ask("jwtool verify --allow-weak-key --al"))  # not so
    assert values(ask("jwtool -")) == ["-V", "--version", "-v", "--verbose", "-h", "--help"]
    assert values(ask("jwtool key --")) == ["--help"]


@pytest.mark.parametrize(
    "before",
    ["--alg ", "--alg=", "-q --alg ", "tok --alg ", "--iss -q --alg ", "- --alg ", "-k x --alg ", "-qkx --alg "],
)
def test_the_value_of_an_option(ask: Ask, before: str) -> None:
    lead = before.rpartition(" ")[2]
    assert ask(f"jwtool verify {before}") == [f"{lead}{name}\t{row.summary}" for name, row in ALGORITHMS.items()]


def test_files(ask: Ask) -> None:
    assert ask("jwtool verify -k ") == ["fresh.jwk", "sub/"]
    assert ask("jwtool verify -k .") == [".hidden"]
    assert ask("jwtool verify -k ./f") == ["./fresh.jwk"]
    assert ask("jwtool verify -k sub/") == ["sub/loop"]
    assert ask("jwtool verify -k none/") == []
    assert ask("jwtool verify @") == ["@fresh.jwk", "@sub/"]
    assert ask("jwtool verify -qkf") == ["-qkfresh.jwk"]
    assert ask("jwtool verify --ca-file f") == ["fresh.jwk"]
    assert ask("jwtool verify --leeway ") == []
    assert ask("jwtool verify -q -- @") == ["@fresh.jwk", "@sub/"]
    assert ask("jwtool verify -- --al") == []
    assert ask("jwtool verify -- --alg ") == []
    assert ask("jwtool verify -k fresh.jwk --nonsense @") == ["@fresh.jwk", "@sub/"]
    assert ask("jwtool verify <f", "bash") == ["fresh.jwk"]
    assert ask("jwtool verify -k ./", "bash") == ["filenames noquote", "./fresh.jwk", "./sub"]
    assert ask("jwtool sign -c a@=") == ["a@=fresh.jwk", "a@=sub/"]


def test_presets(ask: Ask) -> None:
    assert ask("jwtool verify --preset g") == ["github-actions\tprovider", "gitlab-ci\tprovider", "google\tprovider"]
    assert ask("jwtool sign --preset g") == []


def test_sources(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWTOOL_TEST_KEY", "never shown")
    assert ask("jwtool verify -k env:JWTOOL_TEST_K") == ["env:JWTOOL_TEST_KEY"]
    assert ask("jwtool verify -k base64:env:JWTOOL_TEST_K") == ["base64:env:JWTOOL_TEST_KEY"]
    assert ask("jwtool verify -k iss") == ["issuer:https://"]
    assert ask("jwtool verify -k hex:") == ["hex:@", "hex:env:"]
    assert ask("jwtool verify -k e") == ["env:"]
    assert ask("jwtool verify ") == ["@", "env:"]
    assert ask("jwtool sign ") == ["@", "env:"]


def test_values_that_are_always_the_same(ask: Ask) -> None:
    assert ask("jwtool decode --color ") == ["auto", "always", "never"]
    assert values(ask("jwtool key new --curve ")) == ["Ed25519", "Ed448", *ECDH_CURVES]
    assert values(ask("jwtool key new --format ")) == ["jwk", "pem", "der"]
    assert ask("jwtool explain aud_mis") == ["aud_mismatch"]
    assert ask("jwtool completion ") == ["bash", "zsh", "fish", "powershell"]


def test_bash(ask: Ask) -> None:
    breaks = " \t\n\"'@><=;|&(:"
    assert ask("jwtool verify env:PAT", "bash", _JWTOOL_BREAKS=breaks) == ["PATH"]
    assert ask("jwtool verify env:PAT", "bash") == ["env:PATH"]
    assert ask("jwtool verify --key=su", "bash", _JWTOOL_BREAKS=breaks) == ["nospace filenames noquote", "sub/"]
    assert ask("jwtool verify $PA", "bash") == ["bashdefault"]


def test_zsh(ask: Ask) -> None:
    assert ask("jwtool verify --key=hex:", "zsh") == ["10", "-@", "-env\\:"]
    assert ask('jwtool verify -k "./s', "zsh") == ["3", "-sub/"]
    assert ask("jwtool verify --alg Ed4", "zsh") == ["0", "+Ed448:EdDSA on Ed448, fully named"]


def test_powershell(ask: Ask) -> None:
    assert ask("jwtool\nverify\n--key=f", "powershell") == ["--key=fresh.jwk"]
    assert ask("jwtool\nverify\nmy token\n--js", "powershell") == [
        "--json\tOne JSON document on stdout, also for an error"
    ]


@pytest.mark.parametrize("shell", RENDERERS)
def test_an_endless_line_is_not_answered(shell: str, ask: Ask) -> None:
    """A word costs the square of its length."""
    words = ["jwtool", "verify", "x" * (LONGEST_LINE - len("jwtool verify  --jso")), "--jso"]
    line = ("\n" if shell == "powershell" else " ").join(words)
    assert len(line) == LONGEST_LINE
    assert ask(line, shell) != []
    assert ask(line.replace("x", "xx", 1), shell) == []


@pytest.mark.parametrize(
    "line", ["jwtool ", "jwtool verify --al", "jwtool key new --alg E", "jwtool verify -k secret:@"]
)
def test_nothing_costly_is_imported(line: str) -> None:
    script = (
        "import sys\n"
        "from jwtool.cli.complete import answer\n"
        "from jwtool.sources.runtime import Runtime\n"
        "assert answer(Runtime.of_this_process())\n"
        "print(*sys.modules)\n"
        "from jwtool.cli.main import run\n"
        "sys.stdout.flush()\n"
        "assert run([], Runtime.of_this_process()) == 0\n"
        "print('', *sys.modules)\n"
    )
    environ = {**os.environ, "_JWTOOL_COMPLETE": "bash", "_JWTOOL_LINE": line}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
    by_answer, *_, by_process = done.stdout.splitlines()
    assert (COSTLY | {"typer"}) & set(by_answer.split()) == set()
    assert COSTLY & set(by_process.split()) == set()
