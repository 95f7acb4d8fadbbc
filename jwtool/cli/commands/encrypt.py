"""`jwtool encrypt`: a payload is encrypted, so that only the holder of a key can read it."""

from typing import Annotated

import typer

from jwtool.cli.options import (
    ContentOption,
    ForceOption,
    KeyOption,
    ManagementOption,
    OutputOption,
    PassphraseOption,
)
from jwtool.output.report import Headline, Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    content: Annotated[
        str | None,
        typer.Argument(
            metavar="[PAYLOAD]", show_default=False, help="The text itself, - for stdin, @PATH or env:NAME."
        ),
    ] = None,
    key: KeyOption = [],
    alg: ManagementOption = [],
    enc: ContentOption = [],
    header: Annotated[
        list[str],
        typer.Option("-H", "--header", metavar="CLAIM", show_default=False, help="A header member, like a claim."),
    ] = [],
    json_serialization: Annotated[
        bool, typer.Option("--json-serialization", help="Write JSON, with one recipient for each --key.")
    ] = False,
    output: OutputOption = None,
    force: ForceOption = False,
    passphrase: PassphraseOption = None,
    network: Network,
) -> Report:
    """Encrypt PAYLOAD for the holder of a key and print the token (JWE). A public key will do.

    A payload that is a signed token gets `cty: JWT`. A password is -k secret:env:NAME, and secret: means nothing else
    here: a secret key is a JWK, or hex: or base64:.

    Example: jwtool encrypt -k recipient.jwk 'for your eyes only'
    Example: jwtool encrypt -k recipient.jwk @token.jwt
    Example: jwtool encrypt -k secret:env:PASSWORD @notes.txt -o notes.jwe
    """
    from jwtool.operations.encrypt_payload import Wanted, encrypt_payload
    from jwtool.sources.files import refuse_existing, write_new

    refuse_existing(output, force=force)
    wanted = Wanted(keys=key, algs=alg, encs=enc, header=header, json_serialization=json_serialization)
    sealed = encrypt_payload(content, wanted, runtime, network=network, passphrase=passphrase)
    document = {
        "token": sealed.token,
        "serialization": sealed.serialization,
        "header": dict(sealed.header),
        "enc": sealed.header["enc"],
        "recipients": [dict(one) for one in sealed.recipients],
        "output": output,
    }
    if output is None:
        return Report("encrypt", document, product=sealed.token, notes=sealed.notes)
    write_new(output, f"{sealed.token}\n".encode(), private=True, force=force)
    blocks = (Headline("wrote", output, "good"),)
    return Report("encrypt", document, blocks=blocks, aside=True, quiet="", notes=sealed.notes)
