"""`jwtool jwks show`: the keys of a set, and why one is not used."""

from jwtool.cli.options import PassphraseOption, SetArgument
from jwtool.output.report import Line, Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    keys: SetArgument,
    passphrase: PassphraseOption = None,
    network: Network,
) -> Report:
    """Show every key of SET: kid, type, algorithm, use, and what is wrong with it.

    Example: jwtool jwks show jwks.json
    Example: jwtool jwks show https://auth.example/.well-known/jwks.json
    """
    from jwtool.jose.keyset import usable
    from jwtool.operations.describe import keyset_documents, keyset_table
    from jwtool.operations.resolve_keys import load_set
    from jwtool.output.words import counted

    loaded = load_set(keys, runtime, network=network, passphrase=passphrase, what="SET")
    documents = keyset_documents(usable(loaded.keyset))
    good = sum(facts["usable"] for facts in documents)
    summary = f"{counted(len(documents), 'key')} in {loaded.source}, {good} usable"
    cache = {} if loaded.fetched is None else {"cache": loaded.fetched.answered.facts()}
    return Report(
        "jwks",
        {"source": loaded.source, "keys": documents, **cache},
        blocks=(keyset_table(documents), Line(summary, "dim")),
        quiet=summary,
        notes=loaded.notes,
    )
