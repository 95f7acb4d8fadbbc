"""Signatures beyond compact: RFC 7520 §4.5 to §4.8 and RFC 7797 §4, read, and made again where they can be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet
from jwtool.jose.sign import Signer, as_json, compact
from jwtool.jose.token import attach, parse
from jwtool.jose.verify import OfferedSet, Policy, Verification, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    Vectors = Callable[[str], Any]

JWS = "rfc7520-cookbook/jws"
DETACHED = f"{JWS}/4_5.signature_with_detached_content.json"
SEVERAL = f"{JWS}/4_8.multiple_signatures.json"
UNENCODED = "rfc7520-cookbook/rfc7797/hmac-sha2_b64_false.json"
NOT_CRITICAL = "rfc7520-cookbook/rfc7797/4.2.hmac-sha2_b64_false.json"


def judge(token: Any, *keys: Any, payload: str | None = None, all_signatures: bool = False) -> Verification:
    parsed = parse(token if isinstance(token, str) else json.dumps(token))
    whole = parsed if payload is None else attach(parsed, payload.encode())
    offered = [OfferedSet(KeySet((parse_jwk(key),)), "the RFC") for key in keys]
    return verify(whole, offered, Policy(payload_only=True, all_signatures=all_signatures), now=0)


def failed(answer: Verification) -> list[str | None]:
    return [check.code for check in answer.checks if check.verdict == "failed"]


def test_rfc_7520_4_5_detached_content(vectors: Vectors) -> None:
    page = vectors(DETACHED)
    payload, key = page["input"]["payload"], page["input"]["key"]
    for form in ("compact", "json", "json_flat"):
        token = page["output"][form]
        answer = judge(token, key, payload=payload)
        assert (answer.valid, answer.payload) == (True, payload.encode())
        assert failed(judge(token, key, payload=f"{payload} ")) == ["signature_invalid"]
        assert failed(judge(token, key)) == ["signature_invalid"]
    header, ours = page["signing"]["protected"], parse_jwk(key)
    assert compact(payload.encode(), header, ours, "HS256", detached=True) == page["output"]["compact"]
    made = as_json(payload.encode(), [Signer(ours, "HS256", header)], detached=True)
    assert json.loads(made) == page["output"]["json_flat"]


@pytest.mark.parametrize("name", ["4_6.protecting_specific_header_fields", "4_7.protecting_content_only"])
def test_rfc_7520_unprotected_headers(vectors: Vectors, name: str) -> None:
    page = vectors(f"{JWS}/{name}.json")
    for form in ("json", "json_flat"):
        answer = judge(page["output"][form], page["input"]["key"], all_signatures=True)
        assert (answer.valid, answer.payload) == (True, page["input"]["payload"].encode())
        assert dict(answer.unprotected) == page["signing"]["unprotected"]


def test_rfc_7520_4_8_multiple_signatures(vectors: Vectors) -> None:
    page = vectors(SEVERAL)
    keys, token = page["input"]["key"], page["output"]["json"]
    for key in keys:
        assert (judge(token, key).valid, judge(token, key, all_signatures=True).valid) == (True, False)
    answer = judge(token, *keys, all_signatures=True)
    assert (answer.valid, answer.payload) == (True, page["input"]["payload"].encode())
    assert [check.verdict for check in answer.checks if check.name == "signature"] == ["ok"] * 3
    for entry in token["signatures"]:
        kept, entry["signature"] = entry["signature"], f"AAAA{entry['signature'][4:]}"
        assert failed(judge(token, *keys, all_signatures=True)) == ["signature_invalid"]
        assert judge(token, *keys).valid
        entry["signature"] = kept


def test_rfc_7797_4_unencoded(vectors: Vectors) -> None:
    page = vectors(UNENCODED)
    payload, key = page["input"]["payload"], page["input"]["key"]
    header, ours = page["signing"]["protected"], parse_jwk(key)
    first, _payload, signature = page["output"]["compact"].split(".")
    made = compact(payload.encode(), header, ours, "HS256", detached=True)
    assert judge(made, key, payload=payload).valid
    flat = {name: value for name, value in page["output"]["json_flat"].items() if name != "payload"}
    for token in (f"{first}..{signature}", flat, {"signatures": page["output"]["json"]["signatures"]}):
        answer = judge(token, key, payload=payload)
        assert (answer.valid, answer.payload) == (True, payload.encode())
        assert failed(judge(token, key, payload=f"{payload}!")) == ["signature_invalid"]
    for form in ("json", "json_flat"):
        assert failed(judge(page["output"][form], key)) == ["b64_unsupported"]


def test_rfc_7797_before_it_was_one(vectors: Vectors) -> None:
    """Its header has no crit, which the RFC then demanded."""
    page = vectors(NOT_CRITICAL)
    token = {name: value for name, value in page["output"]["json_flat"].items() if name != "payload"}
    answer = judge(token, page["input"]["key"], payload=page["input"]["payload"])
    assert (answer.checks[0].verdict, failed(answer)) == ("ok", ["b64_unsupported"])
