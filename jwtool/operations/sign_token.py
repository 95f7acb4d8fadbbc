"""Claims + a private key → a token: where claims come from, what is added, who wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jwtool.jose import strict_json
from jwtool.jose.errors import UsageError
from jwtool.operations.demand import known_algorithm
from jwtool.operations.resolve_keys import Reach, signing_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.sources.runtime import Runtime

MAX_CLAIMS = 256 * 1024
DEFAULT_LIFE = 15 * 60
DECODED = "jwtool.decode/1"
# What a token says of keys and of itself belongs to the key that signed it, not to a new one.
NOT_CARRIED_OVER = ("alg", "kid", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options of `sign` ask for, as it was typed."""

    claims: Sequence[str] = ()
    header: Sequence[str] = ()
    iss: str | None = None
    aud: Sequence[str] = ()
    sub: str | None = None
    jti: str | None = None
    exp: str | None = None
    nbf: str | None = None
    iat: str | None = None
    kid: str | None = None
    typ: str | None = None
    alg: str | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Signed:
    """A new token, with what it says."""

    token: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def sign_token(
    argument: str | None, keys: Sequence[str], wanted: Wanted, runtime: Runtime, *, to: Reach, passphrase: str | None
) -> Signed:
    """Sign the CLAIMS of `argument` and the options with the one key of `keys` (else JWTOOL_KEY).

    Claims: the defaults iat, exp and jti (unless `bare`), over them CLAIMS, over these the options.
    """
    from jwtool.jose import sign
    from jwtool.sources.claim_options import apply_claims, parse_claim

    source = _key_wanted(keys, runtime)
    if wanted.alg is not None:
        known_algorithm(wanted.alg)
    given, header_given = read_claims_argument(argument, runtime)
    options = [parse_claim(text, _read_claim_file) for text in wanted.claims]
    headers = [parse_claim(text, _read_claim_file) for text in wanted.header]
    now = runtime.now()
    claims = apply_claims({**_defaults(now, wanted), **given}, options)
    _put_named(claims, wanted, now)
    key = signing_key(source, runtime, to=to, passphrase=passphrase)
    alg = sign.choose_alg(key, wanted.alg)
    extra = apply_claims(header_given, headers)
    typ = wanted.typ if wanted.typ is not None else extra.pop("typ", "JWT")
    header = sign.build_header(key, alg, typ=typ, kid=wanted.kid, extra=extra)
    notes = tuple(f"the key of {source}: {remark}" for remark in key.remarks)
    return Signed(sign.compact(sign.encode_claims(claims), header, key, alg), header, claims, notes)


def _key_wanted(keys: Sequence[str], runtime: Runtime) -> str:
    if len(keys) > 1:
        raise UsageError("one key signs a token, and more were given", hint="give one -k")
    if keys:
        return keys[0]
    value = runtime.environ.get("JWTOOL_KEY")
    if not value:
        raise UsageError("no key was given, and signing needs one", hint="jwtool sign -k private.jwk")
    runtime.trace("JWTOOL_KEY names the key")
    return value


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
    if document.get("schema") != DECODED:
        return document, {}
    claims, header = document.get("claims"), document.get("header")
    if not isinstance(claims, dict) or not isinstance(header, dict):
        from jwtool.jose.errors import ClaimsMalformed

        raise ClaimsMalformed("the decoded token has no claims to sign", hint="give claims as a JSON object")
    return claims, {name: value for name, value in header.items() if name not in NOT_CARRIED_OVER}


def _read_claim_file(path: str) -> bytes:
    from jwtool.sources.files import read

    return read(path, cap=MAX_CLAIMS, what="claim")


def _defaults(now: int, wanted: Wanted) -> dict[str, Any]:
    if wanted.bare:
        return {}
    import uuid

    return {"iat": now, "exp": now + DEFAULT_LIFE, "jti": str(uuid.uuid4())}


def _put_named(claims: dict[str, Any], wanted: Wanted, now: int) -> None:
    """Put what --iss, --exp and their like say over what stands there; `--exp never` takes it away."""
    from jwtool.sources.grammar import parse_time

    texts = {"iss": wanted.iss, "sub": wanted.sub, "jti": wanted.jti}
    claims |= {name: text for name, text in texts.items() if text is not None}
    if wanted.aud:
        claims["aud"] = wanted.aud[0] if len(wanted.aud) == 1 else list(wanted.aud)
    for name, text in (("exp", wanted.exp), ("nbf", wanted.nbf), ("iat", wanted.iat)):
        if name == "exp" and text == "never":
            claims.pop("exp", None)
        elif text is not None:
            claims[name] = parse_time(text, now)
