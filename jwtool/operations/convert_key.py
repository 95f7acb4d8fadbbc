"""One key into another format: a private key stays private, a public one public, and encryption is as asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.errors import KeyNotPrivate, UsageError
from jwtool.operations.make_keys import (
    ALL_FORMATS,
    Format,
    choose_format,
    encode_key,
    new_passphrase,
)
from jwtool.operations.resolve_keys import load_one, refuse_weak

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key
    from jwtool.sources.network import Network
    from jwtool.sources.runtime import Runtime

# What a JWK says of a key beside its material, and no other format can.
SAID_IN_JWK = ("kid", "alg", "use", "key_ops")
PUBLIC = ".pub"


class Converted(NamedTuple):
    """A key with the octets that hold it now; `notes` are what must be said of its source."""

    key: Key
    form: Format
    data: bytes
    notes: tuple[str, ...]


def convert_key(
    text: str,
    runtime: Runtime,
    *,
    wanted: str | None,
    output: str | None,
    new: str | None,
    network: Network,
    passphrase: str | None,
) -> Converted:
    """The key of the source `text` as --to (`wanted`) says, else the ending of `output`, encrypted if `new` is given.

    Raises UsageError for a private key that would go to a file named `.pub`; KeyNotPrivate for a public key with a
    new passphrase; KeyUnsupported for a key that the format has no place for; and the refusals of loading, weak keys
    among them.
    """
    form = choose_format(wanted, output, option="--to", formats=ALL_FORMATS)
    loaded = load_one(text, runtime, network=network, passphrase=passphrase)
    refuse_weak(loaded, allow_weak_secret=True)
    (key,) = loaded.keyset.keys
    if key.private and wanted is None:
        _refuse_public_name(output)
    if new is not None and not key.private:
        raise KeyNotPrivate(
            f"the key ({key.describe()}) is public, and only a private key is encrypted",
            hint="leave --new-passphrase out",
        )
    data = encode_key(key, form, private=key.private, passphrase=new_passphrase(new, runtime))
    if form != "jwk":
        lost = ", ".join(name for name in SAID_IN_JWK if name in key.members)
        runtime.trace(f"no place for {lost} of the key in this format" if lost else "nothing of the key is lost")
    return Converted(key, form, data, loaded.notes)


def _refuse_public_name(path: str | None) -> None:
    """Raise UsageError for a name that OpenSSH gives to public keys, where a private key would go there unasked."""
    if path is not None and path.lower().endswith(PUBLIC):
        raise UsageError(
            f"a name that ends in {PUBLIC} is that of a public key, and this key is private",
            hint="jwtool key public writes the public half; --to ssh says that the private key is meant",
        )
