"""Key files of other programs that ask for as much work as the policy lets them: OpenSSH, maps of PEM, JWKs in JWEs."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from jwtool.jose import base64url
from jwtool.jose.encryption_algorithms import MAX_P2C
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_der, to_pem
from jwtool.jose.keys.ssh_private import MAGIC, MAX_ROUNDS
from tests.bench.worst_case import case
from tests.bench.worst_encrypted import SALT
from tests.bench.worst_keys import certified, largest_rsa

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 1024 * 1024


def format_cases(folder: Path) -> list[dict[str, Any]]:
    """`key show` of each, with a passphrase."""
    rsa = largest_rsa()
    ed25519 = generate("EdDSA").okp_public()
    es512, es256 = to_pem(generate("ES512"), private=True).decode(), to_pem(generate("ES256"), private=True).decode()
    certificate = base64.encodebytes(base64.b64decode(certified()["x5c"][0])).decode()
    certificate = f"-----BEGIN CERTIFICATE-----\n{certificate}-----END CERTIFICATE-----\n"
    modulus, exponent = (base64url.decode(rsa[name]) for name in ("n", "e"))
    rsa_line, ed_line = line(b"ssh-rsa", exponent, b"\0" + modulus), line(b"ssh-ed25519", ed25519)
    files = {
        "OpenSSH, bcrypt": openssh_pem(container(MAX_ROUNDS)),
        "OpenSSH, bcrypt again and again": openssh_pem(container(MAX_ROUNDS)) * 200,
        "OpenSSH, one round again and again": openssh_pem(container(1)) * 200,
        "OpenSSH, P-521 again and again": openssh("ES512") * 200,
        "OpenSSH, large numbers": openssh_pem(large_numbers()),
        "OpenSSH, lines of RSA": (rsa_line + b"\n") * (SIZE // (len(rsa_line) + 1)),
        "OpenSSH, lines of Ed25519": (ed_line + b"\n") * 1000,
        "OpenSSH, lines over the cap": (ed_line + b"\n") * (SIZE // (len(ed_line) + 1)),
        "OpenSSH, options": b"ssh-ed25519 AAAA\n" + b"a," * 500_000,
        "OpenSSH, types": b"ssh-rsa\tAAAA\n" + b"ssh-a " * 170_000,
        "a map of certificates": mapped(certificate, 1000),
        "a map of P-521": mapped(es512, 1000),
        "a map of blocks": mapped(es512 * 150, 1000),
        "a map of members": json.dumps(dict.fromkeys(map(str, range(80_000)), "-----BEGIN ")).encode(),
        "a map of damaged blocks": mapped("-----BEGIN A-----\n" * 50, 1000),
        "a map of locked keys": mapped(to_pem(generate("ES256"), private=True, passphrase=b"x").decode(), 1000),
        "a service account of blocks": json.dumps({"type": "service_account", "private_key": es256 * 4000}).encode(),
        "JWE, PBES2": jwe("PBES2-HS512+A256KW", MAX_P2C),
        "JWE, PBES2 for many": jwe_for_many(),
        "JWE, large": jwe("PBES2-HS256+A128KW", 1000, b"A" * 180_000),
    }
    cases = []
    for number, (name, file) in enumerate(files.items()):
        (folder / f"format{number}").write_bytes(file[:SIZE])
        cases.append(case(f"key show: {name}", "key", "show", f"format{number}", "--passphrase", "@passphrase.txt"))
        cases.append(case(f"a secret of {name}", "verify", "-k", f"secret:@format{number}", "@members.jwt"))
    return cases


def string(data: bytes) -> bytes:
    """A string of SSH (RFC 4251 §5)."""
    return len(data).to_bytes(4) + data


def line(kind: bytes, *parts: bytes) -> bytes:
    """The line of a public key."""
    return kind + b" " + base64.b64encode(string(kind) + b"".join(map(string, parts)))


def openssh_pem(data: bytes) -> bytes:
    """The block of a private key."""
    return b"-----BEGIN OPENSSH PRIVATE KEY-----\n%s-----END OPENSSH PRIVATE KEY-----\n" % base64.encodebytes(data)


def container(rounds: int) -> bytes:
    """An encrypted private key that no passphrase opens."""
    options = string(string(SALT) + rounds.to_bytes(4))
    public = string(string(b"ssh-ed25519") + string(bytes(32)))
    return MAGIC + string(b"aes256-ctr") + string(b"bcrypt") + options + (1).to_bytes(4) + public + string(bytes(256))


def openssh(alg: str) -> bytes:
    """A private key as ssh-keygen writes it."""
    native: Any = load_der_private_key(to_der(generate(alg), private=True), None)
    data: bytes = native.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return data


def large_numbers() -> bytes:
    """A private RSA key whose numbers fill the file."""
    huge = string(b"\x7f" * 120_000)
    private = bytes(8) + string(b"ssh-rsa") + huge * 6 + string(b"")
    private += bytes(range(1, 1 + -len(private) % 8))
    public = string(string(b"ssh-rsa") + string(b"\3") + string(b"\x7f" * 256))
    return MAGIC + string(b"none") * 2 + string(b"") + (1).to_bytes(4) + public + string(private)


def mapped(pem: str, most: int) -> bytes:
    """A map of so many of the same, as far as a file may hold them."""
    members = min(most, SIZE // (len(json.dumps(pem)) + 10)) or 1
    return json.dumps({str(number): pem for number in range(members)}).encode()


def jwe(alg: str, rounds: int, ciphertext: bytes = b"A" * 64) -> bytes:
    """An encrypted JWK that no passphrase opens."""
    header = {"alg": alg, "enc": "A128GCM", "cty": "jwk+json", "p2s": base64url.encode(SALT), "p2c": rounds}
    parts = json.dumps(header).encode(), bytes(24), bytes(12), ciphertext, bytes(16)
    return ".".join(map(base64url.encode, parts)).encode()


def jwe_for_many() -> bytes:
    """The same for as many passphrases as a token may name."""
    recipient = {
        "header": {"alg": "PBES2-HS512+A256KW", "p2s": base64url.encode(SALT), "p2c": MAX_P2C // 16},
        "encrypted_key": base64url.encode(bytes(24)),
    }
    document = {
        "protected": base64url.encode(b'{"enc":"A128GCM","cty":"jwk+json"}'),
        "recipients": [recipient] * 16,
        "iv": base64url.encode(bytes(12)),
        "tag": base64url.encode(bytes(16)),
        "ciphertext": "AAAA",
    }
    return json.dumps(document).encode()
