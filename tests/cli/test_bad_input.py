"""Bad input, each with its exact message: what was found, what was wanted, one hint; and nothing half-written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from jwtool.sources import files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.AAAA"


@pytest.fixture(autouse=True)
def here(keys: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder is that of `keys`."""
    monkeypatch.chdir(keys)
    return keys


def said(message: str, hint: str | None) -> str:
    return f"jwtool: error: {message}\n" + ("" if hint is None else f"hint: {hint}\n")


@pytest.mark.parametrize(
    ("key", "exit_code", "message", "hint"),
    [
        ("absent", 3, "can't read the key: no such file: 'absent'", None),
        ("jwks.jsn", 3, "can't read the key: no such file: 'jwks.jsn'", "did you mean 'jwks.json'?"),
        (".", 3, "can't read the key: '.' is a folder, not a file", None),
        ("empty", 3, "empty: the key is empty", None),
        ("text", 3, "text: this is neither a JWK, a JWK set, PEM nor DER", "for an HMAC secret write secret:@FILE"),
        ("token.jwt", 3, "token.jwt: this is a token, not a key", None),
        (
            "comma.json",
            3,
            "comma.json: the key is not JSON: trailing comma at line 1, column 11",
            "remove the comma before the closing bracket",
        ),
        ("none.json", 4, "none.json holds no key", None),
        ("jwks.json#k9", 4, "jwks.json: no key has the kid 'k9'; on offer: 'k1'", None),
        ("jwks.json#", 2, "KEY names no key after the '#'", "SET#KID"),
        ("big", 3, "can't read the key: 'big' holds more than 1 MiB", None),
        ("/dev/zero", 3, "can't read the key: '/dev/zero' is a device, not a file", "stdin is written -"),
        (
            "secret:short",
            2,
            "a secret on the command line is seen by others; 'secret:' takes -, @PATH or env:NAME",
            "secret:env:NAME or secret:@FILE",
        ),
        (
            "secret:env:S",
            3,
            "can't read the secret: the environment variable 'S' is not set",
            "is it exported? a shell keeps others to itself",
        ),
        (
            "secret:@es256.public.jwk",
            4,
            "secret:@es256.public.jwk holds a JWK, which must not become an HMAC secret",
            "give the key file as it is, without 'secret:', 'hex:' or 'base64:'",
        ),
        (
            "hex:@text",
            3,
            "the secret of hex:@text is not hexadecimal: pairs of 0-9 and a-f",
            "secret: takes the bytes as they are",
        ),
        (
            "base64:@token.jwt",
            3,
            "the secret of base64:@token.jwt is not base64, in either alphabet",
            "secret: takes the bytes as they are; was it copied whole?",
        ),
        (
            "ftp://h.example/k",
            2,
            "a URL of the scheme 'ftp' is never fetched",
            "https:// is; a file is named by its path",
        ),
        (
            "http://h.example/k",
            2,
            "http to 'h.example' is refused: without TLS anyone on the way can change the keys",
            "write https://; http:// is for 127.0.0.0/8, [::1] and localhost only",
        ),
        (
            "issuer:https://h.example/a?b=c",
            2,
            "the URL of an issuer has no query and no fragment",
            "try https://h.example/a",
        ),
        ("evn:KEY", 2, "KEY begins with 'evn:', which is no source", "did you mean env:?"),
        ("", 2, "--key is empty, and a key is wanted", "jwtool verify -k public.jwk @token.jwt"),
    ],
)
def test_a_key_that_is_none(cli: Cli, here: Path, key: str, exit_code: int, message: str, hint: str | None) -> None:
    (here / "empty").write_bytes(b"")
    (here / "text").write_text("hello")
    (here / "comma.json").write_text('{"keys":[],}')
    (here / "none.json").write_text('{"keys":[]}')
    (here / "big").write_bytes(b"a" * (1024 * 1024 + 1))
    done = cli("verify", "-k", key, "@token.jwt")
    assert (done.exit, done.stdout, done.stderr) == (exit_code, "", said(message, hint))


@pytest.mark.parametrize(
    "argv", [("verify", "-k", "jwks.json", TOKEN), ("key", "show", "jwks.json"), ("decode", "@token.jwt")]
)
def test_a_file_that_may_not_be_read(cli: Cli, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...]) -> None:
    def refuse(*_arguments: object, **_options: object) -> object:
        raise PermissionError(13, "Permission denied")  # root may read everything: chmod would not do

    monkeypatch.setattr(files, "_read_open", refuse)
    name, what = ("token.jwt", "token") if argv[0] == "decode" else ("jwks.json", "key")
    done = cli(*argv)
    assert (done.exit, done.stdout) == (3, "")
    assert done.stderr == said(
        f"can't read the {what}: no permission to read '{name}'", f"look at it with ls -l '{name}'"
    )


def test_the_key_of_another(cli: Cli) -> None:
    assert cli("key", "new", "--kid", "k1", "-o", "other.jwk").exit == 0
    done = cli("verify", "-k", "other.jwk", "@token.jwt")
    assert done.exit == 1
    assert done.stdout.splitlines()[:3] == [
        "NOT VALID  1 of 3 checks failed",
        "",
        "signature   FAILED   not by key 'k1' of other.jwk",
    ]


def test_of_several_keys_one_usable_is_enough(cli: Cli, here: Path) -> None:
    assert (
        cli("key", "new", "--format", "pem", "--new-passphrase", "env:P", "-o", "locked.pem", env={"P": "x"}).exit == 0
    )
    weak = {"kty": "oct", "k": "c2hvcnQ", "kid": "w"}
    (here / "odd.json").write_text(json.dumps({"keys": [{"kty": "XX"}, weak]}))
    (here / "none.json").write_text('{"keys":[]}')
    options = [part for name in ("locked.pem", "odd.json", "none.json", "jwks.json") for part in ("-k", name)]
    done = cli("verify", "-q", *options, "@token.jwt")
    assert (done.exit, done.stdout) == (0, "valid\n")
    assert done.stderr == (
        "note: locked.pem: the private key is encrypted and no passphrase was given\n"
        "note: a key of odd.json is not used: number 1: "
        "the key type 'XX' is not supported, wanted RSA, EC, OKP, oct, AKP\n"
        "note: a key of odd.json is not used: kid 'w': the secret is 5 octets long, HS256 wants at least 32\n"
        "note: none.json holds no key\n"
    )
    refused = cli("verify", *options[:-2], "@token.jwt")
    assert (refused.exit, refused.stdout) == (4, "")
    assert refused.stderr.splitlines()[0] == (
        "jwtool: error: locked.pem: the private key is encrypted and no passphrase was given"
    )


@pytest.mark.parametrize(
    ("argv", "what"),
    [
        (("verify", "-k", "-", "-"), "the token and the key"),
        (("verify", "-k", "-"), "the key and the token"),
        (("verify", "--jwks", "-", "-k", "secret:-", "@token.jwt"), "one key and another"),
        (("verify", "-k", "-#k1", "--passphrase", "-", "@token.jwt"), "the key and the passphrase"),
        (
            ("verify", "-k", "jwks.json", "--code", "-", "--access-token", "-", "@token.jwt"),
            "the access token and the code",
        ),
        (("sign", "-k", "-", "-"), "the claims and the key"),
        (("sign", "-k", "x", "--passphrase", "-", "-"), "the claims and the passphrase"),
        (("jwks", "build", "-", "x", "-"), "one key and another"),
        (("key", "show", "-", "--passphrase", "-"), "the key and the passphrase"),
    ],
)
def test_stdin_can_be_read_once(cli: Cli, argv: tuple[str, ...], what: str) -> None:
    done = cli(*argv, stdin=b"not even read")
    assert (done.exit, done.stdout) == (2, "")
    assert done.stderr == said(f"stdin can't be both {what}", "give one of them as @FILE or env:NAME")


def test_nothing_is_half_written(cli: Cli, here: Path) -> None:
    before = sorted(path.name for path in here.iterdir())
    for argv in (
        ("sign", "-k", "es256.jwk", '{"exp":"x"}', "-o", "new"),
        ("sign", "-k", "es256.public.jwk", "-o", "new"),
        ("jwks", "build", "es256.jwk", "absent", "-o", "new"),
        ("key", "public", "absent", "-o", "new"),
        ("key", "new", "--alg", "HS256", "--format", "pem", "-o", "new"),
        ("key", "new", "--alg", "HS256", "-o", "new", "--public-out", "new.pub"),
        ("key", "new", "-o", "new", "--public-out", "token.jwt"),
        ("key", "new", "-o", "new", "--public-out", "no/such"),
        ("jwks", "fetch", "http://127.0.0.1:1/", "-o", "new"),
        ("jwks", "serve", "absent", "--ready-file", "new"),
    ):
        assert cli(*argv).exit in {3, 4, 5, 6}
        assert sorted(path.name for path in here.iterdir()) == before
