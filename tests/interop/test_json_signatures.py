"""JSON serializations, detached and unencoded payloads, with jwcrypto in both directions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jwcrypto import jwk, jws

from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_jwk
from jwtool.jose.keyset import parse_jwks
from jwtool.jose.sign import Signer, as_json, build_header, compact
from jwtool.jose.token import attach, parse
from jwtool.jose.verify import OfferedSet, Policy, verify

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

ALGS = ("ES256", "RS256")
PAYLOADS = [b"$.02", b"a.b..c", "Zoë\n".encode(), b'{"sub":"x"}']
FORMS = [
    (count, detached, unencoded)
    for count in (1, 2)
    for detached, unencoded in ((False, False), (True, False), (True, True))
]
forms = pytest.mark.parametrize(
    ("count", "detached", "unencoded"),
    FORMS,
    ids=[f"{count}{'-detached' * detached}{'-unencoded' * unencoded}" for count, detached, unencoded in FORMS],
)
payloads = pytest.mark.parametrize("payload", PAYLOADS, ids=repr)


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, Key]]:
    return [(alg, generate(alg)) for alg in ALGS]


def theirs(key: Key, *, private: bool) -> Any:
    return jwk.JWK(**to_jwk(key, private=private))


def believed(token: str, pairs: list[tuple[str, Key]], payload: bytes | None) -> bytes | None:
    parsed = parse(token)
    whole = parsed if payload is None else attach(parsed, payload)
    keys = OfferedSet(parse_jwks({"keys": [to_jwk(key, private=False) for _, key in pairs]}), "test")
    return verify(whole, [keys], Policy(payload_only=True, all_signatures=True), now=0).payload


@forms
@payloads
def test_they_believe_ours(
    pairs: list[tuple[str, Key]], payload: bytes, count: int, detached: bool, unencoded: bool
) -> None:
    signers = [Signer(key, alg, build_header(key, alg, typ=None, unencoded=unencoded)) for alg, key in pairs[:count]]
    tokens = [as_json(payload, signers, detached=detached)]
    if count == 1:
        tokens.append(compact(payload, signers[0].header, signers[0].key, signers[0].alg, detached=detached))
    for token in tokens:
        for _alg, key in pairs[:count]:
            read = jws.JWS()
            read.deserialize(token)
            read.verify(theirs(key, private=False), detached_payload=payload if detached else None)
            assert read.is_valid
            other = jws.JWS()
            other.deserialize(token)
            with pytest.raises(jws.InvalidJWSSignature):
                other.verify(theirs(generate("ES256"), private=False), detached_payload=payload if detached else None)


@forms
@payloads
def test_we_believe_theirs(
    pairs: list[tuple[str, Key]], payload: bytes, count: int, detached: bool, unencoded: bool
) -> None:
    made = jws.JWS(payload)
    for alg, key in pairs[:count]:
        header = {"alg": alg, "kid": key.kid} | ({"b64": False, "crit": ["b64"]} if unencoded else {})
        made.add_signature(theirs(key, private=True), alg, protected=json.dumps(header))
    if detached:
        made.detach_payload()
    tokens = [made.serialize()]
    if count == 1:
        tokens.append(made.serialize(compact=True))
    for token in tokens:
        given = payload if detached else None
        assert believed(token, pairs, given) == payload
        if detached:
            assert believed(token, pairs, payload + b"\n") is None
