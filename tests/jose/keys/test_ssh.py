from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from jwtool.jose.errors import JwksMalformed, JwtoolError, KeyMalformed, KeyUnsupported
from jwtool.jose.keys.load import load_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.jose.keyset import KeySet

    Natives = dict[str, Any]
    Reader = Callable[[bytes], dict[str, Any]]

SECURITY_TOKEN = (
    "an SSH key in a security token ('sk-ssh-ed25519@openssh.com') is not supported: it signs more than it is given"
)
KINDS = ["RSA", "P-256", "P-384", "P-521", "Ed25519"]


def nobody() -> bytes | None:
    raise AssertionError("no passphrase is needed")


def load(data: bytes) -> KeySet:
    return load_keys(data, passphrase=nobody)


def refusal(data: bytes) -> tuple[type[JwtoolError], str, str | None]:
    with pytest.raises(JwtoolError) as caught:
        load(data)
    return type(caught.value), caught.value.message, caught.value.hint


def line(natives: Natives, kind: str) -> bytes:
    data: bytes = natives[kind].public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return data


def strings(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4) + part for part in parts)


def written(name: bytes, *parts: bytes) -> bytes:
    return name + b" " + base64.b64encode(strings(name, *parts))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("around", ["{}", "{} me@here\n", "{}\r\n", " \t{}  a comment, 'kid'=1", "# mine\n\n{}\n\n"])
def test_a_public_key(kind: str, around: str, natives: Natives, other_reader: Reader) -> None:
    pem = natives[kind].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    keyset = load(around.format(line(natives, kind).decode()).encode())
    (key,) = keyset.keys
    assert (key.members, key.kid, key.form, key.private) == (other_reader(pem), None, "ssh", False)
    assert keyset.is_set is False


def test_several_lines_are_a_set_and_what_is_not_read_is_named(natives: Natives) -> None:
    good = [line(natives, kind) for kind in KINDS]
    text = [
        b"# keys of the team",
        good[0] + b" a@b",
        b'command="uptime",no-pty ' + good[1],
        b"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t",
        b"",
        b"host.example,10.0.0.1 " + good[2],
        b"ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t",
        b"ssh-dss AAAAB3NzaC1kc3M=",
        b"something else",
        good[4],
    ]
    keyset = load(b"\n".join(text))
    assert [key.describe() for key in keyset.keys] == ["RSA 2048", "OKP Ed25519"]
    assert keyset.is_set is True
    assert [(one.index, one.code, one.reason) for one in keyset.skipped] == [
        (1, "key_unsupported", "something stands before the SSH key: options, or the name of a host"),
        (
            2,
            "key_unsupported",
            SECURITY_TOKEN,
        ),
        (3, "key_unsupported", "something stands before the SSH key: options, or the name of a host"),
        (
            4,
            "key_unsupported",
            "an SSH certificate ('ssh-ed25519-cert-v01@openssh.com') is not supported",
        ),
        (5, "key_unsupported", "a DSA key is not supported"),
        (6, "key_malformed", "a line of the file is no SSH key: it wants a type, the key in base64, and a comment"),
    ]


def test_one_line_that_is_not_read_is_refused_with_a_hint(natives: Natives) -> None:
    assert refusal(b"no-pty " + line(natives, "RSA")) == (
        KeyUnsupported,
        "something stands before the SSH key: options, or the name of a host",
        "leave out what stands before the type of the key",
    )
    assert refusal(b"ecdsa-sha2-nistp256-cert-v01@openssh.com AAAA")[::2] == (
        KeyUnsupported,
        "give the public key that was certified",
    )
    assert refusal(b"ssh-ed448 AAAA")[1] == "an SSH key of the type 'ssh-ed448' is not supported"
    assert refusal(b"ecdsa-sha2-1.3.132.0.10 AAAA")[0] is not KeyMalformed


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ssh-ed25519 AAAA", "the SSH key of the type 'ssh-ed25519' is damaged"),
        (b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", "the SSH key of the type 'ssh-ed25519' is not sound base64: "),
        (b"ssh-ed25519 AAAA*AAA", "the SSH key of the type 'ssh-ed25519' is not sound base64: "),
        (written(b"ssh-ed25519", bytes(31)), "'x' of the key is 31 octets long, Ed25519 wants 32"),
        (written(b"ssh-ed25519", bytes(32)), "'x' of the key is a point of small order on Ed25519"),
        (written(b"ssh-ed25519", b"\2" * 32, b""), "the SSH key of the type 'ssh-ed25519' is damaged"),
        (written(b"ssh-rsa", b"", b""), "the SSH key of the type 'ssh-rsa' is damaged"),
        (written(b"ssh-rsa", b"\1\0\1", b"\xff" * 256), "the SSH key of the type 'ssh-rsa' is damaged"),
        (written(b"ssh-rsa", b"\0\1", b"\0" + b"\xff" * 256), "the SSH key of the type 'ssh-rsa' is damaged"),
        (written(b"ssh-rsa", b"\1\0\1", b"\0" + b"\xff" * 2049), "the SSH key of the type 'ssh-rsa' is damaged"),
        (
            b"ssh-rsa " + written(b"ssh-ed25519", b"\2" * 32).split()[1],
            "the line says 'ssh-rsa', the SSH key in it is of another type",
        ),
        (written(b"ecdsa-sha2-nistp256", b"nistp384", b"\4" + bytes(96)), "the SSH key of the type "),
        (written(b"ecdsa-sha2-nistp256", b"nistp256", b"\2" + bytes(32)), "the SSH key of the type "),
        (written(b"ecdsa-sha2-nistp256", b"nistp256", b"\4" + bytes(64)), "the point ('x', 'y') of the key is not "),
    ],
)
def test_damaged_lines(data: bytes, message: str) -> None:
    error, found, _ = refusal(data)
    assert (error, found[: len(message)]) == (KeyMalformed, message)


def test_the_number_of_lines_is_bounded(natives: Natives) -> None:
    text = (line(natives, "Ed25519") + b"\n") * 1001
    assert refusal(text)[:2] == (JwksMalformed, "the file has 1001 lines of SSH keys, wanted at most 1000")


def test_in_utf16_it_is_named(natives: Natives) -> None:
    text = line(natives, "Ed25519").decode()
    assert refusal(text.encode("utf-16-le"))[1] == "the key is text in UTF-16, wanted UTF-8 without a byte order mark"


def test_a_private_block_beside_other_keys(natives: Natives, other_reader: Reader) -> None:
    openssh = natives["P-384"].private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    pkcs8 = natives["RSA"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    keys = load(b"mine:\r\n" + openssh.replace(b"\n", b"\r\n") + pkcs8 + line(natives, "P-256")).keys
    assert [(key.describe(), key.private, key.form) for key in keys] == [
        ("EC P-384", True, "ssh"),
        ("RSA 2048", True, "pem"),
    ]
    assert keys[1].members == other_reader(pkcs8)
