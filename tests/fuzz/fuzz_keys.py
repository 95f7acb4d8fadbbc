"""Fuzz the key readers: JWK, JWK set, PEM, DER, certificates, secrets.

This file is a harness: `check` takes any octets and raises AssertionError for a finding. `run.py` drives it.

The first octet says what the rest is: `p` DER to be put into PEM, under the label that the second octet picks;
`x` DER to be put into the `x5c` of a JWK, `h` and `b` DER in hexadecimal or base64; anything else (`r` in the corpus)
the file as it is.
"""

from __future__ import annotations

import base64
import textwrap
from typing import TYPE_CHECKING, Any, TypeVar
from unittest import mock

from jwtool.jose import base64url, strict_json
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.errors import JwtoolError, KeySymmetricInPublic
from jwtool.jose.fit import why_not
from jwtool.jose.keys import der_key, der_policy, encrypted_jwk, pkcs12_cipher, ssh_private
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import PUBLIC_MATERIAL, public_half, to_der, to_jwk
from jwtool.jose.keys.secret import find_key, secret_key
from jwtool.jose.keyset import thumbprint, usable
from jwtool.jose.signatures import sign, signature_octets, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.jose.keys.key import Key
    from jwtool.jose.keyset import KeySet

T = TypeVar("T")

LONGEST = 4096
PASSPHRASE = b"fuzz"
QUICK_BITS = 4096  # a public RSA operation with more takes milliseconds
QUICK_PRIVATE_BITS = 1100  # and so does the proof of the primes before a private one
SHORTEST_TOLD = 8  # a shorter member may stand in a repr by accident
LABELS = (
    "PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "PUBLIC KEY",
    "RSA PUBLIC KEY",
    "CERTIFICATE",
    "EC PARAMETERS",
)
DESCRIPTION = {"kty", "kid", "use", "alg", "key_ops", "x5c", "x5t", "x5t#S256"}
CODES = {"key_malformed", "key_unsupported", "key_refused", "passphrase_wrong"}

# What the policy lets through may cost half a second: here it may cost half a millisecond.
CHEAP: dict[str, Any] = {"MAX_ITERATIONS": 2048, "MAX_SCRYPT_OCTETS": 1 << 18, "MAX_SCRYPT_WORK": 1 << 18}


def check(data: bytes) -> None:
    """Judge one input by every oracle there is for it."""
    file = unfold(data)
    with (
        mock.patch.multiple(der_policy, **CHEAP),
        mock.patch.object(ssh_private, "MAX_ROUNDS", 1),
        mock.patch.object(pkcs12_cipher, "_MOST_HASHES", 2048),
        mock.patch.object(encrypted_jwk, "MAX_P2C", 1000),
        mock.patch.object(der_key, "quietly", calmly),
    ):
        try:
            keyset = load_keys(file, passphrase=lambda: PASSPHRASE)
        except JwtoolError as error:
            check_words(error)
        else:
            assert find_key(file) is not None, "a key file can become a secret"
            check_set(keyset)
        check_secret(file)


def calmly(load: Callable[[], T], quietly: Callable[[Callable[[], T]], T] = der_key.quietly) -> T:
    """Call the library as der_key does; a panic of its Rust is a finding, for it is heard on stderr."""
    panics: list[str] = []

    def call() -> T:
        try:
            return load()
        except BaseException as error:
            if type(error).__name__ == "PanicException":
                panics.append(str(error))
            raise

    try:
        return quietly(call)
    finally:
        assert not panics, panics


def unfold(data: bytes) -> bytes:
    """The key file that an input stands for."""
    kind, rest = data[:1], data[1:]
    if kind == b"p":
        label = LABELS[(rest[0] if rest else 0) % len(LABELS)]
        lines = "\n".join(textwrap.wrap(base64.b64encode(rest[1:]).decode(), 64))
        return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()
    if kind == b"x":
        jwk = {"kty": "EC", "crv": "P-256", "x": X, "y": Y, "x5c": [base64.b64encode(rest).decode()]}
        return strict_json.dump(jwk).encode()
    if kind == b"h":
        return rest.hex().encode()
    if kind == b"b":
        return base64.b64encode(rest)
    return rest


# The public key of the certificate in the corpus that `x` puts into `x5c`.
X = "vbPnVDfoLpVoISj_WuyIQsDFADfADK-6iCDa6m5W2QU"
Y = "PfIdBtvqlwq9j8w_1jQY9RLNLrAqixsaya2roTKIquI"


def check_words(error: JwtoolError) -> None:
    """A message is one printable line of no great length, and so is a hint."""
    for text in (error.message, error.hint or "-"):
        assert text.isprintable()
        assert len(text) < 400


def check_set(keyset: KeySet) -> None:
    """Every key is judged; no key gets lost between the usable and the others."""
    for key in keyset.keys:
        check_key(key)
    for skipped in keyset.skipped:
        assert skipped.code in CODES
        assert skipped.reason.isprintable()
        strict_json.dump(skipped.facts)
    good = usable(keyset)
    assert len(good.keys) + len(good.skipped) == len(keyset.keys) + len(keyset.skipped)
    indexes = [skipped.index for skipped in good.skipped]
    assert indexes == sorted(set(indexes))


def check_secret(file: bytes) -> None:
    """What becomes a secret is that secret, and nothing of it can be published."""
    try:
        key = secret_key(file, where="the secret")
    except JwtoolError as error:
        check_words(error)
        return
    assert key.secret() == file
    check_key(key)


def check_key(key: Key) -> None:
    """What an accepted key says of itself, gives away, and does."""
    check_repr(key)
    again = parse_jwk(key.members, form=key.form)
    assert (again.members, again.describe(), again.weakness) == (key.members, key.describe(), key.weakness)
    assert key.bits > 0
    if key.kty == "oct":
        check_symmetric(key)
    else:
        check_public(key)
    if key.private:
        check_private(key)
    check_use(key)


def check_repr(key: Key) -> None:
    """No private number stands in a repr or a description."""
    secret = [value for name, value in key.members.items() if name in {"d", "p", "q", "dp", "dq", "qi", "k", "priv"}]
    said = [*map(str, (key.alg, key.use, key.kid)), *(key.key_ops or ())]
    for value in secret:
        if len(value) >= SHORTEST_TOLD and not any(value in other for other in said):
            assert value not in repr(key) + key.describe() + (key.weakness or "") + "".join(key.remarks)


def check_symmetric(key: Key) -> None:
    """A secret has no public half in any form."""
    assert key.private
    for publish in (public_half, lambda one: to_jwk(one, private=False)):
        try:
            publish(key)
        except KeySymmetricInPublic:
            continue
        raise AssertionError("a secret was published")


def check_public(key: Key) -> None:
    """Published is the public half and nothing else, and it is the same key to whoever reads it."""
    public = to_jwk(key, private=False)
    assert public.keys() <= DESCRIPTION | set(PUBLIC_MATERIAL[key.kty])
    read = parse_jwk(public)
    assert not read.private
    assert not public_half(key).private
    assert to_jwk(read, private=False) == public
    assert thumbprint(read) == thumbprint(key) == thumbprint(public_half(key))
    try:
        der = to_der(key, private=False)
    except JwtoolError as error:
        check_words(error)
        return
    (from_der,) = load_keys(der, passphrase=lambda: None).keys
    assert thumbprint(from_der) == thumbprint(key)
    assert not from_der.private


def check_private(key: Key) -> None:
    """A private key is written whole, and read back as it was."""
    whole = to_jwk(key, private=True)
    assert parse_jwk(whole).members == {name: key.members[name] for name in whole}
    if key.kty == "oct":
        return
    try:
        der = to_der(key, private=True)
    except JwtoolError as error:
        check_words(error)
        return
    (from_der,) = load_keys(der, passphrase=lambda: None).keys
    assert from_der.private
    assert thumbprint(from_der) == thumbprint(key)


def check_use(key: Key) -> None:
    """What the key signs it verifies, and a signature that nobody made is refused without a word."""
    for alg in ALGORITHMS:
        if why_not(key, alg, operation="verify", allow_weak=True) is not None or key.bits > QUICK_BITS:
            continue
        octets = 1 if key.kty == "oct" else signature_octets(key)
        for wrong in (bytes(octets), b"\x01" * octets, b"\xff" * octets, b""):
            assert not verify(alg, key, b"message", wrong)
        if not key.private or (key.kty == "RSA" and key.bits > QUICK_PRIVATE_BITS):
            continue
        try:
            signature = sign(alg, key, b"message")
        except JwtoolError as error:
            check_words(error)
            continue
        assert verify(alg, key, b"message", signature)
        assert not verify(alg, key, b"massage", signature)
        assert base64url.decode(base64url.encode(signature)) == signature
