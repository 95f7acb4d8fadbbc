"""A passphrase typed at a real terminal: a pseudo-terminal of its own, which the process believes in."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

pytest.importorskip("pty", reason="there are no pseudo-terminals here")

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_der_private_key,
    pkcs12,
)

from jwtool.jose.keys.encrypted_jwk import to_encrypted_jwk
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_der, to_pem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RIGHT = "opensesame"
# The parent of the pseudo-terminal: passes on what it is given, and exits as its child did.
SPAWN = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


class Session(NamedTuple):
    """How it ended, and all that was on the screen."""

    exit: int
    screen: str


@pytest.fixture
def type_in(tmp_path: Path) -> Callable[..., Session]:
    """Run jwtool at a terminal and type `answer` once it asks for a passphrase."""

    def run(answer: str, *argv: str) -> Session:
        command = [sys.executable, "-c", SPAWN, sys.executable, "-m", "jwtool", *argv]
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "COV_"))}
        with subprocess.Popen(
            command, cwd=tmp_path, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            screen = b""
            while not screen.endswith(b": ") and (octet := process.stdout.read1(1)):  # type: ignore[attr-defined]  # of a pipe
                screen += octet
            process.stdin.write(answer.encode() + b"\n")
            process.stdin.flush()
            while octets := process.stdout.read1():  # type: ignore[attr-defined]  # of a pipe
                screen += octets
        return Session(process.returncode, screen.decode())

    return run


def written(form: str) -> bytes:
    key = generate("ES256")
    native = load_der_private_key(to_der(key, private=True), None)
    locked = BestAvailableEncryption(RIGHT.encode())
    if form == "PKCS#8":
        return to_pem(key, private=True, passphrase=RIGHT.encode())
    if form == "JWE":
        return to_encrypted_jwk(key, RIGHT.encode()).encode()
    if form == "OpenSSH":
        return native.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, locked)
    return pkcs12.serialize_key_and_certificates(None, native, None, None, locked)  # type: ignore[arg-type]  # any kind


@pytest.mark.parametrize("form", ["PKCS#8", "PKCS#12", "OpenSSH", "JWE"])
def test_a_passphrase_is_asked_for_and_not_shown(form: str, type_in: Callable[..., Session], tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(written(form))
    right = type_in(RIGHT, "key", "show", "key")
    assert (right.exit, "passphrase of key: " in right.screen, "P-256, private" in right.screen) == (0, True, True)
    wrong = type_in("opensesam", "key", "show", "key")
    assert (wrong.exit, "does not open" in wrong.screen) == (4, True)
    assert "opensesam" not in right.screen + wrong.screen


def test_an_empty_answer(type_in: Callable[..., Session], tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(written("PKCS#8"))
    session = type_in("", "key", "show", "key")
    assert (session.exit, "the passphrase is empty" in session.screen) == (4, True)
