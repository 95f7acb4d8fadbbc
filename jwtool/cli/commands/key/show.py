"""`jwtool key show`: what a key is, what it is good for, what is weak."""

from jwtool.cli.options import KeyArgument, PassphraseOption
from jwtool.output.report import Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    key: KeyArgument,
    passphrase: PassphraseOption = None,
    network: Network,
) -> Report:
    """Show type, size, kid, algorithms and thumbprint of KEY, never its private part.

    Example: jwtool key show private.jwk
    Example: jwtool key show https://auth.example/jwks.json#2026-11-a
    """
    from jwtool.operations.describe import key_document, key_table
    from jwtool.operations.resolve_keys import load_one

    loaded = load_one(key, runtime, network=network, passphrase=passphrase)
    (found,) = loaded.keyset.keys
    document = key_document(found) | {"source": loaded.source}
    return Report(
        "key",
        document,
        blocks=(key_table(found),),
        quiet=f"{found.describe()}, {'private' if found.private else 'public'}",
        notes=loaded.notes,
    )
