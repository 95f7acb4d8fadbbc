from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT, REFUSED
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_jwk
from jwtool.jose.token import Encrypted, parse

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

PASSWORD = {"PASSWORD": "hunter2"}


@pytest.fixture
def enc(tmp_path: Path) -> Path:
    """A folder with enc.jwk (ECDH-ES+A256KW, kid e1) and its public half enc.pub, rsa.pub, a256.jwk and set.json."""
    ec, rsa, aes = (
        generate("ECDH-ES+A256KW", kid="e1"),
        generate("RSA-OAEP-256", kid="r1"),
        generate("A256KW", kid="a1"),
    )
    keys = {"enc.jwk": to_jwk(ec, private=True), "enc.pub": to_jwk(ec, private=False)}
    keys |= {"rsa.pub": to_jwk(rsa, private=False), "a256.jwk": to_jwk(aes, private=True)}
    keys["set.json"] = {"keys": [keys["enc.pub"], to_jwk(generate("ES256", kid="s1"), private=False)]}
    keys["two.json"] = {"keys": [keys["enc.pub"], keys["rsa.pub"]]}
    for name, jwk in keys.items():
        (tmp_path / name).write_text(json.dumps(jwk))
    return tmp_path


def read(token: str) -> Encrypted:
    found = parse(token.strip()).encrypted
    assert found is not None
    return found


def test_a_token_on_stdout_and_back(cli: Cli, enc: Path) -> None:
    made = cli("encrypt", "-k", enc / "enc.pub", "for your eyes")
    assert (made.exit, made.stderr) == (0, "")
    header = read(made.stdout).protected
    assert (header["alg"], header["enc"], header["kid"], "cty" in header) == ("ECDH-ES+A256KW", "A256GCM", "e1", False)
    back = cli("decrypt", "-k", enc / "enc.jwk", stdin=made.raw)
    assert (back.exit, back.raw, back.stderr) == (0, b"for your eyes", "")


@pytest.mark.parametrize("form", ["-", "missing", "@PATH", "env:NAME", "text"])
def test_where_the_payload_comes_from(cli: Cli, enc: Path, form: str) -> None:
    (enc / "p.txt").write_bytes(b"payload\n")
    argument = {"-": ["-"], "missing": [], "@PATH": [f"@{enc / 'p.txt'}"], "env:NAME": ["env:P"], "text": ["payload\n"]}
    made = cli("encrypt", "-k", enc / "enc.pub", *argument[form], stdin=b"payload\n", env={"P": "payload\n"})
    assert cli("decrypt", "-k", enc / "enc.jwk", stdin=made.raw).raw == b"payload\n"


def test_binary_goes_through_unchanged(cli: Cli, enc: Path) -> None:
    payload = bytes(range(256))
    made = cli("encrypt", "-k", enc / "enc.pub", stdin=payload)
    assert cli("decrypt", "-k", enc / "enc.jwk", stdin=made.raw).raw == payload


def test_a_signed_token_gets_its_type(cli: Cli, enc: Path, keys: Path) -> None:
    jwt = (keys / "token.jwt").read_bytes()
    assert jwt.endswith(b"\n")
    made = cli("encrypt", "-k", enc / "enc.pub", stdin=jwt)
    assert read(made.stdout).protected["cty"] == "JWT"
    assert cli("decrypt", "-k", enc / "enc.jwk", stdin=made.raw).raw == jwt.strip()


def test_the_document(cli: Cli, enc: Path) -> None:
    document = cli("encrypt", "--json", "-k", enc / "enc.pub", "x").document
    assert {name: document[name] for name in ("schema", "ok", "serialization", "enc", "recipients", "output")} == {
        "schema": "jwtool.encrypt/1",
        "ok": True,
        "serialization": "compact",
        "enc": "A256GCM",
        "recipients": [{"alg": "ECDH-ES+A256KW", "kid": "e1"}],
        "output": None,
    }
    assert document["header"] == read(document["token"]).protected


def test_several_recipients(cli: Cli, enc: Path) -> None:
    options = ("-k", enc / "enc.pub", "-k", enc / "a256.jwk", "-k", "secret:env:PASSWORD", "--json-serialization")
    document = cli("encrypt", "--json", *options, "-H", "p2c:=1000", "x", env=PASSWORD).document
    assert document["recipients"] == [
        {"alg": "ECDH-ES+A256KW", "kid": "e1"},
        {"alg": "A256KW", "kid": "a1"},
        {"alg": "PBES2-HS256+A128KW", "kid": None},
    ]
    assert (document["serialization"], document["header"]) == ("general", {"enc": "A256GCM", "p2c": 1000})
    for key in (enc / "enc.jwk", enc / "a256.jwk", "secret:env:PASSWORD"):
        assert cli("decrypt", "-k", key, stdin=document["token"].encode(), env=PASSWORD).raw == b"x"
    refused = cli("encrypt", "-k", enc / "enc.pub", "-k", enc / "rsa.pub", "x")
    assert (refused.exit, refused.stderr) == (
        2,
        "jwtool: error: 2 keys were given, and a compact token has one recipient\nhint: --json-serialization\n",
    )


def test_one_recipient_in_json(cli: Cli, enc: Path) -> None:
    made = cli("encrypt", "-k", enc / "enc.pub", "--json-serialization", "x")
    assert parse(made.stdout).serialization == "flattened"
    assert cli("decrypt", "--json-serialization", "-k", enc / "enc.jwk", stdin=made.raw).raw == b"x"


def test_the_key_of_a_set(cli: Cli, enc: Path) -> None:
    """The key that is for encryption, where one is; else the one that is named."""
    assert read(cli("encrypt", "-k", enc / "set.json", "x").stdout).protected["kid"] == "e1"
    assert read(cli("encrypt", "-k", f"{enc / 'two.json'}#r1", "x").stdout).protected["kid"] == "r1"
    assert read(cli("encrypt", "-k", enc / "two.json", "--alg", "RSA-OAEP-256", "x").stdout).protected["kid"] == "r1"
    refused = cli("encrypt", "-k", enc / "two.json", "x")
    said = f"{enc / 'two.json'} holds 2 keys that can encrypt, and one is wanted"
    hint = "name one with #KID after the source"
    assert (refused.exit, refused.stderr) == (4, f"jwtool: error: {said}\nhint: {hint}\n")


def test_the_key_of_the_environment(cli: Cli, enc: Path) -> None:
    made = cli("encrypt", "x", env={"JWTOOL_KEY": str(enc / "enc.jwk")})
    assert cli("decrypt", stdin=made.raw, env={"JWTOOL_KEY": str(enc / "enc.jwk")}).raw == b"x"
    assert cli("encrypt", "x").stderr == (
        "jwtool: error: no key was given, and to encrypt takes one\nhint: jwtool encrypt -k FILE\n"
    )


def test_restrictions(cli: Cli, enc: Path) -> None:
    header = read(cli("encrypt", "-k", enc / "enc.pub", "--enc", "A128CBC-HS256", "x").stdout).protected
    assert header["enc"] == "A128CBC-HS256"
    refused = cli("encrypt", "--json", "-k", enc / "enc.pub", "--alg", "ECDH-ES", "x")
    assert (refused.exit, refused.codes) == (4, {"alg_key_mismatch"})


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (("--alg", "RSA1_5"), f"'RSA1_5' is refused: {REFUSED['RSA1_5']}", "RSA-OAEP-256 is for the same keys"),
        (("--alg", "ES256"), "'ES256' is no encryption algorithm that jwtool knows", None),
        (("--alg", "ecdh-es"), "'ecdh-es' is no encryption algorithm that jwtool knows", "did you mean ECDH-ES?"),
        (("--enc", "A256KW"), "'A256KW' is no content encryption that jwtool knows", "did you mean A256GCM?"),
        (
            ("--alg", "dir,A128KW"),
            "'dir,A128KW' is no encryption algorithm that jwtool knows",
            "for several algorithms repeat --alg",
        ),
        (("-H", "alg=dir"), "the header member 'alg' is chosen by the key, and by --alg", "--alg NAME"),
        (("-H", "p2c:=5000"), "the header member 'p2c' goes with a password only", "-k secret:env:NAME"),
    ],
)
def test_a_wrong_command_line(cli: Cli, enc: Path, options: tuple[str, ...], message: str, hint: str | None) -> None:
    done = cli("encrypt", "-k", enc / "enc.pub", *options, "x")
    hint = f"one of {', '.join(KEY_MANAGEMENT)}" if hint is None else hint
    assert (done.exit, done.stdout, done.stderr) == (2, "", f"jwtool: error: {message}\nhint: {hint}\n")


def test_keys_that_are_not_for_this(cli: Cli, enc: Path, keys: Path) -> None:
    signing = cli("encrypt", "--json", "-k", keys / "es256.public.jwk", "x")
    assert (signing.exit, signing.codes) == (4, {"alg_unsupported"})
    jwk = json.loads((enc / "enc.pub").read_text()) | {"use": "sig"}
    (enc / "sig.pub").write_text(json.dumps(jwk))
    sig = cli("encrypt", "--json", "-k", enc / "sig.pub", "x")
    assert (sig.exit, sig.codes) == (4, {"key_use_mismatch"})
    assert cli("encrypt", "--json", "-k", "secret:env:PASSWORD", "--alg", "A256KW", "x", env=PASSWORD).codes == {
        "alg_key_mismatch"
    }


def test_secrets_in_hexadecimal_are_keys(cli: Cli) -> None:
    made = cli("encrypt", "-k", "hex:env:K", "x", env={"K": "0123456789abcdef" * 2})
    assert read(made.stdout).protected["alg"] == "A128KW"


def test_a_file(cli: Cli, enc: Path) -> None:
    done = cli("encrypt", "-k", enc / "enc.pub", "-o", enc / "t.jwe", "x")
    assert (done.exit, done.stdout, done.stderr) == (0, "", f"wrote  {enc / 't.jwe'}\n")
    assert stat.S_IMODE(os.stat(enc / "t.jwe").st_mode) == 0o600
    assert cli("decrypt", "-k", enc / "enc.jwk", f"@{enc / 't.jwe'}").raw == b"x"
    assert cli("encrypt", "-k", enc / "enc.pub", "-o", enc / "t.jwe", "x").exit == 6
    assert cli("encrypt", "-k", enc / "enc.pub", "-o", enc / "t.jwe", "--force", "x").exit == 0


def test_nothing_to_encrypt(cli: Cli, enc: Path) -> None:
    done = cli("encrypt", "-k", enc / "enc.pub", tty="stdin")
    assert (done.exit, done.stderr) == (
        2,
        "jwtool: error: no payload was given\nhint: give it as @FILE, env:NAME, or by a pipe\n",
    )
    assert cli("encrypt", "-k", "-", stdin=b"x").exit == 2


@pytest.mark.parametrize("alg", [*KEY_MANAGEMENT, *CONTENT_ENCRYPTION])
def test_key_new_for_every_algorithm(cli: Cli, tmp_path: Path, alg: str) -> None:
    public = () if generate(alg).kty == "oct" else ("--public-out", tmp_path / "pub")
    assert cli("key", "new", "--alg", alg, "--use", "enc", "-o", tmp_path / "key", *public).exit == 0
    rounds = ("-H", "p2c:=1000") if alg.startswith("PBES2") else ()
    made = cli("encrypt", "-k", tmp_path / ("pub" if public else "key"), *rounds, "x")
    header: dict[str, Any] = dict(read(made.stdout).protected)
    assert alg in {header["alg"], header["enc"]}
    assert cli("decrypt", "-k", tmp_path / "key", stdin=made.raw).raw == b"x"
