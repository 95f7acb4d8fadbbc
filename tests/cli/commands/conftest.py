"""Tokens that `jwtool sign` would refuse to make, by a key that `jwtool verify` knows."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import pytest

from jwtool.jose import base64url, signatures
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.load import load_keys
from jwtool.sources import http

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_httpserver import HTTPServer

    from tests.cli.conftest import Cli, Outcome

NOW = 1_795_556_400
PROVIDERS = tomllib.loads((Path(__file__).parent / "providers.toml").read_text("utf-8"))


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


class Stage:
    """A private and a public set in a folder, and the time."""

    def __init__(self, cli: Cli, folder: Path) -> None:
        self.cli = cli
        self.private, self.public = folder / "signing.json", folder / "jwks.json"
        self.now = NOW

    def rotate(self, *argv: object, public: bool = True) -> Outcome:
        out = ("--public-out", self.public) if public else ()
        return self.cli("jwks", "rotate", self.private, *out, *argv, now=self.now)

    def plan(self, *argv: object) -> Any:
        done = self.rotate("--json", *argv)
        assert (done.exit, done.stderr) == (0, "")
        return done.document

    def keys(self) -> list[dict[str, Any]]:
        return list(json.loads(self.private.read_text())["keys"])

    def kids(self) -> tuple[list[str], list[str]]:
        """Of the private set and of the public one."""
        return [key["kid"] for key in self.keys()], [key["kid"] for key in json.loads(self.public.read_text())["keys"]]

    def state(self) -> list[tuple[object, ...]]:
        """What must not change where nothing is due."""
        facts = [(path.stat(), path.read_bytes()) for path in (self.private, self.public) if path.exists()]
        return [(status.st_ino, status.st_mtime_ns, status.st_mode, data) for status, data in facts]

    def signer(self) -> str:
        done = self.cli("sign", "-k", self.private, "--json", now=self.now)
        return str(done.document["header"]["kid"])


@pytest.fixture
def stage(cli: Cli, tmp_path: Path) -> Stage:
    """The sets signing.json and jwks.json, neither of which is there yet."""
    return Stage(cli, tmp_path)


class Provided:
    """Good tokens of every provider of providers.toml, and `verify --preset` of them."""

    def __init__(self, cli: Cli, issue: Issue) -> None:
        self.cli = cli
        self.issue = issue

    def claims(self, name: str) -> dict[str, Any]:
        return dict(PROVIDERS[name]["claims"])

    def given(self, name: str) -> tuple[str, ...]:
        """The options without which a token can't be verified."""
        return tuple(PROVIDERS[name].get("given", ()))

    def token(self, name: str, change: Mapping[str, Any] | None = None, **header: Any) -> str:
        """A token by es256.jwk; a claim changed to ... is left out."""
        claims = {"exp": NOW + 60, "iat": NOW, **self.claims(name), **(change or {})}
        kept = {claim: value for claim, value in claims.items() if value is not ...}
        return self.issue(kept, **{**PROVIDERS[name].get("header", {}), **header})

    def verify(self, name: str, token: str, *argv: str, keys: tuple[str, ...] = ("-k", "jwks.json")) -> Outcome:
        given = () if {"-i", "-a"} & set(argv) else self.given(name)
        return self.cli("verify", "--json", "--preset", name, *keys, *given, *argv, stdin=token.encode())


@pytest.fixture
def provided(cli: Cli, issue: Issue, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Provided:
    monkeypatch.chdir(keys)
    return Provided(cli, issue)


class Internet(Protocol):
    """`internet("https://h/path", body)`: that URL is served from this machine; the list is what was asked for."""

    def __call__(self, url: str, body: object = None) -> list[str]: ...


@pytest.fixture
def internet(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, keys: Path) -> Internet:
    """Another name server: every https URL leads to a path of one local server; without a body it has jwks.json."""
    asked: list[str] = []
    real = http.fetch

    def fetch(url: str, **options: Any) -> Any:
        asked.append(url)
        parts = urlsplit(url)
        return real(httpserver.url_for(f"/{parts.netloc}{parts.path}"), **options)

    monkeypatch.setattr(http, "fetch", fetch)

    def serve(url: str, body: object = None) -> list[str]:
        parts = urlsplit(url)
        served = (keys / "jwks.json").read_bytes() if body is None else body
        data = served if isinstance(served, bytes) else json.dumps(served).encode()
        httpserver.expect_request(f"/{parts.netloc}{parts.path}").respond_with_data(data)
        return asked

    return serve
