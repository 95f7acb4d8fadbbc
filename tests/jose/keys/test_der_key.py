from __future__ import annotations

import random
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from jwtool.jose.errors import JwtoolError, KeyMalformed, KeyUnsupported, PassphraseMissing, PassphraseWrong
from jwtool.jose.keys import der_key
from jwtool.jose.keys.pem import parse_encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.jose.keys.key import Key

    Natives = dict[str, Any]
    Openssl = Callable[..., bytes]

KINDS = ["RSA", "P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448", "X25519", "X448"]
MUTATIONS = 60


def one(data: bytes, passphrase: bytes | None = None) -> Key:
    (key,) = parse_encoded(data, passphrase=lambda: passphrase)
    return key


def refusal(data: bytes, passphrase: bytes | None = None) -> tuple[type[JwtoolError], str]:
    with pytest.raises(JwtoolError) as caught:
        one(data, passphrase)
    return type(caught.value), caught.value.message


def pkcs8(native: Any, passphrase: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    data: bytes = native.private_bytes(Encoding.DER, PrivateFormat.PKCS8, encryption)
    return data


def spki(native: Any) -> bytes:
    data: bytes = native.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return data


@pytest.mark.parametrize("kind", KINDS)
def test_encrypted_keys_by_cryptography(kind: str, natives: Natives) -> None:
    wanted = one(pkcs8(natives[kind])).members
    assert one(pkcs8(natives[kind], b"opensesame"), b"opensesame").members == wanted
    pem = natives[kind].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"opensesame"))
    assert one(pem, b"opensesame").members == wanted


@pytest.mark.parametrize(
    "options",
    [
        ("-v2", "aes-128-cbc"),
        ("-v2", "aes-192-cbc"),
        ("-v2", "aes-256-cbc"),
        ("-v2", "des-ede3-cbc"),
        ("-v2", "aes256", "-v2prf", "hmacWithSHA1"),
        ("-v2", "aes256", "-v2prf", "hmacWithSHA512"),
        ("-iter", "100000"),
        ("-scrypt",),
        ("-scrypt", "-scrypt_N", "4096", "-scrypt_r", "8", "-scrypt_p", "2"),
        ("-v1", "PBE-SHA1-3DES"),
    ],
    ids=" ".join,
)
def test_encrypted_keys_by_openssl(options: tuple[str, ...], openssl: Openssl, ec_traditional: bytes) -> None:
    for form in ("PEM", "DER"):
        locked = openssl(
            "pkcs8", "-topk8", *options, "-passout", "pass:opensesame", "-outform", form, stdin=ec_traditional
        )
        key = one(locked, b"opensesame")
        assert key.members == one(ec_traditional).members
        assert key.form == form.lower()
        assert refusal(locked, b"opensesam") == (PassphraseWrong, "the passphrase does not open the private key")


def test_other_ciphers_are_refused(openssl: Openssl, ec_traditional: bytes) -> None:
    locked = openssl("pkcs8", "-topk8", "-v2", "camellia-256-cbc", "-passout", "pass:x", stdin=ec_traditional)
    message = "the private key is encrypted in a way that is not supported"
    assert refusal(locked, b"x") == (KeyUnsupported, message)


def test_an_encrypted_key_wants_a_passphrase(natives: Natives) -> None:
    locked = pkcs8(natives["P-256"], b"opensesame")
    with pytest.raises(PassphraseMissing) as caught:
        one(locked)
    assert caught.value.message == "the private key is encrypted and no passphrase was given"
    assert caught.value.hint == "--passphrase @FILE reads it from a file"
    assert refusal(locked, b"") == (PassphraseWrong, "the passphrase is empty")


def test_every_wrong_passphrase_is_wrong(natives: Natives) -> None:
    """One in 256 gives a sound padding around nonsense."""
    locked = pkcs8(natives["Ed25519"], b"opensesame")
    wanted = PassphraseWrong, "the passphrase does not open the private key"
    assert {refusal(locked, b"wrong %d" % number) for number in range(1000)} == {wanted}


def test_a_passphrase_longer_than_the_library_takes(natives: Natives) -> None:
    assert refusal(pkcs8(natives["P-256"], b"x"), b"x" * 5000)[0] is PassphraseWrong


def test_a_passphrase_that_is_not_needed_is_not_asked_for(natives: Natives) -> None:
    def ask() -> bytes:
        raise AssertionError

    for data in (pkcs8(natives["P-256"]), spki(natives["P-256"])):
        assert len(parse_encoded(data, passphrase=ask)) == 1


def test_a_costly_key_is_refused_before_a_passphrase_is_asked_for(natives: Natives) -> None:
    def ask() -> bytes:
        raise AssertionError

    locked = pkcs8(natives["P-256"], b"x")
    salt_and_rounds = locked.index(bytes.fromhex("02020800"))
    assert locked[salt_and_rounds - 18 : salt_and_rounds - 16] == b"\4\x10"
    # Two octets of the salt make room for a number of four.
    costly = bytearray(locked)
    costly[salt_and_rounds - 17] -= 2
    costly[salt_and_rounds - 2 : salt_and_rounds + 4] = bytes.fromhex("020400989681")
    with pytest.raises(KeyMalformed) as caught:
        parse_encoded(bytes(costly), passphrase=ask)
    message = "the private key asks for 10000001 rounds of key derivation, wanted at most 1000000"
    assert caught.value.message == message


def test_trailing_octets_are_refused(natives: Natives) -> None:
    for data, kind in ((pkcs8(natives["P-256"]), "PKCS#8 private key"), (spki(natives["RSA"]), "SPKI public key")):
        message = f"something follows the {kind}: it ends at octet {len(data)} of {len(data) + 1}"
        assert refusal(data + b"\n") == (KeyMalformed, message)


def test_other_files_are_refused_by_name(openssl: Openssl, ec_traditional: bytes, tlv: Callable[..., bytes]) -> None:
    certificate = openssl("req", "-x509", "-key", ec_traditional, "-subj", "/CN=leaf")
    request = openssl("req", "-new", "-key", ec_traditional, "-subj", "/CN=leaf", "-outform", "DER")
    pkcs7 = openssl("crl2pkcs7", "-nocrl", "-certfile", certificate, "-outform", "DER")
    name = tlv(0x30, tlv(6, b"\x2a"))
    revoked = tlv(0x30, tlv(0x30, name, tlv(0x30), tlv(0x17, b"")), name, tlv(3))
    assert refusal(request) == (KeyUnsupported, "a certificate request is no key")
    assert refusal(pkcs7) == (KeyUnsupported, "a PKCS#7 file is not supported")
    assert refusal(revoked) == (KeyUnsupported, "a certificate revocation list is no key")


def test_dsa_keys_are_refused_by_name() -> None:
    native = dsa.generate_private_key(1024)
    wanted = KeyUnsupported, "a DSA key is not supported"
    assert refusal(native.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())) == wanted
    assert refusal(pkcs8(native)) == wanted
    assert refusal(spki(native)) == wanted
    assert refusal(pkcs8(native, b"opensesame"), b"opensesame") == wanted


def test_diffie_hellman_keys_are_refused_by_name(openssl: Openssl) -> None:
    pem = openssl("genpkey", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048")
    assert refusal(pem) == (KeyUnsupported, "a Diffie-Hellman key is not supported")
    locked = openssl("pkcs8", "-topk8", "-passout", "pass:x", stdin=pem)
    assert refusal(locked, b"x") == (KeyUnsupported, "a DH key is not supported")


def test_multi_prime_keys_are_refused_by_name(openssl: Openssl) -> None:
    pem = openssl("genrsa", "-traditional", "-primes", "3", "2048")
    wanted = KeyUnsupported, "an RSA key with more than two primes is not supported"
    assert refusal(pem) == wanted
    assert refusal(openssl("pkcs8", "-topk8", "-nocrypt", stdin=pem)) == wanted


def test_explicit_curve_parameters_are_refused(openssl: Openssl) -> None:
    pem = openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-param_enc", "explicit")
    wanted = KeyUnsupported, "the EC key spells out its curve parameters instead of naming the curve"
    assert refusal(pem) == wanted
    assert refusal(openssl("pkcs8", "-topk8", "-nocrypt", stdin=pem)) == wanted
    assert refusal(openssl("ec", "-pubout", "-param_enc", "explicit", stdin=pem)) == wanted


def test_rsa_pss_keys(openssl: Openssl) -> None:
    pem = openssl("genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048")
    assert (one(pem).describe(), one(pem).alg) == ("RSA 2048", "PS256")
    assert one(openssl("pkey", "-pubout", stdin=pem)).alg is None


@pytest.mark.parametrize(("digest", "alg"), [("sha256", "PS256"), ("sha384", "PS384"), ("sha512", "PS512")])
def test_restricted_rsa_pss_keys(digest: str, alg: str, openssl: Openssl) -> None:
    options = ["-pkeyopt", f"rsa_pss_keygen_md:{digest}", "-pkeyopt", f"rsa_pss_keygen_mgf1_md:{digest}"]
    pem = openssl("genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", *options)
    assert one(pem).alg == alg
    assert one(openssl("pkey", "-pubout", stdin=pem)).alg == alg


@pytest.mark.parametrize("bits", [512, 1024, 2047])
def test_short_rsa_keys_come_with_their_weakness(bits: int, openssl: Openssl) -> None:
    pem = openssl("genrsa", str(bits))
    weakness = f"an RSA key of {bits} bits is too short, wanted at least 2048"
    for data in (pem, openssl("rsa", "-traditional", stdin=pem), openssl("rsa", "-pubout", stdin=pem)):
        assert one(data).weakness == weakness


def test_oversized_rsa_keys_are_refused_at_once(tlv: Callable[..., bytes]) -> None:
    huge = (1 << 1_000_000) - 1
    limit = "'n' of the key is 1000000 bits long, wanted at most 16384"
    assert refusal(tlv(0x30, huge, 65537)) == (KeyMalformed, limit)
    private = tlv(0x30, 0, huge, 65537, huge, huge, huge, huge, huge, huge)
    limit = "the RSA modulus has 1000000 bits, at most 16384 are allowed"
    assert refusal(private) == (KeyMalformed, limit)
    assert refusal(tlv(0x30, (1 << 2048) - 1, (1 << 2047) - 1))[0] is KeyMalformed


def test_private_numbers_that_do_not_belong_together(natives: Natives, tlv: Callable[..., bytes]) -> None:
    own = natives["RSA"].private_numbers()
    public = own.public_numbers
    numbers = [0, public.n, public.e, own.d, own.p, own.q, own.dmp1, own.dmq1, own.iqmp]
    assert one(tlv(0x30, *numbers)).members == one(pkcs8(natives["RSA"])).members
    for index in range(1, len(numbers)):
        hostile = [*numbers]
        hostile[index] += 2
        assert refusal(tlv(0x30, *hostile))[0] is KeyMalformed


def test_a_rust_panic_is_a_damaged_key(natives: Natives, monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    def panic(native: object) -> dict[str, str]:
        raise PanicException(type(native))

    monkeypatch.setattr(der_key, "_members", panic)
    assert refusal(spki(natives["P-256"])) == (
        KeyMalformed,
        "the SPKI public key is damaged: what is inside can't be a key",
    )


def test_what_the_library_does_not_know_is_not_supported(natives: Natives, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> dict[str, str]:
        raise UnsupportedAlgorithm("a library without this curve")

    monkeypatch.setattr(der_key, "_members", refuse)
    message = "the SPKI public key holds a key that is not supported"
    assert refusal(spki(natives["P-256"])) == (KeyUnsupported, message)


def test_an_interrupt_is_none(natives: Natives, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> dict[str, str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(der_key, "_members", interrupt)
    with pytest.raises(KeyboardInterrupt):
        one(spki(natives["P-256"]))


def mutants(data: bytes, dice: random.Random) -> list[bytes]:
    """Bits flipped, octets replaced, pieces cut out, doubled and swapped, ends cut off."""
    found = []
    for _ in range(MUTATIONS):
        at, to = sorted(dice.sample(range(len(data)), 2))
        flipped = bytearray(data)
        flipped[at] ^= 1 << dice.randrange(8)
        replaced = bytearray(data)
        replaced[dice.randrange(min(len(data), 40))] = dice.randrange(256)
        found += [bytes(flipped), bytes(replaced), data[:at], data[:at] + data[to:], data[:to] + data[at:]]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_mutants_are_keys_or_errors(kind: str, natives: Natives, certify: Callable[..., bytes]) -> None:
    dice = random.Random(kind)
    certificate = b"".join(certify("leaf", "root", kind).split(b"\n")[1:-2])
    files = [pkcs8(natives[kind]), spki(natives[kind]), pkcs8(natives[kind], b"x"), b64decode(certificate)]
    if isinstance(natives[kind], rsa.RSAPrivateKey):
        files.append(natives[kind].private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    outcomes = set()
    for data in files:
        for mutant in mutants(data, dice):
            try:
                outcomes.add(type(one(mutant, b"x")).__name__)
            except JwtoolError as error:
                outcomes.add(type(error).__name__)
    assert outcomes <= {"Key", "KeyMalformed", "KeyUnsupported", "PassphraseWrong"}
    assert {"KeyMalformed", "PassphraseWrong"} <= outcomes
