"""Key sets in the shapes that providers publish, and tokens in the shapes that they sign, over keys of our own."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import sign
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_der, to_jwk
from jwtool.jose.keyset import parse_jwks
from jwtool.jose.token import parse
from jwtool.jose.verify import OfferedSet, Policy, Verification, verify

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

NOW = 1_795_556_400
CLAIMS = {"sub": "user-42", "exp": NOW + 300}


@pytest.fixture(scope="module")
def rsa() -> Key:
    return generate("RS256")


@pytest.fixture(scope="module")
def other_rsa() -> Key:
    return generate("RS256")


def numbers(key: Key) -> dict[str, Any]:
    """Only what makes the public RSA key."""
    return {name: value for name, value in to_jwk(key, private=False).items() if name in {"kty", "n", "e"}}


def certificate(key: Key) -> bytes:
    """A self-signed certificate of the key, DER, as providers put it into x5c."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    private: Any = serialization.load_der_private_key(to_der(key, private=True), None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "auth.example")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start + dt.timedelta(days=3650))
    return builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def thumb(der: bytes, name: str) -> str:
    return base64.urlsafe_b64encode(hashlib.new(name, der).digest()).rstrip(b"=").decode()


def token(key: Key, header: dict[str, Any]) -> str:
    return sign.compact(sign.encode_claims(CLAIMS), {"alg": "RS256", **header}, key, "RS256")


def judged(document: dict[str, Any], text: str) -> Verification:
    keyset = parse_jwks(json.loads(json.dumps(document)))
    return verify(parse(text), [OfferedSet(keyset, "https://auth.example/jwks.json")], Policy(), now=NOW)


def test_google(rsa: Key, other_rsa: Key) -> None:
    shape = {"alg": "RS256", "use": "sig"}
    document = {"keys": [{**shape, "kid": "g2", **numbers(other_rsa)}, {**shape, "kid": "g1", **numbers(rsa)}]}
    assert judged(document, token(rsa, {"kid": "g1", "typ": "JWT"})).claims == CLAIMS


def test_entra_has_no_alg_and_an_issuer_a_key(rsa: Key, other_rsa: Key) -> None:
    def entry(key: Key) -> dict[str, Any]:
        der = certificate(key)
        kid = thumb(der, "sha1")
        x5c = [base64.b64encode(der).decode()]
        issuer = "https://login.example/{tenantid}/v2.0"
        return {"use": "sig", "kid": kid, "x5t": kid, "x5c": x5c, "issuer": issuer, **numbers(key)}

    document = {"keys": [entry(other_rsa), entry(rsa)]}
    kid = document["keys"][1]["kid"]
    assert judged(document, token(rsa, {"typ": "JWT", "x5t": kid, "kid": kid})).claims == CLAIMS


def test_keycloak_has_an_encryption_key_beside(rsa: Key, other_rsa: Key) -> None:
    def entry(key: Key, alg: str, use: str) -> dict[str, Any]:
        der = certificate(key)
        chain = {"x5c": [base64.b64encode(der).decode()], "x5t": thumb(der, "sha1"), "x5t#S256": thumb(der, "sha256")}
        return {"kid": f"kc-{use}", "alg": alg, "use": use, **chain, **numbers(key)}

    document = {"keys": [entry(other_rsa, "RSA-OAEP", "enc"), entry(rsa, "RS256", "sig")]}
    assert judged(document, token(rsa, {"typ": "JWT", "kid": "kc-sig"})).claims == CLAIMS
    without_kid = judged(document, token(rsa, {"typ": "JWT"}))
    assert without_kid.key is not None
    assert without_kid.key.key.kid == "kc-sig"
    by_encryption_key = judged(document, token(other_rsa, {"typ": "JWT", "kid": "kc-enc"}))
    assert [check.code for check in by_encryption_key.checks if check.name == "signature"] == ["alg_key_mismatch"]


def test_auth0(rsa: Key) -> None:
    der = certificate(rsa)
    chain = {"x5t": thumb(der, "sha1"), "x5c": [base64.b64encode(der).decode()]}
    document = {"keys": [{"kty": "RSA", "use": "sig", **numbers(rsa), "kid": "a0", **chain, "alg": "RS256"}]}
    assert judged(document, token(rsa, {"typ": "JWT", "kid": "a0"})).claims == CLAIMS


def test_a_set_with_an_unknown_type_a_newer_curve_and_a_broken_key(rsa: Key) -> None:
    strangers = [
        {"kty": "AKP", "alg": "SLH-DSA-SHA2-128s", "kid": "pq", "pub": "AAAA"},
        {"kty": "EC", "crv": "P-999", "kid": "new", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "kid": "broken", "x": "AA", "y": "AA"},
        None,
    ]
    document = {"keys": [*strangers, {"kid": "r", **numbers(rsa)}]}
    assert judged(document, token(rsa, {"kid": "r"})).claims == CLAIMS
    keyset = parse_jwks(json.loads(json.dumps(document)))
    assert [(one.kid, one.code) for one in keyset.skipped] == [
        ("pq", "key_unsupported"),
        ("new", "key_unsupported"),
        ("broken", "key_malformed"),
        (None, "key_malformed"),
    ]
