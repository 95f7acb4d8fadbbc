"""A token in a token: the JWE is decrypted, the JWS inside is verified (RFC 7519 §5.2, §7.2, RFC 8725 §3.3).

What was only decrypted is never verified: without a signature inside the answer is no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.decrypt import decrypt
from jwtool.jose.errors import InputError
from jwtool.jose.policy import Check
from jwtool.jose.token import UnverifiedToken, parse
from jwtool.jose.verify import Policy, Verification, verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.decrypt import Decryption
    from jwtool.jose.selection import OfferedSet

BLANKS = b" \t\r\n"
JWT_TYPES = ("jwt", "application/jwt")


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

    A failed decryption, and a payload that is no signed token, are a failed check `signature`: decryption_failed,
    signature_missing. Raises as `decrypt`; and the InputError of what was decrypted if the header says that it is a
    JWT and it can't be read as one.
    """
    decryption = decrypt(token, decryption_keys)
    if decryption.plaintext is None:
        check = Check("signature", "failed", decryption.code, detail=decryption.detail)
        return Nested(_refused(decryption, check), decryption)
    inner = _inner(decryption, decryption.plaintext)
    if inner is None:
        detail = "the token was encrypted, but nothing in it is signed; anyone with the public key could have made it"
        return Nested(
            _refused(decryption, Check("signature", "failed", "signature_missing", detail=detail)), decryption
        )
    return Nested(verify(inner, keys, policy, now=now), decryption)


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
