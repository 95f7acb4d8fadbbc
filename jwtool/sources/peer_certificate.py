"""A certificate that was refused: this file is what looks at it once more, to say whose it is."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from jwtool.jose.quoting import quote

if TYPE_CHECKING:
    import socket

    from cryptography.x509 import Certificate

TOO_EARLY, TOO_LATE = 9, 10
OTHER_NAME = (62, 64)
_MOST_NAMES = 3
_PATIENCE = 1.0  # seconds for each step


def describe_refused(connection: socket.socket, host: str, verify_code: int) -> str | None:
    """What stands in the certificate that the server at the other end shows, of what `verify_code` is about.

    Nothing is sent but the handshake, and nothing that comes is believed. None where there is nothing to say.
    """
    from cryptography import x509

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only to look at it: the connection is dropped at once
    connection.settimeout(_PATIENCE)
    try:
        with context.wrap_socket(connection, server_hostname=host) as stream:
            certificate = x509.load_der_x509_certificate(stream.getpeercert(binary_form=True) or b"")
        return _describe(certificate, verify_code)
    except (OSError, ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return None


def _describe(certificate: Certificate, verify_code: int) -> str:
    if verify_code == TOO_EARLY:
        return f"it begins at {certificate.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC"
    if verify_code == TOO_LATE:
        return f"it ended at {certificate.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC"
    if verify_code in OTHER_NAME:
        return f"it is for {_names(certificate)}"
    if certificate.issuer == certificate.subject:
        return f"it calls itself {quote(certificate.subject.rfc4514_string())}"
    return f"its authority calls itself {quote(certificate.issuer.rfc4514_string())}"


def _names(certificate: Certificate) -> str:
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return "no name at all"
    names = [quote(str(name.value)) for name in found if isinstance(name, x509.DNSName | x509.IPAddress)]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"{', '.join(names[:_MOST_NAMES])}{more}" if names else "no name at all"
