"""What of a key may be published, and keys written out: public half, JWK, PEM, DER, OpenSSH.

Public output is built from the members that are known to be public; nothing else of a key can get into it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from jwtool.jose.errors import KeyNotPrivate, KeySymmetricInPublic, KeyUnsupported, UsageError
from jwtool.jose.keys.native import ec_curve, ml_dsa_private, ml_dsa_public, okp_private_class

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicNumbers
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicNumbers

    from jwtool.jose.keys.key import Key
    from jwtool.jose.keys.native import MlDsaPrivateKey, OkpPrivateKey, OkpPublicKey, PublicKey

PUBLIC_MATERIAL: Mapping[str, tuple[str, ...]] = {
    "RSA": ("n", "e"),
    "EC": ("crv", "x", "y"),
    "OKP": ("crv", "x"),
    "AKP": ("alg", "pub"),
}
PRIVATE_MATERIAL: Mapping[str, tuple[str, ...]] = {
    "RSA": ("d", "p", "q", "dp", "dq", "qi"),
    "EC": ("d",),
    "OKP": ("d",),
    "oct": ("k",),
    "AKP": ("priv",),
}
DESCRIPTION = ("kty", "kid", "use", "alg", "key_ops")
TIMES = ("iat", "nbf", "exp")  # of a private set only: when a key signs
CERTIFICATES = ("x5c", "x5t", "x5t#S256")

# What the owner of the public half does where the owner of the private key does that (RFC 7517 §4.3). Deriving
# takes a private key on both sides.
PUBLIC_OPERATION: Mapping[str, str] = {
    "sign": "verify",
    "verify": "verify",
    "decrypt": "encrypt",
    "encrypt": "encrypt",
    "unwrapKey": "wrapKey",
    "wrapKey": "wrapKey",
}
MAX_PASSPHRASE_OCTETS = 1023
SSH_CURVES = ("P-256", "P-384", "P-521", "Ed25519")  # RFC 5656 §10.1, RFC 8709 §4; no other has a name in OpenSSH
SSH_ROUNDS = 24  # of bcrypt: what ssh-keygen takes by default


def public_half(key: Key) -> Key:
    """The public key of a private one; a public key is its own. `key_ops` become those of the public side.

    A key whose operations have no public side keeps an empty list, which allows nothing. Raises KeySymmetricInPublic
    for an oct key, which has no public half.
    """
    _refuse_symmetric(key)
    if not key.private:
        return key
    members: dict[str, Any] = {
        name: key.members[name]
        for name in (*DESCRIPTION, *PUBLIC_MATERIAL[key.kty], *CERTIFICATES)
        if name in key.members
    }
    operations = key.key_ops
    if operations is not None:
        operations = tuple(dict.fromkeys(PUBLIC_OPERATION[name] for name in operations if name in PUBLIC_OPERATION))
        members["key_ops"] = list(operations)
    return replace(key, private=False, members=members, key_ops=operations)


def to_jwk(key: Key, *, private: bool) -> dict[str, Any]:
    """The key as a JWK (RFC 7517 §4), its public half unless `private`.

    Raises KeySymmetricInPublic for the public half of an oct key, KeyNotPrivate for the private half of a public key.
    """
    if not private:
        key = public_half(key)
        material = PUBLIC_MATERIAL[key.kty]
    else:
        _refuse_public(key)
        material = PUBLIC_MATERIAL.get(key.kty, ()) + PRIVATE_MATERIAL[key.kty]
    names = (*DESCRIPTION, *material, *CERTIFICATES, *(TIMES if private else ()))
    return {name: key.members[name] for name in names if name in key.members}


def to_pem(key: Key, *, private: bool, passphrase: bytes | None = None) -> bytes:
    """The key as one PEM block, its public half unless `private`. Everything else as `to_der` says."""
    return _serialize(key, "PEM", private=private, passphrase=passphrase)


def to_der(key: Key, *, private: bool, passphrase: bytes | None = None) -> bytes:
    """The key in DER: SPKI of the public half, or with `private` PKCS#8, encrypted if there is a `passphrase`.

    Raises KeyUnsupported for an oct key, KeyNotPrivate for the private half of a public key, UsageError for a
    passphrase that is empty or longer than 1,023 octets.
    """
    return _serialize(key, "DER", private=private, passphrase=passphrase)


def to_openssh(key: Key, *, private: bool, passphrase: bytes | None = None) -> bytes:
    """The line that OpenSSH reads as a public key, or with `private` its key file, encrypted if there is a passphrase.

    Raises KeyUnsupported for a type or curve that has no name there, and as `to_der` does.
    """
    from cryptography.hazmat.primitives import serialization

    if key.kty != "RSA" and key.crv not in SSH_CURVES:
        known = ", ".join(("RSA", *SSH_CURVES))
        raise KeyUnsupported(f"a key of type {key.describe()} has no OpenSSH form, only {known} have")
    form = serialization.Encoding.OpenSSH
    if not private:
        return _public_object(key).public_bytes(form, serialization.PublicFormat.OpenSSH) + b"\n"
    _refuse_public(key)
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        _check_passphrase(passphrase)
        encryption = serialization.PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(SSH_ROUNDS).build(passphrase)
    return _private_object(key).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, encryption
    )


def _check_passphrase(passphrase: bytes) -> None:
    if not 0 < len(passphrase) <= MAX_PASSPHRASE_OCTETS:
        raise UsageError(f"the new passphrase is {len(passphrase)} octets long, wanted 1 to {MAX_PASSPHRASE_OCTETS}")


def _serialize(key: Key, encoding: Literal["PEM", "DER"], *, private: bool, passphrase: bytes | None) -> bytes:
    from cryptography.hazmat.primitives import serialization

    if key.kty == "oct":
        raise KeyUnsupported(f"an oct key has no {encoding} form, only that of a JWK")
    output = serialization.Encoding.PEM if encoding == "PEM" else serialization.Encoding.DER
    if not private:
        return _public_object(key).public_bytes(output, serialization.PublicFormat.SubjectPublicKeyInfo)
    _refuse_public(key)
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        _check_passphrase(passphrase)
        encryption = serialization.BestAvailableEncryption(passphrase)
    return _private_object(key).private_bytes(output, serialization.PrivateFormat.PKCS8, encryption)


def _public_object(key: Key) -> PublicKey:
    if key.kty == "RSA":
        return _rsa_public_numbers(key).public_key()
    if key.kty == "EC":
        return _ec_public_numbers(key).public_key()
    if key.kty == "AKP":
        return ml_dsa_public(key.alg or "", key.octets("pub"))
    from cryptography.hazmat.primitives.asymmetric import ed448, ed25519, x448, x25519

    classes: dict[str | None, type[OkpPublicKey]] = {
        "Ed25519": ed25519.Ed25519PublicKey,
        "Ed448": ed448.Ed448PublicKey,
        "X25519": x25519.X25519PublicKey,
        "X448": x448.X448PublicKey,
    }
    return classes[key.crv].from_public_bytes(key.okp_public())


def _private_object(key: Key) -> RSAPrivateKey | EllipticCurvePrivateKey | OkpPrivateKey | MlDsaPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if key.kty == "RSA":
        own = key.rsa_private()
        crt = {"p": own.p, "q": own.q, "dmp1": own.dp, "dmq1": own.dq, "iqmp": own.qi}
        numbers = rsa.RSAPrivateNumbers(d=own.d, public_numbers=_rsa_public_numbers(key), **crt)
        # The policy has checked the numbers against each other; to write them takes no proof of the primes.
        return numbers.private_key(unsafe_skip_rsa_key_validation=True)
    if key.kty == "EC":
        return ec.EllipticCurvePrivateNumbers(key.ec_scalar(), _ec_public_numbers(key)).private_key()
    if key.kty == "AKP":
        return ml_dsa_private(key.alg or "", key.octets("priv"))
    return okp_private_class(key.crv or "").from_private_bytes(key.okp_private())


def _rsa_public_numbers(key: Key) -> RSAPublicNumbers:
    from cryptography.hazmat.primitives.asymmetric import rsa

    n, e = key.rsa_numbers()
    return rsa.RSAPublicNumbers(e, n)


def _ec_public_numbers(key: Key) -> EllipticCurvePublicNumbers:
    from cryptography.hazmat.primitives.asymmetric import ec

    x, y = key.ec_point()
    return ec.EllipticCurvePublicNumbers(x, y, ec_curve(key.crv or ""))


def _refuse_symmetric(key: Key) -> None:
    if key.kty == "oct":
        raise KeySymmetricInPublic("an oct key is a shared secret and has no public half")


def _refuse_public(key: Key) -> None:
    if not key.private:
        raise KeyNotPrivate(f"the key ({key.describe()}) is public, wanted a private key")
