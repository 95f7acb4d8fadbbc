from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.errors import (
    JwtoolError,
    SecretOnCommandLine,
    SourceMalformed,
    UrlMalformed,
    UrlSchemeRefused,
)
from jwtool.sources.runtime import Runtime
from jwtool.sources.source import Source, parse_source

if TYPE_CHECKING:
    from pathlib import Path

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
MakeRuntime = Callable[..., Runtime]

ARGV = "a secret on the command line is seen by others; '{0}:' takes -, @PATH or env:NAME"


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
        ("issuer:https://a.example/x", Source("issuer", "https://a.example/x", label="https://a.example/x")),
        ("ISSUER:http://[::1]#k", Source("issuer", "http://[::1]", "k", "http://[::1]")),
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
            "issuer:https://auth.example?a=b",
            (UrlMalformed, "the URL of an issuer has no query and no fragment", "try https://auth.example"),
        ),
        ("issuer:", (SourceMalformed, "KEY names no issuer after 'issuer:'", "issuer:https://…")),
        ("issuer:#k1", (SourceMalformed, "KEY names no issuer after 'issuer:'", "issuer:https://…")),
        ("issuer:https://auth.example#", (SourceMalformed, "KEY names no key after the '#'", "SET#KID")),
        (
            "issuer:auth.example",
            (UrlMalformed, "the URL has no scheme, wanted https://", "https://HOST/PATH"),
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


def test_no_path_is_looked_for_that_is_longer_than_any(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def lexists(path: str) -> bool:
        seen.append(path)
        return False

    monkeypatch.setattr("os.path.lexists", lexists)
    source = parse_source("a" + "#b" * 50_000, bare="file", what="KEY")
    assert (source.value, source.fragment) == ("a", "b" + "#b" * 49_999)
    assert max(map(len, seen[1:])) < 32_767
    assert len(seen) == 1 + 32_767 // 2
