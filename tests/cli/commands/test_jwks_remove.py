"""`jwtool jwks remove`: keys out of a set, in place; all that are named, or none."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.keys.load import load_keys
from jwtool.jose.keyset import thumbprint

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli


@pytest.fixture
def path(cli: Cli, keys: Path) -> Path:
    """A private set of k1, k2 and k3, with something strange in it."""
    for kid in ("k2", "k3"):
        assert cli("key", "new", "--kid", kid, "-o", keys / f"{kid}.jwk").exit == 0
    sources = [keys / "es256.jwk", keys / "k2.jwk", keys / "k3.jwk"]
    assert cli("jwks", "build", "--private", *sources, "-o", keys / "set.json").exit == 0
    document = json.loads((keys / "set.json").read_text())
    (keys / "set.json").write_text(json.dumps({"x": 1, "keys": [*document["keys"], {"kid": "odd"}, 7]}, indent=4))
    return keys / "set.json"


def kids(path: Path) -> list[object]:
    return [key["kid"] if isinstance(key, dict) else key for key in json.loads(path.read_text())["keys"]]


def test_by_kid_also_of_what_is_not_understood(cli: Cli, path: Path) -> None:
    done = cli("jwks", "remove", path, "k1", "odd")
    assert (done.exit, done.stderr, kids(path)) == (0, "", ["k2", "k3", 7])
    assert done.stdout == (
        f"DONE  2 keys removed from {path}\n"
        "kid  key       alg    use  note\n"
        "k2   EC P-256  ES256  -    private\n"
        "k3   EC P-256  ES256  -    private\n"
        "-    ?         -      -    not used: a key must be an object, found a number\n"
    )
    assert path.read_text().startswith('{\n    "x": 1,\n')
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_by_thumbprint(cli: Cli, path: Path) -> None:
    key = load_keys(path.read_bytes(), passphrase=lambda: None).keys[1]
    done = cli("jwks", "remove", "--json", "--", path, thumbprint(key))  # one in 64 begins with a dash
    assert (done.exit, kids(path)) == (0, ["k1", "k3", "odd", 7])
    assert (done.document["removed"], done.document["unknown"]) == ([thumbprint(key)], [])


def test_an_unknown_one_and_nothing_is_changed(cli: Cli, path: Path) -> None:
    before = path.stat().st_mtime_ns, path.read_bytes()
    done = cli("jwks", "remove", path, "k1", "nobody", "-q")
    assert (done.exit, done.stderr) == (1, "")
    assert done.stdout == f"no key of {path} is called 'nobody'; nothing was removed\n"
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before
    document = cli("jwks", "remove", "--json", path, "k1", "nobody").document
    assert (document["ok"], document["removed"], document["unknown"]) == (False, [], ["nobody"])


def test_a_kid_that_two_keys_have(cli: Cli, path: Path) -> None:
    document = json.loads(path.read_text())
    document["keys"][1]["kid"] = "k1"
    path.write_text(json.dumps(document))
    done = cli("jwks", "remove", path, "k1")
    assert (done.exit, done.stderr) == (4, "jwtool: error: 2 keys are called 'k1', and one is wanted\n")
    assert len(kids(path)) == 5


def test_the_same_key_named_twice(cli: Cli, path: Path) -> None:
    key = load_keys(path.read_bytes(), passphrase=lambda: None).keys[0]
    assert cli("jwks", "remove", "--", path, "k1", "k1", thumbprint(key)).exit == 0
    assert kids(path) == ["k2", "k3", "odd", 7]


def test_the_last_one(cli: Cli, keys: Path) -> None:
    done = cli("jwks", "remove", keys / "jwks.json", "k1")
    assert (done.exit, done.stdout) == (0, f"DONE  1 key removed from {keys}/jwks.json\nthe set is empty now\n")
    assert (keys / "jwks.json").read_text() == '{\n  "keys": []\n}\n'


def test_hostile_names_are_escaped(cli: Cli, path: Path) -> None:
    done = cli("jwks", "remove", path, "\x1b[2J\u202e")
    assert (done.exit, done.stderr) == (1, "")
    assert done.stdout.splitlines()[0] == (
        f"NOT FOUND  no key of {path} is called '\\x1b[2J\\u202e'; nothing was removed"
    )


def test_no_such_file(cli: Cli, keys: Path) -> None:
    done = cli("jwks", "remove", keys / "jwks.jsn", "k1")
    assert (done.exit, done.stderr) == (
        3,
        (
            f"jwtool: error: can't read the key set: no such file: '{keys}/jwks.jsn'\n"
            f"hint: did you mean '{keys}/jwks.json'?\n"
        ),
    )
