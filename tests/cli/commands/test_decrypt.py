from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.decrypt import FAILED_SENTENCE
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_jwk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

REFUSED = f"NOT DECRYPTED  {FAILED_SENTENCE}\n"


@pytest.fixture
def enc(tmp_path: Path, cli: Cli) -> Path:
    """A folder with enc.jwk (kid e1), its public half, other.jwk (kid e1 too), and t.jwe for the first of them."""
    for name in ("enc", "other"):
        key = generate("ECDH-ES+A256KW", kid="e1")
        (tmp_path / f"{name}.jwk").write_text(json.dumps(to_jwk(key, private=True)))
        (tmp_path / f"{name}.pub").write_text(json.dumps(to_jwk(key, private=False)))
    made = cli("encrypt", "-k", tmp_path / "enc.pub", "-H", "typ=note", "-o", tmp_path / "t.jwe", "payload \x1b[1m")
    assert made.exit == 0
    return tmp_path


def token(enc: Path) -> str:
    return f"@{enc / 't.jwe'}"


def test_byte_for_byte(cli: Cli, enc: Path) -> None:
    done = cli("decrypt", "-k", enc / "enc.jwk", token(enc))
    assert (done.exit, done.raw, done.stderr) == (0, b"payload \x1b[1m", "")


def test_on_a_terminal_escaped_and_with_a_line_break(cli: Cli, enc: Path) -> None:
    done = cli("decrypt", "-k", enc / "enc.jwk", token(enc), tty="stdout")
    assert (done.exit, done.raw) == (0, b"payload \\x1b[1m\n")


def test_the_document(cli: Cli, enc: Path) -> None:
    document = cli("decrypt", "--json", "-k", enc / "enc.jwk", token(enc)).document
    header = document.pop("header")
    assert (header["typ"], header["kid"]) == ("note", "e1")
    assert document == {
        "schema": "jwtool.decrypt/1",
        "ok": True,
        "verified": False,
        "serialization": "compact",
        "alg": "ECDH-ES+A256KW",
        "enc": "A256GCM",
        "key": {"kid": "e1", "source": str(enc / "enc.jwk")},
        "output": None,
        "payload": "payload \x1b[1m",
    }


def test_a_plaintext_that_is_no_text(cli: Cli, enc: Path) -> None:
    made = cli("encrypt", "-k", enc / "enc.pub", stdin=b"\xff\x00")
    assert cli("decrypt", "--json", "-k", enc / "enc.jwk", stdin=made.raw).document["payload_base64url"] == "_wA"


def test_the_answer_no(cli: Cli, enc: Path) -> None:
    done = cli("decrypt", "-k", enc / "other.jwk", token(enc))
    assert (done.exit, done.raw, done.stderr) == (1, b"", REFUSED)
    quiet = cli("decrypt", "-q", "-k", enc / "other.jwk", token(enc))
    assert (quiet.exit, quiet.raw, quiet.stderr) == (1, b"", "not decrypted: decryption_failed\n")
    document = cli("decrypt", "--json", "-k", enc / "other.jwk", token(enc)).document
    assert (document["ok"], document["key"], document["code"], document["reason"]) == (
        False,
        None,
        "decryption_failed",
        FAILED_SENTENCE,
    )
    assert {"payload", "payload_base64url", "output"} & set(document) == set()


def test_one_sentence_for_every_cause(cli: Cli, enc: Path) -> None:
    header, key, iv, text, tag = (enc / "t.jwe").read_text().strip().split(".")
    wrong = [
        (header, key, iv, text, tag[:-2]),
        (header, key, iv, text, ""),
        (header, key, "", text, tag),
        (header, "", iv, text, tag),
        (header, "A" * len(key), iv, text, tag),
        (header, key, iv, "", tag),
    ]
    for parts in wrong:
        done = cli("decrypt", "-k", enc / "enc.jwk", stdin=".".join(parts).encode())
        assert (done.exit, done.raw, done.stderr) == (1, b"", REFUSED)


def test_a_key_that_is_called_otherwise(cli: Cli, enc: Path, keys: Path) -> None:
    """`key new` gives every key a kid: a token for somebody else is refused as any other that doesn't open."""
    assert cli("key", "new", "--alg", "ECDH-ES+A256KW", "-o", enc / "mine.jwk").exit == 0
    for key in (enc / "mine.jwk", keys / "es256.jwk"):
        done = cli("decrypt", "-k", key, token(enc))
        assert (done.exit, done.raw, done.stderr) == (1, b"", REFUSED)
        assert cli("decrypt", "-v", "-k", key, token(enc)).stderr == f"no key has the kid 'e1'\n{REFUSED}"
    assert "kid" not in cli("decrypt", "-v", "-k", enc / "other.jwk", token(enc)).stderr


def test_a_key_of_the_wrong_kind(cli: Cli, enc: Path) -> None:
    public = cli("decrypt", "--json", "-k", enc / "enc.pub", token(enc))
    assert (public.exit, public.codes) == (4, {"key_not_private"})
    password = cli("decrypt", "--json", "-k", "secret:env:P", token(enc), env={"P": "hunter2"})
    assert (password.exit, password.codes) == (4, {"alg_key_mismatch"})


def test_what_is_no_encrypted_token(cli: Cli, enc: Path, keys: Path) -> None:
    signed = cli("decrypt", "--json", "-k", enc / "enc.jwk", f"@{keys / 'token.jwt'}")
    assert (signed.exit, signed.codes) == (3, {"token_is_jws"})
    assert cli("decrypt", "--json", "-k", enc / "enc.jwk", "a.b").codes == {"token_malformed"}
    assert cli("decrypt", "--json", "-k", enc / "enc.jwk", "--json-serialization", token(enc)).codes == {
        "token_malformed"
    }


def test_what_is_demanded(cli: Cli, enc: Path) -> None:
    command = ("decrypt", "--json", "-k", enc / "enc.jwk", token(enc))
    assert cli(*command, "--alg", "ECDH-ES+A256KW", "--enc", "A256GCM", "-H", "typ=note").exit == 0
    assert (cli(*command, "--alg", "ECDH-ES").exit, cli(*command, "--alg", "ECDH-ES").codes) == (4, {"alg_not_allowed"})
    assert cli(*command, "--enc", "A128GCM").codes == {"alg_not_allowed"}
    mismatch = cli(*command, "-H", "typ=other")
    assert (mismatch.exit, mismatch.document["code"]) == (1, "header_mismatch")
    assert cli(*command, "--alg", "RSA1_5").exit == 2


def test_into_a_file(cli: Cli, enc: Path) -> None:
    done = cli("decrypt", "-k", enc / "enc.jwk", token(enc), "-o", enc / "out.txt")
    assert (done.exit, done.raw, done.stderr) == (0, b"", f"wrote  {enc / 'out.txt'}\n")
    assert (enc / "out.txt").read_bytes() == b"payload \x1b[1m"
    assert stat.S_IMODE(os.stat(enc / "out.txt").st_mode) == 0o600
    document = cli("decrypt", "--json", "-k", enc / "enc.jwk", token(enc), "-o", enc / "new.txt").document
    assert (document["output"], "payload" in document) == (str(enc / "new.txt"), False)
    assert cli("decrypt", "-k", enc / "enc.jwk", token(enc), "-o", enc / "out.txt").exit == 6


def test_a_failure_writes_no_file(cli: Cli, enc: Path) -> None:
    assert cli("decrypt", "-k", enc / "other.jwk", token(enc), "-o", enc / "none.txt").exit == 1
    assert not (enc / "none.txt").exists()


def test_an_encrypted_private_key(cli: Cli, enc: Path) -> None:
    options = ("--alg", "RSA-OAEP", "--format", "pem", "--new-passphrase", "env:PASS", "--public-out", enc / "pub.pem")
    assert cli("key", "new", *options, "-o", enc / "rsa.pem", env={"PASS": "p"}).exit == 0
    made = cli("encrypt", "-k", enc / "pub.pem", "x")
    opened = cli("decrypt", "-k", enc / "rsa.pem", "--passphrase", "env:PASS", stdin=made.raw, env={"PASS": "p"})
    assert (opened.exit, opened.raw) == (0, b"x")
    wrong = cli(
        "decrypt", "--json", "-k", enc / "rsa.pem", "--passphrase", "env:PASS", stdin=made.raw, env={"PASS": "q"}
    )
    assert (wrong.exit, wrong.codes) == (4, {"passphrase_wrong"})


def test_stdin_is_read_once(cli: Cli) -> None:
    done = cli("decrypt", "--json", "-k", "-", stdin=b"x")
    assert (done.exit, done.codes) == (2, {"stdin_twice"})
