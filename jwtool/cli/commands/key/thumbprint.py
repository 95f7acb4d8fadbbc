"""`jwtool key thumbprint`: the name that a key has by its own numbers (RFC 7638)."""

from typing import Annotated, Literal

import typer

from jwtool.cli.options import KeyArgument, PassphraseOption
from jwtool.output.report import Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime

HASHES: tuple[Literal["sha256", "sha384", "sha512"], ...] = ("sha256", "sha384", "sha512")


def command(
    *,
    runtime: Runtime,
    key: KeyArgument,
    hash_name: Annotated[
        str,
        typer.Option("--hash", metavar="HASH", autocompletion=lambda: list(HASHES), help="sha256, sha384 or sha512."),
    ] = "sha256",
    uri: Annotated[bool, typer.Option("--uri", help="As a URI (RFC 9278).")] = False,
    spki: Annotated[
        bool, typer.Option("--spki", help="Instead the SHA-256 fingerprint of the SPKI, as Snowflake wants it.")
    ] = False,
    ssh: Annotated[bool, typer.Option("--ssh", help="Instead the fingerprint that ssh-keygen -l shows.")] = False,
    passphrase: PassphraseOption = None,
    network: Network,
) -> Report:
    """Print the JWK thumbprint of KEY, or a fingerprint: the same for its private and its public half.

    Example: jwtool key thumbprint public.jwk
    Example: jwtool key thumbprint --uri --hash sha512 private.jwk
    Example: jwtool key thumbprint --spki private.jwk
    """
    from jwtool.jose.errors import UsageError
    from jwtool.jose.keyset import thumbprint, thumbprint_uri
    from jwtool.operations.describe import key_document
    from jwtool.operations.resolve_keys import load_one

    chosen = next((known for known in HASHES if known == hash_name), None)
    if chosen is None:
        raise UsageError("--hash takes sha256, sha384 or sha512", hint="--hash sha256")
    if [uri or chosen != "sha256", spki, ssh].count(True) > 1:
        raise UsageError("one name of the key at a time: a thumbprint (--hash, --uri), --spki or --ssh")
    loaded = load_one(key, runtime, network=network, passphrase=passphrase)
    (found,) = loaded.keyset.keys
    if spki or ssh:
        from jwtool.operations.describe_key import spki_fingerprint, ssh_fingerprint

        name, fingerprint = ("spki", spki_fingerprint) if spki else ("ssh", ssh_fingerprint)
        printed = fingerprint(found)
        document = key_document(found) | {f"{name}_fingerprint": printed}
        return Report("key", document, product=printed, notes=loaded.notes)
    value = thumbprint_uri(found, chosen) if uri else thumbprint(found, chosen)
    notes = loaded.notes
    if found.kty == "oct":
        notes = (*notes, "the thumbprint of a secret is a hash of it: keep it as private as the secret")
    document = key_document(found) | {"thumbprint": value, "hash": chosen}
    return Report("key", document, product=value, notes=notes)
