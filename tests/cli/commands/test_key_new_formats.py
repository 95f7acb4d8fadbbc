"""`jwtool key new`: in which format a key is written, and encrypted with what."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from jwtool.jose import base64url
from jwtool.jose.keys.load import load_keys

if TYPE_CHECKING:
    from pathlib import Path

    from jwtool.jose.keys.key import Key
    from tests.cli.conftest import Cli


def read(data: bytes, passphrase: bytes | None = None) -> Key:
    (key,) = load_keys(data, passphrase=lambda: passphrase).keys
    return key


@pytest.mark.parametrize(
    ("options", "name", "begins"),
    [
        (("--format", "jwk"), "x", b"{\n"),
        (("--format", "PEM"), "x", b"-----BEGIN PRIVATE KEY-----\n"),
        (("--format", "der"), "x", b"0\x81\x87"),
        ((), "x.pem", b"-----BEGIN PRIVATE KEY-----\n"),
        ((), "x.der", b"0\x81\x87"),
        (("--format", "jwk"), "x.pem", b"{\n"),
    ],
)
def test_formats(cli: Cli, tmp_path: Path, options: tuple[str, ...], name: str, begins: bytes) -> None:
    done = cli("key", "new", *options, "-o", tmp_path / name, "--public-out", tmp_path / f"public.{name}")
    assert done.exit == 0
    assert (tmp_path / name).read_bytes().startswith(begins)
    assert not read((tmp_path / f"public.{name}").read_bytes()).private
    if options:
        assert cli("key", "new", *options).raw.startswith(begins)


@pytest.mark.parametrize("form", ["pem", "der"])
def test_an_encrypted_key(cli: Cli, tmp_path: Path, form: str) -> None:
    path = tmp_path / "key"
    new = ("key", "new", "--format", form, "--new-passphrase", "env:P", "-o", path)
    assert cli(*new, env={"P": "pässword"}).exit == 0
    assert read(path.read_bytes(), "pässword".encode()).private
    assert cli("key", "show", "-q", "--passphrase", "-", path, stdin="pässword\n".encode()).exit == 0
    assert cli("key", "new", "--format", form, "--new-passphrase", "-", stdin=b"x\n").exit == 0


def test_a_jwk_is_encrypted_as_jwe(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "key.jwk"
    done = cli("key", "new", "--kid", "k", "--new-passphrase", "env:P", "-o", path, env={"P": "pässword"})
    assert (done.exit, done.stdout) == (0, "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    header = json.loads(base64url.decode(path.read_text().split(".")[0]))
    assert (header.pop("p2s") != "", header) == (
        True,
        {"alg": "PBES2-HS256+A128KW", "enc": "A256GCM", "cty": "jwk+json", "p2c": 600_000},
    )
    opened = cli("decrypt", "-k", "secret:env:P", f"@{path}", env={"P": "pässword"})
    assert (opened.exit, read(opened.raw).private, read(opened.raw).kid) == (0, True, "k")


@pytest.mark.parametrize(
    ("options", "public", "begins"),
    [
        (("-o", "a.pem"), "b.jwk", b"{\n"),
        (("-o", "a.pem"), "b.json", b"{\n"),
        (("-o", "a.jwk"), "b.pem", b"-----BEGIN PUBLIC KEY-----\n"),
        (("-o", "a.jwk"), "b.pub", b"{\n"),
        (("-o", "a.pem"), "b.pub", b"-----BEGIN PUBLIC KEY-----\n"),
        (("-o", "a.pub"), "b", b"{\n"),
        (("-o", "a.pem"), "b", b"-----BEGIN PUBLIC KEY-----\n"),
        (("-o", "a", "--format", "jwk"), "b.pem", b"{\n"),
    ],
)
def test_each_name_says_its_own_format(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], public: str, begins: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli("key", "new", *options, "--public-out", public).exit == 0
    assert (tmp_path / public).read_bytes().startswith(begins)
