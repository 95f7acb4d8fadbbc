"""How the file of a key is encrypted, as openssl writes it in all its ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jwtool.jose.keys.der import Structure, children, read
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.protection import Protection, of_openssh, of_password, of_pkcs8

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.jose.keys.der import Kind


def protection_of(pem: bytes) -> Protection | None:
    (key,) = load_keys(pem, passphrase=lambda: b"x").keys
    return key.protection


@pytest.mark.parametrize(
    ("options", "scheme", "rounds", "recommended", "weak"),
    [
        (("-v2", "aes256"), "PKCS#8, PBKDF2 with SHA-256", 2048, 600_000, True),
        (("-v2", "aes128", "-v2prf", "hmacWithSHA1"), "PKCS#8, PBKDF2 with SHA-1", 2048, 1_300_000, True),
        (("-v2", "aes128", "-v2prf", "hmacWithSHA224"), "PKCS#8, PBKDF2 with SHA-224", 2048, 600_000, True),
        (
            ("-v2", "aes192", "-v2prf", "hmacWithSHA512", "-iter", "210000"),
            "PKCS#8, PBKDF2 with SHA-512",
            210_000,
            210_000,
            False,
        ),
        (
            ("-v2", "aes192", "-v2prf", "hmacWithSHA384", "-iter", "209999"),
            "PKCS#8, PBKDF2 with SHA-384",
            209_999,
            210_000,
            True,
        ),
        (("-scrypt",), "PKCS#8, scrypt with N=16384, r=8, p=1", None, None, False),
        (("-v1", "PBE-SHA1-3DES"), "PKCS#8, an old scheme (PBES1 or PKCS#12)", 2048, None, True),
    ],
)
def test_pkcs8(
    openssl: Callable[..., bytes],
    ec_traditional: bytes,
    options: tuple[str, ...],
    scheme: str,
    rounds: int | None,
    recommended: int | None,
    weak: bool,
) -> None:
    found = protection_of(openssl("pkcs8", "-topk8", "-passout", "pass:x", *options, stdin=ec_traditional))
    assert found == Protection(scheme, rounds, recommended)
    assert found.is_weak is weak


@pytest.mark.parametrize(
    ("options", "protection"),
    [
        ((), Protection("PKCS#12, PBKDF2 with SHA-256", 2048, 600_000)),
        (("-iter", "100000"), Protection("PKCS#12, PBKDF2 with SHA-256", 100_000, 600_000)),
        (("-keypbe", "PBE-SHA1-3DES"), Protection("PKCS#12, an old scheme (PBES1 or PKCS#12)", 2048, None)),
        (("-keypbe", "NONE"), None),
    ],
)
def test_pkcs12(
    openssl: Callable[..., bytes], ec_traditional: bytes, options: tuple[str, ...], protection: Protection | None
) -> None:
    words = ("pkcs12", "-export", "-nocerts", "-passout", "pass:x", *options, "-inkey")
    assert protection_of(openssl(*words, ec_traditional)) == protection


@pytest.mark.parametrize(
    "scheme",
    [
        b"",
        bytes.fromhex("06092a864886f70d01050d"),  # PBES2 without parameters
        bytes.fromhex("06092a864886f70d01050d3000"),
        bytes.fromhex("06092a864886f70d01050d300d300b06092a864886f70d01050c"),  # PBKDF2 without parameters
        bytes.fromhex("06092a864886f70d01050d300f300d06092a864886f70d01050c3000"),
        bytes.fromhex("06092a864886f70d01050d300f300d06092a864886f70d01050d3000"),  # PBES2 as a key derivation
    ],
)
def test_a_scheme_that_makes_no_sense_has_no_rounds(tlv: Callable[..., bytes], scheme: bytes) -> None:
    data = tlv(0x30, tlv(0x30, scheme), tlv(0x04, b"x"))
    kind: Kind = "encrypted PKCS#8 private key"
    assert of_pkcs8(Structure(kind, len(data), children(read(data)), data)) == Protection("PKCS#8", None, None)


def test_traditional(openssl: Callable[..., bytes], ec_traditional: bytes) -> None:
    found = protection_of(openssl("ec", "-aes128", "-passout", "pass:x", stdin=ec_traditional))
    assert found == Protection("PEM as in RFC 1421, MD5", 1, None)
    assert found.is_weak


def test_a_key_that_is_not_encrypted(ec_traditional: bytes) -> None:
    assert protection_of(ec_traditional) is None


@pytest.mark.parametrize(
    ("alg", "rounds", "name", "recommended", "weak"),
    [
        ("PBES2-HS256+A128KW", 599_999, "SHA-256", 600_000, True),
        ("PBES2-HS256+A128KW", 600_000, "SHA-256", 600_000, False),
        ("PBES2-HS384+A192KW", 210_000, "SHA-384", 210_000, False),
        ("PBES2-HS512+A256KW", 4096, "SHA-512", 210_000, True),
    ],
)
def test_a_password(alg: str, rounds: int, name: str, recommended: int, weak: bool) -> None:
    found = of_password(alg, rounds)
    assert found == Protection(f"JWE, PBKDF2 with {name}", rounds, recommended)
    assert found.is_weak is weak


@pytest.mark.parametrize(("rounds", "weak"), [(1, True), (15, True), (16, False), (100, False)])
def test_openssh(rounds: int, weak: bool) -> None:
    assert of_openssh(rounds).is_weak is weak
