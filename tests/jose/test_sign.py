"""`jwtool.jose.sign`: what is signed, by which algorithm, under which header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url, strict_json
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.errors import (
    AlgorithmKeyMismatch,
    AlgorithmUnknown,
    ClaimsMalformed,
    HeaderBadType,
    HeaderTooLarge,
    InputTooLarge,
    JwtoolError,
    KeyNotPrivate,
    KeyTooWeak,
    KeyUseMismatch,
    UsageError,
)
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet
from jwtool.jose.sign import build_header, choose_alg, compact, encode_claims
from jwtool.jose.token import MAX_HEADER, MAX_TOKEN, parse
from jwtool.jose.verify import OfferedSet, Policy, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jwtool.jose.keys.key import Key

SECRET = "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"


def secret(octets: int, **members: Any) -> Key:
    k = base64url.encode(bytes(range(octets)))
    return parse_jwk({"kty": "oct", "k": k, **members})


def renamed(key: Key, **members: Any) -> Key:
    return parse_jwk({**key.members, **members})


def refusal(attempt: Callable[[], object]) -> tuple[type[JwtoolError], str, str | None]:
    with pytest.raises(JwtoolError) as caught:
        attempt()
    return type(caught.value), caught.value.message, caught.value.hint


# alg


@pytest.mark.parametrize(
    ("name", "alg"),
    [
        ("RS512", "RS256"),
        ("ES256", "ES256"),
        ("ES384", "ES384"),
        ("ES512", "ES512"),
        ("ES256K", "ES256K"),
        ("Ed25519", "EdDSA"),
        ("Ed448", "EdDSA"),
        ("HS256", "HS256"),
        ("HS384", "HS384"),
        ("HS512", "HS512"),
    ],
)
def test_without_a_wish_the_key_decides(keys: Mapping[str, Key], name: str, alg: str) -> None:
    assert choose_alg(keys[name], None) == alg


def test_the_largest_hs_that_the_secret_is_long_enough_for() -> None:
    assert [choose_alg(secret(octets), None) for octets in (32, 47, 48, 63, 64, 65)] == [
        "HS256",
        "HS256",
        "HS384",
        "HS384",
        "HS512",
        "HS512",
    ]


def test_the_alg_of_the_key_wins_over_its_type(keys: Mapping[str, Key]) -> None:
    key = renamed(keys["RS256"], alg="PS384")
    assert choose_alg(key, None) == "PS384"
    assert choose_alg(key, "PS384") == "PS384"
    assert refusal(lambda: choose_alg(key, "PS256"))[0] is AlgorithmKeyMismatch


@pytest.mark.parametrize("alg", [row.name for row in ALGORITHMS.values()])
def test_every_algorithm_can_be_wished_for(keys: Mapping[str, Key], alg: str) -> None:
    assert choose_alg(keys[alg], alg) == alg


def test_the_two_names_of_eddsa_satisfy_each_other(keys: Mapping[str, Key]) -> None:
    assert choose_alg(renamed(keys["Ed25519"], alg="Ed25519"), "EdDSA") == "EdDSA"
    assert choose_alg(renamed(keys["Ed25519"], alg="EdDSA"), "Ed25519") == "Ed25519"
    assert refusal(lambda: choose_alg(renamed(keys["Ed25519"], alg="EdDSA"), "Ed448"))[0] is AlgorithmKeyMismatch


@pytest.mark.parametrize("alg", ["none", "NONE", "RSA1_5", "HS1", "", "es256"])
def test_an_unknown_alg_is_refused(keys: Mapping[str, Key], alg: str) -> None:
    for key in keys.values():
        kind, message, hint = refusal(lambda key=key: choose_alg(key, alg))  # type: ignore[misc] # a bound default
        assert (kind, message) == (AlgorithmUnknown, f"'{alg}' is no signature algorithm known here")
        assert hint == f"one of {', '.join(ALGORITHMS)}"


def test_a_key_that_cant_sign_is_refused(keys: Mapping[str, Key]) -> None:
    x25519 = parse_jwk({"kty": "OKP", "crv": "X25519", "x": "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"})
    es256 = keys["ES256"]
    public = parse_jwk({name: value for name, value in es256.members.items() if name != "d"})
    attempts: list[tuple[Key, str | None, type[JwtoolError]]] = [
        (x25519, None, AlgorithmKeyMismatch),
        (public, None, KeyNotPrivate),
        (es256, "RS256", AlgorithmKeyMismatch),
        (es256, "ES384", AlgorithmKeyMismatch),
        (renamed(es256, use="enc"), None, KeyUseMismatch),
        (renamed(es256, key_ops=["verify"]), None, KeyUseMismatch),
        (renamed(es256, alg="ECDH-ES"), None, AlgorithmKeyMismatch),
        (renamed(es256, alg="ECDH-ES"), "ES256", AlgorithmKeyMismatch),
        (secret(31), None, KeyTooWeak),
        (secret(31), "HS256", KeyTooWeak),
        (secret(32), "HS384", KeyTooWeak),
        (secret(32, alg="HS512"), None, KeyTooWeak),
        (parse_jwk({"kty": "oct", "k": base64url.encode(bytes(64))}), "HS256", KeyTooWeak),
    ]
    for key, wanted, expected in attempts:
        assert refusal(lambda key=key, wanted=wanted: choose_alg(key, wanted))[0] is expected  # type: ignore[misc] # bound
        alg = wanted or key.alg or "ES256"
        if key.kty != "oct":
            assert refusal(lambda key=key, alg=alg: compact(b"", {}, key, alg))[0] is expected  # type: ignore[misc] # bound


# The header


def test_the_header_says_alg_typ_and_kid(keys: Mapping[str, Key]) -> None:
    key = renamed(keys["ES256"], kid="k1")
    assert build_header(key, "ES256") == {"alg": "ES256", "typ": "JWT", "kid": "k1"}
    assert list(build_header(key, "ES256")) == ["alg", "typ", "kid"]
    assert build_header(key, "ES256", typ=None, kid="k2") == {"alg": "ES256", "kid": "k2"}
    assert build_header(keys["ES256"], "ES256", typ="at+jwt") == {"alg": "ES256", "typ": "at+jwt"}
    assert build_header(key, "ES256", kid="") == {"alg": "ES256", "typ": "JWT", "kid": ""}


def test_extra_members_win(keys: Mapping[str, Key]) -> None:
    extra = {"kid": "other", "typ": "x", "cty": "y", "alg": "ES256", "n": 1}
    header = build_header(renamed(keys["ES256"], kid="k1"), "ES256", extra=extra)
    assert header == {"alg": "ES256", "typ": "x", "kid": "other", "cty": "y", "n": 1}


@pytest.mark.parametrize("name", ["crit", "b64"])
def test_a_header_can_not_change_how_the_token_is_read(keys: Mapping[str, Key], name: str) -> None:
    assert refusal(lambda: build_header(keys["ES256"], "ES256", extra={name: ["b64"]})) == (
        UsageError,
        f"the header member '{name}' can't be set: it changes how the whole token is read",
        None,
    )


@pytest.mark.parametrize("alg", ["none", "ES384", ["ES256"], None, {}])
def test_a_header_can_not_name_another_alg(keys: Mapping[str, Key], alg: object) -> None:
    assert refusal(lambda: build_header(keys["ES256"], "ES256", extra={"alg": alg})) == (
        AlgorithmKeyMismatch,
        "the header would say another alg than 'ES256', which the token is signed with",
        "choose it with --alg",
    )


@pytest.mark.parametrize("extra", [{"kid": 1}, {"typ": None}, {"cty": []}, {"jwk": "x"}, {"x5c": "x"}])
def test_a_header_that_no_token_may_have_is_refused(keys: Mapping[str, Key], extra: Mapping[str, Any]) -> None:
    assert refusal(lambda: build_header(keys["ES256"], "ES256", extra=extra))[0] is HeaderBadType


# Claims


def test_claims_are_encoded_as_compact_utf8() -> None:
    claims = {"sub": "Zoë", "exp": 1.5, "aud": ["a", "b"], "x": {"y": [None, True]}}
    assert encode_claims(claims) == '{"sub":"Zoë","exp":1.5,"aud":["a","b"],"x":{"y":[null,true]}}'.encode()
    assert encode_claims({}) == b"{}"
    assert encode_claims({"aud": []}) == b'{"aud":[]}'


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("1795556700", "a string"),
        (True, "a boolean"),
        (None, "null"),
        ([1], "a list"),
        (float("nan"), "a number"),
        (float("inf"), "a number"),
    ],
)
def test_a_time_must_be_a_number(name: str, value: object, kind: str) -> None:
    expected = (ClaimsMalformed, f"'{name}' must be a number of seconds, found {kind}", f"{name}:=1795556700")
    assert refusal(lambda: encode_claims({name: value})) == expected


@pytest.mark.parametrize(
    ("name", "hint"), [("iss", "iss=https://auth.example"), ("sub", "sub=user-42"), ("jti", "jti=1")]
)
def test_a_name_must_be_a_string(name: str, hint: str) -> None:
    expected = (ClaimsMalformed, f"'{name}' must be a string, found a number", hint)
    assert refusal(lambda: encode_claims({name: 1})) == expected


@pytest.mark.parametrize(
    ("aud", "found"), [(1, "a number"), (None, "null"), (["a", 1], "a list with other things in it"), ({}, "an object")]
)
def test_aud_must_be_a_string_or_a_list_of_strings(aud: object, found: str) -> None:
    expected = (ClaimsMalformed, f"'aud' must be a string or a list of strings, found {found}", "aud=api")
    assert refusal(lambda: encode_claims({"aud": aud})) == expected


@pytest.mark.parametrize("value", ["\ud800", float("inf"), 10**40, b"octets", {1, 2}])
def test_what_json_can_not_hold_is_refused(value: object) -> None:
    assert refusal(lambda: encode_claims({"x": value}))[0] is ClaimsMalformed


def test_claims_that_no_strict_reader_would_take_are_refused() -> None:
    deep: dict[str, Any] = {}
    for _level in range(64):
        deep = {"x": deep}
    assert refusal(lambda: encode_claims(deep))[0] is ClaimsMalformed


# The token


@pytest.mark.parametrize("alg", [row.name for row in ALGORITHMS.values()])
def test_what_is_signed_verifies(keys: Mapping[str, Key], alg: str) -> None:
    claims = {"sub": "Zoë", "n": [1, 2.5, None, {"a": "\U0001f511"}]}
    token = compact(encode_claims(claims), build_header(keys[alg], alg), keys[alg], alg)
    answer = verify(parse(token), [OfferedSet(KeySet((keys[alg],)), "test")], Policy(), now=0)
    assert (answer.valid, answer.claims, answer.header) == (True, claims, {"alg": alg, "typ": "JWT"})


def test_a_payload_is_signed_as_it_is(keys: Mapping[str, Key]) -> None:
    for payload in (b"", b"\x00\xff", b"no claims"):
        token = compact(payload, {"alg": "HS256"}, keys["HS256"], "HS256")
        answer = verify(parse(token), [OfferedSet(KeySet((keys["HS256"],)), "test")], Policy(payload_only=True), now=0)
        assert (answer.valid, answer.payload, answer.claims) == (True, payload, None)


def test_the_header_always_says_the_alg_that_signs(keys: Mapping[str, Key]) -> None:
    for header in ({}, {"alg": "none"}, {"kid": "k", "alg": "ES384"}):
        token = compact(b"", header, keys["HS256"], "HS256")
        assert strict_json.parse(base64url.decode(token.partition(".")[0])) == {**header, "alg": "HS256"}


def test_a_token_that_verify_would_not_read_is_not_made(keys: Mapping[str, Key]) -> None:
    key = keys["HS256"]
    room = MAX_HEADER - len('{"alg":"HS256","x":""}')
    largest = compact(b"", {"alg": "HS256", "x": "x" * room}, key, "HS256")
    assert len(parse(largest).header["x"]) == room
    assert refusal(lambda: compact(b"", {"alg": "HS256", "x": "x" * (room + 1)}, key, "HS256")) == (
        HeaderTooLarge,
        "the header would be 16,385 bytes long, at most 16,384 are read",
        None,
    )
    rest = MAX_TOKEN - len(compact(b"", {}, key, "HS256"))
    payload = bytes(rest * 3 // 4)
    assert len(compact(payload, {}, key, "HS256")) == MAX_TOKEN
    assert refusal(lambda: compact(payload + b"x", {}, key, "HS256")) == (
        InputTooLarge,
        f"the token would be {MAX_TOKEN + 1:,} bytes long, at most {MAX_TOKEN:,} are read",
        None,
    )
