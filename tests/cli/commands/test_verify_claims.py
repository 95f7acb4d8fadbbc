"""`jwtool verify`: what may be demanded of claims, every reason code, through the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.commands.conftest import Issue
    from tests.cli.conftest import Cli

    Judge = Callable[..., dict[str, Any]]

ISS = "https://auth.example"


@pytest.fixture
def judge(cli: Cli, keys: Path, issue: Issue) -> Judge:
    """The checks of a token with these claims, by name: the whole document minus what differs from run to run."""

    def run(claims: dict[str, Any], *options: str, env: dict[str, str] | None = None) -> dict[str, Any]:
        done = cli("verify", "--json", "-k", keys / "es256.public.jwk", *options, issue(claims), env=env)
        assert (done.exit, done.document["ok"]) == ((1, False) if done.codes else (0, True))
        assert done.document["claims"] == (None if done.codes else claims)
        return {check.pop("name"): check for check in done.document["checks"]}

    return run


@pytest.mark.parametrize(
    ("claims", "options", "verdict"),
    [
        ({"iss": ISS}, ("-i", ISS), "ok"),
        ({"iss": ISS}, ("--iss", ISS), "ok"),
        ({"iss": ISS}, ("--issuer", "https://other.example", "--issuer", ISS), "ok"),
        ({"iss": ISS + "/"}, ("-i", ISS), "iss_mismatch"),
        ({"iss": "https://AUTH.example"}, ("-i", ISS), "iss_mismatch"),
        ({"iss": [ISS]}, ("-i", ISS), "iss_mismatch"),
        ({"iss": 7}, ("-i", "7"), "iss_mismatch"),
        ({}, ("-i", ISS), "claim_missing"),
        ({"aud": "api"}, ("-a", "api"), "ok"),
        ({"aud": ["web", "api"]}, ("--aud", "api"), "ok"),
        ({"aud": ["web"]}, ("--audience", "api", "--audience", "web"), "ok"),
        ({"aud": "api2"}, ("-a", "api"), "aud_mismatch"),
        ({"aud": ["API"]}, ("-a", "api"), "aud_mismatch"),
        ({"aud": []}, ("-a", "api"), "aud_mismatch"),
        ({"aud": ["api", 7]}, ("-a", "api"), "claim_bad_type"),
        ({"aud": {"api": 1}}, ("-a", "api"), "claim_bad_type"),
        ({"aud": None}, ("-a", "api"), "claim_bad_type"),
        ({}, ("-a", "api"), "claim_missing"),
        ({"sub": "user-42"}, ("--sub", "user-42"), "ok"),
        ({"sub": "user-43"}, ("--sub", "user-42"), "sub_mismatch"),
        ({"sub": 42}, ("--sub", "42"), "sub_mismatch"),
        ({}, ("--sub", "user-42"), "claim_missing"),
        ({"nonce": "n-1"}, ("--nonce", "n-1"), "ok"),
        ({"nonce": "n-2"}, ("--nonce", "n-1"), "nonce_mismatch"),
        ({}, ("--nonce", "n-1"), "claim_missing"),
        ({"scope": "read write"}, ("--scope", "read", "--scope", "write"), "ok"),
        ({"scope": "read write"}, ("--scope", "read write"), "ok"),
        ({"scp": ["read", "write"]}, ("--scope", "read"), "ok"),
        ({"scp": "read"}, ("--scope", "read"), "ok"),
        ({"scope": ["read"], "scp": "write"}, ("--scope", "read", "--scope", "write"), "ok"),
        ({"scope": "reader"}, ("--scope", "read"), "scope_missing"),
        ({"scope": "read"}, ("--scope", "read", "--scope", "write"), "scope_missing"),
        ({"scope": 7}, ("--scope", "read"), "claim_bad_type"),
        ({}, ("--scope", "read"), "claim_missing"),
    ],
)
def test_a_demand(judge: Judge, claims: dict[str, Any], options: tuple[str, ...], verdict: str) -> None:
    name = {"-i": "iss", "--issuer": "iss", "-a": "aud", "--audience": "aud"}.get(options[0], options[0][2:])
    check = judge(claims, *options)[name]
    assert check.get("code", check["verdict"]) == verdict
    assert check["verdict"] == ("ok" if verdict == "ok" else "failed")


@pytest.mark.parametrize(
    ("claims", "requirement", "verdict"),
    [
        ({"a": None}, "a", "ok"),
        ({}, "a", "claim_missing"),
        ({"a": "x"}, "a=x", "ok"),
        ({"a": ["x", "y"]}, "a=y", "ok"),
        ({"a": "xy"}, "a=x", "claim_mismatch"),
        ({"a": 1}, "a=1", "claim_mismatch"),
        ({"a": "1"}, "a:=1", "claim_mismatch"),
        ({"a": 1}, "a:=1", "ok"),
        ({"a": 1.0}, "a:=1", "ok"),
        ({"a": True}, "a:=1", "claim_mismatch"),
        ({"a": [1, True]}, "a:=true", "ok"),
        ({"a": {"b": [1]}}, 'a:={"b":[1]}', "ok"),
        ({"a": "admin-7"}, "a~=admin-[0-9]+", "ok"),
        ({"a": "admin-7x"}, "a~=admin-[0-9]+", "claim_mismatch"),
        ({"a": "xadmin-7"}, "a~=admin-[0-9]+", "claim_mismatch"),
        ({"a": "admin-7\n"}, "a~=admin-[0-9]+", "claim_mismatch"),
        ({"a": 7}, "a~=7", "claim_bad_type"),
        ({"a": {"b": "c"}}, "a[b]=c", "ok"),
        ({"a": {"b": "c"}}, "a[d]", "claim_missing"),
        ({"a.b": 1}, "a.b:=1", "ok"),
        ({"a": {"b": 1}}, "a.b", "claim_missing"),
        ({"a": ["x", "y"]}, "a[1]=y", "ok"),
        ({"a": ["x"]}, "a[1]", "claim_missing"),
    ],
)
def test_a_requirement(judge: Judge, claims: dict[str, Any], requirement: str, verdict: str) -> None:
    (check,) = (one for name, one in judge(claims, "--require", requirement).items() if name.startswith("require:"))
    assert check.get("code", check["verdict"]) == verdict


def test_a_requirement_may_come_from_a_file(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "wanted.json").write_text('{"b": [1, 2]}')
    claims = {"a": {"b": [1, 2]}}
    assert judge(claims, "--require", f"a:@={tmp_path}/wanted.json")["require:a"]["verdict"] == "ok"


def test_undemanded_claims_are_skipped_and_said_so(judge: Judge) -> None:
    assert judge({"iss": ISS, "aud": ["api"], "sub": "x", "nonce": "n", "scope": "s"}) == {
        "signature": {"verdict": "ok", "detail": judge({})["signature"]["detail"]},
        "crit": {"verdict": "absent"},
        "exp": {"verdict": "absent", "detail": "never expires"},
        "nbf": {"verdict": "absent"},
        "iat": {"verdict": "absent"},
        "iss": {"verdict": "skipped", "found": ISS, "detail": "not demanded"},
        "aud": {"verdict": "skipped", "found": ["api"], "detail": "not demanded"},
    }


def test_every_reason_is_given_at_once(judge: Judge) -> None:
    checks = judge(
        {"iss": "x", "aud": "y", "exp": 1, "nbf": 10**11, "iat": "z"},
        *("-i", ISS, "-a", "api", "--sub", "s", "--nonce", "n", "--scope", "r", "--typ", "JWT", "--require", "role"),
    )
    assert {name: check["code"] for name, check in checks.items() if check["verdict"] == "failed"} == {
        "exp": "token_expired",
        "nbf": "token_not_yet_valid",
        "iat": "claim_bad_type",
        "iss": "iss_mismatch",
        "aud": "aud_mismatch",
        "sub": "claim_missing",
        "nonce": "claim_missing",
        "scope": "claim_missing",
        "require:role": "claim_missing",
        "typ": "typ_mismatch",
    }


def test_wanted_and_found_are_in_the_document(judge: Judge) -> None:
    checks = judge({"iss": ISS + "/", "aud": "web"}, "-i", ISS, "-a", "api")
    assert checks["iss"] == {
        "verdict": "failed",
        "code": "iss_mismatch",
        "wanted": [ISS],
        "found": ISS + "/",
        "detail": "the issuers differ only by a trailing slash",
    }
    assert checks["aud"] == {"verdict": "failed", "code": "aud_mismatch", "wanted": ["api"], "found": ["web"]}


@pytest.mark.parametrize(
    ("env", "options", "failed"),
    [
        ({"JWTOOL_ISSUER": ISS, "JWTOOL_AUDIENCE": "api"}, (), set()),
        ({"JWTOOL_ISSUER": "https://other.example"}, (), {"iss"}),
        ({"JWTOOL_AUDIENCE": "web"}, (), {"aud"}),
        ({"JWTOOL_AUDIENCE": "web"}, ("-a", "api"), set()),
        ({"JWTOOL_ISSUER": "https://other.example"}, ("-i", ISS), set()),
        ({"JWTOOL_ISSUER": "", "JWTOOL_AUDIENCE": ""}, (), set()),
        ({"JWTOOL_AUDIENCE": "web api"}, (), {"aud"}),
    ],
)
def test_the_environment_demands_too(
    judge: Judge, env: dict[str, str], options: tuple[str, ...], failed: set[str]
) -> None:
    checks = judge({"iss": ISS, "aud": "api"}, *options, env=env)
    assert {name for name, check in checks.items() if check["verdict"] == "failed"} == failed


def test_verbose_says_that_the_environment_demands(cli: Cli, keys: Path) -> None:
    env = {"JWTOOL_ISSUER": ISS, "JWTOOL_AUDIENCE": "api", "JWTOOL_KEY": str(keys / "jwks.json")}
    done = cli("verify", "-v", "-q", f"@{keys}/token.jwt", env=env)
    assert (done.exit, done.stdout) == (0, "valid\n")
    assert done.stderr == (
        "JWTOOL_KEY names the key\nJWTOOL_ISSUER is set and demanded\nJWTOOL_AUDIENCE is set and demanded\n"
    )


@pytest.mark.parametrize("option", ["--iss", "--aud", "--sub", "--typ", "--nonce", "--scope"])
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_demand_is_refused(cli: Cli, keys: Path, option: str, value: str) -> None:
    done = cli("verify", "-k", keys / "jwks.json", option, value, f"@{keys}/token.jwt")
    assert (done.exit, done.stdout) == (2, "")
    assert done.stderr == (
        f"jwtool: error: {option} is empty, and that demands nothing\nhint: leave {option} out, or name a value\n"
    )


@pytest.mark.parametrize(
    ("requirement", "message"),
    [
        ("", "a claim needs a name before the '='"),
        ("=x", "a claim needs a name before the '='"),
        ("a[]=x", "'a[]' has [], which names no element"),
        ("a:=x", "the value of 'a' is not JSON: no JSON value at line 1, column 1"),
        ("a~=(", "the pattern of 'a' is no regular expression: missing ), unterminated subpattern"),
    ],
)
def test_a_requirement_that_cannot_be_read(cli: Cli, keys: Path, requirement: str, message: str) -> None:
    done = cli("verify", "-k", keys / "jwks.json", "--require", requirement, f"@{keys}/token.jwt")
    assert (done.exit, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == f"jwtool: error: {message}"
