"""An issuer that clients reach by another name than the server's own: its endpoints, its tokens, and who may ask."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.conftest import Issuer

OPENID = "/.well-known/openid-configuration"
RFC_8414 = "/.well-known/oauth-authorization-server"
BASIC = "Basic YXBwOmFueQ=="


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("http://issuer.test:8080", ""),
        ("https://issuer.test/", ""),  # and its last slash stays
        ("https://issuer.test/realms/a%20b", "/realms/a%20b"),
        ("https://issuer.test/tenant/", "/tenant"),
    ],
)
def test_endpoints_and_tokens_bear_the_name(serve: Callable[..., Issuer], name: str, prefix: str) -> None:
    issuer = serve(issuer=name)
    document = issuer.ask("GET", f"{prefix}{OPENID}")[2]
    assert issuer.ask("GET", f"{RFC_8414}{prefix}")[2] == document
    stem = name.rstrip("/")
    assert (document["issuer"], document["token_endpoint"]) == (name, f"{stem}/token")
    assert document["jwks_uri"] == f"{stem}/.well-known/jwks.json"
    assert issuer.ask("GET", f"{prefix}/.well-known/jwks.json")[2]["keys"][0]["kid"] == "k1"
    status, _, answer = issuer.post(
        f"{prefix}/token", {"grant_type": "client_credentials"}, Authorization=BASIC, Host="Issuer.test:8080"
    )
    assert status == 200
    token = answer["access_token"]
    claims: dict[str, Any] = json.loads(base64url.decode(token.split(".")[1]))
    assert claims["iss"] == name
    assert issuer.post(f"{prefix}/introspect", {"token": token}, Authorization=BASIC)[2]["active"]
    assert issuer.post(f"{prefix}/admin/rotate", {})[0] == 200


def test_outside_of_its_path_is_nothing(serve: Callable[..., Issuer]) -> None:
    issuer = serve(issuer="https://issuer.test/tenant")
    assert [issuer.ask("GET", path)[0] for path in (OPENID, "/.well-known/jwks.json", RFC_8414)] == [404] * 3
    assert issuer.ask("GET", "/x")[2] == b"not found; what is here stands in /tenant/.well-known/openid-configuration\n"


@pytest.mark.parametrize("host", ["evil.test", "issuer.test.evil.test", "xissuer.test"])
def test_a_rebound_name_that_is_not_the_issuers_gets_no_token(serve: Callable[..., Issuer], host: str) -> None:
    issuer = serve(issuer="http://issuer.test")
    assert issuer.token(Host=host)[0] == 403


def test_the_name_of_the_issuer_opens_no_admin(serve: Callable[..., Issuer]) -> None:
    """A proxy before it may hand on what others ask for."""
    issuer = serve(issuer="http://issuer.test")
    assert issuer.post("/admin/rotate", {}, Host="issuer.test")[0] == 403
