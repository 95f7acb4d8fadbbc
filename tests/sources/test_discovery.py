"""Finding and reading discovery documents, good and hostile."""

from __future__ import annotations

import sys
import time
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.network_errors import (
    DiscoveredUrlRefused,
    DiscoveryMalformed,
    DiscoveryNotFound,
    HttpStatus,
    IssuerMismatch,
    JwksRedirectRefused,
    JwksTimeout,
    ResponseTooLarge,
)
from jwtool.sources.discovery import discover, endpoint, read_document, well_known_urls
from jwtool.sources.discovery_faults import faults_of
from jwtool.sources.network import Network
from tests.sources.discovery_documents import metadata, sound

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_httpserver import HTTPServer

    from jwtool.jose.errors import NetworkError
    from jwtool.sources.runtime import Runtime

OPENID, OAUTH = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"


@pytest.fixture
def runtime(make_runtime: Callable[..., Runtime]) -> Runtime:
    return make_runtime()


@pytest.fixture
def base(httpserver: HTTPServer) -> str:
    return httpserver.url_for("").rstrip("/")


@pytest.mark.parametrize(
    ("issuer", "openid", "oauth"),
    [
        ("https://a.example", f"https://a.example{OPENID}", f"https://a.example{OAUTH}"),
        ("https://a.example/", f"https://a.example{OPENID}", f"https://a.example{OAUTH}"),
        ("https://a.example/x", f"https://a.example/x{OPENID}", f"https://a.example{OAUTH}/x"),
        ("https://a.example/x/", f"https://a.example/x{OPENID}", f"https://a.example{OAUTH}/x"),
        ("https://a.example:8443/x/y", f"https://a.example:8443/x/y{OPENID}", f"https://a.example:8443{OAUTH}/x/y"),
        ("http://[::1]:80", f"http://[::1]:80{OPENID}", f"http://[::1]:80{OAUTH}"),
    ],
)
def test_where_a_document_may_be(issuer: str, openid: str, oauth: str) -> None:
    assert well_known_urls(issuer) == (("openid", openid), ("oauth", oauth))


def test_authlib_warns_of_nothing() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "authlib"]:
        del sys.modules[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert well_known_urls("https://a.example")
        assert faults_of(metadata()) == ()


@pytest.mark.parametrize("path", ["", "/", "/a", "/a/", "/a/b"])
def test_openid_is_asked_first(httpserver: HTTPServer, base: str, runtime: Runtime, path: str) -> None:
    issuer = base + path
    httpserver.expect_request(f"{path.rstrip('/')}{OPENID}").respond_with_json(sound(issuer))
    found = discover(issuer, Network(), runtime)
    assert (found.issuer, found.kind, found.members["issuer"]) == (issuer, "openid", issuer)
    assert endpoint(found, "jwks_uri").text == f"{issuer.rstrip('/')}/jwks.json"
    assert [request.path for request, _ in httpserver.log] == [f"{path.rstrip('/')}{OPENID}"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
@pytest.mark.parametrize("path", ["", "/a"])
def test_then_oauth(httpserver: HTTPServer, base: str, runtime: Runtime, path: str, status: int) -> None:
    issuer = base + path
    httpserver.expect_request(f"{path}{OPENID}").respond_with_data(status=status)
    httpserver.expect_request(f"{OAUTH}{path}").respond_with_json(sound(issuer))
    assert discover(issuer, Network(), runtime).kind == "oauth"


def test_a_web_page_for_every_path_is_no_document(httpserver: HTTPServer, base: str, runtime: Runtime) -> None:
    httpserver.expect_request(OPENID).respond_with_data("<!doctype html>", content_type="text/html")
    httpserver.expect_request(OAUTH).respond_with_json(sound(base))
    assert discover(base, Network(), runtime).kind == "oauth"


def test_nothing_at_either_place(httpserver: HTTPServer, base: str, runtime: Runtime, refusal: Any) -> None:
    httpserver.expect_request(OPENID).respond_with_data(status=404)
    httpserver.expect_request(OAUTH).respond_with_data("<html>", content_type="text/html")
    host = base.removeprefix("http://")
    assert refusal(discover, base, Network(), runtime) == (
        DiscoveryNotFound,
        (
            f"no discovery document of {base} was found: {host} answered 404 Not Found, wanted 200; "
            f"{host} answered with a web page, wanted a discovery document"
        ),
        "is it the issuer's URL as its tokens have it? keys at a URL are given by -k https://…",
    )


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "is the URL right? if it wants a token to see: --bearer @FILE"),
        (403, "a firewall or an access rule may stand before it; try it from another network, or with curl"),
    ],
)
def test_a_firewall_before_both_places_is_named(
    httpserver: HTTPServer, base: str, runtime: Runtime, refusal: Any, status: int, hint: str
) -> None:
    httpserver.expect_request(OPENID).respond_with_data(status=status)
    httpserver.expect_request(OAUTH).respond_with_data(status=status)
    kind, said, remedy = refusal(discover, base, Network(), runtime)
    assert (kind, remedy) == (DiscoveryNotFound, hint)
    assert said.startswith(f"no discovery document of {base} was found: ")
    assert f" answered {status} " in said


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_that_fails_is_not_asked_elsewhere(
    httpserver: HTTPServer, base: str, runtime: Runtime, status: int
) -> None:
    """The other document may be of other keys, and a failure must not choose it."""
    httpserver.expect_request(OPENID).respond_with_data(status=status)
    httpserver.expect_request(OAUTH).respond_with_json(sound(base))
    with pytest.raises(HttpStatus) as caught:
        discover(base, Network(), runtime)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda issuer: f"{issuer}/", "the issuers differ only by a trailing slash"),
        (lambda issuer: issuer.upper(), "the issuers differ only by upper and lower case"),
        (lambda issuer: issuer.replace("http:", "https:"), "the issuers differ only by the scheme"),
        (lambda issuer: f" {issuer}", "the issuers differ only by blanks around them"),
        (lambda issuer: f"{issuer}x", "one issuer must not answer for another"),
        (lambda _: "https://evil.example", "one issuer must not answer for another"),
        (lambda issuer: [issuer], None),
        (lambda _: None, None),
        (lambda _: 1, None),
    ],
)
def test_the_issuer_must_be_the_one_that_was_asked_for(
    httpserver: HTTPServer, base: str, runtime: Runtime, change: Callable[[str], object], hint: str | None
) -> None:
    issuer = f"{base}/a"
    httpserver.expect_request(f"/a{OPENID}").respond_with_json(sound(issuer, issuer=change(issuer)))
    httpserver.expect_request(f"{OAUTH}/a").respond_with_json(sound(issuer))
    with pytest.raises(IssuerMismatch) as caught:
        discover(issuer, Network(), runtime)
    assert caught.value.hint == hint
    assert read_document(issuer, Network(), runtime).members["token_endpoint"] == f"{issuer}/token"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "is empty"),
        (b"[]", "is a list, wanted a JSON object"),
        (b'{"issuer":"a","issuer":"b"}', "'issuer'"),
        (b'{"issuer":"a"} x', "JSON"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"[" * 1000, "deep"),
        (b'{"a":1e999}', "number"),
    ],
)
def test_what_is_no_document(
    httpserver: HTTPServer, base: str, runtime: Runtime, body: bytes, message: str, refusal: Any
) -> None:
    httpserver.expect_request(OPENID).respond_with_data(body)
    httpserver.expect_request(OAUTH).respond_with_data(status=404)
    kind, said, _hint = refusal(discover, base, Network(), runtime)
    assert kind is DiscoveryMalformed
    assert said.startswith(f"the discovery document of {base.removeprefix('http://')} ")
    assert message in said


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n{", ResponseTooLarge),
        (b"HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n", JwksRedirectRefused),
    ],
)
def test_a_server_that_floods_or_redirects(
    serve: Any, runtime: Runtime, answer: bytes, error: type[NetworkError]
) -> None:
    server = serve(answer)
    with pytest.raises(error) as caught:
        discover(f"http://127.0.0.1:{server.port}", Network(), runtime)
    assert len(server.requests) == 1
    assert "give that URL" not in (caught.value.hint or "")  # it would be no document of this issuer


def test_both_places_together_take_the_time_of_one_fetch(serve: Any, runtime: Runtime) -> None:
    def slow(stream: Any) -> None:
        time.sleep(1.5)
        stream.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    server = serve(slow)
    began = time.monotonic()
    with pytest.raises(JwksTimeout):
        discover(f"http://127.0.0.1:{server.port}", Network(timeout=2), runtime)
    assert 2 <= time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("http://192.0.2.1/", "http to '192.0.2.1' is refused"),
        ("http://169.254.169.254/latest/meta-data", "http to '169.254.169.254' is refused"),
        ("http://127.0.0.1:8080/", "leads back to this machine"),
        ("file:///etc/passwd", "scheme 'file'"),
        ("FILE:///etc/passwd", "scheme 'file'"),
        ("data:application/json,{}", "no scheme"),
        ("https://user:pw@auth.example/", "user name or a password"),
        ("https://auth.example\\@evil.example/", "backslashes"),
        ("/jwks.json", "no scheme"),
        ("", "no scheme"),
        ("https://", "names no host"),
        ("https://auth.example/\r\nX: y", "control characters"),
    ],
)
def test_where_a_document_must_not_lead(uri: str, reason: str) -> None:
    with pytest.raises(DiscoveredUrlRefused) as caught:
        endpoint(metadata(jwks_uri=uri), "jwks_uri")
    assert reason in caught.value.message
    assert "pw" not in caught.value.message
    (fault,) = faults_of(metadata(jwks_uri=uri))
    assert (fault.member, fault.section) == ("jwks_uri", "OpenID Connect Discovery 1.0 §3")


@pytest.mark.parametrize(("uri", "found"), [(None, "names no"), ([], "a list"), (1, "a number"), ({}, "an object")])
def test_a_jwks_uri_that_is_no_string(uri: object, found: str) -> None:
    with pytest.raises(DiscoveryMalformed) as caught:
        endpoint(metadata(jwks_uri=uri), "jwks_uri")
    assert found in caught.value.message


def test_another_host_is_no_fault() -> None:
    document = metadata(jwks_uri="https://keys.example/jwks.json")
    assert endpoint(document, "jwks_uri").host == "keys.example"
    assert faults_of(document) == ()
    local = metadata("http://127.0.0.1:8080/x", jwks_uri="http://localhost:9090/jwks.json")
    assert endpoint(local, "jwks_uri").host == "localhost"


def test_the_tenants_of_microsoft_share_a_document(httpserver: HTTPServer, base: str, runtime: Runtime) -> None:
    issuer = f"{base}/{{tenantid}}/v2.0"
    httpserver.expect_request(f"/common/v2.0{OPENID}").respond_with_json(sound(issuer))
    assert discover(issuer, Network(), runtime).members["issuer"] == issuer
    with pytest.raises(IssuerMismatch):
        discover(f"{base}/common/v2.0", Network(), runtime)
