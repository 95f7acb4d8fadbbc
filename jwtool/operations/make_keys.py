"""Make a key, and turn keys into what a file or a pipe holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from jwtool.jose import strict_json
from jwtool.jose.errors import KeyUnsupported, UsageError

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

Format = Literal["jwk", "pem", "der", "ssh"]
FORMATS: tuple[Format, ...] = ("jwk", "pem", "der")
PUBLIC_FORMATS: tuple[Format, ...] = (*FORMATS, "ssh")
SSH_CURVES = ("P-256", "P-384", "P-521", "Ed25519")  # RFC 5656 §10.1, RFC 8709 §4; no other has a name in OpenSSH


def choose_format(
    wanted: str | None, output: str | None, *, option: str, formats: tuple[Format, ...] = FORMATS
) -> Format:
    """The format asked for, else the one that the ending of the output's name implies, else JWK."""
    if wanted is None:
        ending = (output or "").rpartition(".")[2].lower()
        return "pem" if ending == "pem" else "der" if ending == "der" else "jwk"
    for known in formats:
        if wanted.lower() == known:
            return known
    raise UsageError(f"{option} takes {', '.join(formats)}", hint=f"{option} pem")


def encode_key(key: Key, form: Format, *, private: bool, passphrase: bytes | None = None) -> bytes:
    """The key as JWK (JSON with a line break), PEM or DER; encrypted PKCS#8 if a passphrase is given.

    A public key also as the line that OpenSSH reads. Raises KeyUnsupported for a key that has no such form.
    """
    from jwtool.jose.keys.public import to_der, to_jwk, to_pem

    if form == "jwk":
        if passphrase is not None:
            raise UsageError("a JWK can't be encrypted with --new-passphrase yet", hint="--format pem")
        return (strict_json.dump(to_jwk(key, private=private), indent=2) + "\n").encode()
    if form == "ssh":
        return _to_ssh(key)
    convert = to_pem if form == "pem" else to_der
    return convert(key, private=private, passphrase=passphrase)


def _to_ssh(key: Key) -> bytes:
    if key.kty != "RSA" and key.crv not in SSH_CURVES:
        known = ", ".join(("RSA", *SSH_CURVES))
        raise KeyUnsupported(f"a key of type {key.describe()} has no OpenSSH form, only {known} have")
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

    from jwtool.jose.keys.public import to_der

    public = load_der_public_key(to_der(key, private=False))
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b"\n"


def as_product(data: bytes, form: Format) -> str | bytes:
    """What goes to stdout: text without its last line break, or DER as it is."""
    return data if form == "der" else data.decode().removesuffix("\n")
