"""`jwtool token get`: client credentials by a secret and by a key, against an authorization server."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl

import jwt
import pytest
from werkzeug import Response

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer
    from werkzeug import Request

    from tests.cli.conftest import Cli

NOW = 1_795_556_400
TOKEN = "opaque-access-token_1"
CLIENT = ("--client-id", "ci", "--client-secret", "env:S")
SECRET = {"S": "s3cret of the client"}


class Endpoint:
    """A token endpoint that keeps what it was asked, and answers as it is told."""

    def __init__(self, server: HTTPServer) -> None:
        self.base = server.url_for("").rstrip("/")
        self.asked: list[Request] = []
        self.status = 200
        self.answer: Any = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600, "scope": "a b"}
        self.metadata: dict[str, Any] = {
            "issuer": self.base,
            "jwks_uri": f"{self.base}/jwks.json",
            "token_endpoint": f"{self.base}/token",
        }
        server.expect_request("/.well-known/openid-configuration").respond_with_handler(
            lambda _: Response(json.dumps(self.metadata))
        )
        server.expect_request("/token", method="POST").respond_with_handler(self._grant)

    def _grant(self, request: Request) -> Response:
        request.get_data()
        self.asked.append(request)
        body = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer)
        return Response(body, status=self.status, content_type="application/json")

    def form(self) -> dict[str, list[str]]:
        (request,) = self.asked
        return parse_qs(request.get_data(as_text=True))


@pytest.fixture
def endpoint(httpserver: HTTPServer) -> Endpoint:
    return Endpoint(httpserver)


def test_a_secret_goes_by_basic_form_encoded_first(cli: Cli, endpoint: Endpoint) -> None:
    env = {"S": "p:%+ ü"}
    done = cli("token", "get", "-i", endpoint.base, "--client-id", "a:b", "--client-secret", "env:S", env=env)
    assert (done.exit, done.stdout, done.stderr) == (0, f"{TOKEN}\n", "")
    sent = base64.b64decode(endpoint.asked[0].headers["Authorization"].removeprefix("Basic ")).decode()
    assert sent == "a%3Ab:p%3A%25%2B+%C3%BC"  # RFC 6749 §2.3.1
    assert endpoint.form() == {"grant_type": ["client_credentials"]}
    assert endpoint.asked[0].headers["Content-Type"] == "application/x-www-form-urlencoded;charset=UTF-8"
    assert endpoint.asked[0].headers["Accept"] == "application/json"


def test_a_secret_goes_by_post_where_the_server_wants_that(cli: Cli, endpoint: Endpoint) -> None:
    endpoint.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post", "private_key_jwt"]
    assert cli("token", "get", "-i", endpoint.base, *CLIENT, env=SECRET).stdout == f"{TOKEN}\n"
    assert "Authorization" not in endpoint.asked[0].headers
    assert endpoint.form() == {
        "grant_type": ["client_credentials"],
        "client_id": ["ci"],
        "client_secret": [SECRET["S"]],
    }


@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256", "Ed25519", "EdDSA"])
def test_a_key_signs_an_assertion_of_five_minutes(cli: Cli, endpoint: Endpoint, tmp_path: Path, alg: str) -> None:
    """private_key_jwt (RFC 7523 §2.2): PyJWT, which none of us wrote, believes it."""
    key = tmp_path / "client.jwk"
    assert cli("key", "new", "--alg", alg, "-o", key, "--public-out", tmp_path / "public.jwk").exit == 0
    public = json.loads((tmp_path / "public.jwk").read_text())
    done = cli("token", "get", "-i", endpoint.base, "--client-id", "ci", "-k", key, "--scope", "a", "--scope", "b")
    assert (done.exit, done.stdout, done.stderr) == (0, f"{TOKEN}\n", "")
    form = endpoint.form()
    assert form["scope"] == ["a b"]
    assert form["client_assertion_type"] == ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
    (assertion,) = form["client_assertion"]
    header = jwt.get_unverified_header(assertion)
    assert (header["kid"], header["alg"]) == (public["kid"], alg)
    algorithm = {"Ed25519": "EdDSA"}.get(alg, alg)
    verifying = jwt.PyJWK({**public, "alg": algorithm}).key
    claims = jwt.api_jws.PyJWS().decode(assertion, verifying, algorithms=[algorithm]) if alg != "Ed25519" else None
    body = assertion.split(".")[1]
    said = json.loads(claims or base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert said.pop("jti")
    assert said == {"iss": "ci", "sub": "ci", "aud": f"{endpoint.base}/token", "iat": NOW, "exp": NOW + 300}
    assert cli("verify", "-k", tmp_path / "public.jwk", "-a", f"{endpoint.base}/token", assertion).exit == 0


def test_audience_and_resources_are_asked_for(cli: Cli, endpoint: Endpoint) -> None:
    resources = ("--resource", "https://api.example/a", "--resource", "https://api.example/b")
    assert cli("token", "get", "-i", endpoint.base, *CLIENT, "-a", "api", *resources, env=SECRET).exit == 0
    assert parse_qsl(endpoint.asked[0].get_data(as_text=True)) == [
        ("grant_type", "client_credentials"),
        ("audience", "api"),
        ("resource", "https://api.example/a"),
        ("resource", "https://api.example/b"),
    ]


def test_issuer_and_audience_from_the_environment(cli: Cli, endpoint: Endpoint) -> None:
    env = {**SECRET, "JWTOOL_ISSUER": endpoint.base, "JWTOOL_AUDIENCE": "api", "JWTOOL_KEY": "nowhere.jwk"}
    done = cli("token", "get", *CLIENT, "-v", env=env)
    assert (done.exit, done.stdout, endpoint.form()["audience"]) == (0, f"{TOKEN}\n", ["api"])
    assert "JWTOOL_ISSUER" in done.stderr
    assert f"token: client_credentials at {endpoint.base}/token, by client_secret_basic\n" in done.stderr
    assert SECRET["S"] not in done.stderr
    assert TOKEN not in done.stderr


def test_as_json(cli: Cli, endpoint: Endpoint) -> None:
    found = cli("token", "get", "--json", "-i", endpoint.base, *CLIENT, env=SECRET).document
    assert found == {
        "schema": "jwtool.token-get/1",
        "ok": True,
        "token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "a b",
        "output": None,
    }
    endpoint.answer = {"access_token": TOKEN, "expires_in": "60"}
    found = cli("token", "get", "--json", "-i", endpoint.base, *CLIENT, env=SECRET).document
    assert (found["token_type"], found["expires_in"], found["scope"]) == ("Bearer", 60, None)
    assert found["notes"] == [f"the answer of {host(endpoint)} names no token_type, which RFC 6749 §5.1 wants"]


def test_into_a_file_that_only_its_owner_reads(cli: Cli, endpoint: Endpoint, tmp_path: Path) -> None:
    file = tmp_path / "token"
    done = cli("token", "get", "-i", endpoint.base, *CLIENT, "-o", file, env=SECRET)
    assert (done.exit, done.stdout) == (0, "")
    assert done.stderr == f"wrote  {file}\na Bearer token, for 1h, scope a b\n"
    assert (file.read_text(), file.stat().st_mode & 0o777) == (f"{TOKEN}\n", 0o600)
    again = cli("token", "get", "-i", endpoint.base, *CLIENT, "-o", file, env=SECRET)
    assert (again.exit, len(endpoint.asked)) == (6, 1)


def host(endpoint: Endpoint) -> str:
    return endpoint.base.removeprefix("http://")


@pytest.mark.parametrize(
    ("status", "answer", "code", "message", "hint"),
    [
        (
            401,
            {"error": "invalid_client", "error_description": "no such\x1b[31m client"},
            "token_refused",
            "HOST refuses a token, 'invalid_client': no such\\x1b[31m client",
            "are the client id and its secret or key those that are registered there?",
        ),
        (400, {"error": "odd"}, "token_refused", "HOST refuses a token, 'odd'", None),
        (400, {"error": ["x"]}, "token_refused", "HOST refuses a token, and its error is a list", None),
        (
            400,
            b"<html>",
            "response_malformed",
            "HOST answered 400 with a web page, wanted a token",
            "is it the right issuer? a login page or a proxy may stand before it",
        ),
        (
            200,
            {"token": "x"},
            "response_malformed",
            "the answer of HOST should hold the token in access_token, found none",
            None,
        ),
        (
            200,
            {"access_token": "a\nb", "token_type": "Bearer"},
            "response_malformed",
            "the answer of HOST should hold the token in access_token, found text with blanks or line breaks",
            None,
        ),
        (
            200,
            {"access_token": 5, "token_type": "Bearer"},
            "response_malformed",
            "the answer of HOST should hold the token in access_token, found a number",
            None,
        ),
        (
            500,
            {"error": "server_error"},
            "http_status",
            "HOST answered 500 Internal Server Error, wanted 200",
            "the server has a problem; try again later",
        ),
    ],
    ids=["client", "odd", "list", "html", "member", "line break", "number", "500"],
)
def test_no_token(
    cli: Cli, endpoint: Endpoint, status: int, answer: Any, code: str, message: str, hint: str | None
) -> None:
    endpoint.status, endpoint.answer = status, answer
    done = cli("token", "get", "--json", "-i", endpoint.base, *CLIENT, env=SECRET)
    error = done.document["error"]
    assert (done.exit, error["code"], error["message"]) == (5, code, message.replace("HOST", host(endpoint)))
    assert error.get("hint") == hint


def test_a_redirect_gets_neither_the_secret_nor_a_hint_to_follow_it(cli: Cli, httpserver: HTTPServer) -> None:
    endpoint = Endpoint(httpserver)
    endpoint.metadata["token_endpoint"] = httpserver.url_for("/moved")
    httpserver.expect_request("/moved").respond_with_data(status=307, headers={"Location": f"{endpoint.base}/token"})
    done = cli("token", "get", "-i", endpoint.base, *CLIENT, env=SECRET)
    assert (done.exit, done.stdout, endpoint.asked) == (5, "", [])
    assert done.stderr == (
        f"jwtool: error: {host(endpoint)} redirects to {host(endpoint)}, and no redirect is followed\n"
        "hint: its operator must name the right token_endpoint in the discovery document\n"
    )


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((), "no issuer was given, and its document names the token endpoint"),
        (("-i", "http://127.0.0.1:1"), "no --client-id was given, and the server must know who asks"),
        (("-i", "http://127.0.0.1:1", "--client-id", "ci"), "a client needs a secret or a private key"),
        (
            ("-i", "http://127.0.0.1:1", *CLIENT, "-k", "private.jwk"),
            "--client-secret and --key are two ways to be believed, and one is wanted",
        ),
        (("-i", "http://127.0.0.1:1", "--client-id", "ci", "--client-secret", "env:E"), "the client secret is empty"),
    ],
    ids=["issuer", "client", "nothing", "both", "empty"],
)
def test_a_command_line_that_asks_for_nothing(cli: Cli, argv: tuple[str, ...], message: str) -> None:
    done = cli("token", "get", *argv, env={**SECRET, "E": ""})
    assert (done.exit, done.stderr.splitlines()[0]) == (2, f"jwtool: error: {message}")


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(cli: Cli) -> None:
    done = cli("token", "get", "-i", "https://auth.example", "--client-id", "ci", "--client-secret", "hunter2")
    assert done.exit == 2
    assert "hunter2" not in done.stderr


def test_a_token_endpoint_on_another_host_gets_no_headers_of_the_users(
    cli: Cli, endpoint: Endpoint, httpserver: HTTPServer
) -> None:
    other = endpoint.base.replace("localhost", "127.0.0.1")
    assert other != endpoint.base or "127.0.0.1" in other
    done = cli(
        *("token", "get", "-i", endpoint.base, *CLIENT, "--bearer", "env:B", "--http-header", "X-Team=a"),
        env={**SECRET, "B": "bearer-of-discovery"},
    )
    assert done.exit == 0
    assert endpoint.asked[0].headers["Authorization"].startswith("Basic ")
    assert endpoint.asked[0].headers["X-Team"] == "a"
    assert all("bearer-of-discovery" not in str(request.headers) for request in endpoint.asked)
    assert httpserver.log


def test_a_public_key_or_a_secret_is_no_private_key(cli: Cli, endpoint: Endpoint, tmp_path: Path) -> None:
    cli("key", "new", "-o", tmp_path / "private.jwk", "--public-out", tmp_path / "public.jwk")
    argv = ("token", "get", "-i", endpoint.base, "--client-id", "ci", "-k")
    assert cli(*argv, tmp_path / "public.jwk").exit == 4
    done = cli(*argv, "secret:env:S", env={"S": "x" * 64})
    assert (done.exit, done.stderr.splitlines()[-1]) == (2, "hint: --client-secret @FILE")
    assert endpoint.asked == []


def test_an_algorithm_that_authlib_lacks(cli: Cli, endpoint: Endpoint, tmp_path: Path) -> None:
    cli("key", "new", "--alg", "ML-DSA-44", "-o", tmp_path / "private.jwk")
    done = cli("token", "get", "-i", endpoint.base, "--client-id", "ci", "-k", tmp_path / "private.jwk")
    assert done.exit == 4
    assert done.stderr == (
        "jwtool: error: a client assertion can't be signed with ML-DSA-44 here\n"
        "hint: ES256 or RS256 are what servers take\n"
    )
    assert endpoint.asked == []
