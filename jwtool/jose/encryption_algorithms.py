"""The tables of encryption algorithms: how the content key is managed (`alg`), and what encrypts the content (`enc`).

The other half of `algorithms.py`, kept apart so that what iterates signature algorithms stays right.
Sources: RFC 7518 §4.1 and §5.1, RFC 8037 §3.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

ManagementFamily = Literal["rsa-oaep", "ecdh", "aes-kw", "aes-gcmkw", "pbes2", "dir"]

GCM_IV_OCTETS = 12
TAG_OCTETS = 16
MIN_P2C, MAX_P2C = 1_000, 1_200_000  # rounds of PBKDF2 that are read, and may be written
DEFAULT_P2C = 600_000


class KeyManagement(NamedTuple):
    """One row: what a JWE `alg` stands for.

    `wrap_octets` is the length of the AES key that wraps the content key, 0 where none does. `curves` are those of
    a key that fits, empty for RSA and oct.
    """

    name: str
    family: ManagementFamily
    wrap_octets: int
    curves: tuple[str, ...]
    summary: str
    source: str

    @property
    def kty(self) -> tuple[str, ...]:
        """The types of a key that fits."""
        return {"rsa-oaep": ("RSA",), "ecdh": ("EC", "OKP")}.get(self.family, ("oct",))

    @property
    def is_direct(self) -> bool:
        """Whether the content key follows from the key itself: no encrypted key, and one recipient only."""
        return self.family == "dir" or (self.family == "ecdh" and not self.wrap_octets)


class ContentEncryption(NamedTuple):
    """One row: what a JWE `enc` stands for, with the exact lengths of content key, IV and tag in octets."""

    name: str
    key_octets: int
    iv_octets: int
    tag_octets: int
    summary: str
    source: str


ECDH_CURVES = ("P-256", "P-384", "P-521", "X25519", "X448")
REFUSED: Mapping[str, str] = {
    "RSA1_5": "whoever can watch decryption fail can decrypt (Bleichenbacher's attack), and RFC 8725 §3.2 warns of it",
}
"""Names that jwtool knows and refuses everywhere, each with the reason."""

KEY_MANAGEMENT: Mapping[str, KeyManagement] = {
    row.name: row
    for row in (
        KeyManagement("RSA-OAEP", "rsa-oaep", 0, (), "RSA OAEP with SHA-1, for old peers", "RFC 7518 §4.3"),
        KeyManagement("RSA-OAEP-256", "rsa-oaep", 0, (), "RSA OAEP with SHA-256", "RFC 7518 §4.3"),
        KeyManagement("A128KW", "aes-kw", 16, (), "AES key wrap, a secret of 128 bits", "RFC 7518 §4.4"),
        KeyManagement("A192KW", "aes-kw", 24, (), "AES key wrap, a secret of 192 bits", "RFC 7518 §4.4"),
        KeyManagement("A256KW", "aes-kw", 32, (), "AES key wrap, a secret of 256 bits", "RFC 7518 §4.4"),
        KeyManagement("dir", "dir", 0, (), "the secret is the content key itself", "RFC 7518 §4.5"),
        KeyManagement("ECDH-ES", "ecdh", 0, ECDH_CURVES, "ECDH gives the content key", "RFC 7518 §4.6"),
        KeyManagement(
            "ECDH-ES+A128KW", "ecdh", 16, ECDH_CURVES, "ECDH gives a key for A128KW", "RFC 7518 §4.6, RFC 8037 §3.2"
        ),
        KeyManagement(
            "ECDH-ES+A192KW", "ecdh", 24, ECDH_CURVES, "ECDH gives a key for A192KW", "RFC 7518 §4.6, RFC 8037 §3.2"
        ),
        KeyManagement(
            "ECDH-ES+A256KW", "ecdh", 32, ECDH_CURVES, "ECDH gives a key for A256KW", "RFC 7518 §4.6, RFC 8037 §3.2"
        ),
        KeyManagement("A128GCMKW", "aes-gcmkw", 16, (), "AES-GCM wraps, a secret of 128 bits", "RFC 7518 §4.7"),
        KeyManagement("A192GCMKW", "aes-gcmkw", 24, (), "AES-GCM wraps, a secret of 192 bits", "RFC 7518 §4.7"),
        KeyManagement("A256GCMKW", "aes-gcmkw", 32, (), "AES-GCM wraps, a secret of 256 bits", "RFC 7518 §4.7"),
        KeyManagement("PBES2-HS256+A128KW", "pbes2", 16, (), "a password, PBKDF2 with SHA-256", "RFC 7518 §4.8"),
        KeyManagement("PBES2-HS384+A192KW", "pbes2", 24, (), "a password, PBKDF2 with SHA-384", "RFC 7518 §4.8"),
        KeyManagement("PBES2-HS512+A256KW", "pbes2", 32, (), "a password, PBKDF2 with SHA-512", "RFC 7518 §4.8"),
    )
}

CONTENT_ENCRYPTION: Mapping[str, ContentEncryption] = {
    row.name: row
    for row in (
        ContentEncryption("A128CBC-HS256", 32, 16, 16, "AES-128-CBC with HMAC-SHA-256", "RFC 7518 §5.2.3"),
        ContentEncryption("A192CBC-HS384", 48, 16, 24, "AES-192-CBC with HMAC-SHA-384", "RFC 7518 §5.2.4"),
        ContentEncryption("A256CBC-HS512", 64, 16, 32, "AES-256-CBC with HMAC-SHA-512", "RFC 7518 §5.2.5"),
        ContentEncryption("A128GCM", 16, GCM_IV_OCTETS, TAG_OCTETS, "AES-128-GCM", "RFC 7518 §5.3"),
        ContentEncryption("A192GCM", 24, GCM_IV_OCTETS, TAG_OCTETS, "AES-192-GCM", "RFC 7518 §5.3"),
        ContentEncryption("A256GCM", 32, GCM_IV_OCTETS, TAG_OCTETS, "AES-256-GCM", "RFC 7518 §5.3"),
    )
}

DEFAULT_ENC = "A256GCM"
PREFERRED = ("RSA-OAEP-256", "ECDH-ES+A256KW", "A128KW", "A192KW", "A256KW", "dir", "PBES2-HS256+A128KW")
"""The `alg` that a key without one is used with: the first of these that it fits, else the first of the table."""


def fits_key(row: KeyManagement, kty: str, crv: str | None, secret_octets: int) -> bool:
    """Whether a key of this type, curve and secret length can serve the row.

    A secret must be as long as the AES key, for `dir` as some content key; for PBES2 any will do.
    """
    if kty not in row.kty or (row.curves and crv not in row.curves):
        return False
    if row.family in {"aes-kw", "aes-gcmkw"}:
        return secret_octets == row.wrap_octets
    return row.family != "dir" or any(secret_octets == enc.key_octets for enc in CONTENT_ENCRYPTION.values())


def encryption_for_key(kty: str, crv: str | None, secret_octets: int = 0) -> tuple[str, ...]:
    """The names of all key management algorithms that such a key can serve, the preferred ones first."""
    names = (*PREFERRED, *(name for name in KEY_MANAGEMENT if name not in PREFERRED))
    return tuple(name for name in names if fits_key(KEY_MANAGEMENT[name], kty, crv, secret_octets))
