"""Real clients against the local issuer: PyJWT, joserfc, Authlib, Node's jose and curl."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.request
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import authlib.deprecate  # noqa: F401  sets a filter of its own, which the next lines must come after
import jwt as pyjwt
import pytest

from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import public_half, to_pem
from jwtool.jose.keyset import KeySet
from jwtool.server.issuer import IssuerServer
from jwtool.server.issuer_keys import make_ring
from jwtool.server.issuer_token import Defaults
from jwtool.server.oauth import Clients

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Authlib speaks of the parts of it that are to go
    from authlib.integrations.httpx_client import OAuth2Client
    from authlib.oauth2.rfc7523 import PrivateKeyJWT
    from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
    from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwk, jws, jwt
from joserfc.errors import BadSignatureError, JoseError

if TYPE_CHECKING:
    from collections.abc import Iterator

NODE_MODULES = "JWTOOL_NODE_MODULES"
ALGS = ["RS256", "ES256", "EdDSA"]
SIGNER = generate("RS256")


@pytest.fixture(scope="module", params=ALGS)
def issuer(request: pytest.FixtureRequest) -> Iterator[IssuerServer]:
    with IssuerServer(
        make_ring([generate(request.param)]),
        clients=Clients({"app": b"s3cret +/%", "signer": KeySet((public_half(SIGNER),))}),
        defaults=Defaults({}),
        now=lambda: int(time.time()),
        host="127.0.0.1",
        port=0,
        max_age=300,
    ) as server:
        yield server


@pytest.fixture
def oauth(issuer: IssuerServer) -> Iterator[Any]:
    with OAuth2Client("app", "s3cret +/%", token_endpoint=issuer.token_endpoint, trust_env=False) as client:
        yield client


def fetch(oauth: Any, **asked: str) -> str:
    token: str = oauth.fetch_token(grant_type="client_credentials", audience="api", **asked)["access_token"]
    return token


def get(url: str) -> Any:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=20) as answer:
        return json.loads(answer.read())


def post(url: str, **form: str) -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, urlencode(form).encode(), timeout=20) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_gets_a_token_and_asks_about_it(issuer: IssuerServer, method: str) -> None:
    options = {"token_endpoint": issuer.token_endpoint, "token_endpoint_auth_method": method, "scope": "read write"}
    with OAuth2Client("app", "s3cret +/%", trust_env=False, **options) as client:
        token = client.fetch_token(grant_type="client_credentials", resource="https://api.example")
        assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 900, "read write")
        told = client.introspect_token(issuer.introspection_endpoint, token=token["access_token"]).json()
    assert (told["active"], told["aud"], told["client_id"]) == (True, "https://api.example", "app")


def test_authlib_signs_for_a_client(issuer: IssuerServer) -> None:
    key = to_pem(SIGNER, private=True).decode()
    options = {"token_endpoint": issuer.token_endpoint, "token_endpoint_auth_method": "private_key_jwt"}
    with OAuth2Client("signer", key, trust_env=False, **options) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client.register_client_auth_method(PrivateKeyJWT(issuer.token_endpoint))
        token = client.fetch_token(grant_type="client_credentials")["access_token"]
    assert pyjwt.decode(token, options={"verify_signature": False})["client_id"] == "signer"


def test_authlib_understands_why_it_is_refused(issuer: IssuerServer) -> None:
    with (
        OAuth2Client("app", "other", token_endpoint=issuer.token_endpoint, trust_env=False) as client,
        pytest.raises(Exception, match="invalid_client"),
    ):
        client.fetch_token(grant_type="client_credentials")


@pytest.mark.parametrize(
    ("name", "metadata"),
    [("openid-configuration", OpenIDProviderMetadata), ("oauth-authorization-server", AuthorizationServerMetadata)],
)
def test_authlib_finds_no_fault_with_the_discovery_document(
    issuer: IssuerServer, monkeypatch: pytest.MonkeyPatch, name: str, metadata: Any
) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    document = get(f"{issuer.issuer}/.well-known/{name}")
    metadata(document).validate()
    assert document["issuer"] == issuer.issuer


def believed_by_pyjwt(client: pyjwt.PyJWKClient, token: str, issuer: IssuerServer) -> dict[str, Any]:
    key = client.get_signing_key_from_jwt(token)
    claims: dict[str, Any] = pyjwt.decode(token, key, algorithms=ALGS, audience="api", issuer=issuer.issuer)
    return claims


def test_pyjwt_finds_the_key_also_after_a_rotation(issuer: IssuerServer, oauth: Any) -> None:
    client = pyjwt.PyJWKClient(issuer.jwks_uri)
    client.cooldown_duration = 0  # it fetches a set again only after a while
    old = fetch(oauth)
    assert believed_by_pyjwt(client, old, issuer)["client_id"] == "app"
    kid = post(f"{issuer.issuer}/admin/rotate")["kid"]
    new = fetch(oauth)
    assert pyjwt.get_unverified_header(new)["kid"] == kid
    assert believed_by_pyjwt(client, new, issuer)["sub"] == "app"
    assert believed_by_pyjwt(client, old, issuer)["sub"] == "app"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("expired", pyjwt.ExpiredSignatureError),
        ("nbf", pyjwt.ImmatureSignatureError),
        ("kid", pyjwt.PyJWKClientError),
        ("sig", pyjwt.InvalidSignatureError),
        ("aud", pyjwt.InvalidAudienceError),
    ],
)
def test_pyjwt_refuses_each_bad_token_for_its_own_reason(
    issuer: IssuerServer, oauth: Any, kind: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        believed_by_pyjwt(pyjwt.PyJWKClient(issuer.jwks_uri), fetch(oauth, bad=kind), issuer)


def test_pyjwt_lives_through_an_outage_of_one_request(issuer: IssuerServer, oauth: Any) -> None:
    token = fetch(oauth)
    post(f"{issuer.issuer}/admin/fail", status="503", where="jwks", requests="1")
    client = pyjwt.PyJWKClient(issuer.jwks_uri)
    with pytest.raises(pyjwt.PyJWKClientConnectionError) as found:
        client.get_signing_key_from_jwt(token)
    if isinstance(found.value.__context__, urllib.request.HTTPError):
        found.value.__context__.close()
    assert believed_by_pyjwt(client, token, issuer)["aud"] == "api"


def decoded_by_joserfc(issuer: IssuerServer, token: str, *, strict: bool) -> dict[str, Any]:
    keys = jwk.KeySet.import_key_set(get(issuer.jwks_uri))
    registry = jws.JWSRegistry(algorithms=ALGS, strict_check_header=strict)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls EdDSA deprecated
        claims = jwt.decode(token, keys, algorithms=ALGS, registry=registry).claims
    jwt.JWTClaimsRegistry(iss={"value": issuer.issuer}, aud={"value": "api"}).validate(claims)
    return claims


def test_joserfc_believes_a_good_token(issuer: IssuerServer, oauth: Any) -> None:
    assert decoded_by_joserfc(issuer, fetch(oauth), strict=True)["sub"] == "app"


@pytest.mark.parametrize("kind", ["expired", "nbf", "sig", "aud"])
def test_joserfc_refuses_bad_tokens(issuer: IssuerServer, oauth: Any, kind: str) -> None:
    token = fetch(oauth, bad=kind)
    with pytest.raises(JoseError) as strict:
        decoded_by_joserfc(issuer, token, strict=True)
    with pytest.raises(JoseError) as found:
        decoded_by_joserfc(issuer, token, strict=False)
    assert "jwtool-bad" in str(strict.value)
    assert "jwtool-bad" not in str(found.value)
    assert isinstance(found.value, BadSignatureError) is (kind == "sig")


NODE = """
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
const [folder, uri, issuer, ...tokens] = process.argv.slice(2);
const path = createRequire(folder + "/here.js").resolve("jose");
const { createRemoteJWKSet, jwtVerify } = await import(pathToFileURL(path));
const keys = createRemoteJWKSet(new URL(uri), { cooldownDuration: 0 });
for (const token of tokens) {
  try {
    const { payload } = await jwtVerify(token, keys, { issuer, audience: "api", typ: "at+jwt" });
    console.log("ok", payload.sub);
  } catch (error) {
    console.log(error.code, error.claim ?? "");
  }
}
"""


@pytest.fixture(scope="module")
def node_modules() -> str:
    folder = os.environ.get(NODE_MODULES, "")
    if shutil.which("node") is None:
        pytest.skip("there is no node here")
    if not (Path(folder) / "node_modules" / "jose").is_dir():
        pytest.skip(f"{NODE_MODULES} names no folder where `npm install jose` was run")
    return folder


def test_the_jose_of_node_finds_keys_and_names_each_reason(
    issuer: IssuerServer, oauth: Any, node_modules: str, tmp_path: Path
) -> None:
    old = fetch(oauth)
    post(f"{issuer.issuer}/admin/rotate")
    tokens = [old, fetch(oauth), *(fetch(oauth, bad=kind) for kind in ("expired", "nbf", "kid", "sig", "aud", "typ"))]
    (tmp_path / "verify.mjs").write_text(NODE)
    argv = ["node", str(tmp_path / "verify.mjs"), node_modules, issuer.jwks_uri, issuer.issuer, *tokens]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True)
    assert [line.strip() for line in done.stdout.splitlines()] == [
        "ok app",
        "ok app",
        "ERR_JWT_EXPIRED exp",
        "ERR_JWT_CLAIM_VALIDATION_FAILED nbf",
        "ERR_JWKS_NO_MATCHING_KEY",
        "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
        "ERR_JWT_CLAIM_VALIDATION_FAILED aud",
        "ERR_JWT_CLAIM_VALIDATION_FAILED typ",
    ]


def curl(*argv: str) -> tuple[list[str], str]:
    """The statuses of what curl asked for, one a line, and what it says of its connections."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    command = ["curl", "-sv", "--noproxy", "*", "-o", os.devnull, "-w", "%{http_code} %{num_connects}\n", *argv]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.splitlines(), done.stderr


def test_curl_keeps_its_connection_over_every_answer(issuer: IssuerServer) -> None:
    def then(*argv: str) -> tuple[str, ...]:
        return ("--next", "-s", "--noproxy", "*", "-o", os.devnull, "-w", "%{http_code} %{num_connects}\n", *argv)

    etag = f'"{"0" * 64}"'
    said, _ = curl(
        issuer.jwks_uri,
        *then("-I", issuer.jwks_uri),
        *then("-H", f"If-None-Match: {etag}, *", issuer.jwks_uri),
        *then("-H", "If-None-Match: *", issuer.jwks_uri),
        *then("-d", "x=1", issuer.jwks_uri),
        *then(issuer.issuer),
        *then(issuer.token_endpoint),
        *then("-d", "grant_type=client_credentials", issuer.token_endpoint),
        *then("-u", "app:s3cret +/%", "-d", "grant_type=password", issuer.token_endpoint),
        *then("-u", "app:s3cret +/%", "-d", "grant_type=client_credentials", issuer.token_endpoint),
    )
    codes = [line.split()[0] for line in said]
    assert codes == ["200", "200", "200", "304", "405", "404", "405", "401", "400", "200"]
    assert [line.split()[1] for line in said] == ["1", *["0"] * 9]


def test_curl_is_told_that_a_body_is_too_large(issuer: IssuerServer, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"a=" + b"x" * 70_000)
    said, conversation = curl("--data-binary", f"@{tmp_path}/large", issuer.token_endpoint)
    assert said == ["413 1"]
    assert "Connection: close" in conversation
    said, _ = curl("-H", "Transfer-Encoding: chunked", "-d", "a=b", issuer.token_endpoint)
    assert said == ["411 1"]
    said, _ = curl("-H", "Host:", issuer.jwks_uri)
    assert said == ["400 1"]
