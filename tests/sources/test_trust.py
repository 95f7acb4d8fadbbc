from __future__ import annotations

import ssl
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import truststore
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jwtool.jose.errors import FileNotFound, FileUnreadable, InputTooLarge, JwtoolError
from jwtool.jose.network_errors import TlsFailed
from jwtool.sources import trust
from jwtool.sources.trust import make_trust

if TYPE_CHECKING:
    from pathlib import Path

    import trustme

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]


def authorities(context: ssl.SSLContext) -> int:
    return int(context.cert_store_stats()["x509_ca"])


def test_a_file_of_authorities(authority: trustme.CA, in_folder: Path) -> None:
    pem = authority.cert_pem.bytes()
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    for content in (pem, b"# caf\xe9\r\n" + pem.replace(b"\n", b"\r\n") + b"rest\n", der):
        (in_folder / "ca").write_bytes(content)
        made = make_trust("ca", {"SSL_CERT_FILE": "nowhere"})
        assert (authorities(made.context), made.origin) == (1, "--ca-file ca")
        assert made.context.verify_mode is ssl.CERT_REQUIRED
        assert made.context.check_hostname is True
        assert made.context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no certificate",
        b"\x30\x03\x02\x01\x00",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ],
)
def test_a_file_without_certificates(content: bytes, in_folder: Path, refusal: Refusal) -> None:
    (in_folder / "ca").write_bytes(content)
    what, hint = "'ca' holds no certificate that can be read", "it must be PEM (-----BEGIN CERTIFICATE-----) or DER"
    assert refusal(make_trust, "ca", {}) == (FileUnreadable, f"can't read the CA file: {what}", hint)
    message = f"can't read the file of SSL_CERT_FILE: {what}"
    assert refusal(make_trust, None, {"SSL_CERT_FILE": "ca"}) == (FileUnreadable, message, hint)


def test_files_that_can_not_be_read(in_folder: Path, refusal: Refusal) -> None:
    for environ, ca_file, kind, message in (
        ({}, "nowhere", FileNotFound, "can't read the CA file: no such file: 'nowhere'"),
        (
            {"SSL_CERT_FILE": "nowhere"},
            None,
            FileNotFound,
            "can't read the file of SSL_CERT_FILE: no such file: 'nowhere'",
        ),
        (
            {"SSL_CERT_DIR": "nowhere"},
            None,
            FileUnreadable,
            "can't read the folder of SSL_CERT_DIR: 'nowhere' is no folder",
        ),
    ):
        assert refusal(make_trust, ca_file, environ) == (kind, message, None)
    with (in_folder / "large").open("wb") as stream:
        stream.truncate(17 * 1024 * 1024)
    too_large = (InputTooLarge, "can't read the CA file: 'large' holds more than 16 MiB", None)
    assert refusal(make_trust, "large", {}) == too_large


def test_the_environment(ca_file: str, in_folder: Path) -> None:
    made = make_trust(None, {"SSL_CERT_FILE": ca_file})
    assert (authorities(made.context), made.origin) == (1, f"SSL_CERT_FILE={ca_file}")
    made = make_trust(None, {"SSL_CERT_FILE": ca_file, "SSL_CERT_DIR": "."})
    assert (authorities(made.context), made.origin) == (1, f"SSL_CERT_FILE={ca_file} and SSL_CERT_DIR=.")
    made = make_trust(None, {"SSL_CERT_DIR": f"nowhere:{in_folder}"})
    assert (authorities(made.context), made.origin) == (0, f"SSL_CERT_DIR=nowhere:{in_folder}")


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_systems_with_a_store_of_their_own(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    made = make_trust(None, {})
    assert (type(made.context), made.origin) == (truststore.SSLContext, "the system's trust store")


def nowhere(*_arguments: object, **_options: object) -> ssl.DefaultVerifyPaths:
    return ssl.DefaultVerifyPaths(None, None, "", "", "", "")  # type: ignore[arg-type] # what Python returns there


def test_the_system_s_store(ca_file: str, monkeypatch: pytest.MonkeyPatch, refusal: Refusal) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    made = make_trust(None, {})
    assert (authorities(made.context), made.origin) == (1, "the system's trust store")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")
    monkeypatch.setattr(ssl, "get_default_verify_paths", nowhere)
    monkeypatch.setattr(trust, "_SYSTEM_STORES", ("/nowhere", ca_file))
    assert authorities(make_trust(None, {}).context) == 1
    monkeypatch.setattr(trust, "_SYSTEM_STORES", ("/nowhere",))
    assert refusal(make_trust, None, {}) == (
        TlsFailed,
        "this system has no store of trusted certificates",
        "install the package ca-certificates, or name the authorities with --ca-file PATH",
    )
