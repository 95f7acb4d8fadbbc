"""What `jwks serve` serves, read by a client that none of us wrote: PyJWT's PyJWKClient."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import jwt as pyjwt
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 60


def jwtool(*argv: str, cwd: Path) -> str:
    """stdout of a command that must succeed."""
    return subprocess.run(
        [sys.executable, "-m", "jwtool", *argv], cwd=cwd, check=True, capture_output=True, text=True, timeout=SECONDS
    ).stdout


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A JWKS URI with the keys `rs` and `es`, for as long as the test runs."""
    for kid, alg in (("rs", "RS256"), ("es", "ES256")):
        jwtool("key", "new", "--kid", kid, "--alg", alg, "-o", f"{kid}.jwk", cwd=tmp_path)
    jwtool("jwks", "build", "rs.jwk", "es.jwk", "-o", "jwks.json", cwd=tmp_path)
    argv = [sys.executable, "-m", "jwtool", "jwks", "serve", "jwks.json", "--port", "0", "--ready-file", "ready"]
    server = subprocess.Popen(
        argv, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + SECONDS
        while not (tmp_path / "ready").exists():
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield (tmp_path / "ready").read_text().strip()
    finally:
        server.terminate()
        server.wait(SECONDS)


def test_pyjwt_finds_keys_by_kid_and_after_a_rotation(url: str, tmp_path: Path) -> None:
    client = pyjwt.PyJWKClient(url)
    for kid, alg in (("rs", "RS256"), ("es", "ES256")):
        token = jwtool("sign", "-k", f"{kid}.jwk", "-a", "api", "--sub", kid, cwd=tmp_path).strip()
        key = client.get_signing_key_from_jwt(token)
        assert pyjwt.decode(token, key, algorithms=[alg], audience="api")["sub"] == kid
    jwtool("key", "new", "--kid", "next", "-o", "next.jwk", cwd=tmp_path)
    token = jwtool("sign", "-k", "next.jwk", cwd=tmp_path).strip()
    with pytest.raises(pyjwt.PyJWKClientError, match="Unable to find a signing key"):
        client.get_signing_key_from_jwt(token)
    jwtool("jwks", "build", "rs.jwk", "next.jwk", "-o", "jwks.json", "--force", cwd=tmp_path)
    key = pyjwt.PyJWKClient(url).get_signing_key_from_jwt(token)  # the first one has a cool-down, as jwtool has
    assert key.key_id == "next"
