from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from jwtool.jose.errors import JwtoolError
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_jwk, to_pem
from jwtool.jose.network_errors import HttpStatus, ResponseMalformed
from jwtool.sources.jwks_uri import Fetched, fetch_keyset
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
Serve = Callable[..., Any]

EC = to_jwk(generate("ES256", kid="ec"), private=True)
EC_PUBLIC = {name: value for name, value in EC.items() if name != "d"}
OKP = to_jwk(generate("EdDSA"), private=True) | {"kid": None}
OKP.pop("kid")
SECRET = to_jwk(generate("HS256", kid="hs"), private=True)
RSA_SHORT = {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "short"}
LEAK = "whoever reads it can forge tokens"


def respond(body: bytes, head: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)


OTHER_URL = "is it the URL of a key set? an issuer's discovery document names it as jwks_uri"


def get(url: str, said: list[str] | None = None) -> Fetched:
    runtime = Runtime.of_this_process()
    runtime.environ = {}
    runtime.trace = (said if said is not None else list[str]()).append
    return fetch_keyset(url, network=Network(5), runtime=runtime)


def test_a_set(serve: Serve) -> None:
    body = json.dumps({"keys": [EC_PUBLIC, {"kty": "AKP"}, None]}, indent=3).encode()
    server = serve(respond(body, b'Content-Type: text/plain\r\nETag: "1"\r\n'))
    said: list[str] = []
    fetched = get(f"{server.url}?tenant=7", said)
    assert [key.members for key in fetched.keyset.keys] == [EC_PUBLIC]
    assert [skipped.index for skipped in fetched.keyset.skipped] == [1, 2]
    assert (fetched.keyset.is_set, fetched.answered.body, fetched.notes) == (True, body, ())
    assert (fetched.answered.asked, fetched.answered.headers["etag"]) == (True, '"1"')
    assert said[-1] == f"jwks: 1 key, 2 skipped, from {server.url}"
    accept = b"Accept: application/jwk-set+json, application/json"
    assert [line for line in server.requests[0].splitlines() if line.startswith(b"Accept:")] == [accept]


def test_secrets_and_private_keys_of_a_set(serve: Serve) -> None:
    server = serve(respond(json.dumps({"keys": [{"kty": "?"}, SECRET, EC, OKP, RSA_SHORT]}).encode()))
    fetched = get(server.url)
    assert [(key.private, "d" in key.members) for key in fetched.keyset.keys] == [(False, False)] * len(
        fetched.keyset.keys
    )
    assert fetched.keyset.keys[0].members == EC_PUBLIC
    secret = fetched.keyset.skipped[1]
    assert (secret.index, secret.kid, secret.code, secret.facts) == (
        1,
        "hs",
        "key_symmetric_in_public",
        {"kty": "oct", "alg": "HS256", "bits": 256},
    )
    assert secret.reason == "a secret that a server publishes is none: whoever reads the set can forge tokens"
    assert fetched.notes == (
        f"{server.url} publishes an HMAC secret, the key 'hs': {LEAK}; it is ignored",
        f"{server.url} publishes a private key, the key 'ec': {LEAK}; only its public half is used",
        f"{server.url} publishes a private key, key number 4: {LEAK}; only its public half is used",
    )


WEB_PAGE = (
    "{} answered with a web page, wanted a JWK set",
    "is the URL right? a login page or a proxy may stand before it",
)


@pytest.mark.parametrize(
    ("body", "message", "hint"),
    [
        (b"", "the answer of {} is empty, wanted JSON", OTHER_URL),
        (b"<!DOCTYPE html><title>login</title>", *WEB_PAGE),
        (b" \r\n<html>", *WEB_PAGE),
        (b"[]", "the answer of {} is a list, wanted a JSON object", OTHER_URL),
        (b'{"keys":[],}', "the answer of {} is not JSON: trailing comma at line 1, column 11", OTHER_URL),
        (b'{"keys":[],"keys":[]}', "the answer of {} has the member 'keys' twice", OTHER_URL),
        (b'{"keys":' + b"[" * 100, "the answer of {} is nested deeper than 64 levels", OTHER_URL),
        (b"\xff\xfe{\0}\0", "the answer of {} is not UTF-8: it is UTF-16 or UTF-32", OTHER_URL),
        (b"{}", "the answer of {} is no JWK set: the key set has no 'keys'", OTHER_URL),
        (
            b'{"keys":null}',
            "the answer of {} is no JWK set: 'keys' of the key set must be an array, found null",
            OTHER_URL,
        ),
        (
            b'{"keys":[' + b",".join([b"0"] * 1001) + b"]}",
            "the answer of {} is no JWK set: the key set has 1001 keys, wanted at most 1000",
            OTHER_URL,
        ),
        (
            b'{"issuer":"x","jwks_uri":"https://evil.example/"}',
            "the answer of {} is a discovery document, wanted a JWK set",
            "give the URL that it names as jwks_uri",
        ),
        (b'{"kty":"EC"}', "the answer of {} is a single JWK, wanted a JWK set", "its operator must serve a set"),
    ],
)
def test_answers_that_are_no_set(body: bytes, message: str, hint: str | None, serve: Serve, refusal: Refusal) -> None:
    server = serve(respond(body))
    assert refusal(get, server.url) == (ResponseMalformed, message.format(f"127.0.0.1:{server.port}"), hint)


PEM = to_pem(generate("ES256"), private=False)
PRIVATE_PEM = to_pem(generate("ES256"), private=True)
LOCKED_PEM = to_pem(generate("ES256"), private=True, passphrase=b"x")


def test_a_map_of_pem(serve: Serve) -> None:
    document = {"a": PEM.decode(), "b": {"kty": "oct", "k": "AAAA"}, "c": PRIVATE_PEM.decode()}
    server = serve(respond(json.dumps(document).encode()))
    fetched = get(server.url)
    assert [(key.kid, key.private) for key in fetched.keyset.keys] == [("a", False), ("c", False)]
    assert [(one.kid, one.code) for one in fetched.keyset.skipped] == [("b", "key_malformed")]
    assert fetched.notes == (
        f"{server.url} publishes a private key, the key 'c': {LEAK}; only its public half is used",
    )


def test_a_service_account_is_said_loudly(serve: Serve) -> None:
    account = {"type": "service_account", "private_key_id": "k1", "private_key": PRIVATE_PEM.decode()}
    server = serve(respond(json.dumps(account).encode()))
    fetched = get(server.url)
    assert [(key.kid, key.private, "d" in key.members) for key in fetched.keyset.keys] == [("k1", False, False)]
    assert fetched.notes == (
        f"{server.url} publishes a private key, the key 'k1': {LEAK}; only its public half is used",
    )


@pytest.mark.parametrize("around", [b"%s", b"our key:\r\n\r\n%s\r\n", b"%s%s"])
def test_bare_pem(around: bytes, serve: Serve) -> None:
    fetched = get(serve(respond(around.replace(b"%s", PEM))).url)
    assert [(key.kid, key.describe()) for key in fetched.keyset.keys] == [(None, "EC P-256")]
    assert (fetched.keyset.is_set, fetched.notes) == (False, ())


def test_a_private_key_in_bare_pem(serve: Serve) -> None:
    server = serve(respond(PRIVATE_PEM))
    fetched = get(server.url)
    assert [(key.private, "d" in key.members) for key in fetched.keyset.keys] == [(False, False)]
    assert fetched.notes == (
        f"{server.url} publishes a private key, key number 1: {LEAK}; only its public half is used",
    )


def test_pem_that_is_not_read(serve: Serve, refusal: Refusal) -> None:
    locked = get(serve(respond(LOCKED_PEM)).url).keyset
    assert (locked.keys, [one.code for one in locked.skipped]) == ((), ["passphrase_missing"])
    other = get(serve(respond(b"-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n")).url).keyset
    assert (other.keys, [one.code for one in other.skipped]) == ((), ["key_unsupported"])
    server = serve(respond(PEM[:-20]))
    message = "the PEM block 'PUBLIC KEY' has no END line: the file is cut short"
    error = (ResponseMalformed, f"the answer of 127.0.0.1:{server.port} is no JWK set: {message}", OTHER_URL)
    assert refusal(get, server.url) == error


def test_an_empty_set_is_a_set(serve: Serve) -> None:
    assert get(serve(respond(b'{"keys":[]}')).url).keyset.keys == ()


def test_a_status_is_judged_before_the_body(serve: Serve, refusal: Refusal) -> None:
    server = serve(b"HTTP/1.1 404 Not Found\r\n\r\n" + json.dumps({"keys": [EC_PUBLIC]}).encode())
    assert refusal(get, server.url)[0] is HttpStatus
