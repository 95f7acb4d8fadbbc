"""Project Wycheproof's JOSE vectors: as it expects, but for what deviations.toml names with a reason."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.errors import JwtoolError, KeyRefused
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet, parse_jwks
from jwtool.jose.token import parse
from jwtool.jose.verify import OfferedSet, Policy, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DEVIATIONS = tomllib.loads(Path(__file__).with_name("deviations.toml").read_text("utf-8"))
MISSPELLED: Mapping[str, list[int]] = {
    "json_web_signature": [349],  # its private key has key_ops ["sign, verify"]: one operation that is none
    "json_web_key": [],
    "json_web_crypto": [],
}
COUNTS = {"json_web_signature": (401, 46), "json_web_key": (26, 5), "json_web_crypto": (49, 4)}


def read_keys(document: Mapping[str, Any]) -> KeySet:
    return parse_jwks(document) if "keys" in document else KeySet((parse_jwk(document),), is_set=False)


def judge(token: Any, keys: Mapping[str, Any]) -> str:
    text = token if isinstance(token, str) else json.dumps(token)
    try:
        answer = verify(parse(text), [OfferedSet(read_keys(keys), "wycheproof")], Policy(payload_only=True), now=0)
    except JwtoolError:
        return "invalid"
    return "valid" if answer.valid else "invalid"


def signed(document: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Every test of a signature with its group: json_web_crypto has encryption among them."""
    for group in document["testGroups"]:
        yield from ((group, test) for test in group["tests"] if "jws" in test)


@pytest.mark.parametrize("name", COUNTS)
def test_all_but_the_deviations_come_out_as_expected(vectors: Callable[[str], Any], name: str) -> None:
    tests = list(signed(vectors(f"wycheproof/{name}_test.json")))
    assert (len(tests), sum(test["result"] == "valid" for _group, test in tests)) == COUNTS[name]
    surprises = {
        str(test["tcId"]): test["comment"]
        for group, test in tests
        if judge(test["jws"], group.get("public", group["private"])) != test["result"]
    }
    assert surprises.keys() == DEVIATIONS[name].keys(), surprises


@pytest.mark.parametrize("name", COUNTS)
def test_a_private_key_verifies_as_its_public_half_does(vectors: Callable[[str], Any], name: str) -> None:
    tests = [(group, test) for group, test in signed(vectors(f"wycheproof/{name}_test.json")) if "public" in group]
    differences = []
    for group, test in tests:
        try:
            read_keys(group["private"])
        except KeyRefused:
            continue
        if judge(test["jws"], group["private"]) != judge(test["jws"], group["public"]):
            differences.append(test["tcId"])
    assert differences == MISSPELLED[name]
