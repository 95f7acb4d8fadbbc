"""Keys by ssh-keygen, in every form that it writes, read by us."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import public_half
from jwtool.jose.signatures import sign, verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jwtool.jose.keys.key import Key

KINDS = {
    "RS256": ("rsa", "2048"),
    "ES256": ("ecdsa", "256"),
    "ES384": ("ecdsa", "384"),
    "ES512": ("ecdsa", "521"),
    "EdDSA": ("ed25519", "256"),
}
FORMS = {
    "OpenSSH": (),
    "aes256-gcm": ("-Z", "aes256-gcm@openssh.com"),
    "aes128-cbc": ("-Z", "aes128-cbc"),
    "PEM": ("-m", "PEM"),
    "PKCS8": ("-m", "PKCS8"),
}
PASSPHRASE = "opensesame"


@pytest.fixture
def keygen(tmp_path: Path) -> Callable[..., Path]:
    program = shutil.which("ssh-keygen")
    if program is None:
        pytest.skip("there is no ssh-keygen here")

    def make(alg: str, *more: str, passphrase: str = "") -> Path:
        kind, bits = KINDS[alg]
        path = tmp_path / "key"
        command = [program, "-q", "-t", kind, "-b", bits, "-N", passphrase, "-C", "me@here", "-f", str(path), *more]
        subprocess.run(command, check=True, capture_output=True)
        return path

    return make


def one(path: Path) -> Key:
    (key,) = load_keys(path.read_bytes(), passphrase=PASSPHRASE.encode).keys
    return key


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE], ids=["plain", "encrypted"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("alg", KINDS)
def test_both_halves_by_ssh_keygen(alg: str, form: str, passphrase: str, keygen: Callable[..., Path]) -> None:
    path = keygen(alg, *FORMS[form], *(("-a", "2") if passphrase else ()), passphrase=passphrase)
    private, public = one(path), one(path.with_name("key.pub"))
    assert public_half(private).members == public.members
    assert verify(alg, public, b"message", sign(alg, private, b"message"))


def test_the_rounds_of_careful_people(keygen: Callable[..., Path]) -> None:
    assert one(keygen("EdDSA", "-a", "100", passphrase=PASSPHRASE)).private is True
