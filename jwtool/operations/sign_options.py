"""Which options of `sign` go together: this file is what refuses the others, before a key is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.bad import OF_CLAIMS, SIGNED_KINDS, check_kind
from jwtool.jose.errors import UsageError
from jwtool.operations.demand import known_algorithm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from jwtool.operations.sign_token import Wanted

CERTIFICATE_MEMBERS = ("x5c", "x5t#S256")


def refuse_contradictions(argument: str | None, wanted: Wanted) -> None:
    """Raise UsageError for options that exclude each other, CLAIMS (`argument`) among them, or name what is unknown."""
    if wanted.alg is not None:
        known_algorithm(wanted.alg)
    if wanted.bad is not None:
        check_kind(wanted.bad, SIGNED_KINDS, what="--bad")
    if wanted.payload is not None:
        _refuse_claims(argument, wanted)
    elif wanted.unencoded:
        raise UsageError("--unencoded is for a payload: claims are always encoded", hint="add --payload @FILE")
    if wanted.unencoded and not wanted.detached:
        raise UsageError("--unencoded needs --detached: such a payload doesn't fit into a token", hint="add --detached")


def _refuse_claims(argument: str | None, wanted: Wanted) -> None:
    """Raise UsageError for CLAIMS, and for every option that would make some, beside --payload."""
    given = {
        "CLAIMS": argument,
        "--claim": wanted.claims,
        "--iss": wanted.iss,
        "--aud": wanted.aud,
        "--sub": wanted.sub,
        "--jti": wanted.jti,
        "--exp": wanted.exp,
        "--nbf": wanted.nbf,
        "--iat": wanted.iat,
        "--preset": wanted.preset,
        "--access-token": wanted.access_token,
    }
    for name, value in given.items():
        if value not in (None, [], ()):
            raise UsageError(
                f"--payload is signed as it is, and {name} would put claims in its place", hint=f"leave {name} out"
            )
    if wanted.bad in OF_CLAIMS:
        raise UsageError(f"--bad {wanted.bad} needs claims, and --payload has none", hint="--bad sig")


def refuse_own_certificate(extra: Mapping[str, Any], wanted: Wanted) -> None:
    """Raise UsageError for header members (`extra`) that --cert writes."""
    for name in CERTIFICATE_MEMBERS if wanted.cert is not None else ():
        if name in extra:
            raise UsageError(
                f"--cert writes the header member '{name}', and -H sets it too", hint="leave one of them out"
            )
