"""`sign --preset`, and `--explain-preset` of both sides: the shape of a kind of token, filled in and held to."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.operations.load_preset import NAMES, PROVIDERS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

NOW = 1_795_556_400
ISS = "https://auth.example"
GIVEN = {
    "access-token": ("-i", ISS, "--sub", "user-42", "-a", "api", "-c", "client_id=app"),
    "client-assertion": ("-i", "app", "-a", f"{ISS}/token"),
    "dpop": ("-c", "htm=POST", "-c", "htu=https://api.example/orders"),
    "id-token": ("-i", ISS, "--sub", "user-42", "-a", "app"),
}
PRESETS = sorted(NAMES)


@pytest.fixture(autouse=True)
def _here(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(keys)


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims = (json.loads(base64.urlsafe_b64decode(f"{part}==")) for part in token.split(".")[:2])
    return header, claims


def sign(cli: Cli, name: str, *argv: str, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    done = cli("sign", "-k", "es256.jwk", "--preset", name, *GIVEN[name], *argv, **more)
    assert (done.exit, done.stderr) == (0, "")
    return opened(done.stdout)


# sign


def test_an_access_token(cli: Cli) -> None:
    header, claims = sign(cli, "access-token")
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": "k1"}
    assert claims.pop("jti")
    shape = {"iss": ISS, "sub": "user-42", "aud": "api", "client_id": "app"}
    assert claims == {**shape, "iat": NOW, "exp": NOW + 900}


@pytest.mark.parametrize("argv", [("-i", "app"), ("--sub", "app"), ("-i", "app", "--sub", "app")])
def test_a_client_assertion(cli: Cli, argv: tuple[str, ...]) -> None:
    done = cli("sign", "-k", "es256.jwk", "--preset", "client-assertion", *argv, "-a", f"{ISS}/token")
    header, claims = opened(done.stdout)
    assert header == {"alg": "ES256", "typ": "JWT", "kid": "k1"}
    assert claims.pop("jti")
    assert claims == {"iss": "app", "sub": "app", "aud": f"{ISS}/token", "iat": NOW, "exp": NOW + 300}


def test_an_id_token(cli: Cli) -> None:
    header, claims = sign(
        cli, "id-token", "-c", "nonce=n", "--access-token", "-", stdin=b"jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y\n"
    )
    assert header == {"alg": "ES256", "typ": "JWT", "kid": "k1"}
    assert claims.pop("jti")
    shape = {"iss": ISS, "sub": "user-42", "aud": "app", "nonce": "n", "at_hash": "77QmUPtjPfzWtF2AnpK9RQ"}
    assert claims == {**shape, "iat": NOW, "exp": NOW + 900}


def test_a_dpop_proof(cli: Cli, keys: Path) -> None:
    header, claims = sign(
        cli, "dpop", "--access-token", "env:AT", env={"AT": "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"}
    )
    public = json.loads((keys / "es256.public.jwk").read_text())
    assert header == {
        "alg": "ES256",
        "typ": "dpop+jwt",
        "jwk": {name: public[name] for name in ("kty", "crv", "x", "y")},
    }
    assert claims.pop("jti")
    assert claims == {
        "htm": "POST",
        "htu": "https://api.example/orders",
        "iat": NOW,
        "ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
    }


@pytest.mark.parametrize("alg", ["RS256", "EdDSA", "ES512"])
def test_the_key_in_a_proof_is_public(cli: Cli, alg: str) -> None:
    assert cli("key", "new", "--alg", alg, "-o", "other.jwk").exit == 0
    header, _ = opened(cli("sign", "-k", "other.jwk", "--preset", "dpop", *GIVEN["dpop"]).stdout)
    wanted = {"RS256": {"kty", "n", "e"}, "EdDSA": {"kty", "crv", "x"}, "ES512": {"kty", "crv", "x", "y"}}
    assert set(header["jwk"]) == wanted[alg]


def test_a_secret_makes_no_proof(cli: Cli) -> None:
    assert cli("key", "new", "--alg", "HS256", "-o", "secret.jwk").exit == 0
    done = cli("sign", "--json", "-k", "secret.jwk", "--preset", "dpop", *GIVEN["dpop"])
    assert (done.exit, done.codes) == (4, {"key_symmetric_in_public"})


def test_options_that_are_given_win(cli: Cli) -> None:
    header, claims = sign(cli, "access-token", "--typ", "x", "--exp", "1h", "--kid", "k", "-c", "jti=1")
    assert (header["typ"], header["kid"], claims["exp"], claims["jti"]) == ("x", "k", NOW + 3600, "1")
    assert sign(cli, "access-token", "-H", "typ=y")[0]["typ"] == "y"
    header, claims = sign(cli, "dpop", "--exp", "1m", "--kid", "k", "-H", "jwk:={}")
    assert (header["kid"], header["jwk"], claims["exp"]) == ("k", {}, NOW + 60)
    assert sign(cli, "client-assertion", "--sub", "other")[1]["sub"] == "other"
    assert sign(cli, "dpop", "--access-token", "-", "-c", "ath=mine", stdin=b"x")[1]["ath"] == "mine"


def test_claims_win_over_what_is_filled_in_and_a_preset_over_a_decoded_typ(cli: Cli) -> None:
    decoded = cli("decode", "--json", "@token.jwt").stdout
    header, claims = opened(
        cli(
            "sign", "-k", "es256.jwk", "--preset", "access-token", "-c", "client_id=app", "-", stdin=decoded.encode()
        ).stdout
    )
    assert (header["typ"], claims["exp"], claims["jti"], claims["sub"]) == ("at+jwt", NOW + 900, "1", "user-42")
    assert sign(cli, "client-assertion", '{"exp":1}')[1]["exp"] == 1


@pytest.mark.parametrize(
    ("name", "left_out", "hint"),
    [
        ("access-token", "iss", "-i https://auth.example"),
        ("access-token", "sub", "--sub user-42"),
        ("access-token", "aud", "-a api"),
        ("access-token", "client_id", "-c client_id=app"),
        ("client-assertion", "iss", "-i CLIENT-ID"),
        ("client-assertion", "aud", "-a URL-OF-THE-TOKEN-ENDPOINT"),
        ("dpop", "htm", "-c htm=POST"),
        ("dpop", "htu", "-c htu=https://api.example/orders"),
        ("id-token", "sub", "--sub user-42"),
        ("id-token", "aud", "-a CLIENT-ID"),
    ],
)
def test_what_a_preset_needs(cli: Cli, name: str, left_out: str, hint: str) -> None:
    given = {"-i": "iss", "--sub": "sub", "-a": "aud", "-c": ""}
    pairs = zip(GIVEN[name][::2], GIVEN[name][1::2], strict=True)
    argv = [
        word
        for option, value in pairs
        if (given[option] or value.partition("=")[0]) != left_out
        for word in (option, value)
    ]
    done = cli("sign", "-k", "es256.jwk", "--preset", name, *argv)
    assert (done.exit, done.stdout, done.stderr) == (
        2,
        "",
        f"jwtool: error: a token of the preset '{name}' needs the claim '{left_out}'\nhint: {hint}\n",
    )


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("-c", "htu=https://api.example/?a=1"), "'htu' is the URL of the request without its query and fragment"),
        (("-c", "htu=https://api.example/#a"), "'htu' is the URL of the request without its query and fragment"),
        (("-c", "htu:=1"), "the claim 'htu' must be a string"),
        (("-c", 'htm:=["POST"]'), "the claim 'htm' must be a string"),
        (("--bare",), "a token of the preset 'dpop' needs the claim 'jti'"),
    ],
)
def test_what_a_proof_can_not_say(cli: Cli, argv: tuple[str, ...], message: str) -> None:
    done = cli("sign", "--json", "-k", "es256.jwk", "--preset", "dpop", *GIVEN["dpop"], *argv)
    assert (done.exit, done.document["error"]["message"]) == (2, message)


@pytest.mark.parametrize("argv", [(), ("--preset", "access-token"), ("--preset", "client-assertion")])
def test_an_access_token_is_hashed_only_where_its_hash_belongs(cli: Cli, argv: tuple[str, ...]) -> None:
    given = GIVEN[argv[1]] if argv else ()
    done = cli("sign", "--json", "-k", "es256.jwk", *argv, *given, "--access-token", "-", stdin=b"x")
    assert done.document["error"]["message"] == "--access-token needs a preset that hashes it"
    done = cli("sign", "--json", "-k", "es256.jwk", "--preset", "dpop", *GIVEN["dpop"], "--access-token", "x")
    assert done.codes == {"secret_on_command_line"}


# explain


@pytest.mark.parametrize("command", ["sign", "verify"])
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_explains_itself(cli: Cli, command: str, name: str) -> None:
    document = cli(command, "--json", "--preset", name, "--explain-preset").document
    assert (document["preset"], document["command"]) == (name, command)
    assert document["options"]
    assert (document["needs"] != []) is (command == "sign")


def test_what_a_person_sees(cli: Cli) -> None:
    assert cli("verify", "--preset", "dpop", "--explain-preset").stdout == (
        "dpop  DPoP proof, RFC 9449 §4.2; options that are given win\n"
        "\n"
        "--typ dpop+jwt\n"
        "--max-age 5m\n"
        "--require jti\n"
        "--require htm\n"
        "--require htu\n"
        "-k KEY  without it: the key that the proof brings\n"
    )
    assert cli("sign", "--preset", "client-assertion", "--explain-preset").stdout == (
        "client-assertion  client assertion, RFC 7523 §3; options that are given win\n"
        "\n"
        "--exp 5m\n"
        "--sub CLIENT-ID  the same as iss; either gives both\n"
        "\n"
        "claims that must be there, and what gives them:\n"
        "iss  -i CLIENT-ID\n"
        "sub  --sub CLIENT-ID\n"
        "aud  -a URL-OF-THE-TOKEN-ENDPOINT\n"
        "jti  --jti ID\n"
        "exp  --exp 5m\n"
    )


@pytest.mark.parametrize("command", ["sign", "verify"])
def test_a_preset_that_is_none(cli: Cli, command: str) -> None:
    argv = (command, "-k", "es256.jwk", *(("@token.jwt",) if command == "verify" else ()))
    done = cli(*argv, "--preset", "dpopp")
    assert (done.exit, done.stderr) == (2, "jwtool: error: 'dpopp' is no preset\nhint: did you mean dpop?\n")
    done = cli(*argv, "--preset", "../x")
    assert (done.exit, done.stderr.splitlines()[1]) == (
        2,
        f"hint: one of {', '.join(NAMES if command == 'sign' else (*NAMES, *PROVIDERS))}",
    )
    done = cli(command, "--explain-preset")
    known = ", ".join(NAMES[1:] if command == "sign" else (*NAMES[1:], *PROVIDERS))
    assert (done.exit, done.stderr) == (
        2,
        f"jwtool: error: --explain-preset needs a preset\nhint: --preset {NAMES[0]}; others: {known}\n",
    )
