"""Keys made once by the two tools that most keys come from, pyca/cryptography and the `openssl` command."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, load_pem_public_key
from jwcrypto.jwk import JWK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def natives() -> dict[str, Any]:
    """One private key of every kind and curve that jwtool reads."""
    return {
        "RSA": rsa.generate_private_key(65537, 2048),
        "P-256": ec.generate_private_key(ec.SECP256R1()),
        "P-384": ec.generate_private_key(ec.SECP384R1()),
        "P-521": ec.generate_private_key(ec.SECP521R1()),
        "secp256k1": ec.generate_private_key(ec.SECP256K1()),
        "Ed25519": ed25519.Ed25519PrivateKey.generate(),
        "Ed448": ed448.Ed448PrivateKey.generate(),
        "X25519": x25519.X25519PrivateKey.generate(),
        "X448": x448.X448PrivateKey.generate(),
    }


@pytest.fixture(scope="session")
def openssl(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """`openssl("pkey", "-pubout", stdin=pem)` runs the command and gives its stdout; bytes are handed over as files."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("there is no openssl command here")
    folder: Path = tmp_path_factory.mktemp("openssl")

    def run(*arguments: str | bytes, stdin: bytes = b"") -> bytes:
        words = []
        for index, argument in enumerate(arguments):
            if isinstance(argument, bytes):
                path = folder / str(index)
                path.write_bytes(argument)
                words.append(str(path))
            else:
                words.append(argument)
        return subprocess.run([program, *words], input=stdin, capture_output=True, check=True, cwd=folder).stdout

    return run


@pytest.fixture(scope="session")
def rsa_traditional(openssl: Callable[..., bytes]) -> bytes:
    """An RSA key in PKCS#1 PEM, by `openssl genrsa -traditional`."""
    return openssl("genrsa", "-traditional", "2048")


@pytest.fixture(scope="session")
def ec_traditional(openssl: Callable[..., bytes]) -> bytes:
    """A P-256 key in SEC 1 PEM with the EC PARAMETERS block before it, by `openssl ecparam -genkey`."""
    return openssl("ecparam", "-name", "prime256v1", "-genkey")


@pytest.fixture(scope="session")
def tlv() -> Callable[..., bytes]:
    """`tlv(0x30, child, child)`: one DER element; an int among the contents becomes an INTEGER."""

    def encode(tag: int, *contents: bytes | int) -> bytes:
        body = b"".join(
            encode(2, part.to_bytes(part.bit_length() // 8 + 1)) if isinstance(part, int) else part for part in contents
        )
        size = len(body)
        octets = size.to_bytes((size.bit_length() + 7) // 8)
        return bytes([tag]) + (bytes([size]) if size < 0x80 else bytes([0x80 | len(octets)]) + octets) + body

    return encode


@pytest.fixture(scope="session")
def other_reader() -> Callable[[bytes], dict[str, Any]]:
    """The JWK members of the key in a PEM block as jwcrypto reads it, or where it can't (X448) pyca/cryptography."""

    def read(pem: bytes) -> dict[str, Any]:
        load = load_pem_public_key if b"PUBLIC" in pem else lambda data: load_pem_private_key(data, None)
        native = load(pem)
        if isinstance(native, x448.X448PublicKey):
            return {"kty": "OKP", "crv": "X448", "x": encode(native.public_bytes_raw())}
        if isinstance(native, x448.X448PrivateKey):
            x = encode(native.public_key().public_bytes_raw())
            return {"kty": "OKP", "crv": "X448", "x": x, "d": encode(native.private_bytes_raw())}
        members: dict[str, Any] = json.loads(JWK.from_pyca(native).export())
        return {name: value for name, value in members.items() if name != "kid"}

    def encode(data: bytes) -> str:
        return urlsafe_b64encode(data).rstrip(b"=").decode()

    return read


@pytest.fixture(scope="session")
def certify(natives: dict[str, Any]) -> Callable[..., bytes]:
    """`certify("leaf", "root", "P-256")`: PEM for that key, named leaf, issued by root, all signed by one key."""

    def issue(subject: str, issuer: str, kind: str = "P-256") -> bytes:
        start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
            .public_key(natives[kind].public_key())
            .serial_number(1)
            .not_valid_before(start)
            .not_valid_after(start + dt.timedelta(days=1))
            .sign(natives["Ed25519"], None)
        )
        return certificate.public_bytes(Encoding.PEM)

    return issue
