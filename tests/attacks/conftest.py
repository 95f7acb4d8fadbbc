"""What the attacks share: a forger with real keys, key files, and `verify` as a user runs it."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import importlib.util
import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from jwtool.jose import base64url, signatures
from jwtool.jose.keys.key import Key
from jwtool.jose.keys.public import to_jwk, to_pem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from tests.cli.conftest import Cli

NOW = 1_795_556_400  # 2026-11-24 21:40:00 UTC, as in tests/cli


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "attack(id): the case of attacks.json that the test is")


def _conftest_of(folder: str) -> ModuleType:
    """The fixtures of a sibling folder: a command line as a function call is made there."""
    name = f"attacks_borrow_{folder}"
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / folder / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_OF_CLI, _OF_SOURCES = _conftest_of("cli"), _conftest_of("sources")
cli = _OF_CLI.cli
serve, authority, ca_file, tls_for, unprivileged = (
    getattr(_OF_SOURCES, name) for name in ("serve", "authority", "ca_file", "tls_for", "unprivileged")
)


@dataclass(frozen=True)
class Verdict:
    """What `jwtool verify --json` made of a token: exit code, codes of what failed, and the whole document."""

    exit: int
    codes: frozenset[str]
    document: Any

    @property
    def short(self) -> tuple[int, set[str]]:
        return self.exit, set(self.codes)


class Verify(Protocol):
    """`verify(token, "-k", path, "--aud", "api")`: the token comes by stdin."""

    def __call__(
        self,
        token: str | bytes,
        *argv: str | Path,
        now: int = NOW,
        env: Mapping[str, str] | None = None,
    ) -> Verdict: ...


class Publish(Protocol):
    """`publish("ES256", kid="k1")`: a file with the public JWK of that key; members given as None are left out."""

    def __call__(self, of: str | Key | Mapping[str, Any], *, private: bool = False, **members: Any) -> Path: ...


class Run(Protocol):
    """`run("decode", stdin=b"…")`: jwtool as a process of its own."""

    def __call__(
        self, *argv: str | Path, stdin: bytes = b"", timeout: float = 30, **options: Any
    ) -> subprocess.CompletedProcess[bytes]: ...


@dataclass(frozen=True)
class Forger:
    """Makes any token, however wrong, with a real signature over exactly the octets that it holds."""

    keys: Mapping[str, Key]

    @staticmethod
    def segment(value: Any) -> str:
        """base64url of octets, text, or a value as compact JSON."""
        if isinstance(value, str):
            value = value.encode("utf-8", "surrogatepass")
        return base64url.encode(
            value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
        )

    def mac(self, secret: bytes, header: Any = None, payload: Any = None, *, alg: str = "HS256") -> str:
        """A token under HMAC with any octets for a secret."""
        signed = self._signing_input({"alg": alg} if header is None else header, payload)
        return f"{signed}.{base64url.encode(hmac.digest(secret, signed.encode(), f'sha{alg[2:]}'))}"

    def sign(self, alg: str, header: Any = None, payload: Any = None, *, by: Key | str | None = None) -> str:
        """A token by the key that `keys` has for `alg`, or by another one; the header says `alg` unless it is given."""
        signed = self._signing_input({"alg": alg} if header is None else header, payload)
        return f"{signed}.{base64url.encode(self.signature(alg, signed, by=by))}"

    def signature(self, alg: str, signed: str, *, by: Key | str | None = None) -> bytes:
        key = by if isinstance(by, Key) else self.keys[by or alg]
        return signatures.sign(alg, key, signed.encode())

    def flattened(self, alg: str, protected: Any, unprotected: Any = None, payload: Any = None) -> dict[str, Any]:
        """A JWS in flattened JSON serialization; `protected` None leaves it out."""
        first = "" if protected is None else self.segment(protected)
        body = self.segment({"sub": "user-42"} if payload is None else payload)
        members = {"payload": body, "signature": base64url.encode(self.signature(alg, f"{first}.{body}"))}
        if protected is not None:
            members["protected"] = first
        return members if unprotected is None else {**members, "header": unprotected}

    def _signing_input(self, header: Any, payload: Any) -> str:
        return f"{self.segment(header)}.{self.segment({'sub': 'user-42'} if payload is None else payload)}"


@pytest.fixture(scope="session")
def forge(keys: Mapping[str, Key]) -> Forger:
    return Forger(keys)


@pytest.fixture
def publish(tmp_path: Path, keys: Mapping[str, Key]) -> Publish:
    made = iter(range(1000))

    def write(of: str | Key | Mapping[str, Any], *, private: bool = False, **members: Any) -> Path:
        key = keys[of] if isinstance(of, str) else of
        jwk = to_jwk(key, private=private or key.kty == "oct") if isinstance(key, Key) else dict(key)
        jwk = {name: value for name, value in (jwk | members).items() if value is not None}
        path = tmp_path / f"key-{next(made)}.jwk"
        path.write_text(json.dumps(jwk))
        return path

    return write


@pytest.fixture
def publish_set(tmp_path: Path) -> Callable[..., Path]:
    """`publish_set(one, two)`: a file with the set of these JWKs, which are objects or files."""
    made = iter(range(1000))

    def write(*jwks: Any) -> Path:
        members = [json.loads(one.read_text()) if isinstance(one, Path) else one for one in jwks]
        path = tmp_path / f"set-{next(made)}.json"
        path.write_text(json.dumps({"keys": members}))
        return path

    return write


@pytest.fixture
def verify(cli: Cli) -> Verify:
    def call(token: str | bytes, *argv: str | Path, now: int = NOW, env: Mapping[str, str] | None = None) -> Verdict:
        stdin = token if isinstance(token, bytes) else token.encode()
        done = cli("verify", "--json", *argv, stdin=stdin, now=now, env=env)
        document = done.document
        codes = frozenset(done.codes)
        assert (done.exit == 0) == (document["ok"] is True) == (not codes)
        assert document.get("claims") is None or done.exit == 0
        return Verdict(done.exit, codes, document)

    return call


@pytest.fixture
def run() -> Run:
    def call(
        *argv: str | Path, stdin: bytes = b"", timeout: float = 30, **options: Any
    ) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "jwtool", *map(str, argv)]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, check=False, **options)

    return call


@pytest.fixture(scope="session")
def certificates(keys: Mapping[str, Key]) -> Callable[[str], bytes]:
    """`certificates("ES256")`: a self-made certificate of that key, in DER; always the same."""

    @cache
    def make(alg: str) -> bytes:
        private: Any = serialization.load_pem_private_key(to_pem(keys[alg], private=True), None)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "attacker")])
        moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        builder = x509.CertificateBuilder(name, name, private.public_key(), 1, moment, moment + dt.timedelta(days=999))
        certificate = builder.sign(private, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.DER)

    return make


@pytest.fixture(scope="session")
def standard_base64() -> Callable[[bytes], str]:
    return lambda data: base64.b64encode(data).decode()
