"""`verify --lines --cluster`: a real scheduler and two workers on loopback; what goes there, and what comes back."""

from __future__ import annotations

import filecmp
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from jwtool.jose import base64url
from jwtool.jose.errors import SecretShippingRefused, UsageError
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.public import to_jwk
from jwtool.jose.keyset import KeySet
from jwtool.jose.policy import ClaimPolicy, Requirement
from jwtool.jose.selection import OfferedSet
from jwtool.jose.sign import build_header, compact, encode_claims

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytest.importorskip("distributed")
from jwtool.batch.cluster import shippable

NOW = 1_795_556_400
TOKENS = 200_000
DISTINCT = 500


def start(module: str, *argv: str) -> subprocess.Popen[bytes]:
    """One process of a cluster, deaf to the terminal."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "COV_"))}
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", "--no-dashboard", *argv],
        env={**environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


class Cluster:
    """A scheduler and two workers."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        here = ("--host", "127.0.0.1")
        self.scheduler = start("dask_scheduler", *here, "--port", "0", "--scheduler-file", str(self.file))
        self.address = self._address()
        worker = (self.address, *here, "--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
        self.workers = [start("dask_worker", *worker) for _ in range(2)]

    def _address(self) -> str:
        deadline = time.monotonic() + 60
        while True:
            with suppress(OSError, ValueError):
                return str(json.loads(self.file.read_text())["address"])
            assert self.scheduler.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.end()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key, tokens by it, some of them bad or none at all, and a blank line now and then."""
    made = tmp_path_factory.mktemp("tokens")
    key = generate("RS256")
    header = build_header(key, "RS256")
    lines = []
    for number in range(DISTINCT):
        claims = {"iss": "https://auth.example", "sub": f"user-{number}", "exp": NOW - 100 + number}
        token = compact(encode_claims(claims), header, key, "RS256")
        lines.append({0: "", 1: f"{token[:-4]}AAAA", 2: "no token"}.get(number % 50, token))
    (made / "private.jwk").write_text(json.dumps(to_jwk(key, private=True)))
    (made / "few.txt").write_text("\n".join(lines) + "\n")
    (made / "many.txt").write_text(("\n".join(lines) + "\n") * (TOKENS // DISTINCT))
    return made


def command(folder: Path, name: str, *argv: str) -> list[str]:
    verify = [sys.executable, "-m", "jwtool", "verify", "--lines", "--summary", "-k", str(folder / "private.jwk")]
    return [*verify, "--at", str(NOW), *argv, f"@{folder / name}"]


def run(argv: Sequence[str]) -> tuple[int, bytes, bytes]:
    done = subprocess.run(argv, capture_output=True, check=False, timeout=300)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_worker_that_is_killed_in_the_middle_costs_no_answer(cluster: Cluster, folder: Path) -> None:
    few = run(command(folder, "few.txt", "--jobs", "1"))
    assert run(command(folder, "few.txt", "--cluster", cluster.address)) == few
    assert few[0] == 1
    wanted, out = folder / "wanted.txt", folder / "out.txt"
    with wanted.open("wb") as stdout:
        local = subprocess.run(
            command(folder, "many.txt"), stdout=stdout, stderr=subprocess.PIPE, check=False, timeout=300
        )
    with out.open("wb") as stdout:
        process = subprocess.Popen(
            command(folder, "many.txt", "--cluster", cluster.address), stdout=stdout, stderr=subprocess.PIPE
        )
        deadline = time.monotonic() + 200
        while out.stat().st_size < wanted.stat().st_size // 4:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(cluster.workers[0].pid, signal.SIGKILL)
        _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (local.returncode, local.stderr)
    assert filecmp.cmp(out, wanted, shallow=False)


@pytest.mark.slow
def test_a_cluster_that_is_not_there(folder: Path) -> None:
    code, out, err = run(command(folder, "few.txt", "--cluster", "tcp://127.0.0.1:1"))
    assert (code, out) == (5, b"")
    assert err.decode().startswith("jwtool: error: the cluster at 'tcp://127.0.0.1:1' failed: ")
    assert err.count(b"\n") == 2


SECRET = parse_jwk({"kty": "oct", "k": base64url.encode(bytes(range(64)))})


def test_a_private_key_goes_by_its_public_half() -> None:
    private = generate("ES256")
    (sent,) = shippable([OfferedSet(KeySet((private,)), "a")], ClaimPolicy(), ship_secrets=False)
    assert not sent.keyset.keys[0].private
    assert "d" not in sent.keyset.keys[0].members
    (sent,) = shippable([OfferedSet(KeySet((private,)), "a")], ClaimPolicy(), ship_secrets=True)
    assert "d" not in sent.keyset.keys[0].members


@pytest.mark.parametrize(
    ("offered", "claims", "what"),
    [
        ([OfferedSet(KeySet((SECRET,)), "secret:@file")], ClaimPolicy(), "the secret of secret:@file"),
        ([], ClaimPolicy(access_token=b"x"), "what --access-token holds"),
        ([], ClaimPolicy(code=b"x"), "what --code holds"),
    ],
)
def test_secrets_stay_here_unless_the_user_says_so(offered: list[OfferedSet], claims: ClaimPolicy, what: str) -> None:
    with pytest.raises(SecretShippingRefused) as refusal:
        shippable(offered, claims, ship_secrets=False)
    assert refusal.value.message == f"{what} would leave this machine"
    assert refusal.value.hint == "--allow-secret-shipping"
    assert shippable(offered, claims, ship_secrets=True) == offered


def test_patterns_are_not_matched_where_nobody_stops_them() -> None:
    claims = ClaimPolicy(required=(Requirement(("a",), "a", "matches", "x"),))
    with pytest.raises(UsageError):
        shippable([], claims, ship_secrets=True)
