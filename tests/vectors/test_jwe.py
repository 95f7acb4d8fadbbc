"""Encryption as published: RFC 7516 A, RFC 7517 C, RFC 7520 §5 and §6, RFC 8037 A, and Project Wycheproof."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.decrypt import decrypt
from jwtool.jose.encryption_fit import PASSWORD
from jwtool.jose.errors import AlgorithmUnsupported, JwtoolError
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet
from jwtool.jose.nested import verify_nested
from jwtool.jose.selection import OfferedSet
from jwtool.jose.token import parse
from jwtool.jose.verify import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jwtool.jose.keys.key import Key

EXAMPLES: Mapping[str, list[dict[str, Any]]] = json.loads(Path(__file__).with_name("jwe_examples.json").read_text())
DEVIATIONS = tomllib.loads(Path(__file__).with_name("deviations.toml").read_text("utf-8"))
COOKBOOK = {
    "jwe/5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2": "RSA1_5",
    "jwe/5_2.key_encryption_using_rsa-oaep_with_aes-gcm": "RSA-OAEP",
    "jwe/5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2": "PBES2-HS512+A256KW",
    "jwe/5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm": "ECDH-ES+A128KW",
    "jwe/5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2": "ECDH-ES",
    "jwe/5_6.direct_encryption_using_aes-gcm": "dir",
    "jwe/5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2": "A256GCMKW",
    "jwe/5_8.key_wrap_using_aes-keywrap_with_aes-gcm": "A128KW",
    "jwe/5_9.compressed_content": "A128KW",
    "jwe/5_10.including_additional_authentication_data": "A128KW",
    "jwe/5_11.protecting_specific_header_fields": "A128KW",
    "jwe/5_12.protecting_content_only": "A128KW",
    "curve25519/ecdh-es": "ECDH-ES",
}
SEVERAL = "rfc7520-cookbook/jwe/5_13.encrypting_to_multiple_recipients.json"
NESTED = "rfc7520-cookbook/6.nesting_signatures_and_encryption.json"
FIRST_AND_COUNT = {"json_web_encryption": (139, 65), "json_web_crypto": (34, 2)}


def offered(*keys: Key) -> list[OfferedSet]:
    return [OfferedSet(KeySet(keys, is_set=False), "the RFC")]


def password(text: str) -> Key:
    return replace(parse_jwk({"kty": "oct", "k": base64url.encode(text.encode())}), form=PASSWORD)


def open_token(token: Any, key: Key) -> tuple[bytes | None, str]:
    done = decrypt(parse(token if isinstance(token, str) else json.dumps(token)), offered(key))
    return done.plaintext, done.header["alg"]


@pytest.mark.parametrize("example", EXAMPLES["decrypted"], ids=lambda one: one["section"])
def test_an_rfc_example(example: dict[str, Any]) -> None:
    key = password(example["password"]) if "password" in example else parse_jwk(example["key"])
    assert open_token(example["token"], key) == (example["plaintext"].encode(), example["alg"])


@pytest.mark.parametrize("example", EXAMPLES["refused"], ids=lambda one: one["section"])
def test_rsa1_5_is_refused_by_name(example: dict[str, Any]) -> None:
    with pytest.raises(AlgorithmUnsupported, match=r"alg 'RSA1_5' is refused: .*Bleichenbacher"):
        open_token(example["token"], parse_jwk(example["key"]))


@pytest.mark.parametrize("name", [name for name, alg in COOKBOOK.items() if alg != "RSA1_5"])
def test_the_cookbook(vectors: Callable[[str], Any], name: str) -> None:
    page = vectors(f"rfc7520-cookbook/{name}.json")
    given = page["input"]
    key = password(given["pwd"]) if "pwd" in given else parse_jwk(given["key"])
    assert len(page["output"]) in {2, 3}
    for token in page["output"].values():
        assert open_token(token, key) == (given["plaintext"].encode(), COOKBOOK[name])


def test_the_cookbook_with_rsa1_5(vectors: Callable[[str], Any]) -> None:
    page = vectors(f"rfc7520-cookbook/{next(iter(COOKBOOK))}.json")
    for token in page["output"].values():
        with pytest.raises(AlgorithmUnsupported, match=r"alg 'RSA1_5' is refused: .*Bleichenbacher"):
            open_token(token, parse_jwk(page["input"]["key"]))


def test_several_recipients_of_the_cookbook(vectors: Callable[[str], Any]) -> None:
    page = vectors(SEVERAL)
    rsa, ec, secret = (parse_jwk(key) for key in page["input"]["key"])
    plaintext = page["input"]["plaintext"].encode()
    assert open_token(page["output"]["json"], ec) == (plaintext, "ECDH-ES+A256KW")
    assert open_token(page["output"]["json"], secret) == (plaintext, "A256GCMKW")
    with pytest.raises(AlgorithmUnsupported, match=r"alg 'RSA1_5' is refused: "):
        open_token(page["output"]["json"], rsa)


def test_nesting_of_the_cookbook(vectors: Callable[[str], Any]) -> None:
    page = vectors(NESTED)
    signer, reader = parse_jwk(page["sign"]["input"]["key"]), parse_jwk(page["encrypt"]["input"]["key"])
    token = parse(page["encrypt"]["output"]["compact"])
    nested = verify_nested(token, offered(reader), offered(signer), Policy(), now=1_300_819_379)
    assert nested.decryption.plaintext == page["sign"]["output"]["compact"].encode()
    assert (nested.verification.valid, nested.verification.alg) == (True, "PS256")
    assert nested.verification.claims == json.loads(page["sign"]["input"]["payload"])


def encrypted(document: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for group in document["testGroups"]:
        yield from ((group["private"], test) for test in group["tests"] if "jwe" in test)


def judge(token: Any, key: Mapping[str, Any]) -> tuple[str, bytes]:
    try:
        plaintext, _alg = open_token(token, parse_jwk(key))
    except JwtoolError:
        return "invalid", b""
    return ("invalid", b"") if plaintext is None else ("valid", plaintext)


@pytest.mark.parametrize("name", FIRST_AND_COUNT)
def test_wycheproof_but_for_the_deviations(vectors: Callable[[str], Any], name: str) -> None:
    tests = list(encrypted(vectors(f"wycheproof/{name}_test.json")))
    assert (len(tests), sum(test["result"] == "valid" for _key, test in tests)) == FIRST_AND_COUNT[name]
    surprises = {}
    for key, test in tests:
        result, plaintext = judge(test["jwe"], key)
        if result != test["result"]:
            surprises[str(test["tcId"])] = test["comment"]
        elif result == "valid" and "pt" in test:
            assert plaintext.hex() == test["pt"]
    assert surprises.keys() == DEVIATIONS[f"{name}.encrypted"].keys(), surprises
