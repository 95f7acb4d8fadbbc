"""Whom TLS trusts: this file is where the one TLS context is made."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jwtool.jose.errors import FileUnreadable
from jwtool.jose.network_errors import TlsFailed
from jwtool.jose.quoting import printable, quote
from jwtool.sources import files

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

MAX_BUNDLE = 16 * 1024 * 1024
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_SYSTEM_STORES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine, BSD
)
_OWN_STORE_PLATFORMS = {"darwin", "win32"}


@dataclass(frozen=True, slots=True)
class Trust:
    """A TLS context of version 1.2 or newer, and in words where its authorities come from."""

    context: ssl.SSLContext
    origin: str


def make_trust(ca_file: str | None, environ: Mapping[str, str]) -> Trust:
    """The authorities of `ca_file` (PEM or DER) alone, else those of SSL_CERT_FILE and SSL_CERT_DIR, else the system's.

    Raises FileNotFound, FileUnreadable and InputTooLarge for a named file, TlsFailed if there is no store at all.
    """
    import ssl

    if ca_file is not None:
        trust = Trust(_context_of_file(ca_file, "CA file"), f"--ca-file {printable(ca_file)}")
    elif environ.get("SSL_CERT_FILE") or environ.get("SSL_CERT_DIR"):
        trust = _trust_of_environment(environ)
    elif sys.platform in _OWN_STORE_PLATFORMS:
        import truststore

        trust = Trust(truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "the system's trust store")
    else:
        trust = Trust(_context_of_system(), "the system's trust store")
    trust.context.minimum_version = ssl.TLSVersion.TLSv1_2
    return trust


def _context_of_file(path: str, what: str) -> ssl.SSLContext:
    import ssl

    data = files.read(path, cap=MAX_BUNDLE, what=what)
    blocks = _CERTIFICATE.findall(data)
    try:
        # An empty `cadata` would mean the system's authorities.
        return ssl.create_default_context(cadata=b"\n".join(blocks).decode("ascii") if blocks else data or b"\0")
    except (ssl.SSLError, ValueError):
        raise FileUnreadable(
            f"can't read the {what}: {quote(path)} holds no certificate that can be read",
            hint="it must be PEM (-----BEGIN CERTIFICATE-----) or DER",
        ) from None


def _trust_of_environment(environ: Mapping[str, str]) -> Trust:
    import ssl

    file, folder = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if folder and not any(map(os.path.isdir, folder.split(os.pathsep))):
        raise FileUnreadable(f"can't read the folder of SSL_CERT_DIR: {quote(folder)} is no folder")
    context = _context_of_file(file, "file of SSL_CERT_FILE") if file else ssl.create_default_context(capath=folder)
    if file and folder:
        context.load_verify_locations(capath=folder)
    names = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if environ.get(name)]
    return Trust(context, " and ".join(f"{name}={printable(environ[name])}" for name in names))


def _context_of_system() -> ssl.SSLContext:
    """OpenSSL's default store; where this Python's OpenSSL looks in the wrong place, the distribution's."""
    import ssl

    context = ssl.create_default_context()
    folder = ssl.get_default_verify_paths().capath
    if context.cert_store_stats()["x509_ca"] or (folder and os.listdir(folder)):
        return context
    for path in _SYSTEM_STORES:
        if os.path.isfile(path):
            return _context_of_file(path, "system's trust store")
    raise TlsFailed(
        "this system has no store of trusted certificates",
        hint="install the package ca-certificates, or name the authorities with --ca-file PATH",
    )
