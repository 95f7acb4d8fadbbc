"""What a primitive is told besides key and octets: this file is the hash, padding and ECDSA of an alg."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jwtool.jose.algorithms import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.hashes import HashAlgorithm


def ecdsa_that_verifies(hashed: HashAlgorithm | Prehashed) -> ec.ECDSA:
    """`ec.ECDSA` for verifying alone: to make one for signing too imports a backend: 5 ms."""
    from cryptography.hazmat.primitives.asymmetric import ec

    class Ecdsa(ec.ECDSA):
        def __init__(self) -> None:
            """Nothing: what is asked of it is below."""

        @property
        def algorithm(self) -> HashAlgorithm | Prehashed:
            return hashed

        @property
        def deterministic_signing(self) -> bool:
            return False

    return Ecdsa()


@cache
def hash_of(name: str | None) -> HashAlgorithm:
    """The hash by its name in the table of algorithms."""
    from cryptography.hazmat.primitives import hashes

    return {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[name or ""]


def hashing(hash_name: str | None, *, many: bool) -> tuple[HashAlgorithm | Prehashed, Callable[[bytes], Any] | None]:
    """What is told to the primitive, and the function that hashes before it, if one does.

    hashlib takes less time for each of `many` signatures, and more to be imported than one signature to verify.
    """
    if not many:
        return hash_of(hash_name), None
    import hashlib

    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    return Prehashed(hash_of(hash_name)), getattr(hashlib, hash_name or "")


@cache
def ecdsa(hash_name: str | None) -> ec.ECDSA:
    """ECDSA with that hash, for signing."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.ECDSA(hash_of(hash_name))


@cache
def padding_of(alg: str) -> padding.AsymmetricPadding:
    """PKCS#1 v1.5, or PSS with MGF1 over the same hash and a salt as long as the hash (RFC 7518 §3.5)."""
    from cryptography.hazmat.primitives.asymmetric import padding

    row = ALGORITHMS[alg]
    if row.family == "rsa-pkcs1":
        return padding.PKCS1v15()
    digest = hash_of(row.hash_name)
    return padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
