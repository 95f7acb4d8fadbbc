"""Every command: a test file, help, examples that run, and the options that the contract of the command line names."""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import io
import os
import shlex
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from jwtool.cli import app
from jwtool.cli.main import run
from jwtool.cli.network_options import FETCHED
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import to_pem
from jwtool.operations import demo
from jwtool.operations.demo import Step
from jwtool.sources.runtime import Runtime
from tests.contract.options import COMMON, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_httpserver import HTTPServer

TESTS = Path(__file__).parents[1] / "cli" / "commands"
LATER = ("--profile",)


def paths(package: str = app.COMMANDS, before: str = "") -> Iterator[str]:
    """Every command, as it is typed."""
    for name in app.command_names(package):
        module = f"{package}.{name.replace('-', '_')}"
        if hasattr(importlib.import_module(module), "__path__"):
            yield from paths(module, f"{before}{name} ")
        else:
            yield f"{before}{name}"


PATHS = sorted(paths())


def module_of(path: str) -> Any:
    return importlib.import_module(f"{app.COMMANDS}.{path.replace(' ', '.')}")


def built(path: str) -> Any:
    return app.build(path.rpartition(" ")[2], module_of(path).command, None)


def examples(path: str) -> list[str]:
    """The `Example:` lines of a command."""
    lines = (inspect.getdoc(module_of(path).command) or "").splitlines()
    return [line.removeprefix("Example: ") for line in lines if line.startswith("Example: ")]


EXAMPLES = [(path, line) for path in PATHS for line in examples(path)]


def test_the_commands_of_the_contract_are_there_and_no_others() -> None:
    assert sorted(OPTIONS) == PATHS


@pytest.mark.parametrize("path", PATHS)
def test_it_has_a_test_file(path: str) -> None:
    assert (TESTS / f"test_{path.replace(' ', '_')}.py").is_file()


@pytest.mark.parametrize("path", PATHS)
def test_its_options_are_those_of_the_contract(path: str) -> None:
    options = {" ".join(param.opts) for param in built(path).params if param.param_type_name == "option"}
    assert options | {"-h --help"} == OPTIONS[path] | COMMON


@pytest.mark.parametrize("path", PATHS)
def test_it_has_help_for_everything(path: str) -> None:
    command = built(path)
    first = command.help.partition("\n")[0]
    assert first[:1].isupper()
    assert first[-1:] in ".?:"
    assert examples(path)
    for param in command.params:
        assert param.help, param.name
        assert param.help[-1] in ".…]", (param.name, param.help)
    module = module_of(path).__doc__
    assert module.startswith(f"`jwtool {path}`: ")
    assert app.summary(f"{app.COMMANDS}.{path.replace(' ', '.')}")[:1].isupper()


@pytest.fixture
def helped(capsys: pytest.CaptureFixture[str]) -> Any:
    """The help of a command, 80 columns wide."""

    def show(path: str) -> str:
        done = jwtool([*path.split(), "--help"])
        assert capsys.readouterr().out == ""
        return done[1].decode()

    return show


def jwtool(argv: list[str], stdin: bytes = b"", env: Mapping[str, str] | None = None) -> tuple[int, bytes, bytes]:
    """Exit code, stdout and stderr of a command line in this process."""
    out, err = io.BytesIO(), io.BytesIO()
    runtime = Runtime(
        stdin=io.BytesIO(stdin),
        stdout=out,
        stderr=err,
        environ=dict(env or {}),
        now=lambda: 1_795_556_400,
        stdin_is_terminal=not stdin,
        stdout_is_terminal=False,
        stderr_is_terminal=False,
        ask_secret=lambda _prompt: "",
    )
    return run(argv, runtime), out.getvalue(), err.getvalue()


@pytest.mark.parametrize("path", ["", "issuer", "key", "jwks", *PATHS])
def test_help_shows_nothing_that_is_not_there_yet(helped: Any, path: str) -> None:
    text = helped(path)
    assert [word for word in LATER if word in text] == []
    assert text.count(f"Usage: {' '.join(('jwtool', *path.split()))} ") == 1
    shown = [line.strip() for line in text.partition("Examples:\n")[2].splitlines()]
    assert shown == (examples(path) if path in PATHS else [])


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer) -> dict[str, str]:
    """A folder with the files that examples name, and an environment; the set is served at the URLs that they name."""
    monkeypatch.chdir(tmp_path)
    made = (
        "key new --kid 2026-11-a -o private.jwk --public-out public.jwk",
        "key new -o new.jwk",
        "key new --format pem -o old.pem",
        "jwks build private.jwk -o jwks.json",
        "jwks rotate signing.json --public-out public.json --at 2026-10-01T00:00:00Z",
        "sign -k private.jwk -i https://auth.example -a api --sub user-42 -o token.jwt",
        "sign -k private.jwk --payload @body.json --detached -o detached.jws",
        "sign -k private.jwk --preset dpop -c htm=POST -c htu=https://api.example/orders -o proof.jwt",
        "key new --alg ECDH-ES+A256KW -o recipient.jwk",
        "encrypt -k recipient.jwk @token.jwt -o token.jwe",
        "encrypt -k secret:env:PASSWORD @body.json -o notes.jwe",
    )
    Path("body.json").write_text('{"amount": 5}\n')
    Path("notes.txt").write_text("for your eyes only\n")
    environ = {
        "HMAC_SECRET": "a secret of sixty-four octets, that is long enough for all of them",
        "PASSWORD": "correct horse battery staple",
        "CLIENT_SECRET": "that of the client",
        "HOME": str(tmp_path),
    }
    for line in made:
        assert jwtool(shlex.split(line), env=environ)[0] == 0, line
    Path("chain.pem").write_bytes(certificate_of(Path("private.jwk").read_bytes()))
    Path("tokens.txt").write_bytes(Path("token.jwt").read_bytes() * 2)
    Path("claims.txt").write_text('{"sub":"user-1"}\n{"sub":"user-2"}\n')
    for path in ("/jwks.json", "/.well-known/jwks.json"):
        httpserver.expect_request(path).respond_with_data(Path("jwks.json").read_bytes())
    base = httpserver.url_for("").rstrip("/")
    httpserver.expect_request("/.well-known/openid-configuration").respond_with_json(
        {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/jwks.json",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
    )
    httpserver.expect_request("/token").respond_with_json({"access_token": "opaque", "token_type": "Bearer"})
    monkeypatch.setattr(demo, "play", lambda _environ: iter([Step("a step", "jwtool", "ok", "ok")]))
    return environ


def certificate_of(jwk: bytes) -> bytes:
    """A certificate in PEM for the private key of a file, signed by itself."""
    (key,) = load_keys(jwk, passphrase=lambda: None).keys
    native = load_pem_private_key(to_pem(key, private=True), None)
    assert isinstance(native, ec.EllipticCurvePrivateKey)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "auth.example")])
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(name, name, native.public_key(), 1, begin, begin + dt.timedelta(days=730))
    return builder.sign(native, hashes.SHA256()).public_bytes(Encoding.PEM)


OUTPUTS = ("-o", "--public-out")


@pytest.mark.parametrize(("path", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_its_examples_run(prepared: dict[str, str], httpserver: HTTPServer, path: str, line: str) -> None:
    base = httpserver.url_for("").rstrip("/")
    words = shlex.split(line)
    stdin = b""
    if "|" in words:
        assert words[: words.index("|") + 1] == ["pbpaste", "|"]
        stdin = Path("token.jwt").read_bytes()
        words = words[words.index("|") + 1 :]
    assert words[: 1 + path.count(" ") + 1] == ["jwtool", *path.split()]
    argv = [
        f"{base}{word.removeprefix('https://auth.example')}" if word.startswith("https://auth.example/") else word
        for word in words[1:]
    ]
    by_discovery = path == "verify" and not {"-k", "--key", "--jwks", "--preset"} & set(argv)
    if by_discovery or path in {"issuer show", "token get"}:
        argv = [base if word == "https://auth.example" else word for word in argv]
        claims = ["-i", base, "-a", "api", "--sub", "user-42"]
        Path("token.jwt").write_bytes(jwtool(["sign", "-k", "private.jwk", *claims], env=prepared)[1])
    for option, target in pairwise(argv):
        if option in OUTPUTS:
            Path(target).unlink(missing_ok=True)
    if "secret:env:HMAC_SECRET" in argv and "@token.jwt" in argv:
        Path("token.jwt").write_bytes(
            jwtool(["sign", "-k", "secret:env:HMAC_SECRET", "--alg", "HS256", "--sub", "x"], env=prepared)[1]
        )
    if path in {"jwks serve", "issuer serve"}:
        assert_serves(argv)
        return
    code, out, err = jwtool(argv, stdin, prepared)
    assert code == 0, err.decode()
    assert out or err


@pytest.mark.parametrize("path", PATHS)
def test_whatever_is_fetched_is_asked_whether_a_credential_would_go_to_two_hosts(path: str) -> None:
    parameters = {one.name: one.metavar or "" for one in built(path).params}
    if "bearer" in parameters:
        sources = {name for name, metavar in parameters.items() if metavar.removesuffix("...") in {"KEY", "SET", "URL"}}
        assert sources - {"resource"} <= set(FETCHED)


def assert_serves(argv: list[str]) -> None:
    """Start the server of an example, wait for its ready file, end it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "jwtool", *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 20
        while not os.path.exists("ready"):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.communicate()
