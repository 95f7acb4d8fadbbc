"""Detached and unencoded payloads (RFC 7515 §F, RFC 7797), made and judged by the pure layer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url, signatures, strict_json
from jwtool.jose.errors import InputTooLarge, TokenMalformed, UsageError
from jwtool.jose.keyset import KeySet
from jwtool.jose.sign import Signer, as_json, build_header, compact
from jwtool.jose.token import MAX_SIGNATURES, MAX_TOKEN, UnverifiedToken, attach, is_unencoded, parse
from jwtool.jose.verify import OfferedSet, Policy, Verification, verify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.key import Key

PAYLOADS = [b"$.02", b"a.b.c", b"", b"...", "Zoë\r\n".encode(), b"\xff\x00\n", b'{"exp":1}']
CRITICAL = {"b64": False, "crit": ["b64"]}


def segment(value: object) -> str:
    return base64url.encode(value if isinstance(value, bytes) else strict_json.encode_compact(value))


def judge(token: UnverifiedToken, *keys: Key, **policy: Any) -> Verification:
    offered = [OfferedSet(KeySet((key,)), "test") for key in keys]
    return verify(token, offered, Policy(payload_only=True, **policy), now=0)


def codes(answer: Verification) -> dict[str, str | None]:
    return {check.name: check.code for check in answer.checks if check.verdict == "failed"}


@pytest.fixture
def hs256(keys: Mapping[str, Key]) -> Key:
    return keys["HS256"]


@pytest.fixture
def es256(keys: Mapping[str, Key]) -> Key:
    return keys["ES256"]


@pytest.mark.parametrize("payload", PAYLOADS, ids=repr)
@pytest.mark.parametrize("unencoded", [False, True], ids=["encoded", "unencoded"])
@pytest.mark.parametrize("serialization", ["compact", "flattened", "general"])
def test_a_round_trip(keys: Mapping[str, Key], payload: bytes, unencoded: bool, serialization: str) -> None:
    signers = [
        Signer(keys[alg], alg, build_header(keys[alg], alg, typ=None, unencoded=unencoded))
        for alg in ("HS256", "ES256")
    ]
    first = signers[0]
    if serialization == "compact":
        token = compact(payload, first.header, first.key, first.alg, detached=True)
        assert token.split(".")[1] == ""
    else:
        token = as_json(payload, signers[:1] if serialization == "flattened" else signers, detached=True)
        assert "payload" not in json.loads(token)
    parsed = parse(token)
    assert (parsed.detached, parsed.attached, parsed.serialization, parsed.payload) == (True, False, serialization, b"")
    assert [is_unencoded(one) for one in parsed.signatures] == [unencoded] * len(parsed.signatures)
    answer = judge(attach(parsed, payload), keys["HS256"], keys["ES256"], all_signatures=True)
    assert (answer.valid, answer.payload, codes(answer)) == (True, payload, {})
    for other in (payload + b"\n", payload + b".", b"other"):
        refused = judge(attach(parsed, other), keys["HS256"])
        assert (refused.payload, codes(refused)) == (None, {"signature": "signature_invalid"})


def test_an_encoded_and_an_unencoded_payload_are_not_mistaken_for_each_other(hs256: Key) -> None:
    """What is base64url of the one is the other, octet for octet: the header is signed, and says which."""
    raw = b"eyJzdWIiOiJ4In0"
    encoded = parse(compact(base64url.decode(raw.decode()), {"alg": "HS256"}, hs256, "HS256", detached=True))
    assert codes(judge(attach(encoded, raw), hs256)) == {"signature": "signature_invalid"}
    unencoded = parse(compact(raw, CRITICAL, hs256, "HS256", detached=True))
    assert codes(judge(attach(unencoded, base64url.decode(raw.decode())), hs256)) == {"signature": "signature_invalid"}


def test_unencoded_must_be_detached(hs256: Key) -> None:
    with pytest.raises(UsageError) as caught:
        compact(b"x", CRITICAL, hs256, "HS256")
    assert caught.value.hint == "add --detached"
    with pytest.raises(UsageError) as caught:
        as_json(b"x", [Signer(hs256, "HS256", CRITICAL)])
    assert caught.value.hint == "add --detached"


def test_a_payload_for_a_token_that_has_one(hs256: Key) -> None:
    for token in (compact(b"x", {}, hs256, "HS256"), as_json(b"y", [Signer(hs256, "HS256", {})])):
        with pytest.raises(UsageError) as caught:
            attach(parse(token), b"x")
        assert (caught.value.message, caught.value.hint) == (
            "the token holds its payload, and was given another",
            "leave --payload out",
        )


def forged(key: Key, protected: Mapping[str, Any], unprotected: Mapping[str, Any], signed: bytes) -> UnverifiedToken:
    """A flattened token whose signature is over `signed`, whatever the headers say."""
    first = segment(protected)
    value = signatures.sign("HS256", key, f"{first}.".encode() + signed)
    return parse(json.dumps({"protected": first, "header": unprotected, "signature": segment(value)}))


@pytest.mark.parametrize(
    ("protected", "unprotected", "code"),
    [
        ({}, {"b64": False}, "b64_unsupported"),
        ({"crit": ["b64"]}, {"b64": False}, "b64_unsupported"),
        ({"b64": False}, {}, "b64_unsupported"),
        ({"b64": False}, {"crit": ["b64"]}, "crit_malformed"),
        ({"b64": "false", "crit": ["b64"]}, {}, "b64_unsupported"),
        ({"b64": 0, "crit": ["b64"]}, {}, "b64_unsupported"),
        ({"b64": None, "crit": ["b64"]}, {}, "b64_unsupported"),
        ({"b64": False, "crit": ["b64", "b64"]}, {}, "crit_malformed"),
        ({"b64": False, "crit": ["alg", "b64"]}, {}, "crit_malformed"),
    ],
    ids=str,
)
@pytest.mark.parametrize("signed", [b"$.02", segment(b"$.02").encode()], ids=["raw", "encoded"])
def test_a_b64_that_does_not_count(
    hs256: Key, protected: Mapping[str, Any], unprotected: Mapping[str, Any], code: str, signed: bytes
) -> None:
    token = forged(hs256, {"alg": "HS256", **protected}, unprotected, signed)
    answer = judge(attach(token, b"$.02"), hs256)
    assert (answer.valid, codes(answer)["crit"]) == (False, code)


def test_an_unprotected_b64_does_not_change_what_was_signed(hs256: Key) -> None:
    for signed, code in ((b"$.02", "signature_invalid"), (segment(b"$.02").encode(), None)):
        answer = judge(attach(forged(hs256, {"alg": "HS256"}, {"b64": False}, signed), b"$.02"), hs256)
        assert codes(answer).get("signature") == code


def test_an_unencoded_payload_inside_the_token_is_not_believed(hs256: Key) -> None:
    header = {"alg": "HS256", **CRITICAL}
    signed = f"{segment(header)}.payload"
    token = parse(f"{signed}.{segment(signatures.sign('HS256', hs256, signed.encode()))}")
    assert codes(judge(token, hs256)) == {"crit": "b64_unsupported"}
    with pytest.raises(UsageError):
        attach(token, b"payload")


@pytest.mark.parametrize("payload", [{}, {"payload": "AAAA"}], ids=["detached", "attached"])
def test_the_signatures_of_a_token_agree_on_b64(hs256: Key, payload: dict[str, str]) -> None:
    entries = [
        {"protected": segment({"alg": "HS256", **b64}), "signature": "AAAA"} for b64 in ({}, CRITICAL, {"b64": True})
    ]
    for mixed in (entries, entries[1:], entries[1::-1]):
        with pytest.raises(TokenMalformed) as caught:
            parse(json.dumps({**payload, "signatures": mixed}))
        assert caught.value.message == "the signatures disagree about 'b64', and so about what the payload is"
    with pytest.raises(UsageError):
        as_json(b"", [Signer(hs256, "HS256", header) for header in ({}, CRITICAL)], detached=True)


def test_a_token_as_json(hs256: Key, es256: Key) -> None:
    one = json.loads(as_json(b"hello", [Signer(hs256, "HS256", {"kid": "k"})]))
    assert (list(one), one["payload"]) == (["payload", "protected", "signature"], "aGVsbG8")
    assert strict_json.parse_object(base64url.decode(one["protected"])) == {"kid": "k", "alg": "HS256"}
    two = json.loads(as_json(b"hello", [Signer(hs256, "HS256", {}), Signer(es256, "ES256", {})]))
    assert list(two) == ["payload", "signatures"]
    assert [list(entry) for entry in two["signatures"]] == [["protected", "signature"]] * 2


def test_no_more_than_can_be_read(hs256: Key) -> None:
    signer = Signer(hs256, "HS256", {})
    assert len(parse(as_json(b"", [signer] * MAX_SIGNATURES)).signatures) == MAX_SIGNATURES
    with pytest.raises(UsageError) as caught:
        as_json(b"", [signer] * (MAX_SIGNATURES + 1))
    assert caught.value.message == "17 keys were given to sign with, at most 16 signatures are read"
    with pytest.raises(InputTooLarge):
        as_json(bytes(MAX_TOKEN), [signer])
    assert len(compact(bytes(MAX_TOKEN), {}, hs256, "HS256", detached=True)) < 100


class TestAllSignatures:
    """`--signatures all`: each that the token has must be believed."""

    @pytest.fixture
    def entries(self, hs256: Key, es256: Key) -> list[dict[str, str]]:
        signers = [Signer(hs256, "HS256", {"typ": "a"}), Signer(es256, "ES256", {"typ": "b"})]
        found: list[dict[str, str]] = json.loads(as_json(b"hello", signers))["signatures"]
        return found

    @staticmethod
    def judge(entries: list[dict[str, str]], *keys: Key, **policy: Any) -> Verification:
        return judge(parse(json.dumps({"payload": "aGVsbG8", "signatures": entries})), *keys, **policy)

    @pytest.mark.parametrize("forged", [None, 0, 1])
    def test_one_is_forged(self, entries: list[dict[str, str]], hs256: Key, es256: Key, forged: int | None) -> None:
        if forged is not None:
            entries[forged]["signature"] = segment(bytes(32 if forged == 0 else 64))
        answer = self.judge(entries, hs256, es256, all_signatures=True)
        assert (answer.valid, answer.payload) == ((True, b"hello") if forged is None else (False, None))
        names = ["signature", "crit"] * 2
        assert [check.name for check in answer.checks] == names
        verdicts = [check.verdict for check in answer.checks[::2]]
        assert verdicts == ["failed" if index == forged else "ok" for index in (0, 1)]
        assert answer.checks[2].detail.startswith("signature 2 of 2: ")
        assert answer.header["alg"] == ("ES256" if forged == 1 else "HS256")
        assert self.judge(entries, hs256, es256).valid

    def test_one_has_no_key(self, entries: list[dict[str, str]], es256: Key) -> None:
        answer = self.judge(entries, es256, all_signatures=True)
        assert (answer.valid, codes(answer)) == (False, {"signature": "alg_key_mismatch", "alg": "alg_key_mismatch"})
        assert self.judge(entries, es256).valid

    def test_each_has_the_typ_and_an_allowed_alg(self, entries: list[dict[str, str]], hs256: Key, es256: Key) -> None:
        answer = self.judge(entries, hs256, es256, all_signatures=True, typ="a")
        assert [(one.verdict, one.found) for one in answer.checks if one.name == "typ"] == [
            ("ok", "a"),
            ("failed", "b"),
        ]
        assert not answer.valid
        allowed = self.judge(entries, hs256, es256, all_signatures=True, algs=("ES256",))
        assert (allowed.valid, codes(allowed)["signature"]) == (False, "alg_not_allowed")

    def test_a_crit_of_one_counts(self, entries: list[dict[str, str]], hs256: Key, es256: Key) -> None:
        strange = json.loads(as_json(b"hello", [Signer(hs256, "HS256", {"crit": ["x"], "x": 1})]))
        strange.pop("payload")
        answer = self.judge([entries[1], strange], hs256, es256, all_signatures=True)
        assert (answer.valid, codes(answer)) == (False, {"crit": "crit_unsupported"})
        assert self.judge([entries[1], strange], hs256, es256).valid
