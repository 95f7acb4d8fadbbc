from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jwtool.jose import base64url, encrypt
from jwtool.jose.decrypt import FAILED, FAILED_SENTENCE, MAX_PASSWORDS_TRIED, Decryption, Demand, decrypt
from jwtool.jose.encryption_fit import PASSWORD
from jwtool.jose.errors import (
    AlgorithmKeyMismatch,
    AlgorithmNotAllowed,
    AlgorithmUnsupported,
    JwtoolError,
    KeyAmbiguous,
    KeyNotFound,
    KeyNotPrivate,
    KeyUseMismatch,
    TokenIsJws,
    TokenMalformed,
)
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.key import Key
from jwtool.jose.keys.public import public_half
from jwtool.jose.keyset import KeySet
from jwtool.jose.selection import OfferedSet
from jwtool.jose.token import Encrypted, parse

EC = generate("ECDH-ES+A256KW", kid="k1")
PAYLOAD = b"payload"


def offer(*keys: Key, source: str = "test") -> list[OfferedSet]:
    return [OfferedSet(KeySet(keys), source)]


def seal(*keys: Key, **extra: Any) -> str:
    plan = encrypt.choose(keys)
    make = encrypt.compact if len(keys) == 1 else encrypt.json_serialization
    return make(PAYLOAD, encrypt.build_header(PAYLOAD, plan, extra), plan)


def run(token: str, *keys: Key, demand: Demand | None = None) -> Decryption:
    return decrypt(parse(token), offer(*keys), demand)


def renamed(key: Key, kid: str | None, **members: Any) -> Key:
    own = {name: value for name, value in key.members.items() if name != "kid"}
    return parse_jwk(own | ({} if kid is None else {"kid": kid}) | members)


def password(text: bytes) -> Key:
    return replace(parse_jwk({"kty": "oct", "k": base64url.encode(text)}), form=PASSWORD)


def test_a_token_for_the_key() -> None:
    done = run(seal(EC), EC)
    assert (done.plaintext, done.code, done.detail) == (PAYLOAD, None, "")
    assert done.key is not None
    assert (done.key.key, done.key.source) == (EC, "test")
    assert (done.header["alg"], done.header["kid"]) == ("ECDH-ES+A256KW", "k1")
    assert repr(done) == "<Decryption, done>"


def test_a_token_for_another_key() -> None:
    done = run(seal(EC), generate("ECDH-ES+A256KW", kid="k1"))
    assert (done.plaintext, done.key, done.code, done.detail) == (None, None, FAILED, FAILED_SENTENCE)
    assert repr(done) == "<Decryption, failed>"


def test_the_kid_of_the_token_names_the_key() -> None:
    other = generate("ECDH-ES+A256KW", kid="k2")
    assert run(seal(EC), other, EC).plaintext == PAYLOAD
    assert run(seal(EC), renamed(EC, None)).plaintext == PAYLOAD
    named_otherwise = run(seal(EC), renamed(EC, "k2"))
    assert (named_otherwise.code, named_otherwise.detail) == (FAILED, FAILED_SENTENCE)
    with pytest.raises(KeyNotPrivate):
        run(seal(EC), renamed(EC, "k2"), public_half(EC))
    with pytest.raises(KeyAmbiguous) as ambiguous:
        run(seal(EC), EC, renamed(other, "k1"))
    assert ambiguous.value.message == "several keys of test have the kid 'k1'"


def test_without_a_kid_every_fitting_key_is_tried() -> None:
    token = seal(renamed(EC, None))
    others = [generate("ECDH-ES+A256KW", crv=crv) for crv in ("P-256", "P-384", "X25519")]
    assert run(token, *others, EC).plaintext == PAYLOAD


def test_no_key_at_all() -> None:
    with pytest.raises(KeyNotFound) as refusal:
        run(seal(renamed(EC, None)))
    assert refusal.value.message == "there is no key on offer"


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (public_half(EC), KeyNotPrivate),
        (renamed(EC, "k1", use="sig"), KeyUseMismatch),
        (renamed(EC, "k1", alg="ECDH-ES"), AlgorithmKeyMismatch),
        (generate("A256KW", kid="k1"), AlgorithmKeyMismatch),
        (generate("RSA-OAEP", kid="k1"), AlgorithmKeyMismatch),
        (password(b"hunter2"), AlgorithmKeyMismatch),
    ],
    ids=lambda one: one.describe() if isinstance(one, Key) else one.code,
)
def test_a_key_of_the_wrong_kind(key: Key, error: type[JwtoolError]) -> None:
    with pytest.raises(error) as refusal:
        run(seal(EC), key)
    assert type(refusal.value) is error


def test_what_is_not_allowed() -> None:
    token = seal(EC)
    assert run(token, EC, demand=Demand(algs=("dir", "ECDH-ES+A256KW"), encs=("A256GCM",))).plaintext == PAYLOAD
    for demand, message in (
        (Demand(algs=("ECDH-ES",)), "alg 'ECDH-ES+A256KW' is not among those allowed"),
        (Demand(encs=("A128GCM",)), "enc 'A256GCM' is not among those allowed"),
        (Demand(algs=()), "alg 'ECDH-ES+A256KW' is not among those allowed"),
    ):
        with pytest.raises(AlgorithmNotAllowed) as refusal:
            run(token, EC, demand=demand)
        assert refusal.value.message == message


def test_a_header_that_is_demanded() -> None:
    token = seal(EC, typ="a", n=1)
    assert run(token, EC, demand=Demand(header={"typ": "a", "n": 1})).plaintext == PAYLOAD
    for wanted in ({"typ": "b"}, {"n": True}, {"absent": None}):
        done = run(token, EC, demand=Demand(header=wanted))
        (name,) = wanted
        assert (done.plaintext, done.code) == (None, "header_mismatch")
        assert done.detail == f"the header has not the '{name}' wanted"


def test_a_signed_token() -> None:
    with pytest.raises(TokenIsJws) as refusal:
        run("eyJhbGciOiJIUzI1NiJ9.e30.AAAA", EC)
    assert refusal.value.message == "the token is signed (JWS), not encrypted"


def test_recipients_that_disagree() -> None:
    token = parse(seal(EC, generate("A256KW", kid="k2")))
    assert token.encrypted is not None
    one, other = token.encrypted.recipients
    torn = other._replace(header={**other.header, "enc": "A128GCM"})
    with pytest.raises(TokenMalformed) as refusal:
        decrypt(token._replace(encrypted=token.encrypted._replace(recipients=(one, torn))), offer(EC))
    assert (
        refusal.value.message == "the recipients of the token disagree about 'enc', and the content is encrypted once"
    )


def test_a_recipient_that_nobody_supports_does_not_spoil_the_others() -> None:
    token = parse(seal(EC, generate("A256KW", kid="k2")))
    assert token.encrypted is not None
    one, other = token.encrypted.recipients
    old = other._replace(header={**other.header, "alg": "RSA1_5", "kid": "k1"})
    both = token._replace(encrypted=token.encrypted._replace(recipients=(old, one)))
    assert decrypt(both, offer(EC)).plaintext == PAYLOAD
    alone = token._replace(encrypted=token.encrypted._replace(recipients=(old,)))
    with pytest.raises(AlgorithmUnsupported):
        decrypt(alone, offer(EC))


def test_few_passwords_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    from jwtool.jose import jwe_engine

    tried: list[Key] = []

    def unseal(_message: Encrypted, _recipient: object, key: Key) -> None:
        tried.append(key)

    monkeypatch.setattr(jwe_engine, "unseal", unseal)
    token = seal(password(b"right"), p2c=1_000)
    wrong = [password(b"wrong %d" % number) for number in range(9)]
    assert run(token, *wrong).code == FAILED
    assert tried == wrong[:MAX_PASSWORDS_TRIED]


def test_at_most_sixteen_keys_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    from jwtool.jose import jwe_engine

    tried: list[Key] = []

    def unseal(_message: Encrypted, _recipient: object, key: Key) -> None:
        tried.append(key)

    monkeypatch.setattr(jwe_engine, "unseal", unseal)
    others = [renamed(generate("ECDH-ES+A256KW"), None) for _ in range(20)]
    assert run(seal(EC), *others).code == FAILED
    assert tried == others[:16]
