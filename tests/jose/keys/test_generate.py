from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers

from jwtool.jose.algorithms import ALGORITHMS, Algorithm, min_secret_octets
from jwtool.jose.errors import AlgorithmUnknown, JwtoolError, KeyTooWeak, UsageError
from jwtool.jose.fit import why_not
from jwtool.jose.keys.generate import generate, known
from jwtool.jose.keyset import thumbprint

ROWS = list(ALGORITHMS.values())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_algorithm_of_the_table(row: Algorithm) -> None:
    key = generate(row.name)
    assert (key.kty, key.crv, key.alg, key.use, key.key_ops) == (
        row.kty,
        row.curves[0] if row.curves else None,
        row.name,
        None,
        None,
    )
    assert (key.private, key.weakness, key.remarks, key.form) == (True, None, (), "jwk")
    assert why_not(key, row.name, operation="sign") is None
    assert why_not(key, row.name, operation="verify") is None
    assert generate(row.name, kid="a").members.keys() == key.members.keys()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_kid_is_the_thumbprint_but_for_secrets(row: Algorithm) -> None:
    key = generate(row.name)
    assert (key.kid == thumbprint(key)) is (row.kty != "oct")
    assert len(key.kid or "") == (22 if row.kty == "oct" else 43)


@pytest.mark.parametrize("alg", ["HS256", "ES256", "EdDSA"])
def test_two_keys_differ(alg: str) -> None:
    one, other = generate(alg), generate(alg)
    assert one.kid != other.kid
    assert thumbprint(one) != thumbprint(other)


@pytest.mark.parametrize("kid", ["mine", ""])
def test_kid_and_use_as_asked(kid: str) -> None:
    key = generate("ES256", kid=kid, use="sig")
    assert (key.kid, key.use) == (kid, "sig")
    assert (key.members["kid"], key.members["use"]) == (kid, "sig")


@pytest.mark.parametrize("use", ["enc", "", "SIG"])
def test_a_signing_key_has_no_other_use(use: str) -> None:
    with pytest.raises(UsageError) as caught:
        generate("ES256", use=use)
    assert caught.value.message == f"a key for ES256 signs and verifies: its use can only be 'sig', found '{use}'"


@pytest.mark.parametrize("alg", ["none", "RSA1_5", "es256", ""])
def test_unknown_algorithm(alg: str) -> None:
    with pytest.raises(AlgorithmUnknown) as caught:
        generate(alg)
    assert caught.value.message == f"'{alg}' is not an algorithm that keys can be made for"
    assert caught.value.hint == f"one of {', '.join(known())}"


def test_curve_of_eddsa() -> None:
    assert generate("EdDSA", crv="Ed448").crv == "Ed448"
    assert generate("EdDSA", crv="Ed25519").crv == "Ed25519"


@pytest.mark.parametrize(
    ("alg", "crv", "message"),
    [
        ("EdDSA", "X25519", "EdDSA has no keys on 'X25519', wanted Ed25519 or Ed448"),
        ("EdDSA", "P-256", "EdDSA has no keys on 'P-256', wanted Ed25519 or Ed448"),
        ("Ed25519", "Ed25519", "Ed25519 leaves no choice of a curve, found 'Ed25519'"),
        ("ES256", "P-256", "ES256 leaves no choice of a curve, found 'P-256'"),
        ("RS256", "P-256", "RS256 leaves no choice of a curve, found 'P-256'"),
        ("HS256", "P-256", "HS256 leaves no choice of a curve, found 'P-256'"),
    ],
)
def test_curve_where_the_algorithm_fixes_it(alg: str, crv: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        generate(alg, crv=crv)
    assert caught.value.message == message


@pytest.mark.parametrize(("alg", "size"), [("RS256", 2056), ("PS512", 3072), ("HS256", 264), ("HS512", 16384)])
def test_size_as_asked(alg: str, size: int) -> None:
    assert generate(alg, size=size).bits == size


@pytest.mark.parametrize(
    ("alg", "size", "error", "message"),
    [
        ("RS256", 1024, KeyTooWeak, "a key of 1024 bits is too short for RS256, wanted at least 2048"),
        ("RS256", 2047, KeyTooWeak, "a key of 2047 bits is too short for RS256, wanted at least 2048"),
        ("RS256", 0, KeyTooWeak, "a key of 0 bits is too short for RS256, wanted at least 2048"),
        ("HS384", 376, KeyTooWeak, "a key of 376 bits is too short for HS384, wanted at least 384"),
        ("RS256", 2049, UsageError, "a key can't have 2049 bits, wanted a multiple of 8, at most 16384"),
        ("RS256", 16392, UsageError, "a key can't have 16392 bits, wanted a multiple of 8, at most 16384"),
        ("HS256", 260, UsageError, "a key can't have 260 bits, wanted a multiple of 8, at most 16384"),
        ("ES256", 256, UsageError, "ES256 leaves no choice of a size, found 256"),
        ("EdDSA", 256, UsageError, "EdDSA leaves no choice of a size, found 256"),
    ],
)
def test_refused_sizes(alg: str, size: int, error: type[JwtoolError], message: str) -> None:
    with pytest.raises(error) as caught:
        generate(alg, size=size)
    assert caught.value.message == message


def test_default_sizes() -> None:
    assert generate("RS512").bits == 2048
    secrets = [row for row in ROWS if row.kty == "oct"]
    assert [generate(row.name).bits for row in secrets] == [min_secret_octets(row) * 8 for row in secrets]


def test_rsa_numbers_pass_the_checks_of_the_library() -> None:
    numbers = generate("PS256").rsa_private()
    public = RSAPublicNumbers(numbers.e, numbers.n)
    own = RSAPrivateNumbers(numbers.p, numbers.q, numbers.d, numbers.dp, numbers.dq, numbers.qi, public)
    assert numbers.e == 65537
    assert own.private_key().key_size == 2048
