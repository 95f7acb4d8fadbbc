from __future__ import annotations

import json
from typing import Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.errors import (
    BadBase64url,
    BadJson,
    BadUtf8,
    DuplicateMember,
    HeaderBadType,
    HeaderNotObject,
    HeaderTooLarge,
    InputError,
    InputTooLarge,
    JsonBadNumber,
    JsonTooDeep,
    TokenIsSdJwt,
    TokenMalformed,
)
from jwtool.jose.token import (
    MAX_HEADER,
    MAX_TOKEN,
    Signature,
    UnverifiedToken,
    check_header_types,
    decode_header,
    parse,
)

# RFC 7515 A.1.1: its header and payload have line breaks in them.
RFC7515_A1_HEADER = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
RFC7515_A1_PAYLOAD = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
RFC7515_A1_SIGNATURE = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
RFC7515_A1 = f"{RFC7515_A1_HEADER}.{RFC7515_A1_PAYLOAD}.{RFC7515_A1_SIGNATURE}"


def b64(value: str | bytes) -> str:
    return base64url.encode(value.encode() if isinstance(value, str) else value)


def compact(header: str | bytes, payload: str = "", signature: str = "") -> str:
    """A token with that header; payload and signature are taken as they stand."""
    return f"{b64(header)}.{payload}.{signature}"


def refusal(text: str | bytes) -> tuple[type[InputError], str]:
    with pytest.raises(InputError) as caught:
        parse(text)
    return type(caught.value), caught.value.message


@pytest.mark.parametrize("text", [RFC7515_A1, RFC7515_A1.encode()])
def test_a_compact_jws_in_its_parts(text: str | bytes) -> None:
    header = {"typ": "JWT", "alg": "HS256"}
    token = parse(text)
    signature = Signature(
        protected=header,
        unprotected={},
        header=header,
        protected_b64=RFC7515_A1_HEADER,
        value=bytes.fromhex("7418dfb49799e0254ffa607dd8adbbba16d4254d69d6bff05b58055853848d79"),
    )
    assert token == UnverifiedToken(
        kind="JWS",
        serialization="compact",
        header=header,
        signatures=(signature,),
        payload=b'{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}',
        payload_b64=RFC7515_A1_PAYLOAD,
        sd_jwt_parts=0,
    )
    assert token.signing_input(token.signatures[0]) == f"{RFC7515_A1_HEADER}.{RFC7515_A1_PAYLOAD}".encode()


def test_an_unsigned_token_can_be_taken_apart() -> None:
    token = parse(compact('{"alg":"none"}', b64("{}")))
    assert (token.header, token.payload, token.signatures[0].value) == ({"alg": "none"}, b"{}", b"")


def test_an_empty_payload_can_be_taken_apart() -> None:
    token = parse(compact('{"alg":"none"}'))
    assert (token.payload, token.payload_b64) == (b"", "")


def test_no_algorithm_needs_to_be_known() -> None:
    assert parse(compact("{}", "AA")).header == {}


def test_a_compact_jwe_in_its_parts() -> None:
    header = {"alg": "dir", "enc": "A256GCM"}
    text = f"{b64(json.dumps(header))}..{b64(bytes(12))}.{b64(bytes(100))}.{b64(bytes(16))}"
    token = parse(text)
    assert (token.kind, token.serialization, token.header) == ("JWE", "compact", header)
    assert token.jwe_parts == (0, 12, 100, 16)
    assert (token.signatures, token.payload, token.payload_b64) == ((), b"", "")


@pytest.mark.parametrize(
    ("position", "what"),
    [(1, "the encrypted key"), (2, "the initialization vector"), (3, "the ciphertext"), (4, "the authentication tag")],
)
def test_every_part_of_a_jwe_is_strict(position: int, what: str) -> None:
    segments = [b64('{"alg":"dir"}'), "AA", "AA", "AA", "AA"]
    segments[position] = "AB"
    assert refusal(".".join(segments)) == (
        BadBase64url,
        f"{what} is not base64url: stray bits in the last character, at offset 1",
    )


def test_a_token_can_not_be_changed() -> None:
    token = parse(RFC7515_A1)
    for part, name in ((token, "payload"), (token, "verified"), (token.signatures[0], "value")):
        with pytest.raises(AttributeError):
            setattr(part, name, b"")


def test_nothing_of_a_token_is_in_its_repr() -> None:
    token = parse(RFC7515_A1)
    assert (repr(token), str(token)) == ("<UnverifiedToken, compact JWS>", "<UnverifiedToken, compact JWS>")
    assert (repr(token.signatures), f"{token.signatures[0]}") == ("(<Signature>,)", "<Signature>")
    header = b64('{"alg":"dir","enc":"A128GCM"}')
    encrypted = parse(f"{header}..AAAA.AAAA.AAAA").encrypted
    assert encrypted is not None
    assert (repr(encrypted), repr(encrypted.recipients)) == ("<Encrypted>", "(<Recipient>,)")


HEADER = b64('{"alg":"ES256"}')


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (".e30.AA", HeaderNotObject, "the header is empty, wanted a JSON object"),
        ("..", HeaderNotObject, "the header is empty, wanted a JSON object"),
        (compact("[]"), HeaderNotObject, "the header is a list, wanted a JSON object"),
        (compact('"alg"'), HeaderNotObject, "the header is a string, wanted a JSON object"),
        (compact('""'), HeaderNotObject, "the header is a string, wanted a JSON object"),
        (compact("1"), HeaderNotObject, "the header is a number, wanted a JSON object"),
        (compact("true"), HeaderNotObject, "the header is a boolean, wanted a JSON object"),
        (compact("null"), HeaderNotObject, "the header is null, wanted a JSON object"),
        (compact("x"), BadJson, "the header is not JSON: no JSON value at line 1, column 1"),
        (compact(" "), BadJson, "the header is empty, wanted JSON"),
        (compact('{"alg":"a",}'), BadJson, "the header is not JSON: trailing comma at line 1, column 11"),
        (compact('{"alg":"none","alg":"ES256"}'), DuplicateMember, "the header has the member 'alg' twice"),
        (compact('{"alg":"none","\\u0061lg":"ES256"}'), DuplicateMember, "the header has the member 'alg' twice"),
        (compact('{"a":' + "[" * 64 + "]" * 64 + "}"), JsonTooDeep, "the header is nested deeper than 64 levels"),
        (compact('{"a":1e999}'), JsonBadNumber, "the header has a number that is too large for a double"),
        (compact('{"a":NaN}'), JsonBadNumber, "the header has NaN, which is no JSON number"),
        (compact(b"\xef\xbb\xbf{}"), BadUtf8, "the header begins with a byte order mark"),
        (compact("{}".encode("utf-16")), BadUtf8, "the header is not UTF-8: it is UTF-16 or UTF-32"),
        (f"{HEADER}=..", BadBase64url, "the header is not base64url: padding ('=') at offset 20"),
        (f"{HEADER}.AA==.", BadBase64url, "the payload is not base64url: padding ('=') at offset 2"),
        (f"{HEADER}.AA.AA==", BadBase64url, "the signature is not base64url: padding ('=') at offset 2"),
        (
            f"{HEADER}.A+.",
            BadBase64url,
            "the payload is not base64url: '+' of the standard base64 alphabet at offset 1",
        ),
        (f"{HEADER}.AB.", BadBase64url, "the payload is not base64url: stray bits in the last character, at offset 1"),
        (f"{HEADER}..A", BadBase64url, "the signature is not base64url: no octets have a length of 1 characters"),
        (f"{HEADER}..\x00", BadBase64url, "the signature is not base64url: character U+0000 at offset 0"),
    ],
)
def test_refusals(text: str, error: type[InputError], message: str) -> None:
    assert refusal(text) == (error, message)
    assert refusal(text.encode()) == (error, message)


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c.d", f"{HEADER}..\n", f"{HEADER}.\uff21.", f"{HEADER}%2E%2E"])
def test_what_is_no_token(text: str) -> None:
    assert refusal(text)[0] is TokenMalformed


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(TokenMalformed) as caught:
        parse(b"\xff.\xfe.\xfd")
    assert caught.value.message == "the token is not text: an invalid UTF-8 byte at offset 0"
    assert caught.value.hint == "a token is ASCII text, as in eyJ…"


def test_an_argument_that_was_no_text() -> None:
    assert refusal("a\udcff.b.c") == (
        TokenMalformed,
        "the token has something else than ASCII: character U+DCFF at offset 1",
    )


def test_the_cap_of_a_token_is_exact() -> None:
    payload = "A" * ((MAX_TOKEN - len(HEADER) - 2) // 4 * 4)
    token = f"{HEADER}.{payload}.".ljust(MAX_TOKEN, "A")
    assert len(token) == MAX_TOKEN
    assert len(parse(token).payload) == len(payload) // 4 * 3
    for longer in (token + "A", token.encode() + b"A"):
        assert refusal(longer) == (InputTooLarge, "the token has 262145 bytes, at most 262144 are read")


def test_the_cap_counts_bytes_not_characters() -> None:
    text = '{"payload":"' + "é" * (MAX_TOKEN // 2) + '"}'
    assert refusal(text) == (InputTooLarge, f"the token has {MAX_TOKEN + 14} bytes, at most 262144 are read")


def test_the_cap_of_a_header_is_exact() -> None:
    header = {"alg": "ES256", "x": ""}
    header["x"] = "y" * (MAX_HEADER - len(json.dumps(header)))
    assert parse(compact(json.dumps(header))).header == header
    header["x"] += "y"
    assert refusal(compact(json.dumps(header))) == (
        HeaderTooLarge,
        "the header has 16385 bytes, at most 16384 are read",
    )


def test_a_header_of_three_certificates_is_no_problem() -> None:
    header = {"alg": "RS256", "x5c": ["M" * 1600] * 3}
    assert parse(compact(json.dumps(header))).header == header


def test_many_dots_are_counted() -> None:
    assert refusal("." * 250_000) == (
        TokenMalformed,
        "the token has 250001 segments, wanted three (JWS) or five (JWE), with dots between them",
    )


def test_an_unencoded_payload_is_the_text_itself() -> None:
    protected = b64('{"alg":"HS256","b64":false,"crit":["b64"]}')
    token = parse(f"{protected}.AAAA.")
    assert (token.payload, token.payload_b64) == (b"AAAA", "AAAA")
    assert token.signing_input(token.signatures[0]) == f"{protected}.AAAA".encode()


@pytest.mark.parametrize("value", ["true", "null", "0", '"false"'])
def test_only_false_leaves_a_payload_unencoded(value: str) -> None:
    assert parse(compact(f'{{"b64":{value}}}', "AAAA")).payload == b"\x00\x00\x00"


@pytest.mark.parametrize(
    ("rest", "disclosures"),
    [("~", 0), ("~WyJhIl0~", 1), ("~WyJhIl0~WyJiIl0~", 2), ("~WyJhIl0~a.b.c", 1), ("~a.b.c", 0)],
)
def test_an_sd_jwt(rest: str, disclosures: int) -> None:
    with pytest.raises(TokenIsSdJwt) as caught:
        parse(RFC7515_A1 + rest)
    assert caught.value.message == "the token is an SD-JWT, which hides some of its claims; jwtool doesn't verify these"
    assert caught.value.hint == "jwtool decode shows what its issuer wrote"
    token = parse(RFC7515_A1 + rest, allow_sd_jwt=True)
    assert token.signatures == parse(RFC7515_A1).signatures
    assert token.payload == parse(RFC7515_A1).payload
    assert token.sd_jwt_parts == disclosures


@pytest.mark.parametrize("text", ["a~b", "~", "a.b~c", f"{HEADER}.A.A.A.A~"])
def test_a_tilde_alone_makes_no_sd_jwt(text: str) -> None:
    assert refusal(text)[0] is TokenMalformed


def test_a_header_segment_can_be_read_alone() -> None:
    assert decode_header(HEADER) == {"alg": "ES256"}
    with pytest.raises(HeaderNotObject) as caught:
        decode_header("", what="the protected header")
    assert caught.value.message == "the protected header is empty, wanted a JSON object"


def test_header_types_that_are_sound() -> None:
    strings = dict.fromkeys(("kid", "typ", "cty", "jku", "x5u", "x5t", "x5t#S256"), "")
    check_header_types({"alg": "unheard-of", **strings, "jwk": {}, "x5c": [], "crit": 1, "anything": None})


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({}, "the header has no 'alg'"),
        ({"alg": ""}, "'alg' of the header is empty"),
        ({"alg": None}, "'alg' of the header is null, wanted a string"),
        ({"alg": 1}, "'alg' of the header is a number, wanted a string"),
        ({"alg": True}, "'alg' of the header is a boolean, wanted a string"),
        ({"alg": ["none"]}, "'alg' of the header is a list, wanted a string"),
        ({"alg": {}}, "'alg' of the header is an object, wanted a string"),
        *[
            ({"alg": "ES256", name: value}, f"'{name}' of the header is {kind}, wanted a string")
            for name in ("kid", "typ", "cty", "jku", "x5u", "x5t", "x5t#S256")
            for value, kind in ((1, "a number"), (None, "null"), ([], "a list"))
        ],
        ({"alg": "ES256", "jwk": "x"}, "'jwk' of the header is a string, wanted an object"),
        ({"alg": "ES256", "x5c": "x"}, "'x5c' of the header is a string, wanted a list"),
        ({"alg": "ES256", "x5c": {}}, "'x5c' of the header is an object, wanted a list"),
    ],
)
def test_header_types_that_are_not(header: dict[str, Any], message: str) -> None:
    with pytest.raises(HeaderBadType) as caught:
        check_header_types(header)
    assert caught.value.message == message
