from __future__ import annotations

import json
from typing import Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.errors import (
    BadBase64url,
    BadJson,
    DuplicateMember,
    HeaderNotObject,
    HeaderTooLarge,
    InputError,
    InputTooLarge,
    TokenIsSdJwt,
    TokenMalformed,
)
from jwtool.jose.token import MAX_HEADER, Signature, UnverifiedToken, parse

ES256 = "eyJhbGciOiJFUzI1NiJ9"
RS256 = "eyJhbGciOiJSUzI1NiJ9"
NO_TOKEN = "the JSON is no token: it has neither 'payload' and 'signature' (JWS) nor 'ciphertext' (JWE)"
FLATTENED = {"payload": "e30", "protected": ES256, "header": {"kid": "a"}, "signature": "AQ"}
GENERAL = {
    "payload": "e30",
    "signatures": [
        {"protected": RS256, "header": {"kid": "a"}, "signature": "AQ"},
        {"protected": ES256, "signature": "Ag"},
        {"header": {"alg": "HS256"}, "signature": "Aw"},
    ],
}


def refusal(value: object) -> tuple[type[InputError], str]:
    text = value if isinstance(value, str) else json.dumps(value)
    with pytest.raises(InputError) as caught:
        parse(text)
    return type(caught.value), caught.value.message


def without(value: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: member for key, member in value.items() if key != name}


def test_a_flattened_jws() -> None:
    token = parse(f"\r\n {json.dumps(FLATTENED, indent=2)}\n")
    header = {"alg": "ES256", "kid": "a"}
    assert token == UnverifiedToken(
        kind="JWS",
        serialization="flattened",
        header=header,
        signatures=(Signature({"alg": "ES256"}, {"kid": "a"}, header, ES256, b"\x01"),),
        payload=b"{}",
        payload_b64="e30",
    )
    assert token.signing_input(token.signatures[0]) == f"{ES256}.e30".encode()


def test_a_general_jws() -> None:
    token = parse(json.dumps(GENERAL))
    assert (token.kind, token.serialization, token.payload) == ("JWS", "general", b"{}")
    assert token.header == {"alg": "RS256", "kid": "a"}
    assert token.signatures == (
        Signature({"alg": "RS256"}, {"kid": "a"}, {"alg": "RS256", "kid": "a"}, RS256, b"\x01"),
        Signature({"alg": "ES256"}, {}, {"alg": "ES256"}, ES256, b"\x02"),
        Signature({}, {"alg": "HS256"}, {"alg": "HS256"}, "", b"\x03"),
    )
    assert token.signing_input(token.signatures[2]) == b".e30"


def test_foreign_members_are_ignored() -> None:
    assert parse(json.dumps({**FLATTENED, "note": [1]})) == parse(json.dumps(FLATTENED))


def test_an_unencoded_payload_is_the_text_itself() -> None:
    protected = base64url.encode(b'{"alg":"HS256","b64":false,"crit":["b64"]}')
    token = parse(json.dumps({"payload": "$.02 é", "protected": protected, "signature": "AQ"}))
    assert (token.payload, token.payload_b64) == ("$.02 é".encode(), "$.02 é")
    assert token.signing_input(token.signatures[0]) == f"{protected}.$.02 é".encode()


def test_b64_counts_only_where_it_is_protected() -> None:
    assert parse(json.dumps({**FLATTENED, "header": {"b64": False}})).payload == b"{}"


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("{}", TokenMalformed, NO_TOKEN),
        ({"access_token": "x"}, TokenMalformed, NO_TOKEN),
        ('{"payload":', BadJson, "the token is not JSON: it ends too early at line 1, column 12"),
        ('{"payload":"","payload":""}', DuplicateMember, "the token has the member 'payload' twice"),
        (
            {**FLATTENED, "ciphertext": ""},
            TokenMalformed,
            "the token has both 'payload', as a JWS, and 'ciphertext', as a JWE",
        ),
        (without(FLATTENED, "signature"), TokenMalformed, "the token has no 'signature'"),
        ({**FLATTENED, "payload": {}}, TokenMalformed, "'payload' of the token is an object, wanted a string"),
        ({**FLATTENED, "signature": 1}, TokenMalformed, "'signature' of the token is a number, wanted a string"),
        ({**FLATTENED, "protected": {}}, TokenMalformed, "'protected' of the token is an object, wanted a string"),
        ({**FLATTENED, "header": "x"}, HeaderNotObject, "'header' of the token is a string, wanted a JSON object"),
        ({**FLATTENED, "header": None}, HeaderNotObject, "'header' of the token is null, wanted a JSON object"),
        (
            {**FLATTENED, "protected": ""},
            HeaderNotObject,
            "the protected header of the token is empty, wanted a JSON object",
        ),
        (
            {**FLATTENED, "protected": "W10"},
            HeaderNotObject,
            "the protected header of the token is a list, wanted a JSON object",
        ),
        ({"payload": "e30", "signature": "AQ"}, HeaderNotObject, "the token has no header"),
        ({"payload": "e30", "protected": "e30", "signature": "AQ"}, HeaderNotObject, "the token has no header"),
        (
            {**FLATTENED, "header": {"alg": "none"}},
            TokenMalformed,
            "'alg' stands in two headers of the token, wanted once",
        ),
        (
            {**GENERAL, "signature": "AQ"},
            TokenMalformed,
            "the token has both 'signatures' and 'signature', wanted one or the other",
        ),
        (
            {**GENERAL, "protected": ES256},
            TokenMalformed,
            "the token has both 'signatures' and 'protected', wanted one or the other",
        ),
        (
            {**GENERAL, "header": {}},
            TokenMalformed,
            "the token has both 'signatures' and 'header', wanted one or the other",
        ),
        (
            {**GENERAL, "signatures": []},
            TokenMalformed,
            "'signatures' of the token must be a list with at least one object",
        ),
        (
            {**GENERAL, "signatures": {}},
            TokenMalformed,
            "'signatures' of the token must be a list with at least one object",
        ),
        (
            {**GENERAL, "signatures": None},
            TokenMalformed,
            "'signatures' of the token must be a list with at least one object",
        ),
        ({**GENERAL, "signatures": ["x"]}, TokenMalformed, "'signatures' of the token holds a string, wanted objects"),
        ({**GENERAL, "signatures": [{"protected": ES256}]}, TokenMalformed, "entry 1 has no 'signature'"),
        (
            {**GENERAL, "signatures": [*GENERAL["signatures"], {"signature": "AQ"}]},
            HeaderNotObject,
            "entry 4 has no header",
        ),
        (
            {**GENERAL, "signatures": [{"protected": ES256, "signature": "AQ"}] * 17},
            InputTooLarge,
            "the token has 17 signatures, at most 16 are read",
        ),
        (
            {**FLATTENED, "payload": "e30="},
            BadBase64url,
            "the payload is not base64url: padding ('=') at offset 3",
        ),
        (
            {**FLATTENED, "signature": "AR"},
            BadBase64url,
            "the signature of the token is not base64url: stray bits in the last character, at offset 1",
        ),
        (
            {**FLATTENED, "protected": "A"},
            BadBase64url,
            "the protected header of the token is not base64url: no octets have a length of 1 characters",
        ),
        (
            {
                "payload": "e30",
                "signatures": [
                    {"protected": base64url.encode(b'{"alg":"HS256","b64":false}'), "signature": "AQ"},
                    {"protected": ES256, "signature": "AQ"},
                ],
            },
            TokenMalformed,
            "the signatures disagree about 'b64', and so about what the payload is",
        ),
    ],
)
def test_what_is_no_jws(value: object, error: type[InputError], message: str) -> None:
    assert refusal(value) == (error, message)


def test_sixteen_signatures_are_read() -> None:
    entry = {"protected": ES256, "signature": "AQ"}
    assert len(parse(json.dumps({"payload": "", "signatures": [entry] * 16})).signatures) == 16


def test_the_unprotected_header_has_a_cap_too() -> None:
    header = {"kid": ""}
    header["kid"] = "x" * (MAX_HEADER - len(json.dumps(header, separators=(",", ":"))))
    assert parse(json.dumps({**FLATTENED, "header": header})).signatures[0].unprotected == header
    header["kid"] += "x"
    assert refusal({**FLATTENED, "header": header}) == (
        HeaderTooLarge,
        "'header' of the token has 16385 bytes, at most 16384 are read",
    )


def test_an_sd_jwt_in_json() -> None:
    value = {**FLATTENED, "header": {"kid": "a", "disclosures": ["WyJhIl0", "WyJiIl0"]}}
    with pytest.raises(TokenIsSdJwt) as caught:
        parse(json.dumps(value))
    assert caught.value.message == "the token is an SD-JWT, which hides some of its claims; jwtool doesn't verify these"
    assert caught.value.hint == "jwtool decode shows what its issuer wrote"
    token = parse(json.dumps(value), allow_sd_jwt=True)
    assert (token.sd_jwt_parts, token.payload) == (2, b"{}")
    odd = json.dumps({**FLATTENED, "header": {"disclosures": 1}})
    assert parse(odd, allow_sd_jwt=True).sd_jwt_parts == 0
