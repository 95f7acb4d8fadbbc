"""The keys of RFC 9881 appendix C: every private form is the same key, and the public key and certificate are its."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.errors import KeyMalformed, KeyUnsupported, PassphraseWrong
from jwtool.jose.keys.der import children, read
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import public_half, to_der, to_pem

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

EXAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("ml_dsa_keys.json").read_text("utf-8"))
SEED = base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
SHA256, SHA512 = bytes.fromhex("06082a864886f70d0209"), bytes.fromhex("06082a864886f70d020b")
by_algorithm = pytest.mark.parametrize("example", EXAMPLES["keys"], ids=[one["alg"] for one in EXAMPLES["keys"]])


def one(data: bytes) -> Key:
    (key,) = load_keys(data, passphrase=lambda: None).keys
    return key


def tlv(tag: int, *contents: bytes) -> bytes:
    """One DER element."""
    body = b"".join(contents)
    size = len(body)
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, size] if size < 0x80 else [tag, 0x80 | len(octets), *octets]) + body


def to_octets(pem: str) -> bytes:
    return base64.b64decode("".join(pem.splitlines()[1:-1]))


def private_key_of(der: bytes) -> bytes:
    """The contents of `privateKey` (RFC 5958 §2)."""
    return children(read(der))[2].body


def test_every_algorithm_has_an_example() -> None:
    assert [one["alg"] for one in EXAMPLES["keys"]] == [row.name for row in ALGORITHMS.values() if row.kty == "AKP"]


@by_algorithm
def test_every_form_of_a_private_key(example: dict[str, str]) -> None:
    public = one(example["public"].encode())
    assert (public.alg, public.kty, public.private) == (example["alg"], "AKP", False)
    for form in ("seed", "both"):
        for data in (example[form].encode(), to_octets(example[form])):
            key = one(data)
            assert key.members == {**public.members, "priv": SEED}
            assert public_half(key).members == public.members
    assert to_pem(one(example["both"].encode()), private=True).decode() == example["seed"]
    assert to_pem(public, private=False).decode() == example["public"]


@by_algorithm
def test_an_expanded_key_alone_has_no_seed(example: dict[str, str]) -> None:
    der = to_octets(example["both"])
    version, algorithm, _ = children(read(der))
    expanded = children(read(private_key_of(der)))[1].encoded
    data = tlv(0x30, version.encoded, algorithm.encoded, tlv(4, expanded))
    with pytest.raises(KeyUnsupported) as caught:
        one(data)
    message = f"the {example['alg']} key is there in its expanded form only, and only a seed is supported"
    assert caught.value.message == message


def test_a_seed_and_an_expanded_key_of_another() -> None:
    with pytest.raises(KeyMalformed) as caught:
        one(EXAMPLES["contradiction"]["pem"].encode())
    assert caught.value.message == "the ML-DSA-44 key contradicts itself: its expanded form is not that of its seed"


def test_a_certificate() -> None:
    key = one(EXAMPLES["certificate"]["pem"].encode())
    assert (key.form, key.alg, key.private, len(key.certificates)) == ("certificate", "ML-DSA-44", False, 1)
    assert key.members == one(EXAMPLES["keys"][0]["public"].encode()).members
    chain = EXAMPLES["certificate"]["pem"] + EXAMPLES["keys"][0]["both"]
    (both,) = load_keys(chain.encode(), passphrase=lambda: None).keys
    assert (both.private, len(both.certificates)) == (True, 1)


@by_algorithm
def test_what_is_no_private_key(example: dict[str, str]) -> None:
    """Other tags, other lengths, something behind, parameters where there are none (RFC 9881 §2, §6)."""
    version, algorithm, _ = (element.encoded for element in children(read(to_octets(example["seed"]))))
    seed, expanded = (element.encoded for element in children(read(private_key_of(to_octets(example["both"])))))
    bad = [
        b"",
        bytes(range(32)),
        tlv(0x80, bytes(31)),
        tlv(0x80, bytes(33)),
        tlv(0x80, bytes(32)) + b"\0",
        tlv(0x81, bytes(32)),
        tlv(0xA0, tlv(4, bytes(32))),
        tlv(4, bytes(32)),
        tlv(4, bytes(2561)),
        tlv(0x30),
        tlv(0x30, seed),
        tlv(0x30, expanded, seed),
        tlv(0x30, seed, expanded, seed),
        tlv(0x30, tlv(0x80, bytes(32)), expanded),
        tlv(0x30, seed, tlv(4, bytes(64))),
    ]
    message = "the PKCS#8 private key is damaged: inside is no ML-DSA key"
    for inner in bad:
        with pytest.raises(KeyMalformed) as caught:
            one(tlv(0x30, version, algorithm, tlv(4, inner)))
        assert caught.value.message == message, inner.hex()[:80]
    oid = children(read(algorithm))[0].encoded
    with pytest.raises(KeyMalformed) as caught:
        one(tlv(0x30, version, tlv(0x30, oid, tlv(5)), tlv(4, tlv(0x80, bytes(32)))))
    assert caught.value.message == message


@by_algorithm
def test_what_is_no_public_key(example: dict[str, str]) -> None:
    algorithm, bits = (element.encoded for element in children(read(to_octets(example["public"]))))
    pub = read(bits).body
    for inner in (pub[:-1], pub + b"\0", b"\1" + pub[1:], b"\0", b""):
        with pytest.raises(KeyMalformed):
            one(tlv(0x30, algorithm, tlv(3, inner)))
    oid = children(read(algorithm))[0].encoded
    with pytest.raises(KeyMalformed):
        one(tlv(0x30, tlv(0x30, oid, tlv(5)), bits))


@by_algorithm
def test_encrypted(example: dict[str, str]) -> None:
    key = one(example["seed"].encode())
    data = to_der(key, private=True, passphrase=b"correct horse")
    (again,) = load_keys(data, passphrase=lambda: b"correct horse").keys
    assert again.members == key.members


def encrypted(
    plain: bytes, passphrase: bytes, *, aes: str = "2a", prf: bytes | None = SHA256, rounds: int = 2048
) -> bytes:
    """An encrypted PKCS#8 file as OpenSSL writes it: PBKDF2 and AES in CBC mode (RFC 8018 appendix A)."""
    octets = {"02": 16, "16": 24, "2a": 32}[aes]
    name = "sha1" if prf is None else "sha256" if prf == SHA256 else "sha512"
    key = hashlib.pbkdf2_hmac(name, passphrase, b"saltsalt", rounds, octets)
    fill = 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    octets_out = encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()
    parts = [tlv(4, b"saltsalt"), tlv(2, rounds.to_bytes(3)), *([tlv(0x30, prf, tlv(5))] if prf else [])]
    derivation = tlv(0x30, bytes.fromhex("06092a864886f70d01050c"), tlv(0x30, *parts))
    cipher = tlv(0x30, bytes.fromhex(f"06096086480165030401{aes}"), tlv(4, bytes(16)))
    scheme = tlv(0x30, bytes.fromhex("06092a864886f70d01050d"), tlv(0x30, derivation, cipher))
    return tlv(0x30, scheme, tlv(4, octets_out))


@by_algorithm
@pytest.mark.parametrize(
    "written",
    [{}, {"aes": "02"}, {"aes": "16"}, {"prf": None}, {"prf": SHA512}, {"rounds": 900_000}],
    ids=["as OpenSSL does", "AES-128", "AES-192", "SHA-1", "SHA-512", "many rounds"],
)
def test_both_forms_encrypted(example: dict[str, str], written: dict[str, Any]) -> None:
    """What `openssl genpkey -aes256` writes from 3.5 on, and the library takes for a wrong passphrase."""
    data = encrypted(to_octets(example["both"]), b"correct horse", **written)
    (key,) = load_keys(data, passphrase=lambda: b"correct horse").keys
    assert key.members == one(example["seed"].encode()).members
    with pytest.raises(PassphraseWrong) as caught:
        load_keys(data, passphrase=lambda: b"battery staple")
    assert caught.value.message == "the passphrase does not open the private key"


@by_algorithm
def test_an_encrypted_expanded_key_alone(example: dict[str, str]) -> None:
    der = to_octets(example["both"])
    version, algorithm, _ = children(read(der))
    plain = tlv(0x30, version.encoded, algorithm.encoded, tlv(4, children(read(private_key_of(der)))[1].encoded))
    with pytest.raises(KeyUnsupported) as caught:
        load_keys(encrypted(plain, b"x"), passphrase=lambda: b"x")
    assert caught.value.message.startswith(f"the {example['alg']} key is there in its expanded form only")


def test_an_encrypted_contradiction() -> None:
    data = encrypted(to_octets(EXAMPLES["contradiction"]["pem"]), b"x")
    with pytest.raises(KeyMalformed) as caught:
        load_keys(data, passphrase=lambda: b"x")
    assert caught.value.message == "the ML-DSA-44 key contradicts itself: its expanded form is not that of its seed"


@pytest.mark.parametrize("octets", [2591, 2625, 4111])
def test_something_else_that_is_as_long(octets: int) -> None:
    """The library has the last word on it."""
    for plain in (b"\x30" * octets, bytes(octets), tlv(0x30, tlv(2, b"\0"), tlv(4, bytes(octets - 11)))):
        with pytest.raises(PassphraseWrong):
            load_keys(encrypted(plain, b"x"), passphrase=lambda: b"x")
