from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jwtool.jose.errors import JwtoolError, KeyMalformed, KeyUnsupported
from jwtool.jose.keys.der import identify
from jwtool.jose.keys.der_policy import check_cost, check_key

if TYPE_CHECKING:
    from collections.abc import Callable

    Tlv = Callable[..., bytes]

RSA, PSS, EC = "2a864886f70d010101", "2a864886f70d01010a", "2a8648ce3d0201"
P256 = "2a8648ce3d030107"
PBES2, PBKDF2, SCRYPT = "2a864886f70d01050d", "2a864886f70d01050c", "2b06010401da47040b"
SHA256, SHA384, SHA512, MGF1 = "608648016503040201", "608648016503040202", "608648016503040203", "2a864886f70d010108"


def named(tlv: Tlv, text: str, *parameters: bytes) -> bytes:
    return tlv(0x30, tlv(6, bytes.fromhex(text)), *parameters)


def verdict(data: bytes) -> str | float | tuple[type[JwtoolError], str] | None:
    structure = identify(data)
    assert structure is not None
    try:
        return check_cost(structure) if structure.kind.startswith("encrypted") else check_key(structure)
    except JwtoolError as error:
        return type(error), error.message


def pkcs8(tlv: Tlv, algorithm: bytes, *private: bytes | int) -> bytes:
    return tlv(0x30, 0, algorithm, tlv(4, tlv(0x30, *private)))


def spki(tlv: Tlv, algorithm: bytes, bits: bytes = b"\0\4") -> bytes:
    return tlv(0x30, algorithm, tlv(3, bits))


RSA_NUMBERS = (0, 15, 3, 3, 5, 3, 1, 3, 2)


def test_sound_keys_pass(tlv: Tlv) -> None:
    assert verdict(tlv(0x30, *RSA_NUMBERS)) is None
    assert verdict(tlv(0x30, 15, 3)) is None
    assert verdict(pkcs8(tlv, named(tlv, RSA, b"\5\0"), *RSA_NUMBERS)) is None
    assert verdict(pkcs8(tlv, named(tlv, EC, tlv(6, bytes.fromhex(P256))), 1, tlv(4, bytes(32)))) is None
    assert verdict(spki(tlv, named(tlv, EC, tlv(6, bytes.fromhex(P256))))) is None
    assert verdict(tlv(0x30, 1, tlv(4, bytes(32)), tlv(0xA0, tlv(6, bytes.fromhex(P256))))) is None
    for okp in ("2b656e", "2b656f", "2b6570", "2b6571"):
        assert verdict(spki(tlv, named(tlv, okp))) is None


@pytest.mark.parametrize("inner", [(), (0,)])
@pytest.mark.parametrize("algorithm", [RSA, PSS])
def test_a_key_with_nothing_in_it_is_damaged(algorithm: str, inner: tuple[int, ...], tlv: Tlv) -> None:
    """Found by tests/fuzz/fuzz_keys.py."""
    message = "the PKCS#8 private key is damaged: inside is not the DER that belongs there"
    assert verdict(pkcs8(tlv, named(tlv, algorithm, b"\5\0"), *inner)) == (KeyMalformed, message)


@pytest.mark.parametrize("subject", [(), (b"\x30\0",), (1, 2)])
def test_a_certificate_without_a_key_is_damaged(subject: tuple[bytes | int, ...], tlv: Tlv) -> None:
    fields = tlv(0x30, 1, named(tlv, RSA), *(tlv(0x30) for _ in range(3)), tlv(0x30, *subject))
    message = "the X.509 certificate is damaged: inside is not the DER that belongs there"
    assert verdict(tlv(0x30, fields, named(tlv, RSA), tlv(3, b"\0"))) == (KeyMalformed, message)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2a8648ce380401", "a DSA key"),
        ("2a864886f70d010301", "a Diffie-Hellman key"),
        ("2a8648ce3e0201", "a Diffie-Hellman key"),
        ("2a864886f70d010107", "an RSA key restricted to OAEP encryption"),
        ("2a03", "a key of the algorithm 1.2.3"),
    ],
)
def test_other_algorithms_are_refused_by_name(text: str, name: str, tlv: Tlv) -> None:
    wanted = KeyUnsupported, f"{name} is not supported"
    assert verdict(spki(tlv, named(tlv, text))) == wanted
    assert verdict(pkcs8(tlv, named(tlv, text))) == wanted


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2a8648ce3d030101", "P-192"),
        ("2b81040021", "P-224"),
        ("2b2403030208010107", "brainpoolP256r1"),
        ("2b240303020801010b", "brainpoolP384r1"),
        ("2b240303020801010d", "brainpoolP512r1"),
        ("2a811ccf5501822d", "SM2"),
        ("2b81040010", "1.3.132.0.16"),
    ],
)
def test_other_curves_are_refused_by_name(text: str, name: str, tlv: Tlv) -> None:
    wanted = KeyUnsupported, f"an EC key on the curve {name} is not supported"
    curve = tlv(6, bytes.fromhex(text))
    assert verdict(spki(tlv, named(tlv, EC, curve))) == wanted
    assert verdict(pkcs8(tlv, named(tlv, EC, curve))) == wanted
    assert verdict(tlv(0x30, 1, tlv(4, bytes(32)), tlv(0xA0, curve))) == wanted


def test_explicit_curve_parameters_are_refused(tlv: Tlv) -> None:
    wanted = KeyUnsupported, "the EC key spells out its curve parameters instead of naming the curve"
    assert verdict(spki(tlv, named(tlv, EC, tlv(0x30, 1)))) == wanted
    assert verdict(spki(tlv, named(tlv, EC, b"\5\0"))) == wanted
    private = tlv(0x30, 1, tlv(4, bytes(32)), tlv(0xA0, tlv(0x30, 1)))
    assert verdict(private) == wanted
    inside = tlv(0x30, 0, named(tlv, EC, tlv(6, bytes.fromhex(P256))), tlv(4, private))
    assert verdict(inside) == wanted


def test_a_key_without_a_curve_is_refused(tlv: Tlv) -> None:
    assert verdict(spki(tlv, named(tlv, EC))) == (KeyMalformed, "the EC key names no curve")


@pytest.mark.parametrize("mark", [6, 7])
def test_a_hybrid_point_is_refused(mark: int, tlv: Tlv) -> None:
    found = verdict(spki(tlv, named(tlv, EC, tlv(6, bytes.fromhex(P256))), bytes([0, mark])))
    assert found == (KeyMalformed, "the EC point is in hybrid form, which RFC 5480 §2.2 forbids")


def test_multi_prime_rsa_is_refused(tlv: Tlv) -> None:
    numbers = (1, *RSA_NUMBERS[1:], tlv(0x30, tlv(0x30, 7, 1, 1)))
    wanted = KeyUnsupported, "an RSA key with more than two primes is not supported"
    assert verdict(tlv(0x30, *numbers)) == wanted
    assert verdict(pkcs8(tlv, named(tlv, RSA, b"\5\0"), *numbers)) == wanted


@pytest.mark.parametrize(("bits", "passes"), [(16384, True), (16385, False), (1_000_000, False)])
def test_the_size_of_a_private_modulus(bits: int, passes: bool, tlv: Tlv) -> None:
    found = verdict(tlv(0x30, 0, (1 << bits) - 1, *RSA_NUMBERS[2:]))
    refusal = KeyMalformed, f"the RSA modulus has {bits} bits, at most 16384 are allowed"
    assert found == (None if passes else refusal)


def test_what_is_inside_must_be_der(tlv: Tlv) -> None:
    damaged = KeyMalformed, "the PKCS#8 private key is damaged: inside is not the DER that belongs there"
    for algorithm in (named(tlv, RSA, b"\5\0"), named(tlv, EC, tlv(6, bytes.fromhex(P256)))):
        assert verdict(tlv(0x30, 0, algorithm, tlv(4, b"garbage"))) == damaged


def pss(tlv: Tlv, digest: str, mask: str | None, salt: int | None) -> bytes:
    fields = [tlv(0xA0, named(tlv, digest, b"\5\0"))]
    if mask is not None:
        fields.append(tlv(0xA1, named(tlv, MGF1, named(tlv, mask, b"\5\0"))))
    if salt is not None:
        fields.append(tlv(0xA2, tlv(2, bytes([salt]))))
    return named(tlv, PSS, tlv(0x30, *fields))


@pytest.mark.parametrize(
    ("digest", "mask", "salt", "alg"),
    [
        (SHA256, SHA256, 32, "PS256"),
        (SHA384, SHA384, 48, "PS384"),
        (SHA512, SHA512, 64, "PS512"),
        (SHA256, SHA256, None, "PS256"),
        (SHA256, SHA256, 33, None),
        (SHA256, SHA512, 32, None),
        (SHA256, None, 32, None),
        ("2b0e03021a", "2b0e03021a", 20, None),
    ],
    ids=["256", "384", "512", "default salt", "long salt", "another hash in MGF1", "SHA-1 in MGF1", "SHA-1"],
)
def test_a_restricted_pss_key_serves_one_algorithm(
    digest: str, mask: str | None, salt: int | None, alg: str | None, tlv: Tlv
) -> None:
    refusal = KeyUnsupported, "the RSA key is restricted to RSA-PSS with parameters that no JWS algorithm has"
    algorithm = pss(tlv, digest, mask, salt)
    assert verdict(spki(tlv, algorithm)) == (alg or refusal)
    assert verdict(pkcs8(tlv, algorithm, *RSA_NUMBERS)) == (alg or refusal)


def test_pss_parameters_that_are_left_out_mean_sha1(tlv: Tlv) -> None:
    refusal = KeyUnsupported, "the RSA key is restricted to RSA-PSS with parameters that no JWS algorithm has"
    assert verdict(spki(tlv, named(tlv, PSS, tlv(0x30)))) == refusal


def test_an_unrestricted_pss_key(tlv: Tlv) -> None:
    assert verdict(spki(tlv, named(tlv, PSS))) is None
    assert verdict(pkcs8(tlv, named(tlv, PSS), *RSA_NUMBERS)) == "PS256"


def encrypted(tlv: Tlv, scheme: str, *parameters: bytes) -> bytes:
    return tlv(0x30, named(tlv, scheme, *parameters), tlv(4, bytes(64)))


def pbes2(tlv: Tlv, derivation: str, *numbers: int) -> bytes:
    parameters = tlv(0x30, tlv(4, bytes(8)), *numbers)
    return encrypted(tlv, PBES2, tlv(0x30, named(tlv, derivation, parameters), named(tlv, "2a03")))


@pytest.mark.parametrize("scheme", ["PBES2", "PBES1", "PKCS#12"])
@pytest.mark.parametrize(
    ("rounds", "shown"),
    [
        (0, None),
        (250_000, None),
        (1_000_000, None),
        (1_000_001, "1000001"),
        (2**63, str(2**63)),
        (2**64, "more than 2^64"),
    ],
)
def test_the_number_of_rounds(scheme: str, rounds: int, shown: str | None, tlv: Tlv) -> None:
    counted = {"PBES1": "2a864886f70d010503", "PKCS#12": "2a864886f70d010c0103"}
    if scheme == "PBES2":
        data = pbes2(tlv, PBKDF2, rounds)
    else:
        data = encrypted(tlv, counted[scheme], tlv(0x30, tlv(4, bytes(8)), rounds))
    refusal = KeyMalformed, f"the private key asks for {shown} rounds of key derivation, wanted at most 1000000"
    assert verdict(data) == (refusal if shown else rounds / 1_000_000)


MEBIBYTE = 1 << 20


@pytest.mark.parametrize(
    ("n", "r", "p", "expected"),
    [
        (1 << 16, 8, 3, 1.0),
        (1 << 14, 8, 1, 1 / 12),
        (1 << 14, 8, 12, 1.0),
        (2, 1, 1 << 13, 1 / 96),
        (
            1 << 16,
            9,
            1,
            f"the private key asks for {72 * MEBIBYTE} octets of memory (scrypt), wanted at most {64 * MEBIBYTE}",
        ),
        (
            1 << 62,
            8,
            1,
            f"the private key asks for more than 2^64 octets of memory (scrypt), wanted at most {64 * MEBIBYTE}",
        ),
        (
            1 << 16,
            8,
            4,
            f"the private key asks for 4 passes of scrypt over {64 * MEBIBYTE} octets of memory, which is too much",
        ),
        (
            2,
            1,
            1 << 70,
            "the private key asks for more than 2^64 passes of scrypt over 256 octets of memory, which is too much",
        ),
        (
            2,
            1,
            (1 << 13) + 1,
            "the private key asks for 8193 passes of scrypt over 256 octets of memory, which is too much",
        ),
        (
            2,
            1 << 14,
            1,
            f"the private key asks for 1 passes of scrypt over {4 * MEBIBYTE} octets of memory, which is too much",
        ),
    ],
)
def test_the_cost_of_scrypt(n: int, r: int, p: int, expected: str | float, tlv: Tlv) -> None:
    wanted = (KeyMalformed, expected) if isinstance(expected, str) else expected
    assert verdict(pbes2(tlv, SCRYPT, n, r, p)) == wanted


def test_other_schemes_are_refused_by_number(tlv: Tlv) -> None:
    message = "the private key is encrypted by the scheme 1.2.3, which is not supported"
    assert verdict(encrypted(tlv, "2a03", tlv(0x30, tlv(4), 1))) == (KeyUnsupported, message)
    assert verdict(pbes2(tlv, "2a03", 1)) == (KeyUnsupported, message)


def test_encryption_parameters_that_make_no_sense(tlv: Tlv) -> None:
    refusal = KeyMalformed, "the encrypted private key is damaged: its encryption parameters make no sense"
    hostile = [
        encrypted(tlv, PBES2),
        encrypted(tlv, PBES2, tlv(0x30)),
        encrypted(tlv, PBES2, b"\5\0"),
        encrypted(tlv, PBES2, tlv(0x30, named(tlv, PBKDF2))),
        pbes2(tlv, PBKDF2),
        pbes2(tlv, SCRYPT, 2, 1),
        encrypted(tlv, PBES2, tlv(0x30, named(tlv, PBKDF2, tlv(0x30, tlv(4), tlv(2, b"\xff"))))),
    ]
    for data in hostile:
        assert verdict(data) == refusal
