"""`jwtool key thumbprint`: the name that a key has by its own numbers."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
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


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen here")
def test_the_fingerprints_of_spki_and_ssh_keygen(cli: Cli, private_keys: Mapping[str, Path], tmp_path: Path) -> None:
    for alg in ("RS256", "ES384", "Ed25519"):
        der = cli("key", "public", "--to", "der", private_keys[alg]).raw
        digest = base64.b64encode(hashlib.sha256(der).digest()).decode()
        spki = cli("key", "thumbprint", "--spki", private_keys[alg])
        assert (spki.exit, spki.stdout) == (0, f"SHA256:{digest}\n")
        line = tmp_path / f"{alg}.pub"
        assert cli("key", "public", "--to", "ssh", private_keys[alg], "-o", line).exit == 0
        listed = subprocess.run(["ssh-keygen", "-lf", line], capture_output=True, check=True).stdout.decode()
        ssh = cli("key", "thumbprint", "--ssh", private_keys[alg])
        assert (ssh.exit, ssh.stdout) == (0, f"{listed.split()[1]}\n")
        document = cli("key", "thumbprint", "--json", "--ssh", private_keys[alg]).document
        assert (document["ssh_fingerprint"], document["private"]) == (listed.split()[1], True)


def test_what_has_no_such_fingerprint(cli: Cli, private_keys: Mapping[str, Path], published: Path) -> None:
    for option, alg in (("--ssh", "Ed448"), ("--ssh", "HS256"), ("--spki", "HS256")):
        done = cli("key", "thumbprint", option, private_keys[alg])
        assert (done.exit, done.stdout) == (4, "")
    for options in (("--spki", "--ssh"), ("--spki", "--uri"), ("--ssh", "--hash", "sha512")):
        done = cli("key", "thumbprint", *options, published)
        assert (done.exit, done.stderr) == (
            2,
            "jwtool: error: one name of the key at a time: a thumbprint (--hash, --uri), --spki or --ssh\n",
        )
