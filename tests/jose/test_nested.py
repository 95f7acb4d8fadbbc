from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from jwtool.jose import base64url, encrypt, sign
from jwtool.jose.decrypt import FAILED_SENTENCE
from jwtool.jose.errors import InputError, KeyNotPrivate, TokenIsJws, TokenMalformed
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import public_half
from jwtool.jose.keyset import KeySet
from jwtool.jose.nested import Nested, verify_nested
from jwtool.jose.policy import Check
from jwtool.jose.selection import OfferedSet
from jwtool.jose.token import parse
from jwtool.jose.verify import Policy

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

READER, SIGNER = generate("ECDH-ES+A128KW", kid="reader"), generate("ES256", kid="signer")
CLAIMS = {"sub": "user-42"}
JWT = sign.compact(sign.encode_claims(CLAIMS), sign.build_header(SIGNER, "ES256"), SIGNER, "ES256").encode()
MISSING = "the token was encrypted, but nothing in it is signed; anyone with the public key could have made it"


def seal(payload: bytes, **extra: str) -> str:
    plan = encrypt.choose([READER])
    return encrypt.compact(payload, encrypt.build_header(payload, plan, extra), plan)


def run(token: str, *, reader: Key = READER, signer: Key = SIGNER) -> Nested:
    opening, judging = ([OfferedSet(KeySet((key,)), "test")] for key in (reader, signer))
    return verify_nested(parse(token), opening, judging, Policy(), now=0)


def test_what_was_signed_and_then_encrypted() -> None:
    for payload in (JWT, JWT + b"\n"):
        nested = run(seal(payload))
        assert (nested.verification.valid, nested.verification.claims) == (True, CLAIMS)
        assert (nested.verification.alg, nested.verification.header["kid"]) == ("ES256", "signer")
        assert nested.decryption.plaintext == payload


def test_signed_by_somebody_else() -> None:
    nested = run(seal(JWT), signer=generate("ES256", kid="signer"))
    assert (nested.verification.valid, nested.verification.claims) == (False, None)
    assert nested.verification.checks[0].code == "signature_invalid"


def test_encrypted_for_somebody_else() -> None:
    nested = run(seal(JWT), reader=generate("ECDH-ES+A128KW", kid="reader"))
    assert (nested.verification.valid, nested.verification.claims, nested.verification.alg) == (False, None, None)
    assert nested.verification.checks == (Check("signature", "failed", "decryption_failed", detail=FAILED_SENTENCE),)
    assert nested.decryption.key is None


def anew(token: str, **members: object) -> str:
    """The token with these members in its header: whoever sends it may write what he likes there."""
    header, _, rest = token.partition(".")
    changed = {**json.loads(base64url.decode(header)), **members}
    return f"{base64url.encode(json.dumps(changed).encode())}.{rest}"


@pytest.mark.parametrize(
    ("members", "name", "code"),
    [
        ({"alg": "RSA1_5"}, "signature", "alg_unsupported"),
        ({"alg": "none"}, "signature", "alg_unsupported"),
        ({"enc": "A256"}, "signature", "alg_unsupported"),
        ({"zip": "GZIP"}, "signature", "alg_unsupported"),
        ({"alg": "A128KW"}, "signature", "alg_key_mismatch"),
        ({"alg": "dir"}, "signature", "alg_key_mismatch"),
        ({"kid": "x"}, "signature", "decryption_failed"),
        ({"crit": ["x"], "x": 1}, "crit", "crit_unsupported"),
    ],
)
def test_what_the_header_asks_of_a_sound_key_is_answered_no(members: dict[str, object], name: str, code: str) -> None:
    nested = run(anew(seal(JWT), **members))
    assert (nested.verification.valid, nested.verification.claims) == (False, None)
    assert [(one.name, one.verdict, one.code) for one in nested.verification.checks] == [(name, "failed", code)]
    assert (nested.decryption.plaintext, nested.decryption.key) == (None, None)


def test_a_key_that_opens_nothing_is_an_error() -> None:
    with pytest.raises(KeyNotPrivate):
        run(seal(JWT), reader=public_half(READER))
    with pytest.raises(TokenIsJws):
        run(JWT.decode())


@pytest.mark.parametrize(
    "payload",
    [json.dumps(CLAIMS).encode(), b"", b"text", b"\xff", seal(JWT).encode()],
    ids=["claims", "nothing", "text", "binary", "encrypted twice"],
)
def test_decrypted_is_never_verified(payload: bytes) -> None:
    nested = run(seal(payload))
    assert nested.decryption.plaintext == payload
    assert (nested.verification.valid, nested.verification.claims, nested.verification.payload) == (False, None, None)
    assert nested.verification.checks == (Check("signature", "failed", "signature_missing", detail=MISSING),)


def test_the_key_that_encrypts_can_not_vouch_for_claims() -> None:
    """alg none inside: what anyone with the public key could make."""
    nested = run(seal(b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyLTQyIn0."))
    assert [check.code for check in nested.verification.checks if check.verdict == "failed"] == ["alg_none", "alg_none"]
    assert nested.verification.claims is None


@pytest.mark.parametrize("cty", ["JWT", "jwt", "application/jwt"])
def test_a_broken_token_inside(cty: str) -> None:
    with pytest.raises(InputError) as refusal:
        run(seal(JWT[:-1] + b"=", cty=cty))
    assert refusal.value.message.startswith("what was decrypted can't be read: ")
    with pytest.raises(TokenMalformed):
        run(seal(b"no token", cty=cty))
