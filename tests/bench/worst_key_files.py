"""The hostile key files of worst.py: a mebibyte of anything that begins like a key."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from jwtool.jose import base64url
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_pem
from tests.bench.worst_case import case, filled
from tests.bench.worst_encrypted import encrypted_cases
from tests.bench.worst_formats import format_cases
from tests.bench.worst_keys import MAX_BODY, certified, largest_rsa
from tests.bench.worst_pkcs12 import pkcs12_cases

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 1024 * 1024
MAX_BLOCKS = 200


def file_cases(folder: Path) -> list[dict[str, Any]]:
    """Key files of a mebibyte."""
    numbers = {name: int.from_bytes(base64url.decode(text)) for name, text in largest_rsa().items() if name != "kty"}
    public = rsa.RSAPublicNumbers(numbers["e"], numbers["n"])
    private = rsa.RSAPrivateNumbers(
        numbers["p"], numbers["q"], numbers["d"], numbers["dp"], numbers["dq"], numbers["qi"], public
    ).private_key(unsafe_skip_rsa_key_validation=True)
    spki = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pkcs8 = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = base64.encodebytes(base64.b64decode(certified()["x5c"][0]))
    chain = b"-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" % certificate
    ec_pem = to_pem(generate("ES512"), private=True)
    files = {
        "RSA 16384 SPKI blocks": spki * min(MAX_BLOCKS, SIZE // len(spki)),
        "RSA 16384 PKCS#8 blocks": pkcs8 * min(MAX_BLOCKS, SIZE // len(pkcs8)),
        "P-521 private blocks": ec_pem * MAX_BLOCKS,
        "certificates": chain * MAX_BLOCKS,
        "blocks over the cap": ec_pem * (SIZE // len(ec_pem)),
        "BEGIN lines": filled("-----BEGIN A-----\n", size=SIZE),
        "BEGIN without a label": filled("-----BEGIN ", size=SIZE),
        "curve parameters": filled("-----BEGIN EC PARAMETERS-----\n-----END EC PARAMETERS-----\n", size=SIZE),
        "one block of base64": filled("A", "-----BEGIN PUBLIC KEY-----\n", "-----END PUBLIC KEY-----\n", SIZE),
        "one block of headers": filled(
            "a:b\n", "-----BEGIN RSA PRIVATE KEY-----\n", "-----END RSA PRIVATE KEY-----\n", SIZE
        ),
        "DER of small elements": b"\x30\x83\x0f\xff\xfb" + b"\x02\x01\x01" * ((SIZE - 5) // 3),
        "DER of one number": b"\x30\x83\x0f\xff\xf8\x02\x83\x0f\xff\xf0" + b"\x7f" * (SIZE - 19) + b"\x02\x01\x03",
        "base64": filled("MIIB", size=SIZE),
        "hexadecimal": filled("30", size=SIZE),
        "hexadecimal with colons": filled("30:", size=SIZE),
        "backslashes": filled("\\", size=SIZE),
        "escapes": filled("\\u0041", size=SIZE),
        "kty again and again": filled('"kty":', size=SIZE),
        "ssh-rsa again and again": filled("ssh-rsa ", size=SIZE),
        "sk- again and again": filled("sk-a", size=SIZE),
        "NUL": filled("\0", size=SIZE),
        "blanks": filled(" ", size=SIZE),
        "quotes": filled('"', size=SIZE),
        "dashes": filled("-----", size=SIZE),
        "segments": filled("eyJ.", size=SIZE),
        "350,000 empty keys": filled("{},", '{"keys":[', "{}]}", SIZE),
        "a JWK of many members": filled('"', '{"kty":"RSA","n":"', '"}', SIZE),
        "a modulus": filled("_", '{"kty":"RSA","e":"AQAB","n":"', '"}', SIZE),
        "key_ops": ('{"kty":"oct","k":"AAAA","key_ops":[' + ",".join(f'"{n}"' for n in range(100_000)) + "]}").encode(),
        "x5c of many": filled('"MIIB",', '{"kty":"oct","k":"AAAA","x5c":[', '"MIIB"]}', SIZE),
        "a long secret": filled("AAAB", '{"kty":"oct","k":"', '"}', SIZE),
    }
    cases = []
    for number, (name, data) in enumerate(files.items()):
        (folder / f"key{number}").write_bytes(data)
        cases += [
            case(f"key show: {name}", "key", "show", f"key{number}"),
            case(f"verify: {name}", "verify", "-k", f"key{number}", "@members.jwt"),
            case(f"a secret of {name}", "verify", "-k", f"secret:@key{number}", "@members.jwt"),
            case(f"a base64 secret of {name}", "verify", "-k", f"base64:@key{number}", "@members.jwt"),
        ]
    for name in ("BEGIN lines", "NUL", "350,000 empty keys", "backslashes"):
        for size in (MAX_BODY, MAX_BODY + 1):
            (folder / f"answer{size}{name[:2]}").write_bytes(files[name][:size])
            cases.append(case(f"jwks fetch, {size} octets: {name}", "jwks", "fetch", f"URL/answer{size}{name[:2]}"))
    return [*cases, *encrypted_cases(folder), *pkcs12_cases(folder), *format_cases(folder)]
