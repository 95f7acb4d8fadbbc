from __future__ import annotations

import base64
import contextlib
import random
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from jwtool.jose.errors import JwtoolError, KeyMalformed, KeyUnsupported, PassphraseMissing, PassphraseWrong
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.ssh_private import MAGIC, MAX_ROUNDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.jose.keys.key import Key

    Natives = dict[str, Any]
    Reader = Callable[[bytes], dict[str, Any]]

KINDS = ["RSA", "P-256", "P-384", "P-521", "Ed25519"]
RIGHT = b"opensesame"
DAMAGED = (KeyMalformed, "the OpenSSH private key is damaged")


def read(data: bytes, passphrase: bytes | None = RIGHT) -> Key:
    (key,) = load_keys(data, passphrase=lambda: passphrase).keys
    return key


def refusal(data: bytes, passphrase: bytes | None = RIGHT) -> tuple[type[JwtoolError], str]:
    with pytest.raises(JwtoolError) as caught:
        read(data, passphrase)
    return type(caught.value), caught.value.message


def pem(container: bytes) -> bytes:
    text = base64.encodebytes(container)
    return b"-----BEGIN OPENSSH PRIVATE KEY-----\n%s-----END OPENSSH PRIVATE KEY-----\n" % text


def container(data: bytes) -> bytes:
    return base64.b64decode(b"".join(data.splitlines()[1:-1]))


def string(part: bytes) -> bytes:
    return len(part).to_bytes(4) + part


def plain(natives: Natives, kind: str) -> bytes:
    data: bytes = natives[kind].private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return data


@pytest.fixture(scope="module")
def locked(natives: Natives) -> bytes:
    encryption = PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(1).build(RIGHT)
    data: bytes = natives["Ed25519"].private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, encryption)
    return data


@pytest.mark.parametrize("kind", KINDS)
def test_a_private_key_by_cryptography(kind: str, natives: Natives, other_reader: Reader) -> None:
    members = other_reader(natives[kind].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = read(plain(natives, kind), None)
    assert (key.members, key.private, key.kid, key.form) == (members, True, None, "ssh")
    encrypted = natives[kind].private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, BestAvailableEncryption(RIGHT))
    assert read(encrypted).members == members


def test_the_passphrase(locked: bytes) -> None:
    assert read(locked).describe() == "OKP Ed25519"
    wrong = (PassphraseWrong, "the passphrase does not open the private key")
    assert {refusal(locked, b"wrong %d" % number) for number in range(20)} == {wrong}
    assert refusal(locked, b"") == (PassphraseWrong, "the passphrase is empty")
    missing = "the private key is encrypted and no passphrase was given"
    assert refusal(locked, None) == (PassphraseMissing, missing)


def test_too_many_rounds_are_refused_before_a_passphrase_is_asked_for(locked: bytes) -> None:
    def ask() -> bytes:
        raise AssertionError

    inside = container(locked)
    at = inside.index(string(b"bcrypt")) + 10 + 4 + 4 + 16
    assert inside[at : at + 4] == b"\0\0\0\1"
    for rounds in (MAX_ROUNDS + 1, 2**32 - 1):
        costly = pem(inside[:at] + rounds.to_bytes(4) + inside[at + 4 :])
        with pytest.raises(KeyMalformed) as caught:
            load_keys(costly, passphrase=ask)
        assert caught.value.message == f"the private key asks for {rounds} rounds of bcrypt, wanted at most 100"
    assert refusal(pem(inside[:at] + bytes(4) + inside[at + 4 :])) == DAMAGED


def test_the_cost_of_all_keys_of_a_file_adds_up(natives: Natives) -> None:
    encryption = PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(40).build(RIGHT)
    block = natives["Ed25519"].private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, encryption)
    pkcs8 = natives["Ed25519"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(RIGHT))
    assert read(block * 2 + pkcs8).private is True
    message = "the encrypted keys of the file ask for too much key derivation, all together"
    assert refusal(block * 3) == (KeyMalformed, message)


@pytest.mark.parametrize("kind", ["RSA", "P-256", "Ed25519"])
def test_a_private_part_that_is_not_that_of_the_public_one(kind: str, natives: Natives) -> None:
    inside = container(plain(natives, kind))
    other = container(plain(natives, "P-384"))
    start = len(MAGIC) + len(string(b"none") * 2 + string(b"")) + 4
    size = 4 + int.from_bytes(inside[start : start + 4])
    another = other[start : start + 4 + int.from_bytes(other[start : start + 4])]
    assert refusal(pem(inside[:start] + another + inside[start + size :])) == DAMAGED


def test_other_types_and_ciphers_are_named(natives: Natives) -> None:
    head = MAGIC + string(b"none") * 2 + string(b"") + (1).to_bytes(4)
    for name, message in {
        b"ssh-dss": "a DSA key is not supported",
        b"sk-ssh-ed25519@openssh.com": "an SSH key in a security token ('sk-ssh-ed25519@openssh.com') is not supported"
        ": it signs more than it is given",
        b"ssh-xmss@openssh.com": "an SSH key of the type 'ssh-xmss@openssh.com' is not supported",
    }.items():
        assert refusal(pem(head + string(string(name)) + string(bytes(8)))) == (KeyUnsupported, message)
    inside = container(plain(natives, "Ed25519"))
    two = inside.replace((1).to_bytes(4), (2).to_bytes(4), 1)
    assert refusal(pem(two)) == (KeyUnsupported, "an OpenSSH file with more than one private key is not supported")
    way = "the OpenSSH private key is encrypted in a way that is not supported: "
    odd = inside.replace(string(b"none") * 2, string(b"chacha20-poly1305@openssh.com") + string(b"bcrypt"), 1)
    assert refusal(pem(odd)) == (KeyUnsupported, way + "'chacha20-poly1305@openssh.com' by 'bcrypt'")
    odd = inside.replace(string(b"none") * 2, string(b"none") + string(b"bcrypt"), 1)
    assert refusal(pem(odd)) == (KeyUnsupported, way + "'none' by 'bcrypt'")


def test_huge_numbers_cost_nothing(natives: Natives) -> None:
    """A remainder of numbers of a million octets would take minutes."""
    inside = container(plain(natives, "RSA"))
    start = len(MAGIC) + len(string(b"none") * 2 + string(b"")) + 4
    public = inside[start : start + 4 + int.from_bytes(inside[start : start + 4])]
    huge = string(b"\x7f" * 150_000)
    private = bytes(8) + string(b"ssh-rsa") + string(b"\1") + string(b"\3") + huge * 4 + string(b"")
    private += bytes(range(1, 1 + -len(private) % 8))
    assert refusal(pem(inside[:start] + public + string(private))) == DAMAGED


def test_a_wrong_passphrase_for_every_mode(locked: bytes) -> None:
    """What decides is the tag of GCM, and the two numbers at the start for CTR and CBC."""
    inside = container(locked)
    for cipher, tag in ((b"aes256-gcm@openssh.com", bytes(16)), (b"aes128-cbc", b""), (b"aes192-ctr", b"")):
        other = inside.replace(string(b"aes256-ctr"), string(cipher), 1) + tag
        assert refusal(pem(other)) == (PassphraseWrong, "the passphrase does not open the private key")


@pytest.mark.parametrize("numbers", [(0, 1, 3, 3), (1, 0, 3, 3), (1, 1, 2, 3), (1, 1, 3, 0), (2, 1, 3, 3)])
def test_rsa_numbers_that_are_none(numbers: tuple[int, int, int, int], natives: Natives) -> None:
    inside = container(plain(natives, "RSA"))
    start = len(MAGIC) + len(string(b"none") * 2 + string(b"")) + 4
    public = inside[start : start + 4 + int.from_bytes(inside[start : start + 4])]
    d, qi, p, q = (string(bytes([number]).lstrip(b"\0")) for number in numbers)
    private = bytes(8) + string(b"ssh-rsa") + string(b"\x7f" * 256) + string(b"\3") + d + qi + p + q + string(b"")
    private += bytes(range(1, 1 + -len(private) % 8))
    assert refusal(pem(inside[:start] + public + string(private))) == DAMAGED


def test_mutated_containers_are_keys_or_errors(natives: Natives, locked: bytes) -> None:
    dice = random.Random(7)
    for data in (*(plain(natives, kind) for kind in KINDS), locked):
        inside = container(data)
        for _ in range(150):
            mutant = bytearray(inside)
            mutant[dice.randrange(len(mutant))] = dice.choice(b"\0\1\x7f\x80\xffn")
            for changed in (bytes(mutant), inside[: dice.randrange(len(inside))]):
                with contextlib.suppress(KeyMalformed, KeyUnsupported, PassphraseWrong):
                    read(pem(changed))
