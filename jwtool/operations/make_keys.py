"""Make a key, and turn keys into what a file or a pipe holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from jwtool.jose import strict_json
from jwtool.jose.errors import UsageError

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

Format = Literal["jwk", "pem", "der"]
FORMATS: tuple[Format, ...] = ("jwk", "pem", "der")


def choose_format(wanted: str | None, output: str | None, *, option: str) -> Format:
    """The format asked for, else the one that the ending of the output's name implies, else JWK."""
    if wanted is None:
        ending = (output or "").rpartition(".")[2].lower()
        return "pem" if ending == "pem" else "der" if ending == "der" else "jwk"
    for known in FORMATS:
        if wanted.lower() == known:
            return known
    raise UsageError(f"{option} takes {', '.join(FORMATS)}", hint=f"{option} pem")


def encode_key(key: Key, form: Format, *, private: bool, passphrase: bytes | None = None) -> bytes:
    """The key as JWK (JSON with a line break), PEM or DER; encrypted PKCS#8 if a passphrase is given."""
    from jwtool.jose.keys.public import to_der, to_jwk, to_pem

    if form == "jwk":
        if passphrase is not None:
            raise UsageError("a JWK is not encrypted here, and a passphrase was given", hint="--format pem")
        return (strict_json.dump(to_jwk(key, private=private), indent=2) + "\n").encode()
    convert = to_pem if form == "pem" else to_der
    return convert(key, private=private, passphrase=passphrase)


def as_product(data: bytes, form: Format) -> str | bytes:
    """What goes to stdout: text without its last line break, or DER as it is."""
    return data if form == "der" else data.decode().removesuffix("\n")
