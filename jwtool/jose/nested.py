"""A token in a token: the JWE is decrypted, the JWS inside is verified (RFC 7519 §5.2, §7.2, RFC 8725 §3.3).

What was only decrypted is never verified: without a signature inside the answer is no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.decrypt import Decryption, decrypt
from jwtool.jose.errors import (
    AlgorithmKeyMismatch,
    AlgorithmUnsupported,
    CritUnsupported,
    InputError,
    KeyAmbiguous,
    KeyUseMismatch,
)
from jwtool.jose.policy import Check
from jwtool.jose.token import UnverifiedToken, parse
from jwtool.jose.verify import Policy, Verification, verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.selection import OfferedSet

BLANKS = b" \t\r\n"
JWT_TYPES = ("jwt", "application/jwt")
OF_THE_TOKEN = (AlgorithmKeyMismatch, AlgorithmUnsupported, CritUnsupported, KeyAmbiguous, KeyUseMismatch)
"""What a header can bring about that anyone may write: the answer is no then, as it is for a signed token."""


class Nested(NamedTuple):
    """The verification of what was inside, and the decryption that brought it out."""

    verification: Verification
    decryption: Decryption


def verify_nested(
    token: UnverifiedToken,
    decryption_keys: Sequence[OfferedSet],
    keys: Sequence[OfferedSet],
    policy: Policy,
    *,
    now: int,
) -> Nested:
    """Decrypt a JWE by `decryption_keys` and judge the JWS inside by `keys`, as `verify` does.

    A failed decryption, a key that can't do what the header says, and a payload that is no signed token are a failed
    check `signature`: decryption_failed, alg_key_mismatch and the like, signature_missing. Raises what else `decrypt`
    does; and the InputError of what was decrypted if the header says that it is a
    JWT and it can't be read as one.
    """
    decryption = _decrypted(token, decryption_keys)
    if decryption.plaintext is None:
        name = "crit" if decryption.code == CritUnsupported.code else "signature"
        check = Check(name, "failed", decryption.code, detail=decryption.detail)
        return Nested(_refused(decryption, check), decryption)
    inner = _inner(decryption, decryption.plaintext)
    if inner is None:
        detail = "the token was encrypted, but nothing in it is signed; anyone with the public key could have made it"
        return Nested(
            _refused(decryption, Check("signature", "failed", "signature_missing", detail=detail)), decryption
        )
    return Nested(verify(inner, keys, policy, now=now), decryption)


def _decrypted(token: UnverifiedToken, keys: Sequence[OfferedSet]) -> Decryption:
    try:
        return decrypt(token, keys)
    except OF_THE_TOKEN as error:
        if token.encrypted is None:
            raise
        return Decryption(None, None, token.encrypted.recipients[0].header, error.code, error.message)


def _inner(decryption: Decryption, plaintext: bytes) -> UnverifiedToken | None:
    """The signed token that was decrypted, None if it is none."""
    try:
        inner = parse(plaintext.strip(BLANKS))
    except InputError as error:
        if decryption.header.get("cty", "").lower() in JWT_TYPES:
            error.message = f"what was decrypted can't be read: {error.message}"
            raise
        return None
    return inner if inner.kind == "JWS" else None


def _refused(decryption: Decryption, check: Check) -> Verification:
    return Verification(
        valid=False,
        alg=None,
        key=None,
        checks=(check,),
        candidates=(),
        header=decryption.header,
        unprotected={},
    )
