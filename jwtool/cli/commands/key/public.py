"""`jwtool key public`: the public half of a key."""

from typing import Annotated

import typer

from jwtool.cli.options import ForceOption, KeyArgument, OutputOption, PassphraseOption, ToOption
from jwtool.output.report import Headline, Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    key: KeyArgument,
    to: ToOption = None,
    new_passphrase: Annotated[
        str | None,
        typer.Option(
            "--new-passphrase", metavar="SOURCE", hidden=True, help="Refused: what is public is not encrypted."
        ),
    ] = None,
    output: OutputOption = None,
    force: ForceOption = False,
    passphrase: PassphraseOption = None,
    network: Network,
) -> Report:
    """Print the public half of KEY: what others need to verify, and nothing else.

    Example: jwtool key public private.jwk -o public.jwk
    Example: jwtool key public --to pem private.jwk
    """
    from jwtool.jose.errors import UsageError
    from jwtool.jose.keys.public import public_half, to_jwk
    from jwtool.operations.build_keyset import with_kid
    from jwtool.operations.describe import key_document
    from jwtool.operations.make_keys import ALL_FORMATS, as_product, choose_format, encode_key
    from jwtool.operations.resolve_keys import load_one, refuse_weak
    from jwtool.sources.files import write_new

    if new_passphrase is not None:
        raise UsageError(
            "a public key is for everyone, and --new-passphrase encrypts private keys only",
            hint="jwtool key convert KEY --new-passphrase env:NAME",
        )
    form = choose_format(to, output, option="--to", formats=ALL_FORMATS)
    loaded = load_one(key, runtime, network=network, passphrase=passphrase)
    refuse_weak(loaded)
    public = public_half(loaded.keyset.keys[0])
    data = encode_key(public, form, private=False)
    document = key_document(public) | {"key": to_jwk(with_kid(public), private=False), "output": output}
    if output is None:
        return Report("key", document, product=as_product(data, form), notes=loaded.notes)
    write_new(output, data, private=False, force=force)
    return Report(
        "key", document, blocks=(Headline("wrote", output, "good"),), aside=True, quiet="", notes=loaded.notes
    )
