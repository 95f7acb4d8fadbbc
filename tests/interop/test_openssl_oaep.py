"""RSA-OAEP by the openssl command: it unwraps the content key of our tokens, and we read what it has wrapped."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jwtool.jose import base64url, encrypt
from jwtool.jose.decrypt import FAILED, Decryption, decrypt
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_pem
from jwtool.jose.keyset import KeySet
from jwtool.jose.selection import OfferedSet
from jwtool.jose.token import parse

if TYPE_CHECKING:
    from pathlib import Path

    from jwtool.jose.keys.key import Key

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed")

PAYLOAD = "payload, Zoë".encode()
DIGESTS = {"RSA-OAEP": "sha1", "RSA-OAEP-256": "sha256"}


def openssl(act: str, key: Key, digest: str, data: bytes, folder: Path) -> bytes:
    """`-encrypt` by the public half of the key, `-decrypt` by the private one."""
    path = folder / "key.pem"
    path.write_bytes(to_pem(key, private=act == "-decrypt"))
    half = [] if act == "-decrypt" else ["-pubin"]
    options = ("rsa_padding_mode:oaep", f"rsa_oaep_md:{digest}", f"rsa_mgf1_md:{digest}")
    command = ["openssl", "pkeyutl", act, "-inkey", str(path), *half]
    command += [word for option in options for word in ("-pkeyopt", option)]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def theirs(alg: str, digest: str, key: Key, folder: Path) -> str:
    protected = base64url.encode(json.dumps({"alg": alg, "enc": "A256GCM"}).encode())
    content_key, iv = bytes(range(32)), bytes(range(12))
    sealed = AESGCM(content_key).encrypt(iv, PAYLOAD, protected.encode())
    wrapped = openssl("-encrypt", key, digest, content_key, folder)
    return ".".join([protected, *map(base64url.encode, (wrapped, iv, sealed[:-16], sealed[-16:]))])


def opened(token: str, key: Key) -> Decryption:
    return decrypt(parse(token), [OfferedSet(KeySet((key,), is_set=False), "test")])


@pytest.mark.parametrize(("alg", "digest"), DIGESTS.items())
def test_openssl_unwraps_ours(alg: str, digest: str, tmp_path: Path) -> None:
    key = generate(alg)
    plan = encrypt.choose([key], algs=[alg], encs=["A256GCM"])
    token = encrypt.compact(PAYLOAD, encrypt.build_header(PAYLOAD, plan, {}), plan)
    header, *parts = token.split(".")
    wrapped, iv, ciphertext, tag = map(base64url.decode, parts)
    content_key = openssl("-decrypt", key, digest, wrapped, tmp_path)
    assert AESGCM(content_key).decrypt(iv, ciphertext + tag, header.encode()) == PAYLOAD


@pytest.mark.parametrize(("alg", "digest"), DIGESTS.items())
def test_we_read_what_openssl_wrapped(alg: str, digest: str, tmp_path: Path) -> None:
    key = generate(alg)
    assert opened(theirs(alg, digest, key, tmp_path), key).plaintext == PAYLOAD
    (other,) = set(DIGESTS.values()) - {digest}
    assert opened(theirs(alg, other, key, tmp_path), key).code == FAILED
