"""The RFCs' own examples: what they say is valid is valid here, and what can be reproduced is, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url, signatures
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet, thumbprint
from jwtool.jose.sign import compact
from jwtool.jose.token import parse
from jwtool.jose.verify import OfferedSet, Policy, Verification, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Example = dict[str, Any]
EXAMPLES: Mapping[str, list[Example]] = json.loads(Path(__file__).with_name("rfc_examples.json").read_text("utf-8"))
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "priv"}
RANDOMIZED = {"ecdsa", "rsa-pss", "ml-dsa"}
BEFORE_EXP = 1_300_819_379
COOKBOOK = {
    "RFC 7520 §4.1": "rfc7520-cookbook/jws/4_1.rsa_v15_signature.json",
    "RFC 7520 §4.2": "rfc7520-cookbook/jws/4_2.rsa-pss_signature.json",
    "RFC 7520 §4.3": "rfc7520-cookbook/jws/4_3.ecdsa_signature.json",
    "RFC 7520 §4.4": "rfc7520-cookbook/jws/4_4.hmac-sha2_integrity_protection.json",
    "RFC 8037 A.4": "rfc7520-cookbook/curve25519/jws.json",
}
BUT_WYCHEPROOF = {"HS384", "HS512", "RS384", "RS512", "PS256", "PS512"}


def by_section(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", EXAMPLES[kind], ids=[example["section"] for example in EXAMPLES[kind]])


def judge(token: str, jwk: Mapping[str, Any], *, payload_only: bool) -> Verification:
    keys = OfferedSet(KeySet((parse_jwk(jwk),), is_set=False), "the RFC")
    return verify(parse(token), [keys], Policy(payload_only=payload_only), now=BEFORE_EXP)


def public(jwk: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in jwk.items() if name not in PRIVATE}


@by_section("tokens")
def test_a_token_is_valid(example: Example) -> None:
    for jwk in (example["key"], public(example["key"])):
        answer = judge(example["token"], jwk, payload_only="payload" in example)
        assert (answer.valid, answer.alg, answer.claims) == (True, example["alg"], example.get("claims"))
        if "payload" in example:
            assert answer.payload == example["payload"].encode()


@by_section("tokens")
def test_a_token_with_one_bit_changed_is_not(example: Example) -> None:
    header, payload, signature = example["token"].split(".")
    value = bytearray(base64url.decode(signature))
    value[-1] ^= 1
    answer = judge(f"{header}.{payload}.{base64url.encode(bytes(value))}", example["key"], payload_only=True)
    assert (answer.valid, answer.checks[0].code) == (False, "signature_invalid")


@by_section("tokens")
def test_a_signature_is_made_again(example: Example) -> None:
    signing_input, _dot, signature = example["token"].rpartition(".")
    key, alg = parse_jwk(example["key"]), example["alg"]
    made = signatures.sign(alg, key, signing_input.encode())
    assert len(made) == len(base64url.decode(signature))
    if ALGORITHMS[alg].family in RANDOMIZED:
        assert signatures.verify(alg, key, signing_input.encode(), made)
    else:
        assert base64url.encode(made) == signature


@by_section("signatures")
def test_a_signature_is_valid(example: Example) -> None:
    alg, data, signature = example["alg"], example["data"].encode(), base64url.decode(example["signature"])
    for jwk in (example["key"], public(example["key"])):
        assert signatures.verify(alg, parse_jwk(jwk), data, signature)
        assert not signatures.verify(alg, parse_jwk(jwk), data + b".", signature)
    if ALGORITHMS[alg].family == "eddsa":
        assert signatures.sign(alg, parse_jwk(example["key"]), data) == signature


@by_section("thumbprints")
def test_a_thumbprint(example: Example) -> None:
    assert thumbprint(parse_jwk(example["key"])) == example["sha256"]


@pytest.mark.parametrize("name", COOKBOOK.values(), ids=COOKBOOK.keys())
def test_a_page_of_the_cookbook(vectors: Callable[[str], Any], name: str) -> None:
    page = vectors(name)
    payload, key, token = page["input"]["payload"].encode(), page["input"]["key"], page["output"]["compact"]
    for one in (token, json.dumps(page["output"]["json"]), json.dumps(page["output"]["json_flat"])):
        answer = judge(one, key, payload_only=True)
        assert (answer.valid, answer.alg, answer.payload) == (True, page["input"]["alg"], payload)
    if ALGORITHMS[page["input"]["alg"]].family not in RANDOMIZED:
        made = compact(payload, page["signing"]["protected"], parse_jwk(key), page["input"]["alg"])
        assert made == token


def test_every_algorithm_has_a_published_example(vectors: Callable[[str], Any]) -> None:
    shown = {example["alg"] for kind in ("tokens", "signatures") for example in EXAMPLES[kind]}
    shown |= {vectors(name)["input"]["alg"] for name in COOKBOOK.values()}
    assert set(ALGORITHMS) - shown == BUT_WYCHEPROOF
