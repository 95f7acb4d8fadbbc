"""`jwtool.jose.dpop`: a proof is sound, by the key that the token names, and for this token (RFC 9449 §4.3)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url, signatures, strict_json
from jwtool.jose.dpop import Proof, hash_of, judge_binding
from jwtool.jose.keys.public import to_jwk
from jwtool.jose.keyset import KeySet, thumbprint
from jwtool.jose.policy import Check
from jwtool.jose.token import parse
from jwtool.jose.verify import OfferedSet, Policy, Verification, verify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.key import Key

NOW = 1_000_000
ACCESS = "eyJ.access.token"
CLAIMS = {"jti": "1", "htm": "POST", "htu": "https://api.example/orders", "iat": NOW, "ath": hash_of(ACCESS.encode())}


def segment(value: object) -> str:
    return base64url.encode(value if isinstance(value, bytes) else strict_json.encode_compact(value))


def public(key: Key) -> dict[str, Any]:
    return {name: value for name, value in to_jwk(key, private=False).items() if name in {"kty", "crv", "x", "y"}}


class Proofs:
    """Makes proofs by a key, sound ones but for what a test changes; None leaves a member out."""

    def __init__(self, key: Key, other: Key) -> None:
        self.key, self.other = key, other

    def make(self, *, by: Key | None = None, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        members = {"typ": "dpop+jwt", "alg": "ES256", "jwk": public(self.key), **(header or {})}
        parts = [{n: v for n, v in one.items() if v is not None} for one in (members, CLAIMS | claims)]
        signed = ".".join(segment(part) for part in parts)
        return f"{signed}.{segment(signatures.sign('ES256', by or self.key, signed.encode()))}"

    def judge(self, proof: str, *, bound: Any = None, now: int = NOW, leeway: int = 0, access: str = ACCESS) -> Check:
        claims = {"cnf": {"jkt": thumbprint(self.key)}} if bound is None else bound
        return judge_binding(claims, Proof(parse(proof), access, leeway), now=now)


@pytest.fixture
def proofs(keys: Mapping[str, Key]) -> Proofs:
    return Proofs(keys["ES256"], keys["ES384"])


HEADER_OF_RFC_9449 = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
    "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
)
FIGURE_2 = (
    f"{HEADER_OF_RFC_9449}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGU"
    "uY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70"
    "nfbV37xRZT3Lg"
)
FIGURE_13 = (
    f"{HEADER_OF_RFC_9449}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGx"
    "lLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NB"
    "cWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)


def test_the_proofs_of_rfc_9449() -> None:
    """Its access token of figure 13, and the thumbprint of figure 8; the proof of figure 2 is for no access token."""
    access, jkt = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    claims, now = {"cnf": {"jkt": jkt}}, 1_562_262_618
    ok = judge_binding(claims, Proof(parse(FIGURE_13), access), now=now)
    assert ok == Check("cnf", "ok", wanted=jkt, found=jkt)
    assert judge_binding(claims, Proof(parse(FIGURE_2), access), now=now).code == "ath_mismatch"
    assert judge_binding(claims, Proof(parse(FIGURE_13[:-4] + "AAAA"), access), now=now).code == "dpop_proof_invalid"


def test_a_sound_proof(proofs: Proofs) -> None:
    jkt = thumbprint(proofs.key)
    assert proofs.judge(proofs.make()) == Check("cnf", "ok", wanted=jkt, found=jkt)
    assert proofs.judge(proofs.make(header={"kid": "any", "typ": "application/DPOP+JWT"})).verdict == "ok"
    assert repr(Proof(parse(proofs.make()), ACCESS)) == "<Proof>"


@pytest.mark.parametrize(
    ("bound", "code", "detail"),
    [
        ({}, "claim_missing", "the token has no cnf.jkt"),
        ({"cnf": {}}, "claim_missing", "the token has no cnf.jkt"),
        ({"cnf": {"x5t#S256": "x"}}, "claim_missing", "the token has no cnf.jkt"),
        ({"cnf": None}, "claim_bad_type", "must be an object, found null"),
        ({"cnf": "x"}, "claim_bad_type", "must be an object, found a string"),
        ({"cnf": []}, "claim_bad_type", "must be an object, found a list"),
        ({"cnf": {"jkt": 1}}, "claim_bad_type", "jkt of cnf must be a string, found a number"),
        ({"cnf": {"jkt": None}}, "claim_bad_type", "jkt of cnf must be a string, found null"),
        ({"cnf": {"jkt": ""}}, "cnf_mismatch", "the token is bound to another key than the proof's"),
        ({"cnf": {"jkt": "é"}}, "cnf_mismatch", "the token is bound to another key than the proof's"),
    ],
    ids=str,
)
def test_a_token_that_is_bound_to_no_key_or_another(proofs: Proofs, bound: Any, code: str, detail: str) -> None:
    found = proofs.judge(proofs.make(), bound=bound)
    assert (found.verdict, found.code, found.detail) == ("failed", code, detail)


@pytest.mark.parametrize(
    ("header", "claims", "detail"),
    [
        ({"typ": None}, {}, "typ: the token has no typ"),
        ({"typ": "JWT"}, {}, "typ: typ_mismatch"),
        ({"jwk": None}, {}, "signature: no key on offer can be used: the proof brings no jwk in its protected header"),
        ({"crit": ["x"], "x": 1}, {}, "crit: only who understands 'x' may believe the token"),
        ({}, {"jti": None}, "require:jti: the token has no jti"),
        ({}, {"htm": None}, "require:htm: the token has no htm"),
        ({}, {"htu": None}, "require:htu: the token has no htu"),
        ({}, {"iat": None}, "iat: the token has no iat"),
        ({}, {"exp": NOW}, "exp: expired now, 1970-01-12 13:46:40 UTC"),
    ],
    ids=str,
)
def test_a_proof_that_is_not_sound(
    proofs: Proofs, header: Mapping[str, Any], claims: Mapping[str, Any], detail: str
) -> None:
    found = proofs.judge(proofs.make(header=header, **claims))
    assert (found.code, found.detail) == ("dpop_proof_invalid", f"the proof is not sound: {detail}")


@pytest.mark.parametrize("name", ["jti", "htm", "htu"])
@pytest.mark.parametrize("value", [1, ["POST"], {}, True])
def test_a_claim_of_a_proof_that_is_no_string(proofs: Proofs, name: str, value: Any) -> None:
    found = proofs.judge(proofs.make(**{name: value}))
    assert (found.code, found.detail) == ("dpop_proof_invalid", f"the {name} of the proof is no string")


@pytest.mark.parametrize(
    ("iat", "leeway", "good"),
    [(-300, 0, True), (-301, 0, False), (-310, 10, True), (0, 0, True), (1, 0, False), (10, 10, True), (11, 10, False)],
)
def test_a_proof_is_of_the_last_five_minutes(proofs: Proofs, iat: int, leeway: int, good: bool) -> None:
    found = proofs.judge(proofs.make(iat=NOW + iat), leeway=leeway)
    assert found.code == (None if good else "dpop_proof_invalid")


@pytest.mark.parametrize("ath", [None, "", 1, "x", "é", hash_of(b"another"), hash_of(ACCESS.encode()) + "="])
def test_a_proof_for_another_access_token(proofs: Proofs, ath: Any) -> None:
    assert proofs.judge(proofs.make(ath=ath)).code == "ath_mismatch"


def test_the_hash_is_of_the_token_as_it_was_sent(proofs: Proofs) -> None:
    assert proofs.judge(proofs.make(), access=f"{ACCESS} ").code == "ath_mismatch"


def test_the_jwk_of_a_proof_is_a_key_of_its_own_kind(proofs: Proofs, keys: Mapping[str, Key]) -> None:
    """Forged by whoever has another key, or with a key that anyone could have made."""
    private = {**public(proofs.key), "d": proofs.key.members["d"]}
    weak = {"kty": "RSA", "n": segment(bytes([0xC1] * 128)), "e": "AQAB"}
    secret = {"kty": "oct", "k": segment(bytes(range(32)))}
    for jwk in (private, weak, secret, {}, {"kty": "EC"}, {**public(proofs.key), "y": public(proofs.key)["x"]}):
        assert proofs.judge(proofs.make(header={"jwk": jwk})).code == "dpop_proof_invalid"
    stolen = proofs.make(by=proofs.key, header={"jwk": to_jwk(keys["Ed25519"], private=False)})
    assert proofs.judge(stolen).code == "dpop_proof_invalid"


def test_an_hmac_over_a_proof_by_its_own_secret(proofs: Proofs, keys: Mapping[str, Key]) -> None:
    secret = keys["HS256"]
    header = {"typ": "dpop+jwt", "alg": "HS256", "jwk": dict(secret.members)}
    signed = f"{segment(header)}.{segment(CLAIMS)}"
    proof = f"{signed}.{segment(signatures.sign('HS256', secret, signed.encode()))}"
    bound = {"cnf": {"jkt": thumbprint(secret)}}
    assert proofs.judge(proof, bound=bound).code == "dpop_proof_invalid"


def test_an_unsigned_proof(proofs: Proofs) -> None:
    header = {"typ": "dpop+jwt", "alg": "none", "jwk": public(proofs.key)}
    assert proofs.judge(f"{segment(header)}.{segment(CLAIMS)}.").code == "dpop_proof_invalid"


def test_a_jwk_that_is_not_protected_is_not_looked_at(proofs: Proofs) -> None:
    first, payload, value = proofs.make(header={"jwk": None}).split(".")
    members = {"protected": first, "header": {"jwk": public(proofs.key)}, "payload": payload, "signature": value}
    assert proofs.judge(json.dumps(members)).code == "dpop_proof_invalid"


class TestInVerify:
    """The policy's `proof` makes the check `cnf`, beside all others."""

    def verify(self, proofs: Proofs, claims: Mapping[str, Any], *, proof: bool = True) -> Verification:
        issuer = proofs.other
        signed = f"{segment({'alg': 'ES384'})}.{segment(claims)}"
        token = f"{signed}.{segment(signatures.sign('ES384', issuer, signed.encode()))}"
        sound = proofs.make(ath=hash_of(token.encode()))
        policy = Policy(proof=Proof(parse(sound), token) if proof else None)
        return verify(parse(token), [OfferedSet(KeySet((issuer,)), "test")], policy, now=NOW)

    def test_bound(self, proofs: Proofs) -> None:
        answer = self.verify(proofs, {"cnf": {"jkt": thumbprint(proofs.key)}})
        assert (answer.valid, answer.checks[-1].name) == (True, "cnf")

    def test_bound_to_another(self, proofs: Proofs) -> None:
        answer = self.verify(proofs, {"cnf": {"jkt": thumbprint(proofs.other)}})
        assert (answer.valid, answer.claims, answer.checks[-1].code) == (False, None, "cnf_mismatch")

    def test_without_a_proof_it_is_said_that_one_is_due(self, proofs: Proofs) -> None:
        answer = self.verify(proofs, {"cnf": {"jkt": thumbprint(proofs.other)}}, proof=False)
        detail = "bound to a key; the proof was not demanded"
        assert (answer.valid, answer.checks[-1]) == (True, Check("cnf", "skipped", detail=detail))

    @pytest.mark.parametrize("claims", [{}, {"cnf": None}, {"cnf": []}, {"cnf": "jkt"}, {"cnf": {"jwk": {}}}], ids=str)
    def test_of_a_token_that_no_proof_goes_with_nothing_is_said(self, proofs: Proofs, claims: Any) -> None:
        answer = self.verify(proofs, claims, proof=False)
        assert (answer.valid, [one.name for one in answer.checks if one.name == "cnf"]) == (True, [])
