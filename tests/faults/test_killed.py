"""kill -9 at any moment, and many edits at once: files are always old or new, whole, and nobody else's to read."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.cli.conftest import Cli

    Record = Callable[[str, object], None]

TIMES = 200
FEW = 5  # a secret has the name of a temporary file between two system calls only
AT_ONCE = 50
ROUNDS = 20
NOW = 1_795_556_400
OLD_ENOUGH = 86_400

# The process forks from one that has all modules, so that a moment is one of the work and not of the start-up.
FORKER = """
import os, signal, sys, time
from jwtool.cli.main import main
from jwtool.operations import edit_keyset, make_keys, rotate_keyset, rotation_report
from jwtool.cli.commands.jwks import rotate
from jwtool.cli.commands.key import new
from jwtool.jose.keys.generate import generate
generate("ES256")
os.setpgid(0, 0)
for line in sys.stdin:
    delay, *argv = line.rstrip("\\n").split("\\t")
    child = os.fork()
    if child == 0:
        sys.argv = ["jwtool", *argv]
        sys.stdin = open(os.devnull)
        sys.stdout = sys.stderr = open(os.devnull, "w")
        main()
    time.sleep(float(delay))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""

# Each line of stdin starts a process for every command line at once; the answer is the set of their exit codes.
AT_ONCE_FORKER = """
import os, sys
from jwtool.cli.main import main
from jwtool.operations import build_keyset, describe, edit_keyset, resolve_keys
from jwtool.cli.commands.jwks import add
for _ in sys.stdin:
    children = []
    for line in sys.argv[1:]:
        child = os.fork()
        if child == 0:
            sys.argv = ["jwtool", *line.split("\\t")]
            sys.stdin = open(os.devnull)
            sys.stdout = sys.stderr = open(os.devnull, "w")
            main()
        children.append(child)
    print(sorted({os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children}), flush=True)
"""


class Killer:
    """Runs command lines and kills each after a while."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", FORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, delay: float, argv: Sequence[object]) -> int:
        """The exit code, or -9."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\t".join([f"{delay:.6f}", *map(str, argv)]) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def longest(self, argv: Sequence[object]) -> float:
        """How long the command takes here and now, in seconds."""
        low, high = 0.0, 0.01
        while self.run(high, argv) != 0:
            low, high = high, high * 1.5
        return (low + high) / 2


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def secrets_left_in(folder: Path, *files: Path) -> int:
    """How many temporary files with a private key a killed process left there: with names of ours, for their owner."""
    found = 0
    for path in sorted(set(folder.iterdir()) - set(files)):
        assert path.name.startswith(".jwtool-")
        assert path.name.endswith(".tmp")
        if b'"d"' in path.read_bytes():
            assert mode(path) == 0o600
            found += 1
        os.utime(path, (0, 0))  # as if a second had passed
    return found


@pytest.mark.slow
def test_rotate_killed_at_200_moments(cli: Cli, tmp_path: Path, record_property: Record) -> None:
    private, public = tmp_path / "signing.json", tmp_path / "jwks.json"
    usual = ("jwks", "rotate", private, "--public-out", public)
    now = NOW
    assert cli(*usual, now=now).exit == 0
    generator = random.Random(20261128)
    killer = Killer()
    codes, leftovers, changed = [], 0, 0
    try:
        spans = [killer.longest([*usual, "--at", now + round_ * OLD_ENOUGH * 3]) for round_ in range(1, 4)]
        now += OLD_ENOUGH * 12
        for _ in range(TIMES):
            now += OLD_ENOUGH * 3
            before = private.read_bytes()
            delay = generator.uniform(0, max(spans) * 1.2)
            codes.append(killer.run(delay, [*usual, "--at", now]))
            leftovers += secrets_left_in(tmp_path, private, public)
            after = private.read_bytes()
            changed += after != before
            keys = {key["kid"]: key for key in json.loads(after)["keys"]}
            shown = [key["kid"] for key in json.loads(public.read_bytes())["keys"]]
            assert mode(private) == 0o600
            assert all("d" in key for key in keys.values())
            assert b'"d"' not in public.read_bytes()
            active = max((key for key in keys.values() if key["nbf"] <= now), key=lambda key: key["nbf"])
            assert active["kid"] in shown  # the key that signs is always published
            assert after == before or set(keys) <= set(shown)  # and what is new was published before
            assert cli(*usual, "--every", "999d", now=now).exit == 0  # the next run makes it good
            assert [key["kid"] for key in json.loads(public.read_bytes())["keys"]] == [
                key["kid"] for key in json.loads(private.read_bytes())["keys"]
            ]
    finally:
        killer.close()
    killed = codes.count(-9)
    record_property(
        "figures", f"{TIMES} runs, {killed} killed, {changed} wrote, {leftovers} left a secret for the next"
    )
    assert killed >= TIMES // 4
    assert 0 < changed < TIMES
    assert cli("key", "new", "-o", tmp_path / "next.jwk").exit == 0
    assert set(tmp_path.iterdir()) == {private, public, tmp_path / "next.jwk"}
    assert leftovers <= FEW


@pytest.mark.slow
def test_key_new_killed_at_200_moments(cli: Cli, tmp_path: Path, record_property: Record) -> None:
    target = tmp_path / "key.jwk"
    usual = ("key", "new", "--force", "-o", target)
    assert cli(*usual).exit == 0
    generator = random.Random(20261128)
    killer = Killer()
    codes, leftovers, changed = [], 0, 0
    try:
        span = max(killer.longest(usual) for _ in range(3))
        for _ in range(TIMES):
            before = target.read_bytes()
            codes.append(killer.run(generator.uniform(0, span * 1.2), usual))
            after = target.read_bytes()
            changed += after != before
            leftovers += secrets_left_in(tmp_path, target)
            assert mode(target) == 0o600
            assert {"kty", "x", "y", "d", "kid"} <= json.loads(after).keys()
            assert after.endswith(b"}\n")
    finally:
        killer.close()
    killed = codes.count(-9)
    record_property(
        "figures", f"{TIMES} runs, {killed} killed, {changed} wrote, {leftovers} left a secret for the next"
    )
    assert killed >= TIMES // 4
    assert 0 < changed < TIMES
    assert cli("key", "new", "-o", tmp_path / "next.jwk").exit == 0
    assert set(tmp_path.iterdir()) == {target, tmp_path / "next.jwk"}
    assert leftovers <= FEW


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_50_adds_at_once_and_none_is_lost(cli: Cli, tmp_path: Path, record_property: Record) -> None:
    """20 rounds, each process with a key of its own."""
    path = tmp_path / "jwks.json"
    key = tmp_path / "key.jwk"
    assert cli("key", "new", "--kid", "k", "-o", key).exit == 0
    members = json.loads(key.read_text())
    for number in range(AT_ONCE):
        (tmp_path / f"{number}.jwk").write_text(json.dumps(members | {"kid": f"k{number}"}))

    lines = [f"jwks\tadd\t-q\t{path}\t{tmp_path}/{number}.jwk" for number in range(AT_ONCE)]
    process = subprocess.Popen(
        [sys.executable, "-c", AT_ONCE_FORKER, *lines], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(ROUNDS):
            path.write_text('{"keys": []}\n')
            process.stdin.write("go\n")
            process.stdin.flush()
            assert process.stdout.readline() == "[0]\n"
            kids = [one["kid"] for one in json.loads(path.read_text())["keys"]]
            assert sorted(kids) == sorted(f"k{number}" for number in range(AT_ONCE))
        process.stdin.close()
    record_property("figures", f"{ROUNDS} rounds of {AT_ONCE} processes, {ROUNDS * AT_ONCE} keys, none lost")
    assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []


def test_ten_threads_at_once(cli: Cli, tmp_path: Path) -> None:
    """The same without processes, and quickly: a lock holds between threads too."""
    path = tmp_path / "jwks.json"
    path.write_text('{"keys": []}')
    for number in range(10):
        assert cli("key", "new", "--kid", f"k{number}", "-o", tmp_path / f"{number}.jwk").exit == 0
    with ThreadPoolExecutor(10) as pool:
        done = list(pool.map(lambda number: cli("jwks", "add", path, tmp_path / f"{number}.jwk").exit, range(10)))
    assert done == [0] * 10
    assert sorted(one["kid"] for one in json.loads(path.read_text())["keys"]) == [f"k{number}" for number in range(10)]


def test_a_lock_that_is_held_ends_with_its_process(tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "signing.json"
    assert cli("jwks", "rotate", path).exit == 0
    script = (
        "import sys, time; from jwtool.sources.in_place import locked\n"
        "with locked(sys.argv[1]): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(cli, "jwks", "rotate", path)
            time.sleep(0.2)
            assert not waiting.done()
            holder.send_signal(signal.SIGKILL)
            assert waiting.result(30).exit == 0
