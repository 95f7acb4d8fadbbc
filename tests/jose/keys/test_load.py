from __future__ import annotations

import base64
import contextlib
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)

from jwtool.jose import base64url
from jwtool.jose.errors import (
    BadJson,
    BadUtf8,
    DuplicateMember,
    JwksMalformed,
    JwtoolError,
    KeyMalformed,
    KeyUnrecognized,
    KeyUnsupported,
    PassphraseMissing,
    PassphraseWrong,
)
from jwtool.jose.keys.load import load_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.jose.keyset import KeySet

    Natives = dict[str, Any]

SECRET_HINT = "for an HMAC secret write secret:@FILE"


def load(data: bytes | str, passphrase: bytes | None = None) -> KeySet:
    return load_keys(data.encode() if isinstance(data, str) else data, passphrase=lambda: passphrase)


def refusal(data: bytes | str) -> tuple[type[JwtoolError], str, str | None]:
    with pytest.raises(JwtoolError) as caught:
        load(data)
    return type(caught.value), caught.value.message, caught.value.hint


def spki(natives: Natives, kind: str, encoding: Encoding = Encoding.PEM) -> bytes:
    data: bytes = natives[kind].public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    return data


def test_a_jwk(p256: dict[str, Any]) -> None:
    for text in (json.dumps(p256), json.dumps(p256, indent=2), f" \r\n\t{json.dumps(p256)}\n"):
        keyset = load(text)
        assert [key.members for key in keyset.keys] == [p256]
        assert (keyset.skipped, keyset.is_set, keyset.keys[0].form) == ((), False, "jwk")


def test_a_jwk_set(p256: dict[str, Any], ed25519: dict[str, Any]) -> None:
    keyset = load(json.dumps({"keys": [p256, {"kty": "new", "kid": "a"}, ed25519], "more": 1}))
    assert [key.members for key in keyset.keys] == [p256, ed25519]
    assert [(one.index, one.kid, one.code) for one in keyset.skipped] == [(1, "a", "key_unsupported")]
    assert keyset.is_set is True
    assert load('{"keys": []}').keys == ()


def test_pem_and_der(natives: Natives) -> None:
    for encoding, form in ((Encoding.PEM, "pem"), (Encoding.DER, "der")):
        keyset = load(spki(natives, "Ed25519", encoding))
        assert [(key.describe(), key.form) for key in keyset.keys] == [("OKP Ed25519", form)]
        assert (keyset.skipped, keyset.is_set) == ((), False)


def test_several_keys_in_one_file_are_a_set(natives: Natives) -> None:
    keyset = load(spki(natives, "P-256") + b"\n" + spki(natives, "RSA"))
    assert [key.describe() for key in keyset.keys] == ["EC P-256", "RSA 2048"]
    assert keyset.is_set is True


def test_an_encrypted_key(natives: Natives) -> None:
    locked = natives["P-256"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"opensesame"))
    assert [key.private for key in load(locked, b"opensesame").keys] == [True]
    with pytest.raises(PassphraseWrong):
        load(locked, b"opensesam")
    with pytest.raises(PassphraseMissing):
        load(locked)


@pytest.mark.parametrize("data", [b"", b"\n", b" \t\r\n"])
def test_nothing(data: bytes) -> None:
    assert refusal(data) == (KeyUnrecognized, "the key is empty", None)


def test_text_that_is_not_utf8(natives: Natives, p256: dict[str, Any]) -> None:
    texts = (json.dumps(p256), spki(natives, "P-256").decode(), f"\n[{json.dumps(p256)}]")
    for text in texts:
        for encoding, found in {
            "utf-8-sig": "with a byte order mark",
            "utf-16-le": "in UTF-16",
            "utf-16-be": "in UTF-16",
        }.items():
            message = f"the key is text {found}, wanted UTF-8 without a byte order mark"
            assert refusal(text.encode(encoding)) == (BadUtf8, message, None)
        for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
            message = "the key is text with the byte order mark of UTF-16, wanted UTF-8 without a byte order mark"
            assert refusal(mark + text.encode(encoding)) == (BadUtf8, message, None)
    assert refusal(b'{"kty":"\xff"}')[0] is BadUtf8


def test_json_is_strict() -> None:
    assert refusal('{"kty":"oct",}')[0] is BadJson
    assert refusal('{"kty":"oct"')[0] is BadJson
    assert refusal('{"kty":"oct","kty":"oct"}')[0] is DuplicateMember
    assert refusal('{"keys":[{"kty":"oct","k":"a","k":"b"}]}')[0] is DuplicateMember


def test_a_key_that_is_refused_is_no_set_with_a_skipped_one() -> None:
    assert refusal('{"kty":"new"}')[0] is KeyUnsupported
    assert refusal('{"kty":"oct"}')[0] is KeyMalformed


@pytest.mark.parametrize("document", ['{"keys": null}', '{"keys": {}}', '{"keys": "a"}'])
def test_sets_without_a_list_of_keys(document: str) -> None:
    assert refusal(document)[0] is JwksMalformed


NEITHER = "the JSON object is neither a JWK (no 'kty') nor a JWK set (no 'keys')"
DISCOVERY = "this is a discovery document, not a key set"
JWKS_HINT = 'a JWK set is an object with a list "keys"'
TOKEN = "this is a token in JSON, not a key"


@pytest.mark.parametrize(
    ("document", "error", "message", "hint"),
    [
        ({}, JwksMalformed, NEITHER, None),
        ({"key": 1}, JwksMalformed, NEITHER, None),
        ([], JwksMalformed, "the key is a list in JSON, wanted a JWK or a JWK set", JWKS_HINT),
        ([{"kty": "oct"}], JwksMalformed, "the key is a list in JSON, wanted a JWK or a JWK set", JWKS_HINT),
        ({"issuer": "a", "jwks_uri": "b"}, KeyUnsupported, DISCOVERY, "give the URL in its 'jwks_uri'"),
        ({"payload": "", "signature": ""}, KeyUnrecognized, TOKEN, None),
        ({"payload": "", "signatures": []}, KeyUnrecognized, TOKEN, None),
        ({"ciphertext": "", "protected": ""}, KeyUnrecognized, "this is a token, not a key", None),
        ("text", KeyUnsupported, "the key is a string in JSON, wanted a JWK or a JWK set", SECRET_HINT),
        (12345678, KeyUnsupported, "the key is a number in JSON, wanted a JWK or a JWK set", SECRET_HINT),
        (-1.5, KeyUnsupported, "the key is a number in JSON, wanted a JWK or a JWK set", SECRET_HINT),
        (True, KeyUnsupported, "the key is a boolean in JSON, wanted a JWK or a JWK set", SECRET_HINT),
        (None, KeyUnsupported, "the key is null in JSON, wanted a JWK or a JWK set", SECRET_HINT),
    ],
)
def test_other_json_is_named(document: Any, error: type[JwtoolError], message: str, hint: str | None) -> None:
    assert refusal(json.dumps(document)) == (error, message, hint)


@pytest.mark.parametrize("segments", [3, 5])
def test_a_token_is_no_key(segments: int) -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"ES256"}').decode()
    token = ".".join([header, *["e30"] * (segments - 1)])
    assert refusal(token + "\n") == (KeyUnrecognized, "this is a token, not a key", None)
    assert refusal("." * (segments - 1))[1] == "this is neither a JWK, a JWK set, PEM nor DER"
    assert refusal("A" + token)[1] == "this is neither a JWK, a JWK set, PEM nor DER"


@pytest.mark.parametrize(
    "text",
    [
        "your-256-bit-secret",
        "0123456789abcdefg",
        "0\n\0",
        '"unfinished',
        "truely",
        "1.2.3",
        "0x" + "00" * 40,
        "9" * 41,
        "\x7f",
    ],
)
def test_text_is_no_key(text: str) -> None:
    assert refusal(text) == (KeyUnrecognized, "this is neither a JWK, a JWK set, PEM nor DER", SECRET_HINT)


def test_other_files_are_named(natives: Natives) -> None:
    line = natives["Ed25519"].public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    blob = base64.b64decode(line.split()[1])
    hint = "give the whole file, as ssh-keygen made it"
    assert refusal(blob) == (KeyUnrecognized, "this looks like a part of an SSH key", hint)
    named = {
        b"---- BEGIN SSH2 PUBLIC KEY ----": "an SSH public key",
        b"PuTTY-User-Key-File-3: ssh-rsa": "a PuTTY key",
        b"\xfe\xed\xfe\xed\0\0\0\2": "a Java key store",
        b"\xce\xce\xce\xce\0\0\0\2": "a Java key store",
    }
    for data, name in named.items():
        assert refusal(data)[:2] == (KeyUnsupported, f"{name} is not supported")
    point = natives["P-256"].public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert refusal(point) == (KeyUnrecognized, "this looks like a bare EC public key", "unwrap it first")


def test_wrapped_keys_are_named_not_read(natives: Natives) -> None:
    der = spki(natives, "P-256", Encoding.DER)
    message = "this looks like a key file in DER (SPKI public key) in base64"
    assert refusal(base64.b64encode(der)) == (KeyUnrecognized, message, "unwrap it first")


def test_damaged_der(natives: Natives) -> None:
    der = spki(natives, "RSA", Encoding.DER)
    message = "this is no key in DER, or a damaged one: its structure is not that of any key file"
    assert refusal(der[:-1]) == (KeyMalformed, message, None)
    assert refusal(der + b"\0")[0] is KeyMalformed
    assert refusal(b"\x30\x82\xff\xff")[0] is KeyMalformed


def test_random_octets_are_no_key() -> None:
    dice = random.Random(4)
    outcomes = {refusal(dice.randbytes(dice.randrange(1, 100)))[0] for _ in range(2000)}
    assert outcomes <= {KeyUnrecognized, BadUtf8, BadJson, KeyMalformed}


def test_mutated_files_are_keys_or_errors(
    natives: Natives, p256: dict[str, Any], certify: Callable[..., bytes]
) -> None:
    dice = random.Random(5)
    files = [spki(natives, "RSA"), json.dumps(p256).encode(), json.dumps({"keys": [p256]}).encode()]
    files.append(certify("leaf", "root") + certify("root", "root"))
    for data in files:
        for _ in range(200):
            mutant = bytearray(data)
            for _ in range(dice.randrange(1, 4)):
                mutant[dice.randrange(len(mutant))] = dice.choice(b'\0\n "-=:{}[]A0z\xff\xef')
            with contextlib.suppress(JwtoolError):
                load(bytes(mutant), b"x")


def test_a_bare_point_may_end_in_an_octet_that_is_a_blank() -> None:
    point = base64url.decode("BGkMQ2LgmewvqZzJVy5kSzBb9haNrU25OdImkwhaRsrZ3OnkQ9wuZRy_ytyTdt6ZoniRTY9trozWR0JVUAUq8SA")
    assert point[-1:] == b" "
    assert refusal(point)[:2] == (KeyUnrecognized, "this looks like a bare EC public key")
