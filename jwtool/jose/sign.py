"""A payload + private keys → token, compact or as JSON (RFC 7515 §7): only what `verify` would read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import base64url, signatures, strict_json
from jwtool.jose.algorithms import ALGORITHMS, default_for, min_secret_octets
from jwtool.jose.errors import (
    AlgorithmKeyMismatch,
    AlgorithmUnknown,
    ClaimsMalformed,
    HeaderTooLarge,
    InputTooLarge,
    KeyNotPrivate,
    KeyRefused,
    KeyTooWeak,
    KeyUseMismatch,
    UsageError,
)
from jwtool.jose.fit import why_not
from jwtool.jose.policy import seconds
from jwtool.jose.quoting import quote
from jwtool.jose.token import MAX_HEADER, MAX_SIGNATURES, MAX_TOKEN, check_header_types
from jwtool.jose.typ import says_jwt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.jose.keys.key import Key

NUMERIC_DATES = ("exp", "nbf", "iat")
TEXTS = {"iss": "iss=https://auth.example", "sub": "sub=user-42", "jti": "jti=1"}
REFUSALS: Mapping[str, type[KeyRefused]] = {
    refusal.code: refusal for refusal in (KeyNotPrivate, AlgorithmKeyMismatch, KeyUseMismatch, KeyTooWeak)
}


class Signer(NamedTuple):
    """A key, the algorithm that it signs with, and the protected header that says so."""

    key: Key
    alg: str
    header: Mapping[str, Any]


def choose_alg(key: Key, wanted: str | None) -> str:
    """The `alg` to sign with: the wanted one, else the key's own, else the default of its type and curve.

    Raises AlgorithmUnknown for a wanted name that is not in the table (`none` never is), and as
    `check_can_sign` does if the key can't or may not be used so.
    """
    if wanted is not None and wanted not in ALGORITHMS:
        raise AlgorithmUnknown(
            f"{quote(wanted)} is no signature algorithm known here",
            hint=f"one of {', '.join(ALGORITHMS)}",
        )
    alg = wanted or key.alg or default_for(key.kty, key.crv, key.bits // 8)
    if alg is None and key.kty == "oct":
        least = min(min_secret_octets(row) for row in ALGORITHMS.values() if row.family == "hmac")
        raise KeyTooWeak(f"the secret is {key.bits // 8} bytes long, wanted at least {least}")
    if alg is None:
        raise AlgorithmKeyMismatch(f"a key of type {key.describe()} can't sign")
    check_can_sign(key, alg)
    return alg


def check_can_sign(key: Key, alg: str) -> None:
    """Return if `key` may sign with `alg`.

    Raises AlgorithmKeyMismatch (type, curve, or the key's own `alg`), KeyNotPrivate, KeyUseMismatch (`use`,
    `key_ops`) or KeyTooWeak.
    """
    reason = why_not(key, alg, operation="sign")
    if reason is not None:
        code, message = reason
        raise REFUSALS.get(code, AlgorithmKeyMismatch)(message)


def build_header(
    key: Key,
    alg: str,
    *,
    typ: str | None = "JWT",
    kid: str | None = None,
    extra: Mapping[str, Any] | None = None,
    unencoded: bool = False,
) -> dict[str, Any]:
    """The protected header: `alg`, `typ`, the `kid` asked for or the key's own, and over these the `extra` members.

    `unencoded` says that the payload is signed as it is, by `b64` and `crit` (RFC 7797 §3, §6).
    Raises UsageError for `crit` and `b64`, which would change what the token means, and for an unencoded JWT (RFC 7797
    §7); AlgorithmKeyMismatch for an `alg` that is not the one that the key signs with; HeaderBadType for members that
    no token may have so.
    """
    extra = extra or {}
    for name in ("crit", "b64"):
        if name in extra:
            raise UsageError(f"the header member '{name}' can't be set: it changes how the whole token is read")
    if extra.get("alg", alg) != alg:
        raise AlgorithmKeyMismatch(
            f"the header would say another alg than '{alg}', which the token is signed with",
            hint="choose it with --alg",
        )
    named = {"alg": alg, "typ": typ, "kid": kid if kid is not None else key.kid}
    header = {name: value for name, value in named.items() if value is not None} | dict(extra)
    if unencoded:
        if says_jwt(header.get("typ")):
            raise UsageError("a JWT is always encoded, and 'typ' says that this is one", hint="leave --unencoded out")
        header |= {"b64": False, "crit": ["b64"]}
    check_header_types(header)
    return header


def encode_claims(claims: Mapping[str, Any]) -> bytes:
    """The payload that holds these claims: compact UTF-8 JSON.

    Raises ClaimsMalformed if a registered claim has a type that it can't have (RFC 7519 §4.1), or for what JSON
    can't hold, or what no strict reader would take.
    """
    for name in NUMERIC_DATES:
        if name in claims and seconds(claims, name) is None:
            raise ClaimsMalformed(
                f"'{name}' must be a number of seconds, found {strict_json.kind_of(claims[name])}",
                hint=f"{name}:=1795556700",
            )
    for name, example in TEXTS.items():
        if name in claims and not isinstance(claims[name], str):
            raise ClaimsMalformed(
                f"'{name}' must be a string, found {strict_json.kind_of(claims[name])}",
                hint=example,
            )
    aud = claims.get("aud", "")
    if not isinstance(aud, str) and not (isinstance(aud, list) and all(isinstance(one, str) for one in aud)):
        what = "a list with other things in it" if isinstance(aud, list) else strict_json.kind_of(aud)
        raise ClaimsMalformed(f"'aud' must be a string or a list of strings, found {what}", hint="aud=api")
    return strict_json.encode_compact(dict(claims))


def compact(payload: bytes, header: Mapping[str, Any], key: Key, alg: str, *, detached: bool = False) -> str:
    """The signed token. `payload` is signed as it is: claims come through `encode_claims`. The header says `alg`.

    With `detached` the token holds no payload (RFC 7515 §F). Raises as `check_can_sign` does; HeaderTooLarge and
    InputTooLarge for a token that no `verify` would take; UsageError for one that is unencoded and not detached.
    """
    protected, signature = _sign(payload, Signer(key, alg, header), detached=detached)
    return _fitting(f"{protected}.{'' if detached else base64url.encode(payload)}.{signature}")


def as_json(payload: bytes, signers: Sequence[Signer], *, detached: bool = False) -> str:
    """The token as JSON: flattened for one signer, general for several (RFC 7515 §7.2). Raises as `compact` does.

    The signers must agree on `b64`, else UsageError (RFC 7797 §3). All headers are protected.
    """
    if len(signers) > MAX_SIGNATURES:
        raise UsageError(f"{len(signers)} keys were given to sign with, at most {MAX_SIGNATURES} signatures are read")
    if len({_is_unencoded(signer.header) for signer in signers}) > 1:
        raise UsageError("the signatures would disagree about 'b64', and so about what the payload is")
    signed = [_sign(payload, signer, detached=detached) for signer in signers]
    entries = [{"protected": protected, "signature": signature} for protected, signature in signed]
    members: dict[str, Any] = {} if detached else {"payload": base64url.encode(payload)}
    return _fitting(strict_json.dump(members | (entries[0] if len(entries) == 1 else {"signatures": entries})))


def _sign(payload: bytes, signer: Signer, *, detached: bool) -> tuple[str, str]:
    """The protected header and the signature, as the token spells them."""
    check_can_sign(signer.key, signer.alg)
    unencoded = _is_unencoded(signer.header)
    if unencoded and not detached:
        raise UsageError("a payload that is not encoded must be detached", hint="add --detached")
    protected = strict_json.encode_compact({**signer.header, "alg": signer.alg})
    if len(protected) > MAX_HEADER:
        raise HeaderTooLarge(f"the header would be {len(protected):,} bytes long, at most {MAX_HEADER:,} are read")
    first = base64url.encode(protected)
    signing_input = f"{first}.".encode() + (payload if unencoded else base64url.encode(payload).encode())
    return first, base64url.encode(signatures.sign(signer.alg, signer.key, signing_input))


def _is_unencoded(header: Mapping[str, Any]) -> bool:
    return header.get("b64") is False


def _fitting(token: str) -> str:
    if len(token) > MAX_TOKEN:
        raise InputTooLarge(f"the token would be {len(token):,} bytes long, at most {MAX_TOKEN:,} are read")
    return token
