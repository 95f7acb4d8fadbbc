"""`jwtool verify`: the report for a person, the document for a script, and what is asked for with -f."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.commands.conftest import Issue
    from tests.cli.conftest import Cli

NOW = 1_795_556_400
ISS = "https://auth.example"


@pytest.fixture
def set_and_token(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder is the one with jwks.json and token.jwt."""
    monkeypatch.chdir(keys)


@pytest.mark.usefixtures("set_and_token")
def test_a_valid_token(cli: Cli) -> None:
    done = cli("verify", "-k", "jwks.json", "-i", ISS, "-a", "api", "@token.jwt")
    assert (done.exit, done.stderr) == (0, "")
    assert done.stdout == (
        "VALID  5 checks passed\n"
        "\n"
        "signature   ok  ES256, key 'k1' of jwks.json\n"
        "expiry      ok  expires in 15 min, 2026-11-24 21:55:00 UTC\n"
        "not before  absent\n"
        "issued at   ok  issued now, 2026-11-24 21:40:00 UTC\n"
        "issuer      ok  https://auth.example\n"
        "audience    ok  api\n"
        "\n"
        "header  alg  ES256\n"
        "        typ  JWT         JSON Web Token, RFC 7519\n"
        "        kid  k1\n"
        "claims  iat  1795556400  2026-11-24 21:40:00 UTC  now\n"
        "        exp  1795557300  2026-11-24 21:55:00 UTC  in 15 min\n"
        "        jti  1\n"
        "        iss  https://auth.example\n"
        "        sub  user-42\n"
        "        aud  api\n"
    )


@pytest.mark.usefixtures("set_and_token")
def test_a_token_that_is_not_valid(cli: Cli) -> None:
    verify = ("verify", "-k", "jwks.json", "-i", f"{ISS}/", "-a", "web", "-a", "mobile", "--sub", "user-42")
    done = cli(*verify, "@token.jwt", now=NOW + 900 + 7200)
    assert (done.exit, done.stderr) == (1, "")
    assert done.stdout == (
        "NOT VALID  3 of 6 checks failed\n"
        "\n"
        "signature   ok      ES256, key 'k1' of jwks.json\n"
        "expiry      FAILED  expired 2 h ago, 2026-11-24 21:55:00 UTC\n"
        "not before  absent\n"
        "issued at   ok      issued 2 h ago, 2026-11-24 21:40:00 UTC\n"
        "issuer      FAILED  wanted https://auth.example/, found https://auth.example\n"
        'audience    FAILED  wanted ["web","mobile"], found api\n'
        "subject     ok      user-42\n"
        "hint: get a new token; --at judges at another time, --leeway allows for clocks that differ\n"
    )


@pytest.mark.usefixtures("set_and_token")
def test_no_key_fits(cli: Cli) -> None:
    assert cli("key", "new", "--kid", "k2", "-o", "other.jwk").exit == 0
    assert cli("key", "new", "--alg", "HS256", "--kid", "h1", "-o", "secret.jwk").exit == 0
    done = cli("verify", "-k", "other.jwk", "-k", "secret.jwk", "@token.jwt")
    assert (done.exit, done.stderr) == (1, "")
    assert done.stdout == (
        "NOT VALID  1 of 3 checks failed\n"
        "\n"
        "signature   FAILED   no key has the kid 'k1'; on offer: 'k2', 'h1'\n"
        "expiry      ok       expires in 15 min, 2026-11-24 21:55:00 UTC\n"
        "not before  absent\n"
        "issued at   ok       issued now, 2026-11-24 21:40:00 UTC\n"
        "issuer      skipped  not demanded\n"
        "audience    skipped  not demanded\n"
        "\n"
        "keys on offer:\n"
        "key  'k2'  other.jwk   its kid is 'k2'\n"
        "key  'h1'  secret.jwk  its kid is 'h1'\n"
        "hint: jwtool jwks show lists the keys of a set; was the key rotated?\n"
    )


@pytest.mark.usefixtures("set_and_token")
def test_the_document_of_a_valid_token(cli: Cli) -> None:
    done = cli("verify", "--json", "--jwks", "jwks.json", "-a", "api", "@token.jwt")
    assert done.exit == 0
    assert done.document == {
        "schema": "jwtool.verify/1",
        "ok": True,
        "checked_at": NOW,
        "alg": "ES256",
        "key": {"kid": "k1", "source": "jwks.json"},
        "checks": [
            {"name": "signature", "verdict": "ok", "detail": "ES256, key 'k1' of jwks.json"},
            {"name": "crit", "verdict": "absent"},
            {"name": "exp", "verdict": "ok", "detail": "expires in 15 min, 2026-11-24 21:55:00 UTC"},
            {"name": "nbf", "verdict": "absent"},
            {"name": "iat", "verdict": "ok", "detail": "issued now, 2026-11-24 21:40:00 UTC"},
            {"name": "iss", "verdict": "skipped", "found": ISS, "detail": "not demanded"},
            {"name": "aud", "verdict": "ok", "wanted": ["api"], "found": ["api"]},
        ],
        "header": {"alg": "ES256", "typ": "JWT", "kid": "k1"},
        "claims": {"iat": NOW, "exp": NOW + 900, "jti": "1", "iss": ISS, "sub": "user-42", "aud": "api"},
    }


@pytest.mark.usefixtures("set_and_token")
def test_the_document_of_an_invalid_token_holds_no_claims(cli: Cli) -> None:
    done = cli("verify", "--json", "-k", "jwks.json", "@token.jwt", now=NOW + 900)
    assert (done.exit, done.document["ok"], done.document["claims"]) == (1, False, None)
    assert done.document["checks"][2] == {
        "name": "exp",
        "verdict": "failed",
        "code": "token_expired",
        "found": NOW + 900,
        "detail": "expired now, 2026-11-24 21:55:00 UTC",
    }
    assert "user-42" not in done.stdout


@pytest.mark.usefixtures("set_and_token")
@pytest.mark.parametrize(("at", "out"), [("now", "valid\n"), ("1h", "not valid: token_expired\n")])
def test_quiet_is_one_line(cli: Cli, at: str, out: str) -> None:
    assert cli("verify", "-q", "-k", "jwks.json", "--at", at, "@token.jwt").stdout == out


@pytest.mark.usefixtures("set_and_token")
class TestField:
    """`-f` puts the value on stdout, or nothing; the report goes to stderr."""

    @pytest.mark.parametrize(
        ("name", "value"), [("sub", "user-42"), ("exp", "1795557300"), ("header.alg", "ES256"), ("aud", "api")]
    )
    def test_the_value_if_valid(self, cli: Cli, name: str, value: str) -> None:
        done = cli("verify", "-f", name, "-k", "jwks.json", "@token.jwt")
        assert (done.exit, done.stdout) == (0, f"{value}\n")
        assert done.stderr == cli("verify", "-k", "jwks.json", "@token.jwt").stdout

    def test_nothing_if_not_valid(self, cli: Cli) -> None:
        done = cli("verify", "-f", "sub", "-k", "jwks.json", "-a", "web", "@token.jwt")
        assert (done.exit, done.stdout) == (1, "")
        assert done.stderr.startswith("NOT VALID  1 of 4 checks failed\n")
        assert "user-42" not in done.stderr

    def test_nothing_if_missing(self, cli: Cli) -> None:
        done = cli("verify", "-q", "-f", "role", "-k", "jwks.json", "@token.jwt")
        assert (done.exit, done.stdout, done.stderr) == (1, "", "the token has no such member\n")

    def test_json_of_a_missing_member(self, cli: Cli) -> None:
        done = cli("verify", "--json", "-f", "role", "-k", "jwks.json", "@token.jwt")
        assert (done.exit, done.document["ok"], done.document["field"], done.document["claims"]) == (
            1,
            False,
            None,
            None,
        )
        assert done.codes == set()

    @pytest.mark.parametrize(
        ("options", "exit_code", "ok", "field"),
        [((), 0, True, "user-42"), (("-a", "web"), 1, False, None), (("--at", "1h"), 1, False, None)],
    )
    def test_json(self, cli: Cli, options: tuple[str, ...], exit_code: int, *, ok: bool, field: str | None) -> None:
        done = cli("verify", "--json", "-f", "sub", "-k", "jwks.json", *options, "@token.jwt")
        assert (done.exit, done.document["ok"], done.document["field"]) == (exit_code, ok, field)


def test_a_field_may_be_any_json(cli: Cli, keys: Path, issue: Issue) -> None:
    token = issue({"roles": ["a", "ü"], "a": {"b": {"c": None}}, "a.b": False, "empty": ""})
    for name, value in {"roles": '["a","\\u00fc"]', "a": '{"b":{"c":null}}', "a.b.c": "null", "a.b": "false"}.items():
        assert cli("verify", "-q", "-f", name, "-k", keys / "jwks.json", token).stdout == f"{value}\n"
    assert cli("verify", "-q", "-f", "empty", "-k", keys / "jwks.json", token).stdout == "\n"


class TestJsonSerialization:
    """A JWS in JSON serialization is a TOKEN like any other."""

    def test_flattened(self, cli: Cli, keys: Path, issue: Issue) -> None:
        protected, payload, signature = issue({"sub": "x"}).split(".")
        token = json.dumps({"protected": protected, "payload": payload, "signature": signature})
        done = cli("verify", "--json", "-k", keys / "jwks.json", stdin=token.encode())
        assert (done.exit, done.document["claims"]) == (0, {"sub": "x"})

    def test_the_first_signature_that_verifies_counts(self, cli: Cli, keys: Path, issue: Issue) -> None:
        assert cli("key", "new", "--kid", "k2", "-o", keys / "other.jwk").exit == 0
        (mine, other) = (issue({"sub": "x"}, by=name).split(".") for name in ("es256.jwk", "other.jwk"))
        signatures = [{"protected": part[0], "signature": part[2]} for part in (other, mine)]
        token = json.dumps({"payload": mine[1], "signatures": signatures}).encode()
        done = cli("verify", "--json", "-k", keys / "jwks.json", stdin=token)
        assert (done.exit, done.document["header"]["kid"]) == (0, "k1")

    def test_an_unprotected_typ_does_not_count(self, cli: Cli, keys: Path, issue: Issue) -> None:
        protected, payload, signature = issue({}).split(".")
        token = {"protected": protected, "payload": payload, "signature": signature, "header": {"typ": "at+jwt"}}
        verify = ("verify", "--json", "-k", keys / "jwks.json")
        assert cli(*verify, stdin=json.dumps(token).encode()).exit == 0
        assert cli(*verify, "--typ", "at+jwt", stdin=json.dumps(token).encode()).codes == {"typ_mismatch"}


def test_a_forged_token_is_refused(cli: Cli, keys: Path, issue: Issue) -> None:
    header, _, signature = issue({"sub": "user-42"}).split(".")
    _, payload, _ = issue({"sub": "admin"}).split(".")
    done = cli("verify", "--json", "-k", keys / "jwks.json", f"{header}.{payload}.{signature}")
    assert (done.exit, done.codes, done.document["claims"]) == (1, {"signature_invalid"}, None)


@pytest.mark.usefixtures("set_and_token")
def test_the_key_may_come_from_the_environment(cli: Cli) -> None:
    assert cli("verify", "-q", "@token.jwt", env={"JWTOOL_KEY": "jwks.json"}).stdout == "valid\n"
    given = cli("verify", "-q", "-k", "jwks.json", "@token.jwt", env={"JWTOOL_KEY": "absent.json"})
    assert given.stdout == "valid\n"


@pytest.mark.usefixtures("set_and_token")
@pytest.mark.parametrize("env", [{}, {"JWTOOL_KEY": ""}])
def test_without_a_key_it_is_a_usage_error(cli: Cli, env: dict[str, str]) -> None:
    done = cli("verify", "@token.jwt", env=env)
    assert (done.exit, done.stdout) == (2, "")
    assert done.stderr == (
        "jwtool: error: no key was given, and a signature needs one\nhint: jwtool verify -k public.jwk @token.jwt\n"
    )


@pytest.mark.usefixtures("set_and_token")
def test_the_key_of_the_environment_is_not_used_beside_an_issuer(cli: Cli) -> None:
    done = cli("verify", "-i", "auth.example", "@token.jwt", env={"JWTOOL_KEY": "jwks.json"})
    assert (done.exit, done.stdout) == (2, "")
    assert done.stderr == (
        "jwtool: error: no key was given, and 'auth.example' is no URL to find the keys at\n"
        "hint: -i https://ISSUER, or a key too: -k public.jwk\n"
    )


@pytest.mark.usefixtures("set_and_token")
def test_a_token_out_of_a_json_object_is_said_so(cli: Cli, keys: Path) -> None:
    token = (keys / "token.jwt").read_text().strip()
    answer = json.dumps({"token_type": "Bearer", "id_token": "x", "access_token": token, "other": token}).encode()
    verify = ("verify", "-v", "-q", "-k", "jwks.json")
    for options, member in (((), "access_token"), (("--member", "other"), "other")):
        done = cli(*verify, *options, stdin=answer)
        assert (done.exit, done.stdout) == (0, "valid\n")
        assert done.stderr == f"token: taken from the member '{member}' of a JSON object\n"
    missing = cli("verify", "-k", "jwks.json", "--member", "nope", stdin=answer)
    assert (missing.exit, missing.stderr.splitlines()[0]) == (
        3,
        "jwtool: error: the JSON object has no member 'nope'",
    )
