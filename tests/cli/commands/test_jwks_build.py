"""`jwtool jwks build`: a key set out of keys, public parts only unless it is asked for."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import to_pem
from jwtool.jose.keyset import thumbprint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cli.conftest import Cli


def members(text: str) -> list[dict[str, Any]]:
    document = json.loads(text)
    assert list(document) == ["keys"]
    return list(document["keys"])


def test_public_halves_in_the_order_given(cli: Cli, keys: Path) -> None:
    assert cli("key", "new", "--alg", "EdDSA", "--kid", "k2", "-o", keys / "ed.jwk").exit == 0
    done = cli("jwks", "build", keys / "ed.jwk", keys / "es256.jwk")
    assert (done.exit, done.stderr) == (0, "")
    assert [(key["kid"], sorted(key)) for key in members(done.stdout)] == [
        ("k2", ["alg", "crv", "kid", "kty", "x"]),
        ("k1", ["alg", "crv", "kid", "kty", "x", "y"]),
    ]


def test_every_form_of_key_goes_in(cli: Cli, keys: Path) -> None:
    (key,) = load_keys((keys / "es256.jwk").read_bytes(), passphrase=lambda: None).keys
    (keys / "k.pem").write_bytes(to_pem(key, private=True))
    for source in (keys / "k.pem", f"@{keys}/k.pem", "env:K", "-"):
        done = cli(
            "jwks", "build", source, env={"K": to_pem(key, private=False).decode()}, stdin=to_pem(key, private=True)
        )
        (only,) = members(done.stdout)
        assert only["kid"] == thumbprint(key)
        assert "d" not in only


def test_sets_are_merged_and_a_key_stands_once(cli: Cli, keys: Path) -> None:
    done = cli("jwks", "build", keys / "jwks.json", keys / "es256.jwk")
    assert [key["kid"] for key in members(done.stdout)] == ["k1"]
    assert done.stderr == "note: the key k1 was given twice and stands in the set once\n"


def test_one_key_of_a_set(cli: Cli, keys: Path) -> None:
    assert cli("key", "new", "--kid", "k2", "-o", keys / "b.jwk").exit == 0
    assert cli("jwks", "build", keys / "es256.jwk", keys / "b.jwk", "-o", keys / "two.json").exit == 0
    assert [key["kid"] for key in members(cli("jwks", "build", f"{keys}/two.json#k2").stdout)] == ["k2"]


def test_two_keys_of_one_kid_are_refused(cli: Cli, keys: Path) -> None:
    assert cli("key", "new", "--kid", "k1", "-o", keys / "b.jwk").exit == 0
    done = cli("jwks", "build", keys / "es256.jwk", keys / "b.jwk", "-o", keys / "new.json")
    assert (done.exit, done.stdout) == (4, "")
    assert done.stderr == (
        "jwtool: error: two keys share the kid 'k1', and a set needs each once\nhint: give one another kid\n"
    )
    assert not (keys / "new.json").exists()


class TestPrivate:
    """`--private` keeps the private parts: a set to sign with."""

    def test_a_file_is_for_its_owner_alone(self, cli: Cli, keys: Path) -> None:
        path = keys / "private.json"
        assert cli("jwks", "build", "--private", keys / "es256.jwk", "-o", path).exit == 0
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "d" in members(path.read_text())[0]
        assert cli("sign", "-k", path).exit == 0

    def test_an_oct_key_goes_in_here_only(self, cli: Cli, keys: Path, private_keys: Mapping[str, Path]) -> None:
        done = cli("jwks", "build", keys / "es256.jwk", private_keys["HS256"])
        assert (done.exit, done.stdout) == (4, "")
        assert done.stderr == "jwtool: error: an oct key is a shared secret and has no public half\n"
        built = cli("jwks", "build", "--private", keys / "es256.jwk", private_keys["HS256"])
        assert [key["kty"] for key in members(built.stdout)] == ["EC", "oct"]

    def test_a_public_key_has_no_private_part(self, cli: Cli, keys: Path) -> None:
        done = cli("jwks", "build", "--private", keys / "es256.public.jwk")
        assert (done.exit, done.stdout) == (4, "")

    def test_it_is_never_inside_a_document(self, cli: Cli, keys: Path) -> None:
        done = cli("jwks", "build", "--private", "--json", keys / "es256.jwk")
        assert (done.exit, done.codes) == (2, {"usage"})
        into = cli("jwks", "build", "--private", "--json", keys / "es256.jwk", "-o", keys / "p.json")
        assert (into.exit, "jwks" in into.document) == (0, False)
        assert json.loads((keys / "es256.jwk").read_text())["d"] not in into.stdout

    def test_on_a_terminal_with_a_word(self, cli: Cli, keys: Path) -> None:
        done = cli("jwks", "build", "--private", keys / "es256.jwk", tty="stdout")
        assert done.stderr == (
            "note: this is private: whoever has it can act as its owner; -o FILE keeps it in a file of mode 0600\n"
        )


@pytest.mark.parametrize(
    ("options", "added"),
    [
        ((), {}),
        (("--use", "sig"), {"use": "sig"}),
        (("--alg", "ES256"), {"alg": "ES256"}),
        (("--use", "sig", "--alg", "ES256"), {"use": "sig", "alg": "ES256"}),
    ],
)
def test_use_and_alg_are_for_keys_without_one(
    cli: Cli, private_keys: Mapping[str, Path], options: tuple[str, ...], added: dict[str, str]
) -> None:
    (only,) = members(cli("jwks", "build", *options, private_keys["ES256"]).stdout)
    assert {name: only[name] for name in ("use", "alg") if name in only} == added
    assert len(only["kid"]) == 43


def test_keys_for_encryption(cli: Cli, tmp_path: Path) -> None:
    assert cli("key", "new", "--alg", "RSA-OAEP", "--format", "pem", "-o", tmp_path / "rsa.pem").exit == 0
    (only,) = members(cli("jwks", "build", "--use", "enc", "--alg", "RSA-OAEP-256", tmp_path / "rsa.pem").stdout)
    assert (only["use"], only["alg"]) == ("enc", "RSA-OAEP-256")


def test_a_use_that_the_key_cannot_have(cli: Cli, keys: Path, tmp_path: Path) -> None:
    for options, exit_code, codes in (
        (("--use", "sign", keys / "es256.jwk"), 2, {"usage"}),
        (("--use", "enc", keys / "es256.jwk"), 4, {"key_use_mismatch"}),
        (("--use", "sig", "--alg", "RSA1_5", keys / "es256.jwk"), 2, {"alg_unknown"}),
    ):
        done = cli("jwks", "build", "--json", *options)
        assert (done.exit, done.codes) == (exit_code, codes)
    agreement = ("--alg", "ECDH-ES", "--curve", "X25519", "--format", "pem")
    assert cli("key", "new", *agreement, "-o", tmp_path / "x25519.pem").exit == 0
    refused = cli("jwks", "build", "--use", "sig", tmp_path / "x25519.pem")
    assert (refused.exit, refused.stderr) == (
        4,
        "jwtool: error: the use of this key (OKP X25519) can't be 'sig'\n",
    )
    (only,) = members(cli("jwks", "build", "--use", "enc", tmp_path / "x25519.pem").stdout)
    assert only["use"] == "enc"


def test_the_document_describes_the_set_and_holds_it(cli: Cli, keys: Path) -> None:
    document = cli("jwks", "build", "--json", keys / "es256.jwk").document
    assert document == {
        "schema": "jwtool.jwks/1",
        "ok": True,
        "keys": [
            {
                "kid": "k1",
                "kty": "EC",
                "crv": "P-256",
                "alg": "ES256",
                "use": None,
                "private": False,
                "algorithms": ["ES256"],
                "thumbprint": document["keys"][0]["thumbprint"],
                "usable": True,
            }
        ],
        "output": None,
        "jwks": json.loads((keys / "jwks.json").read_text()),
    }


def test_into_a_file(cli: Cli, keys: Path) -> None:
    path = keys / "new.json"
    done = cli("jwks", "build", keys / "es256.jwk", "-o", path)
    assert (done.exit, done.stdout) == (0, "")
    assert done.stderr == f"wrote  {path}\nkid  key       alg    use\nk1   EC P-256  ES256  -\n"
    assert path.read_bytes() == cli("jwks", "build", keys / "es256.jwk").raw
    assert cli("jwks", "build", keys / "es256.jwk", "-o", path).exit == 6


@pytest.mark.parametrize(
    ("argv", "exit_code", "message", "hint"),
    [
        ((), 2, "KEY is missing", "`jwtool jwks build --help` shows how it is used"),
        (("es256.jwk", "absent.jwk"), 3, "can't read the key: no such file: 'absent.jwk'", None),
        (("es256.jwk", "."), 3, "can't read the key: '.' is a folder, not a file", None),
        (("es256.jwk", "empty.json"), 4, "empty.json holds no key", None),
        (
            ("mixed.json",),
            4,
            "key 'weak' of mixed.json can't be used: the secret is 5 octets long, HS256 wants at least 32",
            None,
        ),
        (("es256.jwk", "--alg", "ES257"), 2, "'ES257' is no algorithm that jwtool knows", "did you mean ES256?"),
        (
            ("es256.jwk", "--alg", "none"),
            2,
            "'none' means no signature, and nothing is accepted or made without one",
            None,
        ),
        (("-", "-"), 2, "stdin can't be both one key and another", "give one of them as @FILE or env:NAME"),
    ],
)
def test_refusals(
    cli: Cli,
    keys: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: tuple[str, ...],
    exit_code: int,
    message: str,
    hint: str | None,
) -> None:
    monkeypatch.chdir(keys)
    (keys / "empty.json").write_text('{"keys":[]}')
    good = json.loads((keys / "es256.jwk").read_text())
    (keys / "mixed.json").write_text(json.dumps({"keys": [good, {"kty": "oct", "k": "c2hvcnQ", "kid": "weak"}]}))
    done = cli("jwks", "build", "--private", *argv, "-o", "new.json")
    said = f"jwtool: error: {message}\n" + ("" if hint is None else f"hint: {hint}\n")
    assert (done.exit, done.stdout) == (exit_code, "")
    assert done.stderr.splitlines()[: said.count("\n")] == said.splitlines()
    assert not (keys / "new.json").exists()
