"""`jwtool sign`: claims and a private key make a token."""

from collections.abc import Iterator
from typing import Annotated

import typer

from jwtool.cli import complete_value as complete
from jwtool.cli.exits import exit_code
from jwtool.cli.options import (
    AlgOption,
    ExplainPresetOption,
    ForceOption,
    KeyOption,
    LineSettings,
    OutputOption,
    PassphraseOption,
    PresetOption,
)
from jwtool.output.report import Headline, Lines, Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def _text(*names: str, metavar: str, about: str) -> object:
    return typer.Option(*names, metavar=metavar, show_default=False, help=about)


def command(
    *,
    runtime: Runtime,
    claims: Annotated[
        str | None,
        typer.Argument(metavar="[CLAIMS]", show_default=False, help="JSON that begins with {, or -, @PATH, env:NAME."),
    ] = None,
    key: KeyOption = [],
    alg: AlgOption = None,
    claim: Annotated[
        list[str],
        _text("-c", "--claim", metavar="CLAIM", about="name=text, name:=json, name@=FILE; a[b]=…, a[]=… nest."),
    ] = [],
    header: Annotated[
        list[str], _text("-H", "--header", metavar="CLAIM", about="A header member, written like a claim.")
    ] = [],
    iss: Annotated[str | None, _text("-i", "--iss", "--issuer", metavar="ISS", about="The issuer, `iss`.")] = None,
    aud: Annotated[
        list[str], _text("-a", "--aud", "--audience", metavar="AUD", about="The audience, `aud`; repeatable.")
    ] = [],
    sub: Annotated[str | None, _text("--sub", metavar="SUB", about="The subject, `sub`.")] = None,
    jti: Annotated[str | None, _text("--jti", metavar="ID", about="The token's id, `jti`; default: random.")] = None,
    exp: Annotated[str | None, _text("--exp", metavar="TIME", about="The end, `exp`; default 15m; or never.")] = None,
    nbf: Annotated[str | None, _text("--nbf", metavar="TIME", about="Not valid before, `nbf`.")] = None,
    iat: Annotated[str | None, _text("--iat", metavar="TIME", about="Issued at, `iat`; default: now.")] = None,
    kid: Annotated[str | None, _text("--kid", metavar="KID", about="The `kid` in the header, not the key's.")] = None,
    typ: Annotated[str | None, _text("--typ", metavar="TYP", about="The `typ` in the header; default JWT.")] = None,
    cert: Annotated[
        str | None,
        typer.Option(
            "--cert",
            metavar="PATH",
            show_default=False,
            autocompletion=complete.path,
            help="The key's certificate, or chain, in PEM or DER: put into the header as x5c and x5t#S256.",
        ),
    ] = None,
    bare: Annotated[bool, typer.Option("--bare", help="Add no iat, exp and jti.")] = False,
    preset: PresetOption = None,
    explain_preset: ExplainPresetOption = False,
    access_token: Annotated[
        str | None,
        typer.Option(
            "--access-token",
            metavar="SOURCE",
            show_default=False,
            autocompletion=complete.private_text,
            help="With --preset dpop or id-token: put its hash into ath or at_hash.",
        ),
    ] = None,
    payload: Annotated[
        str | None,
        typer.Option(
            "--payload",
            metavar="SOURCE",
            show_default=False,
            autocompletion=complete.private_text,
            help="Sign this as it is, instead of claims: text, or -, @PATH, env:NAME.",
        ),
    ] = None,
    detached: Annotated[
        bool, typer.Option("--detached", help="Leave the payload out of the token (RFC 7515, appendix F).")
    ] = False,
    unencoded: Annotated[
        bool, typer.Option("--unencoded", help="Sign the payload without base64url (RFC 7797); needs --detached.")
    ] = False,
    json_serialization: Annotated[
        bool, typer.Option("--json-serialization", help="A token as JSON; with two keys or more, a signature by each.")
    ] = False,
    bad: Annotated[
        str | None,
        typer.Option(
            "--bad",
            metavar="KIND",
            show_default=False,
            autocompletion=complete.bad_kind,
            help="A bad token for tests, marked so in its header: expired, kid, sig, aud or typ is wrong.",
        ),
    ] = None,
    output: OutputOption = None,
    force: ForceOption = False,
    passphrase: PassphraseOption = None,
    network: Network,
    claim_lines: LineSettings = None,
) -> Report | Iterator[Lines | Report]:
    """Sign CLAIMS, or a payload, with a private key and print the token.

    Example: jwtool sign -k private.jwk -i https://auth.example -a api --sub user-42
    Example: jwtool sign -k private.jwk --exp 1h -c roles[]=admin -c level:=3
    Example: jwtool sign -k secret:env:HMAC_SECRET '{"sub":"user-42"}'
    Example: jwtool sign -k private.jwk --preset dpop -c htm=POST -c htu=https://api.example/orders
    Example: jwtool sign -k private.jwk -a api --bad expired
    Example: jwtool sign -k private.jwk --cert chain.pem -a https://auth.example
    Example: jwtool sign -k private.jwk --payload @body.json --detached --unencoded
    Example: jwtool sign -k private.jwk -a api --lines @claims.txt
    """
    if explain_preset:
        from jwtool.operations.load_preset import explain_preset as explain

        return explain(preset, "sign")
    from jwtool.operations.sign_token import Wanted, sign_token, signed_document
    from jwtool.sources.files import refuse_existing, write_new

    refuse_existing(output, force=force)
    wanted = Wanted(
        claims=claim,
        header=header,
        iss=iss,
        aud=aud,
        sub=sub,
        jti=jti,
        exp=exp,
        nbf=nbf,
        iat=iat,
        kid=kid,
        typ=typ,
        alg=alg,
        bare=bare,
        payload=payload,
        detached=detached,
        unencoded=unencoded,
        json_serialization=json_serialization,
        preset=preset,
        access_token=access_token,
        bad=bad,
        cert=cert,
    )
    if claim_lines is not None:
        from jwtool.batch.commands import sign_lines
        from jwtool.batch.settings import refuse_beside_lines

        refuse_beside_lines({"--payload": payload, "--output": output, "--jti": jti})
        return sign_lines(
            claims,
            claim_lines,
            runtime,
            keys=key,
            wanted=wanted,
            network=network,
            passphrase=passphrase,
            exit_code=exit_code,
        )
    signed = sign_token(claims, key, wanted, runtime, network=network, passphrase=passphrase)
    document = signed_document(signed) | {"output": output}
    if output is None:
        return Report("sign", document, product=signed.token, notes=signed.notes)
    write_new(output, f"{signed.token}\n".encode(), private=True, force=force)
    blocks = (Headline("wrote", output, "good"),)
    return Report("sign", document, blocks=blocks, aside=True, quiet="", notes=signed.notes)
