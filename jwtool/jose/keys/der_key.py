"""One DER structure becomes a `Key`: the only caller of pyca/cryptography's loaders, whose exceptions end here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from jwtool.jose.base64url import encode
from jwtool.jose.errors import JwtoolError, KeyMalformed, KeyUnsupported, PassphraseWrong
from jwtool.jose.keys import der_akp, der_policy, protection
from jwtool.jose.keys.der import identify
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.members import encode_number
from jwtool.jose.keys.native import public_members

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jwtool.jose.keys.der import Kind, Structure
    from jwtool.jose.keys.key import Key
    from jwtool.jose.keys.unlock import Unlock

T = TypeVar("T")

_VECTOR_DIGITS = {"DES-EDE3-CBC": 16, "AES-128-CBC": 32, "AES-256-CBC": 32}

_NOT_READ: Mapping[Kind, tuple[str, str | None]] = {
    "certificate request": (
        "a certificate request is no key",
        "its public key: openssl req -in FILE -noout -pubkey",
    ),
    "certificate revocation list": ("a certificate revocation list is no key", None),
    "DSA private key": ("a DSA key is not supported", None),
    "PKCS#7 file": (
        "a PKCS#7 file is not supported",
        "its certificates: openssl pkcs7 -in FILE -print_certs",
    ),
}


def parse_structure(data: bytes) -> Structure:
    """What the DER file `data` is, before any key in it is looked at.

    Raises KeyMalformed if it is no DER of a key or if something follows it, KeyUnsupported for what holds no key
    that jwtool reads: a certificate request, PKCS#7.
    """
    structure = identify(data)
    if structure is None:
        raise KeyMalformed("this is no key in DER, or a damaged one: its structure is not that of any key file")
    if structure.kind in _NOT_READ:
        message, hint = _NOT_READ[structure.kind]
        raise KeyUnsupported(message, hint=hint)
    if structure.size != len(data):
        raise KeyMalformed(f"something follows the {structure.kind}: it ends at octet {structure.size} of {len(data)}")
    return structure


def read_key(data: bytes, structure: Structure, *, form: Literal["pem", "der"], unlock: Unlock) -> Key:
    """The key in `data`, which is that structure; a certificate gives its public key and keeps itself.

    `unlock` is needed for an encrypted key only. Raises KeyMalformed, KeyUnsupported, PassphraseMissing and
    PassphraseWrong.
    """
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

    kind = structure.kind
    if kind == "encrypted PKCS#8 private key":
        members = _read_encrypted(data, structure, unlock)
        return replace(parse_jwk(members, form=form), protection=protection.of_pkcs8(structure))
    alg = der_policy.check_key(structure)
    if kind == "X.509 certificate":
        check_certificate(data)
    if kind in {"X.509 certificate", "SPKI public key", "PKCS#1 public key"}:
        members = _loaded(lambda: load_der_public_key(structure.key), kind)
    else:
        members = der_akp.private_members(structure) or _loaded(
            lambda: load_der_private_key(data, None, unsafe_skip_rsa_key_validation=True), kind
        )
    if alg is not None:
        members["alg"] = alg
    if kind == "X.509 certificate":
        return parse_jwk(members, form="certificate", certificates=(data,))
    return parse_jwk(members, form=form)


def _read_encrypted(data: bytes, structure: Structure, unlock: Unlock) -> dict[str, str]:
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    cost = der_policy.check_cost(structure)
    unlock.spend(cost)
    passphrase = unlock.passphrase()
    if der_akp.may_hold_expanded(structure):
        members = der_akp.encrypted_members(structure, passphrase)
        if members is not None:
            return members
        unlock.spend(cost)  # another kind of key, just as long
    # Without the library's own proof of the primes, which takes minutes for the largest moduli; the numbers
    # are checked against each other by the policy.
    return _decrypted(lambda: load_der_private_key(data, passphrase, unsafe_skip_rsa_key_validation=True))


def read_traditional(pem: bytes, cipher: str, digits: int, *, unlock: Unlock) -> Key:
    """The key in a PEM block that is encrypted as RFC 1421 has it ("Proc-Type: 4,ENCRYPTED"). Raises as read_key.

    `cipher` is the one that its header names, `digits` how many hexadecimal ones its initialization vector has.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if cipher not in _VECTOR_DIGITS:
        raise KeyUnsupported("the private key is encrypted with a cipher that is not supported")
    if digits != _VECTOR_DIGITS[cipher]:  # a shorter one makes the library panic, which is heard on stderr
        raise KeyMalformed(
            f"the initialization vector of the private key has {digits} digits, {cipher} wants {_VECTOR_DIGITS[cipher]}"
        )
    passphrase = unlock.passphrase()
    members = _decrypted(lambda: load_pem_private_key(pem, passphrase, unsafe_skip_rsa_key_validation=True))
    return replace(parse_jwk(members, form="pem"), protection=protection.TRADITIONAL)


def check_certificate(data: bytes) -> None:
    """Raise KeyMalformed unless `data` is an X.509 certificate. Its dates, names and signature are not judged."""
    from cryptography import x509

    try:
        quietly(lambda: x509.load_der_x509_certificate(data))
    except LibraryRefused:
        raise KeyMalformed("the X.509 certificate is damaged") from None


def _decrypted(load: Callable[[], object]) -> dict[str, str]:
    """The JWK members of the key that `load` decrypts.

    A wrong passphrase shows as a bad padding or, once in 256, as nonsense inside: the library has a message for
    each, and both mean the same. A scheme that it doesn't know has a message with that word.
    """
    try:
        return quietly(lambda: _members(load()))
    except LibraryRefused as refused:
        if refused.unknown:
            raise KeyUnsupported("the private key is encrypted in a way that is not supported") from None
        raise PassphraseWrong("the passphrase does not open the private key") from None


def _loaded(load: Callable[[], object], kind: Kind) -> dict[str, str]:
    """The JWK members of the key that `load` reads."""
    try:
        return quietly(lambda: _members(load()))
    except LibraryRefused as refused:
        if refused.unknown:
            raise KeyUnsupported(f"the {kind} holds a key that is not supported") from None
        raise KeyMalformed(f"the {kind} is damaged: what is inside can't be a key") from None


def _members(native: Any) -> dict[str, str]:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    name = type(native).__name__
    if not name.endswith("PrivateKey"):
        return public_members(native)
    if name.startswith(("DSA", "DH", "MLKEM")):
        raise KeyUnsupported(f"a {name.removesuffix('PrivateKey')} key is not supported")
    members = public_members(native.public_key())
    if isinstance(native, rsa.RSAPrivateKey):
        numbers = native.private_numbers()
        private = {"d": numbers.d, "p": numbers.p, "q": numbers.q}
        private |= {"dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
        return members | {member: encode_number(number) for member, number in private.items()}
    if isinstance(native, ec.EllipticCurvePrivateKey):
        d = native.private_numbers().private_value
        return members | {"d": encode_number(d, (native.curve.key_size + 7) // 8)}
    return members | {"priv" if members["kty"] == "AKP" else "d": encode(native.private_bytes_raw())}


class LibraryRefused(Exception):
    """Whatever pyca/cryptography raised; `unknown` if it said that it does not know the algorithm."""

    def __init__(self, *, unknown: bool) -> None:
        super().__init__()
        self.unknown = unknown


def quietly(load: Callable[[], T]) -> T:
    """Call the library without its warnings; whatever it raises, a Rust panic too, comes out as LibraryRefused."""
    import warnings

    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # weak and odd keys are judged by the policy, not on stderr
            return load()
    except JwtoolError:
        raise
    except BaseException as error:
        # A panic is pyo3's PanicException, which is no Exception and can't be imported.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        unknown = isinstance(error, UnsupportedAlgorithm) or "unknown" in str(error).lower()
        raise LibraryRefused(unknown=unknown) from None
