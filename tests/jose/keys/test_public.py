from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from jwtool.jose.errors import KeyNotPrivate, KeySymmetricInPublic, KeyUnsupported, PassphraseWrong, UsageError
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.pem import parse_encoded
from jwtool.jose.keys.public import public_half, to_der, to_jwk, to_pem
from jwtool.jose.keys.secret import secret_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.jose.keys.key import Key

    Natives = dict[str, Any]
    Reader = Callable[[bytes], dict[str, Any]]

KINDS = ["RSA", "P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448", "X25519", "X448"]
PUBLIC = {"RSA": ["kty", "n", "e"], "EC": ["kty", "crv", "x", "y"], "OKP": ["kty", "crv", "x"]}
PRIVATE = {"RSA": ["d", "p", "q", "dp", "dq", "qi"], "EC": ["d"], "OKP": ["d"]}


@pytest.fixture
def keys(natives: Natives) -> dict[str, Key]:
    return {kind: one(to_pem_by_cryptography(native)) for kind, native in natives.items()}


def to_pem_by_cryptography(native: Any) -> bytes:
    data: bytes = native.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return data


def one(data: bytes, passphrase: bytes | None = None) -> Key:
    (key,) = parse_encoded(data, passphrase=lambda: passphrase)
    return key


@pytest.mark.parametrize("kind", KINDS)
def test_the_public_half(kind: str, keys: dict[str, Key], natives: Natives, other_reader: Reader) -> None:
    private = keys[kind]
    public = public_half(private)
    pem = natives[kind].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert public.members == other_reader(pem)
    assert public.private is False
    assert (public.kty, public.crv, public.bits, public.form) == (private.kty, private.crv, private.bits, "pem")
    assert public_half(public) is public


@pytest.mark.parametrize("kind", KINDS)
def test_members_of_a_jwk(kind: str, keys: dict[str, Key]) -> None:
    key = keys[kind]
    assert list(to_jwk(key, private=False)) == PUBLIC[key.kty]
    assert list(to_jwk(key, private=True)) == PUBLIC[key.kty] + PRIVATE[key.kty]
    assert to_jwk(key, private=True) == key.members
    assert to_jwk(public_half(key), private=False) == to_jwk(key, private=False)


def test_what_describes_a_key_goes_with_it(p256: dict[str, Any]) -> None:
    described = {
        "kid": "a",
        "use": "sig",
        "alg": "ES256",
        "key_ops": ["verify"],
        "x5u": "https://h.example/",
        "x5t": "A" * 27,
    }
    times, strangers = {"iat": 1, "nbf": 2, "exp": 3}, {"secret": "b", "D": p256["d"]}
    key = parse_jwk(p256 | described | times | strangers)
    public = to_jwk(key, private=False)
    assert list(public) == ["kty", "kid", "use", "alg", "key_ops", "crv", "x", "y", "x5t"]
    assert public == {name: (p256 | described)[name] for name in public}
    private = to_jwk(key, private=True)
    assert list(private) == ["kty", "kid", "use", "alg", "key_ops", "crv", "x", "y", "d", "x5t", "iat", "nbf", "exp"]
    half = public_half(key)
    assert (half.kid, half.use, half.alg, half.key_ops) == ("a", "sig", "ES256", ("verify",))
    assert half.members == public


def test_a_member_that_no_policy_knows_never_gets_out(p256: dict[str, Any]) -> None:
    key = parse_jwk(p256)
    hostile = replace(key, members=dict(key.members) | {"k": "secret", "d": "secret", "priv": "secret", "oth": []})
    assert list(to_jwk(hostile, private=False)) == ["kty", "crv", "x", "y"]
    assert list(public_half(hostile).members) == ["kty", "crv", "x", "y"]


@pytest.mark.parametrize(
    ("private", "public"),
    [
        (["sign"], ["verify"]),
        (["sign", "verify"], ["verify"]),
        (["verify", "sign"], ["verify"]),
        (["decrypt", "unwrapKey"], ["encrypt", "wrapKey"]),
        (["encrypt", "wrapKey"], ["encrypt", "wrapKey"]),
        (["deriveKey", "deriveBits"], []),
        (["sign", "deriveBits", "of its own"], ["verify"]),
        ([], []),
    ],
)
def test_operations_of_the_public_side(private: list[str], public: list[str], p256: dict[str, Any]) -> None:
    key = parse_jwk(p256 | {"key_ops": private})
    half = public_half(key)
    assert (half.key_ops, half.members["key_ops"]) == (tuple(public), public)
    assert to_jwk(key, private=False)["key_ops"] == public
    assert to_jwk(key, private=True)["key_ops"] == private


def test_a_public_key_keeps_its_operations(p256: dict[str, Any]) -> None:
    key = parse_jwk({name: value for name, value in p256.items() if name != "d"} | {"key_ops": ["sign"]})
    assert to_jwk(key, private=False)["key_ops"] == ["sign"]


def test_certificates_stay_with_the_public_half(natives: Natives, certify: Callable[..., bytes]) -> None:
    chain = certify("leaf", "root") + certify("root", "root")
    key = one(to_pem_by_cryptography(natives["P-256"]) + chain)
    assert len(key.certificates) == 2
    assert public_half(key).certificates == key.certificates
    assert list(to_jwk(key, private=False)) == ["kty", "crv", "x", "y"]


def test_a_secret_has_no_public_half() -> None:
    key = secret_key(bytes(range(32)), where="secret:@FILE")
    for make in (public_half, lambda key: to_jwk(key, private=False)):
        with pytest.raises(KeySymmetricInPublic) as caught:
            make(key)
        assert caught.value.message == "an oct key is a shared secret and has no public half"
    assert to_jwk(key, private=True) == {"kty": "oct", "k": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}


@pytest.mark.parametrize("private", [True, False])
def test_a_secret_is_a_jwk_only(private: bool) -> None:
    key = secret_key(bytes(range(32)), where="secret:@FILE")
    with pytest.raises(KeyUnsupported) as caught:
        to_pem(key, private=private)
    assert caught.value.message == "an oct key has no PEM form, only that of a JWK"
    with pytest.raises(KeyUnsupported) as caught:
        to_der(key, private=private)
    assert caught.value.message == "an oct key has no DER form, only that of a JWK"


def test_a_public_key_has_no_private_half(p256: dict[str, Any]) -> None:
    key = public_half(parse_jwk(p256))
    for convert in (to_jwk, to_pem, to_der):
        with pytest.raises(KeyNotPrivate) as caught:
            convert(key, private=True)
        assert caught.value.message == "the key (EC P-256) is public, wanted a private key"


@pytest.mark.parametrize("kind", KINDS)
def test_written_keys_are_read_by_others(
    kind: str, keys: dict[str, Key], natives: Natives, other_reader: Reader
) -> None:
    key, native = keys[kind], natives[kind]
    assert to_pem(key, private=True) == to_pem_by_cryptography(native)
    assert other_reader(to_pem(key, private=False)) == to_jwk(key, private=False)
    assert load_der_public_key(to_der(key, private=False)) == native.public_key()
    assert load_pem_public_key(to_pem(public_half(key), private=False)) == native.public_key()
    for loaded in (
        load_der_private_key(to_der(key, private=True), None),
        load_der_private_key(to_der(key, private=True, passphrase=b"opensesame"), b"opensesame"),
        load_pem_private_key(to_pem(key, private=True, passphrase=b"opensesame"), b"opensesame"),
    ):
        assert to_pem_by_cryptography(loaded) == to_pem_by_cryptography(native)


@pytest.mark.parametrize("kind", KINDS)
def test_written_keys_are_read_back(kind: str, keys: dict[str, Key]) -> None:
    key = keys[kind]
    for convert in (to_pem, to_der):
        assert one(convert(key, private=True)).members == key.members
        assert one(convert(key, private=False)).members == public_half(key).members
        locked = convert(key, private=True, passphrase=b"opensesame")
        assert one(locked, b"opensesame").members == key.members
        with pytest.raises(PassphraseWrong):
            one(locked, b"opensesam")


@pytest.mark.parametrize("kind", KINDS)
def test_written_keys_are_read_by_openssl(kind: str, keys: dict[str, Key], openssl: Callable[..., bytes]) -> None:
    pem = to_pem(keys[kind], private=False)
    assert openssl("pkey", "-pubout", stdin=to_pem(keys[kind], private=True)) == pem
    assert openssl("pkey", "-inform", "DER", "-pubout", stdin=to_der(keys[kind], private=True)) == pem
    locked = to_pem(keys[kind], private=True, passphrase=b"opensesame")
    assert openssl("pkey", "-passin", "pass:opensesame", "-pubout", stdin=locked) == pem
    assert openssl("pkey", "-pubin", "-pubout", stdin=pem) == pem


@pytest.mark.parametrize("length", [0, 1024])
def test_passphrases_that_no_other_program_takes(length: int, p256: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        to_pem(parse_jwk(p256), private=True, passphrase=b"x" * length)
    assert caught.value.message == f"the new passphrase is {length} octets long, wanted 1 to 1023"


def test_the_longest_passphrase(p256: dict[str, Any]) -> None:
    locked = to_der(parse_jwk(p256), private=True, passphrase=b"x" * 1023)
    assert one(locked, b"x" * 1023).members == p256


def test_a_weak_key_can_be_written(openssl: Callable[..., bytes]) -> None:
    key = one(openssl("genrsa", "512"))
    assert one(to_pem(key, private=True)).members == key.members
    assert one(to_der(key, private=False)).members == to_jwk(key, private=False)
