"""JWK: a JSON object becomes a `Key`, if it is one and passes the key policy (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).

Public keys but those of ML-DSA are read without importing `cryptography`, so that a key set costs a few milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.errors import KeyMalformed, KeyUnsupported
from jwtool.jose.keys import curve_policy, rsa_policy, secret_policy, x5c
from jwtool.jose.keys.key import Key
from jwtool.jose.keys.members import json_type, read_text
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.members import Material


def _judge_akp(jwk: Mapping[str, Any]) -> Material:
    from jwtool.jose.keys import akp_policy

    return akp_policy.judge(jwk)


JUDGES = {
    "RSA": rsa_policy.judge,
    "EC": curve_policy.judge_ec,
    "OKP": curve_policy.judge_okp,
    "oct": secret_policy.judge,
    "AKP": _judge_akp,
}

# The members that make a key of each type, public and private; those of one type have no place in another.
MATERIAL_MEMBERS: Mapping[str, frozenset[str]] = {
    "RSA": frozenset({"n", "e", "d", "p", "q", "dp", "dq", "qi", "oth"}),
    "EC": frozenset({"crv", "x", "y", "d"}),
    "OKP": frozenset({"crv", "x", "d"}),
    "oct": frozenset({"k"}),
    "AKP": frozenset({"pub", "priv"}),
}

# What may stand beside the material (RFC 7517 §4); every other member is dropped.
TEXT_MEMBERS = ("kid", "alg", "use", "x5u", "x5t", "x5t#S256")
COMMON_MEMBERS = (*TEXT_MEMBERS[:3], "key_ops", *TEXT_MEMBERS[3:], "x5c")

# When a key of a private set signs; not judged by `verify`, and what is no number is dropped.
TIME_MEMBERS = ("iat", "nbf", "exp")

SIGNING_OPERATIONS = frozenset({"sign", "verify"})
ENCRYPTION_OPERATIONS = frozenset({"encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits"})


def parse_jwk(jwk: Mapping[str, Any], *, form: str = "jwk", certificates: tuple[bytes, ...] = ()) -> Key:
    """The key that a JWK describes; `form` and DER `certificates` are kept for a key that was read from elsewhere.

    Raises KeyUnsupported for a key type or curve that jwtool does not know, KeyMalformed for anything that the
    RFCs forbid or that contradicts itself. A key that is only too weak comes back with its `weakness`.
    """
    kty = _read_kty(jwk)
    for name in TEXT_MEMBERS:
        if name in jwk:
            read_text(jwk, name)
    operations = _read_key_ops(jwk)
    for other, names in MATERIAL_MEMBERS.items():
        strangers = sorted(name for name in names - MATERIAL_MEMBERS[kty] if name in jwk)
        if strangers:
            raise KeyMalformed(f"the {kty} key has the member '{strangers[0]}', which belongs to {other} keys")
    material = JUDGES[kty](jwk)
    _judge_alg(jwk.get("alg"), kty, material.crv)
    _judge_use(jwk.get("use"), operations or ())
    chain, remarks = x5c.judge(jwk)
    return Key(
        kty=kty,
        crv=material.crv,
        bits=material.bits,
        private=material.private,
        members={"kty": kty} | material.members | _read_common(jwk),
        kid=jwk.get("kid"),
        alg=jwk.get("alg"),
        use=jwk.get("use"),
        key_ops=operations,
        form=form,
        weakness=material.weakness,
        remarks=material.remarks + remarks,
        certificates=certificates or chain,
        issuer=issuer if isinstance(issuer := jwk.get("issuer"), str) else None,
    )


def _read_common(jwk: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: jwk[name] for name in COMMON_MEMBERS if name in jwk}
    times = {name: jwk[name] for name in TIME_MEMBERS if type(jwk.get(name)) in {int, float}}
    return kept | times


def _read_kty(jwk: Mapping[str, Any]) -> str:
    kty = read_text(jwk, "kty")
    if kty in JUDGES:
        return kty
    meant = next((known for known in JUDGES if known.lower() == kty.lower()), None)
    hint = f"write '{meant}', key types are case-sensitive" if meant else None
    raise KeyUnsupported(f"the key type {quote(kty)} is not supported, wanted {', '.join(JUDGES)}", hint=hint)


def _read_key_ops(jwk: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The operations, None if the key does not restrict them (RFC 7517 §4.3)."""
    if "key_ops" not in jwk:
        return None
    operations = jwk["key_ops"]
    if not isinstance(operations, list):
        raise KeyMalformed(f"'key_ops' of the key must be an array, found {json_type(operations)}")
    for operation in operations:
        if not isinstance(operation, str):
            raise KeyMalformed(f"'key_ops' of the key must hold text only, found {json_type(operation)}")
    if len(set(operations)) < len(operations):
        raise KeyMalformed("'key_ops' of the key names an operation twice")
    return tuple(operations)


def _judge_alg(alg: str | None, kty: str, crv: str | None) -> None:
    """Refuse an `alg` that jwtool knows and that this key can't serve; one it doesn't know fits nothing later."""
    types, curves = _fitting(alg) if alg else ((), ())
    if types and (kty not in types or (curves and crv not in curves)):
        raise KeyMalformed(f"'alg' of the key is {alg}, which is not for a key of type {kty} {crv or ''}".rstrip())


def _fitting(alg: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The key types and the curves of an algorithm of either table; nothing for one that is in none."""
    if alg in ALGORITHMS:
        return (ALGORITHMS[alg].kty,), ALGORITHMS[alg].curves
    from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT

    if alg in CONTENT_ENCRYPTION:
        return ("oct",), ()
    row = KEY_MANAGEMENT.get(alg)
    return ((), ()) if row is None else (row.kty, row.curves)


def _judge_use(use: str | None, operations: tuple[str, ...]) -> None:
    """Refuse operations that contradict the `use` (RFC 7517 §4.3)."""
    against = {"sig": ENCRYPTION_OPERATIONS, "enc": SIGNING_OPERATIONS}.get(use or "", frozenset())
    contradiction = next((operation for operation in operations if operation in against), None)
    if contradiction is not None:
        raise KeyMalformed(f"'use' of the key is '{use}', but its 'key_ops' name '{contradiction}'")
