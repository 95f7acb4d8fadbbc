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
    UrlMalformed,
    UrlSchemeRefused,
    UsageError,
    VariableNotSet,
)
from jwtool.sources.runtime import Runtime
from jwtool.sources.source import Source, parse_source, read_bytes, read_private_text, read_secret

if TYPE_CHECKING:
    from pathlib import Path

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
MakeRuntime = Callable[..., Runtime]

ARGV = "a secret on the command line is seen by others; '{0}:' takes -, @PATH or env:NAME"


def secret_source(text: str) -> Source:
    return parse_source(text, bare="file", what="KEY")


def read_secret_from(text: str, runtime: Runtime) -> bytes:
    return read_secret(secret_source(text), runtime)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("-", Source("stdin", label="stdin")),
        ("-#kid", Source("stdin", fragment="kid", label="stdin")),
        ("@key.jwk", Source("file", "key.jwk", label="key.jwk")),
        ("@-", Source("file", "-", label="-")),
        ("@@x", Source("file", "@x", label="@x")),
        ("key.jwk", Source("file", "key.jwk", label="key.jwk")),
        ("./a b/key.jwk", Source("file", "./a b/key.jwk", label="./a b/key.jwk")),
        ("key.jwk#kid", Source("file", "key.jwk", "kid", "key.jwk")),
        ("@key.jwk#kid", Source("file", "key.jwk", "kid", "key.jwk")),
        ("key.jwk#a#b", Source("file", "key.jwk", "a#b", "key.jwk")),
        ("a\x1b[31m.jwk", Source("file", "a\x1b[31m.jwk", label="a\\x1b[31m.jwk")),
        ("env:SIGNING_KEY", Source("env", "SIGNING_KEY", label="env:SIGNING_KEY")),
        ("env:SIGNING_KEY#kid", Source("env", "SIGNING_KEY", "kid", "env:SIGNING_KEY")),
        ("keys:2026.jwk", Source("file", "keys:2026.jwk", label="keys:2026.jwk")),
        (
            "https://auth.example/jwks?tenant=7#kid",
            Source("url", "https://auth.example/jwks?tenant=7", "kid", "https://auth.example/jwks"),
        ),
        (
            "http://127.0.0.1:8080/",
            Source("url", "http://127.0.0.1:8080/", label="http://127.0.0.1:8080/"),
        ),
        (
            "secret:env:HOOK",
            Source("secret", "HOOK", None, "secret:env:HOOK", Source("env", "HOOK", label="env:HOOK")),
        ),
        ("secret:-", Source("secret", "", None, "secret:-", Source("stdin", label="stdin"))),
        ("hex:@a#b", Source("hex", "a#b", None, "hex:@a#b", Source("file", "a#b", label="a#b"))),
        ("BASE64:@a", Source("base64", "a", None, "base64:@a", Source("file", "a", label="a"))),
    ],
)
def test_every_form_of_a_key(text: str, source: Source, in_folder: Path) -> None:
    assert in_folder.is_dir()
    assert parse_source(text, bare="file", what="KEY") == source


@pytest.mark.parametrize(
    ("files", "text", "value", "fragment"),
    [
        (["a#b"], "a#b", "a#b", None),
        (["a#b"], "@a#b", "a#b", None),
        (["a#b"], "a#b#kid", "a#b", "kid"),
        (["a", "a#b"], "a#b#kid", "a#b", "kid"),
        (["a"], "a#b#c", "a", "b#c"),
        (["a#"], "a#", "a#", None),
        (["secrets:x"], "secrets:x", "secrets:x", None),
        (["file:x"], "file:x", "file:x", None),
    ],
)
def test_a_path_that_exists_as_written_is_the_file(
    files: list[str], text: str, value: str, fragment: str | None, in_folder: Path
) -> None:
    for name in files:
        (in_folder / name).touch()
    source = parse_source(text, bare="file", what="KEY")
    assert (source.kind, source.value, source.fragment) == ("file", value, fragment)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("", (SourceMalformed, "KEY is empty", "a source is PATH, -, @PATH, env:NAME or https://…")),
        ("#kid", (SourceMalformed, "KEY is empty", "a source is PATH, -, @PATH, env:NAME or https://…")),
        ("key.jwk#", (SourceMalformed, "KEY names no key after the '#'", "SET#KID")),
        ("https://auth.example/#", (SourceMalformed, "KEY names no key after the '#'", "SET#KID")),
        ("@", (SourceMalformed, "KEY names no file after the '@'", "@PATH")),
        ("env:", (SourceMalformed, "KEY names no environment variable after 'env:'", "env:NAME")),
        ("env:A=B", (SourceMalformed, "KEY names no environment variable after 'env:'", "env:NAME")),
        (
            "issuer:https://auth.example",
            (
                UsageError,
                "issuer: is not supported in this version",
                "give the jwks_uri of the issuer: https://…",
            ),
        ),
        (
            "http://192.0.2.1/jwks",
            (
                UrlSchemeRefused,
                "http to '192.0.2.1' is refused: without TLS anyone on the way can change the keys",
                "write https://; http:// is for 127.0.0.0/8, [::1] and localhost only",
            ),
        ),
        (
            "https://user:hunter2@auth.example/",
            (
                UrlMalformed,
                "the URL holds a user name or a password before an '@'",
                "leave it out: a URL is seen by others",
            ),
        ),
        (
            "file:///etc/passwd",
            (
                UrlSchemeRefused,
                "a URL of the scheme 'file' is never fetched",
                "https:// is; a file is named by its path",
            ),
        ),
        (
            "file:key.jwk",
            (
                UrlSchemeRefused,
                "a URL of the scheme 'file' is never fetched",
                "https:// is; a file is named by its path",
            ),
        ),
        (
            "FTP://auth.example/",
            (
                UrlSchemeRefused,
                "a URL of the scheme 'ftp' is never fetched",
                "https:// is; a file is named by its path",
            ),
        ),
        ("secret:hunter2", (SecretOnCommandLine, ARGV.format("secret"), "secret:env:NAME or secret:@FILE")),
        ("hex:00ff", (SecretOnCommandLine, ARGV.format("hex"), "hex:env:NAME or hex:@FILE")),
        ("base64:AAAA", (SecretOnCommandLine, ARGV.format("base64"), "base64:env:NAME or base64:@FILE")),
        ("secret:", (SourceMalformed, "KEY after 'secret:' is empty", "secret:@PATH or secret:env:NAME")),
        (
            "secret:@",
            (SourceMalformed, "KEY after 'secret:' names no file after the '@'", "secret:@PATH or secret:env:NAME"),
        ),
        (
            "secrets:hunter2",
            (SourceMalformed, "KEY begins with 'secrets:', which is no source", "did you mean secret:?"),
        ),
        ("base46:hunter2", (SourceMalformed, "KEY begins with 'base46:', which is no source", "did you mean base64:?")),
        ("ENV:HOOK", (SourceMalformed, "KEY begins with 'env:', which is no source", "did you mean env:?")),
        ("htps:x", (SourceMalformed, "KEY begins with 'htps:', which is no source", "did you mean https:?")),
    ],
)
def test_what_is_no_key_source(
    text: str, refused: tuple[type, str, str | None], in_folder: Path, refusal: Refusal
) -> None:
    assert in_folder.is_dir()
    assert refusal(parse_source, text, bare="file", what="KEY") == refused


@pytest.mark.parametrize("text", ["eyJhbGciOiJub25lIn0.e30.", "https://auth.example", "secret:x", "a#b", "{}", " "])
def test_a_bare_word_that_is_the_text_itself(text: str) -> None:
    assert parse_source(text, bare="text", what="TOKEN") == Source("text", text, label="the command line")


@pytest.mark.parametrize("bare", ["text", "refused"])
def test_plain_sources_know_no_fragment(bare: str) -> None:
    for text, source in {
        "-": Source("stdin", label="stdin"),
        "@a#b": Source("file", "a#b", label="a#b"),
        "env:NAME": Source("env", "NAME", label="env:NAME"),
    }.items():
        assert parse_source(text, bare=bare, what="X") == source  # type: ignore[arg-type] # one of two literals


def test_a_bare_word_that_is_refused(in_folder: Path, refusal: Refusal) -> None:
    (in_folder / "claims.json").touch()
    message = "CLAIMS takes -, @PATH or env:NAME, and found a bare word"
    options = {"bare": "refused", "what": "CLAIMS"}
    assert refusal(parse_source, "claims.json", **options) == (SourceMalformed, message, "@claims.json")
    assert refusal(parse_source, "s3cret", **options) == (SourceMalformed, message, "a file is written @PATH")
    empty = (SourceMalformed, "CLAIMS is empty", "a source is -, @PATH or env:NAME")
    assert refusal(parse_source, "", **options) == empty


def test_no_source_shows_its_value_in_a_repr() -> None:
    assert "hunter2" not in repr(parse_source("hunter2", bare="text", what="TOKEN"))


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
