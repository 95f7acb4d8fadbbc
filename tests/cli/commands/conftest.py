"""Tokens that `jwtool sign` would refuse to make, by a key that `jwtool verify` knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from jwtool.jose import base64url, signatures
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.load import load_keys

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Issue(Protocol):
    """`issue({"sub": "x"}, typ="at+jwt")`: a token by es256.jwk; `kid` None leaves it out, bytes are a raw payload."""

    def __call__(
        self, claims: Mapping[str, Any] | bytes, *, by: str = "es256.jwk", alg: str = "ES256", **header: Any
    ) -> str: ...


@pytest.fixture
def issue(keys: Path) -> Issue:
    """Sign whatever the test wants, however wrong it is."""

    def sign(claims: Mapping[str, Any] | bytes, *, by: str = "es256.jwk", alg: str = "ES256", **header: Any) -> str:
        (key,) = load_keys((keys / by).read_bytes(), passphrase=lambda: None).keys
        members = {"alg": alg, "kid": key.kid, **header}
        protected = {name: value for name, value in members.items() if value is not None}
        payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        signed = f"{base64url.encode(json.dumps(protected).encode())}.{base64url.encode(payload)}"
        return f"{signed}.{base64url.encode(signatures.sign(alg, key, signed.encode()))}"

    return sign


@pytest.fixture(scope="session")
def private_keys(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """A file with a private JWK for each algorithm, without `kid` and, but for AKP, `alg`; one RSA key for all."""
    folder = tmp_path_factory.mktemp("private")
    rsa = generate("RS256")
    files = {}
    for row in ALGORITHMS.values():
        key = rsa if row.kty == "RSA" else generate(row.name)
        named = {"kid"} if row.kty == "AKP" else {"kid", "alg"}
        members = {name: value for name, value in key.members.items() if name not in named}
        files[row.name] = folder / f"{row.name}.jwk"
        files[row.name].write_text(json.dumps(members))
    return files


@pytest.fixture(params=list(ALGORITHMS))
def alg(request: pytest.FixtureRequest) -> str:
    """Every algorithm of the table."""
    return str(request.param)
