"""Private keys in the PEM encryption of RFC 1421, which OpenSSL wrote before PKCS#8, as `pem.py` reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from jwtool.jose.errors import JwtoolError, KeyMalformed, KeyUnsupported, PassphraseMissing, PassphraseWrong
from jwtool.jose.keys.pem import parse_encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.jose.keys.key import Key

    Openssl = Callable[..., bytes]


def one(data: bytes) -> Key:
    (key,) = parse_encoded(data, passphrase=lambda: None)
    return key


def refusal(data: bytes) -> tuple[type[JwtoolError], str]:
    with pytest.raises(JwtoolError) as caught:
        one(data)
    return type(caught.value), caught.value.message


@pytest.mark.parametrize("cipher", ["-aes128", "-aes256", "-des3"])
def test_traditional_encryption(cipher: str, openssl: Openssl, rsa_traditional: bytes, ec_traditional: bytes) -> None:
    for pem, program in ((rsa_traditional, ("rsa", "-traditional")), (ec_traditional, ("ec",))):
        locked = openssl(*program, cipher, "-passout", "pass:opensesame", stdin=pem)
        assert b"Proc-Type: 4,ENCRYPTED" in locked
        for text in (locked, locked.replace(b"\n", b"\r\n")):
            (key,) = parse_encoded(text, passphrase=lambda: b"opensesame")
            assert key.members == one(pem).members
            assert key.form == "pem"
        with pytest.raises(PassphraseWrong):
            parse_encoded(locked, passphrase=lambda: b"opensesam")
        with pytest.raises(PassphraseMissing):
            parse_encoded(locked, passphrase=lambda: None)


def test_other_traditional_ciphers_are_refused(openssl: Openssl, ec_traditional: bytes) -> None:
    locked = openssl("ec", "-aes192", "-passout", "pass:opensesame", stdin=ec_traditional)
    with pytest.raises(KeyUnsupported) as caught:
        parse_encoded(locked, passphrase=lambda: b"opensesame")
    assert caught.value.message == "the private key is encrypted with a cipher that is not supported"


def test_headers_that_belong_to_no_key(openssl: Openssl, ec_traditional: bytes, natives: dict[str, Any]) -> None:
    locked = openssl("ec", "-aes256", "-passout", "pass:x", stdin=ec_traditional)
    message = "the PEM block 'EC PRIVATE KEY' has headers that belong to no key"
    assert refusal(locked.replace(b"4,ENCRYPTED", b"4,MIC-ONLY")) == (KeyMalformed, message)
    assert refusal(locked.replace(b"DEK-Info:", b"DEK-Else:")) == (KeyMalformed, message)
    headed = (
        natives["P-256"]
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .replace(b"KEY-----\n", b"KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n", 1)
    )
    assert refusal(headed) == (KeyMalformed, "the PEM block 'PRIVATE KEY' has headers that belong to no key")
    assert refusal(locked.replace(b"4,ENCRYPTED\n", b"4,ENCRYPTED\n\n")) == (KeyMalformed, message)


def test_the_passphrase_is_asked_for_once(openssl: Openssl, ec_traditional: bytes, rsa_traditional: bytes) -> None:
    asked = []

    def ask() -> bytes:
        asked.append(True)
        return b"opensesame"

    locked = [
        openssl("pkcs8", "-topk8", "-passout", "pass:opensesame", stdin=pem)
        for pem in (ec_traditional, rsa_traditional)
    ]
    keys = parse_encoded(b"".join(locked), passphrase=ask)
    assert [key.describe() for key in keys] == ["EC P-256", "RSA 2048"]
    assert asked == [True]


@pytest.mark.parametrize(("cipher", "digits"), [("-aes128", 32), ("-aes256", 32), ("-des3", 16)])
@pytest.mark.parametrize("change", [-32, -2, -1, 1, 32])
def test_a_vector_of_another_length_is_refused(
    cipher: str, digits: int, change: int, openssl: Openssl, ec_traditional: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """pyca/cryptography panics on a short one, and its panic is heard on stderr. Found by tests/fuzz/fuzz_keys.py."""
    locked = openssl("ec", cipher, "-passout", "pass:opensesame", stdin=ec_traditional)
    found = max(digits + change, 1)
    name, _, rest = locked.partition(b"DEK-Info: ")[2].partition(b",")
    hostile = locked.replace(rest[:digits], b"0" * found)
    with pytest.raises(KeyMalformed) as caught:
        parse_encoded(hostile, passphrase=lambda: b"opensesame")
    wanted = f"the initialization vector of the private key has {found} digits, {name.decode()} wants {digits}"
    assert caught.value.message == wanted
    assert capfd.readouterr() == ("", "")


def test_hostile_headers_cost_nothing() -> None:
    body = b"a:\n" * 100_000 + b" " * 100_000 + b"a" * 100_000
    hostile = b"-----BEGIN EC PRIVATE KEY-----\n%s-----END EC PRIVATE KEY-----\n" % body
    assert refusal(hostile) == (KeyMalformed, "the PEM block 'EC PRIVATE KEY' does not hold sound base64")
