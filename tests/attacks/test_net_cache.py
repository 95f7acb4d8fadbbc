"""The cache of key sets in the hands of somebody else: what was put there is ignored, and the server asked again."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.attacks.conftest import Forger, Publish, Verify
    from tests.cli.conftest import Cli

NOW = 1_795_556_400


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def server(serve: Callable[..., Any], publish: Publish) -> Any:
    """Its set holds the true key k1."""
    return serve(ok(json.dumps({"keys": [json.loads(publish("ES256", kid="k1").read_text())]}).encode()))


def _poison(entry: Path, key: bytes) -> None:
    """The attacker's key in place of the true one, under the right digest: what a writer of the file could do."""
    import hashlib

    head, _, _body = entry.read_bytes().partition(b"\n")
    facts = json.loads(head) | {"digest": hashlib.sha256(key).hexdigest()}
    entry.write_bytes(json.dumps(facts).encode() + b"\n" + key)


def _as_link(entry: Path) -> None:
    entry.rename(entry.parent.parent / "theirs")
    entry.symlink_to(entry.parent.parent / "theirs")


def _for_all(entry: Path) -> None:
    entry.chmod(0o666)


def _truncated(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes()[:-20])


def _by_another_user(entry: Path) -> None:
    os.chown(entry, 65534, 65534)


def _in_a_folder_for_all(entry: Path) -> None:
    entry.parent.chmod(0o777)


@pytest.mark.attack("A111")
@pytest.mark.parametrize(
    "harm",
    [
        *(_as_link, _for_all, _truncated, _in_a_folder_for_all),
        pytest.param(
            _by_another_user, marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
        ),
    ],
)
def test_poisoned_cache(
    harm: Callable[[Path], None], cache: Path, server: Any, *, forge: Forger, publish: Publish, verify: Verify
) -> None:
    """The attacker's key is in the file, and the file is as only somebody else could have left it."""
    env = {"JWTOOL_CACHE_DIR": str(cache)}
    good = forge.sign("ES256", {"alg": "ES256", "kid": "k1"})
    forged = forge.sign("ES384", {"alg": "ES384", "kid": "k1"})
    assert verify(good, "-k", server.url, env=env).short == (0, set())
    (entry,) = (cache / "http").glob("*.answer")
    _poison(entry, json.dumps({"keys": [json.loads(publish("ES384", kid="k1").read_text())]}).encode())
    assert verify(forged, "-k", server.url, env=env).exit == 0  # whoever may write it is believed: it is this user
    harm(entry)
    assert verify(forged, "-k", server.url, env=env).short == (1, {"alg_key_mismatch"})
    assert verify(good, "-k", server.url, env=env).short == (0, set())
    assert len(server.requests) == 2


def test_an_older_copy_is_as_old_as_it_is(cache: Path, server: Any, forge: Forger, verify: Verify) -> None:
    """Put back once it was replaced, it serves no longer than it would have."""
    env = {"JWTOOL_CACHE_DIR": str(cache)}
    good = forge.sign("ES256", {"alg": "ES256", "kid": "k1"})
    verify(good, "-k", server.url, env=env)
    (entry,) = (cache / "http").glob("*.answer")
    old = entry.read_bytes()
    verify(good, "-k", server.url, env=env, now=NOW + 600)
    entry.write_bytes(old)
    assert verify(good, "-k", server.url, env=env, now=NOW + 601).exit == 0
    assert len(server.requests) == 3


def test_a_token_chooses_no_entry(cache: Path, server: Any, forge: Forger, verify: Verify, cli: Cli) -> None:
    """Names of files are made of the URL that the user gave, never of what a token says."""
    env = {"JWTOOL_CACHE_DIR": str(cache)}
    for kid in ("../../../../tmp/x", "k1\0", "/etc/passwd", server.url):
        header = {"alg": "ES256", "kid": kid, "jku": server.url, "x5u": server.url}
        assert verify(forge.sign("ES256", header), "-k", server.url, env=env).exit == 1
    names = {path.name.partition(".")[0] for path in (cache / "http").iterdir()}
    assert len(names) == 1
    assert sorted(cache.parent.glob("**/x")) == []
    assert cli("jwks", "fetch", server.url, env=env).exit == 0
