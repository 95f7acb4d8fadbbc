"""`jwtool key show`: what a key is, and never its private part."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.algorithms import ALGORITHMS, for_key
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import to_der, to_pem
from jwtool.jose.keyset import thumbprint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cli.conftest import Cli


NAMES = ("thumbprint", "thumbprints", "thumbprint_uri", "spki_fingerprint", "ssh_fingerprint")


def test_a_private_jwk(cli: Cli, keys: Path) -> None:
    done = cli("key", "show", keys / "es256.jwk")
    (key,) = load_keys((keys / "es256.jwk").read_bytes(), passphrase=lambda: None).keys
    assert (done.exit, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "type        EC P-256, private\nkid         k1\nalg         ES256\nsignatures  ES256\nencryption  nothing\n"
        f"private     d\nthumbprint  {thumbprint(key)}\n"
    )


def test_what_a_key_says_of_itself(cli: Cli, keys: Path) -> None:
    jwk = json.loads((keys / "es256.public.jwk").read_text())
    named = {n: v for n, v in jwk.items() if n not in {"kid", "alg"}} | {
        "use": "sig",
        "key_ops": ["verify"],
        "x": jwk["x"],
    }
    (keys / "own.jwk").write_text(json.dumps(named))
    shown = dict(line.split(maxsplit=1) for line in cli("key", "show", keys / "own.jwk").stdout.splitlines())
    assert shown == {
        "type": "EC P-256, public",
        "kid": "none",
        "alg": "none",
        "use": "sig",
        "key_ops": "verify",
        "signatures": "ES256",
        "encryption": "nothing",
        **{name: shown[name] for name in ("thumbprint", "sha384", "sha512", "uri", "spki", "ssh")},
    }


def test_every_kind_of_key(cli: Cli, private_keys: Mapping[str, Path], alg: str) -> None:
    document = cli("key", "show", "--json", private_keys[alg]).document
    row = ALGORITHMS[alg]
    own = alg if row.kty == "AKP" else None
    assert (document["kty"], document["private"], document["kid"], document["alg"]) == (row.kty, True, None, own)
    assert document.get("crv") == (row.curves[0] if row.curves else None)
    assert alg in document["algorithms"]
    fitting = for_key(row.kty, document.get("crv"), document.get("bits", 0) // 8)
    assert tuple(document["algorithms"]) == ((alg,) if row.kty == "AKP" else fitting)
    assert ("thumbprint" in document) is (row.kty != "oct")


def test_no_private_member_is_shown(cli: Cli, private_keys: Mapping[str, Path], alg: str) -> None:
    jwk = json.loads(private_keys[alg].read_text())
    hidden = [jwk[name] for name in ("d", "p", "q", "dp", "dq", "qi", "k", "priv") if name in jwk]
    assert hidden
    for options in ((), ("--json",), ("-q",), ("-v", "--color", "always")):
        done = cli("key", "show", *options, private_keys[alg])
        assert done.exit == 0
        assert not [value for value in hidden if value in done.stdout + done.stderr]


@pytest.mark.parametrize("form", ["pem", "der", "stdin", "env"])
def test_from_anywhere(cli: Cli, keys: Path, form: str) -> None:
    (key,) = load_keys((keys / "es256.jwk").read_bytes(), passphrase=lambda: None).keys
    pem = to_pem(key, private=False)
    (keys / "k.pem").write_bytes(pem)
    (keys / "k.der").write_bytes(to_der(key, private=False))
    source = {"pem": f"{keys}/k.pem", "der": f"@{keys}/k.der", "stdin": "-", "env": "env:K"}[form]
    done = cli("key", "show", "-q", source, stdin=pem, env={"K": pem.decode()})
    assert (done.exit, done.stdout) == (0, "EC P-256, public\n")


def test_quiet_and_json(cli: Cli, keys: Path) -> None:
    assert cli("key", "show", "-q", keys / "es256.jwk").stdout == "EC P-256, private\n"
    document = cli("key", "show", "--json", f"{keys}/jwks.json#k1").document
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
        "signing_algorithms": ["ES256"],
        "encryption_algorithms": [],
        "private_members": [],
        **{name: document[name] for name in NAMES},
        "source": f"{keys}/jwks.json",
    }


def test_a_weak_key_is_shown_with_its_weakness(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "weak.jwk").write_text('{"kty":"oct","k":"c2hvcnQ"}')
    done = cli("key", "show", tmp_path / "weak.jwk")
    assert (done.exit, done.stdout.splitlines()[-1]) == (
        0,
        "weak        the secret is 5 octets long, HS256 wants at least 32",
    )
    assert cli("key", "show", "--json", tmp_path / "weak.jwk").document["weak"] == (
        "the secret is 5 octets long, HS256 wants at least 32"
    )


def test_what_a_person_should_know_of_a_usable_key_is_remarked(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "poor.jwk").write_text('{"kty":"oct","k":"YWJjZGFiY2RhYmNkYWJjZGFiY2RhYmNkYWJjZGFiY2Q"}')
    assert cli("key", "show", tmp_path / "poor.jwk").stdout.splitlines()[-1] == (
        "remark      the secret is a short piece, repeated"
    )
    document = cli("key", "show", "--json", tmp_path / "poor.jwk").document
    assert (document["remarks"], "weak" in document) == (["the secret is a short piece, repeated"], False)


def test_control_characters_in_a_kid_are_escaped(cli: Cli, keys: Path) -> None:
    jwk = json.loads((keys / "es256.jwk").read_text()) | {"kid": "a\x1b[31m\u202e\u200bb"}
    (keys / "odd.jwk").write_text(json.dumps(jwk))
    for tty in ("", "stdout"):
        out = cli("key", "show", keys / "odd.jwk", tty=tty, env={"NO_COLOR": "1"}).stdout
        assert out.splitlines()[1] == r"kid         a\x1b[31m\u202e\u200bb"


@pytest.mark.parametrize(
    ("content", "exit_code", "message", "hint"),
    [
        (b"", 3, "k: the key is empty", None),
        (b"hello", 3, "k: this is neither a JWK, a JWK set, PEM nor DER", "for an HMAC secret write secret:@FILE"),
        (
            b'{"kty":"EC",}',
            3,
            "k: the key is not JSON: trailing comma at line 1, column 12",
            "remove the comma before the closing bracket",
        ),
        (b'{"keys":[]}', 4, "k holds no key", None),
        (b'{"keys":null}', 4, "k: 'keys' of the key set must be an array, found null", None),
        (
            b"[]",
            4,
            "k: the key is a list in JSON, wanted a JWK or a JWK set",
            'a JWK set is an object with a list "keys"',
        ),
        (b'{"kty":"XX"}', 4, "k: the key type 'XX' is not supported, wanted RSA, EC, OKP, oct, AKP", None),
        (
            b'{"jwks_uri":"https://x"}',
            4,
            "k: this is a discovery document, not a key set",
            "give the URL in its 'jwks_uri'",
        ),
    ],
)
def test_what_is_no_key(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, exit_code: int, message: str, hint: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "k").write_bytes(content)
    done = cli("key", "show", "k")
    said = f"jwtool: error: {message}\n" + ("" if hint is None else f"hint: {hint}\n")
    assert (done.exit, done.stdout, done.stderr) == (exit_code, "", said)


def test_a_set_of_several_needs_a_kid(cli: Cli, keys: Path) -> None:
    assert cli("key", "new", "-o", keys / "b.jwk", "--kid", "k2").exit == 0
    assert cli("jwks", "build", keys / "es256.jwk", keys / "b.jwk", "-o", keys / "two.json").exit == 0
    done = cli("key", "show", keys / "two.json")
    assert (done.exit, done.stdout) == (4, "")
    assert done.stderr == (
        f"jwtool: error: {keys}/two.json holds 2 keys, and one is wanted: 'k1', 'k2'\n"
        "hint: name one with #KID after the source\n"
    )


class TestPassphrase:
    """What is needed and not given is asked for on a terminal; without one: exit 4, with the option's name."""

    @pytest.fixture
    def locked(self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.chdir(tmp_path)
        new = ("key", "new", "--format", "pem", "--new-passphrase", "env:P", "-o", "locked.pem")
        assert cli(*new, env={"P": "x"}).exit == 0
        return "locked.pem"

    def test_it_is_asked_for(self, cli: Cli, locked: str) -> None:
        assert cli("key", "show", "-q", locked, tty="stdin", typed="x").stdout == "EC P-256, private\n"

    def test_without_a_terminal(self, cli: Cli, locked: str) -> None:
        done = cli("key", "show", locked)
        assert (done.exit, done.stdout) == (4, "")
        assert done.stderr == (
            "jwtool: error: locked.pem: the private key is encrypted and no passphrase was given\n"
            "hint: --passphrase @FILE reads it from a file\n"
        )

    @pytest.mark.parametrize("given", ["env:WRONG", "typed"])
    def test_a_wrong_one(self, cli: Cli, locked: str, given: str) -> None:
        options = () if given == "typed" else ("--passphrase", given)
        done = cli("key", "show", locked, *options, env={"WRONG": "y"}, tty="stdin", typed="y")
        assert (done.exit, done.stdout) == (4, "")
        assert done.stderr == "jwtool: error: locked.pem: the passphrase does not open the private key\n"
