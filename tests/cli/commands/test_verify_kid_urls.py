"""`verify -k https://…/{kid}`: one key a URL, and a kid that may not lead anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import to_pem

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.commands.conftest import Issue
    from tests.cli.conftest import Cli

CLAIMS = {"exp": 1_795_556_500}
VERIFY = ("verify", "--json")


@pytest.fixture
def base(httpserver: HTTPServer, keys: Path) -> str:
    """A server with one PEM a kid under /keys/, and a canary everywhere else."""
    (key,) = load_keys((keys / "es256.public.jwk").read_bytes(), passphrase=lambda: None).keys
    httpserver.expect_request("/keys/2026-11_a").respond_with_data(to_pem(key, private=False))
    return httpserver.url_for("").rstrip("/")


def asked(httpserver: HTTPServer) -> list[str]:
    return [request.path for request, _ in httpserver.log]


@pytest.mark.parametrize("template", ["{base}/keys/{{kid}}", "{base}/keys/{{kid}}?a=b"])
def test_the_kid_of_the_token_goes_in(cli: Cli, base: str, issue: Issue, httpserver: HTTPServer, template: str) -> None:
    key = template.format(base=base)
    done = cli(*VERIFY, "-k", key, issue(CLAIMS, kid="2026-11_a"))
    assert (done.exit, done.document["key"]) == (0, {"kid": None, "source": f"{base}/keys/2026-11_a"})
    assert asked(httpserver) == ["/keys/2026-11_a"]


@pytest.mark.parametrize(
    "kid",
    [
        *("../admin", "..", ".", "a/b", "a%2fb", "%2e%2e", "a?b", "a#b", "a b", "a\\b", "", "k\x00", "k\r\nX: y", "é"),
        *("{kid}", "@evil.example", "a.b", "k" * 129, "//evil.example/", "=", "k\u202e"),
    ],
    ids=ascii,
)
def test_a_kid_that_could_lead_elsewhere_is_never_asked_for(
    cli: Cli, base: str, issue: Issue, httpserver: HTTPServer, kid: str
) -> None:
    done = cli(*VERIFY, "-k", f"{base}/keys/{{kid}}", issue(CLAIMS, kid=kid))
    assert (done.exit, done.codes) == (1, {"key_not_found"})
    assert "is not put into a URL" in done.document["notes"][0]
    assert asked(httpserver) == []


def test_no_kid_at_all(cli: Cli, base: str, issue: Issue, httpserver: HTTPServer) -> None:
    done = cli(*VERIFY, "-k", f"{base}/keys/{{kid}}", issue(CLAIMS, kid=None))
    assert (done.exit, done.codes, asked(httpserver)) == (1, {"key_not_found"}, [])
    assert done.document["notes"] == [f"the token has no kid: no key was asked for at {base}/keys/{{kid}}"]


@pytest.mark.parametrize(("status", "exit_code", "code"), [(404, 1, "key_not_found"), (410, 1, "key_not_found")])
def test_a_kid_that_the_server_does_not_have(
    cli: Cli, base: str, issue: Issue, httpserver: HTTPServer, status: int, exit_code: int, code: str
) -> None:
    httpserver.expect_request("/keys/other").respond_with_data(status=status)
    done = cli(*VERIFY, "-k", f"{base}/keys/{{kid}}", issue(CLAIMS, kid="other"))
    assert (done.exit, done.codes) == (exit_code, {code})
    beside = cli(*VERIFY, "-k", f"{base}/keys/{{kid}}", "-k", f"{base}/keys/2026-11_a", issue(CLAIMS, kid="other"))
    assert beside.exit == 0


def test_a_server_that_fails_is_no_verdict(cli: Cli, base: str, issue: Issue, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/keys/other").respond_with_data(status=403)
    done = cli(*VERIFY, "-k", f"{base}/keys/{{kid}}", issue(CLAIMS, kid="other"))
    assert (done.exit, done.codes) == (5, {"http_status"})


@pytest.mark.parametrize(
    "url", ["https://{kid}.idp.example/", "https://{kid}/", "http://{kid}:80/", "https://{kid}@h/"]
)
def test_a_token_does_not_choose_the_host(cli: Cli, base: str, issue: Issue, url: str) -> None:
    assert base
    done = cli(*VERIFY, "-k", url, issue(CLAIMS, kid="evil"))
    assert (done.exit, done.codes) == (2, {"url_malformed"})


def test_where_there_is_no_token_there_is_no_kid(cli: Cli, base: str, httpserver: HTTPServer) -> None:
    for argv in (("jwks", "show"), ("key", "show"), ("jwks", "fetch")):
        done = cli(*argv, "--json", f"{base}/keys/{{kid}}")
        assert (done.exit, done.codes) == (2, {"usage"})
    assert asked(httpserver) == []
