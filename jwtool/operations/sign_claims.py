"""The claims that `sign` signs: this file is where they come from, what is added, and who wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose import strict_json
from jwtool.jose.bad import MARK
from jwtool.jose.errors import UsageError
from jwtool.operations.sign_preset import fill_claims
from jwtool.sources.claim_options import apply_claims

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.operations.load_preset import Preset
    from jwtool.operations.sign_token import Signing, Wanted
    from jwtool.sources.runtime import Runtime

MAX_CLAIMS = 256 * 1024
DEFAULT_LIFE = 15 * 60
DECODED = "jwtool.decode/1"
# What a token says of keys and of itself belongs to the key that signed it, not to a new one.
NOT_CARRIED_OVER = ("alg", "kid", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", MARK)


def read_claims_argument(argument: str | None, runtime: Runtime) -> tuple[dict[str, Any], dict[str, Any]]:
    """Claims and header members out of CLAIMS: JSON, `-`, `@PATH`, `env:NAME`; a decode document brings both."""
    if argument is None:
        return {}, {}
    if argument.lstrip().startswith("{"):
        document = strict_json.parse_object(argument, what="CLAIMS")
    else:
        from jwtool.sources.source import parse_source, read_bytes

        if not (argument == "-" or argument.startswith(("@", "env:"))):
            raise UsageError(
                "CLAIMS must be JSON that begins with '{', or -, @PATH or env:NAME", hint="one claim: -c name=text"
            )
        source = parse_source(argument, bare="refused", what="CLAIMS")
        document = strict_json.parse_object(read_bytes(source, runtime, cap=MAX_CLAIMS, what="claims"), what="CLAIMS")
    return claims_of(document)


def claims_of(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Claims and header members out of the JSON of CLAIMS, which is the claims, or a decode document."""
    if document.get("schema") != DECODED:
        return document, {}
    claims, header = document.get("claims"), document.get("header")
    if not isinstance(claims, dict) or not isinstance(header, dict):
        from jwtool.jose.errors import ClaimsMalformed

        raise ClaimsMalformed("the decoded token has no claims to sign", hint="give claims as a JSON object")
    return claims, {name: value for name, value in header.items() if name not in NOT_CARRIED_OVER}


def claims_to_sign(given: Mapping[str, Any], signing: Signing, now: int) -> dict[str, Any]:
    """The claims to sign: the defaults, over them those given, over these the options."""
    wanted, preset = signing.wanted, signing.preset
    claims = apply_claims({**_defaults(now, wanted, preset), **given}, signing.claims)
    _put_named(claims, wanted, now)
    if preset is not None:
        fill_claims(claims, preset)
    return claims


def _defaults(now: int, wanted: Wanted, preset: Preset | None) -> dict[str, Any]:
    if wanted.bare:
        return {}
    import uuid

    claims: dict[str, Any] = {"iat": now, "exp": now + DEFAULT_LIFE, "jti": str(uuid.uuid4())}
    _put_time(claims, "exp", preset and preset.exp, now)
    return claims


def _put_named(claims: dict[str, Any], wanted: Wanted, now: int) -> None:
    """Put what --iss, --exp and their like say over what stands there; `--exp never` takes it away."""
    texts = {"iss": wanted.iss, "sub": wanted.sub, "jti": wanted.jti}
    claims |= {name: text for name, text in texts.items() if text is not None}
    if wanted.aud:
        claims["aud"] = wanted.aud[0] if len(wanted.aud) == 1 else list(wanted.aud)
    for name, text in (("exp", wanted.exp), ("nbf", wanted.nbf), ("iat", wanted.iat)):
        _put_time(claims, name, text, now)


def _put_time(claims: dict[str, Any], name: str, text: str | None, now: int) -> None:
    from jwtool.sources.grammar import parse_time

    if name == "exp" and text == "never":
        claims.pop("exp", None)
    elif text is not None:
        claims[name] = parse_time(text, now)
