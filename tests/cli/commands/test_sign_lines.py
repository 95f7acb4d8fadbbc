"""`jwtool sign --lines`: a token of the claims in each line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli


def claims_of(cli: Cli, tokens: str) -> list[Any]:
    decoded = cli("decode", "--lines", stdin=tokens.encode())
    return [json.loads(line)["claims"] for line in decoded.stdout.splitlines()]


def test_a_token_a_line(cli: Cli, keys: Path) -> None:
    lines = b'{"sub":"a"}\n\n{"sub":"b","aud":"web"}\n'
    done = cli("sign", "--lines", "-k", keys / "es256.jwk", "-a", "api", "--exp", "1h", stdin=lines)
    assert (done.exit, done.stderr) == (0, "")
    first, second = claims_of(cli, done.stdout)
    assert (first["sub"], first["aud"], first["exp"] - first["iat"]) == ("a", "api", 3600)
    assert (second["sub"], second["aud"]) == ("b", "api")
    assert first["jti"] != second["jti"]
    verified = cli("verify", "--lines", "-k", keys / "es256.public.jwk", stdin=done.raw)
    assert verified.exit == 0


def test_decoded_tokens_are_signed_again(cli: Cli, keys: Path) -> None:
    decoded = cli("decode", "--lines", f"@{keys / 'token.jwt'}")
    done = cli("sign", "--lines", "-k", keys / "es256.jwk", stdin=decoded.raw)
    assert claims_of(cli, done.stdout) == claims_of(cli, (keys / "token.jwt").read_text())


def test_bad_claims_give_no_token_and_their_reason_aside(cli: Cli, keys: Path) -> None:
    lines = b'{"sub":"a"}\nx\n{"sub":1}\n{"sub":"b"}\n'
    done = cli("sign", "--lines", "-k", keys / "es256.jwk", stdin=lines)
    assert done.exit == 1
    assert [claims["sub"] for claims in claims_of(cli, done.stdout)] == ["a", "b"]
    assert done.stderr == (
        "line 2: CLAIMS is not JSON: no JSON value at line 1, column 1\n"
        "line 3: 'sub' must be a string, found a number\n"
    )
    assert cli("sign", "--lines", "-q", "-k", keys / "es256.jwk", stdin=lines).stderr == ""


def test_documents(cli: Cli, keys: Path) -> None:
    lines = b'{"sub":"a"}\nx\n'
    done = cli("sign", "--lines", "--json", "-k", keys / "es256.jwk", stdin=lines)
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["schema"], first["line"], first["claims"]["sub"]) == ("jwtool.sign/1", 1, "a")
    assert (second["line"], second["error"]["code"]) == (2, "bad_json")
    assert (done.exit, done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--payload", "x"), "--payload is about one token, and --lines reads many"),
        (("-o", "x"), "--output is about one token, and --lines reads many"),
        (("--jti", "1"), "--jti is about one token, and --lines reads many"),
        (('{"sub":"a"}',), "with --lines the input is -, @FILE or env:NAME, and a bare word was found"),
    ],
)
def test_what_makes_no_sense(cli: Cli, keys: Path, argv: tuple[str, ...], message: str) -> None:
    done = cli("sign", "--lines", "-k", keys / "es256.jwk", *argv)
    assert (done.exit, done.stdout) == (2, "")
    assert done.stderr.startswith(f"jwtool: error: {message}\n")
