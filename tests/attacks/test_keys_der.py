"""PEM and DER that one reader takes for one key and the next for another, or for more work than a key is worth."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_der, to_pem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jwtool.jose.keys.key import Key
    from tests.attacks.conftest import Forger, Verdict, Verify

RSA = bytes.fromhex("06092a864886f70d0101010500")
P256 = bytes.fromhex("06072a8648ce3d020106082a8648ce3d030107")
ED25519 = bytes.fromhex("06032b6570")


def tlv(tag: int, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + body


def spki(algorithm: bytes, key: bytes) -> bytes:
    return tlv(0x30, tlv(0x30, algorithm), tlv(3, b"\0", key))


def armour(der: bytes, label: str = "PUBLIC KEY") -> bytes:
    return f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(der) + f"-----END {label}-----\n".encode()


@pytest.fixture
def judge(forge: Forger, verify: Verify, tmp_path: Path) -> Callable[..., list[Verdict]]:
    """`judge("ES256", der)`: the verdicts on a good token by the key in that file, as DER and as PEM."""

    def call(alg: str, der: bytes) -> list[Verdict]:
        verdicts = []
        for name, data in (("key.der", der), ("key.pem", armour(der))):
            (tmp_path / name).write_bytes(data)
            verdicts.append(verify(forge.sign(alg), "-k", tmp_path / name))
        return verdicts

    return call


def test_negative_looking_numbers(keys: Mapping[str, Key], judge: Callable[..., list[Verdict]]) -> None:
    """A modulus whose first bit is set and that has no zero octet before it is a negative INTEGER."""
    n, e = keys["RS256"].octets("n"), b"\1\0\1"
    good = spki(RSA, tlv(0x30, tlv(2, b"\0" + n), tlv(2, e)))
    assert [verdict.short for verdict in judge("RS256", good)] == [(0, set())] * 2
    for one, two in (
        (n, e),
        (b"\0\0" + n, e),
        (b"\0" + n, b"\xff"),
        (b"\0" + n, b"\0" + e),
        (b"", e),
        (b"\0" + n, b""),
    ):
        for der in (spki(RSA, tlv(0x30, tlv(2, one), tlv(2, two))), tlv(0x30, tlv(2, one), tlv(2, two))):
            assert all(verdict.exit in {3, 4} for verdict in judge("RS256", der))
    for e in (b"\1", b"\2", b"\4"):
        der = spki(RSA, tlv(0x30, tlv(2, b"\0" + n), tlv(2, e)))
        assert [verdict.short for verdict in judge("RS256", der)] == [(4, {"key_malformed"})] * 2


def test_points_that_are_none(keys: Mapping[str, Key], judge: Callable[..., list[Verdict]]) -> None:
    """Infinity, hybrid, off the curve, zeros; compressed is a good key in another form."""
    x, y = keys["ES256"].octets("x"), keys["ES256"].octets("y")
    odd = y[-1] & 1
    for point in (bytes([4]) + x + y, bytes([2 | odd]) + x):
        assert [verdict.short for verdict in judge("ES256", spki(P256, point))] == [(0, set())] * 2
    other = bytes([2 | (odd ^ 1)]) + x
    assert [verdict.short for verdict in judge("ES256", spki(P256, other))] == [(1, {"signature_invalid"})] * 2
    flipped = y[:-1] + bytes([y[-1] ^ 1])
    for point in (
        b"\0",
        b"\0" + x + y,
        bytes([6 | odd]) + x + y,
        b"\4" + x + flipped,
        b"\4" + bytes(64),
        b"\4" + x,
        b"",
    ):
        assert [verdict.short for verdict in judge("ES256", spki(P256, point))] == [(4, {"key_malformed"})] * 2


def test_small_order_point_in_der(judge: Callable[..., list[Verdict]]) -> None:
    for x in (b"\1" + bytes(31), bytes(32), b"\xec" + b"\xff" * 30 + b"\x7f", b"\xee" + b"\xff" * 30 + b"\x7f"):
        assert [verdict.short for verdict in judge("EdDSA", spki(ED25519, x))] == [(4, {"key_malformed"})] * 2


def test_curve_by_its_parameters(keys: Mapping[str, Key], judge: Callable[..., list[Verdict]]) -> None:
    """CVE-2020-0601: a generator of the attacker's choice makes any point a key that he knows."""
    point = b"\4" + keys["ES256"].octets("x") + keys["ES256"].octets("y")
    for parameters in (tlv(0x30, tlv(2, b"\1")), b"\5\0", b""):
        der = spki(bytes.fromhex("06072a8648ce3d0201") + parameters, point)
        assert all(verdict.exit == 4 for verdict in judge("ES256", der))


def test_what_follows_a_key(keys: Mapping[str, Key], judge: Callable[..., list[Verdict]]) -> None:
    good = to_der(keys["ES256"], private=False)
    for der in (
        good + b"\0",
        good + good,
        good[:-1],
        b"\x30\x81" + good[1:],
        b"\x30\x80" + good[2:] + b"\0\0",
        b"\0" + good,
    ):
        assert all(verdict.exit in {3, 4} for verdict in judge("ES256", der))


def test_several_keys_in_one_file_are_several_keys(forge: Forger, verify: Verify, tmp_path: Path) -> None:
    """A second PEM block is not overlooked, and a private key hides behind no public one."""
    stranger = generate("ES256")
    path = tmp_path / "keys.pem"
    path.write_bytes(to_pem(stranger, private=False) + to_pem(forge.keys["ES256"], private=False))
    assert verify(forge.sign("ES256"), "-k", path).short == (0, set())
    assert verify(forge.sign("ES256", by=stranger), "-k", path).short == (0, set())
    assert verify(forge.sign("ES256", by=generate("ES256")), "-k", path).short == (1, {"signature_invalid"})


def test_authority_of_a_chain_does_not_verify(
    forge: Forger, verify: Verify, tmp_path: Path, certificates: Callable[[str], bytes]
) -> None:
    """In a file of certificates the first is the signer's; no authority below it must come to sign tokens."""
    import datetime as dt

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    authority = generate("ES384")
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    def issue(subject: str, key: Key) -> bytes:
        public = serialization.load_pem_public_key(to_pem(key, private=False))
        private = serialization.load_pem_private_key(to_pem(authority, private=True), None)
        until = moment + dt.timedelta(days=9)
        builder = x509.CertificateBuilder(name("authority"), name(subject), public, 1, moment, until)  # type: ignore[arg-type]  # any kind of key may come out of a PEM
        return builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)  # type: ignore[arg-type]  # the same

    leaf, root = issue("leaf", forge.keys["ES256"]), issue("authority", authority)
    path = tmp_path / "chain.pem"
    path.write_bytes(leaf + root)
    assert verify(forge.sign("ES256"), "-k", path).short == (0, set())
    assert verify(forge.sign("ES384", by=authority), "-k", path).short == (1, {"alg_key_mismatch"})
    path.write_bytes(root + leaf)
    assert verify(forge.sign("ES384", by=authority), "-k", path).short == (4, {"key_malformed"})
    assert certificates("ES256") == certificates("ES256")


def test_encrypted_key_that_costs_the_earth(forge: Forger, verify: Verify, tmp_path: Path) -> None:
    """A billion rounds of PBKDF2, gigabytes of scrypt: refused before a passphrase is tried."""
    aes = tlv(0x30, bytes.fromhex("060960864801650304012a"), tlv(4, bytes(16)))
    rounds = tlv(0x30, bytes.fromhex("06092a864886f70d01050c"), tlv(0x30, tlv(4, bytes(8)), tlv(2, b"\x3b\x9a\xca\0")))
    scrypt = bytes.fromhex("06092b06010401da47040b")
    memory = tlv(0x30, scrypt, tlv(0x30, tlv(4, bytes(8)), tlv(2, b"\1" + bytes(3)), tlv(2, b"\x7f"), tlv(2, b"\x7f")))
    path, passphrase = tmp_path / "encrypted.pem", tmp_path / "passphrase"
    passphrase.write_text("x")
    for derivation in (rounds, memory):
        scheme = tlv(0x30, bytes.fromhex("06092a864886f70d01050d"), tlv(0x30, derivation, aes))
        path.write_bytes(armour(tlv(0x30, scheme, tlv(4, bytes(160))), "ENCRYPTED PRIVATE KEY"))
        began = time.monotonic()
        assert verify(forge.sign("ES256"), "-k", path, "--passphrase", f"@{passphrase}").short == (4, {"key_malformed"})
        assert time.monotonic() - began < 1
