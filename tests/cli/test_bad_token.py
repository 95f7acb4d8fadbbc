"""A TOKEN that is none: what was found, what was wanted, one hint, each word for word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.AAAA"
WRAPPED = "a token is one word; a line break inside comes from copying a wrapped line"
WHOLE = "copy the whole token, and nothing else"
TOO_FEW = "the token has {}, wanted three (JWS) or five (JWE), with dots between them"


@pytest.fixture(autouse=True)
def here(keys: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder is that of `keys`."""
    monkeypatch.chdir(keys)
    return keys


def said(message: str, hint: str | None) -> str:
    return f"jwtool: error: {message}\n" + ("" if hint is None else f"hint: {hint}\n")


@pytest.mark.parametrize(
    ("token", "message", "hint"),
    [
        ("", "stdin is empty, wanted a token", None),
        ("\n", "stdin is empty, wanted a token", None),
        ('""', "the token is empty", "give a token, or - to read it from stdin"),
        (
            "Bearer ",
            TOO_FEW.format("one segment"),
            "an opaque token can be read by its issuer alone; a JWT begins with eyJ",
        ),
        (
            "opaque-token",
            TOO_FEW.format("one segment"),
            "an opaque token can be read by its issuer alone; a JWT begins with eyJ",
        ),
        (TOKEN[:12], TOO_FEW.format("one segment"), "its end is missing; also an unsigned token ends with a dot"),
        (
            TOKEN.rpartition(".")[0],
            TOO_FEW.format("two segments"),
            "its end is missing; also an unsigned token ends with a dot",
        ),
        (f"{TOKEN}.AAAA", TOO_FEW.format("four segments"), WHOLE),
        (f"{TOKEN[:30]}\n{TOKEN[30:]}", "the token has a line break at offset 30", WRAPPED),
        (f"{TOKEN} {TOKEN}", "the token has a blank at offset 41", WRAPPED),
        (f"{TOKEN}=", "the signature is not base64url: padding ('=') at offset 4", None),
        (
            f"{TOKEN}A",
            "the signature is not base64url: no octets have a length of 5 characters",
            "a character is missing or too many; copy the whole value again",
        ),
        (
            TOKEN.replace(".AAAA", ".AA+A"),
            "the signature is not base64url: '+' of the standard base64 alphabet at offset 2",
            None,
        ),
        ("bnVsbA.e30.AAAA", "the header is null, wanted a JSON object", None),
        (".e30.AAAA", "the header is empty, wanted a JSON object", None),
        (
            "eyJhIjoxLH0.e30.AAAA",
            "the header is not JSON: trailing comma at line 1, column 7",
            "remove the comma before the closing bracket",
        ),
        ("eyJhIjoxLCJhIjoyfQ.e30.AAAA", "the header has the member 'a' twice", None),
        (f"{TOKEN[:20]}…", "the token was shortened by what displayed it: character U+2026 at offset 20", WHOLE),
        (
            TOKEN.replace(".", "%2E"),
            "the dots of the token are percent-encoded",
            "decode it first: %2E stands for a dot",
        ),
        (
            '{"error":"invalid_grant"}',
            "the JSON object is no token, and has none of the members 'access_token', 'id_token', 'token', 'value'",
            "--member picks one of 'error'",
        ),
        ('{"access_token":7}', "the member 'access_token' is a number, wanted a string", None),
        ("\xff", "the token is not UTF-8: an invalid byte at offset 0", None),
    ],
)
@pytest.mark.parametrize("command", [("decode",), ("verify", "-k", "jwks.json")])
def test_a_token_that_is_none(cli: Cli, command: tuple[str, ...], token: str, message: str, hint: str | None) -> None:
    data = b"\xff" if token == "\xff" else token.encode()
    done = cli(*command, stdin=data)
    assert (done.exit, done.stdout) == (3, "")
    assert done.stderr == said(message, hint)


@pytest.mark.parametrize(
    ("argument", "exit_code", "message", "hint"),
    [
        ("", 3, "the token is empty", "is the variable set that it comes from?"),
        ("token.jwt", 3, "'token.jwt' is the name of a file, not a token", "@token.jwt"),
        ("@tokn.jwt", 3, "can't read the token: no such file: 'tokn.jwt'", "did you mean 'token.jwt'?"),
        ("@no/token.jwt", 3, "can't read the token: no such folder: 'no'", None),
        ("@.", 3, "can't read the token: '.' is a folder, not a file", None),
        ("@", 2, "TOKEN names no file after the '@'", "@PATH"),
        ("env:", 2, "TOKEN names no environment variable after 'env:'", "env:NAME"),
        ("env:TOKN", 3, "can't read the token: the environment variable 'TOKN' is not set", "did you mean env:TOKEN?"),
        ("env:EMPTY", 3, "env:EMPTY is empty, wanted a token", None),
        ("https://h.example/t", 2, "a token is never fetched from a URL", "fetch it yourself, and pipe it in"),
        ("@big", 3, "can't read the token: 'big' holds more than 1 MiB", None),
        ("@large", 3, "the token holds more than 256 KiB", None),
    ],
)
def test_where_a_token_is_not(
    cli: Cli, here: Path, argument: str, exit_code: int, message: str, hint: str | None
) -> None:
    (here / "big").write_bytes(b"a" * (1024 * 1024 + 1))
    (here / "large").write_bytes(b"a" * (256 * 1024 + 1))
    done = cli("decode", argument, env={"TOKEN": TOKEN, "EMPTY": ""})
    assert (done.exit, done.stdout, done.stderr) == (exit_code, "", said(message, hint))


class TestNoToken:
    """A missing TOKEN on a terminal: short help, exit 2."""

    def test_short_help(self, cli: Cli) -> None:
        done = cli("decode", tty="stdin stdout stderr", env={"NO_COLOR": "1"})
        assert (done.exit, done.stdout) == (2, "")
        assert done.stderr == (
            "Usage: jwtool decode [OPTIONS] [TOKEN]\n"
            "\n"
            "  jwtool decode @token.jwt\n"
            "  pbpaste | jwtool decode\n"
            "  jwtool decode -f sub @token.jwt\n"
            "  jwtool decode --lines @tokens.txt\n"
            "\n"
            "jwtool: error: no token was given\n"
            "hint: give it as @FILE, env:NAME, or by a pipe\n"
        )
        assert cli("verify", "-k", "jwks.json", tty="stdin").stderr.startswith(
            "Usage: jwtool verify [OPTIONS] [TOKEN]\n"
        )

    def test_json(self, cli: Cli) -> None:
        assert cli("verify", "--json", tty="stdin").document["error"] == {
            "code": "usage",
            "message": "no token was given",
            "hint": "give it as @FILE, env:NAME, or by a pipe",
            "exit": 2,
        }
