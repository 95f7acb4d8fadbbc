"""`verify --preset`: the demands of a kind of token."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.operations.load_preset import NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.commands.conftest import Issue
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


@pytest.mark.parametrize("name", PRESETS)
def test_what_a_preset_makes_it_accepts(cli: Cli, name: str) -> None:
    token = cli("sign", "-k", "es256.jwk", "--preset", name, *GIVEN[name]).stdout.strip()
    done = cli("verify", "--json", "-k", "jwks.json", "--preset", name, token)
    assert (done.exit, done.codes) == (0, set())


@pytest.mark.parametrize(
    ("name", "change", "header", "codes"),
    [
        ("access-token", {}, {"typ": "JWT"}, {"typ_mismatch"}),
        ("access-token", {}, {"typ": None}, {"typ_mismatch"}),
        ("access-token", {}, {"typ": "application/AT+JWT"}, set()),
        *(
            ("access-token", {claim: None}, {}, {"claim_missing"})
            for claim in ("iss", "sub", "aud", "exp", "iat", "jti", "client_id")
        ),
        *(("id-token", {claim: None}, {}, {"claim_missing"}) for claim in ("iss", "sub", "aud", "exp", "iat")),
        ("id-token", {}, {"typ": None}, set()),
        ("id-token", {}, {"typ": "at+jwt"}, {"typ_mismatch"}),
        ("client-assertion", {"sub": "other"}, {}, {"claim_mismatch"}),
        ("client-assertion", {"sub": ["app"]}, {}, {"claim_mismatch"}),
        ("client-assertion", {"iss": None, "sub": None}, {}, {"claim_missing"}),
        ("client-assertion", {"exp": NOW}, {}, {"token_expired"}),
        ("client-assertion", {"jti": None}, {}, {"claim_missing"}),
        ("dpop", {"iat": NOW - 301}, {}, {"token_too_old"}),
        ("dpop", {"iat": NOW + 1}, {}, {"iat_in_future"}),
        ("dpop", {"htm": None}, {}, {"claim_missing"}),
        ("dpop", {}, {"typ": "JWT"}, {"typ_mismatch"}),
    ],
)
def test_what_a_preset_refuses(
    cli: Cli, issue: Issue, name: str, change: dict[str, Any], header: dict[str, Any], codes: set[str]
) -> None:
    members, claims = opened(cli("sign", "-k", "es256.jwk", "--preset", name, *GIVEN[name]).stdout)
    kept = {claim: value for claim, value in (claims | change).items() if value is not None}
    token = issue(kept, **{**{n: v for n, v in members.items() if n not in {"alg", "kid"}}, **header})
    done = cli("verify", "--json", "-k", "jwks.json", "--preset", name, token)
    assert (done.exit, done.codes) == (1 if codes else 0, codes)


def test_demands_that_are_given_win(cli: Cli, issue: Issue) -> None:
    proof = issue({"jti": "1", "htm": "GET", "htu": "https://x", "iat": NOW - 600}, typ="x")
    argv = ("verify", "--json", "-k", "jwks.json", "--preset", "dpop", proof)
    assert cli(*argv).codes == {"token_too_old", "typ_mismatch"}
    assert cli(*argv, "--max-age", "10m", "--typ", "x").codes == set()
    done = cli(*argv, "--max-age", "10m", "--typ", "x", "--require", "htm=POST")
    assert done.codes == {"claim_mismatch"}
    names = [check["name"] for check in done.document["checks"]]
    assert names[-4:-1] == ["require:jti", "require:htu", "require:htm"]


def test_a_proof_by_its_own_key(cli: Cli) -> None:
    proof = cli("sign", "-k", "es256.jwk", "--preset", "dpop", *GIVEN["dpop"]).stdout.strip()
    done = cli("verify", "--json", "--preset", "dpop", proof, env={"JWTOOL_KEY": "absent.jwk"})
    assert (done.exit, done.document["key"]) == (0, {"kid": None, "source": "the proof itself"})
    assert done.document["notes"] == [
        "the proof was judged by the key that it brings: it shows who has that key, and nothing else"
    ]
    forged = f"{proof[:-4]}AAAA"
    assert cli("verify", "--json", "--preset", "dpop", forged).codes == {"signature_invalid"}
    assert cli("key", "new", "-o", "other.jwk").exit == 0
    assert cli("verify", "--json", "--preset", "dpop", "-k", "other.jwk", proof).codes == {"signature_invalid"}
    token = cli("verify", "--json", "--preset", "dpop", "@token.jwt")
    assert (token.exit, token.codes) == (1, {"key_not_found", "typ_mismatch", "claim_missing"})
    for name in set(PRESETS) - {"dpop"}:
        assert cli("verify", "--json", "--preset", name, proof).document["error"]["exit"] == 2


def test_a_preset_needs_claims(cli: Cli) -> None:
    for argv in (("--preset", "dpop"), ("--dpop", "@token.jwt")):
        done = cli("verify", "--json", "-k", "jwks.json", "--payload-only", *argv, "@token.jwt")
        assert (done.exit, done.codes) == (2, {"usage"})
