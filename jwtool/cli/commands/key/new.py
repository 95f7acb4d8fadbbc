"""`jwtool key new`: make a private key or a secret."""

import os
from typing import Annotated

import typer

from jwtool.cli import complete_value as complete
from jwtool.cli.options import ForceOption, NewPassphraseOption, OutputOption
from jwtool.output.report import Headline, Report
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    as_json: bool,
    alg: Annotated[
        str, typer.Option("--alg", metavar="ALG", autocompletion=complete.key_algorithm, help="What the key is for.")
    ] = "ES256",
    curve: Annotated[
        str | None, typer.Option("--curve", metavar="CRV", show_default=False, help="For EdDSA and ECDH-ES.")
    ] = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="BITS", show_default=False, help="Length of an RSA key or a secret.")
    ] = None,
    use: Annotated[
        str | None,
        typer.Option("--use", metavar="USE", show_default=False, help="sig or enc: what the key says of it."),
    ] = None,
    kid: Annotated[
        str | None, typer.Option("--kid", metavar="KID", show_default=False, help="Default: the RFC 7638 thumbprint.")
    ] = None,
    form: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", show_default=False, help="jwk (default), pem or der.")
    ] = None,
    new_passphrase: NewPassphraseOption = None,
    output: OutputOption = None,
    public_out: Annotated[
        str | None,
        typer.Option(
            "--public-out",
            metavar="FILE",
            show_default=False,
            autocompletion=complete.path,
            help="Write the public half here.",
        ),
    ] = None,
    force: ForceOption = False,
) -> Report:
    """Make a new key and print it, or write it with -o to a file that only you can read.

    Where --format is not given, the names of the files say it: .jwk, .json, .pem, .der.

    Example: jwtool key new -o private.jwk --public-out public.jwk
    Example: jwtool key new --alg EdDSA --curve Ed448 -o ed448.jwk
    Example: jwtool key new --alg ECDH-ES+A256KW --curve X25519 -o enc.jwk
    Example: jwtool key new --alg RS256 --size 3072 --format pem -o rsa.pem
    """
    from jwtool.jose.errors import UsageError
    from jwtool.jose.keys.generate import generate
    from jwtool.jose.keys.public import public_half
    from jwtool.operations import make_keys
    from jwtool.operations.describe import key_document, key_table
    from jwtool.operations.encryption_keys import known_key_algorithm
    from jwtool.sources.files import refuse_existing, write_new
    from jwtool.sources.grammar import parse_whole_number

    chosen = make_keys.choose_format(form, output, option="--format")
    of_public = chosen if form is not None else make_keys.implied_format(public_out) or chosen
    if as_json and output is None:
        raise UsageError("a private key never stands inside a JSON document", hint="name a file with -o FILE")
    if output is not None and public_out is not None and os.path.realpath(output) == os.path.realpath(public_out):
        raise UsageError("-o and --public-out name the same file, and each half needs its own")
    secret = make_keys.new_passphrase(new_passphrase, runtime)
    refuse_existing(output, public_out, force=force)
    bits = None if size is None else parse_whole_number(size, option="--size")
    key = generate(known_key_algorithm(alg), crv=curve, size=bits, kid=kid, use=use)
    public = None if public_out is None else make_keys.encode_key(public_half(key), of_public, private=False)
    data = make_keys.encode_key(key, chosen, private=True, passphrase=secret)
    if output is not None:
        write_new(output, data, private=True, force=force)
    if public_out is not None and public is not None:
        write_new(public_out, public, private=False, force=force)
    document = key_document(key) | {"output": output, "public_output": public_out}
    if output is None:
        return Report("key", document, product=make_keys.as_product(data, chosen), private=True)
    headline = Headline("wrote", output if public_out is None else f"{output} and {public_out}", "good")
    return Report("key", document, blocks=(headline, key_table(key)), aside=True, quiet="")
