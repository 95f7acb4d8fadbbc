"""`jwtool jwks build`: a key set out of keys, public parts only."""

from typing import Annotated, Any

import typer

from jwtool.cli import complete_value as complete
from jwtool.cli.options import (
    ForceOption,
    KeysArgument,
    OutputOption,
    PassphraseOption,
)
from jwtool.output.report import Headline, Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    keys: KeysArgument,
    private: Annotated[bool, typer.Option("--private", help="Keep the private parts: a set to sign with.")] = False,
    use: Annotated[
        str | None, typer.Option("--use", metavar="USE", show_default=False, help="sig or enc, for keys without one.")
    ] = None,
    alg: Annotated[
        str | None,
        typer.Option(
            "--alg",
            metavar="ALG",
            show_default=False,
            autocompletion=complete.algorithm,
            help="The algorithm, for keys without one.",
        ),
    ] = None,
    output: OutputOption = None,
    force: ForceOption = False,
    passphrase: PassphraseOption = None,
    network: Network,
) -> Report:
    """Build a JWKS out of KEYs and print it: what an authorization server publishes at its JWKS URI.

    The certificates of a key go with it, as x5c and x5t#S256.

    Example: jwtool jwks build private.jwk -o jwks.json
    Example: jwtool jwks build old.pem new.jwk --use sig
    Example: jwtool jwks build chain.pem
    """
    from jwtool.operations.build_keyset import build, encode, marked
    from jwtool.operations.describe import key_document, keyset_table
    from jwtool.operations.encryption_keys import known_key_algorithm
    from jwtool.operations.resolve_keys import load_all
    from jwtool.sources.files import write_new

    if alg is not None:
        known_key_algorithm(alg)
    loaded = load_all(keys, runtime, network=network, passphrase=passphrase)
    given = [marked(key, use=use, alg=alg) for one in loaded for key in one.keyset.keys]
    members, built, remarks = build(given, private=private)
    documents = [key_document(key) | {"usable": True} for key in members]
    notes = tuple(note for one in loaded for note in one.notes) + remarks
    data = encode(built)
    document: dict[str, Any] = {"keys": documents, "output": output}
    if not private:
        document["jwks"] = built
    if output is None:
        product = data.decode().removesuffix("\n")
        return Report("jwks", document, product=product, notes=notes, private=private)
    write_new(output, data, private=private, force=force)
    blocks = (Headline("wrote", output, "good"), keyset_table(documents))
    return Report("jwks", document, blocks=blocks, aside=True, quiet="", notes=notes)
