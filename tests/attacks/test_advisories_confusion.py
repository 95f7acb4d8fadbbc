"""Advisories of one kind: a public key that was taken for an HMAC secret. One test each, named after it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.keys.public import to_der, to_jwk, to_pem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jwtool.jose.keys.key import Key
    from tests.attacks.conftest import Forger, Verify


@pytest.fixture
def confused(forge: Forger, verify: Verify, tmp_path: Path) -> Callable[[bytes], tuple[Any, ...]]:
    """What comes of an HMAC under these octets: where they are the key file, and where they are called a secret."""

    def call(material: bytes) -> tuple[Any, ...]:
        path = tmp_path / "material"
        path.write_bytes(material)
        token = forge.mac(material)
        return verify(token, "-k", path).short, verify(token, "-k", f"secret:@{path}", "--allow-weak-key").short

    return call


def test_cve_2015_9235_hs256_under_the_public_key(keys: Mapping[str, Key], confused: Any) -> None:
    """jsonwebtoken: the algorithm was the token's choice."""
    pem = to_pem(keys["RS256"], private=False)
    assert confused(pem) == ((1, {"alg_key_mismatch"}), (4, {"key_confusion"}))


def test_cve_2016_5431_hs256_under_the_certificate(certificates: Callable[[str], bytes], confused: Any) -> None:
    """gree/jose: as before, with what a server publishes most often."""
    text = base64.encodebytes(certificates("RS256"))
    pem = b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n"
    assert confused(pem) == ((1, {"alg_key_mismatch"}), (4, {"key_confusion"}))


def test_cve_2016_10555_hs256_under_der(keys: Mapping[str, Key], confused: Any) -> None:
    """jwt-simple: as before, without PEM's marks."""
    assert confused(to_der(keys["RS256"], private=False)) == ((1, {"alg_key_mismatch"}), (4, {"key_confusion"}))


def test_cve_2022_29217_openssh_and_private_keys(keys: Mapping[str, Key], confused: Any) -> None:
    """PyJWT: its list of marks of a public key had gaps."""
    from cryptography.hazmat.primitives import serialization as s

    for alg in ("RS256", "ES256", "EdDSA"):
        native = s.load_pem_private_key(to_pem(keys[alg], private=True), None)
        line = native.public_key().public_bytes(s.Encoding.OpenSSH, s.PublicFormat.OpenSSH)
        for material in (line, line + b" user@host", line + b"\n"):
            assert confused(material) == ((1, {"alg_key_mismatch"}), (4, {"key_confusion"}))
        private = native.private_bytes(s.Encoding.PEM, s.PrivateFormat.OpenSSH, s.NoEncryption())
        assert confused(private) == ((1, {"alg_key_mismatch"}), (4, {"key_confusion"}))
        private = native.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
        assert confused(private) == ((1, {"alg_key_mismatch"}), (4, {"key_confusion"}))


def test_cve_2024_33663_ecdsa_key_as_secret(keys: Mapping[str, Key], confused: Any) -> None:
    """python-jose: as before, by an OpenSSH ECDSA key and keys in other formats."""
    pem = to_pem(keys["ES256"], private=False)
    assert confused(pem) == ((1, {"alg_key_mismatch"}), (4, {"key_confusion"}))
    assert confused(to_der(keys["ES256"], private=False)) == ((1, {"alg_key_mismatch"}), (4, {"key_confusion"}))


@pytest.mark.parametrize(
    "prefix",
    [
        b" ",
        b"\t",
        b"\n",
        b"\r\n",
        b"\xef\xbb\xbf",
        b"\0",
        b"\x0b",
        b"\xe2\x80\x8b",
        b"# key\n",
        b"// ",
        b".",
        b"HTTP/1.1 200\n\n",
        b"x",
    ],
)
def test_cve_2026_34950_something_before_the_pem(prefix: bytes, keys: Mapping[str, Key], confused: Any) -> None:
    """fast-jwt, twice: a mark that was looked for at the beginning only (GHSA-ww5h-9m49-7xx4 is the second time)."""
    plain, as_secret = confused(prefix + to_pem(keys["RS256"], private=False))
    assert as_secret == (4, {"key_confusion"})
    assert plain in ((1, {"alg_key_mismatch"}), (3, {"bad_utf8"}))


def test_cve_2026_48526_jwk_text_as_secret(keys: Mapping[str, Key], confused: Any) -> None:
    """PyJWT: the marks of PEM were looked for, and a JWK has none."""
    for alg in ("RS256", "ES256", "EdDSA"):
        jwk = to_jwk(keys[alg], private=False)
        for text in (json.dumps(jwk), json.dumps(jwk, separators=(",", ":")), json.dumps({"keys": [jwk]}), repr(jwk)):
            plain, as_secret = confused(text.encode())
            assert as_secret == (4, {"key_confusion"})
            assert plain in ((1, {"alg_key_mismatch"}), (3, {"bad_json"}))
