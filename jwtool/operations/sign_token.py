"""Claims or a payload + private keys → a token: where claims come from, what is added, who wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jwtool.jose import strict_json
from jwtool.jose.bad import KINDS, MARK, forge, spoil_claims, spoil_header
from jwtool.jose.errors import UsageError
from jwtool.operations.certificates import certified
from jwtool.operations.demand import private_text
from jwtool.operations.read_payload import read_payload
from jwtool.operations.resolve_keys import signing_key
from jwtool.operations.sign_options import refuse_contradictions, refuse_own_certificate
from jwtool.operations.sign_preset import fill_claims, hash_claims, own_key
from jwtool.sources.claim_options import apply_claims, parse_claim

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.jose.keys.key import Key
    from jwtool.jose.sign import Signer
    from jwtool.operations.load_preset import Preset
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

MAX_CLAIMS = 256 * 1024
DEFAULT_LIFE = 15 * 60
DECODED = "jwtool.decode/1"
SEVERAL = "--json-serialization holds several signatures"
# What a token says of keys and of itself belongs to the key that signed it, not to a new one.
NOT_CARRIED_OVER = ("alg", "kid", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", MARK)


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
    payload: str | None = None
    detached: bool = False
    unencoded: bool = False
    json_serialization: bool = False
    preset: str | None = None
    access_token: str | None = None
    bad: str | None = None
    cert: str | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """A new token, with what it says. `headers` are those of its signatures; `claims` or `payload` what it holds.

    `bad` is what is wrong with it on purpose.
    """

    token: str
    headers: tuple[Mapping[str, Any], ...]
    claims: Mapping[str, Any] | None
    payload: bytes | None = None
    notes: tuple[str, ...] = ()
    bad: str | None = None


def sign_token(
    argument: str | None,
    keys: Sequence[str],
    wanted: Wanted,
    runtime: Runtime,
    *,
    network: Network,
    passphrase: str | None,
) -> Signed:
    """Sign the CLAIMS of `argument` and the options, or the payload, with `keys`, else JWTOOL_KEY.

    Claims: the defaults iat, exp and jti (unless `bare`), over them CLAIMS, over these the options. A preset changes
    the defaults. A payload is signed as it is, and says no `typ` of itself. A bad token is first made as if it were
    to be good, and then spoiled in one thing.
    """
    from jwtool.jose import sign

    sources = _keys_wanted(keys, wanted, runtime)
    refuse_contradictions(argument, wanted)
    preset = _preset(wanted)
    claims: dict[str, Any] | None = None
    extra: dict[str, Any] = {}
    if wanted.payload is None:
        claims, extra = _claims(argument, wanted, preset, runtime)
    else:
        payload = read_payload(wanted.payload, runtime)
    extra = apply_claims(extra, [parse_claim(text, _read_claim_file) for text in wanted.header])
    refuse_own_certificate(extra, wanted)
    hashed = private_text(wanted.access_token, runtime, "--access-token")
    signers: list[sign.Signer] = []
    notes: list[str] = []
    for source in sources:
        key = signing_key(source, runtime, network=network, passphrase=passphrase)
        alg = sign.choose_alg(key, wanted.alg)
        carried: dict[str, Any] = {}
        if wanted.cert is not None:
            carried, remarks = certified(wanted.cert, key, now=runtime.now())
            notes += remarks
        signers.append(sign.Signer(key, alg, _header(key, alg, extra | carried, wanted, preset)))
        notes += [f"the key of {source}: {remark}" for remark in key.remarks]
    if claims is not None:
        claims = hash_claims(preset, hashed, signers[0].key, signers[0].alg) | claims
        if wanted.bad is not None:
            claims = spoil_claims(wanted.bad, claims, now=runtime.now())
        payload = sign.encode_claims(claims)
    token = _serialized(payload, signers, wanted)
    if wanted.bad is not None:
        notes.append(f"this token is bad on purpose: {KINDS[wanted.bad]}; its header says so, in '{MARK}'")
    headers = tuple(signer.header for signer in signers)
    held = payload if claims is None and not wanted.detached else None
    return Signed(token, headers, claims, held, tuple(notes), wanted.bad)


def _serialized(payload: bytes, signers: Sequence[Signer], wanted: Wanted) -> str:
    from jwtool.jose import sign

    if wanted.json_serialization:
        token = sign.as_json(payload, signers, detached=wanted.detached)
    else:
        (one,) = signers
        token = sign.compact(payload, one.header, one.key, one.alg, detached=wanted.detached)
    return forge(token, [signer.alg for signer in signers]) if wanted.bad == "sig" else token


def signed_document(signed: Signed) -> dict[str, Any]:
    """The token with what it says, for scripts; a payload only if the token holds it."""
    document: dict[str, Any] = {"token": signed.token, "header": dict(signed.headers[0]), "claims": None}
    if len(signed.headers) > 1:
        document["headers"] = [dict(header) for header in signed.headers]
    if signed.bad is not None:
        document["bad"] = signed.bad
    if signed.claims is not None:
        return document | {"claims": dict(signed.claims)}
    if signed.payload is None:
        return document
    from jwtool.output.token_blocks import payload_member

    name, text = payload_member(signed.payload)
    return document | {name: text}


def _preset(wanted: Wanted) -> Preset | None:
    if wanted.preset is not None:
        from jwtool.operations.load_preset import load_preset

        return load_preset(wanted.preset, "sign")
    if wanted.access_token is not None:
        raise UsageError("--access-token needs a preset that hashes it", hint="--preset dpop or --preset id-token")
    return None


def _claims(
    argument: str | None, wanted: Wanted, preset: Preset | None, runtime: Runtime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The claims to sign, and the header members that a decode document brings."""
    given, brought = read_claims_argument(argument, runtime)
    options = [parse_claim(text, _read_claim_file) for text in wanted.claims]
    now = runtime.now()
    claims = apply_claims({**_defaults(now, wanted, preset), **given}, options)
    _put_named(claims, wanted, now)
    if preset is not None:
        if preset.typ is not None:
            brought.pop("typ", None)
        fill_claims(claims, preset)
    return claims, brought


def _header(key: Key, alg: str, extra: Mapping[str, Any], wanted: Wanted, preset: Preset | None) -> Mapping[str, Any]:
    header = _good_header(key, alg, extra, wanted, preset)
    return header if wanted.bad is None else spoil_header(wanted.bad, header)


def _good_header(
    key: Key, alg: str, extra: Mapping[str, Any], wanted: Wanted, preset: Preset | None
) -> Mapping[str, Any]:
    from jwtool.jose import sign

    members = dict(extra)
    default = None if wanted.payload is not None else (preset and preset.typ) or "JWT"
    typ = wanted.typ if wanted.typ is not None else members.pop("typ", default)
    if preset is None or not preset.own_key:
        return sign.build_header(key, alg, typ=typ, kid=wanted.kid, extra=members, unencoded=wanted.unencoded)
    header = sign.build_header(key, alg, typ=typ, kid=wanted.kid, extra=own_key(key) | members)
    if wanted.kid is None and "kid" not in members:
        header.pop("kid", None)
    return header


def _keys_wanted(keys: Sequence[str], wanted: Wanted, runtime: Runtime) -> tuple[str, ...]:
    if len(keys) > 1 and not wanted.json_serialization:
        raise UsageError("more than one key was given, and a compact token has one signature", hint=SEVERAL)
    if len(keys) > 1 and wanted.kid is not None:
        raise UsageError("--kid would give several keys the same name", hint="leave it out: each key has its own kid")
    if len(keys) > 1 and wanted.cert is not None:
        raise UsageError("--cert is for one key, and several were given", hint="sign with one key, or leave --cert out")
    if keys:
        return tuple(keys)
    value = runtime.environ.get("JWTOOL_KEY")
    if not value:
        raise UsageError("no key was given, and signing needs one", hint="jwtool sign -k private.jwk")
    runtime.trace("JWTOOL_KEY names the key")
    return (value,)


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
