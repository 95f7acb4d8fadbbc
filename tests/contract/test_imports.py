"""What a command line must not import, for a start costs what it imports; as processes, by the real entry point."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from jwtool.cli.complete import RENDERERS
from jwtool.cli.main import run
from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_httpserver import HTTPServer

HEAVY = {"cryptography", "bcrypt", "httpx", "rich", "joserfc", "authlib", "ssl"}
NETWORK = {"bcrypt", "httpx", "ssl", "joserfc", "authlib", "cryptography.x509"}
# `main` ends the process by itself: the modules are listed by a hook that it runs on the way out.
PROBE = """
import atexit, sys
from jwtool.cli.main import main
atexit.register(lambda: print("\\n".join(sorted(sys.modules)), file=sys.__stderr__, flush=True))
main()
"""


@pytest.fixture
def imported(tmp_path: Path) -> Callable[..., tuple[int, str, set[str]]]:
    """Exit code, stdout and the modules that one process had imported at its end."""

    def start(*argv: str, env: Mapping[str, str] | None = None, stdin: str = "") -> tuple[int, str, set[str]]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "COV_"))}
        done = subprocess.run(
            [sys.executable, "-c", PROBE, *argv],
            cwd=tmp_path,
            env={**clean, **(env or {})},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, set(done.stderr.splitlines())

    return start


@pytest.fixture
def token(tmp_path: Path) -> Callable[[str], str]:
    """Make a key for an algorithm, its public set jwks.json and a token; the token."""

    def jwtool(*argv: str) -> str:
        out = io.BytesIO()
        runtime = Runtime(
            stdin=io.BytesIO(),
            stdout=out,
            stderr=io.BytesIO(),
            environ={},
            now=lambda: 0,
            stdin_is_terminal=False,
            stdout_is_terminal=False,
            stderr_is_terminal=False,
            ask_secret=lambda _: "",
        )
        assert run(argv, runtime) == 0
        return out.getvalue().decode()

    def make(alg: str) -> str:
        private = str(tmp_path / "private.jwk")
        jwtool("key", "new", "--alg", alg, "-o", private)
        jwtool("jwks", "build", private, "-o", str(tmp_path / "jwks.json"))
        return jwtool("sign", "-k", private, "--exp", "never", "--sub", "user-42")

    return make


def heavy(modules: set[str], forbidden: set[str]) -> set[str]:
    """The forbidden ones among the modules, with all that is in them."""
    assert "jwtool.cli.main" in modules
    return {name for name in modules for one in forbidden if name == one or name.startswith(f"{one}.")}


@pytest.mark.parametrize("argv", [("--help",), ("verify", "--help"), ("key",), ("--version",)])
def test_help(imported: Callable[..., tuple[int, str, set[str]]], argv: tuple[str, ...]) -> None:
    code, out, modules = imported(*argv)
    assert (code, out != "") == (0, True)
    assert heavy(modules, HEAVY) == set()


@pytest.mark.parametrize(("words", "candidate"), [("jwtool ver", "verify"), ("jwtool verify --ke", "--key")])
@pytest.mark.parametrize("shell", list(RENDERERS))
def test_completion(imported: Callable[..., tuple[int, str, set[str]]], shell: str, words: str, candidate: str) -> None:
    line = words.replace(" ", "\n") if shell == "powershell" else words
    code, out, modules = imported(env={"_JWTOOL_COMPLETE": shell, "_JWTOOL_LINE": line})
    assert (code, candidate in out) == (0, True)
    assert heavy(modules, HEAVY | {"typer"}) == set()


@pytest.mark.parametrize("options", [(), ("--json",), ("-f", "sub")])
def test_decode(
    imported: Callable[..., tuple[int, str, set[str]]], token: Callable[[str], str], options: tuple[str, ...]
) -> None:
    code, out, modules = imported("decode", *options, stdin=token("ES256"))
    assert (code, "user-42" in out) == (0, True)
    assert heavy(modules, HEAVY) == set()


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
@pytest.mark.parametrize("options", [(), ("--json",), ("-i", "x", "-a", "y")])
def test_a_local_verify(
    imported: Callable[..., tuple[int, str, set[str]]],
    token: Callable[[str], str],
    alg: str,
    options: tuple[str, ...],
) -> None:
    code, out, modules = imported("verify", "-k", "jwks.json", *options, stdin=token(alg))
    assert code == (1 if "-i" in options else 0)
    assert out
    assert "cryptography" in modules
    assert heavy(modules, NETWORK | {"rich"}) == set()


def test_a_verify_by_an_issuer_that_is_in_the_cache(
    imported: Callable[..., tuple[int, str, set[str]]],
    token: Callable[[str], str],
    httpserver: HTTPServer,
    tmp_path: Path,
) -> None:
    text = token("ES256")
    base = httpserver.url_for("").rstrip("/")
    document = {"issuer": base, "jwks_uri": f"{base}/jwks.json"}
    httpserver.expect_request("/.well-known/openid-configuration").respond_with_json(document)
    httpserver.expect_request("/jwks.json").respond_with_data((tmp_path / "jwks.json").read_bytes())
    for forbidden, found in ((set(), {"authlib", "httpx"}), (NETWORK | {"rich"}, set())):
        argv = ("verify", "-i", base, "-q")
        code, out, modules = imported(*argv, stdin=text, env={"JWTOOL_CACHE_DIR": str(tmp_path / "cache")})
        assert (code, out) == (1, "not valid: claim_missing\n")
        assert found <= modules
        assert heavy(modules, forbidden) == set()


def test_the_probe_sees_what_it_should(imported: Callable[..., tuple[int, str, set[str]]], tmp_path: Path) -> None:
    """A test of the test: what does import these is found out."""
    code, _, modules = imported("jwks", "fetch", "http://127.0.0.1:1/")
    assert code == 5
    assert heavy(modules, HEAVY) >= {"httpx"}
    coloured = imported("decode", "--color", "always", "x")
    assert coloured[0] == 3
    assert "rich" in coloured[2]
    assert list(tmp_path.iterdir()) == []
