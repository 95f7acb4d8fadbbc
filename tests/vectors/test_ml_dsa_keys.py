"""The keys of RFC 9881 appendix C: every private form is the same key, and the public key and certificate are its."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.errors import KeyMalformed, KeyUnsupported
from jwtool.jose.keys.der import children, read
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import public_half, to_der, to_pem

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

EXAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("ml_dsa_keys.json").read_text("utf-8"))
SEED = base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
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
