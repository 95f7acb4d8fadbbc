"""`jwtool key public`: the public half of a key, and nothing else."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_public_key

from jwtool.jose import base64url
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keyset import thumbprint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jwtool.jose.keys.key import Key
    from tests.cli.conftest import Cli

PUBLIC = {
    "RSA": ["kty", "n", "e"],
    "EC": ["kty", "crv", "x", "y"],
    "OKP": ["kty", "crv", "x"],
    "AKP": ["kty", "alg", "pub"],
}


def read(data: bytes) -> Key:
    (key,) = load_keys(data, passphrase=lambda: None).keys
    return key


def test_only_public_members_are_left(cli: Cli, private_keys: Mapping[str, Path], alg: str) -> None:
    done = cli("key", "public", private_keys[alg])
    if ALGORITHMS[alg].kty == "oct":
        assert (done.exit, done.stdout) == (4, "")
        assert done.stderr == "jwtool: error: an oct key is a shared secret and has no public half\n"
    else:
        assert (done.exit, done.stderr) == (0, "")
        assert list(json.loads(done.stdout)) == PUBLIC[ALGORITHMS[alg].kty]


def test_unknown_members_do_not_get_out(cli: Cli, keys: Path) -> None:
    jwk = json.loads((keys / "es256.jwk").read_text()) | {"backup_d": "SECRET", "use": "sig"}
    (keys / "odd.jwk").write_text(json.dumps(jwk))
    done = cli("key", "public", keys / "odd.jwk")
    assert list(json.loads(done.stdout)) == ["kty", "kid", "use", "alg", "crv", "x", "y"]
    assert "SECRET" not in done.stdout + done.stderr + cli("key", "public", "--json", keys / "odd.jwk").stdout


def test_key_ops_become_those_of_the_public_side(cli: Cli, keys: Path) -> None:
    jwk = json.loads((keys / "es256.jwk").read_text()) | {"key_ops": ["sign"]}
    (keys / "ops.jwk").write_text(json.dumps(jwk))
    assert json.loads(cli("key", "public", keys / "ops.jwk").stdout)["key_ops"] == ["verify"]


@pytest.mark.parametrize(
    ("options", "begins"),
    [
        ((), b"{\n"),
        (("--to", "jwk"), b"{\n"),
        (("--to", "pem"), b"-----BEGIN PUBLIC KEY-----\n"),
        (("--to", "DER"), b"0Y"),
    ],
)
def test_formats(cli: Cli, keys: Path, options: tuple[str, ...], begins: bytes) -> None:
    done = cli("key", "public", *options, keys / "es256.jwk")
    assert done.exit == 0
    assert done.raw.startswith(begins)
    key = read(done.raw)
    assert not key.private
    assert thumbprint(key) == thumbprint(read((keys / "es256.jwk").read_bytes()))
    assert cli("key", "public", *options, "-", stdin=done.raw).raw == done.raw


SSH = {"RSA": "ssh-rsa", "P-256": "ecdsa-sha2-nistp256", "P-384": "ecdsa-sha2-nistp384", "P-521": "ecdsa-sha2-nistp521"}
SSH["Ed25519"] = "ssh-ed25519"


def test_openssh(cli: Cli, private_keys: Mapping[str, Path], alg: str, tmp_path: Path) -> None:
    key = read(private_keys[alg].read_bytes())
    name = SSH.get(key.crv or key.kty)
    done = cli("key", "public", "--to", "ssh", private_keys[alg], "-o", tmp_path / "key.pub")
    if name is None:
        assert (done.exit, done.stdout) == (4, "")
        assert done.stderr.startswith("jwtool: error: a")
        return
    line = (tmp_path / "key.pub").read_bytes()
    assert (done.exit, line.split()[0].decode(), line.count(b"\n"), line[-1:]) == (0, name, 1, b"\n")
    assert cli("key", "public", "--to", "ssh", private_keys[alg]).raw == line
    public = load_ssh_public_key(line).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert thumbprint(read(public)) == thumbprint(key)


def test_der_on_a_terminal_is_escaped(cli: Cli, keys: Path) -> None:
    done = cli("key", "public", "--to", "der", keys / "es256.jwk", tty="stdout")
    assert done.stdout.startswith("0Y0\\x13\\x06")
    assert done.stdout.endswith("\n")
    assert done.stdout.replace("\n", "").isprintable()


@pytest.mark.parametrize(("name", "begins"), [("p.jwk", b"{\n"), ("p.pem", b"-----BEGIN"), ("p.der", b"0Y")])
def test_into_a_file(cli: Cli, keys: Path, name: str, begins: bytes) -> None:
    path = keys / name
    done = cli("key", "public", keys / "es256.jwk", "-o", path)
    assert (done.exit, done.stdout, done.stderr) == (0, "", f"wrote  {path}\n")
    assert path.read_bytes().startswith(begins)
    assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444
    assert cli("key", "public", keys / "es256.jwk", "-o", path).exit == 6
    assert cli("key", "public", keys / "es256.jwk", "-o", path, "--force").exit == 0


def test_the_document_holds_the_key(cli: Cli, keys: Path) -> None:
    document = cli("key", "public", "--json", keys / "es256.jwk").document
    public = json.loads((keys / "es256.public.jwk").read_text())
    assert document == {
        "schema": "jwtool.key/1",
        "ok": True,
        "kid": "k1",
        "kty": "EC",
        "crv": "P-256",
        "alg": "ES256",
        "use": None,
        "private": False,
        "algorithms": ["ES256"],
        "thumbprint": document["thumbprint"],
        "key": public,
        "output": None,
    }


@pytest.mark.parametrize(
    ("given", "message"), [("pkcs12", "--to takes jwk, pem, der, ssh"), ("", "--to takes jwk, pem, der, ssh")]
)
def test_an_unknown_format(cli: Cli, keys: Path, given: str, message: str) -> None:
    done = cli("key", "public", "--to", given, keys / "es256.jwk")
    assert (done.exit, done.stdout, done.stderr) == (2, "", f"jwtool: error: {message}\nhint: --to pem\n")


def test_what_is_public_is_not_encrypted(cli: Cli, keys: Path) -> None:
    done = cli("key", "public", "--new-passphrase", "env:P", keys / "es256.jwk", env={"P": "x"})
    assert (done.exit, done.stdout) == (2, "")
    assert done.stderr == (
        "jwtool: error: a public key is for everyone, and --new-passphrase encrypts private keys only\n"
        "hint: jwtool key convert KEY --new-passphrase env:NAME\n"
    )


def test_a_name_of_ssh_says_no_format(cli: Cli, keys: Path) -> None:
    """Scripts write JWKs into files of that name too; `--to ssh` writes what OpenSSH reads."""
    assert cli("key", "public", keys / "es256.jwk", "-o", keys / "id.pub").exit == 0
    assert json.loads((keys / "id.pub").read_bytes())["kty"] == "EC"


def test_a_weak_key_is_not_published(cli: Cli, tmp_path: Path) -> None:
    n = base64url.encode(((1 << 1023) + 1).to_bytes(128, "big"))
    (tmp_path / "weak.jwk").write_text(f'{{"kty":"RSA","e":"AQAB","n":"{n}"}}')
    done = cli("key", "public", tmp_path / "weak.jwk", "--json")
    assert (done.exit, done.codes) == (4, {"key_too_weak"})
