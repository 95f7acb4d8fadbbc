"""Key files of other programs as weapons: keys taken for secrets, bombs of work, and keys that nobody meant to use."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.serialization import pkcs12

from jwtool.jose.keys.encrypted_jwk import to_encrypted_jwk
from jwtool.jose.keys.public import to_der, to_pem
from tests.bench import worst_formats, worst_pkcs12
from tests.bench.worst_encrypted import pbkdf2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jwtool.jose.keys.key import Key
    from tests.attacks.conftest import Forger, Verify

FORMS = ["OpenSSH line", "OpenSSH private", "PKCS#12", "certificate map", "service account", "JWE", "JWE in JSON"]
PASSPHRASE = "opensesame"


@pytest.fixture
def materials(keys: Mapping[str, Key], certificates: Callable[[str], bytes]) -> dict[str, bytes]:
    key = keys["RS256"]
    native: Any = s.load_der_private_key(to_der(key, private=True), None)
    certificate = base64.encodebytes(certificates("RS256")).decode()
    locked = s.BestAvailableEncryption(PASSPHRASE.encode())
    jwe = to_encrypted_jwk(key, PASSPHRASE.encode())
    head, encrypted_key, iv, ciphertext, tag = jwe.split(".")
    in_json = {"protected": head, "encrypted_key": encrypted_key, "iv": iv, "ciphertext": ciphertext, "tag": tag}
    account = {"type": "service_account", "private_key_id": "a", "private_key": to_pem(key, private=True).decode()}
    certificate_map = {"a": f"-----BEGIN CERTIFICATE-----\n{certificate}-----END CERTIFICATE-----\n"}
    return {
        "OpenSSH line": native.public_key().public_bytes(s.Encoding.OpenSSH, s.PublicFormat.OpenSSH),
        "OpenSSH private": native.private_bytes(s.Encoding.PEM, s.PrivateFormat.OpenSSH, locked),
        "PKCS#12": pkcs12.serialize_key_and_certificates(None, native, None, None, locked),
        "certificate map": json.dumps(certificate_map).encode(),
        "service account": json.dumps(account).encode(),
        "JWE": jwe.encode(),
        "JWE in JSON": json.dumps(in_json).encode(),
    }


@pytest.mark.parametrize("form", FORMS)
def test_hs256_under_any_key_file(
    form: str, materials: Mapping[str, bytes], forge: Forger, verify: Verify, tmp_path: Path
) -> None:
    """The successors of CVE-2015-9235: the octets of a published or stolen file as the HMAC secret."""
    file, passphrase = tmp_path / "file", tmp_path / "passphrase"
    file.write_bytes(materials[form])
    passphrase.write_text(PASSPHRASE)
    for name, wrapped in (("base64", base64.b64encode(materials[form])), ("hex", materials[form].hex().encode())):
        (tmp_path / name).write_bytes(wrapped)
    token = forge.mac(materials[form])
    assert verify(token, "-k", file, "--passphrase", f"@{passphrase}").short == (1, {"alg_key_mismatch"})
    for source in (f"secret:@{file}", f"base64:@{tmp_path}/base64", f"hex:@{tmp_path}/hex", f"secret:@{tmp_path}/hex"):
        assert verify(token, "-k", source, "--allow-weak-key").short == (4, {"key_confusion"})


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ("OpenSSH", "key_malformed"),
        ("PKCS#12 MAC", "key_malformed"),
        ("PKCS#12 key", "key_malformed"),
        ("PKCS#12 hidden key", "key_malformed"),
        ("JWE", "key_malformed"),
    ],
)
def test_bombs_of_key_derivation(form: str, code: str, forge: Forger, verify: Verify, tmp_path: Path) -> None:
    """Billions of rounds, asked for in the open or inside of what is encrypted, before or behind the passphrase."""
    bomb = worst_pkcs12.bag(worst_pkcs12.SHROUDED_KEY, pbkdf2(9)).replace(b"\x0f\x42\x40", b"\x7f\xff\xff")
    files = {
        "OpenSSH": worst_formats.openssh_pem(worst_formats.container(2**32 - 1)),
        "PKCS#12 MAC": worst_pkcs12.pfx(worst_pkcs12.data(b""), mac=worst_pkcs12.mac_data(worst_pkcs12.SHA1, 2**40)),
        "PKCS#12 key": worst_pkcs12.pfx(worst_pkcs12.data(worst_pkcs12.bags(bomb))),
        "PKCS#12 hidden key": worst_pkcs12.pfx(worst_pkcs12.hidden(worst_pkcs12.bags(bomb))),
        "JWE": worst_formats.jwe("PBES2-HS512+A256KW", 2**40),
    }
    (tmp_path / "bomb").write_bytes(files[form])
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    start = time.process_time()
    verdict = verify(forge.sign("RS256"), "-k", tmp_path / "bomb", "--passphrase", f"@{tmp_path}/passphrase")
    assert verdict.short == (4, {code})
    assert time.process_time() - start < 2


def test_a_comment_is_no_kid(keys: Mapping[str, Key], forge: Forger, verify: Verify, tmp_path: Path) -> None:
    """Whoever may write a comment must not choose for which tokens the key stands."""
    native: Any = s.load_der_private_key(to_der(keys["RS256"], private=True), None)
    line = native.public_key().public_bytes(s.Encoding.OpenSSH, s.PublicFormat.OpenSSH)
    (tmp_path / "key.pub").write_bytes(line + b" another-kid\n")
    assert verify(forge.sign("RS256"), "-k", tmp_path / "key.pub").short == (0, set())
    document = verify(forge.sign("RS256"), "-k", tmp_path / "key.pub").document
    assert document["key"].get("kid") is None
