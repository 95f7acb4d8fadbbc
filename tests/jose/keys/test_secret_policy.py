from __future__ import annotations

from typing import Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.algorithms import ALGORITHMS, min_secret_octets
from jwtool.jose.errors import KeyConfusion, KeyMalformed
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.secret_policy import has_short_period

HMACS = [row for row in ALGORITHMS.values() if row.family == "hmac"]


def oct_key(secret: bytes, **own: str) -> dict[str, Any]:
    return {"kty": "oct", "k": base64url.encode(secret), **own}


def test_empty_secret() -> None:
    with pytest.raises(KeyMalformed) as caught:
        parse_jwk(oct_key(b""))
    assert caught.value.message == "the secret 'k' of the key is empty"


@pytest.mark.parametrize(
    ("wrapped", "found"),
    [
        (b"-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n", "a PEM block"),
        (b'{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}', "a JWK"),
    ],
)
def test_a_key_in_some_wrapping_is_no_secret(wrapped: bytes, found: str) -> None:
    with pytest.raises(KeyConfusion) as caught:
        parse_jwk(oct_key(wrapped))
    assert caught.value.message == (f"the secret 'k' of the key holds {found}, which must not become an HMAC secret")


@pytest.mark.parametrize("row", HMACS, ids=lambda row: row.name)
def test_a_secret_is_as_long_as_the_hash_of_its_algorithm(row: Any) -> None:
    wanted = min_secret_octets(row)
    short = parse_jwk(oct_key(bytes(range(wanted - 1)), alg=row.name))
    assert short.weakness == f"the secret is {wanted - 1} octets long, {row.name} wants at least {wanted}"
    assert short.bits == (wanted - 1) * 8
    long_enough = parse_jwk(oct_key(bytes(range(wanted)), alg=row.name))
    assert (long_enough.weakness, long_enough.private) == (None, True)
    assert long_enough.secret() == bytes(range(wanted))


@pytest.mark.parametrize("own", [{}, {"use": "sig"}])
def test_a_secret_without_algorithm_is_as_long_as_the_least_hash(own: dict[str, str]) -> None:
    short = parse_jwk(oct_key(bytes(range(31)), **own))
    assert short.weakness == "the secret is 31 octets long, HS256 wants at least 32"
    assert parse_jwk(oct_key(bytes(range(32)), **own)).weakness is None


@pytest.mark.parametrize("own", [{"use": "enc"}, {"alg": "A128KW"}, {"alg": "A128GCM", "use": "enc"}])
def test_a_secret_for_encryption_is_not_judged_by_length(own: dict[str, str]) -> None:
    assert parse_jwk(oct_key(bytes(range(16)), **own)).weakness is None


@pytest.mark.parametrize("secret", [bytes(32), b"a" * 100])
def test_one_octet_repeated_is_remarked(secret: bytes) -> None:
    key = parse_jwk(oct_key(secret))
    assert (key.weakness, key.remarks) == (None, ("all octets of the secret are equal",))


@pytest.mark.parametrize("secret", [b"secret" * 6, b"secretsecretsecretsecretsecretsec", b"0123456789abcdef" * 2])
def test_a_repeated_word_is_remarked(secret: bytes) -> None:
    key = parse_jwk(oct_key(secret))
    assert (key.weakness, key.remarks) == (None, ("the secret is a short piece, repeated",))


@pytest.mark.parametrize(
    ("secret", "remarks"),
    [
        (b"secret".ljust(32, b"\0"), ("the secret has only 6 different octets",)),
        (b"abcdefg" + b"g" * 30, ("the secret has only 7 different octets",)),
        (b"abcdefgh" + b"h" * 30, ()),
        (b"your-256-bit-secret-your-256-bit-", ()),
    ],
)
def test_few_different_octets_are_remarked(secret: bytes, remarks: tuple[str, ...]) -> None:
    assert parse_jwk(oct_key(secret)).remarks == remarks


def test_a_weak_secret_has_no_remark_beside() -> None:
    key = parse_jwk(oct_key(b"abab"))
    assert (key.weakness, key.remarks) == ("the secret is 4 octets long, HS256 wants at least 32", ())


@pytest.mark.parametrize(
    ("secret", "periodic"),
    [
        (b"", False),
        (b"a", False),
        (b"aa", True),
        (b"ab", False),
        (b"abc", False),
        (b"abab", True),
        (b"ababa", True),
        (b"abcab", False),
        (b"abcabc", True),
        (b"abcabcabx", False),
        (b"xabcabc", False),
        (bytes(range(64)) * 2, True),
        (bytes(range(65)) * 2, False),
    ],
)
def test_period(secret: bytes, periodic: bool) -> None:
    assert has_short_period(secret) is periodic
