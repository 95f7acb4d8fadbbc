from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.errors import (
    BadJson,
    FileNotFound,
    InputTooLarge,
    JwtoolError,
    SourceMalformed,
    StdinTwice,
    TokenMalformed,
    UsageError,
    VariableNotSet,
)
from jwtool.sources import token_input
from jwtool.sources.runtime import Runtime
from jwtool.sources.token_input import Tidied, read_token, tidy

if TYPE_CHECKING:
    from pathlib import Path

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
MakeRuntime = Callable[..., Runtime]

TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"
NONE = "the JSON object is no token, and has none of the members 'access_token', 'id_token', 'token', 'value'"


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"{TOKEN}\n",
        f"\r\n\t {TOKEN} \r\n",
        f'"{TOKEN}"',
        f"'{TOKEN}'",
        f"`{TOKEN}`",
        f"“{TOKEN}”",
        f"Bearer {TOKEN}",
        f"bearer\t{TOKEN}",
        f"BEARER  {TOKEN}",
        f"Authorization: Bearer {TOKEN}",
        f"authorization:bearer {TOKEN}\r\n",
        f'"Authorization: Bearer {TOKEN}"',
        f"' \"Bearer {TOKEN}\" '",
        f'Authorization: Bearer "{TOKEN}"',
    ],
)
def test_what_is_stripped(text: str) -> None:
    tidied = tidy(text)
    assert (tidied.text, tidied.note) == (TOKEN, None)


@pytest.mark.parametrize(
    "text",
    [
        f'"{TOKEN}',
        f"'{TOKEN}\"",
        f"Basic {TOKEN}",
        f"Bearer{TOKEN}",
        f"{TOKEN} {TOKEN}",
        f"{TOKEN},",
        f"\ufeff{TOKEN}",
        "",
        "x",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    assert tidy(text).text == text


def test_quotes_without_end_take_no_time() -> None:
    assert tidy('"' * 200_000).text == '"' * (200_000 - 16)


@pytest.mark.parametrize("name", ["access_token", "id_token", "token", "value"])
def test_a_token_out_of_an_object(name: str) -> None:
    text = json.dumps({"expires_in": 300, name: f" Bearer {TOKEN}\n"}, indent=2)
    tidied = tidy(text)
    assert (tidied.text, tidied.note) == (TOKEN, f"token: taken from the member '{name}' of a JSON object")


def test_the_order_of_the_members() -> None:
    texts = {"value": "4", "token": "3", "id_token": "2", "access_token": "1"}
    for number in ("1", "2", "3", "4"):
        assert tidy(json.dumps(texts)).text == number
        texts = {name: text for name, text in texts.items() if text != number}
    assert tidy('{"access_token": null, "token": "t"}').text == "t"


def test_the_member_that_was_asked_for() -> None:
    text = '{"access_token": "a", "x": {"y": 1}, "jwt": "\'j\'", "payload": "", "signature": ""}'
    assert tidy(text, member="jwt").text == "j"
    assert tidy(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        '{"payload": "e30", "protected": "e30", "signature": "AA"}',
        '{"payload": "e30", "signatures": [], "token": "x"}',
        '{"ciphertext": "AA"}',
        '{"signature": "AA"}',
        '{"payload": "AA"}',
    ],
)
def test_json_serializations_are_left_to_their_parser(text: str) -> None:
    assert tidy(f"\n'{text}'\n").text == text


@pytest.mark.parametrize(
    ("text", "member", "message", "hint"),
    [
        ("{}", None, NONE, None),
        ('{"jwt": "x", "n": 1, "s": ""}', None, NONE, "--member picks one of 'jwt', 's'"),
        ('{"token": 1}', None, "the member 'token' is a number, wanted a string", None),
        ('{"token": "x"}', "jwt", "the JSON object has no member 'jwt'", "--member picks one of 'token'"),
        ('{"jwt": null}', "jwt", "the member 'jwt' is null, wanted a string", None),
        (TOKEN, "jwt", "the input is no JSON object, so it has no member 'jwt'", None),
    ],
)
def test_objects_without_a_token(
    text: str, member: str | None, message: str, hint: str | None, refusal: Refusal
) -> None:
    assert refusal(tidy, text, member=member) == (TokenMalformed, message, hint)


def test_members_are_not_named_without_end(refusal: Refusal) -> None:
    text = json.dumps({f"m{number}": "" for number in range(9)})
    assert refusal(tidy, text)[2] == "--member picks one of 'm0', 'm1', 'm2', 'm3', 'm4'"


def test_a_broken_object(refusal: Refusal) -> None:
    assert refusal(tidy, '{"token": "x",}')[0] is BadJson


def test_the_cap_counts_the_token_and_not_its_wrapping(refusal: Refusal) -> None:
    large = "x" * (256 * 1024)
    assert tidy(f'{{"padding": "{large}", "token": "{large}"}}').text == large
    assert refusal(tidy, f"{large}x") == (InputTooLarge, "the token holds more than 256 KiB", None)


def test_where_a_token_comes_from(make_runtime: MakeRuntime, in_folder: Path) -> None:
    (in_folder / "t").write_text(f"{TOKEN}\n")
    runtime = make_runtime(f"Bearer {TOKEN}\n".encode(), environ={"T": f'"{TOKEN}"'})
    for argument in (None, "@t", "env:T", TOKEN, f" {TOKEN}"):
        assert read_token(argument, runtime) == Tidied(TOKEN)
    assert read_token("-", make_runtime(TOKEN.encode())) == Tidied(TOKEN)
    assert read_token("-", make_runtime(b'{"a": "b"}'), member="a").text == "b"


def test_a_token_from_a_terminal_is_read_if_asked_for(make_runtime: MakeRuntime) -> None:
    assert read_token("-", make_runtime(TOKEN.encode(), terminal=True)) == Tidied(TOKEN)


@pytest.mark.parametrize(
    ("argument", "refused"),
    [
        ("", (TokenMalformed, "the token is empty", "is the variable set that it comes from?")),
        ("-", (TokenMalformed, "stdin is empty, wanted a token", None)),
        ("@empty", (TokenMalformed, "empty is empty, wanted a token", None)),
        ("env:EMPTY", (TokenMalformed, "env:EMPTY is empty, wanted a token", None)),
        (" ", (TokenMalformed, "the command line is empty, wanted a token", None)),
        ("@", (SourceMalformed, "TOKEN names no file after the '@'", "@PATH")),
        ("@nowhere", (FileNotFound, "can't read the token: no such file: 'nowhere'", None)),
        (
            "env:NOWHERE",
            (
                VariableNotSet,
                "can't read the token: the environment variable 'NOWHERE' is not set",
                "is it exported? a shell keeps others to itself",
            ),
        ),
        (
            "HTTPS://auth.example/token",
            (SourceMalformed, "a token is never fetched from a URL", "fetch it yourself, and pipe it in"),
        ),
        ("token.jwt", (TokenMalformed, "'token.jwt' is the name of a file, not a token", "@token.jwt")),
        ("@latin", (TokenMalformed, "the token is not UTF-8: an invalid byte at offset 3", None)),
        (
            "@utf16",
            (TokenMalformed, "the token is not UTF-8: it is UTF-16", "PowerShell: … | Out-File -Encoding ascii"),
        ),
        ("caf\udce9", (TokenMalformed, "the token is not UTF-8: an invalid byte at offset 3", None)),
        ("@large", (InputTooLarge, "can't read the token: 'large' holds more than 1 MiB", None)),
    ],
)
def test_what_is_no_token(
    argument: str,
    refused: tuple[type, str, str | None],
    make_runtime: MakeRuntime,
    in_folder: Path,
    refusal: Refusal,
) -> None:
    (in_folder / "empty").touch()
    (in_folder / "token.jwt").write_text(TOKEN)
    (in_folder / "latin").write_bytes(b"caf\xe9")
    (in_folder / "utf16").write_bytes(TOKEN.encode("utf-16"))
    (in_folder / "large").write_bytes(b"x" * (1024 * 1024 + 1))
    assert refusal(read_token, argument, make_runtime(b"\n", environ={"EMPTY": ""})) == refused


def test_a_token_that_is_also_the_name_of_a_file_is_a_token(make_runtime: MakeRuntime, in_folder: Path) -> None:
    (in_folder / TOKEN).touch()
    assert read_token(TOKEN, make_runtime()) == Tidied(TOKEN)


def test_no_token_on_a_terminal(make_runtime: MakeRuntime, refusal: Refusal) -> None:
    missing = (UsageError, "no token was given", "give it as @FILE, env:NAME, or by a pipe")
    assert refusal(read_token, None, make_runtime(terminal=True)) == missing


def test_stdin_is_used_once(make_runtime: MakeRuntime, refusal: Refusal) -> None:
    runtime = make_runtime(TOKEN.encode())
    read_token(None, runtime)
    assert refusal(read_token, "-", runtime)[0] is StdinTwice


def test_a_repr_shows_no_token() -> None:
    assert repr(Tidied(TOKEN, "note")) == "Tidied(note='note')"


def test_a_hint_names_no_more_members_than_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """To quote a name costs, and an object may have a hundred thousand."""
    quoted: list[str] = []

    def quote(name: str) -> str:
        quoted.append(name)
        return f"<{name}>"

    monkeypatch.setattr(token_input, "quote", quote)
    with pytest.raises(TokenMalformed) as caught:
        tidy(json.dumps({f"m{number}": "" for number in range(1000)}))
    assert caught.value.hint == "--member picks one of <m0>, <m1>, <m2>, <m3>, <m4>"
    assert quoted == ["m0", "m1", "m2", "m3", "m4"]
