"""Claims or a payload + private keys → a token: where claims come from, what is added, who wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose.bad import KINDS, MARK, forge, spoil_claims, spoil_header
from jwtool.jose.errors import UsageError
from jwtool.operations.demand import private_text
from jwtool.operations.read_payload import read_payload
from jwtool.operations.resolve_keys import Passphrase, signing_key
from jwtool.operations.sign_claims import MAX_CLAIMS, claims_to_sign, read_claims_argument
from jwtool.operations.sign_options import refuse_contradictions, refuse_own_certificate
from jwtool.operations.sign_preset import hash_claims, own_key
from jwtool.sources.claim_options import apply_claims, parse_claim

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.jose.keys.key import Key
    from jwtool.jose.sign import Signer
    from jwtool.operations.load_preset import Preset
    from jwtool.sources.claim_options import Claim
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

SEVERAL = "--json-serialization holds several signatures"


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


class Signing(NamedTuple):
    """What several tokens have in common: the options as they were read, keys with their `alg` and certificates."""

    wanted: Wanted
    preset: Preset | None
    claims: tuple[Claim, ...]
    header: tuple[Claim, ...]
    hashed: bytes | None
    keys: tuple[tuple[Key, str, dict[str, Any]], ...]
    notes: tuple[str, ...]


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
    given: dict[str, Any] = {}
    brought: dict[str, Any] = {}
    payload = None
    sources = _keys_wanted(keys, wanted, runtime)
    refuse_contradictions(argument, wanted)
    preset = _preset(wanted)
    if wanted.payload is None:
        given, brought = read_claims_argument(argument, runtime)
    else:
        payload = read_payload(wanted.payload, runtime)
    signing = _prepare(sources, wanted, preset, runtime, network=network, passphrase=passphrase)
    return sign_one(signing, given, brought, payload=payload, now=runtime.now())


def prepare_signing(
    keys: Sequence[str], wanted: Wanted, runtime: Runtime, *, network: Network, passphrase: str | None
) -> Signing:
    """What the tokens of many CLAIMS have in common: the keys are loaded, the options read."""
    sources = _keys_wanted(keys, wanted, runtime)
    refuse_contradictions(None, wanted)
    return _prepare(sources, wanted, _preset(wanted), runtime, network=network, passphrase=passphrase)


def _prepare(
    sources: Sequence[str],
    wanted: Wanted,
    preset: Preset | None,
    runtime: Runtime,
    *,
    network: Network,
    passphrase: str | None,
) -> Signing:
    from jwtool.jose import sign

    claims = [parse_claim(text, _read_claim_file) for text in wanted.claims]
    header = [parse_claim(text, _read_claim_file) for text in wanted.header]
    hashed = private_text(wanted.access_token, runtime, "--access-token")
    loaded: list[tuple[Key, str, dict[str, Any]]] = []
    notes: list[str] = []
    ask = Passphrase(passphrase, runtime)
    for source in sources:
        key = signing_key(source, runtime, network=network, passphrase=ask)
        alg = sign.choose_alg(key, wanted.alg)
        carried: dict[str, Any] = {}
        if wanted.cert is not None:
            from jwtool.operations.certificates import certified  # it reads DER, which costs start-up time

            carried, remarks = certified(wanted.cert, key, now=runtime.now(), passphrase=ask)
            notes += remarks
        loaded.append((key, alg, carried))
        notes += [f"the key of {source}: {remark}" for remark in key.remarks]
    if wanted.bad is not None:
        notes.append(f"this token is bad on purpose: {KINDS[wanted.bad]}; its header says so, in '{MARK}'")
    return Signing(wanted, preset, tuple(claims), tuple(header), hashed, tuple(loaded), tuple(notes))


def sign_one(
    signing: Signing, given: Mapping[str, Any], brought: Mapping[str, Any], *, payload: bytes | None, now: int
) -> Signed:
    """The token with the `given` claims, signed at `now`, or with that payload; `brought` are members of its header."""
    from jwtool.jose import sign

    wanted, preset = signing.wanted, signing.preset
    claims, extra = None, dict(brought)
    if payload is None:
        claims = claims_to_sign(given, signing, now)
        if preset is not None and preset.typ is not None:
            extra.pop("typ", None)
    extra = apply_claims(extra, signing.header)
    refuse_own_certificate(extra, wanted)
    signers = [
        sign.Signer(key, alg, _header(key, alg, extra | carried, wanted, preset)) for key, alg, carried in signing.keys
    ]
    if claims is not None:
        claims = hash_claims(preset, signing.hashed, signers[0].key, signers[0].alg) | claims
        if wanted.bad is not None:
            claims = spoil_claims(wanted.bad, claims, now=now)
        payload = sign.encode_claims(claims)
    token = _serialized(payload or b"", signers, wanted)
    headers = tuple(signer.header for signer in signers)
    held = payload if claims is None and not wanted.detached else None
    return Signed(token, headers, claims, held, signing.notes, wanted.bad)


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


def _read_claim_file(path: str) -> bytes:
    from jwtool.sources.files import read

    return read(path, cap=MAX_CLAIMS, what="claim")
