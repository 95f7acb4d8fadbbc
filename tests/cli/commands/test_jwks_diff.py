"""`jwtool jwks diff`: how two key sets differ; exit 1 where they do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.keys.load import load_keys
from jwtool.jose.keyset import thumbprint

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.conftest import Cli


@pytest.fixture
def sets(cli: Cli, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of `keys`, which is the current one, with private.json, more.json (k1 changed, k2) and forged.json."""
    monkeypatch.chdir(keys)
    assert cli("jwks", "build", "--private", "es256.jwk", "-o", "private.json").exit == 0
    assert cli("key", "new", "--kid", "k2", "--alg", "EdDSA", "-o", "k2.jwk").exit == 0
    assert cli("jwks", "build", "es256.jwk", "k2.jwk", "--use", "sig", "-o", "more.json").exit == 0
    assert cli("key", "new", "--kid", "k1", "-o", "forged.jwk").exit == 0
    assert cli("jwks", "build", "forged.jwk", "-o", "forged.json").exit == 0
    return keys


def thumbprint_of(path: Path) -> str:
    return thumbprint(load_keys(path.read_bytes(), passphrase=lambda: None).keys[0])


def edit(path: Path, **members: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | members))


@pytest.mark.usefixtures("sets")
def test_the_same(cli: Cli) -> None:
    done = cli("jwks", "diff", "jwks.json", "jwks.json")
    assert (done.exit, done.stderr) == (0, "")
    assert done.stdout == "SAME  jwks.json and jwks.json hold the same 1 key\n"
    assert cli("jwks", "diff", "--json", "jwks.json", "@jwks.json").document == {
        "schema": "jwtool.jwks-diff/1",
        "ok": True,
        "before": "jwks.json",
        "after": "jwks.json",
        "added": [],
        "removed": [],
        "changed": [],
        "members": [],
    }


def test_added_removed_and_changed(cli: Cli, sets: Path) -> None:
    edit(sets / "more.json", **{"x-issuer": "me"})
    done = cli("jwks", "diff", "jwks.json", "more.json")
    assert (done.exit, done.stderr) == (1, "")
    assert done.stdout == (
        "DIFFER  1 key added, 1 key changed, 1 member of the set changed, from jwks.json to more.json\n"
        "added    k2       OKP Ed25519 EdDSA\n"
        'changed  k1       use: "sig" added\n'
        'changed  the set  x-issuer: "me" added\n'
    )
    back = cli("jwks", "diff", "more.json", "jwks.json")
    assert back.stdout.splitlines()[1:3] == [
        "removed  k2       OKP Ed25519 EdDSA",
        'changed  k1       use: "sig" removed',
    ]
    assert cli("jwks", "diff", "-q", "more.json", "jwks.json").stdout == (
        "1 key removed, 1 key changed, 1 member of the set changed, from more.json to jwks.json\n"
    )


def test_the_same_kid_with_another_key(cli: Cli, sets: Path) -> None:
    one, other = thumbprint_of(sets / "es256.jwk"), thumbprint_of(sets / "forged.jwk")
    done = cli("jwks", "diff", "jwks.json", "forged.json")
    assert (done.exit, done.stdout.splitlines()[1]) == (
        1,
        f"ALARM  k1  the same kid names another key: {one} became {other}",
    )
    assert cli("jwks", "diff", "-q", "jwks.json", "forged.json").stdout == (
        "ALARM, the same kid names another key: k1; 1 key changed, from jwks.json to forged.json\n"
    )
    document = cli("jwks", "diff", "--json", "jwks.json", "forged.json").document
    assert (document["ok"], document["changed"]) == (
        False,
        [{"kid": "k1", "another_key": True, "thumbprints": [one, other], "members": []}],
    )


@pytest.mark.usefixtures("sets")
def test_a_private_set_and_the_public_one(cli: Cli) -> None:
    done = cli("jwks", "diff", "private.json", "jwks.json")
    assert (done.exit, done.stdout) == (0, "SAME  private.json and jwks.json hold the same 1 key\n")
    assert done.stderr == (
        "note: private.json holds private keys, and the other set doesn't: public halves are compared\n"
    )


def test_with_what_a_server_has(cli: Cli, sets: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/jwks.json").respond_with_data((sets / "more.json").read_bytes())
    done = cli("jwks", "diff", "jwks.json", httpserver.url_for("/jwks.json"), "--json")
    assert (done.exit, [key["kid"] for key in done.document["added"]]) == (1, ["k2"])
    assert done.document["after"] == httpserver.url_for("/jwks.json")


@pytest.mark.usefixtures("sets")
def test_other_forms(cli: Cli) -> None:
    assert cli("key", "convert", "es256.jwk", "--to", "pem", "-o", "k.pem").exit == 0
    done = cli("jwks", "diff", "k.pem", "es256.jwk", "--json")
    assert (done.exit, len(done.document["added"]), len(done.document["removed"])) == (1, 1, 1)
    assert cli("jwks", "diff", "more.json#k1", "more.json#k1").exit == 0
    assert cli("jwks", "diff", "-", "es256.jwk", stdin=b'{"keys":[]}').exit == 1


def test_long_and_unknown_members(cli: Cli, sets: Path) -> None:
    (one,) = json.loads((sets / "jwks.json").read_text())["keys"]
    for name, value in (("a", "x" * 100), ("b", "y")):
        (sets / f"{name}.json").write_text(json.dumps({"keys": [one | {"x-note": value}]}))
        (sets / f"{name}.private.json").write_text(
            json.dumps({"keys": [json.loads((sets / "es256.jwk").read_text()) | {"x-note": value}]})
        )
    assert cli("jwks", "diff", "a.json", "b.json").stdout.splitlines()[1] == (
        f'changed  k1  x-note: "{"x" * 58}… became "y"'
    )
    assert cli("jwks", "diff", "a.private.json", "b.private.json").stdout.splitlines()[1] == (
        "changed  k1  x-note: differs; not shown, for the key is private"
    )
    document = cli("jwks", "diff", "--json", "a.private.json", "b.private.json").document
    assert document["changed"][0]["members"] == [{"name": "x-note", "withheld": True}]


@pytest.mark.usefixtures("sets")
def test_secrets_are_not_told(cli: Cli) -> None:
    env = {"A": "a" * 40, "B": "b" * 40}
    done = cli("jwks", "diff", "secret:env:A", "secret:env:B", env=env)
    assert done.exit == 1
    shown = done.stdout + cli("jwks", "diff", "secret:env:A", "secret:env:B", "--json", env=env).stdout
    assert "YWFhYWFh" not in shown
    assert "aaaaaa" not in shown


@pytest.mark.parametrize(
    ("argv", "exit_code", "said"),
    [
        (("jwks.json",), 2, "jwtool: error: SET is missing\n"),
        (("jwks.json", "absent.json"), 3, "jwtool: error: can't read the key set: no such file: 'absent.json'\n"),
        (("jwks.json", "token.jwt"), 3, "jwtool: error: token.jwt: this is a token, not a key\n"),
        (("-", "-"), 2, "jwtool: error: stdin can't be both one key and another\n"),
    ],
)
def test_refusals(cli: Cli, sets: Path, argv: tuple[str, ...], exit_code: int, said: str) -> None:
    assert sets.is_dir()
    done = cli("jwks", "diff", *argv)
    assert (done.exit, done.stdout) == (exit_code, "")
    assert done.stderr.startswith(said)


def test_hostile_values_are_escaped(cli: Cli, sets: Path) -> None:
    edit(sets / "jwks.json", **{"\x1b[2J": "\u202e"})
    done = cli("jwks", "diff", "jwks.json", "forged.json")
    assert done.exit == 1
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert "\\x1b[2J" in done.stdout
