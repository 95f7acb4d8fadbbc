"""`jwtool jwks serve --rotate`: keys come and go while clients fetch, and no good token is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.rotation_plan import Schedule
from jwtool.operations.scheduled_rotation import ScheduledRotation, parse_schedule

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

DAY = 86_400
SECONDS = 20
FAST = ("--max-age", "1s", "--publish-before", "2s", "--retire-after", "3s", "--every", "2s")


@pytest.mark.slow
def test_every_token_of_the_active_key_verifies_through_three_rotations(cli: Cli, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "jwtool", "jwks", "serve", "signing.json", "--port", "0", "--ready-file", "ready"]
    process = subprocess.Popen(
        [*argv, "--rotate", *FAST],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + SECONDS
        while not (tmp_path / "ready").exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        url = (tmp_path / "ready").read_text().strip()
        kids: set[str] = set()
        deadline = time.monotonic() + 60
        env = {"JWTOOL_CACHE_DIR": str(tmp_path / "cache")}
        while len(kids) < 4:
            assert time.monotonic() < deadline
            now = int(time.time())
            signed = cli("sign", "-k", tmp_path / "signing.json", "--exp", "2s", now=now)
            checked = cli("verify", "--json", "-k", url, "-", stdin=signed.raw, now=now, env=env)
            assert checked.exit == 0, checked.stdout
            kids.add(checked.document["key"]["kid"])
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    lines = err.decode().splitlines()
    assert lines[0].startswith("note: made: signing.json: its first key is active")
    assert [line for line in lines if "can't" in line or "internal" in line] == []
    assert (tmp_path / "signing.json").stat().st_mode & 0o777 == 0o600
    if os.name == "posix":
        assert sorted(path.name for path in tmp_path.iterdir() if path.name != "cache") == ["signing.json"]


@pytest.mark.parametrize(
    ("options", "max_age", "wanted"),
    [
        ((None, None, None), 300, Schedule(3600, DAY, 30 * DAY)),
        ((None, None, None), 7200, Schedule(7200, DAY, 30 * DAY)),
        (("7d", "2h", "48h"), 300, Schedule(7200, 2 * DAY, 7 * DAY)),
    ],
)
def test_the_schedule(options: tuple[str | None, str | None, str | None], max_age: int, wanted: Schedule) -> None:
    assert parse_schedule(*options, max_age=max_age) == wanted


@pytest.mark.parametrize(
    ("argv", "exit_code", "message", "hint"),
    [
        (
            ("jwks.json", "--every", "30d"),
            2,
            "--every, --publish-before and --retire-after say how to --rotate",
            "add --rotate",
        ),
        (
            ("env:SET", "--rotate"),
            2,
            "--rotate changes SET, so SET must be a file: the private set",
            "jwtool jwks serve FILE --rotate",
        ),
        (
            ("set.json#k1", "--rotate"),
            2,
            "--rotate changes SET, so SET must be a file: the private set",
            "jwtool jwks serve FILE --rotate",
        ),
        (
            ("jwks.json", "--rotate"),
            4,
            "jwks.json holds no private key, and what is rotated is a private set",
            "the public set is named with --public-out",
        ),
    ],
)
def test_what_can_not_be_rotated(
    cli: Cli,
    keys: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: tuple[str, ...],
    exit_code: int,
    message: str,
    hint: str,
) -> None:
    monkeypatch.chdir(keys)
    done = cli("jwks", "serve", *argv, env={"SET": "{}"})
    assert (done.exit, done.stdout, done.stderr) == (exit_code, "", f"jwtool: error: {message}\nhint: {hint}\n")


def test_keys_that_would_sign_before_clients_see_them(cli: Cli, keys: Path) -> None:
    done = cli("jwks", "serve", keys / "es256.jwk", "--rotate", "--max-age", "1h", "--publish-before", "5m")
    assert done.exit == cli("jwks", "rotate", keys / "es256.jwk", "--max-age", "1h", "--publish-before", "5m").exit
    assert done.stderr.splitlines()[1] == "hint: a shorter --max-age, or a longer --publish-before"


def test_trouble_is_said_once_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jwtool.sources.runtime import Runtime

    monkeypatch.chdir(tmp_path)
    runtime = Runtime.of_this_process()
    said: list[str] = []
    runtime.warn = said.append
    rotation = ScheduledRotation("set.json", Schedule(every=DAY), runtime)
    rotation()
    good = (tmp_path / "set.json").read_bytes()
    (tmp_path / "set.json").write_text("{")
    rotation()
    rotation()
    (tmp_path / "set.json").write_bytes(good)
    rotation()
    (tmp_path / "set.json").write_text("{")
    rotation()
    assert [line.partition(":")[0] for line in said] == ["made", *["the keys can't be rotated"] * 2]
    assert len(json.loads(good)["keys"]) == 1
    assert rotation.seconds == 60
