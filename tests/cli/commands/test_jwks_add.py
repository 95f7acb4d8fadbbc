"""`jwtool jwks add`: keys into a set, in place."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cli.conftest import Cli


@pytest.fixture
def more(cli: Cli, keys: Path) -> Path:
    """The folder of `keys`, with k2.jwk, and private.json, a private set of k1."""
    assert cli("key", "new", "--kid", "k2", "--alg", "EdDSA", "-o", keys / "k2.jwk").exit == 0
    assert cli("jwks", "build", "--private", keys / "es256.jwk", "-o", keys / "private.json").exit == 0
    return keys


def kids(path: Path) -> list[str]:
    return [key["kid"] for key in json.loads(path.read_text())["keys"]]


def test_a_private_key_goes_into_a_public_set_by_its_public_half(cli: Cli, more: Path) -> None:
    done = cli("jwks", "add", more / "jwks.json", more / "k2.jwk")
    assert (done.exit, done.stderr) == (0, "")
    assert done.stdout == (
        f"DONE  1 key added to {more}/jwks.json\n"
        "kid  key          alg    use\n"
        "k1   EC P-256     ES256  -\n"
        "k2   OKP Ed25519  EdDSA  -\n"
    )
    added = json.loads((more / "jwks.json").read_text())["keys"][1]
    assert sorted(added) == ["alg", "crv", "kid", "kty", "x"]


def test_a_private_set_takes_private_keys(cli: Cli, more: Path) -> None:
    path = more / "private.json"
    path.chmod(0o644)
    jwk = json.loads((more / "k2.jwk").read_text()) | {"nbf": 5, "exp": 6, "x-dropped": 1}
    (more / "k2.jwk").write_text(json.dumps(jwk))
    assert cli("jwks", "add", path, more / "k2.jwk").exit == 0
    added = json.loads(path.read_text())["keys"][1]
    assert added == {name: jwk[name] for name in jwk if name != "x-dropped"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_secret_goes_into_a_private_set_only(cli: Cli, more: Path, private_keys: Mapping[str, Path]) -> None:
    before = (more / "jwks.json").read_bytes()
    done = cli("jwks", "add", more / "jwks.json", private_keys["HS256"])
    assert (done.exit, done.stdout, done.stderr) == (
        4,
        "",
        "jwtool: error: an oct key is a shared secret and has no public half\n",
    )
    assert (more / "jwks.json").read_bytes() == before
    assert cli("jwks", "add", more / "private.json", private_keys["HS256"]).exit == 0
    assert json.loads((more / "private.json").read_text())["keys"][1]["kty"] == "oct"


class TestTakenKid:
    """A set needs each kid once."""

    def test_refused(self, cli: Cli, more: Path) -> None:
        before = (more / "jwks.json").stat().st_mtime_ns, (more / "jwks.json").read_bytes()
        assert cli("key", "new", "--kid", "k1", "-o", more / "other.jwk").exit == 0
        done = cli("jwks", "add", more / "jwks.json", more / "k2.jwk", more / "other.jwk")
        assert (done.exit, done.stdout) == (4, "")
        assert done.stderr == (
            f"jwtool: error: {more}/jwks.json has a key of the kid 'k1' already\n"
            "hint: --replace puts the new one in its place\n"
        )
        assert ((more / "jwks.json").stat().st_mtime_ns, (more / "jwks.json").read_bytes()) == before

    def test_replaced_in_its_place(self, cli: Cli, more: Path) -> None:
        assert cli("jwks", "add", more / "jwks.json", more / "k2.jwk").exit == 0
        assert cli("key", "new", "--kid", "k1", "--alg", "ES384", "-o", more / "other.jwk").exit == 0
        done = cli("jwks", "add", more / "jwks.json", more / "other.jwk", "--replace", "--json")
        assert (done.document["added"], done.document["replaced"]) == ([], ["k1"])
        assert [(key["kid"], key["alg"]) for key in done.document["keys"]] == [("k1", "ES384"), ("k2", "EdDSA")]
        assert kids(more / "jwks.json") == ["k1", "k2"]

    def test_twice_in_the_set_already(self, cli: Cli, more: Path) -> None:
        path = more / "jwks.json"
        path.write_text(json.dumps({"keys": [*json.loads(path.read_text())["keys"], {"kty": "strange", "kid": "k1"}]}))
        assert cli("jwks", "add", path, more / "es256.jwk").exit == 4
        assert cli("jwks", "add", path, more / "es256.jwk", "--replace").exit == 0
        assert kids(path) == ["k1"]

    def test_twice_on_one_command_line(self, cli: Cli, more: Path) -> None:
        assert cli("jwks", "add", more / "jwks.json", more / "k2.jwk", more / "k2.jwk", "--json").codes == {"kid_taken"}
        assert kids(more / "jwks.json") == ["k1"]

    def test_the_same_key_under_another_kid(self, cli: Cli, more: Path) -> None:
        jwk = json.loads((more / "es256.jwk").read_text()) | {"kid": "again"}
        (more / "again.jwk").write_text(json.dumps(jwk))
        done = cli("jwks", "add", more / "jwks.json", more / "again.jwk", "-q")
        assert (done.exit, done.stdout) == (0, f"1 key added to {more}/jwks.json\n")
        assert done.stderr == "note: the key 'again' stands in the set under another kid too: 'k1'\n"


def test_unknown_members_of_set_and_keys_are_kept_in_order_and_form(cli: Cli, more: Path) -> None:
    path = more / "jwks.json"
    (first,) = json.loads(path.read_text())["keys"]
    before: dict[str, Any] = {
        "x-a": 1e3,
        "keys": [{"x-note": ["é"], **first}, {"kty": "unknown", "kid": "u"}],
        "x-b": {"c": None},
    }
    path.write_text(json.dumps(before))
    path.chmod(0o640)
    assert cli("jwks", "add", path, more / "k2.jwk").exit == 0
    text = path.read_text()
    after = json.loads(text)
    assert text.count("\n") == 1
    assert list(after) == ["x-a", "keys", "x-b"]
    assert after == {**before, "keys": [*before["keys"], after["keys"][2]]}
    assert next(iter(after["keys"][0])) == "x-note"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_set_whose_private_keys_are_not_understood_is_private(cli: Cli, more: Path) -> None:
    path = more / "strange.json"
    path.write_text('{"keys":[{"kty":"strange","kid":"pq","priv":"AA"}]}')
    assert cli("jwks", "add", path, more / "k2.jwk").exit == 0
    assert "d" in json.loads(path.read_text())["keys"][1]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_is_followed_and_its_target_replaced(cli: Cli, more: Path) -> None:
    link = more / "link.json"
    link.symlink_to("jwks.json")
    assert cli("jwks", "add", link, more / "k2.jwk").exit == 0
    assert link.is_symlink()
    assert kids(more / "jwks.json") == ["k1", "k2"]


def test_keys_of_a_set_and_from_stdin(cli: Cli, more: Path) -> None:
    (more / "empty.json").write_text('{"keys": []}')
    done = cli("jwks", "add", more / "empty.json", more / "private.json", "-", stdin=(more / "k2.jwk").read_bytes())
    assert (done.exit, kids(more / "empty.json")) == (0, ["k1", "k2"])
    assert '"d"' not in (more / "empty.json").read_text()


@pytest.mark.parametrize(
    ("file", "key", "exit_code", "said"),
    [
        ("absent.json", "k2.jwk", 3, "can't read the key set: no such file: 'absent.json'"),
        ("jwks.json", "absent.jwk", 3, "can't read the key: no such file: 'absent.jwk'"),
        ("es256.jwk", "k2.jwk", 4, "es256.jwk: this is one key, and what is edited in place is a JWK set"),
        ("weak.json", "weak.json", 4, "weak.json: the key set has no 'keys'"),
        ("token.jwt", "k2.jwk", 3, "token.jwt: this is a token, not a key"),
        ("-", "k2.jwk", 3, "the key set is edited in place, and stdin can't be"),
        (".", "k2.jwk", 3, "can't read the key set: '.' is a folder, not a file"),
    ],
)
def test_refusals(
    cli: Cli, more: Path, monkeypatch: pytest.MonkeyPatch, file: str, key: str, exit_code: int, said: str
) -> None:
    monkeypatch.chdir(more)
    (more / "weak.json").write_text("{}")
    done = cli("jwks", "add", file, key)
    assert (done.exit, done.stdout) == (exit_code, "")
    assert said in done.stderr or file == "weak.json"


def test_a_weak_key_is_not_added(cli: Cli, more: Path) -> None:
    done = cli("jwks", "add", more / "private.json", "secret:env:S", "--json", env={"S": "short"})
    assert (done.exit, done.codes) == (4, {"key_too_weak"})
    assert kids(more / "private.json") == ["k1"]


def test_more_keys_than_can_be_read(cli: Cli, more: Path) -> None:
    full = {"keys": [{"kty": "unknown", "kid": str(number)} for number in range(1000)]}
    (more / "full.json").write_text(json.dumps(full))
    done = cli("jwks", "add", more / "full.json", more / "k2.jwk", "--json")
    assert (done.exit, done.codes) == (6, {"write_failed"})
    assert json.loads((more / "full.json").read_text()) == full


@pytest.mark.parametrize("command", ["add", "remove", "rotate"])
def test_a_url_can_not_be_edited(cli: Cli, more: Path, command: str) -> None:
    """And what it holds is not quoted."""
    words = {"add": (more / "k2.jwk",), "remove": ("k1",), "rotate": ()}[command]
    done = cli("jwks", command, "https://user:secret@auth.example/jwks.json", *words)
    assert (done.exit, done.stdout, done.stderr) == (
        2,
        "",
        "jwtool: error: a URL can't be edited in place, only a file\nhint: jwtool jwks fetch URL -o FILE\n",
    )
