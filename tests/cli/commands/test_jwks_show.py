"""`jwtool jwks show`: the keys of a set, and why one is not used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.conftest import Cli

ODD = {
    "keys": [
        None,
        {"kty": "XX", "kid": "x1", "alg": "YY", "use": "sig"},
        {"kty": "oct", "k": "c2hvcnQ", "kid": "weak"},
        {"kty": "RSA", "n": "AQAB", "e": "Aw"},
    ]
}


@pytest.fixture
def odd(keys: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """odd.json in the current folder: four keys that can't be used, then a good one."""
    monkeypatch.chdir(keys)
    good = json.loads((keys / "es256.public.jwk").read_text())
    (keys / "odd.json").write_text(json.dumps({"keys": [*ODD["keys"], good]}))
    return "odd.json"


def test_a_set_is_read_key_by_key(cli: Cli, odd: str) -> None:
    done = cli("jwks", "show", odd)
    assert (done.exit, done.stderr) == (0, "")
    assert done.stdout == (
        "kid   key          alg    use  note\n"
        "k1    EC P-256     ES256  -\n"
        "-     ?            -      -    not used: a key must be an object, found null\n"
        "x1    XX           YY     sig  not used: the key type 'XX' is not supported, wanted RSA, EC, OKP, oct, AKP\n"
        "weak  oct 40 bits  -      -    not used: the secret is 5 octets long, HS256 wants at least 32\n"
        "-     RSA 17 bits  -      -    not used: an RSA key of 17 bits is too short, wanted at least 2048\n"
        "5 keys in odd.json, 1 usable\n"
    )
    assert cli("jwks", "show", "-q", odd).stdout == "5 keys in odd.json, 1 usable\n"


def test_json(cli: Cli, odd: str) -> None:
    document = cli("jwks", "show", "--json", odd).document
    thumbprint = document["keys"][0].pop("thumbprint")
    assert len(thumbprint) == 43
    assert document == {
        "schema": "jwtool.jwks/1",
        "ok": True,
        "source": "odd.json",
        "keys": [
            {
                "kid": "k1",
                "kty": "EC",
                "crv": "P-256",
                "alg": "ES256",
                "use": None,
                "private": False,
                "algorithms": ["ES256"],
                "usable": True,
            },
            {
                "kid": None,
                "usable": False,
                "code": "key_malformed",
                "reason": "a key must be an object, found null",
            },
            {
                "kid": "x1",
                "kty": "XX",
                "alg": "YY",
                "use": "sig",
                "usable": False,
                "code": "key_unsupported",
                "reason": "the key type 'XX' is not supported, wanted RSA, EC, OKP, oct, AKP",
            },
            {
                "kid": "weak",
                "kty": "oct",
                "bits": 40,
                "usable": False,
                "code": "key_too_weak",
                "reason": "the secret is 5 octets long, HS256 wants at least 32",
            },
            {
                "kid": None,
                "kty": "RSA",
                "bits": 17,
                "usable": False,
                "code": "key_too_weak",
                "reason": "an RSA key of 17 bits is too short, wanted at least 2048",
            },
        ],
    }


def test_private_keys_are_marked_and_not_shown(cli: Cli, keys: Path) -> None:
    done = cli("jwks", "show", keys / "es256.jwk")
    assert done.stdout.splitlines()[1] == "k1   EC P-256  ES256  -    private"
    secret = json.loads((keys / "es256.jwk").read_text())["d"]
    assert secret not in done.stdout + cli("jwks", "show", "--json", keys / "es256.jwk").stdout


def test_an_empty_set_and_one_key_of_a_set(cli: Cli, odd: str, keys: Path) -> None:
    (keys / "empty.json").write_text('{"keys": []}')
    assert cli("jwks", "show", "empty.json").stdout == "0 keys in empty.json, 0 usable\n"
    assert cli("jwks", "show", f"{odd}#k1").stdout.splitlines()[-1] == "1 key in odd.json, 1 usable"
    refused = cli("jwks", "show", f"{odd}#x1")
    assert (refused.exit, refused.stderr) == (
        4,
        (
            "jwtool: error: odd.json: the key 'x1' can't be used: "
            "the key type 'XX' is not supported, wanted RSA, EC, OKP, oct, AKP\n"
        ),
    )


def test_data_can_not_drive_the_terminal(cli: Cli, keys: Path) -> None:
    key = json.loads((keys / "es256.public.jwk").read_text()) | {"kid": "\x1b]0;x\x07[bold]\u202e\u200b"}
    (keys / "evil.json").write_text(json.dumps({"keys": [key, {"kty": "\x9b31m[/bold]"}]}))
    for tty in ("", "stdout"):
        out = cli("jwks", "show", keys / "evil.json", tty=tty).stdout
        assert r"\x1b]0;x\x07[bold]\u202e\u200b" in out
        assert r"\x9b31m[/bold]" in out


def test_a_secret_at_a_url_is_ignored_and_named(cli: Cli, keys: Path, httpserver: HTTPServer) -> None:
    private = json.loads((keys / "es256.jwk").read_text())
    secret = {"kty": "oct", "k": "A" * 42 + "E", "kid": "s1"}
    httpserver.expect_request("/jwks.json").respond_with_json({"keys": [secret, private]})
    url = httpserver.url_for("/jwks.json")
    done = cli("jwks", "show", url)
    assert done.exit == 0
    assert done.stdout == (
        "kid  key           alg    use  note\n"
        "k1   EC P-256      ES256  -\n"
        "s1   oct 256 bits  -      -    not used: "
        "a secret that a server publishes is none: whoever reads the set can forge tokens\n"
        f"2 keys in {url}, 1 usable\n"
    )
    assert done.stderr == (
        f"note: {url} publishes an HMAC secret, the key 's1': whoever reads it can forge tokens; it is ignored\n"
        f"note: {url} publishes a private key, the key 'k1': whoever reads it can forge tokens; "
        "only its public half is used\n"
    )
