"""What a local issuer is started with: its keys and its clients, out of the words of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.errors import KeyNotPrivate, KeyUseMismatch, SecretOnCommandLine, UsageError
from jwtool.jose.quoting import quote
from jwtool.jose.rotation import active_key
from jwtool.operations.resolve_keys import load_usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.keys.key import Key
    from jwtool.sources.runtime import Runtime

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


def parse_clients(texts: Sequence[str], runtime: Runtime) -> dict[str, bytes]:
    """The clients of `--client ID=SOURCE`: secrets by id. Raises UsageError leaves, and what is wrong with a source."""
    from jwtool.sources.source import read_private_text

    clients: dict[str, bytes] = {}
    for text in texts:
        name, equals, source = text.partition("=")
        if not (name and equals and source):
            raise UsageError("--client takes ID=SOURCE: an id, and where its secret is", hint=ONE_CLIENT)
        if name in clients:
            raise UsageError(f"the client {quote(name)} is given twice", hint="one --client for each")
        try:
            secret = read_private_text(source, runtime, option="--client").encode()
        except SecretOnCommandLine as error:
            raise SecretOnCommandLine(error.message.replace("takes ", "takes ID= and "), hint=ONE_CLIENT) from None
        if not secret:
            raise UsageError(f"the secret of the client {quote(name)} is empty", hint=ONE_CLIENT)
        clients[name] = secret
    return clients
