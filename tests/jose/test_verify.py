"""`jwtool.jose.verify`: which key verifies, what a header may demand, and every reason at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url, signatures, strict_json
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.errors import HeaderBadType, TokenIsJwe
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet
from jwtool.jose.policy import Check, ClaimPolicy
from jwtool.jose.token import parse
from jwtool.jose.verify import Candidate, OfferedKey, OfferedSet, Policy, Verification, verify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.key import Key

NOW = 1_795_556_400
CLAIMS = {"sub": "user-42", "exp": NOW + 300}
STRANGER = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


def segment(value: object) -> str:
    return base64url.encode(value if isinstance(value, bytes) else strict_json.encode_compact(value))


def make(key: Key, header: Mapping[str, Any], payload: object = CLAIMS, *, alg: str | None = None) -> str:
    """A token with exactly this header, right or wrong, signed by the primitive of `alg` or of the header's alg."""
    signing_input = f"{segment(header)}.{segment(payload)}"
    return f"{signing_input}.{segment(signatures.sign(alg or header['alg'], key, signing_input.encode()))}"


def named(key: Key, kid: str | None = None, **members: Any) -> Key:
    return parse_jwk({**key.members, **({} if kid is None else {"kid": kid}), **members})


def offer(*keys: Key, source: str = "test") -> OfferedSet:
    return OfferedSet(KeySet(keys), source)


def judge(token: str, *offered: OfferedSet | Key, policy: Policy | None = None) -> Verification:
    sets = [one if isinstance(one, OfferedSet) else offer(one) for one in offered]
    return verify(parse(token), sets, policy or Policy(), now=NOW)


def failed(answer: Verification) -> dict[str, str | None]:
    return {check.name: check.code for check in answer.checks if check.verdict == "failed"}


def check_of(answer: Verification, name: str) -> Check:
    (found,) = [check for check in answer.checks if check.name == name]
    return found


def candidates_of(answer: Verification) -> list[tuple[str | None, str]]:
    return [(candidate.kid, candidate.code) for candidate in answer.candidates]


# The answer


def test_a_good_token(keys: Mapping[str, Key]) -> None:
    key = named(keys["ES256"], "k1")
    answer = judge(make(key, {"alg": "ES256", "kid": "k1", "typ": "JWT"}), OfferedSet(KeySet((key,)), "a.jwks"))
    assert answer == Verification(
        valid=True,
        alg="ES256",
        key=OfferedKey(key, "a.jwks"),
        checks=(
            Check("signature", "ok", detail="ES256, key 'k1' of a.jwks"),
            Check("crit", "absent"),
            Check("exp", "ok", detail="expires in 5 min, 2026-11-24 21:45:00 UTC"),
            Check("nbf", "absent"),
            Check("iat", "absent"),
            Check("iss", "absent"),
            Check("aud", "absent"),
        ),
        candidates=(),
        header={"alg": "ES256", "kid": "k1", "typ": "JWT"},
        unprotected={},
        claims=CLAIMS,
        payload=strict_json.encode_compact(CLAIMS),
        notes=(),
    )


def test_every_reason_at_once(keys: Mapping[str, Key]) -> None:
    claims = {"exp": NOW, "nbf": NOW + 1, "aud": "web"}
    token = make(keys["HS256"], {"alg": "HS256", "typ": "JWT", "crit": []}, claims)
    policy = Policy(ClaimPolicy(issuers=("i",), audiences=("api",)), algs=("HS256",), typ="at+jwt")
    answer = judge(token[:-4] + "AAAA", keys["HS256"], policy=policy)
    assert failed(answer) == {
        "signature": "signature_invalid",
        "crit": "crit_malformed",
        "exp": "token_expired",
        "nbf": "token_not_yet_valid",
        "iss": "claim_missing",
        "aud": "aud_mismatch",
        "typ": "typ_mismatch",
    }
    assert " ".join(check.name for check in answer.checks) == "signature crit exp nbf iat iss aud typ alg"
    assert (answer.valid, answer.claims, answer.payload, answer.key) == (False, None, None, None)
    assert answer.candidates == (Candidate(None, "test", "signature_invalid", "the signature is not by this key"),)


def test_a_good_signature_over_bad_claims_gives_none_of_them_away(keys: Mapping[str, Key]) -> None:
    answer = judge(make(keys["HS256"], {"alg": "HS256"}, {"exp": NOW - 1}), keys["HS256"])
    assert failed(answer) == {"exp": "token_expired"}
    assert (answer.valid, answer.claims, answer.payload, answer.candidates) == (False, None, None, ())
    assert answer.key == OfferedKey(keys["HS256"], "test")


# The payload


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "payload_not_claims"),
        (b"[]", "payload_not_claims"),
        (b'{"exp":1,}', "payload_not_claims"),
        (b'{"exp":1,"exp":9999999999}', "duplicate_member"),
        (b'{"exp":1,"\\u0065xp":9999999999}', "duplicate_member"),
        (b'\xef\xbb\xbf{"a":1}', "bad_utf8"),
        ('{"a":1}'.encode("utf-16"), "bad_utf8"),
        (b'{"a":"\\ud800"}', "bad_utf8"),
        (b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", "json_too_deep"),
        (b'{"exp":1e999}', "json_bad_number"),
    ],
)
def test_a_payload_that_is_no_claims(keys: Mapping[str, Key], payload: bytes, code: str) -> None:
    token = make(keys["HS256"], {"alg": "HS256"}, payload)
    answer = judge(token, keys["HS256"], policy=Policy(ClaimPolicy(issuers=("i",))))
    assert [(check.name, check.verdict, check.code) for check in answer.checks] == [
        ("signature", "ok", None),
        ("crit", "absent", None),
        ("claims", "failed", code),
    ]
    assert (answer.valid, answer.payload, answer.claims) == (False, None, None)


@pytest.mark.parametrize("payload", [b"", b"\xff text", b'{"exp":1}'])
def test_payload_only_judges_no_claims(keys: Mapping[str, Key], payload: bytes) -> None:
    policy = Policy(ClaimPolicy(issuers=("i",)), payload_only=True)
    answer = judge(make(keys["HS256"], {"alg": "HS256"}, payload), keys["HS256"], policy=policy)
    assert [(check.name, check.verdict) for check in answer.checks] == [("signature", "ok"), ("crit", "absent")]
    assert (answer.valid, answer.payload, answer.claims) == (True, payload, None)


# alg


def test_none_is_never_accepted(keys: Mapping[str, Key]) -> None:
    signature = make(keys["HS256"], {"alg": "HS256"}).rpartition(".")[2]
    bare = f"{segment({'alg': 'none'})}.{segment(CLAIMS)}."
    for token in (bare, bare + signature, make(keys["HS256"], {"alg": "none"}, alg="HS256")):
        for algs in (None, (), ("none",), tuple(ALGORITHMS)):
            answer = judge(token, keys["HS256"], policy=Policy(algs=algs))
            assert failed(answer) == {"signature": "alg_none", "alg": "alg_none"}
            assert (answer.valid, answer.candidates, answer.alg) == (False, (), "none")


@pytest.mark.parametrize(
    ("alg", "algs", "code", "detail"),
    [
        ("ES521", None, "alg_unsupported", "alg 'ES521' is no signature algorithm known here"),
        ("HS256", (), "alg_not_allowed", "alg 'HS256' is not among those allowed"),
        ("HS256", ("ES256", "RS256"), "alg_not_allowed", "alg 'HS256' is not among those allowed"),
        ("ES256", None, "alg_key_mismatch", "ES256 needs an EC key on P-256, this is oct 256 bits"),
    ],
)
def test_where_the_reason_is_the_alg_its_check_says_so_too(
    keys: Mapping[str, Key], alg: str, algs: tuple[str, ...] | None, code: str, detail: str
) -> None:
    answer = judge(make(keys["HS256"], {"alg": alg}, alg="HS256"), keys["HS256"], policy=Policy(algs=algs))
    assert failed(answer) == {"signature": code, "alg": code}
    assert check_of(answer, "signature").detail == detail
    wanted = None if algs is None else list(algs)
    assert check_of(answer, "alg") == Check("alg", "failed", code, wanted, alg, detail)


def test_an_alg_that_the_caller_allows_is_said_to_be(keys: Mapping[str, Key]) -> None:
    answer = judge(make(keys["HS256"], {"alg": "HS256"}), keys["HS256"], policy=Policy(algs=("ES256", "HS256")))
    assert check_of(answer, "alg") == Check("alg", "ok", wanted=["ES256", "HS256"], found="HS256")
    assert answer.valid


def test_eddsa_is_deprecated_and_accepted(keys: Mapping[str, Key]) -> None:
    assert judge(make(keys["Ed25519"], {"alg": "EdDSA"}), keys["Ed25519"]).notes == (
        "alg 'EdDSA' is deprecated by RFC 9864, which calls it 'Ed25519'",
    )
    assert judge(make(keys["Ed25519"], {"alg": "Ed25519"}), keys["Ed25519"]).notes == ()


# Which key


def test_a_key_of_the_kid_that_did_not_sign_is_not_replaced_by_one_that_did(keys: Mapping[str, Key]) -> None:
    signer, stranger = named(keys["ES256"], "k2"), parse_jwk({**STRANGER, "kid": "k1"})
    answer = judge(make(signer, {"alg": "ES256", "kid": "k1"}), offer(stranger, signer))
    assert failed(answer) == {"signature": "signature_invalid"}
    assert check_of(answer, "signature").detail == "not by key 'k1' of test"
    assert sorted(candidates_of(answer)) == [("k1", "signature_invalid"), ("k2", "kid_mismatch")]


def test_a_kid_in_two_sets_names_both_keys(keys: Mapping[str, Key]) -> None:
    right, wrong = named(keys["ES256"], "k1"), parse_jwk({**STRANGER, "kid": "k1"})
    answer = judge(make(right, {"alg": "ES256", "kid": "k1"}), offer(wrong, source="a"), offer(right, source="b"))
    assert (answer.valid, answer.key) == (True, OfferedKey(right, "b"))
    assert answer.candidates == ()


def test_without_kid_every_fitting_key_is_tried(keys: Mapping[str, Key]) -> None:
    signer, stranger = named(keys["ES256"], "k2"), parse_jwk({**STRANGER, "kid": "k1"})
    token = make(signer, {"alg": "ES256"})
    assert judge(token, offer(stranger, keys["Ed25519"], signer)).valid
    answer = judge(token[:-4] + "AAAA", offer(stranger, keys["Ed25519"], signer))
    assert check_of(answer, "signature").detail == "not by any of the 2 keys that fit"
    assert sorted(code for _kid, code in candidates_of(answer)) == ["alg_key_mismatch", *["signature_invalid"] * 2]


@pytest.mark.parametrize(("strangers", "valid", "left_out"), [(15, True, 0), (16, False, 1), (20, False, 5)])
def test_at_most_sixteen_keys_are_tried(keys: Mapping[str, Key], strangers: int, valid: bool, left_out: int) -> None:
    others = [parse_jwk({**STRANGER, "kid": f"k{number}"}) for number in range(strangers)]
    answer = judge(make(keys["ES256"], {"alg": "ES256"}), offer(*others, keys["ES256"]))
    assert answer.valid is valid
    note = f"{left_out} more keys fit and were not tried: at most 16 are"
    assert answer.notes == ((note,) if left_out else ())


def test_a_weak_secret_verifies_only_if_allowed() -> None:
    weak = parse_jwk({"kty": "oct", "k": base64url.encode(bytes(range(16)))})
    token = make(weak, {"alg": "HS256"})
    assert failed(judge(token, weak)) == {"signature": "key_too_weak"}
    allowed = judge(token, weak, policy=Policy(allow_weak_key=True))
    assert allowed.valid
    assert allowed.notes == (
        "the key of test is too weak, and was allowed to verify: the secret is 16 octets long, HS256 wants at least 32",
    )


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u"])
def test_a_key_that_the_token_brings_is_not_looked_at(keys: Mapping[str, Key], name: str) -> None:
    attacker = keys["ES256"]
    public = {member: value for member, value in attacker.members.items() if member != "d"}
    header = {"alg": "ES256", name: public if name == "jwk" else "http://127.0.0.1/jwks"}
    other = parse_jwk(STRANGER)
    assert failed(judge(make(attacker, header), other)) == {"signature": "signature_invalid"}
    assert failed(judge(make(attacker, header), offer())) == {"signature": "key_not_found"}


# crit, b64, typ


def test_crit_that_is_not_understood_fails_and_hides_the_claims(keys: Mapping[str, Key]) -> None:
    answer = judge(make(keys["HS256"], {"alg": "HS256", "crit": ["x"], "x": 1}), keys["HS256"])
    assert (failed(answer), answer.valid, answer.claims) == ({"crit": "crit_unsupported"}, False, None)
    good = judge(make(keys["HS256"], {"alg": "HS256", "crit": ["b64"], "b64": True}), keys["HS256"])
    assert (good.valid, check_of(good, "crit")) == (True, Check("crit", "ok"))


@pytest.mark.parametrize("header", [{"b64": False}, {"b64": False, "crit": ["b64"]}], ids=["alone", "critical"])
@pytest.mark.parametrize("payload", [json.dumps(CLAIMS), segment(CLAIMS)], ids=["raw", "encoded"])
def test_an_unencoded_payload_is_refused(keys: Mapping[str, Key], header: Mapping[str, Any], payload: str) -> None:
    protected = segment({"alg": "HS256", **header})
    value = signatures.sign("HS256", keys["HS256"], f"{protected}.{payload}".encode())
    token = json.dumps({"protected": protected, "payload": payload, "signature": segment(value)})
    answer = judge(token, keys["HS256"])
    assert (answer.valid, failed(answer)["crit"]) == (False, "b64_unsupported")
    assert check_of(answer, "signature").verdict == "ok"


# What is no compact JWS


def test_an_encrypted_token_has_no_signature() -> None:
    token = f"{segment({'alg': 'dir', 'enc': 'A128GCM'})}..AAAA.AAAA.AAAA"
    with pytest.raises(TokenIsJwe) as refusal:
        judge(token)
    assert refusal.value.message == "the token is encrypted (JWE), so there is no signature to verify"
    assert refusal.value.hint == "see --decrypt-key"


@pytest.mark.parametrize("header", [{}, {"alg": 1}, {"alg": ""}, {"alg": None}, {"alg": "HS256", "kid": 1}])
def test_a_header_with_impossible_types_is_unreadable(keys: Mapping[str, Key], header: Mapping[str, Any]) -> None:
    token = make(keys["HS256"], header, alg="HS256")
    with pytest.raises(HeaderBadType):
        judge(token, keys["HS256"])
