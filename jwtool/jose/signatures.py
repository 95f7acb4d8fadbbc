"""The primitive behind each row of the table of algorithms, on pyca/cryptography and hmac alone.

RFC 7518 §3, RFC 8037 §3.1, RFC 8812 §3, RFC 9864 §2, RFC 9964 §5. Key objects are built once per Key.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from jwtool.jose.algorithms import ALGORITHMS, CURVES
from jwtool.jose.errors import AlgorithmKeyMismatch, KeyMalformed, KeyNotPrivate, KeyUnsupported
from jwtool.jose.schemes import ecdsa, ecdsa_that_verifies, hash_of, hashing, padding_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    from jwtool.jose.algorithms import Algorithm
    from jwtool.jose.keys.key import Key
    from jwtool.jose.keys.native import MlDsaPrivateKey, MlDsaPublicKey

    OkpPublicKey = ed25519.Ed25519PublicKey | ed448.Ed448PublicKey
    OkpPrivateKey = ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey

LARGEST_SECOND_TRY = 8192  # bits of the RSA key
KEPT_KEYS = 128  # of each kind; a key set of one issuer has a handful


def sign(alg: str, key: Key, data: bytes) -> bytes:
    """The JWS signature value of `data`.

    Raises KeyNotPrivate for a public key, AlgorithmKeyMismatch for a key whose type or curve `alg` can't use or an
    `alg` that is not in the table, KeyMalformed for a private key that the primitive refuses, and KeyUnsupported if
    this machine's OpenSSL lacks the primitive. Whether the key may be used for this (`use`, `alg`, strength) is
    judged in `fit.py`, not here.
    """
    row = _row(alg, key)
    if row is None:
        raise AlgorithmKeyMismatch(f"'{alg}' does not go with a key of type {key.describe()}")
    if not key.private:
        raise KeyNotPrivate(f"the key ({key.describe()}) is public, and only a private key can sign")
    if row.family == "hmac":
        from hmac import digest

        return digest(key.secret(), data, row.hash_name or "")

    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        if row.family == "ecdsa":
            return _sign_ecdsa(row, key, data)
        if row.family == "eddsa":
            return _okp_private(key).sign(data)
        if row.family == "ml-dsa":
            return _ml_dsa_private(key).sign(data)
        signature = _rsa_private(key).sign(data, padding_of(row.name), hash_of(row.hash_name))
    except ValueError:
        raise _unsound(key) from None
    except UnsupportedAlgorithm:
        raise KeyUnsupported(f"the OpenSSL of this machine can't do '{alg}'") from None
    if not verify(alg, key, data, signature):
        raise _unsound(key)
    return signature


def verify(alg: str, key: Key, data: bytes, signature: bytes) -> bool:
    """Whether `signature` is the JWS signature value of `data` by the other half of `key`, or by a secret itself.

    Never raises, whatever the signature: one of another length, with r or s outside 1..n-1, or for a key that `alg`
    can't use is just not valid. A private key is used by its public half. Raises KeyUnsupported if this machine's
    OpenSSL lacks the primitive.
    """
    row = _row(alg, key)
    return row is not None and _verifier(row, key, many=False)(data, signature)


def verifier(alg: str, key: Key) -> Callable[[bytes, bytes], bool] | None:
    """`verify` for many signatures of one key: a function of data and signature; None if `alg` can't use the key."""
    row = _row(alg, key)
    return None if row is None else _verifier(row, key, many=True)


@lru_cache(maxsize=KEPT_KEYS)
def _verifier(row: Algorithm, key: Key, *, many: bool) -> Callable[[bytes, bytes], bool]:
    """The function that does it, with all that doesn't depend on the signature made before."""
    if row.family == "hmac":
        from hmac import compare_digest, digest

        secret, name = key.secret(), row.hash_name or ""
        return lambda data, signature: compare_digest(digest(secret, data, name), signature)

    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    octets = signature_octets(key)
    check: Callable[[bytes, bytes], object] | None = None

    def verifies(data: bytes, signature: bytes) -> bool:
        nonlocal check
        if len(signature) != octets:
            return False
        try:
            if check is None:
                check = _primitive(row, key, many=many)
            check(signature, data)
        except (InvalidSignature, ValueError):
            return False
        except UnsupportedAlgorithm:
            raise KeyUnsupported(f"the OpenSSL of this machine can't do '{row.name}'") from None
        return True

    return verifies


def _primitive(row: Algorithm, key: Key, *, many: bool) -> Callable[[bytes, bytes], object]:
    """The primitive over the objects of that key, of signature and data. It raises InvalidSignature or ValueError."""
    if row.family == "eddsa":
        return _okp_public(key).verify
    if row.family == "ml-dsa":
        return _ml_dsa_public(key).verify
    if row.family == "ecdsa":
        return _ecdsa_primitive(row, key, many=many)
    public, scheme = _rsa_public(key).verify, padding_of(row.name)
    algorithm, digest = hashing(row.hash_name, many=many)

    def by_rsa(signature: bytes, data: bytes) -> None:
        public(signature, data if digest is None else digest(data).digest(), scheme, algorithm)

    return by_rsa


def _unsound(key: Key) -> KeyMalformed:
    return KeyMalformed(f"the private key ({key.describe()}) is not sound: nothing can be signed with it")


def signature_octets(key: Key) -> int:
    """The exact length of a signature by this asymmetric key (RFC 8017 §8, RFC 7518 §3.4, RFC 8032 §5, RFC 9964 §5)."""
    if key.kty == "AKP":
        return ALGORITHMS[key.alg or ""].signature_octets
    return (key.bits + 7) // 8 if key.crv is None else CURVES[key.crv].signature_octets


def _row(alg: str, key: Key) -> Algorithm | None:
    row = ALGORITHMS.get(alg)
    if row is None or row.kty != key.kty or (row.curves and key.crv not in row.curves):
        return None
    return None if row.kty == "AKP" and row.name != key.alg else row


def _sign_ecdsa(row: Algorithm, key: Key, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    octets = CURVES[row.curves[0]].octets
    r, s = decode_dss_signature(_ec_private(key).sign(data, ecdsa(row.hash_name)))
    return r.to_bytes(octets) + s.to_bytes(octets)


def _ecdsa_primitive(row: Algorithm, key: Key, *, many: bool) -> Callable[[bytes, bytes], object]:
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    curve = CURVES[row.curves[0]]
    public, half, n = _ec_public(key).verify, curve.octets, curve.n
    hashed, digest = hashing(row.hash_name, many=many)
    algorithm = ecdsa_that_verifies(hashed)

    def by_ec(signature: bytes, data: bytes) -> None:
        r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
        if not (0 < r < n and 0 < s < n):
            raise ValueError
        public(encode_dss_signature(r, s), data if digest is None else digest(data).digest(), algorithm)

    return by_ec


@lru_cache(maxsize=KEPT_KEYS)
def _rsa_public(key: Key) -> rsa.RSAPublicKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    n, e = key.rsa_numbers()
    return rsa.RSAPublicNumbers(e, n).public_key()


@lru_cache(maxsize=KEPT_KEYS)
def _rsa_private(key: Key) -> rsa.RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    numbers = key.rsa_private()
    public = rsa.RSAPublicNumbers(numbers.e, numbers.n)
    return rsa.RSAPrivateNumbers(
        p=numbers.p,
        q=numbers.q,
        # OpenSSL computes with the primes, and with 'd' only once more where that came out wrong: a second and more
        # for a key of the largest size made of composite numbers, which then gets a 'd' that fails at once.
        d=numbers.d if key.bits <= LARGEST_SECOND_TRY else numbers.e,
        dmp1=numbers.dp,
        dmq1=numbers.dq,
        iqmp=numbers.qi,
        public_numbers=public,
        # The policy has checked the numbers against each other; the proof that two are prime takes half a minute for
        # the largest. With any other numbers the signature is wrong, and `sign` looks at it.
    ).private_key(unsafe_skip_rsa_key_validation=True)


@lru_cache(maxsize=KEPT_KEYS)
def _ec_public(key: Key) -> ec.EllipticCurvePublicKey:
    return _ec_public_numbers(key).public_key()


@lru_cache(maxsize=KEPT_KEYS)
def _ec_private(key: Key) -> ec.EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.EllipticCurvePrivateNumbers(key.ec_scalar(), _ec_public_numbers(key)).private_key()


def _ec_public_numbers(key: Key) -> ec.EllipticCurvePublicNumbers:
    from cryptography.hazmat.primitives.asymmetric import ec

    from jwtool.jose.keys.native import ec_curve

    x, y = key.ec_point()
    return ec.EllipticCurvePublicNumbers(x, y, ec_curve(key.crv or ""))


@lru_cache(maxsize=KEPT_KEYS)
def _okp_public(key: Key) -> OkpPublicKey:
    from cryptography.hazmat.primitives.asymmetric import ed448, ed25519

    if key.crv == "Ed25519":
        return ed25519.Ed25519PublicKey.from_public_bytes(key.okp_public())
    return ed448.Ed448PublicKey.from_public_bytes(key.okp_public())


@lru_cache(maxsize=KEPT_KEYS)
def _okp_private(key: Key) -> OkpPrivateKey:
    from jwtool.jose.keys.native import okp_private_class

    return cast("OkpPrivateKey", okp_private_class(key.crv or "").from_private_bytes(key.okp_private()))


@lru_cache(maxsize=KEPT_KEYS)
def _ml_dsa_public(key: Key) -> MlDsaPublicKey:
    from jwtool.jose.keys.native import ml_dsa_public

    return ml_dsa_public(key.alg or "", key.octets("pub"))


@lru_cache(maxsize=KEPT_KEYS)
def _ml_dsa_private(key: Key) -> MlDsaPrivateKey:
    from jwtool.jose.keys.native import ml_dsa_private

    return ml_dsa_private(key.alg or "", key.octets("priv"))
