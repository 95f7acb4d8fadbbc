"""`jwtool key thumbprint`: the name that a key has by its own numbers."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.algorithms import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cli.conftest import Cli

# RFC 7638 §3.1.
JWK = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok"
        "njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu"
        "6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8a"
        "wapJzKnqDKgw"
    ),
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
SHA256 = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "rfc7638.jwk"
    path.write_text(json.dumps(JWK))
    return path


def test_the_published_example(cli: Cli, published: Path) -> None:
    done = cli("key", "thumbprint", published)
    assert (done.exit, done.stdout, done.stderr) == (0, f"{SHA256}\n", "")
    assert cli("key", "thumbprint", "--uri", published).stdout == (
        f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{SHA256}\n"
    )


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512"])
def test_every_hash(cli: Cli, published: Path, name: str) -> None:
    text = json.dumps({key: JWK[key] for key in ("e", "kty", "n")}, separators=(",", ":"))
    digest = base64.urlsafe_b64encode(hashlib.new(name, text.encode()).digest()).rstrip(b"=").decode()
    assert cli("key", "thumbprint", "--hash", name, published).stdout == f"{digest}\n"
    document = cli("key", "thumbprint", "--json", "--uri", "--hash", name, published).document
    assert document["thumbprint"] == f"urn:ietf:params:oauth:jwk-thumbprint:sha-{name[3:]}:{digest}"
    assert document["hash"] == name


def test_the_same_for_both_halves(cli: Cli, private_keys: Mapping[str, Path], alg: str) -> None:
    private = cli("key", "thumbprint", private_keys[alg])
    if ALGORITHMS[alg].kty == "oct":
        assert private.stderr == (
            "note: the thumbprint of a secret is a hash of it: keep it as private as the secret\n"
        )
    else:
        public = cli("key", "public", "--to", "pem", private_keys[alg]).raw
        assert cli("key", "thumbprint", "-", stdin=public).stdout == private.stdout


@pytest.mark.parametrize("name", ["sha1", "SHA256", "sha-256", ""])
def test_an_unknown_hash(cli: Cli, published: Path, name: str) -> None:
    done = cli("key", "thumbprint", "--hash", name, published)
    assert (done.exit, done.stdout) == (2, "")
    assert done.stderr == "jwtool: error: --hash takes sha256, sha384 or sha512\nhint: --hash sha256\n"
