"""What every key is once it has been read: one immutable `Key`, whatever form it came in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import base64url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.protection import Protection


class RsaPrivate(NamedTuple):
    """The numbers of a private RSA key, complete and consistent with each other. Has no telling `repr`."""

    n: int
    e: int
    d: int
    p: int
    q: int
    dp: int
    dq: int
    qi: int

    def __repr__(self) -> str:
        """Only what it is."""
        return "<RsaPrivate>"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Key:
    """A key that passed the policy, or passed all of it but `weakness`.

    `bits` is the length of the modulus, the curve or the secret, 0 for AKP, whose `alg` says all of its lengths.
    `private` says that the key can sign; every `oct` key can. `members` is the JWK in canonical form, private members
    included, without any member that jwtool does not know. `form` is what it was read from: jwk, pem, der,
    certificate, pkcs12, ssh, secret, password.
    `weakness` says why the key is too weak to use, `remarks` what a person should know of a key that may be used.
    `issuer` is whose tokens alone it signs, by its own word, as keys of Microsoft have it; the Entra preset heeds it.
    `certificates` are DER, the first one is this key's. `protection` is how the file that it came from is encrypted.
    """

    kty: str
    crv: str | None
    bits: int
    private: bool
    members: Mapping[str, Any]
    kid: str | None = None
    alg: str | None = None
    use: str | None = None
    key_ops: tuple[str, ...] | None = None
    form: str = "jwk"
    weakness: str | None = None
    remarks: tuple[str, ...] = ()
    certificates: tuple[bytes, ...] = ()
    issuer: str | None = None
    protection: Protection | None = None

    def __repr__(self) -> str:
        """Type, size, name; never material, so that a traceback or a log line can't leak a key."""
        return f"<Key {self.describe()}, kid {self.kid!r}, {'private' if self.private else 'public'}>"

    def describe(self) -> str:
        """The kind of the key for people: `RSA 2048`, `EC P-256`, `OKP Ed25519`, `oct 256 bits`, `AKP ML-DSA-44`."""
        if self.kty == "oct":
            return f"oct {self.bits} bits"
        return f"{self.kty} {self.crv or self.bits or self.alg}"

    def octets(self, member: str) -> bytes:
        """The decoded base64url member, for example `k` of an oct key, `x` or `d` of an OKP key."""
        return base64url.decode(self.members[member], what=f"'{member}'")

    def number(self, member: str) -> int:
        """The member as the big-endian number that it encodes (RFC 7518 §2, §6.2.1.2)."""
        return int.from_bytes(self.octets(member))

    def secret(self) -> bytes:
        """The octets of an oct key."""
        return self.octets("k")

    def rsa_numbers(self) -> tuple[int, int]:
        """Modulus and public exponent (n, e) of an RSA key."""
        return self.number("n"), self.number("e")

    def rsa_private(self) -> RsaPrivate:
        """All numbers of a private RSA key; the primes are there even if the JWK had only `d`."""
        return RsaPrivate(**{name: self.number(name) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi")})

    def ec_point(self) -> tuple[int, int]:
        """The affine coordinates (x, y) of an EC key."""
        return self.number("x"), self.number("y")

    def ec_scalar(self) -> int:
        """The private number d of an EC key."""
        return self.number("d")

    def okp_public(self) -> bytes:
        """The public key of an OKP key, encoded as RFC 8032 and RFC 7748 say."""
        return self.octets("x")

    def okp_private(self) -> bytes:
        """The private key (seed) of an OKP key."""
        return self.octets("d")

    @property
    def is_short_secret(self) -> bool:
        """Whether the weakness is a secret shorter than the hash, which `--allow-weak-key` may overlook."""
        return self.kty == "oct" and self.weakness is not None
