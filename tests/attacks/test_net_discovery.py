"""Discovery documents of another issuer, and those that lead where nothing must be fetched."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Request, Response

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from tests.attacks.conftest import Forger, Publish, Verify
    from tests.cli.conftest import Cli

OPENID, OAUTH = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"


@pytest.fixture
def issuer(httpserver: HTTPServer, publish: Publish) -> str:
    """The URL of an issuer at the path /a, whose keys are served; its document is the attack's."""
    jwk = json.loads(publish("ES256", kid="k1").read_text())
    httpserver.expect_request("/jwks.json").respond_with_json({"keys": [jwk]})
    return httpserver.url_for("/a")


def token(forge: Forger, issuer: object) -> str:
    return forge.sign("ES256", {"alg": "ES256", "kid": "k1"}, {"iss": issuer, "exp": 1_795_556_500})


def asked(httpserver: HTTPServer) -> set[str]:
    return {request.path for request, _ in httpserver.log}


@pytest.mark.attack("A108")
@pytest.mark.parametrize("other", ["{base}/b", "{base}/a/", "{base}/A", "https://evil.example", "", None, ["{base}/a"]])
def test_another_issuers_document(
    httpserver: HTTPServer, issuer: str, forge: Forger, verify: Verify, cli: Cli, other: Any
) -> None:
    """Its keys are never asked for, neither for the issuer that was meant nor for the one that the document names."""
    base = issuer.removesuffix("/a")
    named = other.format(base=base) if isinstance(other, str) else other and [one.format(base=base) for one in other]
    document = {"issuer": named, "jwks_uri": f"{base}/jwks.json"}
    httpserver.expect_request(f"/a{OPENID}").respond_with_json(document)
    for iss in (issuer, named):
        for option in ("-i", "-k"):
            key = issuer if option == "-i" else f"issuer:{issuer}"
            assert verify(token(forge, iss), option, key).short == (5, {"issuer_mismatch"})
    assert cli("jwks", "fetch", "--json", f"issuer:{issuer}").codes == {"issuer_mismatch"}
    shown = cli("issuer", "show", "--json", issuer)
    assert (shown.exit, shown.document["faults"][0]["member"]) == (1, "issuer")
    assert cli("verify", "--json", "-i", issuer, token(forge, issuer)).exit == 5


@pytest.mark.attack("A109")
@pytest.mark.parametrize(
    "uri",
    [
        *("http://192.0.2.1/", "http://idp.example/jwks.json", "HTTP://192.0.2.1/", "http://169.254.169.254/latest"),
        *(
            "file:///etc/passwd",
            "file:/etc/passwd",
            "ftp://idp.example/",
            "data:,{}",
            "javascript:alert(1)",
            "gopher://x",
        ),
        *("https://user:pw@idp.example/", "https://idp.example@127.0.0.1/", "http://127.0.0.1\\@idp.example/"),
        *("//idp.example/jwks.json", "/jwks.json", "jwks.json", "", " ", "https://", "https://idp.example/\r\nX: y"),
        *("secret:env:HOME", "env:HOME", "@/etc/passwd", "-", "issuer:https://idp.example", "@jwks.json"),
    ],
)
def test_jwks_uri_that_is_not_fetched(
    httpserver: HTTPServer, issuer: str, forge: Forger, verify: Verify, cli: Cli, uri: str
) -> None:
    """What a server says is data, and never again a SOURCE."""
    httpserver.expect_request(f"/a{OPENID}").respond_with_json({"issuer": issuer, "jwks_uri": uri})
    verdict = verify(token(forge, issuer), "-i", issuer)
    assert verdict.short == (5, {"discovered_url_refused"})
    assert "pw" not in json.dumps(verdict.document)
    shown = cli("issuer", "show", "--json", issuer)
    assert (shown.exit, shown.document["faults"][0]["member"]) == (1, "jwks_uri")
    assert asked(httpserver) == {f"/a{OPENID}"}


@pytest.mark.parametrize("uri", [None, 1, True, [], ["https://idp.example/"], {"a": "b"}])
def test_jwks_uri_that_is_no_text(httpserver: HTTPServer, issuer: str, forge: Forger, verify: Verify, uri: Any) -> None:
    httpserver.expect_request(f"/a{OPENID}").respond_with_json({"issuer": issuer, "jwks_uri": uri})
    assert verify(token(forge, issuer), "-i", issuer).short == (5, {"discovery_malformed"})


def test_the_second_of_two_members(httpserver: HTTPServer, issuer: str, forge: Forger, verify: Verify) -> None:
    """Two readers would follow two URLs."""
    body = json.dumps({"issuer": issuer, "jwks_uri": "https://idp.example/"})[:-1] + f', "jwks_uri": "{issuer}"}}'
    httpserver.expect_request(f"/a{OPENID}").respond_with_data(body)
    httpserver.expect_request(f"{OAUTH}/a").respond_with_data(status=404)
    assert verify(token(forge, issuer), "-i", issuer).short == (5, {"discovery_malformed"})


def test_a_token_cannot_choose_its_issuer(httpserver: HTTPServer, issuer: str, forge: Forger, verify: Verify) -> None:
    """SSRF by `iss`: what was not given is never asked, whatever the token says."""
    base = issuer.removesuffix("/a")
    for path, of in (("/a", issuer), ("/evil", f"{base}/evil")):
        document = {"issuer": of, "jwks_uri": f"{base}/jwks.json"}
        httpserver.expect_request(f"{path}{OPENID}").respond_with_json(document)
    for iss in (f"{base}/evil", f"{issuer}/../evil", "http://169.254.169.254/", "file:///etc/passwd"):
        assert verify(token(forge, iss), "-i", issuer).short == (1, {"iss_mismatch"})
    assert asked(httpserver) == {f"/a{OPENID}", "/jwks.json"}


@pytest.mark.parametrize("uri", ["https://169.254.169.254/latest", "https://[fe80::1]/jwks.json"])
def test_link_local_jwks_uri(httpserver: HTTPServer, issuer: str, forge: Forger, verify: Verify, uri: str) -> None:
    httpserver.expect_request(f"/a{OPENID}").respond_with_json({"issuer": issuer, "jwks_uri": uri})
    verdict = verify(token(forge, issuer), "-i", issuer)
    assert verdict.short == (5, {"link_local_refused"})


def test_slow_document(serve: Any, forge: Forger, verify: Verify) -> None:
    server = serve(lambda _stream: time.sleep(4))
    slow = f"http://127.0.0.1:{server.port}"
    assert verify(token(forge, slow), "-i", slow, "--timeout", "1s").short == (5, {"jwks_timeout"})


def test_slow_keys(httpserver: HTTPServer, issuer: str, serve: Any, forge: Forger, verify: Verify) -> None:
    """Document and keys together have the time of one fetch."""
    server = serve(lambda _stream: time.sleep(4))

    def late(_request: Request) -> Response:
        time.sleep(1)
        return Response(json.dumps({"issuer": issuer, "jwks_uri": server.url}))

    httpserver.expect_request(f"/a{OPENID}").respond_with_handler(late)
    verdict = verify(token(forge, issuer), "-i", issuer, "--timeout", "3s")
    assert verdict.short == (5, {"jwks_timeout"})
    place = server.url.removeprefix("http://").partition("/")[0]
    said = verdict.document["error"]["message"]
    left = re.fullmatch(f"{re.escape(place)} did not answer within ([0-9.]+) s, still waiting for the answer", said)
    assert left is not None
    assert 0.5 <= float(left[1]) <= 2
