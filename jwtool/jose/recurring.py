"""What recurs in many tokens: what `verify` says of a protected header, by a key, before it has seen the payload.

Only of the usual token, a compact JWS that one key on offer fits; any other is judged as a whole by `verify`, and this
file says None. Nothing is believed here: whether a signature verifies is asked of `verifies` for each token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose import signatures
from jwtool.jose.crit import judge_crit
from jwtool.jose.errors import InputError
from jwtool.jose.selection import Demand, candidates, select
from jwtool.jose.token import check_header_types
from jwtool.jose.verify import Judged, accepted, judge_header, of_its_issuer, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jwtool.jose.policy import Check
    from jwtool.jose.selection import OfferedKey, OfferedSet
    from jwtool.jose.token import UnverifiedToken
    from jwtool.jose.verify import Policy


class Said(NamedTuple):
    """What is said where the signature verifies, or doesn't; the checks before and after those of the claims."""

    judged: Judged
    before: tuple[Check, ...]
    after: tuple[Check, ...]


class Recurring(NamedTuple):
    """A header and the one key that fits it. `verifies` takes the octets that are signed, and the signature.

    `of_issuer` says that this holds of the tokens with the same `iss` alone: the keys of an issuer serve no others.
    """

    alg: str
    key: OfferedKey
    verifies: Callable[[bytes, bytes], bool]
    if_verified: Said
    if_not: Said
    of_issuer: bool


def recurring(token: UnverifiedToken, keys: Sequence[OfferedSet], policy: Policy) -> Recurring | None:
    """What holds of every compact JWS with the header of `token`; None if that is not for the header alone to say."""
    if token.kind != "JWS" or token.serialization != "compact" or token.detached or token.sd_jwt_parts:
        return None
    if policy.payload_only or policy.proof is not None or policy.claims.any_tenant:
        return None
    (signature,) = token.signatures
    try:
        check_header_types(signature.header)
    except InputError:
        return None
    alg: str = signature.header["alg"]
    demand = Demand(alg, signature.header.get("kid"), policy.algs, policy.allow_weak_key)
    offered = of_its_issuer(token, keys)
    selection = select(offered, demand)
    if len(selection.keys) != 1 or "b64" in signature.header:
        return None
    (key,) = selection.keys
    verifies = signatures.verifier(alg, key.key)
    if verifies is None:
        return None
    crit = judge_crit(signature)
    return Recurring(
        alg,
        key,
        verifies,
        _said(accepted(signature, crit, key), policy),
        _said(refused(signature, crit, selection, candidates(offered, demand)), policy),
        any(one.issuer is not None for one in keys),
    )


def _said(judged: Judged, policy: Policy) -> Said:
    return Said(judged, (judged.check, judged.crit), tuple(judge_header(judged, policy)))
