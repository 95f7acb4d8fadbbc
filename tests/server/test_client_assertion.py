"""private_key_jwt at the local issuer (RFC 7523 §3): who is believed, and why others are not."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.bad import forge
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import public_half, to_der, to_pem
from jwtool.jose.keyset import KeySet
from jwtool.jose.sign import build_header, compact, encode_claims
from jwtool.server.oauth import ASSERTION_TYPE, Clients

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.conftest import Issuer

NOW = 1_795_556_400
KEY = generate("ES256", kid="c1")
OTHER = generate("ES256", kid="c1")
CLIENTS: dict[str, bytes | KeySet] = {"app": KeySet((public_half(KEY),)), "secret": b"s3cret"}


def assertion(issuer: Issuer, *, key: Any = KEY, **claims: Any) -> str:
    given = {"iss": "app", "sub": "app", "aud": issuer.server.token_endpoint, "exp": NOW + 60, "jti": "1"} | claims
    said = {name: value for name, value in given.items() if value is not None}
    return compact(encode_claims(said), build_header(key, "ES256"), key, "ES256")


def ask(issuer: Issuer, text: str, **form: str) -> tuple[int, Any]:
    given = {"client_assertion": text, "client_assertion_type": ASSERTION_TYPE} | form
    status, fields, answer = issuer.post("/token", {"grant_type": "client_credentials", **given})
    assert ("www-authenticate" in fields) is (status == 401)
    return status, answer.get("error_description")


@pytest.mark.parametrize("aud", ["", "/token", "/introspect"])
def test_a_client_is_known_by_its_key(serve: Callable[..., Issuer], aud: str) -> None:
    issuer = serve(clients=Clients(CLIENTS))
    assert ask(issuer, assertion(issuer, aud=[issuer.url + aud])) == (200, None)
    assert ask(issuer, assertion(issuer), client_id="app") == (200, None)


@pytest.mark.parametrize(
    ("claims", "description"),
    [
        ({"exp": NOW}, "the client assertion is not valid: token_expired"),
        ({"exp": None}, "the client assertion is not valid: claim_missing"),
        ({"nbf": NOW + 60}, "the client assertion is not valid: token_not_yet_valid"),
        ({"aud": "https://other.example"}, "the client assertion is not valid: aud_mismatch"),
        ({"aud": None}, "the client assertion is not valid: claim_missing"),
        ({"iss": "other"}, "the client assertion is not valid: iss_mismatch"),
        ({"sub": "secret", "iss": "secret"}, "no such client, or another secret"),
        ({"sub": "nobody", "iss": "nobody"}, "no such client, or another secret"),
        ({"sub": None}, "the sub of the client assertion is not the client"),
        ({"sub": ""}, "the sub of the client assertion is not the client"),
        ({"key": OTHER}, "the client assertion is not valid: signature_invalid"),
    ],
    ids=str,
)
def test_an_assertion_that_is_not_believed(serve: Callable[..., Issuer], claims: Any, description: str) -> None:
    issuer = serve(clients=Clients(CLIENTS))
    assert ask(issuer, assertion(issuer, **claims)) == (401, description)


def test_a_forged_one_and_one_of_another_client(serve: Callable[..., Issuer]) -> None:
    issuer = serve(clients=Clients(CLIENTS))
    good = assertion(issuer)
    assert ask(issuer, forge(good, ["ES256"]))[0] == 401
    assert ask(issuer, good, client_id="other")[0] == 401
    assert ask(issuer, good, client_secret="s3cret")[0] == 400
    assert ask(issuer, good, client_assertion_type="x")[0] == 400
    assert ask(issuer, "x.y.z")[0] == 401
    key_is_no_secret = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "x"}
    assert issuer.post("/token", key_is_no_secret)[0] == 401


def test_a_public_key_is_no_secret_of_an_hmac(serve: Callable[..., Issuer]) -> None:
    """Algorithm confusion: HS256 with what everybody knows as the secret."""
    issuer = serve(clients=Clients(CLIENTS))
    header = base64url.encode(b'{"alg":"HS256","kid":"c1"}')
    said = encode_claims({"iss": "app", "sub": "app", "aud": issuer.url, "exp": NOW + 60})
    signed = f"{header}.{base64url.encode(said)}"
    for secret in (to_pem(KEY, private=False), to_der(KEY, private=False), json.dumps(KEY.members).encode()):
        tag = base64url.encode(hmac.digest(secret, signed.encode(), "sha256"))
        assert ask(issuer, f"{signed}.{tag}") == (401, "the client assertion is not valid: alg_key_mismatch")


def test_where_every_secret_will_do_so_will_every_key(issuer: Issuer) -> None:
    assert ask(issuer, assertion(issuer, key=OTHER)) == (200, None)
    assert ask(issuer, assertion(issuer, exp=NOW))[0] == 401
    assert ask(issuer, assertion(issuer, aud="https://other.example"))[0] == 401
