"""Stdin can be read once: this file is what finds two takers of it, before either reads the other's data."""

from collections.abc import Mapping
from typing import Any

from jwtool.jose.errors import StdinTwice

# The parameters that take a SOURCE, and what each reads.
SOURCES = {
    "token": "token",
    "content": "payload",
    "claims": "claims",
    "key": "key",
    "jwks": "key",
    "decrypt_key": "key",
    "keys": "key",
    "other": "key",
    "passphrase": "passphrase",
    "new_passphrase": "new passphrase",
    "access_token": "access token",
    "code": "code",
    "payload": "payload",
    "dpop": "DPoP proof",
    "client": "client secret",
    "bearer": "bearer token",
}
STDIN = ("-", "secret:-", "hex:-", "base64:-")


def refuse_stdin_twice(values: Mapping[str, Any], *, terminal: bool) -> None:
    """Raise StdinTwice if two of the `values` are read from stdin.

    A missing TOKEN or PAYLOAD is, unless stdin is a `terminal`.
    """
    takers = [what for name, what in SOURCES.items() for text in _texts(values.get(name)) if _is_stdin(name, text)]
    missing = [SOURCES[name] for name in ("token", "content") if name in values and values[name] is None]
    if missing and not terminal:
        takers += missing
    if len(takers) > 1:
        one, other = takers[:2]
        both = f"the {one} and the {other}" if one != other else f"one {one} and another"
        raise StdinTwice(f"stdin can't be both {both}", hint="give one of them as @FILE or env:NAME")


def _texts(value: Any) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _is_stdin(name: str, text: str) -> bool:
    if name == "client":
        text = text.partition("=")[2]
    return text.partition("#")[0] in STDIN
