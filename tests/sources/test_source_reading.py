from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.errors import (
    BadUtf8,
    InputTooLarge,
    JwtoolError,
    KeyUnrecognized,
    SecretOnCommandLine,
    SourceMalformed,
    StdinTwice,
    VariableNotSet,
)
from jwtool.sources.runtime import Runtime
from jwtool.sources.source import parse_source, read_bytes, read_private_text, read_secret

if TYPE_CHECKING:
    from pathlib import Path

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
MakeRuntime = Callable[..., Runtime]


def read_secret_from(text: str, runtime: Runtime) -> bytes:
    return read_secret(parse_source(text, bare="file", what="KEY"), runtime)


def test_reading(make_runtime: MakeRuntime, in_folder: Path, refusal: Refusal) -> None:
    (in_folder / "f").write_bytes(b"file\n")
    runtime = make_runtime(b"stdin\n", environ={"V": "variable\n", "RAW": "caf\udce9", "EMPTY": ""})

    def read(text: str, cap: int = 100) -> bytes:
        return read_bytes(parse_source(text, bare="text", what="X"), runtime, cap=cap, what="key")

    assert read("-") == b"stdin\n"
    assert read("@f") == b"file\n"
    assert read("env:V") == b"variable\n"
    assert read("env:RAW") == b"caf\xe9"
    assert read("env:EMPTY") == b""
    assert read("text") == b"text"
    assert read("env:V", 9) == b"variable\n"
    assert refusal(read, "env:V", 8) == (
        InputTooLarge,
        "can't read the key: env:V holds more than 8 octets",
        None,
    )
    assert refusal(read, "-") == (
        StdinTwice,
        "stdin can't be both the key and the key",
        "give one of them as @FILE or env:NAME",
    )


def test_a_variable_that_is_not_set(make_runtime: MakeRuntime, refusal: Refusal) -> None:
    runtime = make_runtime(environ={"SIGNING_KEY": "x"})
    message = "can't read the key: the environment variable {} is not set"
    source = parse_source("env:SIGNIN_KEY", bare="file", what="KEY")
    refused = (VariableNotSet, message.format("'SIGNIN_KEY'"), "did you mean env:SIGNING_KEY?")
    assert refusal(read_bytes, source, runtime, cap=9, what="key") == refused
    source = parse_source("env:OTHER", bare="file", what="KEY")
    refused = (VariableNotSet, message.format("'OTHER'"), "is it exported? a shell keeps others to itself")
    assert refusal(read_bytes, source, runtime, cap=9, what="key") == refused


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"hunter2\n", b"hunter2"),
        (b"hunter2\r\n", b"hunter2"),
        (b"hunter2\n\n", b"hunter2\n"),
        (b"hunter2\r", b"hunter2\r"),
        (b"two\nlines\n", b"two\nlines"),
        (b" blank\t\n", b" blank\t"),
        ("pä\n".encode(), "pä".encode()),
        (b"\n", b""),
        (b"", b""),
        (b"\x00\x01\n", b"\x00\x01\n"),
        (b"\xff\xfe\r\n", b"\xff\xfe\r\n"),
        (b"esc\x1b\n", b"esc\x1b\n"),
    ],
)
def test_one_line_break_after_printable_text_is_dropped(
    content: bytes, secret: bytes, make_runtime: MakeRuntime, in_folder: Path
) -> None:
    (in_folder / "s").write_bytes(content)
    assert read_secret_from("secret:@s", make_runtime()) == secret
    assert read_secret_from("secret:-", make_runtime(content)) == secret


def test_a_variable_keeps_its_line_break(make_runtime: MakeRuntime) -> None:
    assert read_secret_from("secret:env:S", make_runtime(environ={"S": "hunter2\n"})) == b"hunter2\n"


@pytest.mark.parametrize(
    ("source", "text", "secret"),
    [
        ("hex", "00ff10", b"\x00\xff\x10"),
        ("hex", " 00 FF\n10\n", b"\x00\xff\x10"),
        ("hex", "", b""),
        ("base64", "+/8=", b"\xfb\xff"),
        ("base64", "+/8", b"\xfb\xff"),
        ("base64", "-_8=", b"\xfb\xff"),
        ("base64", "-_8", b"\xfb\xff"),
        ("base64", "  QUJD\r\nRA==\n", b"ABCD"),
        ("base64", "", b""),
    ],
)
def test_encoded_secrets(source: str, text: str, secret: bytes, make_runtime: MakeRuntime) -> None:
    assert read_secret_from(f"{source}:env:S", make_runtime(environ={"S": text})) == secret
    assert read_secret_from(f"{source}:-", make_runtime(text.encode())) == secret


@pytest.mark.parametrize("text", ["0", "0g", "0x00", "00:ff", "é0", "\x00"])
def test_what_is_no_hex(text: str, make_runtime: MakeRuntime, refusal: Refusal) -> None:
    assert refusal(read_secret_from, "hex:env:S", make_runtime(environ={"S": text})) == (
        KeyUnrecognized,
        "the secret of hex:env:S is not hexadecimal: pairs of 0-9 and a-f",
        "secret: takes the bytes as they are",
    )


@pytest.mark.parametrize("text", ["A", "AAAAA", "AB", "A+_A", "A=AA", "=AAA", "A.AA", "Aé", "A\x00AA"])
def test_what_is_no_base64(text: str, make_runtime: MakeRuntime, refusal: Refusal) -> None:
    assert refusal(read_secret_from, "base64:env:S", make_runtime(environ={"S": text})) == (
        KeyUnrecognized,
        "the secret of base64:env:S is not base64, in either alphabet",
        "secret: takes the bytes as they are; was it copied whole?",
    )


def test_private_text(make_runtime: MakeRuntime, in_folder: Path) -> None:
    (in_folder / "f").write_bytes("pä ss\r\n".encode())
    runtime = make_runtime(b"from stdin\n\n", environ={"P": "variable\n"})
    texts = [read_private_text(text, runtime, option="--passphrase") for text in ("@f", "-", "env:P")]
    assert texts == ["pä ss", "from stdin\n", "variable\n"]


@pytest.mark.parametrize("text", ["hunter2", "secret:x", "https://auth.example/", "env", " -"])
def test_private_text_is_never_taken_from_the_command_line(
    text: str, make_runtime: MakeRuntime, refusal: Refusal
) -> None:
    assert refusal(read_private_text, text, make_runtime(), option="--passphrase") == (
        SecretOnCommandLine,
        "--passphrase takes -, @PATH or env:NAME: a secret on the command line is seen by others",
        "--passphrase env:NAME",
    )


def test_private_text_that_is_none(make_runtime: MakeRuntime, in_folder: Path, refusal: Refusal) -> None:
    (in_folder / "latin").write_bytes(b"caf\xe9")
    (in_folder / "large").write_bytes(b"x" * (256 * 1024 + 1))
    runtime = make_runtime()
    assert refusal(read_private_text, "@latin", runtime, option="--code") == (
        BadUtf8,
        "the text for --code is not UTF-8",
        None,
    )
    assert refusal(read_private_text, "@large", runtime, option="--code") == (
        InputTooLarge,
        "can't read the text for --code: 'large' holds more than 256 KiB",
        None,
    )
    assert refusal(read_private_text, "", runtime, option="--code") == (
        SourceMalformed,
        "--code is empty",
        "a source is -, @PATH or env:NAME",
    )


def test_stdin_is_taken_once(make_runtime: MakeRuntime, refusal: Refusal) -> None:
    runtime = make_runtime(b"x")
    assert read_secret_from("secret:-", runtime) == b"x"
    assert refusal(read_private_text, "-", runtime, option="--passphrase") == (
        StdinTwice,
        "stdin can't be both the secret and the text for --passphrase",
        "give one of them as @FILE or env:NAME",
    )


def test_a_path_with_a_nul_is_no_crash(refusal: Refusal, make_runtime: MakeRuntime) -> None:
    source = parse_source("a\x00#b", bare="file", what="KEY")
    assert refusal(read_bytes, source, make_runtime(), cap=9, what="key")[1] == (
        "can't read the key: a path can't hold a NUL character"
    )


def test_the_environment_of_the_process_is_not_read(make_runtime: MakeRuntime, refusal: Refusal) -> None:
    assert "PATH" in os.environ
    source = parse_source("env:PATH", bare="file", what="KEY")
    assert refusal(read_bytes, source, make_runtime(), cap=9, what="key")[0] is VariableNotSet
