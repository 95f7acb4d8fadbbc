"""`jwtool key new`: what is made, where it goes, and what is never touched."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.encryption_algorithms import REFUSED
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keyset import thumbprint

if TYPE_CHECKING:
    from pathlib import Path

    from jwtool.jose.keys.key import Key
    from tests.cli.conftest import Cli


def read(data: bytes) -> Key:
    (key,) = load_keys(data, passphrase=lambda: None).keys
    return key


def test_the_default_is_es256_as_a_jwk_on_stdout(cli: Cli) -> None:
    done = cli("key", "new")
    assert (done.exit, done.stderr) == (0, "")
    key = read(done.raw)
    assert (key.describe(), key.alg, key.use, key.private, key.kid) == (
        "EC P-256",
        "ES256",
        None,
        True,
        thumbprint(key),
    )
    assert done.stdout.endswith("}\n")
    assert list(json.loads(done.stdout)) == ["kty", "kid", "alg", "crv", "x", "y", "d"]


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (("--alg", "RS256"), "RSA 2048"),
        (("--alg", "RS256", "--size", "2056"), "RSA 2056"),
        (("--alg", "HS256"), "oct 256 bits"),
        (("--alg", "HS256", "--size", "512"), "oct 512 bits"),
        (("--alg", "HS512"), "oct 512 bits"),
        (("--alg", "EdDSA"), "OKP Ed25519"),
        (("--alg", "EdDSA", "--curve", "Ed448"), "OKP Ed448"),
        (("--alg", "ES384"), "EC P-384"),
    ],
)
def test_kinds_and_sizes(cli: Cli, options: tuple[str, ...], kind: str) -> None:
    key = read(cli("key", "new", *options).raw)
    assert (key.describe(), key.alg) == (kind, options[1])


def test_kid_and_use(cli: Cli) -> None:
    key = read(cli("key", "new", "--kid", "2026-11-a", "--use", "sig").raw)
    assert (key.kid, key.use) == ("2026-11-a", "sig")


def test_the_kid_of_a_secret_is_random_and_no_hash_of_it(cli: Cli) -> None:
    first, second = (read(cli("key", "new", "--alg", "HS256").raw) for _ in range(2))
    assert first.kid != second.kid
    assert first.kid != thumbprint(first)


class TestFiles:
    """A private key has mode 0600 from its first byte, and nothing that exists is overwritten without --force."""

    def test_private_and_public(self, cli: Cli, tmp_path: Path) -> None:
        private, public = tmp_path / "a.jwk", tmp_path / "b.jwk"
        done = cli("key", "new", "--kid", "k", "-o", private, "--public-out", public)
        thumb = thumbprint(read(public.read_bytes()))
        assert (done.exit, done.stdout) == (0, "")
        assert done.stderr == (
            f"wrote  {private} and {public}\ntype        EC P-256, private\nkid         k\n"
            f"alg         ES256\nthumbprint  {thumb}\n"
        )
        assert stat.S_IMODE(private.stat().st_mode) == 0o600
        assert stat.S_IMODE(public.stat().st_mode) & 0o444 == 0o444
        assert read(private.read_bytes()).private
        assert not read(public.read_bytes()).private
        assert "d" not in json.loads(public.read_text())

    @pytest.mark.parametrize("taken", ["a.jwk", "b.jwk"])
    def test_what_exists_stays(self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: str) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / taken).write_text("precious")
        done = cli("key", "new", "-o", "a.jwk", "--public-out", "b.jwk")
        assert (done.exit, done.stdout) == (6, "")
        assert done.stderr == (
            f"jwtool: error: '{taken}' exists\nhint: choose another name, or replace it with --force\n"
        )
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {taken: "precious"}

    def test_force_replaces(self, cli: Cli, tmp_path: Path) -> None:
        (tmp_path / "a.jwk").write_text("old")
        (tmp_path / "a.jwk").chmod(0o644)
        assert cli("key", "new", "-o", tmp_path / "a.jwk", "--force").exit == 0
        assert read((tmp_path / "a.jwk").read_bytes()).private
        assert stat.S_IMODE((tmp_path / "a.jwk").stat().st_mode) == 0o600

    def test_force_replaces_a_link_and_not_its_target(self, cli: Cli, tmp_path: Path) -> None:
        (tmp_path / "target").write_text("precious")
        (tmp_path / "link").symlink_to(tmp_path / "target")
        assert cli("key", "new", "-o", tmp_path / "link").exit == 6
        assert cli("key", "new", "-o", tmp_path / "link", "--force").exit == 0
        assert (tmp_path / "target").read_text() == "precious"
        assert not (tmp_path / "link").is_symlink()

    def test_both_halves_in_one_file_are_refused(self, cli: Cli, tmp_path: Path) -> None:
        same = os.path.join(tmp_path, ".", "a.jwk")
        done = cli("key", "new", "-o", tmp_path / "a.jwk", "--public-out", same, "--force")
        assert (done.exit, done.stdout) == (2, "")
        assert done.stderr == ("jwtool: error: -o and --public-out name the same file, and each half needs its own\n")
        assert list(tmp_path.iterdir()) == []


def test_the_document_needs_a_file_and_holds_no_key(cli: Cli, tmp_path: Path) -> None:
    refused = cli("key", "new", "--json", "--public-out", tmp_path / "b.jwk")
    assert (refused.exit, refused.document["error"]) == (
        2,
        {
            "code": "usage",
            "message": "a private key never stands inside a JSON document",
            "hint": "name a file with -o FILE",
            "exit": 2,
        },
    )
    assert list(tmp_path.iterdir()) == []
    done = cli("key", "new", "--json", "--kid", "k", "-o", tmp_path / "a.jwk", "--public-out", tmp_path / "b.jwk")
    assert done.document == {
        "schema": "jwtool.key/1",
        "ok": True,
        "kid": "k",
        "kty": "EC",
        "crv": "P-256",
        "alg": "ES256",
        "use": None,
        "private": True,
        "algorithms": ["ES256"],
        "thumbprint": thumbprint(read((tmp_path / "b.jwk").read_bytes())),
        "output": str(tmp_path / "a.jwk"),
        "public_output": str(tmp_path / "b.jwk"),
    }


def test_on_a_terminal_it_is_printed_with_a_word(cli: Cli) -> None:
    done = cli("key", "new", tty="stdout stderr", env={"NO_COLOR": "1"})
    assert read(done.raw).private
    assert done.stderr == (
        "note: this is private: whoever has it can act as its owner; -o FILE keeps it in a file of mode 0600\n"
    )
    assert cli("key", "new", tty="stderr").stderr == ""


GONE = "can't read the text for --new-passphrase: the environment variable 'GONE' is not set"


def fixed(kind: str) -> list[str]:
    """The algorithms that leave no choice of a curve, or of a size."""
    rows = ALGORITHMS.values()
    if kind == "curve":
        return [row.name for row in rows if len(row.curves) < 2]
    return [row.name for row in rows if row.kty not in {"RSA", "oct"}]


@pytest.mark.parametrize(
    ("options", "exit_code", "message", "hint"),
    [
        *[
            (("--alg", alg, "--curve", "P-256"), 2, f"{alg} leaves no choice of a curve, found 'P-256'", None)
            for alg in fixed("curve")
        ],
        *[
            (("--alg", alg, "--size", "2048"), 2, f"{alg} leaves no choice of a size, found 2048", None)
            for alg in fixed("size")
        ],
        (("--alg", "EdDSA", "--curve", "X25519"), 2, "EdDSA has no keys on 'X25519', wanted Ed25519 or Ed448", None),
        (("--alg", "EdDSA", "--curve", "ed25519"), 2, "EdDSA has no keys on 'ed25519', wanted Ed25519 or Ed448", None),
        (
            ("--alg", "RS256", "--size", "1024"),
            4,
            "a key of 1024 bits is too short for RS256, wanted at least 2048",
            None,
        ),
        (("--alg", "HS384", "--size", "256"), 4, "a key of 256 bits is too short for HS384, wanted at least 384", None),
        (
            ("--alg", "RS256", "--size", "2049"),
            2,
            "a key can't have 2049 bits, wanted a multiple of 8, at most 16384",
            None,
        ),
        (("--alg", "RS256", "--size", "2k"), 2, "--size takes a whole number, found '2k'", None),
        (("--alg", "RS256", "--size", "-1"), 2, "--size takes a whole number, found '-1'", None),
        (("--alg", "none"), 2, "'none' means no signature, and nothing is accepted or made without one", None),
        (("--alg", "rs256"), 2, "'rs256' is no algorithm that jwtool knows", "did you mean RS256?"),
        (
            ("--alg", "ES256,RS256"),
            2,
            "'ES256,RS256' is no algorithm that jwtool knows",
            "for several algorithms repeat --alg",
        ),
        (
            ("--alg", "RSA1_5"),
            2,
            f"'RSA1_5' is refused: {REFUSED['RSA1_5']}",
            "RSA-OAEP-256 is for the same keys",
        ),
        (("--use", "enc"), 2, "a key for ES256 signs and verifies: its use can only be 'sig', found 'enc'", None),
        (("--format", "ssh"), 2, "--format takes jwk, pem, der", "--format pem"),
        (("--alg", "HS256", "--format", "pem"), 4, "an oct key has no PEM form, only that of a JWK", None),
        (("--alg", "HS256", "--public-out", "p.jwk"), 4, "an oct key is a shared secret and has no public half", None),
        (("--new-passphrase", "env:GONE"), 3, GONE, "is it exported? a shell keeps others to itself"),
        (
            ("--format", "pem", "--new-passphrase", "hunter2"),
            2,
            "--new-passphrase takes -, @PATH or env:NAME: a secret on the command line is seen by others",
            "--new-passphrase env:NAME",
        ),
        (
            ("--format", "pem", "--new-passphrase", ""),
            2,
            "--new-passphrase is empty",
            "a source is -, @PATH or env:NAME",
        ),
        (
            ("--format", "pem", "--new-passphrase", "env:EMPTY"),
            2,
            "the new passphrase is empty",
            "is the variable or file set that it comes from?",
        ),
        (("-o", "no/x.jwk"), 6, "can't write 'no/x.jwk': no such folder: 'no'", "make it: mkdir -p 'no'"),
        (("-o", "-"), 2, "a file to write to needs a name", "leave out -o to write to stdout"),
        (("-o", ""), 2, "a file to write to needs a name", "leave out -o to write to stdout"),
    ],
)
def test_refusals_write_nothing(
    cli: Cli,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    exit_code: int,
    message: str,
    hint: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = cli("key", "new", *options, env={"P": "x", "EMPTY": ""})
    said = f"jwtool: error: {message}\n" + ("" if hint is None else f"hint: {hint}\n")
    assert (done.exit, done.stdout, done.stderr) == (exit_code, "", said)
    assert list(tmp_path.iterdir()) == []
