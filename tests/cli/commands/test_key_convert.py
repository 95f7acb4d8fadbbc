"""`jwtool key convert`: the same key in another format, private or public as it was, encrypted if asked for."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
    load_ssh_public_key,
)

from jwtool.jose import base64url
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import SSH_CURVES, to_pem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jwtool.jose.keys.key import Key
    from tests.cli.conftest import Cli

BEGINNINGS = {
    "jwk": b"{\n",
    "pem": b"-----BEGIN PRIVATE KEY-----\n",
    "der": b"0",
    "ssh": b"-----BEGIN OPENSSH PRIVATE KEY-----\n",
}
PRIVATE = "note: this is private: whoever has it can act as its owner; -o FILE keeps it in a file of mode 0600\n"


def read(data: bytes, passphrase: bytes | None = None) -> Key:
    (key,) = load_keys(data, passphrase=lambda: passphrase).keys
    return key


def read_ssh(data: bytes, passphrase: bytes | None = None) -> Key:
    native = load_ssh_private_key(data, passphrase)
    return read(native.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def material(key: Key) -> dict[str, str]:
    return {
        name: key.members[name]
        for name in ("kty", "crv", "n", "e", "d", "p", "q", "x", "y", "pub", "priv")
        if name in key.members
    }


@pytest.mark.parametrize("form", list(BEGINNINGS))
def test_a_private_key_stays_the_same_private_key(
    cli: Cli, private_keys: Mapping[str, Path], alg: str, form: str
) -> None:
    original = read(private_keys[alg].read_bytes())
    done = cli("key", "convert", private_keys[alg], "--to", form)
    if original.kty == "oct" and form != "jwk":
        name = form.upper() if form != "ssh" else "OpenSSH"
        assert (done.exit, done.stdout) == (4, "")
        assert done.stderr.startswith("jwtool: error: a")
        assert f" has no {name} form, only " in done.stderr
    elif form == "ssh" and original.kty != "RSA" and original.crv not in SSH_CURVES:
        assert (done.exit, done.stdout, done.stderr) == (
            4,
            "",
            (
                f"jwtool: error: a key of type {original.describe()} has no OpenSSH form,"
                " only RSA, P-256, P-384, P-521, Ed25519 have\n"
            ),
        )
    else:
        assert (done.exit, done.stderr) == (0, "")
        assert done.raw.startswith(BEGINNINGS[form])
        assert material(read_ssh(done.raw) if form == "ssh" else read(done.raw)) == material(original)


def test_a_public_key_stays_public(cli: Cli, keys: Path) -> None:
    public = keys / "es256.public.jwk"
    begins = {"jwk": b"{\n", "pem": b"-----BEGIN PUBLIC KEY-----\n", "der": b"0Y", "ssh": b"ecdsa-sha2-nistp256 AAAA"}
    for form, beginning in begins.items():
        done = cli("key", "convert", public, "--to", form)
        assert (done.exit, done.stderr, done.raw[: len(beginning)]) == (0, "", beginning)
        assert done.raw == cli("key", "public", public, "--to", form).raw
    document = cli("key", "convert", public, "--json", "--to", "pem").document
    assert (document["private"], document["format"], document["key"]) == (False, "pem", json.loads(public.read_text()))
    assert "encrypted" not in document


class TestPassphrase:
    """--new-passphrase encrypts a private key; without it what was encrypted is not any more."""

    ENV = {"OLD": "an old one", "NEW": "pässword"}  # noqa: RUF012  read only

    @pytest.mark.parametrize("form", ["pem", "der", "ssh", "jwk"])
    def test_encrypted(self, cli: Cli, keys: Path, form: str) -> None:
        original = read((keys / "es256.jwk").read_bytes())
        argv = ("key", "convert", keys / "es256.jwk", "--to", form, "--new-passphrase", "env:NEW")
        data = cli(*argv, env=self.ENV).raw
        if form == "jwk":
            (keys / "k.jwe").write_bytes(data)
            data = cli("decrypt", "-k", "secret:env:NEW", f"@{keys}/k.jwe", env=self.ENV).raw
            assert json.loads(data) == json.loads((keys / "es256.jwk").read_text())
        elif form == "ssh":
            with pytest.raises(ValueError, match=r"password|Corrupt"):
                load_ssh_private_key(data, b"another")
            assert material(read_ssh(data, self.ENV["NEW"].encode())) == material(original)
        else:
            assert material(read(data, self.ENV["NEW"].encode())) == material(original)

    def test_what_the_jwe_says_of_itself(self, cli: Cli, keys: Path) -> None:
        done = cli("key", "convert", keys / "es256.jwk", "--new-passphrase", "env:NEW", env=self.ENV)
        token, end = done.stdout[:-1], done.stdout[-1:]
        header = json.loads(base64url.decode(token.split(".")[0]))
        assert (end, token.count("."), header["cty"], header["alg"]) == ("\n", 4, "jwk+json", "PBES2-HS256+A128KW")
        assert header["p2c"] >= 600_000

    def test_a_secret_too(self, cli: Cli, keys: Path) -> None:
        secret = {"kty": "oct", "kid": "s", "k": "c2hvcnQ"}
        done = cli(
            *("key", "convert", "-", "--new-passphrase", "env:NEW", "-o", keys / "s.jwe"),
            stdin=json.dumps(secret).encode(),
            env=self.ENV,
        )
        assert done.exit == 0
        opened = cli("decrypt", "-k", "secret:env:NEW", f"@{keys}/s.jwe", env=self.ENV)
        assert json.loads(opened.stdout) == secret

    def test_from_one_passphrase_to_another_and_to_none(self, cli: Cli, keys: Path) -> None:
        new = ("key", "convert", keys / "es256.jwk", "--new-passphrase", "env:OLD", "-o", keys / "old.pem")
        assert cli(*new, env=self.ENV).exit == 0
        again = ("key", "convert", keys / "old.pem", "--passphrase", "env:OLD", "--to", "pem")
        changed = cli(*again, "--new-passphrase", "env:NEW", env=self.ENV).raw
        plain = cli(*again, env=self.ENV).raw
        assert changed.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
        assert material(read(changed, self.ENV["NEW"].encode())) == material(read(plain))

    @pytest.mark.parametrize(
        ("options", "exit_code", "message", "hint"),
        [
            (
                ("--new-passphrase", "hunter2"),
                2,
                "--new-passphrase takes -, @PATH or env:NAME: a secret on the command line is seen by others",
                "--new-passphrase env:NAME",
            ),
            (
                ("--new-passphrase", "env:EMPTY"),
                2,
                "the new passphrase is empty",
                "is the variable or file set that it comes from?",
            ),
            (
                ("--new-passphrase", "env:LONG", "--to", "pem"),
                2,
                "the new passphrase is 1024 octets long, wanted 1 to 1023",
                None,
            ),
            (("--to", "pkcs12"), 2, "--to takes jwk, pem, der, ssh", "--to pem"),
            (
                ("-o", "id.PUB"),
                2,
                "a name that ends in .pub is that of a public key, and this key is private",
                "jwtool key public writes the public half; --to ssh says that the private key is meant",
            ),
            (("--json",), 2, "a private key never stands inside a JSON document", "name a file with -o FILE"),
        ],
    )
    def test_refusals_write_nothing(
        self,
        cli: Cli,
        keys: Path,
        monkeypatch: pytest.MonkeyPatch,
        options: tuple[str, ...],
        exit_code: int,
        message: str,
        hint: str | None,
    ) -> None:
        monkeypatch.chdir(keys)
        before = sorted(keys.iterdir())
        done = cli("key", "convert", "es256.jwk", *options, env={"EMPTY": "", "LONG": "x" * 1024})
        if "--json" in options:
            assert done.document["error"] == {"code": "usage", "message": message, "hint": hint, "exit": exit_code}
        else:
            said = f"jwtool: error: {message}\n" + ("" if hint is None else f"hint: {hint}\n")
            assert (done.exit, done.stdout, done.stderr) == (exit_code, "", said)
        assert done.exit == exit_code
        assert sorted(keys.iterdir()) == before

    def test_a_public_key_is_not_encrypted(self, cli: Cli, keys: Path) -> None:
        done = cli("key", "convert", keys / "es256.public.jwk", "--new-passphrase", "env:NEW", env=self.ENV)
        assert (done.exit, done.stdout, done.stderr) == (
            4,
            "",
            (
                "jwtool: error: the key (EC P-256) is public, and only a private key is encrypted\n"
                "hint: leave --new-passphrase out\n"
            ),
        )

    def test_stdin_serves_one(self, cli: Cli) -> None:
        done = cli("key", "convert", "-", "--new-passphrase", "-", stdin=b"x")
        assert (done.exit, done.stderr.splitlines()[0]) == (
            2,
            "jwtool: error: stdin can't be both the key and the new passphrase",
        )


class TestFiles:
    """A private key has mode 0600, a name says its format, and nothing that exists is overwritten without --force."""

    @pytest.mark.parametrize(
        ("options", "name", "begins"),
        [
            ((), "k.pem", BEGINNINGS["pem"]),
            ((), "k.DER", BEGINNINGS["der"]),
            ((), "k.jwk", BEGINNINGS["jwk"]),
            ((), "k.json", BEGINNINGS["jwk"]),
            ((), "k", BEGINNINGS["jwk"]),
            ((), "pem", BEGINNINGS["jwk"]),
            (("--to", "jwk"), "k.pem", BEGINNINGS["jwk"]),
            (("--to", "SSH"), "k.pub", BEGINNINGS["ssh"]),
        ],
    )
    def test_the_name_says_the_format(
        self, cli: Cli, keys: Path, options: tuple[str, ...], name: str, begins: bytes
    ) -> None:
        path = keys / name
        done = cli("key", "convert", keys / "es256.jwk", *options, "-o", path)
        assert (done.exit, done.stdout, done.stderr.splitlines()[0]) == (0, "", f"wrote  {path}")
        assert path.read_bytes().startswith(begins)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_public_key(self, cli: Cli, keys: Path) -> None:
        path = keys / "id.pub"
        assert cli("key", "convert", keys / "es256.public.jwk", "--to", "ssh", "-o", path).exit == 0
        assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444
        native = load_ssh_public_key(path.read_bytes())
        pem = native.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        assert pem == to_pem(read((keys / "es256.jwk").read_bytes()), private=False)
        assert cli("key", "convert", keys / "es256.public.jwk", "--force", "-o", path).exit == 0
        assert path.read_bytes().startswith(BEGINNINGS["jwk"])

    def test_what_exists_stays(self, cli: Cli, keys: Path) -> None:
        (keys / "k.pem").write_text("precious")
        done = cli("key", "convert", keys / "es256.jwk", "-o", keys / "k.pem")
        assert (done.exit, done.stdout, (keys / "k.pem").read_text()) == (6, "", "precious")
        assert cli("key", "convert", keys / "es256.jwk", "-o", keys / "k.pem", "--force").exit == 0
        assert read((keys / "k.pem").read_bytes()).private

    def test_the_document_of_a_private_key_holds_none(self, cli: Cli, keys: Path) -> None:
        argv = ("key", "convert", "--json", keys / "es256.jwk", "-o", keys / "k.pem", "--new-passphrase", "env:P")
        done = cli(*argv, env={"P": "x"})
        jwk = json.loads((keys / "es256.jwk").read_text())
        assert jwk["d"] not in done.stdout
        assert done.document == {
            "schema": "jwtool.key/1",
            "ok": True,
            "kid": "k1",
            "kty": "EC",
            "crv": "P-256",
            "alg": "ES256",
            "use": None,
            "private": True,
            "algorithms": ["ES256"],
            "thumbprint": done.document["thumbprint"],
            "format": "pem",
            "encrypted": True,
            "output": str(keys / "k.pem"),
        }


def test_what_a_jwk_says_survives_in_a_jwk_and_is_lost_elsewhere(cli: Cli, keys: Path) -> None:
    jwk = json.loads((keys / "es256.jwk").read_text()) | {"use": "sig", "key_ops": ["sign"], "mine": "kept by nobody"}
    (keys / "own.jwk").write_text(json.dumps(jwk))
    converted = json.loads(cli("key", "convert", keys / "own.jwk").stdout)
    assert converted == {name: value for name, value in jwk.items() if name != "mine"}
    done = cli("key", "convert", keys / "own.jwk", "--to", "pem", "-v")
    assert done.stderr == "no place for kid, alg, use, key_ops of the key in this format\n"
    assert (read(done.raw).kid, read(done.raw).alg) == (None, None)


def test_on_a_terminal_a_private_key_comes_with_a_word(cli: Cli, keys: Path) -> None:
    argv = ("key", "convert", keys / "es256.jwk", "--to", "pem")
    assert cli(*argv, tty="stdout stderr", env={"NO_COLOR": "1"}).stderr == PRIVATE
    assert cli(*argv, tty="stderr").stderr == ""
    public = ("key", "convert", keys / "es256.public.jwk", "--to", "pem")
    assert cli(*public, tty="stdout stderr", env={"NO_COLOR": "1"}).stderr == ""


def test_a_weak_key_is_refused(cli: Cli, tmp_path: Path) -> None:
    n = base64url.encode(((1 << 1023) + 1).to_bytes(128, "big"))
    (tmp_path / "weak.jwk").write_text(f'{{"kty":"RSA","e":"AQAB","n":"{n}"}}')
    done = cli("key", "convert", tmp_path / "weak.jwk", "--json", "--to", "pem")
    assert (done.exit, done.codes) == (4, {"key_too_weak"})
