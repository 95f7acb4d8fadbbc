"""Payload + keys → JWE, in compact or JSON serialization (RFC 7516 §5.1, §7): only what `decrypt` would read.

The key decides `alg`: its own `alg`, else the first of `encryption_algorithms.PREFERRED` that it fits. That is
RSA-OAEP-256 for RSA, ECDH-ES+A256KW for EC and X25519/X448, A128KW to A256KW for a secret of that length, `dir` for a
secret of 384 or 512 bits, and PBES2-HS256+A128KW for a password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import strict_json
from jwtool.jose.encryption_algorithms import (
    CONTENT_ENCRYPTION,
    DEFAULT_ENC,
    KEY_MANAGEMENT,
    MAX_P2C,
    MIN_P2C,
    PREFERRED,
    encryption_for_key,
)
from jwtool.jose.encryption_fit import why_not
from jwtool.jose.errors import (
    HeaderBadType,
    HeaderTooLarge,
    InputError,
    InputTooLarge,
    UsageError,
    key_refusal,
)
from jwtool.jose.token import MAX_HEADER, MAX_TOKEN, check_header_types, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.jose.encryption_fit import Misfit
    from jwtool.jose.keys.key import Key

NEVER_SET = ("crit", "b64", "zip", "epk", "iv", "tag", "p2s")


class Target(NamedTuple):
    """A recipient: its key, and the `alg` that the content key is managed with for it."""

    key: Key
    alg: str


class Plan(NamedTuple):
    """Who can read the token, and what encrypts its content."""

    targets: tuple[Target, ...]
    enc: str


def choose(keys: Sequence[Key], *, algs: Sequence[str] = (), encs: Sequence[str] = ()) -> Plan:
    """The plan for these recipients, at least one; `algs` and `encs`, names of the tables, restrict it if not empty.

    The first `enc` that goes with every key is taken: A256GCM unless it is not allowed, or a `dir` key has another
    length. Raises the KeyRefused leaf of the first key that can't be used, with the reason of `why_not`.
    """
    misfit: Misfit | None = None
    for enc in encs or dict.fromkeys((DEFAULT_ENC, *CONTENT_ENCRYPTION)):
        targets = []
        for key in keys:
            found = _target(key, enc, algs, alone=len(keys) == 1)
            if not isinstance(found, Target):
                misfit = _nearer(misfit, found)
                break
            targets.append(found)
        else:
            return Plan(tuple(targets), enc)
    code, sentence = misfit or ("alg_key_mismatch", "no algorithm goes with the key")
    raise key_refusal(code, sentence)


def _target(key: Key, enc: str, algs: Sequence[str], *, alone: bool) -> Target | Misfit:
    misfit: Misfit | None = None
    for alg in algs or _own(key):
        found = why_not(key, alg, enc, operation="encrypt")
        row = KEY_MANAGEMENT.get(alg)
        if found is None and row is not None and row.is_direct and not alone:
            found = "alg_key_mismatch", f"{alg} serves one recipient only, and there are several"
        if found is None:
            return Target(key, alg)
        misfit = _nearer(misfit, found)
    return misfit or ("alg_key_mismatch", f"no encryption algorithm goes with a key of type {key.describe()}")


def _nearer(one: Misfit | None, other: Misfit) -> Misfit:
    """The first reason, unless a later one is about what the key may do: that no other algorithm could mend."""
    return other if one is None or (one[0] == "alg_key_mismatch" and other[0] != one[0]) else one


def _own(key: Key) -> tuple[str, ...]:
    """The algorithms to try for a key, by its own `alg`, else by its type and length."""
    if key.alg in CONTENT_ENCRYPTION:
        return ("dir",)
    if key.alg is not None:
        return (key.alg,)
    fitting = encryption_for_key(key.kty, key.crv, key.bits // 8)
    return tuple(alg for alg in fitting if alg in PREFERRED) if key.kty == "oct" else fitting


def build_header(payload: bytes, plan: Plan, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The header members that all recipients share: `enc`, `cty` of a payload that is a JWT, and the `extra` ones.

    Raises UsageError for members that the encryption itself writes, HeaderBadType for what no token may have.
    """
    extra = dict(extra or {})
    for name, option in (("alg", "--alg"), ("enc", "--enc")):
        if name in extra:
            raise UsageError(f"the header member '{name}' is chosen by the key, and by {option}", hint=f"{option} NAME")
    for name in NEVER_SET:
        if name in extra:
            raise UsageError(f"the header member '{name}' can't be set by hand")
    if "p2c" in extra:
        _check_rounds(extra["p2c"], plan)
    header = {"enc": plan.enc} | ({"cty": "JWT"} if is_signed(payload) else {}) | extra
    check_header_types({"alg": "dir"} | header)
    for name in ("apu", "apv"):
        if not isinstance(header.get(name, ""), str):
            raise HeaderBadType(f"'{name}' of the header must be a string")
    return header


def _check_rounds(count: Any, plan: Plan) -> None:
    if not any(KEY_MANAGEMENT[target.alg].family == "pbes2" for target in plan.targets):
        raise UsageError("the header member 'p2c' goes with a password only", hint="-k secret:env:NAME")
    if type(count) is not int or not MIN_P2C <= count <= MAX_P2C:
        raise UsageError(f"'p2c' must be a whole number from {MIN_P2C:,} to {MAX_P2C:,}", hint="-H p2c:=600000")


def is_signed(payload: bytes) -> bool:
    """Whether the payload is a JWS in compact serialization, which makes a nested JWT (RFC 7519 §5.2)."""
    try:
        token = parse(payload)
    except InputError:
        return False
    return token.kind == "JWS" and token.serialization == "compact"


def compact(payload: bytes, header: Mapping[str, Any], plan: Plan) -> str:
    """The token in compact serialization, for the one recipient of the plan; all of its header is protected.

    `header` is that of `build_header`. Raises HeaderTooLarge and InputTooLarge for a token that nobody would read.
    """
    from jwtool.jose import jwe_engine

    target = plan.targets[0]
    protected = {"alg": target.alg, **_named(target.key, header), **header}
    _check_size(protected)
    return _checked(jwe_engine.seal_compact(payload, protected, target.key))


def json_serialization(payload: bytes, header: Mapping[str, Any], plan: Plan) -> str:
    """The token in JSON: flattened for one recipient, with all of its header protected; general for several.

    `alg`, `kid` and what belongs to the algorithm stand in each recipient's own header where there are several.
    """
    from jwtool.jose import jwe_engine

    if len(plan.targets) == 1:
        names = ("protected", "encrypted_key", "iv", "ciphertext", "tag")
        parts = zip(names, compact(payload, header, plan).split("."), strict=True)
        return _checked(strict_json.dump({name: text for name, text in parts if text or name == "ciphertext"}))
    _check_size(header)
    recipients = [({"alg": one.alg, **_named(one.key, header)}, one.key) for one in plan.targets]
    whole = jwe_engine.seal_general(payload, header, recipients)
    return _checked(strict_json.dump(whole))


def _named(key: Key, header: Mapping[str, Any]) -> dict[str, Any]:
    return {"kid": key.kid} if key.kid is not None and "kid" not in header else {}


def _check_size(header: Mapping[str, Any]) -> None:
    size = len(strict_json.encode_compact(dict(header)))
    if size > MAX_HEADER // 2:
        raise HeaderTooLarge(f"the header would be {size:,} bytes long, at most {MAX_HEADER // 2:,} are written")


def _checked(token: str) -> str:
    if len(token) > MAX_TOKEN:
        raise InputTooLarge(f"the token would be {len(token):,} bytes long, at most {MAX_TOKEN:,} are read")
    return token
