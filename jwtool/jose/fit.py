"""Whether a key may serve an algorithm: the key decides, never the token (RFC 8725 §3.1, RFC 7517 §4.2 to §4.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from jwtool.jose.algorithms import ALGORITHMS, Algorithm, min_secret_octets, same_on_curve
from jwtool.jose.keys import secret_policy
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

Operation = Literal["verify", "sign"]
Misfit = tuple[str, str]

# How many of the operations of a key are named to the reader.
NAMED_OPERATIONS = 4


def why_not(key: Key, alg: str, *, operation: Operation, allow_weak: bool = False) -> Misfit | None:
    """None if `key` may `operation` with `alg`; else the reason's code and a sentence.

    What no other key of its owner could mend comes first: `alg_none`, `alg_unsupported`, then `alg_key_mismatch`,
    `key_not_private` (signing only), `key_use_mismatch`, `key_too_weak`. `allow_weak` lets a secret that is only
    short verify; it never signs, and no other weakness is forgiven. A private key verifies by its public half.
    """
    if alg.lower() == "none":
        return "alg_none", f"{quote(alg)} means that there is no signature; jwtool never accepts it"
    row = ALGORITHMS.get(alg)
    if row is None:
        return "alg_unsupported", f"{quote(alg)} is not a signature algorithm that jwtool knows"
    return (
        _mismatch(key, row)
        or _not_private(key, operation)
        or _wrong_use(key, operation)
        or _too_weak(key, row, operation, allow_weak=allow_weak and operation == "verify")
    )


def _mismatch(key: Key, row: Algorithm) -> Misfit | None:
    if key.kty != row.kty or (row.curves and key.crv not in row.curves):
        curves = f" on {' or '.join(row.curves)}" if row.curves else ""
        return "alg_key_mismatch", f"{row.name} needs an {row.kty} key{curves}, this is {key.describe()}"
    if key.alg is not None and not same_on_curve(key.alg, row.name, key.crv):
        return "alg_key_mismatch", f"the key is for {quote(key.alg)} only, by its 'alg', not for {row.name}"
    return None


def _not_private(key: Key, operation: Operation) -> Misfit | None:
    if operation == "sign" and not key.private:
        return "key_not_private", f"the key ({key.describe()}) is public, and only a private key can sign"
    return None


def _wrong_use(key: Key, operation: Operation) -> Misfit | None:
    if key.use is not None and key.use != "sig":
        return "key_use_mismatch", f"'use' of the key is {quote(key.use)}, wanted 'sig'"
    if key.key_ops is None or operation in key.key_ops:
        return None
    if operation == "verify" and key.kty != "oct" and key.private and "sign" in key.key_ops:
        return None
    named = ", ".join(quote(name) for name in key.key_ops[:NAMED_OPERATIONS]) or "nothing"
    return "key_use_mismatch", f"'key_ops' of the key allow {named}, wanted '{operation}'"


def _too_weak(key: Key, row: Algorithm, operation: Operation, *, allow_weak: bool) -> Misfit | None:
    if key.weakness is not None and not (allow_weak and key.is_short_secret):
        return "key_too_weak", key.weakness
    if row.family != "hmac" or allow_weak:
        return None
    if operation == "sign" and secret_policy.ONE_OCTET in key.remarks:
        return "key_too_weak", secret_policy.ONE_OCTET
    wanted, found = min_secret_octets(row), key.bits // 8
    if found < wanted:
        return "key_too_weak", f"the secret is {found} octets long, {row.name} wants at least {wanted}"
    return None
