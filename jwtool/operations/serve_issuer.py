"""What a local issuer is started with: its keys and its clients, out of the words of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose import keyset as keysets
from jwtool.jose.errors import KeyNotPrivate, KeyUseMismatch, SecretOnCommandLine, UsageError
from jwtool.jose.quoting import printable, quote
from jwtool.jose.rotation import active_key
from jwtool.operations.resolve_keys import load_usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.keys.key import Key
    from jwtool.jose.keyset import KeySet
    from jwtool.sources.runtime import Runtime

KEY_STARTS = ("{", "-----BEGIN ")
ONE_CLIENT = "--client app=env:SECRET"
DEFAULT_ALG = "RS256"
"""What OpenID Connect demands of every issuer, and what most clients are tested with."""


def issuer_keys(sources: Sequence[str], runtime: Runtime, *, passphrase: str | None) -> tuple[Key, ...]:
    """The private keys of the sources, the one that signs first; without sources a new one, kept nowhere.

    The first source says which key signs: its only one, or the one that is active now. Raises what is wrong with a
    source, KeyNotPrivate for one without private keys, KeyUseMismatch where none of them is for signatures.
    """
    from jwtool.jose.keys.generate import generate
    from jwtool.sources.network import Network

    if not sources:
        return (generate(DEFAULT_ALG),)
    keys: list[Key] = []
    for loaded in load_usable(sources, runtime, network=Network(), passphrase=passphrase):
        private = [key for key in loaded.keyset.keys if key.private]
        if not private:
            raise KeyNotPrivate(
                f"{loaded.source} holds no private key, and an issuer signs with one",
                hint="jwtool key new -o private.jwk",
            )
        signing = [key for key in private if key.use in {None, "sig"}]
        if not signing:
            raise KeyUseMismatch(f"no key of {loaded.source} is for signatures", hint="jwtool key new -o private.jwk")
        keys += signing
        if keys == signing:
            first = active_key(signing, now=runtime.now())
            keys = [first, *(key for key in signing if key is not first)]
    return tuple(keys)


def parse_clients(texts: Sequence[str], runtime: Runtime) -> dict[str, bytes | KeySet]:
    """The clients of `--client ID=SOURCE` by id: a secret, or public keys where the source holds a key.

    Raises UsageError leaves, and what is wrong with a source or a key.
    """
    from jwtool.sources.source import read_private_text

    clients: dict[str, bytes | KeySet] = {}
    for text in texts:
        name, equals, source = text.partition("=")
        if not (name and equals and source):
            raise UsageError("--client takes ID=SOURCE: an id, and where its secret or key is", hint=ONE_CLIENT)
        if name in clients:
            raise UsageError(f"the client {quote(name)} is given twice", hint="one --client for each")
        try:
            secret = read_private_text(source, runtime, option="--client")
        except SecretOnCommandLine as error:
            raise SecretOnCommandLine(error.message.replace("takes ", "takes ID= and "), hint=ONE_CLIENT) from None
        if not secret:
            raise UsageError(f"the secret of the client {quote(name)} is empty", hint=ONE_CLIENT)
        clients[name] = _public_keys(secret, name) if secret.lstrip().startswith(KEY_STARTS) else secret.encode()
    return clients


def _public_keys(text: str, client: str) -> KeySet:
    """The keys of a client, a private one by its public half. Raises what is wrong with them."""
    from jwtool.jose.keys.load import load_keys
    from jwtool.jose.keys.public import public_half

    usable = keysets.usable(load_keys(text.encode(), passphrase=lambda: None))
    if not usable.keys:
        raise keysets.refusal(usable, f"--client {printable(client)}=")
    return usable._replace(keys=tuple(map(public_half, usable.keys)))
