"""What is said of an encryption algorithm: texts made of the rows of `encryption_algorithms.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.encryption_algorithms import MAX_P2C, MIN_P2C

if TYPE_CHECKING:
    from jwtool.jose.encryption_algorithms import ContentEncryption, KeyManagement


def about_management(row: KeyManagement) -> str:
    """The text for a key management algorithm (`alg`)."""
    bits = row.wrap_octets * 8
    if row.family == "rsa-oaep":
        return (
            "The content key is encrypted with an RSA public key of at least 2048 bits, and\n"
            "only the private key decrypts it."
        )
    if row.family == "ecdh":
        use = f"wraps the content key (AES, {bits} bits)" if bits else "is the content key: one recipient only"
        curves = f"{', '.join(row.curves[:-1])} or {row.curves[-1]}"
        return f"A one-time key and the recipient's public key give a secret, which\n{use}. Both are on\n{curves}."
    if row.family == "pbes2":
        return (
            f"A password becomes a key by PBKDF2, in {MIN_P2C:,} to {MAX_P2C:,} rounds, and wraps the\n"
            "content key. Give it as -k secret:env:NAME; whoever guesses it can read the\ntoken."
        )
    if row.family == "dir":
        return (
            "A shared secret (oct) encrypts the content itself. It must be exactly as long\n"
            "as the enc wants, and serves one recipient only."
        )
    return f"The content key is wrapped with a shared secret (oct) of exactly {bits} bits."


def about_content(row: ContentEncryption) -> str:
    """The text for a content encryption (`enc`)."""
    return (
        "Encrypts the content of a token and shows any change of it. Its key has\n"
        f"{row.key_octets * 8} bits and is new for each token, unless alg says dir."
    )
