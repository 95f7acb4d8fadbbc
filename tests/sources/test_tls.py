"""TLS as it really fails, each time with a server that does it, and through a proxy."""

from __future__ import annotations

import datetime as dt
import ssl
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import trustme

from jwtool.jose.errors import JwtoolError
from jwtool.jose.network_errors import TlsFailed
from jwtool.sources.http import fetch
from jwtool.sources.network import Network

pytestmark = pytest.mark.usefixtures("system_store")

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
Serve = Callable[..., Any]
TlsFor = Callable[..., ssl.SSLContext]

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
DAY = dt.timedelta(days=1)
NOW = dt.datetime.now(dt.UTC)


def get(
    url: str,
    *,
    ca_file: str | None = None,
    environ: dict[str, str] | None = None,
    timeout: float = 5,
    said: list[str] | None = None,
) -> bytes:
    trace = (said if said is not None else list[str]()).append
    return fetch(url, network=Network(timeout, ca_file), environ=environ or {}, trace=trace).body


def test_an_authority_that_was_named(serve: Serve, tls_for: TlsFor, ca_file: str) -> None:
    server = serve(ANSWER, tls=tls_for("127.0.0.1"))
    said: list[str] = []
    assert get(server.url, ca_file=ca_file, said=said) == b"{}"
    assert said[:-1] == [
        f"http: GET {server.url}, within 5 s",
        f"tls: trusting --ca-file {ca_file}",
        f"http: connected to 127.0.0.1:{server.port}",
        f"tls: TLSv1.3 with 127.0.0.1:{server.port}",
    ]


def test_an_unknown_authority(serve: Serve, tls_for: TlsFor, refusal: Refusal, ca_file: str) -> None:
    stranger = trustme.CA(organization_name="Corp \x1b[2J", organization_unit_name="Proxy")
    server = serve(ANSWER, tls=tls_for("127.0.0.1", by=stranger))
    message = (
        f"the certificate of 127.0.0.1:{server.port} is signed by an authority that is not trusted here: "
        r"its authority calls itself 'OU=Proxy,O=Corp \x1b[2J'"
    )
    hint = "if you trust its authority, name it: --ca-file CA.pem"
    assert refusal(get, server.url) == (TlsFailed, message, hint)
    hint = f"trusted is only what --ca-file {ca_file} holds; is its authority there?"
    assert refusal(get, server.url, ca_file=ca_file) == (TlsFailed, message, hint)
    assert server.requests == []


def test_a_certificate_that_signed_itself(serve: Serve, refusal: Refusal) -> None:
    alone = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with alone.private_key_pem.tempfile() as key, alone.cert_pem.tempfile() as certificate:
        context.load_cert_chain(certificate, key)
    server = serve(ANSWER, tls=context)
    kind, message, _hint = refusal(get, server.url)
    assert kind is TlsFailed
    said = f"the certificate of 127.0.0.1:{server.port} is signed by itself: it calls itself 'OU=Testing CA #"
    assert message.startswith(said)


@pytest.mark.parametrize(
    ("names", "options", "fault", "hint"),
    [
        (
            ["localhost"],
            {},
            "is for another address: it is for 'localhost'",
            "use the host's name instead of its address",
        ),
        (
            ["127.0.0.1"],
            {"not_after": NOW - DAY, "not_before": NOW - 2 * DAY},
            f"has expired: it ended at {NOW - DAY:%Y-%m-%d %H:%M:%S} UTC",
            "its operator must renew it; or is the clock of this machine wrong?",
        ),
        (
            ["127.0.0.1"],
            {"not_before": NOW + DAY, "not_after": NOW + 2 * DAY},
            f"is not valid yet: it begins at {NOW + DAY:%Y-%m-%d %H:%M:%S} UTC",
            "is the clock of this machine right?",
        ),
    ],
    ids=["address", "expired", "early"],
)
def test_a_certificate_that_is_no_good(
    names: list[str],
    options: dict[str, Any],
    fault: str,
    hint: str,
    *,
    serve: Serve,
    tls_for: TlsFor,
    ca_file: str,
    refusal: Refusal,
) -> None:
    server = serve(ANSWER, tls=tls_for(*names, **options))
    refused = (TlsFailed, f"the certificate of 127.0.0.1:{server.port} {fault}", hint)
    assert refusal(get, server.url, ca_file=ca_file) == refused
    assert server.requests == []


def test_a_certificate_for_another_name(serve: Serve, tls_for: TlsFor, ca_file: str, refusal: Refusal) -> None:
    server = serve(ANSWER, tls=tls_for("auth.example"))
    message = f"the certificate of localhost:{server.port} is for another name: it is for 'auth.example'"
    hint = "is the host in the URL spelt as its operator spells it?"
    url = server.url.replace("127.0.0.1", "localhost")
    assert refusal(get, url, ca_file=ca_file) == (TlsFailed, message, hint)


def test_an_intermediate_that_is_not_sent(serve: Serve, authority: trustme.CA, ca_file: str, refusal: Refusal) -> None:
    child = authority.create_child_ca()
    leaf = child.issue_cert("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with leaf.private_key_pem.tempfile() as key, leaf.cert_chain_pems[0].tempfile() as certificate:
        context.load_cert_chain(certificate, key)
    server = serve(ANSWER, tls=context)
    message = f"the certificate of 127.0.0.1:{server.port} is signed by an authority that is not trusted here"
    kind, said, _hint = refusal(get, server.url, ca_file=ca_file)
    assert kind is TlsFailed
    assert said.startswith(f"{message}: its authority calls itself 'OU=Testing CA #")


def test_an_old_tls(serve: Serve, tls_for: TlsFor, ca_file: str, refusal: Refusal) -> None:
    context = tls_for("127.0.0.1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    server = serve(ANSWER, tls=context)
    message = f"127.0.0.1:{server.port} speaks no TLS 1.2 or newer"
    assert refusal(get, server.url, ca_file=ca_file) == (TlsFailed, message, "its operator must update it")


@pytest.mark.parametrize("answer", [ANSWER, b"220 mail.example ESMTP\r\n", b"\0" * 100])
def test_a_server_without_tls(answer: bytes, serve: Serve, refusal: Refusal) -> None:
    place = f"127.0.0.1:{serve(answer, at_once=True).port}"
    refused = (TlsFailed, f"{place} answers without TLS", "is it the right port? https needs TLS")
    assert refusal(get, f"https://{place}/") == refused


def test_a_server_that_hangs_up_in_the_handshake(serve: Serve, refusal: Refusal) -> None:
    place = f"127.0.0.1:{serve(lambda connection: connection.recv(65536), at_once=True).port}"
    refused = (TlsFailed, f"{place} broke off the TLS handshake", "is it the right port? https needs TLS")
    assert refusal(get, f"https://{place}/") == refused


def test_a_client_certificate_that_is_demanded(
    serve: Serve, tls_for: TlsFor, authority: trustme.CA, ca_file: str, refusal: Refusal
) -> None:
    context = tls_for("127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    server = serve(ANSWER, tls=context)
    refused = (
        TlsFailed,
        f"127.0.0.1:{server.port} wants a client certificate",
        "jwtool has none; fetch the set with curl",
    )
    assert refusal(get, server.url, ca_file=ca_file) == refused


def test_a_truncated_answer_over_tls(serve: Serve, tls_for: TlsFor, ca_file: str, refusal: Refusal) -> None:
    server = serve(ANSWER.replace(b": 2", b": 9"), tls=tls_for("127.0.0.1"))
    message = f"the answer of 127.0.0.1:{server.port} broke off before its end"
    assert refusal(get, server.url, ca_file=ca_file)[1] == message
