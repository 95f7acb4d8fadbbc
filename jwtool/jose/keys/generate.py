"""Making new keys, for every algorithm of the table."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import base64url
from jwtool.jose.algorithms import ALGORITHMS, CURVES, min_secret_octets
from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT, KeyManagement
from jwtool.jose.errors import AlgorithmUnknown, KeyTooWeak, UsageError
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.members import encode_number
from jwtool.jose.keys.native import ec_curve, okp_private_class, public_members
from jwtool.jose.keys.rsa_policy import MAX_BITS, MIN_BITS, USUAL_EXPONENT
from jwtool.jose.keyset import random_kid, thumbprint
from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

# The usual and the least size of a random secret for PBES2, which takes any.
PASSWORD_BITS = (256, 128)
DEFAULT_DIRECT_BITS = 256


class _Choice(NamedTuple):
    """What may be chosen for an algorithm: `curves` (the default first), and bits from `least`, or one of `sizes`."""

    kty: str
    use: str
    curves: tuple[str, ...] = ()
    default: int = 0
    least: int = 0
    sizes: tuple[int, ...] = ()


def known() -> tuple[str, ...]:
    """The names of all algorithms that keys can be made for; an `enc` stands for `dir` with it."""
    return (*ALGORITHMS, *KEY_MANAGEMENT, *CONTENT_ENCRYPTION)


def generate(
    alg: str, *, crv: str | None = None, size: int | None = None, kid: str | None = None, use: str | None = None
) -> Key:
    """A new private (or oct) key for `alg`, which it names in its own `alg`.

    `crv` chooses among the curves of EdDSA (default Ed25519) and ECDH-ES (default P-256), `size` the bits of an RSA
    modulus (default 2048) or of a secret (default the hash size, 256 for `dir` and PBES2). `kid` defaults to the
    SHA-256 thumbprint, for a secret to a random one.
    Raises AlgorithmUnknown, KeyTooWeak for a size below the minimum, and UsageError for a curve or size that `alg`
    does not leave open, a size that is no multiple of 8 or too large, and a `use` that `alg` does not have.
    """
    choice = _choice(alg)
    if choice is None:
        raise AlgorithmUnknown(
            f"{quote(alg)} is not an algorithm that keys can be made for", hint=f"one of {', '.join(known())}"
        )
    if use not in (None, choice.use):
        does = "signs and verifies" if choice.use == "sig" else "encrypts and decrypts"
        raise UsageError(f"a key for {alg} {does}: its use can only be '{choice.use}', found {quote(use)}")
    curve, bits = _choose_curve(alg, choice, crv), _choose_size(alg, choice, size)
    members = _new_members(alg, CURVES[curve].kty if curve else choice.kty, curve, bits) | {"alg": alg}
    if use is not None:
        members["use"] = use
    if kid is None:
        kid = random_kid() if choice.kty == "oct" else thumbprint(parse_jwk(members))
    return parse_jwk(members | {"kid": kid})


def _choice(alg: str) -> _Choice | None:
    if alg in ALGORITHMS:
        row = ALGORITHMS[alg]
        least = {"RSA": MIN_BITS, "oct": min_secret_octets(row) * 8}.get(row.kty, 0)
        return _Choice(row.kty, "sig", row.curves, default=least, least=least)
    if alg in CONTENT_ENCRYPTION:
        return _secret_of(CONTENT_ENCRYPTION[alg].key_octets)
    return _choice_of_management(KEY_MANAGEMENT[alg]) if alg in KEY_MANAGEMENT else None


def _choice_of_management(row: KeyManagement) -> _Choice:
    if row.family == "rsa-oaep":
        return _Choice("RSA", "enc", default=MIN_BITS, least=MIN_BITS)
    if row.family == "ecdh":
        return _Choice("EC", "enc", row.curves)
    if row.family == "pbes2":
        return _Choice("oct", "enc", default=PASSWORD_BITS[0], least=PASSWORD_BITS[1])
    if row.family == "dir":
        sizes = sorted({enc.key_octets * 8 for enc in CONTENT_ENCRYPTION.values()})
        return _Choice("oct", "enc", default=DEFAULT_DIRECT_BITS, sizes=tuple(sizes))
    return _secret_of(row.wrap_octets)


def _secret_of(octets: int) -> _Choice:
    return _Choice("oct", "enc", default=octets * 8, sizes=(octets * 8,))


def _choose_curve(alg: str, choice: _Choice, crv: str | None) -> str:
    """The curve of the key, empty if it has none."""
    if crv is None:
        return choice.curves[0] if choice.curves else ""
    if len(choice.curves) < 2:  # noqa: PLR2004  a choice needs two
        raise UsageError(f"{alg} leaves no choice of a curve, found {quote(crv)}")
    if crv not in choice.curves:
        raise UsageError(f"{alg} has no keys on {quote(crv)}, wanted {' or '.join(choice.curves)}")
    return crv


def _choose_size(alg: str, choice: _Choice, size: int | None) -> int:
    """The bits of the modulus or secret, 0 if the curve or the algorithm says it."""
    if size is None:
        return choice.default
    if not choice.default or len(choice.sizes) == 1:
        raise UsageError(f"{alg} leaves no choice of a size, found {size}")
    if choice.sizes and size not in choice.sizes:
        wanted = f"{', '.join(map(str, choice.sizes[:-1]))} or {choice.sizes[-1]}"
        raise UsageError(f"{alg} has no keys of {size} bits, wanted {wanted}")
    if size < choice.least:
        raise KeyTooWeak(f"a key of {size} bits is too short for {alg}, wanted at least {choice.least}")
    if size > MAX_BITS or size % 8:
        raise UsageError(f"a key can't have {size} bits, wanted a multiple of 8, at most {MAX_BITS}")
    return size


def _new_members(alg: str, kty: str, crv: str, bits: int) -> dict[str, Any]:
    """The public and private members of a new key."""
    if kty == "oct":
        return {"kty": kty, "k": base64url.encode(secrets.token_bytes(bits // 8))}
    if kty == "RSA":
        return _new_rsa_members(bits)
    if kty == "AKP":
        from jwtool.jose.keys.akp_policy import SEED_OCTETS, from_seed

        return dict(from_seed(alg, secrets.token_bytes(SEED_OCTETS)))
    if kty == "OKP":
        okp = okp_private_class(crv).generate()
        return public_members(okp.public_key()) | {"d": base64url.encode(okp.private_bytes_raw())}
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec_curve(crv))
    d = encode_number(key.private_numbers().private_value, CURVES[crv].octets)
    return public_members(key.public_key()) | {"d": d}


def _new_rsa_members(bits: int) -> dict[str, Any]:
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(USUAL_EXPONENT, bits)
    own = key.private_numbers()
    private = {"d": own.d, "p": own.p, "q": own.q, "dp": own.dmp1, "dq": own.dmq1, "qi": own.iqmp}
    return public_members(key.public_key()) | {name: encode_number(number) for name, number in private.items()}
