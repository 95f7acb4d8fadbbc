"""`jwtool jwks add`: more keys for a set, in place."""

from typing import Annotated

import typer

from jwtool.cli.options import KeysArgument, PassphraseOption, SetFileArgument
from jwtool.output.report import Headline, Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    file: SetFileArgument,
    keys: KeysArgument,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the key that has the same kid.")] = False,
    passphrase: PassphraseOption = None,
    network: Network,
) -> Report:
    """Put KEYs into the set in FILE, in one step: a public set gets their public halves, a private one private keys.

    Example: jwtool jwks add jwks.json new.jwk
    Example: jwtool jwks add jwks.json private.jwk --replace
    """
    from jwtool.operations.build_keyset import for_a_set
    from jwtool.operations.describe import entries_documents, keyset_table
    from jwtool.operations.edit_keyset import add
    from jwtool.operations.resolve_keys import load_all
    from jwtool.output.words import counted

    loaded = load_all(keys, runtime, network=network, passphrase=passphrase)
    done = add(file, [for_a_set(key) for one in loaded for key in one.keyset.keys], replace=replace)
    documents = entries_documents(done.entries)
    summary = " and ".join(
        f"{counted(len(kids), 'key')} {verb} {file}"
        for kids, verb in ((done.added, "added to"), (done.replaced, "replaced in"))
        if kids
    )
    return Report(
        "jwks",
        {"source": file, "keys": documents, "added": list(done.added), "replaced": list(done.replaced)},
        blocks=(Headline("DONE", summary, "good"), keyset_table(documents)),
        quiet=summary,
        notes=(*(note for one in loaded for note in one.notes), *done.notes),
    )
