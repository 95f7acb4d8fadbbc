from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from jwtool.jose.errors import JwksMalformed, JwtoolError, KeyMalformed
from jwtool.jose.keys.load import load_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.jose.keyset import KeySet

    Natives = dict[str, Any]
    Certify = Callable[..., bytes]


def load(document: Any, passphrase: bytes | None = None) -> KeySet:
    return load_keys(json.dumps(document).encode(), passphrase=lambda: passphrase)


def refusal(document: Any, passphrase: bytes | None = None) -> tuple[type[JwtoolError], str]:
    with pytest.raises(JwtoolError) as caught:
        load(document, passphrase)
    return type(caught.value), caught.value.message


def spki(natives: Natives, kind: str) -> str:
    data: bytes = natives[kind].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return data.decode()


def pkcs8(natives: Natives, kind: str, passphrase: bytes | None = None) -> str:
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    data: bytes = natives[kind].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return data.decode()


def test_a_map_of_certificates_as_google_serves_it(certify: Certify) -> None:
    certificates = {"3e9f": certify("leaf", "leaf", "RSA").decode(), "b1": certify("leaf", "leaf", "P-256").decode()}
    keyset = load(certificates)
    assert [(key.kid, key.members["kid"], key.form) for key in keyset.keys] == [
        ("3e9f", "3e9f", "certificate"),
        ("b1", "b1", "certificate"),
    ]
    assert [key.describe() for key in keyset.keys] == ["RSA 2048", "EC P-256"]
    assert [len(key.certificates) for key in keyset.keys] == [1, 1]
    assert (keyset.skipped, keyset.is_set) == ((), True)


def test_what_is_not_understood_is_skipped_and_named(natives: Natives, certify: Certify) -> None:
    keyset = load(
        {
            "public": spki(natives, "Ed25519"),
            "oct": {"kty": "oct", "k": "AAAA"},
            "text": "MIIB",
            "number": 7,
            "two": spki(natives, "RSA") + spki(natives, "P-256"),
            "damaged": "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n",
            "other": "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n",
            "locked": pkcs8(natives, "P-256", b"x"),
            "chain": (certify("leaf", "root") + certify("root", "root", "RSA")).decode(),
        }
    )
    assert [(key.kid, key.describe(), len(key.certificates)) for key in keyset.keys] == [
        ("public", "OKP Ed25519", 0),
        ("chain", "EC P-256", 2),
    ]
    assert [(one.index, one.kid, one.code, one.reason) for one in keyset.skipped] == [
        (1, "oct", "key_malformed", "the member must be PEM, found an object"),
        (2, "text", "key_malformed", "the member must be PEM, found other text"),
        (3, "number", "key_malformed", "the member must be PEM, found a number"),
        (4, "two", "key_malformed", "the member holds 2 keys, wanted one"),
        (
            5,
            "damaged",
            "key_malformed",
            "this is no key in DER, or a damaged one: its structure is not that of any key file",
        ),
        (6, "other", "key_unsupported", "a PEM block 'CERTIFICATE REQUEST' is not supported"),
        (7, "locked", "passphrase_missing", "the private key is encrypted and no passphrase was given"),
    ]


def test_the_number_of_members_is_bounded() -> None:
    document = {str(number): "-----BEGIN " for number in range(1001)}
    message = "the map of certificates has 1001 members, wanted at most 1000"
    assert refusal(document) == (JwksMalformed, message)
    message = "the map of certificates has 1001 PEM blocks, wanted at most 1000"
    assert refusal({"a": "-----BEGIN " * 1000, "b": "-----BEGIN "}) == (JwksMalformed, message)


def test_a_service_account(natives: Natives) -> None:
    account = {
        "type": "service_account",
        "project_id": "example",
        "private_key_id": "5f1c",
        "private_key": pkcs8(natives, "RSA"),
        "client_email": "robot@example.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    for document in (account, {name: account[name] for name in ("private_key", "private_key_id")}):
        keyset = load(document)
        (key,) = keyset.keys
        assert (key.kid, key.describe(), key.private, keyset.is_set) == ("5f1c", "RSA 2048", True, False)
    (unnamed,) = load({"type": "service_account", "private_key": account["private_key"]}).keys
    assert unnamed.kid is None
    (opened,) = load(account | {"private_key": pkcs8(natives, "RSA", b"opensesame")}, b"opensesame").keys
    assert opened.private is True


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"private_key": 7}, "'private_key' of the service account must be PEM, found a number"),
        ({"private_key": "…"}, "'private_key' of the service account must be PEM, found other text"),
        ({"private_key_id": 7}, "'private_key_id' of the service account must be text, found a number"),
    ],
)
def test_a_broken_service_account(change: dict[str, Any], message: str, natives: Natives) -> None:
    account = {"type": "service_account", "private_key": pkcs8(natives, "RSA"), "private_key_id": "a"}
    assert refusal(account | change) == (KeyMalformed, message)
    assert refusal({"type": "service_account"}) == (KeyMalformed, "the service account file has no 'private_key'")
    public = account | {"private_key": spki(natives, "RSA")}
    assert refusal(public) == (KeyMalformed, "'private_key' of the service account is a public key")


def test_all_keys_of_a_map_share_one_budget(natives: Natives, openssl: Callable[..., bytes]) -> None:
    """Each may cost a second, but not each of a thousand."""
    rounds = ("-topk8", "-iter", "400000", "-passout", "pass:opensesame")
    locked = openssl("pkcs8", *rounds, stdin=pkcs8(natives, "P-256").encode()).decode()
    keyset = load({str(number): locked for number in range(4)}, b"opensesame")
    assert [key.kid for key in keyset.keys] == ["0", "1"]
    message = "the encrypted keys of the file ask for too much key derivation, all together"
    assert [(one.kid, one.reason) for one in keyset.skipped] == [("2", message), ("3", message)]
