"""Turn keys into what a file or a pipe holds: the format asked for, encrypted if there is a new passphrase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from jwtool.jose import strict_json
from jwtool.jose.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.key import Key
    from jwtool.sources.runtime import Runtime

Format = Literal["jwk", "pem", "der", "ssh"]
FORMATS: tuple[Format, ...] = ("jwk", "pem", "der")
ALL_FORMATS: tuple[Format, ...] = (*FORMATS, "ssh")
OF_ENDING: Mapping[str, Format] = {"jwk": "jwk", "json": "jwk", "pem": "pem", "der": "der"}


def choose_format(
    wanted: str | None, output: str | None, *, option: str, formats: tuple[Format, ...] = FORMATS
) -> Format:
    """The format asked for, else the one that the ending of the output's name implies, else JWK."""
    if wanted is None:
        return implied_format(output) or "jwk"
    for known in formats:
        if wanted.lower() == known:
            return known
    raise UsageError(f"{option} takes {', '.join(formats)}", hint=f"{option} pem")


def implied_format(path: str | None) -> Format | None:
    """The format that the ending of a file's name stands for: `.jwk`, `.json`, `.pem`, `.der`; else None.

    `.pub` stands for none: OpenSSH's lines are in such files, and so are PEM and JWK of others.
    """
    name = (path or "").lower()
    return OF_ENDING.get(name.rpartition(".")[2]) if "." in name else None


def new_passphrase(option: str | None, runtime: Runtime) -> bytes | None:
    """What --new-passphrase names, None where it is not given. Raises UsageError for an empty one."""
    if option is None:
        return None
    from jwtool.sources.source import read_private_text

    passphrase = read_private_text(option, runtime, option="--new-passphrase").encode()
    if not passphrase:
        raise UsageError("the new passphrase is empty", hint="is the variable or file set that it comes from?")
    return passphrase


def encode_key(key: Key, form: Format, *, private: bool, passphrase: bytes | None = None) -> bytes:
    """The key as JWK (JSON with a line break), PEM, DER or what OpenSSH reads, its public half unless `private`.

    A passphrase encrypts a private key: a JWK as JWE, PEM and DER as PKCS#8, OpenSSH in its own way. Raises
    KeyUnsupported for a key that has no such form.
    """
    from jwtool.jose.keys.public import to_der, to_jwk, to_openssh, to_pem

    if form == "jwk":
        if passphrase is not None and private:
            from jwtool.jose.keys.encrypted_jwk import to_encrypted_jwk

            return f"{to_encrypted_jwk(key, passphrase)}\n".encode()
        return (strict_json.dump(to_jwk(key, private=private), indent=2) + "\n").encode()
    write = {"pem": to_pem, "der": to_der, "ssh": to_openssh}[form]
    return write(key, private=private, passphrase=passphrase)


def as_product(data: bytes, form: Format) -> str | bytes:
    """What goes to stdout: text without its last line break, or DER as it is."""
    return data if form == "der" else data.decode().removesuffix("\n")
