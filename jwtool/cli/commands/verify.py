"""`jwtool verify`: decide whether a token may be believed: every check, every reason."""

from collections.abc import Iterator
from typing import Annotated

import typer

from jwtool.cli import complete_value as complete
from jwtool.cli.exits import exit_code
from jwtool.cli.options import (
    ExplainPresetOption,
    FieldOption,
    KeyOption,
    LineSettings,
    MemberOption,
    PassphraseOption,
    TokenArgument,
    VerifyPresetOption,
)
from jwtool.output.report import Lines, Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def _text(*names: str, metavar: str, about: str) -> object:
    return typer.Option(*names, metavar=metavar, show_default=False, help=about)


def _private(name: str, about: str) -> object:
    return typer.Option(name, metavar="SOURCE", show_default=False, autocompletion=complete.private_text, help=about)


def command(
    *,
    runtime: Runtime,
    token: TokenArgument = None,
    key: KeyOption = [],
    jwks: Annotated[
        list[str],
        typer.Option(
            "--jwks", metavar="SET", show_default=False, autocompletion=complete.key, help="The same as --key."
        ),
    ] = [],
    iss: Annotated[
        list[str],
        _text(
            "-i",
            "--iss",
            "--issuer",
            metavar="ISS",
            about="Demand this `iss`; without a key it finds the keys too. Repeated: one of them.",
        ),
    ] = [],
    aud: Annotated[
        list[str],
        _text("-a", "--aud", "--audience", metavar="AUD", about="Demand this in `aud`; repeated: one of them."),
    ] = [],
    sub: Annotated[str | None, _text("--sub", metavar="SUB", about="Demand this `sub`.")] = None,
    alg: Annotated[
        list[str],
        typer.Option(
            "--alg",
            metavar="ALG",
            show_default=False,
            autocompletion=complete.algorithm,
            help="Allow only this algorithm; repeatable. The key decides in any case.",
        ),
    ] = [],
    typ: Annotated[
        str | None, _text("--typ", "--type", metavar="TYP", about="Demand this `typ` in the header.")
    ] = None,
    require: Annotated[
        list[str],
        _text("--require", metavar="CLAIM", about="name is there; name=text, name:=json equal; name~=regex matches."),
    ] = [],
    scope: Annotated[
        list[str], _text("--scope", metavar="SCOPE", about="Demand this scope; repeated: all of them.")
    ] = [],
    leeway: Annotated[str, typer.Option("--leeway", metavar="DURATION", help="What clocks may differ by.")] = "0s",
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="Judge at this time.")] = "now",
    max_age: Annotated[str | None, _text("--max-age", metavar="DURATION", about="Oldest `iat`.")] = None,
    max_auth_age: Annotated[
        str | None, _text("--max-auth-age", metavar="DURATION", about="Oldest `auth_time`: OpenID's max_age.")
    ] = None,
    min_ttl: Annotated[
        str | None, _text("--min-ttl", metavar="DURATION", about="Demand that much time before `exp`.")
    ] = None,
    nonce: Annotated[str | None, _text("--nonce", metavar="NONCE", about="Demand this `nonce`.")] = None,
    access_token: Annotated[str | None, _private("--access-token", "Demand its hash in `at_hash`.")] = None,
    code: Annotated[str | None, _private("--code", "Demand its hash in `c_hash`.")] = None,
    preset: VerifyPresetOption = None,
    explain_preset: ExplainPresetOption = False,
    dpop: Annotated[
        str | None, _private("--dpop", "Demand that this DPoP proof is by the key that `cnf` names, for this token.")
    ] = None,
    payload: Annotated[
        str | None, _private("--payload", "The payload of a detached token: text, or -, @PATH, env:NAME.")
    ] = None,
    signatures: Annotated[
        str, typer.Option("--signatures", metavar="any|all", help="Which of several signatures must verify.")
    ] = "any",
    allow_weak_key: Annotated[
        bool, typer.Option("--allow-weak-key", help="Let a legacy secret verify that is too short; it is reported.")
    ] = False,
    payload_only: Annotated[
        bool, typer.Option("--payload-only", help="A signed payload that is no claims: judge only the signature.")
    ] = False,
    decrypt_key: Annotated[
        str | None,
        typer.Option(
            "--decrypt-key",
            metavar="KEY",
            show_default=False,
            autocompletion=complete.key,
            help="Decrypt an encrypted token (JWE) with this key, then verify the token inside.",
        ),
    ] = None,
    field: FieldOption = None,
    member: MemberOption = None,
    passphrase: PassphraseOption = None,
    network: Network,
    cluster_lines: LineSettings = None,
) -> Report | Iterator[Lines | Report]:
    """Verify the signature and the claims of TOKEN, and give every reason. Exit 0: valid; 1: not valid.

    Example: jwtool verify --key public.jwk --aud api @token.jwt
    Example: jwtool verify -i https://auth.example -a api @token.jwt
    Example: jwtool verify --jwks https://auth.example/jwks.json -i https://auth.example -a api @token.jwt
    Example: jwtool verify -k secret:env:HMAC_SECRET --alg HS256 -f sub @token.jwt
    Example: jwtool verify -k public.jwk --payload @body.json @detached.jws
    Example: jwtool verify --preset dpop --require htm=POST @proof.jwt
    Example: jwtool verify -k public.jwk --lines --only failed --summary @tokens.txt
    """
    if explain_preset:
        from jwtool.operations.load_preset import explain_preset as explain

        return explain(preset, "verify")
    from jwtool.jose.token import parse
    from jwtool.operations.demand import Demand, policy_of
    from jwtool.operations.quirks import quirk_of, refuse_opaque
    from jwtool.operations.trusted import settle
    from jwtool.operations.verify_report import verify_report
    from jwtool.operations.verify_token import REQUEST, read_proof, verify_token
    from jwtool.sources.grammar import parse_time
    from jwtool.sources.token_input import read_token

    shape, trusted, network, said = settle(preset, [*key, *jwks], iss, aud, runtime, network=network)
    now = parse_time(at, now=runtime.now())
    demand = Demand(
        issuers=trusted.issuers,
        audiences=trusted.audiences,
        subject=sub,
        algs=alg,
        typ=typ,
        required=require,
        scopes=scope,
        leeway=leeway,
        max_age=max_age,
        max_auth_age=max_auth_age,
        min_ttl=min_ttl,
        nonce=nonce,
        access_token=access_token,
        code=code,
        payload_only=payload_only,
        allow_weak_key=allow_weak_key,
        signatures=signatures,
        preset=shape,
        dpop=dpop,
    )
    policy = policy_of(demand, runtime)
    if cluster_lines is not None:
        from jwtool.batch.commands import verify_lines
        from jwtool.batch.settings import refuse_beside_lines

        refuse_beside_lines({"--dpop": dpop, "--payload": payload, "--decrypt-key": decrypt_key})
        moment = None if at == "now" else now
        for note in said:
            runtime.warn(note)
        return verify_lines(
            token,
            cluster_lines,
            runtime,
            trusted=trusted,
            policy=policy,
            network=network,
            passphrase=passphrase,
            at=moment,
            exit_code=exit_code,
        )
    tidied = read_token(token, runtime, member=member)
    now = parse_time(at, now=runtime.now())  # what came down a pipe may have been made meanwhile
    if tidied.note:
        runtime.trace(tidied.note)
    parsed = parse(tidied.text, padded=policy.padded)
    if parsed.kind == "JWE" and decrypt_key is not None:
        from jwtool.operations.verify_nested import nested_report

        return nested_report(
            parsed, decrypt_key, trusted, policy, runtime, network=network, passphrase=passphrase, at=now, field=field
        )
    refuse_opaque(parsed, preset)
    if decrypt_key is not None:
        runtime.trace("the token is not encrypted: --decrypt-key is not needed")
    content = None
    if payload is not None:
        from jwtool.operations.read_payload import read_payload

        content = read_payload(payload, runtime)
    extra: tuple[str, ...] = ()
    if dpop is not None:
        policy = policy._replace(proof=read_proof(dpop, tidied.text, runtime, leeway=policy.claims.leeway))
        extra = (REQUEST,)
    verified = verify_token(
        parsed, trusted, policy, runtime, network=network, passphrase=passphrase, at=now, payload=content
    )
    said = (*said, *quirk_of(parsed, verified.verification, preset))
    return verify_report(
        verified.verification,
        (*verified.notes, *extra, *said),
        at=now,
        field=field,
        payload_only=payload_only,
        cache=verified.cache,
    )
