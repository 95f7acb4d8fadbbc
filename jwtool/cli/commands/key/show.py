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
    """Show what KEY is: type, algorithms that fit, names, certificates, what is weak; never its private part.

    The `spki` fingerprint is that of Snowflake, the `ssh` one that of ssh-keygen.

    Example: jwtool key show private.jwk
    Example: jwtool key show https://auth.example/jwks.json#2026-11-a
    """
    from jwtool.operations.describe_key import Described
    from jwtool.operations.resolve_keys import load_one

    loaded = load_one(key, runtime, network=network, passphrase=passphrase)
    (found,) = loaded.keyset.keys
    described = Described(found, now=runtime.now())
    return Report(
        "key",
        described.document() | {"source": loaded.source},
        blocks=(described.table(),),
        quiet=f"{found.describe()}, {'private' if found.private else 'public'}",
        notes=loaded.notes,
    )
