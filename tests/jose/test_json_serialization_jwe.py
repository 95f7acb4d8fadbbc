from __future__ import annotations

import json
from typing import Any

import pytest

from jwtool.jose.errors import BadBase64url, HeaderNotObject, InputError, TokenMalformed
from jwtool.jose.token import Encrypted, Recipient, UnverifiedToken, parse

JWE_FLATTENED = {
    "protected": "eyJlbmMiOiJBMTI4R0NNIn0",
    "unprotected": {"jku": "https://server.example/keys.jwks"},
    "header": {"alg": "A128KW", "kid": "7"},
    "encrypted_key": "AAAA",
    "aad": "AA",
    "iv": "AAAA",
    "ciphertext": "AAAAAAAA",
    "tag": "AA",
}


SHARED = {"enc": "A128GCM", "jku": "https://server.example/keys.jwks"}
HEADER = SHARED | {"alg": "A128KW", "kid": "7"}


def without(value: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: member for key, member in value.items() if key != name}


def test_a_flattened_jwe() -> None:
    assert parse(json.dumps(JWE_FLATTENED)) == UnverifiedToken(
        kind="JWE",
        serialization="flattened",
        header=HEADER,
        encrypted=Encrypted(
            protected={"enc": "A128GCM"},
            authenticated="eyJlbmMiOiJBMTI4R0NNIn0.AA",
            recipients=(Recipient(HEADER, bytes(3)),),
            iv=bytes(3),
            ciphertext=bytes(6),
            tag=bytes(1),
        ),
    )


def test_a_general_jwe() -> None:
    value = without(without(JWE_FLATTENED, "header"), "encrypted_key")
    value["recipients"] = [{"header": {"alg": "RSA-OAEP"}, "encrypted_key": "AAA"}, {"header": {"alg": "A128KW"}}]
    assert parse(json.dumps(value)) == UnverifiedToken(
        kind="JWE",
        serialization="general",
        header=SHARED | {"alg": "RSA-OAEP"},
        encrypted=Encrypted(
            protected={"enc": "A128GCM"},
            authenticated="eyJlbmMiOiJBMTI4R0NNIn0.AA",
            recipients=(Recipient(SHARED | {"alg": "RSA-OAEP"}, bytes(2)), Recipient(SHARED | {"alg": "A128KW"}, b"")),
            iv=bytes(3),
            ciphertext=bytes(6),
            tag=bytes(1),
        ),
    )


def test_a_jwe_needs_little() -> None:
    token = parse('{"header":{"alg":"dir"},"ciphertext":""}')
    assert (token.header, token.jwe_parts) == ({"alg": "dir"}, (0, 0, 0, 0))


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ({"ciphertext": "AA"}, HeaderNotObject, "the token has no header"),
        ({**JWE_FLATTENED, "ciphertext": 1}, TokenMalformed, "'ciphertext' of the token is a number, wanted a string"),
        (
            {**JWE_FLATTENED, "unprotected": []},
            HeaderNotObject,
            "'unprotected' of the token is a list, wanted a JSON object",
        ),
        (
            {**JWE_FLATTENED, "aad": "A"},
            BadBase64url,
            "'aad' of the token is not base64url: no octets have a length of 1 characters",
        ),
        (
            {**JWE_FLATTENED, "tag": "AB"},
            BadBase64url,
            "'tag' of the token is not base64url: stray bits in the last character, at offset 1",
        ),
        (
            {**JWE_FLATTENED, "recipients": [{}]},
            TokenMalformed,
            "the token has both 'recipients' and 'header', wanted one or the other",
        ),
        (
            {**without(JWE_FLATTENED, "header"), "recipients": [{}]},
            TokenMalformed,
            "the token has both 'recipients' and 'encrypted_key', wanted one or the other",
        ),
        (
            {"ciphertext": "", "recipients": [{"header": {"alg": "dir"}}, {"header": []}]},
            HeaderNotObject,
            "'header' of entry 2 is a list, wanted a JSON object",
        ),
        (
            {"ciphertext": "", "recipients": [{"header": {"alg": "A128KW"}, "encrypted_key": 1}]},
            TokenMalformed,
            "'encrypted_key' of entry 1 is a number, wanted a string",
        ),
        (
            {**JWE_FLATTENED, "protected": ""},
            HeaderNotObject,
            "the protected header of the token is empty, wanted a JSON object",
        ),
        (
            {**JWE_FLATTENED, "unprotected": {"enc": "x"}},
            TokenMalformed,
            "'enc' stands in two headers of the token, wanted once",
        ),
        (
            {**JWE_FLATTENED, "header": {"jku": "x"}},
            TokenMalformed,
            "'jku' stands in two headers of the token, wanted once",
        ),
    ],
)
def test_what_is_no_jwe(value: object, error: type[InputError], message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(json.dumps(value))
    assert (type(caught.value), caught.value.message) == (error, message)
