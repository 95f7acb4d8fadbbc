"""Tokens signed by the openssl command, and ours checked by it: what it does with each family of the table."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from jwtool.jose import base64url, sign
from jwtool.jose.algorithms import ALGORITHMS, CURVES, Algorithm
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import to_pem
from jwtool.jose.token import parse
from jwtool.jose.verify import OfferedSet, Policy, verify

if TYPE_CHECKING:
    from pathlib import Path

    from jwtool.jose.keys.key import Key

NOW = 1_795_556_400
CLAIMS = {"sub": "user-42", "exp": NOW + 300}
NEWKEY = {
    "RSA": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "P-256": ["ecparam", "-name", "prime256v1", "-genkey"],
    "P-384": ["ecparam", "-name", "secp384r1", "-genkey"],
    "P-521": ["ecparam", "-name", "secp521r1", "-genkey"],
    "secp256k1": ["ecparam", "-name", "secp256k1", "-genkey"],
    "Ed25519": ["genpkey", "-algorithm", "ED25519"],
    "Ed448": ["genpkey", "-algorithm", "ED448"],
}

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed")
ASYMMETRIC = [
    pytest.param(row, crv, id=f"{row.name}-{crv or 'RSA'}")
    for row in ALGORITHMS.values()
    if row.kty not in {"oct", "AKP"}  # ML-DSA is in test_ml_dsa.py: it takes OpenSSL 3.5
    for crv in (row.curves or (None,))
]


def openssl(*argv: object, data: bytes = b"", ok: bool = True) -> bytes:
    done = subprocess.run(["openssl", *map(str, argv)], input=data, capture_output=True, check=False)
    assert (done.returncode == 0) == ok, done.stderr
    return done.stdout


def digest_options(row: Algorithm) -> list[str]:
    options = [f"-{row.hash_name}"]
    if row.family == "rsa-pss":
        options += ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
    return options


def openssl_signs(row: Algorithm, key: Path, data: bytes, folder: Path) -> bytes:
    (folder / "data").write_bytes(data)
    if row.family == "eddsa":
        return openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", folder / "data")
    return openssl("dgst", *digest_options(row), "-sign", key, folder / "data")


def openssl_verifies(row: Algorithm, key: Path, data: bytes, signature: bytes, folder: Path, *, ok: bool) -> None:
    (folder / "data").write_bytes(data)
    (folder / "signature").write_bytes(signature)
    if row.family == "eddsa":
        command = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key, "-in", folder / "data"]
        openssl(*command, "-sigfile", folder / "signature", ok=ok)
    else:
        command = ["dgst", *digest_options(row), "-verify", key, "-signature", folder / "signature"]
        openssl(*command, folder / "data", ok=ok)


def raw_from_der(der: bytes, octets: int) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    return b"".join(number.to_bytes(octets, "big") for number in decode_dss_signature(der))


def der_from_raw(raw: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))


@pytest.mark.parametrize(("row", "crv"), ASYMMETRIC)
def test_we_believe_what_openssl_signed(row: Algorithm, crv: str | None, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(openssl(*NEWKEY[crv or "RSA"]))
    public = openssl("pkey", "-in", key, "-pubout")
    header = base64url.encode(json.dumps({"alg": row.name}).encode())
    data = f"{header}.{base64url.encode(json.dumps(CLAIMS).encode())}".encode()
    signature = openssl_signs(row, key, data, tmp_path)
    if row.family == "ecdsa":
        signature = raw_from_der(signature, CURVES[crv or ""].octets)
    token = parse(f"{data.decode()}.{base64url.encode(signature)}")
    offered = OfferedSet(load_keys(public, passphrase=lambda: None), "public.pem")
    assert verify(token, [offered], Policy(), now=NOW).claims == CLAIMS


@pytest.mark.parametrize(("row", "crv"), ASYMMETRIC)
def test_openssl_believes_what_we_signed(row: Algorithm, crv: str | None, tmp_path: Path) -> None:
    key: Key = generate(row.name, crv=crv if len(row.curves) > 1 else None)
    token = sign.compact(sign.encode_claims(CLAIMS), sign.build_header(key, row.name), key, row.name)
    data, _, tail = token.rpartition(".")
    signature = base64url.decode(tail)
    if row.family == "ecdsa":
        signature = der_from_raw(signature)
    public = tmp_path / "public.pem"
    public.write_bytes(to_pem(key, private=False))
    openssl_verifies(row, public, data.encode(), signature, tmp_path, ok=True)
    openssl_verifies(row, public, data.encode() + b"x", signature, tmp_path, ok=False)


@pytest.mark.parametrize("row", [row for row in ALGORITHMS.values() if row.kty == "oct"], ids=lambda row: row.name)
def test_openssl_makes_the_same_mac(row: Algorithm, tmp_path: Path) -> None:
    key = generate(row.name)
    token = sign.compact(sign.encode_claims(CLAIMS), sign.build_header(key, row.name), key, row.name)
    data, _, tail = token.rpartition(".")
    (tmp_path / "data").write_text(data)
    options = ["-mac", "HMAC", "-macopt", f"hexkey:{key.secret().hex()}", "-binary", tmp_path / "data"]
    assert openssl("dgst", f"-{row.hash_name}", *options) == base64url.decode(tail)
