"""PKCS#12 by openssl, as it was written over the years, read by us."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.errors import PassphraseWrong
from jwtool.jose.keys.load import load_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jwtool.jose.keyset import KeySet

PASSPHRASES = ["opensesame", "", "pässwörd 😀"]
WAYS = {
    "modern": (),
    "legacy, RC2 with 40 bits and 3DES": ("-legacy",),
    "3DES": ("-legacy", "-descert"),
    "RC2 with 128 bits and 3DES of two keys": (
        *("-legacy", "-keypbe", "PBE-SHA1-RC2-128"),
        *("-certpbe", "PBE-SHA1-2DES"),
    ),
    "AES-128, and a MAC of SHA-512": ("-keypbe", "aes-128-cbc", "-certpbe", "aes-192-cbc", "-macalg", "sha512"),
    "many rounds": ("-iter", "50000"),
    "no MAC": ("-nomac",),
    "plain, with a MAC": ("-keypbe", "NONE", "-certpbe", "NONE"),
}


@pytest.fixture(scope="module")
def openssl(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """Runs in a folder with key.pem and its certificate cert.pem."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("there is no openssl here")
    folder: Path = tmp_path_factory.mktemp("pkcs12")

    def run(*argv: str) -> bytes:
        return subprocess.run([program, *argv], check=True, capture_output=True, cwd=folder).stdout

    made = ("-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=leaf", "-days", "2")
    run("req", *made, "-keyout", "key.pem", "-out", "cert.pem")
    return run


def load(data: bytes, passphrase: str | None) -> KeySet:
    return load_keys(data, passphrase=lambda: None if passphrase is None else passphrase.encode())


@pytest.mark.parametrize("passphrase", PASSPHRASES)
@pytest.mark.parametrize("way", WAYS)
def test_a_key_with_its_certificate(way: str, passphrase: str, openssl: Callable[..., bytes]) -> None:
    argv = ("-export", "-inkey", "key.pem", "-in", "cert.pem", "-name", "ä", "-passout", f"pass:{passphrase}")
    data = openssl("pkcs12", *argv, *WAYS[way])
    (key,) = load(data, passphrase).keys
    (alone,) = load(openssl("pkey", "-in", "key.pem"), None).keys
    assert (key.members, key.private) == (alone.members, True)
    assert key.certificates == (openssl("x509", "-in", "cert.pem", "-outform", "DER"),)
    with pytest.raises(PassphraseWrong):
        load(data, "another")


def test_certificates_alone(openssl: Callable[..., bytes]) -> None:
    data = openssl("pkcs12", "-export", "-nokeys", "-in", "cert.pem", "-passout", "pass:opensesame")
    (key,) = load(data, "opensesame").keys
    assert (key.private, len(key.certificates), key.form) == (False, 1, "pkcs12")
