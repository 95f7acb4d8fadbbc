"""The local issuer as clients meet it: discovery, tokens, introspection, and every way to ask wrongly."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.bad import KINDS, MARK
from jwtool.server.issuer_token import Defaults
from jwtool.server.oauth import Clients

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.server.conftest import Issuer

NOW = 1_795_556_400
FORM = "application/x-www-form-urlencoded"


def basic(client: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims = (json.loads(base64url.decode(part)) for part in token.split(".")[:2])
    return header, claims


@pytest.mark.parametrize("name", ["openid-configuration", "oauth-authorization-server"])
def test_discovery_names_every_endpoint(issuer: Issuer, name: str) -> None:
    status, fields, document = issuer.ask("GET", f"/.well-known/{name}")
    assert (status, fields["cache-control"]) == (200, "public, max-age=60")
    assert document["issuer"] == issuer.url
    assert document["jwks_uri"] == f"{issuer.url}/.well-known/jwks.json"
    assert document["token_endpoint"] == f"{issuer.url}/token"
    assert document["introspection_endpoint"] == f"{issuer.url}/introspect"
    assert document["id_token_signing_alg_values_supported"] == ["ES256", "RS256"]
    assert issuer.ask("GET", f"/.well-known/{name}", If_None_Match=fields["etag"])[0] == 304
    assert issuer.ask("HEAD", f"/.well-known/{name}")[0] == 200
    assert issuer.post(f"/.well-known/{name}", {})[0] == 405


def test_the_set_is_public_and_where_it_is_said_to_be(serve: Callable[..., Issuer]) -> None:
    issuer = serve(path="keys")
    status, fields, document = issuer.ask("GET", "/keys")
    assert (status, fields["content-type"]) == (200, "application/jwk-set+json")
    assert [set(key) for key in document["keys"]] == [{"kty", "kid", "alg", "crv", "x", "y"} | set(document["keys"][0])]
    assert "d" not in document["keys"][0]
    assert issuer.server.jwks_uri == f"{issuer.url}/keys"
    assert issuer.ask("GET", "/.well-known/jwks.json")[0] == 404


def test_a_token_says_what_is_asked_and_no_more(issuer: Issuer) -> None:
    status, fields, answer = issuer.token()
    header, claims = opened(answer.pop("access_token"))
    assert (status, fields["cache-control"], fields["pragma"]) == (200, "no-store", "no-cache")
    assert answer == {"token_type": "Bearer", "expires_in": 900}
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": "k1"}
    assert len(claims.pop("jti")) == 36
    assert claims == {"iss": issuer.url, "sub": "app", "client_id": "app", "iat": NOW, "exp": NOW + 900}


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ([("scope", "read write")], {"scope": "read write"}),
        ([("audience", "api")], {"aud": "api"}),
        ([("resource", "https://a"), ("audience", "b")], {"aud": ["b", "https://a"]}),
        ([("sub", "user-42")], {"sub": "user-42"}),
        ([("sub", "")], {"sub": "app"}),
        ([("claims", '{"roles":["admin"],"iss":"https://other"}')], {"roles": ["admin"], "iss": "https://other"}),
        ([("claims", '{"exp":null}')], {"exp": None}),
        ([("claims", '{"aud":"x"}'), ("audience", "api")], {"aud": "api"}),
        ([("unknown", "1")], {"sub": "app"}),
    ],
)
def test_a_request_chooses_its_claims(issuer: Issuer, form: Any, found: Mapping[str, Any]) -> None:
    claims = issuer.claims(form)
    assert {name: claims.get(name) for name in found} == found


def test_scope_comes_back_and_the_type_is_open(issuer: Issuer) -> None:
    answer = issuer.token({"scope": "a b", "typ": "JWT", "claims": '{"exp":null}'})[2]
    assert (answer["scope"], "expires_in" in answer) == ("a b", False)
    assert opened(answer["access_token"])[0]["typ"] == "JWT"


def test_options_win_over_claims_and_requests_over_both(serve: Callable[..., Issuer]) -> None:
    issuer = serve(defaults=Defaults({"sub": "a", "tenant": 1, "scope": "x"}, "b", ["api", "web"]))
    claims = issuer.claims()
    assert (claims["sub"], claims["tenant"], claims["aud"], claims["scope"]) == ("b", 1, ["api", "web"], "x")
    claims = issuer.claims({"sub": "c", "audience": "other", "claims": '{"tenant":2}', "scope": "y"})
    assert (claims["sub"], claims["tenant"], claims["aud"], claims["scope"]) == ("c", 2, "other", "y")


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_token_is_marked_and_known_as_bad(issuer: Issuer, kind: str) -> None:
    status, _, answer = issuer.token({"audience": "api", "bad": kind})
    assert (status, opened(answer["access_token"])[0][MARK]) == (200, kind)
    told = issuer.post("/introspect", {"token": answer["access_token"]}, Authorization=basic("a", "b"))[2]
    assert told["active"] is (kind in {"aud", "typ"})  # these two are for the resource server to see


@pytest.mark.parametrize(
    ("form", "fields", "status", "code", "description"),
    [
        ([("grant_type", "password")], {}, 400, "unsupported_grant_type", "only client_credentials is supported"),
        ([], {}, 400, "invalid_request", "grant_type is missing"),
        ([("grant_type", "")], {}, 400, "invalid_request", "grant_type is missing"),
        ([("scope", "a"), ("scope", "b")], {}, 400, "invalid_request", "the parameter scope is given more than once"),
        ([("scope", "a  b")], None, 400, "invalid_scope", "scope is a list of words with single blanks between them"),
        ([("scope", 'a"b')], None, 400, "invalid_scope", "scope is a list of words with single blanks between them"),
        ([("claims", "[]")], None, 400, "invalid_request", "claims is a list, wanted a JSON object"),
        (
            [("claims", '{"exp":"soon"}')],
            None,
            400,
            "invalid_request",
            "'exp' must be a number of seconds, found a string",
        ),
        ([("bad", "all")], None, 400, "invalid_request", "bad takes expired, nbf, kid, sig, aud, typ, found 'all'"),
        ([("bad", "aud")], None, 400, "invalid_request", "a token without an audience can't have a wrong one"),
        ([], {"Content_Type": "application/json"}, 400, "invalid_request", f"the body must be {FORM}"),
        ([], {"Authorization": "Bearer x"}, 401, "invalid_client", "the Authorization must be Basic"),
        ([], {"Authorization": "Basic !"}, 401, "invalid_client", "the Authorization is not base64 of UTF-8 text"),
        ([], {"Authorization": basic("app", "")}, 401, "invalid_client", "a client id and a client secret are needed"),
        (
            [("client_secret", "s3cret")],
            {},
            400,
            "invalid_request",
            "the client authenticates in two ways at once",
        ),
        (
            [("client_id", "other")],
            {},
            400,
            "invalid_request",
            "the client_id of the body is not that of the Authorization",
        ),
    ],
)
def test_what_is_refused(
    issuer: Issuer, form: Any, fields: dict[str, str] | None, status: int, code: str, description: str
) -> None:
    good = [("grant_type", "client_credentials")] if fields is None else []
    given = {"Authorization": basic("app", "s3cret")} | (fields or {})
    found, headers, answer = issuer.post("/token", [*good, *form], **given)
    assert (found, answer) == (status, {"error": code, "error_description": description})
    assert headers["cache-control"] == "no-store"
    challenge = 'Basic realm="jwtool issuer serve", charset="UTF-8"'
    assert headers.get("www-authenticate") == (challenge if status == 401 else None)


@pytest.mark.parametrize(
    ("body", "description"),
    [
        (b"a=%ff", "the body is not urlencoded UTF-8, or has too many parameters"),
        (b"a=\xc3\xa9", "the body is not urlencoded UTF-8, or has too many parameters"),
        (
            b"&".join(b"a%d=1" % number for number in range(65)),
            "the body is not urlencoded UTF-8, or has too many parameters",
        ),
        (b'"\\\x7f%22=1&"\\%22%C3%A9=1&%22%C3%A9=2', None),
    ],
    ids=["bytes", "raw", "many", "quotes"],
)
def test_a_hostile_form(issuer: Issuer, body: bytes, description: str | None) -> None:
    status, _, answer = issuer.ask("POST", "/token", body, Content_Type=FORM)
    assert status in {400, 401}
    if description is not None:
        assert answer["error_description"] == description
    assert not set(answer["error_description"]) & set('"\\')


def test_parameters_in_the_url_are_refused_and_not_logged(issuer: Issuer) -> None:
    path = "/token?client_id=app&client_secret=s3cret"
    status, _, answer = issuer.post(path, {"grant_type": "client_credentials"})
    assert (status, answer["error_description"]) == (400, "parameters go into the body, not into the URL")
    assert issuer.seen == ["127.0.0.1 POST /token?… 400"]


def test_a_client_may_put_its_secret_into_the_form(issuer: Issuer) -> None:
    form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "s3cret"}
    assert issuer.post("/token", form)[0] == 200
    assert issuer.post("/token", form | {"client_secret": ""})[0] == 401
    assert issuer.post("/token", {"grant_type": "client_credentials", "client_id": "app"})[0] == 401


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (basic("app", "p%+: ä"), 200),
        (basic("app", "p%25%2B%3A+%C3%A4"), 200),
        (basic("app", "p"), 401),
        (basic("App", "p%+: ä"), 401),
        (basic("other", "x"), 401),
        (basic("app", "\0"), 401),
        (basic("nobody", "\0"), 401),
    ],
)
def test_known_clients_only(serve: Callable[..., Issuer], authorization: str, status: int) -> None:
    issuer = serve(clients=Clients({"app": "p%+: ä".encode(), "other": b"y"}))
    found, _, answer = issuer.token(Authorization=authorization)
    assert (found, answer.get("error_description")) == (
        status,
        None if status == 200 else "no such client, or another secret",
    )


def test_introspection_tells_what_a_good_token_says(issuer: Issuer) -> None:
    token = issuer.token({"audience": "api", "scope": "a"})[2]["access_token"]
    status, fields, told = issuer.post("/introspect", {"token": token}, Authorization=basic("rs", "x"))
    claims = opened(token)[1]
    assert (status, fields["cache-control"]) == (200, "no-store")
    assert told == {"active": True, "token_type": "Bearer", **claims}
    assert issuer.post("/introspect", {"token": token})[0] == 401
    assert issuer.post("/introspect", {}, Authorization=basic("rs", "x"))[0] == 400


@pytest.mark.parametrize("token", ["x", "a.b.c", "é" * 1000, "eyJhbGciOiJub25lIn0.e30."])
def test_introspection_of_what_is_no_token_of_ours(issuer: Issuer, token: str) -> None:
    answer = issuer.post("/introspect", {"token": token}, Authorization=basic("rs", "x"))
    assert (answer[0], answer[2]) == (200, {"active": False})


def test_a_large_body_is_refused(issuer: Issuer) -> None:
    assert issuer.token({"claims": "x" * 70_000})[0] == 413


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/token", 405), ("GET", "/introspect", 405), ("GET", "/", 404)]
)
def test_other_methods_and_paths(issuer: Issuer, method: str, path: str, status: int) -> None:
    found, fields, _ = issuer.ask(method, path)
    assert (found, fields.get("allow")) == (status, "POST" if status == 405 else None)


@pytest.mark.parametrize("path", ["/token", "/introspect"])
def test_a_name_rebound_to_this_machine_gets_no_token(issuer: Issuer, path: str) -> None:
    form = {"grant_type": "client_credentials", "token": "x"}
    assert issuer.post(path, form, Authorization=basic("a", "b"), Host="evil.example")[0] == 403
    assert issuer.post(path, form, Authorization=basic("a", "b"), Host="app.localhost:1")[0] == 200


def test_clients_do_not_show_their_secrets() -> None:
    assert repr(Clients({"app": b"s3cret"})) == "<Clients 1>"
