"""A public key that is taken for an HMAC secret lets everybody sign."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest

from jwtool.jose.keys.public import to_der, to_jwk, to_pem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jwtool.jose.keys.key import Key
    from tests.attacks.conftest import Forger, Verify

NO_KEY = {"with a byte order mark": (3, {"bad_utf8"})}


@pytest.fixture(scope="session")
def wrappings(keys: Mapping[str, Key], certificates: Callable[[str], bytes]) -> Mapping[str, bytes]:
    """The RSA public key in every form in which it may lie about, as octets."""
    from cryptography.hazmat.primitives import serialization as s

    key = keys["RS256"]
    pem, der, jwk = to_pem(key, private=False), to_der(key, private=False), to_jwk(key, private=False)
    native = s.load_der_public_key(der)
    pkcs1 = s.PublicFormat.PKCS1
    certificate = certificates("RS256")
    encoded = base64.encodebytes
    text = pem.decode()
    compact = json.dumps(jwk, separators=(",", ":"))
    modulus = base64.b64encode(key.octets("n"))
    return {
        "PEM": pem,
        "stripped": pem.strip(),
        "with a line break more": pem + b"\n",
        "CRLF": pem.replace(b"\n", b"\r\n"),
        "with a leading blank": b" " + pem,
        "with a leading tab": b"\t" + pem,
        "with a byte order mark": b"\xef\xbb\xbf" + pem,
        "PKCS#1 PEM": native.public_bytes(s.Encoding.PEM, pkcs1),
        "certificate": b"-----BEGIN CERTIFICATE-----\n" + encoded(certificate) + b"-----END CERTIFICATE-----\n",
        "OpenSSH": native.public_bytes(s.Encoding.OpenSSH, s.PublicFormat.OpenSSH),
        "DER": der,
        "PKCS#1 DER": native.public_bytes(s.Encoding.DER, pkcs1),
        "certificate in DER": certificate,
        "compact JWK": compact.encode(),
        "pretty JWK": json.dumps(jwk, indent=4).encode(),
        "JWK set": json.dumps({"keys": [jwk]}).encode(),
        "base64 body of the PEM": b"".join(pem.splitlines()[1:-1]),
        "base64 body with its line breaks": b"\n".join(pem.splitlines()[1:-1]),
        "body and END line": b"\n".join(pem.splitlines()[1:]),
        "UTF-16": text.encode("utf-16"),
        "UTF-16 without a mark": text.encode("utf-16-be"),
        "UTF-32": text.encode("utf-32"),
        "base64 of PEM": encoded(pem),
        "base64 of base64 of PEM": encoded(encoded(pem)),
        "base64url of JWK": base64.urlsafe_b64encode(compact.encode()).rstrip(b"="),
        "base64 in UTF-16": encoded(pem).decode().encode("utf-16"),
        "hex of DER": der.hex().encode(),
        "hex with colons": der.hex(":").upper().encode(),
        "hex of PEM": pem.hex().encode(),
        "percent-encoded PEM": quote(text).encode(),
        "form-encoded PEM": quote_plus(text).encode(),
        "percent-encoded JWK": quote(compact).encode(),
        "PEM with \\n": pem.replace(b"\n", b"\\n"),
        "JSON string": json.dumps(text).encode(),
        "JSON object": json.dumps({"public_key": text}).encode(),
        "JWK with an escaped name": compact.replace("kty", r"\u006bty").encode(),
        "JWK inside a JSON string": json.dumps(compact).encode(),
        "YAML": f"kty: RSA\nn: {jwk['n']}\ne: AQAB\n".encode(),
        "Python": repr(jwk).encode(),
        "data URI": b"data:application/x-pem-file;base64," + base64.b64encode(pem),
        "XML": b"<RSAKeyValue><Modulus>" + modulus + b"</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>",
        "SAML": b"<ds:X509Certificate>" + base64.b64encode(certificate) + b"</ds:X509Certificate>",
        "quoted": b'"' + base64.b64encode(der) + b'"',
        "variable assignment": b"PUBLIC_KEY=" + pem,
        "with NUL around": b"\0" + pem + b"\0\0",
        "first line alone": pem.splitlines()[0],
    }


@pytest.mark.attack("A015")
@pytest.mark.parametrize(
    "form",
    [
        *("PEM", "stripped", "with a line break more", "CRLF", "with a leading blank", "with a leading tab"),
        *("with a byte order mark", "PKCS#1 PEM", "certificate", "OpenSSH", "DER"),
    ],
)
def test_hs256_with_the_rsa_public_key_as_secret(
    form: str, wrappings: Mapping[str, bytes], forge: Forger, verify: Verify, tmp_path: Path
) -> None:
    """The attacker guesses every form; the verifier is given the PEM, then the very same file."""
    pem, same = tmp_path / "public.pem", tmp_path / "same"
    pem.write_bytes(wrappings["PEM"])
    same.write_bytes(wrappings[form])
    token = forge.mac(wrappings[form])
    for options in ([], ["--alg", "HS256"], ["--alg", "HS256", "--alg", "RS256"], ["--allow-weak-key"]):
        assert verify(token, "-k", pem, *options).short == (1, {"alg_key_mismatch"})
        assert verify(token, "-k", same, *options).short == NO_KEY.get(form, (1, {"alg_key_mismatch"}))


@pytest.mark.attack("A016")
def test_public_key_in_any_wrapping_as_secret(
    wrappings: Mapping[str, bytes], forge: Forger, verify: Verify, tmp_path: Path
) -> None:
    path = tmp_path / "secret"
    for form, data in wrappings.items():
        path.write_bytes(data)
        for secret in (data, data.strip()):
            verdict = verify(forge.mac(secret), "-k", f"secret:@{path}", "--allow-weak-key")
            assert verdict.short == (4, {"key_confusion"}), form
        path.write_bytes(base64.b64encode(data))
        assert verify(forge.mac(data), "-k", f"base64:@{path}").short == (4, {"key_confusion"}), form
        path.write_text(data.hex())
        assert verify(forge.mac(data), "-k", f"hex:@{path}").short == (4, {"key_confusion"}), form


def test_public_key_as_secret_from_the_environment(
    wrappings: Mapping[str, bytes], forge: Forger, verify: Verify, cli: Any
) -> None:
    pem = wrappings["PEM"].decode()
    for source in ("secret:env:KEY", "JWTOOL_KEY"):
        env = {"KEY": pem} if source != "JWTOOL_KEY" else {"KEY": pem, "JWTOOL_KEY": "secret:env:KEY"}
        key = ["-k", source] if source != "JWTOOL_KEY" else []
        assert verify(forge.mac(pem.encode()), *key, env=env).short == (4, {"key_confusion"})
        assert cli("sign", "--json", *key, env=env).codes == {"key_confusion"}


@pytest.mark.attack("A021")
@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "RS256"])
def test_private_key_file_as_hmac_secret(
    alg: str, keys: Mapping[str, Key], forge: Forger, verify: Verify, tmp_path: Path
) -> None:
    path = tmp_path / "private.pem"
    path.write_bytes(to_pem(keys[alg], private=True))
    token = forge.mac(path.read_bytes())
    assert verify(token, "-k", path, "--alg", "HS256").short == (1, {"alg_key_mismatch"})
    assert verify(token, "-k", f"secret:@{path}", "--alg", "HS256").short == (4, {"key_confusion"})


def test_bare_public_point_as_secret(keys: Mapping[str, Key], forge: Forger, verify: Verify, tmp_path: Path) -> None:
    """The uncompressed point, as `EC_POINT` exports have it."""
    x, y = (keys["ES256"].octets(name) for name in "xy")
    path = tmp_path / "point"
    path.write_bytes(b"\4" + x + y)
    assert verify(forge.mac(path.read_bytes()), "-k", f"secret:@{path}").short == (4, {"key_confusion"})


def test_public_key_with_the_type_of_a_secret(forge: Forger, verify: Verify, tmp_path: Path, wrappings: Any) -> None:
    """A JWK of type oct whose `k` is the public key: the same confusion by the hand of whoever made the set."""
    path = tmp_path / "oct.jwk"
    for form in ("PEM", "DER", "compact JWK", "certificate"):
        secret = wrappings[form]
        path.write_text(json.dumps({"kty": "oct", "k": forge.segment(secret)}))
        assert verify(forge.mac(secret), "-k", path).short == (4, {"key_confusion"}), form
