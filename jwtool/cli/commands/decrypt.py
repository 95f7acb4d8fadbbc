"""`jwtool decrypt`: an encrypted token (JWE) is decrypted, and its plaintext written byte for byte."""

from typing import Annotated, Any

import typer

from jwtool.cli.options import (
    ContentOption,
    ForceOption,
    KeyOption,
    ManagementOption,
    OutputOption,
    PassphraseOption,
    TokenArgument,
)
from jwtool.output.report import Headline, Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    token: TokenArgument = None,
    key: KeyOption = [],
    alg: ManagementOption = [],
    enc: ContentOption = [],
    header: Annotated[
        list[str],
        typer.Option("-H", "--header", metavar="CLAIM", show_default=False, help="Demand this header member."),
    ] = [],
    json_serialization: Annotated[
        bool, typer.Option("--json-serialization", help="Read JSON only, no compact token.")
    ] = False,
    output: OutputOption = None,
    force: ForceOption = False,
    passphrase: PassphraseOption = None,
    network: Network,
) -> Report:
    """Decrypt TOKEN (JWE) and write what was in it, byte for byte. Exit 0: done; 1: it can't be decrypted.

    Decrypted is not verified: whoever has the public key could have written it. `jwtool verify --decrypt-key` judges a
    signed token inside.

    Example: jwtool decrypt -k recipient.jwk @token.jwe
    Example: jwtool decrypt -k recipient.jwk @token.jwe -o token.jwt
    Example: jwtool decrypt -k secret:env:PASSWORD @notes.jwe -o notes.txt
    """
    from jwtool.jose.errors import TokenMalformed
    from jwtool.jose.token import parse
    from jwtool.operations.decrypt_token import decrypt_token, demand_of, encryption_document
    from jwtool.output.token_blocks import payload_member
    from jwtool.sources.files import refuse_existing, write_new
    from jwtool.sources.token_input import read_token

    refuse_existing(output, force=force)
    demand = demand_of(alg, enc, header)
    tidied = read_token(token, runtime)
    if tidied.note:
        runtime.trace(tidied.note)
    parsed = parse(tidied.text)
    if json_serialization and parsed.serialization == "compact":
        raise TokenMalformed("the token is compact, and JSON was demanded", hint="leave --json-serialization out")
    decryption, notes = decrypt_token(parsed, key, demand, runtime, network=network, passphrase=passphrase)
    document: dict[str, Any] = {
        "verified": False,
        "serialization": parsed.serialization,
        **encryption_document(decryption),
        "header": dict(decryption.header),
    }
    plaintext = decryption.plaintext
    if plaintext is None:
        document |= {"code": decryption.code, "reason": decryption.detail}
        blocks = (Headline("NOT DECRYPTED", decryption.detail, "bad"),)
        quiet = f"not decrypted: {decryption.code}"
        return Report("decrypt", document, blocks=blocks, aside=True, quiet=quiet, notes=notes, positive=False)
    document["output"] = output
    if output is not None:
        write_new(output, plaintext, private=True, force=force)
        wrote = (Headline("wrote", output, "good"),)
        return Report("decrypt", document, blocks=wrote, aside=True, quiet="", notes=notes)
    name, text = payload_member(plaintext)
    return Report("decrypt", document | {name: text}, product=plaintext, notes=notes)
