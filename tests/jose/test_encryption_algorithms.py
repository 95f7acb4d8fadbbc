from __future__ import annotations

import pytest

from jwtool.jose.algorithms import ALGORITHMS, CURVES
from jwtool.jose.encryption_algorithms import (
    CONTENT_ENCRYPTION,
    DEFAULT_ENC,
    ECDH_CURVES,
    KEY_MANAGEMENT,
    PREFERRED,
    REFUSED,
    encryption_for_key,
)


def test_the_tables_are_apart() -> None:
    names = [*ALGORITHMS, *KEY_MANAGEMENT, *CONTENT_ENCRYPTION, *REFUSED]
    assert len(set(names)) == len(names)
    assert [row.name for row in KEY_MANAGEMENT.values()] == list(KEY_MANAGEMENT)
    assert [row.name for row in CONTENT_ENCRYPTION.values()] == list(CONTENT_ENCRYPTION)
    assert DEFAULT_ENC in CONTENT_ENCRYPTION
    assert set(PREFERRED) <= set(KEY_MANAGEMENT)


def test_the_curves_are_those_that_do_not_only_sign() -> None:
    assert set(ECDH_CURVES) == set(CURVES) - {"secp256k1", "Ed25519", "Ed448"}


def test_the_direct_ones() -> None:
    assert [row.name for row in KEY_MANAGEMENT.values() if row.is_direct] == ["dir", "ECDH-ES"]


@pytest.mark.parametrize(
    ("kty", "crv", "octets", "names"),
    [
        ("RSA", None, 0, ("RSA-OAEP-256", "RSA-OAEP")),
        ("EC", "P-256", 0, ("ECDH-ES+A256KW", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW")),
        ("OKP", "X448", 0, ("ECDH-ES+A256KW", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW")),
        ("EC", "secp256k1", 0, ()),
        ("OKP", "Ed25519", 0, ()),
        ("oct", None, 16, ("A128KW", "dir", "PBES2-HS256+A128KW", "A128GCMKW")),
        ("oct", None, 24, ("A192KW", "dir", "PBES2-HS256+A128KW", "A192GCMKW")),
        ("oct", None, 32, ("A256KW", "dir", "PBES2-HS256+A128KW", "A256GCMKW")),
        ("oct", None, 64, ("dir", "PBES2-HS256+A128KW")),
        ("oct", None, 20, ("PBES2-HS256+A128KW",)),
    ],
)
def test_what_a_key_could_serve(kty: str, crv: str | None, octets: int, names: tuple[str, ...]) -> None:
    rest = tuple(
        name for name in encryption_for_key(kty, crv, octets) if not name.startswith(("PBES2-HS3", "PBES2-HS5"))
    )
    assert rest == names
