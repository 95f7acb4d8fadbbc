from __future__ import annotations

import base64
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

from jwtool.jose.errors import JwtoolError, KeyConfusion, KeyMalformed
from jwtool.jose.keys.pem import parse_encoded
from jwtool.jose.keys.secret import find_key, secret_key

if TYPE_CHECKING:
    from collections.abc import Callable

    Natives = dict[str, Any]

KINDS = ["RSA", "P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448", "X25519", "X448"]
SSH_KINDS = ["RSA", "P-256", "P-384", "P-521", "Ed25519"]
SECRET = bytes(range(32))


def refusal(make: Callable[..., Any], data: Any) -> tuple[type[JwtoolError], str]:
    with pytest.raises(JwtoolError) as caught:
        make(data, where="secret:@FILE")
    return type(caught.value), caught.value.message


def test_a_secret_is_its_bytes() -> None:
    for data in (SECRET, b"correct horse battery staple, and then some", b" \n" * 20, bytes(64) + b"\xff"):
        key = secret_key(data, where="secret:@FILE")
        assert (key.kty, key.form, key.private, key.bits) == ("oct", "secret", True, len(data) * 8)
        assert key.secret() == data
        assert (key.kid, key.alg, key.use, key.weakness) == (None, None, None, None)


def test_weak_secrets_come_with_their_weakness() -> None:
    key = secret_key(b"short", where="secret:@FILE")
    assert key.weakness == "the secret is 5 octets long, HS256 wants at least 32"
    assert secret_key(bytes(32), where="secret:@FILE").remarks == ("all octets of the secret are equal",)


def test_an_empty_secret_is_refused() -> None:
    assert refusal(secret_key, b"") == (KeyMalformed, "secret:@FILE is empty, wanted an HMAC secret")


def forms(native: Any, *, has_pkcs1: bool, has_sec1: bool) -> dict[str, bytes]:
    public = native.public_key()
    files = {}
    for name, encoding in (("PEM", Encoding.PEM), ("DER", Encoding.DER)):
        files[f"{name} PKCS#8"] = native.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption())
        files[f"{name} encrypted"] = native.private_bytes(encoding, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
        files[f"{name} SPKI"] = public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
        if has_pkcs1 or has_sec1:
            files[f"{name} old"] = native.private_bytes(encoding, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        if has_pkcs1:
            files[f"{name} PKCS#1"] = public.public_bytes(encoding, PublicFormat.PKCS1)
    return files


def jwk(data: bytes) -> dict[str, Any]:
    (key,) = parse_encoded(data, passphrase=lambda: None)
    return dict(key.members)


WRAPPINGS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda data: data,
    "a line break after": lambda data: data + b"\n",
    "stripped": lambda data: data.rstrip(b"\n"),
    "cut by a line break": lambda data: data[:-2],
    "a blank before": lambda data: b" " + data,
    "a tab before": lambda data: b"\t" + data,
    "NUL before": lambda data: b"\0" + data,
    "NUL after": lambda data: data + b"\0",
    "BOM": lambda data: b"\xef\xbb\xbf" + data,
    "BOM and blanks": lambda data: b"\xef\xbb\xbf \r\n" + data + b" \r\n",
    "base64": base64.b64encode,
    "base64 in lines": base64.encodebytes,
    "base64 in CRLF lines": lambda data: base64.encodebytes(data).replace(b"\n", b"\r\n"),
    "base64 with lines written out": lambda data: base64.encodebytes(data).replace(b"\n", rb"\n"),
    "base64 with lines and without padding": lambda data: base64.encodebytes(data).replace(b"=", b""),
    "base64url": lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
    "base64url with padding": base64.urlsafe_b64encode,
    "base64 cut short": lambda data: base64.b64encode(data + bytes(4))[:-1],
    "base64 in quotes": lambda data: b'"' + base64.b64encode(data) + b'"',
    "base64 in base64": lambda data: base64.b64encode(base64.b64encode(data)),
    "base64 in base64 in base64": lambda data: base64.b64encode(base64.b64encode(base64.encodebytes(data))),
    "base64 in UTF-16": lambda data: base64.b64encode(data).decode().encode("utf-16"),
    "hexadecimal": lambda data: data.hex().encode(),
    "upper hexadecimal": lambda data: data.hex().upper().encode(),
    "hexadecimal with colons": lambda data: data.hex(":").encode(),
    "hexadecimal with a prefix": lambda data: b"0x" + data.hex().encode(),
    "hexadecimal cut short": lambda data: (data + b"x").hex().encode()[:-1],
    "hexadecimal in lines": lambda data: data.hex("\n", 16).encode(),
}
TEXT_WRAPPINGS: dict[str, Callable[[bytes], bytes]] = {
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "UTF-16 LE": lambda data: data.decode().encode("utf-16-le"),
    "UTF-16 BE": lambda data: data.decode().encode("utf-16-be"),
    "UTF-32": lambda data: data.decode().encode("utf-32"),
    "a JSON string": lambda data: json.dumps(data.decode()).encode(),
    "text around": lambda data: b"key: " + data + b" # mine",
    "one line": lambda data: b" ".join(data.split()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_asymmetric_keys_are_refused_in_every_wrapping(
    kind: str, natives: Natives, certify: Callable[..., bytes]
) -> None:
    native = natives[kind]
    files = forms(native, has_pkcs1=kind == "RSA", has_sec1=kind in {"P-256", "P-384", "P-521", "secp256k1"})
    certificate = certify("leaf", "root", kind)
    files["PEM certificate"] = certificate
    files["DER certificate"] = base64.b64decode(b"".join(certificate.splitlines()[1:-1]))
    for name in ("PEM PKCS#8", "PEM SPKI"):
        members = jwk(files[name])
        files |= {
            f"JWK of {name}": json.dumps(members, separators=(",", ":")).encode(),
            f"pretty JWK of {name}": json.dumps(members, indent=2).encode(),
            f"JWKS of {name}": json.dumps({"keys": [members]}).encode(),
            f"repr of {name}": repr(members).encode(),
            f"JWK with a trailing comma of {name}": json.dumps(members).encode()[:-1] + b",}",
            f"escaped JWK of {name}": json.dumps(members).replace("kty", r"\u006b\u0074y").encode(),
            f"YAML of {name}": "\n".join(f"{member}: {value}" for member, value in members.items()).encode(),
        }
    missed = [
        (name, wrapping)
        for name, data in files.items()
        for wrapping, wrap in (WRAPPINGS | ({} if name.startswith("DER") else TEXT_WRAPPINGS)).items()
        if find_key(wrap(data)) is None
    ]
    assert missed == []


@pytest.mark.parametrize("kind", SSH_KINDS)
def test_ssh_keys_are_refused_in_every_wrapping(kind: str, natives: Natives) -> None:
    line = natives[kind].public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    files = {
        "line": line,
        "with a comment": line + b" me@host",
        "with options": b'command="true",no-pty ' + line,
        "of a known host": b"host.example " + line,
        "private": natives[kind].private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
        "SSH2": b"---- BEGIN SSH2 PUBLIC KEY ----\n%s\n---- END SSH2 PUBLIC KEY ----" % line.split()[1],
        "PuTTY": b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none",
    }
    wrappings = WRAPPINGS | TEXT_WRAPPINGS
    missed = [
        (name, how) for name, data in files.items() for how, wrap in wrappings.items() if not find_key(wrap(data))
    ]
    assert missed == []
    assert find_key(base64.b64decode(line.split()[1])) == "an SSH key"


def test_files_of_keys_in_other_forms_are_refused_in_every_wrapping(
    natives: Natives, certify: Callable[..., bytes]
) -> None:
    private = natives["RSA"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    header = base64.urlsafe_b64encode(b'{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","cty":"jwk+json"}').decode()
    other = base64.urlsafe_b64encode(b'{"alg":"A128KW","enc":"A128GCM","cty":"jwk-set+json"}').rstrip(b"=").decode()
    files = {
        "certificate map": json.dumps({"kid": certify("leaf", "leaf").decode()}).encode(),
        "escaped map": json.dumps({"kid": private}).replace("-----BEGIN", r"\u002d----BEGIN").encode(),
        "service account": json.dumps({"type": "service_account", "private_key": private}).encode(),
        "JWE": f"{header.rstrip('=')}.AAAA.AAAA.AAAA.AAAA".encode(),
        "JWE for a key": f"{other}.AAAA.AAAA.AAAA.AAAA".encode(),
        "JWE in JSON": json.dumps({"protected": header, "iv": "AAAA", "ciphertext": "AAAA", "tag": "AAAA"}).encode(),
    }
    wrappings = WRAPPINGS | TEXT_WRAPPINGS
    missed = [
        (name, how) for name, data in files.items() for how, wrap in wrappings.items() if not find_key(wrap(data))
    ]
    assert missed == []
    assert find_key(files["JWE"]) == "an encrypted JWK"


def test_pkcs12_is_refused_in_every_wrapping(natives: Natives) -> None:
    encryption = BestAvailableEncryption(b"x")
    data = pkcs12.serialize_key_and_certificates(None, natives["P-256"], None, None, encryption)
    for file in (data, b"\x30\x80" + data[data[1] - 0x80 + 2 :]):
        assert [how for how, wrap in WRAPPINGS.items() if not find_key(wrap(file))] == []


def test_messages_say_what_was_found(natives: Natives) -> None:
    public = natives["P-256"].public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    found = {
        "a PEM block": pem,
        "a PEM block in base64": base64.b64encode(pem),
        "a key file in DER (SPKI public key)": der,
        "a key file in DER (SPKI public key) in base64": base64.b64encode(der),
        "a key file in DER (SPKI public key) in hexadecimal in base64": base64.b64encode(der.hex().encode()),
        "an SSH key": b"ssh-rsa AAAAB3NzaC1yc2E",
        "a JWK": json.dumps(jwk(pem)).encode(),
        "a JWK set": b'{"keys": []}',
        "a bare EC public key": public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
    }
    assert {find_key(data): data for data in found.values()} == found
    with pytest.raises(KeyConfusion) as caught:
        secret_key(pem, where="secret:@FILE")
    assert caught.value.message == "secret:@FILE holds a PEM block, which must not become an HMAC secret"
    assert caught.value.hint == "give the key file as it is, without 'secret:', 'hex:' or 'base64:'"


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "secp256k1"])
def test_bare_points_are_refused(kind: str, natives: Natives) -> None:
    point = natives[kind].public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert find_key(point) == "a bare EC public key"
    assert find_key(point[:-1] + bytes([point[-1] ^ 1])) is None
    assert find_key(b"\5" + point[1:]) is None
    assert find_key(point + b"\0") is None


def test_an_oct_jwk_is_no_secret_either() -> None:
    assert find_key(b'{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODwAAECAwQFBgcICQoLDA0OD"}') == "a JWK"


def test_random_secrets_are_never_refused() -> None:
    dice = random.Random(20261124)
    for _ in range(10_000):
        data = dice.randbytes(dice.choice([1, 16, 31, 32, 33, 48, 64, 65, 97, 128, 133, 256]))
        spelled = (data, base64.b64encode(data), base64.urlsafe_b64encode(data), data.hex().encode(), b"0" + data)
        assert [find_key(text) for text in spelled] == [None] * len(spelled)


@pytest.mark.parametrize(
    "password",
    [
        "your-256-bit-secret",
        "correct horse battery staple",
        "keys: kty, RSA and so on",
        '{"key": "value"}',
        "-----begin-----",
        "----- BEGIN",
        "ssh-rsa is no key",
        "0" * 64,
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A",
        "MIIB" * 32,
        "eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8opsbCGfG_HACGpVUMN_a9IV7pAx_Zmeo",
        "Ünïcödé pässwörd, löng enöugh tö be one",
        "\0" * 40,
    ],
)
def test_passwords_are_never_refused(password: str) -> None:
    assert find_key(password.encode()) is None
    assert find_key(password.encode("utf-16")) is None
    assert find_key(base64.b64encode(password.encode())) is None


@pytest.mark.parametrize(
    "piece", [b"ssh-rsa", b"-----BEGIN ", b'"keys"   ', b"\\u006b", b"\\", b"kty   ", b"0\x82", b"a", b"=", b"\0"]
)
def test_hostile_secrets_cost_nothing(piece: bytes) -> None:
    assert find_key(piece * (1_000_000 // len(piece))) is None
