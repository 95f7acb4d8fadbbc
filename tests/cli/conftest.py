"""A command line as a function call: exit code, stdout and stderr, all three to be asserted."""

from __future__ import annotations

import io
import shutil
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from jsonschema import Draft202012Validator

from jwtool.cli.main import run
from jwtool.jose import strict_json
from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOW = 1_795_556_400  # 2026-11-24 21:40:00 UTC


@dataclass(frozen=True)
class Outcome:
    """How one command line came out."""

    exit: int
    stdout: str
    stderr: str
    raw: bytes

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return strict_json.parse(self.stdout)

    @property
    def codes(self) -> set[str]:
        """The codes of the failed checks of `verify --json`, or the one of an error document."""
        document = self.document
        if document["schema"] == "jwtool.error/1":
            return {document["error"]["code"]}
        return {check["code"] for check in document["checks"] if check["verdict"] == "failed"}


class Cli(Protocol):
    """`cli("verify", …, now=EXP, stdin=b"…", env={…}, tty="stdout")`."""

    def __call__(
        self,
        *argv: object,
        now: int = NOW,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        tty: str = "",
        typed: str | None = None,
    ) -> Outcome: ...


def hold_to_schema(raw: bytes) -> None:
    """stdout of a command with --json: one line, ASCII, one document, as its schema in the package says."""
    text = raw.decode("ascii")
    assert text.endswith("\n")
    assert text.count("\n") == 1
    document = strict_json.parse(text)
    name, _, version = document["schema"].removeprefix("jwtool.").partition("/")
    assert version == "1"
    schema = files("jwtool.schemas").joinpath(f"{name}.schema.json").read_text("utf-8")
    Draft202012Validator(strict_json.parse(schema)).validate(document)


@pytest.fixture(scope="session")
def cli() -> Cli:
    """Run jwtool in this process. `tty` names the streams that are terminals; `typed` answers a passphrase prompt."""

    def call(
        *argv: object,
        now: int = NOW,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        tty: str = "",
        typed: str | None = None,
    ) -> Outcome:
        out, err = io.BytesIO(), io.BytesIO()
        asked: list[str] = []

        def ask(prompt: str) -> str:
            asked.append(prompt)
            assert typed is not None, "nobody expected a prompt"
            return typed

        runtime = Runtime(
            stdin=io.BytesIO(stdin or b""),
            stdout=out,
            stderr=err,
            environ=dict(env or {}),
            now=lambda: now,
            stdin_is_terminal="stdin" in tty,
            stdout_is_terminal="stdout" in tty,
            stderr_is_terminal="stderr" in tty,
            ask_secret=ask,
        )
        code = run([str(part) for part in argv], runtime)
        raw = out.getvalue()
        if "--lines" in argv:
            documents = "--json" in argv or not {"-q", "-f", "sign"} & set(argv)
            for line in raw.splitlines(keepends=True) if documents else ():
                hold_to_schema(line)
        elif "--json" in argv:
            hold_to_schema(raw)
            assert "-v" in argv or err.getvalue() == b""
        return Outcome(code, raw.decode("utf-8", "backslashreplace"), err.getvalue().decode(), raw)

    return call


@pytest.fixture(scope="session")
def made_keys(tmp_path_factory: pytest.TempPathFactory, cli: Cli) -> Path:
    """What `keys` copies: made once, by jwtool itself."""
    folder = tmp_path_factory.mktemp("keys")
    private, public = folder / "es256.jwk", folder / "es256.public.jwk"
    assert cli("key", "new", "--kid", "k1", "-o", private, "--public-out", public).exit == 0
    assert cli("jwks", "build", private, "-o", folder / "jwks.json").exit == 0
    claims = ("-i", "https://auth.example", "-a", "api", "--sub", "user-42", "--jti", "1")
    assert cli("sign", "-k", private, *claims, "-o", folder / "token.jwt").exit == 0
    return folder


@pytest.fixture
def keys(tmp_path: Path, made_keys: Path) -> Path:
    """A folder with es256.jwk, es256.public.jwk, jwks.json (its set), and a valid token in token.jwt."""
    shutil.copytree(made_keys, tmp_path, dirs_exist_ok=True)
    return tmp_path
