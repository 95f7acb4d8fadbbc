"""What a DER key is refused for before a library opens it: its algorithm, its curve, its size, its price.

The library would read some of these (explicit curve parameters, a billion PBKDF2 rounds) and would refuse others
without a name. What passes here is loaded by `pem.py` and then judged by the one policy of `jwk.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.errors import KeyMalformed, KeyUnsupported
from jwtool.jose.keys import rsa_policy
from jwtool.jose.keys.der import (
    BIT_STRING,
    CONTEXT_0,
    OCTET_STRING,
    OID,
    DerFault,
    Element,
    algorithm,
    children,
    integer,
    oid,
    only,
    read,
)
from jwtool.jose.keys.der_akp import ALGORITHM_OF_OID

if TYPE_CHECKING:
    from jwtool.jose.keys.der import Structure

# What keeps the worst key under a second and 150 MB (PBKDF2 with SHA-512, or the 3DES of PKCS#12): hundreds of times
# what OpenSSL writes by default, and more than anybody recommends for SHA-256 or SHA-512.
MAX_ITERATIONS = 1_000_000
MAX_SCRYPT_OCTETS = 64 * 1024 * 1024
# Passes over that memory: three of the greatest, as many as anybody needs of a smaller one.
MAX_SCRYPT_WORK = 3 * MAX_SCRYPT_OCTETS
# The blocks between the passes, 128 * r * p octets, which come out of PBKDF2 and are held in memory too.
MAX_SCRYPT_BLOCKS = 1024 * 1024

_RSA, _PSS, _EC = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1"
_READ = {_RSA, _PSS, _EC, "1.3.101.110", "1.3.101.111", "1.3.101.112", "1.3.101.113", *ALGORITHM_OF_OID}
_NOT_READ = {
    "1.2.840.10040.4.1": "a DSA key",
    "1.2.840.113549.1.3.1": "a Diffie-Hellman key",
    "1.2.840.10046.2.1": "a Diffie-Hellman key",
    "1.2.840.113549.1.1.7": "an RSA key restricted to OAEP encryption",
}
_CURVES_READ = {"1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35", "1.3.132.0.10"}
_CURVES_NOT_READ = {
    "1.2.840.10045.3.1.1": "P-192",
    "1.3.132.0.33": "P-224",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
    "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
    "1.2.156.10197.1.301": "SM2",
}
_SHA1, _MGF1 = "1.3.14.3.2.26", "1.2.840.113549.1.1.8"
_PSS_OF_HASH = {
    "2.16.840.1.101.3.4.2.1": ("PS256", 32),
    "2.16.840.1.101.3.4.2.2": ("PS384", 48),
    "2.16.840.1.101.3.4.2.3": ("PS512", 64),
}
_SHA1_OCTETS = 20
_PBES2, _SCRYPT = "1.2.840.113549.1.5.13", "1.3.6.1.4.1.11591.4.11"
# PBES1 (RFC 8018 appendix A.3) and the schemes of PKCS#12 (RFC 7292 appendix C) have a salt and a count, like PBKDF2.
_COUNTED_SCHEMES = ("1.2.840.113549.1.5.", "1.2.840.113549.1.12.1.")


def check_key(structure: Structure) -> str | None:
    """Refuse a plain key or certificate that can't be a JWK; return the only `alg` of an RSA-PSS key, else None.

    A private RSA-PSS key without parameters serves PS256, since it must not sign anything else than PSS
    (RFC 4055 §1.2). Raises KeyUnsupported (another algorithm or curve, explicit curve parameters, multi-prime RSA)
    and KeyMalformed (an oversized modulus, no DER inside).
    """
    try:
        match structure.kind:
            case "PKCS#8 private key":
                return _check_pkcs8(structure.children)
            case "PKCS#1 private key":
                _check_rsa_private(structure.children)
            case "SEC 1 private key":
                _check_ec_private(structure.children)
            case "SPKI public key" | "X.509 certificate":
                return _check_spki(children(read(structure.key)))
    except (IndexError, ValueError):  # a DerFault, or fewer elements than belong there
        raise KeyMalformed(f"the {structure.kind} is damaged: inside is not the DER that belongs there") from None
    return None


def _check_pkcs8(inside: tuple[Element, ...]) -> str | None:
    name, parameters = algorithm(inside[1])
    _check_algorithm(name, parameters)
    private = only(inside[2], OCTET_STRING)
    if name in {_RSA, _PSS}:
        _check_rsa_private(children(read(private)))
    if name == _EC:
        _check_ec_private(children(read(private)))
    if name == _PSS:
        return _pss_alg(parameters) if parameters else "PS256"
    return None


def _check_spki(inside: tuple[Element, ...]) -> str | None:
    name, parameters = algorithm(inside[0])
    _check_algorithm(name, parameters)
    if name == _EC and only(inside[1], BIT_STRING)[1:2] in {b"\6", b"\7"}:
        raise KeyMalformed("the EC point is in hybrid form, which RFC 5480 §2.2 forbids")
    return _pss_alg(parameters) if name == _PSS and parameters else None


def _check_algorithm(name: str, parameters: Element | None) -> None:
    if name not in _READ:
        raise KeyUnsupported(f"{_NOT_READ.get(name, f'a key of the algorithm {name}')} is not supported")
    if name == _EC:
        if parameters is None:
            raise KeyMalformed("the EC key names no curve")
        _check_curve(parameters)


def _check_curve(parameters: Element) -> None:
    if parameters.tag != OID:
        raise KeyUnsupported("the EC key spells out its curve parameters instead of naming the curve")
    curve = oid(parameters)
    if curve not in _CURVES_READ:
        raise KeyUnsupported(f"an EC key on the curve {_CURVES_NOT_READ.get(curve, curve)} is not supported")


def _check_ec_private(inside: tuple[Element, ...]) -> None:
    for element in inside:
        if element.tag == CONTEXT_0:
            _check_curve(read(element.body))


def _check_rsa_private(inside: tuple[Element, ...]) -> None:
    version, modulus = (integer(element) for element in inside[:2])
    if version:
        raise KeyUnsupported("an RSA key with more than two primes is not supported")
    if modulus.bit_length() > rsa_policy.MAX_BITS:
        raise KeyMalformed(
            f"the RSA modulus has {modulus.bit_length()} bits, at most {rsa_policy.MAX_BITS} are allowed"
        )


def _pss_alg(parameters: Element) -> str:
    """The `alg` of an RSA-PSS key restricted to one hash (RFC 4055 §3.1): MGF1 has it too, the salt its length."""
    fields = {element.tag - CONTEXT_0: read(element.body) for element in children(parameters)}
    digest = mask = _SHA1
    if 0 in fields:
        digest = algorithm(fields[0])[0]
    if 1 in fields:
        scheme, mask_hash = algorithm(fields[1])
        mask = algorithm(mask_hash)[0] if scheme == _MGF1 and mask_hash else scheme
    least_salt = integer(fields[2]) if 2 in fields else _SHA1_OCTETS
    alg, salt = _PSS_OF_HASH.get(digest, ("", 0))
    if mask != digest or least_salt > salt:
        raise KeyUnsupported("the RSA key is restricted to RSA-PSS with parameters that no JWS algorithm has")
    return alg


def check_cost(structure: Structure) -> float:
    """Refuse an encrypted PKCS#8 key whose decryption would cost more time or memory than any honest key asks for.

    Returns what it costs, as a share of the most that it may: keys of one file add up. Raises KeyMalformed with the
    number, KeyUnsupported for an unknown scheme of encryption.
    """
    try:
        element = structure.children[0]
        scheme, parameters = _algorithm_with_parameters(element)
        return check_derivation(children(parameters)[0] if scheme == _PBES2 else element, "private key")
    except (IndexError, ValueError):
        raise KeyMalformed("the encrypted private key is damaged: its encryption parameters make no sense") from None


def check_derivation(element: Element, what: str) -> float:
    """The cost of the key derivation that an AlgorithmIdentifier describes, as `check_cost`; `what` asks for it.

    Raises DerFault and its kin for parameters that make no sense too.
    """
    scheme, parameters = _algorithm_with_parameters(element)
    if scheme == _SCRYPT:
        n, r, p = (integer(number) for number in children(parameters)[1:4])
        return _check_scrypt(n, r, p, what)
    if scheme.startswith(_COUNTED_SCHEMES):
        return check_rounds(integer(children(parameters)[1]), what)
    raise KeyUnsupported(f"the {what} is encrypted by the scheme {scheme}, which is not supported")


def _algorithm_with_parameters(element: Element) -> tuple[str, Element]:
    name, parameters = algorithm(element)
    if parameters is None:
        raise DerFault
    return name, parameters


def check_rounds(count: int, what: str) -> float:
    """The cost of that many rounds, as `check_cost`."""
    if count > MAX_ITERATIONS:
        raise KeyMalformed(
            f"the {what} asks for {_number(count)} rounds of key derivation, wanted at most {MAX_ITERATIONS}"
        )
    return count / MAX_ITERATIONS


def _check_scrypt(n: int, r: int, p: int, what: str) -> float:
    memory = 128 * n * r
    if memory > MAX_SCRYPT_OCTETS:
        raise KeyMalformed(
            f"the {what} asks for {_number(memory)} octets of memory (scrypt), wanted at most {MAX_SCRYPT_OCTETS}"
        )
    if memory * p > MAX_SCRYPT_WORK or 128 * r * p > MAX_SCRYPT_BLOCKS:
        raise KeyMalformed(
            f"the {what} asks for {_number(p)} passes of scrypt over {memory} octets of memory, which is too much"
        )
    return memory * p / MAX_SCRYPT_WORK


def _number(value: int) -> str:
    return str(value) if value < 1 << 64 else "more than 2^64"
