"""`kid` is a name, no path, query, command or URL; and nothing that a header names is fetched."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_jwk, to_pem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.attacks.conftest import Forger, Publish, Verify
    from tests.cli.conftest import Cli


@pytest.fixture
def canary(serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server that would give the attacker's key to whoever asks; and nobody may even try to connect or to resolve."""
    attacker = json.dumps({"keys": [to_jwk(generate("ES256", kid="k1"), private=False)]}).encode()
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(attacker) + attacker)

    def refuse(*_arguments: object, **_options: object) -> NoReturn:
        pytest.fail("the network was used")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    yield server
    assert server.requests == server.connections == []


@pytest.mark.attack("A026")
def test_x5u_and_x5c_with_the_attackers_chain(
    canary: Any,
    forge: Forger,
    publish: Publish,
    verify: Verify,
    certificates: Callable[[str], bytes],
    standard_base64: Callable[[bytes], str],
) -> None:
    """The certificate is the attacker's own, and so is the signature; nobody fetches it, nobody believes it."""
    trusted = publish(generate("ES256", kid="k1"))
    for extra in (
        {"x5u": canary.url},
        {"x5c": [standard_base64(certificates("ES256"))]},
        {"x5u": canary.url, "x5c": [standard_base64(certificates("ES256"))], "x5t": "AA", "x5t#S256": "AA"},
        {"jku": canary.url},
        {"jku": "https://idp.example@127.0.0.1/jwks", "x5u": "file:///etc/passwd"},
    ):
        for kid in ({}, {"kid": "k1"}):
            token = forge.sign("ES256", {"alg": "ES256", **kid, **extra})
            assert verify(token, "-k", trusted).short == (1, {"signature_invalid"})


@pytest.mark.attack("A028")
@pytest.mark.parametrize("secret", [b"", b"\0", b"known"], ids=["empty", "NUL", "a known file"])
def test_kid_is_no_path_query_command_or_url(
    secret: bytes,
    canary: Any,
    forge: Forger,
    publish: Publish,
    verify: Verify,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = tmp_path / "known"
    known.write_bytes(b"known")
    ran = tmp_path / "ran"
    monkeypatch.setattr(subprocess, "Popen", lambda *_a, **_o: pytest.fail("a process was started"))
    monkeypatch.setattr(os, "system", lambda *_a: pytest.fail("a process was started"))
    for kid in (
        "../../../../dev/null",
        "/dev/null",
        "/proc/self/environ",
        str(known),
        f"@{known}",
        f"secret:@{known}",
        "env:HOME",
        "-",
        "x' OR '1'='1",
        "x' UNION SELECT 'known'--",
        f"$(touch {ran})",
        f"`touch {ran}`",
        f"|touch {ran}",
        f";touch {ran}",
        "{{7*7}}",
        "${jndi:ldap://127.0.0.1/x}",
        canary.url,
        f"{canary.url}#k1",
    ):
        token = forge.mac(secret, {"alg": "HS256", "kid": kid})
        assert verify(token, "-k", publish("HS256", kid="k1")).short == (1, {"key_not_found"}), kid
        assert verify(token, "-k", publish("ES256", kid="k1")).short == (1, {"key_not_found"}), kid
    assert not ran.exists()


@pytest.mark.attack("A029")
def test_header_member_of_another_type(forge: Forger, publish: Publish, verify: Verify, cli: Cli) -> None:
    public = publish("ES256", kid="k1")
    for name in ("kid", "typ", "cty", "jku", "x5u", "x5t", "x5t#S256"):
        for value in (None, 1, True, ["k1"], {"k1": 1}):
            token = forge.sign("ES256", {"alg": "ES256", name: value})
            assert verify(token, "-k", public).short == (3, {"header_bad_type"}), (name, value)
    long = forge.sign("ES256", {"alg": "ES256", "kid": "k" * 10_000})
    assert verify(long, "-k", public).short == (1, {"key_not_found"})
    message = f"no key has the kid '{'k' * 63}…'; on offer: 'k1'"
    assert cli("verify", "-k", public, stdin=long.encode()).stdout.splitlines()[2] == f"signature   FAILED  {message}"
    longest = forge.sign("ES256", {"alg": "ES256", "kid": "k" * 100_000})
    assert verify(longest, "-k", public).short == (3, {"header_too_large"})
    megabyte = forge.sign("ES256", {"alg": "ES256", "kid": "k" * 1_000_000})
    assert verify(megabyte, "-k", public).short == (3, {"input_too_large"})
    odd = forge.sign("ES256", {"alg": "ES256", "kid": "a\0b\nc"})
    shown = cli("verify", "-k", public, stdin=odd.encode()).stdout.splitlines()[2]
    assert shown == r"signature   FAILED  no key has the kid 'a\x00b\nc'; on offer: 'k1'"


@pytest.mark.parametrize(
    "kid",
    [
        *("K1", "k1 ", " k1", "k1\0", "k1\n", "k\u0131", "\u212a1", "k\uff11", "k1\u200b", "\u200bk1", "k1\u0301"),
        *("", "k", "k11", "k1,k1", "%6b1", "k1#", "#k1", "*", "k?", ".*", "null", "cafe\u0301"),
    ],
)
def test_kid_that_only_looks_like_one(
    kid: str, forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify
) -> None:
    """Compared character by character: without case, without normalisation (RFC 7515 §4.1.4)."""
    keyset = publish_set(publish("ES256", kid="k1"), publish(generate("ES384"), kid="caf\u00e9"))
    assert verify(forge.sign("ES256", {"alg": "ES256", "kid": kid}), "-k", keyset).short == (1, {"key_not_found"})


def test_escaped_kid_is_the_same_kid(forge: Forger, publish: Publish, verify: Verify) -> None:
    token = forge.sign("ES256", rb'{"alg":"\u0045S256","kid":"\u006b\u0031"}')
    assert verify(token, "-k", publish("ES256", kid="k1")).short == (0, set())


def test_kid_of_a_key_that_was_skipped(
    forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify
) -> None:
    """A weak key that the token names is not made good by a strong one without a name beside it."""
    weak = publish(generate("HS256"), kid="weak", k="c2VjcmV0")
    keyset = publish_set(weak, publish("ES256", kid="k1"))
    token = forge.mac(b"secret", {"alg": "HS256", "kid": "weak"})
    assert verify(token, "-k", keyset).short == (1, {"key_too_weak"})
    assert verify(token, "-k", f"{keyset}#weak").short == (4, {"key_too_weak"})


def test_pem_has_no_kid_and_stands_for_any(forge: Forger, verify: Verify, tmp_path: Path) -> None:
    """The contract: a key without a name serves whatever name the token has; it must still be by that key."""
    pem = tmp_path / "public.pem"
    pem.write_bytes(to_pem(forge.keys["ES256"], private=False))
    assert verify(forge.sign("ES256", {"alg": "ES256", "kid": "anything"}), "-k", pem).short == (0, set())
    stranger = forge.sign("ES256", {"alg": "ES256", "kid": "anything"}, by=generate("ES256"))
    assert verify(stranger, "-k", pem).short == (1, {"signature_invalid"})
