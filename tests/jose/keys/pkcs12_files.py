"""PKCS#12 files by pyca/cryptography, and what reading one comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from jwtool.jose.errors import JwtoolError, KeyMalformed, PassphraseWrong
from jwtool.jose.keys.load import load_keys
from tests.bench.worst_encrypted import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.jose.keyset import KeySet

    Natives = dict[str, Any]
    Certify = Callable[..., bytes]

RIGHT = PASSPHRASE.encode()
WRONG = (PassphraseWrong, "the passphrase does not open the PKCS#12 file")
DAMAGED = (KeyMalformed, "the PKCS#12 file is damaged")
SCHEMES = [pkcs12.PBES.PBESv2SHA256AndAES256CBC, pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC]


def load(data: bytes, passphrase: bytes | None = RIGHT) -> KeySet:
    return load_keys(data, passphrase=lambda: passphrase)


def refusal(data: bytes, passphrase: bytes | None = RIGHT) -> tuple[type[JwtoolError], str]:
    with pytest.raises(JwtoolError) as caught:
        load(data, passphrase)
    return type(caught.value), caught.value.message


def file(
    natives: Natives, kind: str | None, *certificates: bytes, passphrase: bytes | None = RIGHT, scheme: Any = SCHEMES[0]
) -> bytes:
    """PKCS#12 by pyca/cryptography; the first certificate is that of the key, if there is one."""
    read = [x509.load_pem_x509_certificate(one) for one in certificates]
    own, others = (read[0], read[1:]) if kind and read else (None, read)
    encryption: Any = NoEncryption()
    if passphrase:
        builder = PrivateFormat.PKCS12.encryption_builder().key_cert_algorithm(scheme).kdf_rounds(50)
        encryption = builder.hmac_hash(hashes.SHA256()).build(passphrase)
    key = natives[kind] if kind else None
    return pkcs12.serialize_key_and_certificates(b"a name", key, own, others or None, encryption)
