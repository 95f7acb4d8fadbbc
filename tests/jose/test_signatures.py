"""`jwtool.jose.signatures`: the primitives, exact to the octet."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from math import lcm
from typing import TYPE_CHECKING

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from jwtool.jose import signatures
from jwtool.jose.algorithms import ALGORITHMS, CURVES
from jwtool.jose.errors import AlgorithmKeyMismatch, KeyMalformed, KeyNotPrivate, KeyUnsupported
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.key import Key
from jwtool.jose.keys.members import encode_number
from jwtool.jose.keys.native import ec_curve

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = b"header.payload"
NAMES = [*ALGORITHMS, "EdDSA on Ed448"]
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "priv"}


def public_half(key: Key) -> Key:
    return parse_jwk({name: value for name, value in key.members.items() if name not in PRIVATE})


def alg_of(name: str) -> str:
    return name.partition(" ")[0]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_signed_verifies_by_either_half_and_nothing_else_does(keys: Mapping[str, Key], name: str) -> None:
    key, alg = keys[name], alg_of(name)
    signature = signatures.sign(alg, key, DATA)
    halves = [key] if key.kty == "oct" else [key, public_half(key)]
    for half in halves:
        assert signatures.verify(alg, half, DATA, signature)
        assert not signatures.verify(alg, half, DATA + b"\x00", signature)
        assert not signatures.verify(alg, half, b"", signature)


@pytest.mark.parametrize("name", NAMES)
def test_a_signature_has_one_length(keys: Mapping[str, Key], name: str) -> None:
    key, alg = keys[name], alg_of(name)
    signature = signatures.sign(alg, key, DATA)
    others = [
        b"",
        signature[:-1],
        signature[1:],
        signature[:32],
        signature + b"\x00",
        b"\x00" + signature,
        signature * 2,
        bytes(len(signature)),
        b"\xff" * len(signature),
    ]
    assert [other for other in others if other != signature and signatures.verify(alg, key, DATA, other)] == []
    if key.kty != "oct":
        assert len(signature) == signatures.signature_octets(key)


@pytest.mark.parametrize("name", NAMES)
def test_one_changed_bit_is_enough(keys: Mapping[str, Key], name: str) -> None:
    key, alg = keys[name], alg_of(name)
    signature = signatures.sign(alg, key, DATA)
    accepted = []
    for place in range(0, len(signature) * 8, 37):
        changed = bytearray(signature)
        changed[place // 8] ^= 1 << place % 8
        if signatures.verify(alg, key, DATA, bytes(changed)):
            accepted.append(place)
    assert accepted == []


@pytest.mark.parametrize("name", NAMES)
def test_a_key_serves_the_algorithms_of_its_type_and_curve_alone(keys: Mapping[str, Key], name: str) -> None:
    key = keys[name]
    signing = set()
    for alg in [*ALGORITHMS, "none", "HS1", ""]:
        try:
            signature = signatures.sign(alg, key, DATA)
        except AlgorithmKeyMismatch:
            assert not signatures.verify(alg, key, DATA, b"\x00" * 64)
        else:
            signing.add(alg)
            assert signatures.verify(alg, key, DATA, signature)
    expected = {row.name for row in ALGORITHMS.values() if row.kty == key.kty and key.crv in (row.curves or (None,))}
    assert signing == ({key.alg} if key.kty == "AKP" else expected)


def test_the_hash_is_the_one_of_the_algorithm(keys: Mapping[str, Key]) -> None:
    key = keys["RS256"]
    algs = [row.name for row in ALGORITHMS.values() if row.kty == "RSA"]
    for alg in algs:
        signature = signatures.sign(alg, key, DATA)
        assert [other for other in algs if signatures.verify(other, key, DATA, signature)] == [alg]


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("HS")])
def test_a_public_key_signs_nothing(keys: Mapping[str, Key], name: str) -> None:
    with pytest.raises(KeyNotPrivate) as refusal:
        signatures.sign(alg_of(name), public_half(keys[name]), DATA)
    description = keys[name].describe()
    assert refusal.value.message == f"the key ({description}) is public, and only a private key can sign"


@pytest.mark.parametrize("alg", ["ES256", "ES384", "ES512", "ES256K"])
def test_r_and_s_are_in_range(keys: Mapping[str, Key], alg: str) -> None:
    key = keys[alg]
    curve = CURVES[key.crv or ""]
    signature = signatures.sign(alg, key, DATA)
    r, s = int.from_bytes(signature[: curve.octets]), int.from_bytes(signature[curve.octets :])
    bad = [(0, 0), (0, s), (r, 0), (curve.n, s), (r, curve.n), (1, 1), (curve.n - 1, curve.n - 1)]
    limit = 256**curve.octets
    bad += [(r + curve.n, s), (r, s + curve.n)] if max(r, s) + curve.n < limit else []
    accepted = [
        (one, other)
        for one, other in bad
        if signatures.verify(alg, key, DATA, one.to_bytes(curve.octets) + other.to_bytes(curve.octets))
    ]
    assert accepted == []


def test_an_ecdsa_signature_in_der_is_none(keys: Mapping[str, Key]) -> None:
    signature = signatures.sign("ES256", keys["ES256"], DATA)
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    assert not signatures.verify("ES256", keys["ES256"], DATA, utils.encode_dss_signature(r, s))


def test_an_ed25519_signature_with_the_order_added_is_none(keys: Mapping[str, Key]) -> None:
    signature = signatures.sign("Ed25519", keys["Ed25519"], DATA)
    s = int.from_bytes(signature[32:], "little") + ED25519_ORDER
    forged = signature[:32] + s.to_bytes(32, "little")
    assert not signatures.verify("Ed25519", keys["Ed25519"], DATA, forged)


@pytest.mark.parametrize(
    ("alg", "digest"), [("PS256", hashes.SHA256()), ("PS384", hashes.SHA384()), ("PS512", hashes.SHA512())]
)
def test_the_salt_is_as_long_as_the_hash(keys: Mapping[str, Key], alg: str, digest: hashes.HashAlgorithm) -> None:
    key = keys[alg]
    native = native_private(key)
    verdicts = {}
    for salt in (0, 20, digest.digest_size - 1, digest.digest_size, digest.digest_size + 1):
        signature = native.sign(DATA, padding.PSS(padding.MGF1(digest), salt), digest)
        verdicts[salt] = signatures.verify(alg, key, DATA, signature)
    assert [salt for salt, valid in verdicts.items() if valid] == [digest.digest_size]


def test_the_mask_of_pss_has_the_same_hash(keys: Mapping[str, Key]) -> None:
    native = native_private(keys["PS256"])
    signature = native.sign(DATA, padding.PSS(padding.MGF1(hashes.SHA1()), 32), hashes.SHA256())
    assert not signatures.verify("PS256", keys["PS256"], DATA, signature)


def native_private(key: Key) -> rsa.RSAPrivateKey:
    own = key.rsa_private()
    public = rsa.RSAPublicNumbers(own.e, own.n)
    return rsa.RSAPrivateNumbers(own.p, own.q, own.d, own.dp, own.dq, own.qi, public).private_key()


UNSOUND = "the private key (RSA 2048) is not sound: nothing can be signed with it"


def test_a_private_key_that_is_not_sound_signs_nothing(keys: Mapping[str, Key]) -> None:
    members = dict(keys["RS256"].members) | {"p": keys["RS256"].members["q"]}
    key = Key("RSA", None, 2048, private=True, members=members)
    with pytest.raises(KeyMalformed) as refusal:
        signatures.sign("RS256", key, DATA)
    assert refusal.value.message == UNSOUND


@pytest.mark.parametrize(("alg", "bits"), [("RS256", 2048), ("PS512", 2048), ("PS512", 16384)])
def test_numbers_that_fit_each_other_but_are_not_prime_sign_nothing(alg: str, bits: int) -> None:
    half = bits // 2
    starts = (3 << half - 2 | 1, 7 << half - 3 | 1)
    key = rsa_key(*(next(n for n in range(start, start + 999, 2) if n % 65537 != 1) for start in starts))
    with pytest.raises(KeyMalformed) as refusal:
        signatures.sign(alg, key, DATA)
    assert refusal.value.message == UNSOUND.replace("2048", str(bits))


def test_a_sound_key_of_more_than_8192_bits_signs() -> None:
    key = rsa_key(2**4423 - 1, 2**4253 - 1)
    assert signatures.verify("RS256", key, DATA, signatures.sign("RS256", key, DATA))


def rsa_key(p: int, q: int) -> Key:
    d = pow(65537, -1, lcm(p - 1, q - 1))
    numbers = {"n": p * q, "e": 65537, "d": d, "p": p, "q": q, "dp": d % (p - 1), "dq": d % (q - 1)}
    numbers["qi"] = pow(q, -1, p)
    return parse_jwk({"kty": "RSA", **{name: encode_number(number) for name, number in numbers.items()}})


def test_a_primitive_that_openssl_lacks_is_said_to_be(keys: Mapping[str, Key], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_key: Key) -> None:
        raise UnsupportedAlgorithm("not in this build")

    monkeypatch.setattr(signatures, "_okp_public", refuse)
    monkeypatch.setattr(signatures, "_okp_private", refuse)
    key = replace(keys["Ed448"])  # one that nothing has been built for yet
    for attempt in (
        lambda: signatures.sign("Ed448", key, DATA),
        lambda: signatures.verify("Ed448", key, DATA, bytes(114)),
    ):
        with pytest.raises(KeyUnsupported) as refusal:
            attempt()
        assert refusal.value.message == "the OpenSSL of this machine can't do 'Ed448'"


def test_verifying_with_jwks_imports_nothing_that_costs() -> None:
    program = """
import json, sys
from pathlib import Path
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet
from jwtool.jose.token import parse
from jwtool.jose.verify import OfferedSet, Policy, verify
for example in json.loads(Path(sys.argv[1]).read_text("utf-8"))["tokens"]:
    jwk = {name: value for name, value in example["key"].items() if name not in {"d", "p", "q", "dp", "dq", "qi"}}
    keys = [OfferedSet(KeySet((parse_jwk(jwk),)), "x")]
    assert verify(parse(example["token"]), keys, Policy(payload_only=True), now=0).valid
costly = {"httpx", "ssl", "rich", "typer", "joserfc", "authlib", "asyncio"}
costly |= {"cryptography.x509", "cryptography.hazmat.primitives.serialization"}
print(sorted(costly & sys.modules.keys()))
"""
    examples = __file__.replace("test_signatures.py", "../vectors/rfc_examples.json")
    run = subprocess.run([sys.executable, "-c", program, examples], capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("[]\n", "")


@pytest.mark.parametrize("name", [curve.name for curve in CURVES.values() if curve.kty == "EC"])
def test_the_constants_of_a_curve_are_its_own(name: str) -> None:
    curve, native = CURVES[name], ec_curve(name)
    base = ec.derive_private_key(1, native).public_key().public_numbers()
    last = ec.derive_private_key(curve.n - 1, native).public_key().public_numbers()
    assert (base.y**2 - base.x**3 - curve.a * base.x - curve.b) % curve.p == 0
    assert (last.x, last.y) == (base.x, curve.p - base.y)
    assert (curve.p.bit_length(), curve.octets) == (curve.bits, (curve.bits + 7) // 8)


def test_verifying_by_ecdsa_does_without_the_backend_that_signing_asks_for(keys: Mapping[str, Key]) -> None:
    program = """
import sys
from jwtool.jose import signatures
from jwtool.jose.keys.jwk import parse_jwk
key = parse_jwk({"kty": "EC", "crv": "P-256", "x": sys.argv[1], "y": sys.argv[2]})
assert not signatures.verify("ES256", key, b"data", b"1" * 64)
print("cryptography.hazmat.backends.openssl.backend" in sys.modules)
"""
    members = keys["ES256"].members
    run = subprocess.run(
        [sys.executable, "-c", program, members["x"], members["y"]], capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.stderr) == ("False\n", "")
