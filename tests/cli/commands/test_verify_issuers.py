"""`jwtool verify -i URL`: keys by discovery, for one issuer or one of several."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.commands.conftest import Issue
    from tests.cli.conftest import Cli

OPENID = "/.well-known/openid-configuration"
VERIFY = ("verify", "--json")
EXP = {"exp": 1_795_556_500}


class Issuers(Protocol):
    """`issuers("a")`: the URL of an issuer with a key of its own, `a.jwk`."""

    def __call__(self, name: str, **members: Any) -> str: ...


@pytest.fixture(autouse=True)
def _here(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(keys)


@pytest.fixture
def issuers(httpserver: HTTPServer, cli: Cli, keys: Path) -> Issuers:
    base = httpserver.url_for("").rstrip("/")

    def make(name: str, **members: Any) -> str:
        if not (keys / f"{name}.jwk").exists():
            assert cli("key", "new", "--kid", "k1", "-o", f"{name}.jwk", "--public-out", f"{name}.public").exit == 0
        issuer = f"{base}/{name}"
        public = json.loads((keys / f"{name}.public").read_text())
        httpserver.expect_request(f"/{name}/keys").respond_with_json({"keys": [public]})
        document = {"issuer": issuer, "jwks_uri": f"{issuer}/keys"} | members
        httpserver.expect_request(f"/{name}{OPENID}").respond_with_json(document)
        return issuer

    return make


def paths(httpserver: HTTPServer) -> list[str]:
    return [request.path for request, _ in httpserver.log]


def test_the_issuer_finds_its_keys(cli: Cli, issuers: Issuers, issue: Issue) -> None:
    issuer = issuers("a")
    token = issue({**EXP, "iss": issuer, "aud": "api"}, by="a.jwk", kid="k1")
    done = cli(*VERIFY, "-i", issuer, "-a", "api", token)
    assert (done.exit, done.document["key"]) == (0, {"kid": "k1", "source": f"{issuer}/keys"})
    assert done.document["claims"]["iss"] == issuer
    assert cli("verify", "-i", issuer, token).stdout.splitlines()[2:3] == [
        f"signature   ok       ES256, key 'k1' of {issuer}/keys"
    ]


@pytest.mark.parametrize("form", ["issuer:{}", "issuer:{}#k1", "ISSUER:{}"])
def test_as_a_key(cli: Cli, issuers: Issuers, issue: Issue, form: str) -> None:
    issuer = issuers("a")
    key = form.format(issuer)
    assert cli(*VERIFY, "-k", key, issue({**EXP, "iss": issuer}, by="a.jwk", kid="k1")).exit == 0
    assert cli(*VERIFY, "--jwks", key, issue({**EXP, "iss": issuer}, by="a.jwk", kid="k1")).exit == 0
    for other in ({"iss": f"{issuer}/"}, {"iss": "x"}, {}, {"iss": [issuer]}):
        done = cli(*VERIFY, "-k", key, issue({**EXP, **other}, by="a.jwk", kid="k1"))
        assert (done.exit, done.codes) == (1, {"iss_mismatch" if other else "claim_missing"})
        assert done.document["checks"][0]["verdict"] == "ok"
    assert cli(*VERIFY, "-k", key, "-i", "x", issue({**EXP, "iss": "x"}, by="a.jwk", kid="k1")).exit == 0


def test_everywhere_a_set_is_taken(cli: Cli, issuers: Issuers, keys: Path) -> None:
    issuer = issuers("a")
    shown = cli("jwks", "show", "--json", f"issuer:{issuer}").document
    assert (shown["source"], [key["kid"] for key in shown["keys"]]) == (f"{issuer}/keys", ["k1"])
    assert cli("key", "thumbprint", f"issuer:{issuer}#k1").stdout == cli("key", "thumbprint", keys / "a.public").stdout
    fetched = cli("jwks", "fetch", f"issuer:{issuer}")
    assert (fetched.exit, json.loads(fetched.raw)["keys"][0]["kid"]) == (0, "k1")
    assert cli("jwks", "show", f"issuer:{issuer}#k2").exit == 4


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        (lambda issuer: f"{issuer}/", "a trailing slash"),
        (lambda issuer: issuer.replace("localhost", "LOCALHOST"), "upper and lower case"),
        (lambda issuer: issuer.replace("http:", "https:"), "the scheme"),
    ],
)
def test_a_near_miss_of_the_token_is_pointed_out(
    cli: Cli, issuers: Issuers, issue: Issue, said: Callable[[str], str], hint: str
) -> None:
    issuer = issuers("a")
    done = cli("verify", "-i", issuer, issue({**EXP, "iss": said(issuer)}, by="a.jwk", kid="k1"))
    assert done.exit == 1
    assert f"issuer      FAILED  wanted {issuer}, found {said(issuer)}\n" in done.stdout
    assert done.stdout.endswith(f"hint: the issuers differ only by {hint}\n")


class TestSeveral:
    """The token may choose among the issuers that were given, and nothing else."""

    def test_only_the_one_that_the_token_names_is_asked(
        self, cli: Cli, issuers: Issuers, issue: Issue, httpserver: HTTPServer
    ) -> None:
        a, b = issuers("a"), issuers("b")
        token = issue({**EXP, "iss": b}, by="b.jwk", kid="k1")
        assert cli(*VERIFY, "-i", a, "-i", b, token).exit == 0
        assert paths(httpserver) == [f"/b{OPENID}", "/b/keys"]

    def test_one_issuer_never_signs_for_another(self, cli: Cli, issuers: Issuers, issue: Issue) -> None:
        """Both are believed, each for itself; their keys even share a kid."""
        a, b = issuers("a"), issuers("b")
        forged = issue({**EXP, "iss": a}, by="b.jwk", kid="k1")
        done = cli(*VERIFY, "-i", a, "-i", b, forged)
        assert (done.exit, done.codes) == (1, {"signature_invalid"})
        assert cli(*VERIFY, "-k", f"issuer:{a}", "-k", f"issuer:{b}", forged).codes == {"signature_invalid"}
        good = issue({**EXP, "iss": a}, by="a.jwk", kid="k1")
        assert cli(*VERIFY, "-k", f"issuer:{a}", "-k", f"issuer:{b}", good).exit == 0

    def test_in_a_stream_each_token_has_the_keys_of_its_own_issuer(
        self, cli: Cli, issuers: Issuers, issue: Issue, httpserver: HTTPServer
    ) -> None:
        a, b = issuers("a"), issuers("b")
        tokens = [issue({**EXP, "iss": iss}, by=f"{by}.jwk", kid="k1") for iss, by in ((a, "a"), (b, "b"), (a, "b"))]
        done = cli("verify", "--lines", "-i", a, "-i", b, stdin="\n".join([*tokens, *tokens]).encode())
        assert [json.loads(line)["ok"] for line in done.stdout.splitlines()] == [True, True, False] * 2
        assert sorted(paths(httpserver)) == sorted([f"/a{OPENID}", "/a/keys", f"/b{OPENID}", "/b/keys"])

    def test_an_issuer_beside_a_local_key(self, cli: Cli, issuers: Issuers, issue: Issue) -> None:
        both = ("-k", f"issuer:{issuers('a')}", "-k", "es256.public.jwk")
        assert cli(*VERIFY, *both, issue({**EXP, "iss": "x"})).exit == 0
        stranger = cli(*VERIFY, *both, issue({**EXP, "iss": "x"}, by="a.jwk", kid="k1"))
        assert (stranger.exit, stranger.codes) == (1, {"signature_invalid"})

    @pytest.mark.parametrize("iss", [None, "https://evil.example", 7, "file:///etc/passwd"])
    def test_one_that_was_not_given_is_never_asked(
        self, cli: Cli, issuers: Issuers, issue: Issue, httpserver: HTTPServer, iss: object
    ) -> None:
        a, b = issuers("a"), issuers("b")
        done = cli(*VERIFY, "-i", a, "-i", b, issue({**EXP, "iss": iss}, by="a.jwk", kid="k1"))
        assert done.exit == 1
        assert "iss_mismatch" in done.codes
        assert sorted(paths(httpserver)) == sorted([f"/a{OPENID}", "/a/keys", f"/b{OPENID}", "/b/keys"])


class TestEnvironment:
    def test_the_issuer_of_the_environment_finds_keys_too(self, cli: Cli, issuers: Issuers, issue: Issue) -> None:
        issuer = issuers("a")
        token = issue({**EXP, "iss": issuer, "aud": "api"}, by="a.jwk", kid="k1")
        env = {"JWTOOL_ISSUER": issuer, "JWTOOL_AUDIENCE": "api"}
        done = cli("verify", "-q", "-v", token, env=env)
        assert (done.exit, done.stdout) == (0, "valid\n")
        assert done.stderr.startswith("JWTOOL_ISSUER is set and demanded\nJWTOOL_AUDIENCE is set and demanded\n")

    def test_its_key_counts_only_where_nothing_was_given(self, cli: Cli, issuers: Issuers, issue: Issue) -> None:
        issuer = issuers("a")
        env = {"JWTOOL_KEY": "jwks.json"}
        by_a, by_k1 = (issue({**EXP, "iss": issuer}, by=f"{name}.jwk", kid="k1") for name in ("a", "es256"))
        assert cli(*VERIFY, "-i", issuer, by_a, env=env).exit == 0
        assert cli(*VERIFY, "-i", issuer, by_k1, env=env).codes == {"signature_invalid"}
        assert cli(*VERIFY, by_k1, env={**env, "JWTOOL_ISSUER": issuer}).exit == 0
        assert cli(*VERIFY, by_k1, env={**env, "JWTOOL_ISSUER": "x"}).codes == {"iss_mismatch"}

    def test_other_commands_know_nothing_of_it(self, cli: Cli, keys: Path) -> None:
        env = {"JWTOOL_ISSUER": "http://127.0.0.1:1", "JWTOOL_AUDIENCE": "api"}
        assert '"iss"' not in cli("sign", "--json", "-k", "es256.jwk", env=env).stdout
        assert cli("decode", "--json", f"@{keys}/token.jwt", env=env).exit == 0


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("-i", "auth.example"), "usage"),
        (("-i", "me", "-i", "http://127.0.0.1:1"), "usage"),
        (("-i", "http://auth.example"), "url_scheme_refused"),
        (("-i", "ftp://auth.example"), "url_scheme_refused"),
        (("-i", "https://auth.example?x=y"), "url_malformed"),
        (("-i", "https://auth.example#k1"), "url_malformed"),
        (("-i", "https://u:p@auth.example"), "url_malformed"),
        (("-i", ""), "usage"),
    ],
)
def test_an_issuer_that_finds_no_keys(cli: Cli, argv: tuple[str, ...], code: str) -> None:
    done = cli(*VERIFY, *argv, "@token.jwt")
    assert (done.exit, done.codes) == (2, {code})
    assert "u:p" not in done.stdout


def test_an_issuer_that_is_spelt_as_a_key(cli: Cli, issue: Issue) -> None:
    done = cli("verify", "-i", "issuer:https://auth.example", issue({}))
    assert (done.exit, done.stdout, done.stderr) == (
        2,
        "",
        (
            "jwtool: error: -i takes the issuer as its tokens spell it, without 'issuer:'\n"
            "hint: -i https://ISSUER or -k issuer:https://…\n"
        ),
    )


def test_verbose_tells_where_the_keys_are(cli: Cli, issuers: Issuers, issue: Issue, httpserver: HTTPServer) -> None:
    issuer = issuers("a")
    httpserver.clear()
    elsewhere = issuer.replace("localhost", "127.0.0.1") + "/keys"
    issuers("a", jwks_uri=elsewhere)
    done = cli("verify", "-q", "-v", "-i", issuer, issue({**EXP, "iss": issuer}, by="a.jwk", kid="k1"))
    assert done.stdout == "valid\n"
    assert f"discovery: OpenID Connect Discovery 1.0, {issuer}{OPENID}\n" in done.stderr
    assert f"discovery: the keys are at {elsewhere}, on another host\n" in done.stderr


def test_credentials_go_to_the_host_that_was_asked_for_alone(
    cli: Cli, issuers: Issuers, issue: Issue, httpserver: HTTPServer
) -> None:
    issuer = issuers("a")
    token = issue({**EXP, "iss": issuer}, by="a.jwk", kid="k1")
    argv = ("-q", "-i", issuer, "--bearer", "env:TOKEN", token)
    assert cli("verify", *argv, env={"TOKEN": "sesame"}).exit == 0
    assert [request.headers.get("Authorization") for request, _ in httpserver.log] == ["Bearer sesame"] * 2
    httpserver.clear()
    issuers("a", jwks_uri=issuer.replace("localhost", "127.0.0.1") + "/keys")
    assert cli("verify", *argv, env={"TOKEN": "sesame"}).exit == 0
    assert [request.headers.get("Authorization") for request, _ in httpserver.log] == ["Bearer sesame", None]


def test_a_server_that_fails_is_no_verdict(cli: Cli, issuers: Issuers, issue: Issue) -> None:
    issuer = issuers("a", jwks_uri="http://192.0.2.1/")
    token = issue({**EXP, "iss": issuer}, by="a.jwk", kid="k1")
    done = cli(*VERIFY, "-i", issuer, token)
    assert (done.exit, done.codes) == (5, {"discovered_url_refused"})
    dead = cli(*VERIFY, "-i", "http://127.0.0.1:1", token)
    assert (dead.exit, dead.codes) == (5, {"jwks_unreachable"})


@pytest.mark.parametrize(
    ("body", "exit_code", "code"),
    [
        ({"keys": []}, 4, "jwks_without_usable_key"),
        ({"keys": [{"kty": "oct", "k": "c2VjcmV0LW9mLWEtc2VydmVyLXRoYXQtaXMtbm9uZSE", "kid": "k1"}]}, 4, None),
        ({"jwks": []}, 5, "response_malformed"),
    ],
)
def test_an_issuer_without_a_usable_key(
    cli: Cli, issuers: Issuers, issue: Issue, httpserver: HTTPServer, body: Any, exit_code: int, code: str | None
) -> None:
    issuer = issuers("a")
    httpserver.clear()
    httpserver.expect_request("/empty").respond_with_json(body)
    issuers("a", jwks_uri=httpserver.url_for("/empty"))
    done = cli(*VERIFY, "-i", issuer, issue({**EXP, "iss": issuer}, by="a.jwk", kid="k1"))
    assert done.exit == exit_code
    assert code is None or done.codes == {code}
