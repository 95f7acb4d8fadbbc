"""`jwtool verify --lines` as a process: workers, interrupts, closed pipes; nobody stays behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = "1795556400"
STAT = re.compile(r"(\d+) \(.*\) (\S) (\d+) (\d+) .*", re.DOTALL)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the processes of a group are found in /proc"),
]
MANY = 6_000  # tokens, some megabytes


@pytest.fixture
def many(keys: Path) -> Path:
    """A file with many tokens, every hundredth of them broken."""
    good = (keys / "token.jwt").read_text().strip()
    bad = f"{good[:-4]}AAAA"
    path = keys / "tokens.txt"
    path.write_text("".join(f"{good if number % 100 else bad}\n" for number in range(MANY)))
    return path


class Run:
    """A running `verify --lines --jobs 2`, in a group of its own; `stdin` None is a pipe that is fed for ever."""

    def __init__(self, keys: Path, *argv: str, endless: Path | None = None) -> None:
        command = [sys.executable, "-m", "jwtool", "verify", "-k", str(keys / "es256.public.jwk"), "--at", NOW]
        self.process = subprocess.Popen(
            [*command, "--lines", "--jobs", "2", *argv],
            stdin=subprocess.PIPE if endless else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        if endless is not None:
            assert self.process.stdin is not None
            threading.Thread(target=feed, args=(self.process.stdin, endless.read_bytes()), daemon=True).start()

    def members(self) -> set[int]:
        """The processes of its group that are there."""
        found = set()
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                number, state, _parent, group = STAT.fullmatch(path.read_text()).groups()  # type: ignore[union-attr]  # proc(5)
                if int(group) == self.process.pid and (state != "Z" or int(number) != self.process.pid):
                    found.add(int(number))
        return found

    def wait_for_workers(self) -> None:
        deadline = time.monotonic() + 30
        while len(self.members()) < 3:
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)


def feed(stdin: IO[bytes], data: bytes) -> None:
    with suppress(OSError, ValueError):
        while True:
            stdin.write(data)


@pytest.fixture
def endless(keys: Path, many: Path) -> Iterator[Run]:
    run = Run(keys, endless=many)
    yield run
    with suppress(ProcessLookupError):
        os.killpg(run.process.pid, signal.SIGKILL)
    run.process.wait()
    for stream in (run.process.stdin, run.process.stdout, run.process.stderr):
        with suppress(OSError, AttributeError):
            stream.close()  # type: ignore[union-attr]  # None is what suppress is for


def drained(run: Run) -> None:
    """Read stdout all the time, so that the process is at work and not waiting to write."""
    assert run.process.stdout is not None
    threading.Thread(target=run.process.stdout.read, daemon=True).start()


def test_workers_answer_as_one_process_does(keys: Path, many: Path) -> None:
    alone = Run(keys, "--jobs", "1", f"@{many}").process.communicate(timeout=100)
    together = Run(keys, f"@{many}").process.communicate(timeout=100)
    assert together == alone
    assert alone[0].count(b"\n") == MANY
    assert [json.loads(line)["line"] for line in alone[0].splitlines()[:300:100]] == [1, 101, 201]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_all_of_it_at_once(endless: Run, number: int, code: int) -> None:
    drained(endless)
    endless.wait_for_workers()
    if number == signal.SIGINT:
        os.killpg(endless.process.pid, number)  # as a terminal does
    else:
        endless.process.send_signal(number)
    assert endless.process.wait(timeout=20) == code
    assert endless.members() == set()
    assert endless.process.stderr is not None
    said = endless.process.stderr.read().decode()
    if number == signal.SIGINT:
        assert " lines so far  " in said
        assert said.count("\n") == 1
    else:
        assert said == ""


def test_a_closed_pipe_ends_all_of_it_quietly(endless: Run) -> None:
    assert endless.process.stdout is not None
    assert endless.process.stderr is not None
    while len(endless.members()) < 3:
        assert endless.process.stdout.read(200_000)
    endless.process.stdout.close()
    assert endless.process.wait(timeout=20) == 1
    assert endless.members() == set()
    assert endless.process.stderr.read() == b""


def test_workers_end_when_their_parent_is_killed(endless: Run) -> None:
    drained(endless)
    endless.wait_for_workers()
    endless.process.kill()
    endless.process.wait()
    deadline = time.monotonic() + 20
    while endless.members():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_worker_that_is_killed_changes_nothing(keys: Path, many: Path) -> None:
    many.write_bytes(many.read_bytes() * 3)
    alone = Run(keys, "--jobs", "1", f"@{many}").process.communicate(timeout=100)
    run = Run(keys, f"@{many}")
    run.wait_for_workers()
    (victim, *_) = sorted(run.members() - {run.process.pid})
    os.kill(victim, signal.SIGKILL)
    assert run.process.communicate(timeout=100) == alone


def test_interrupted_alone(keys: Path) -> None:
    """One process, before any worker is worth its start: the summary so far, and 130."""
    good = (keys / "token.jwt").read_text()
    process = subprocess.Popen(
        [sys.executable, "-m", "jwtool", "verify", "-k", str(keys / "es256.public.jwk"), "--lines", "--at", NOW],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(good.encode())
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["ok"]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err.decode()) == (130, b"", "1 line so far  1 ok, 0 failed\n")


def test_a_full_disk_ends_all_of_it_with_its_reason(keys: Path, many: Path) -> None:
    command = [sys.executable, "-m", "jwtool", "verify", "-k", str(keys / "es256.public.jwk"), "--lines", f"@{many}"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*command, "--jobs", "2"], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert done.returncode == 6
    assert done.stderr.startswith(b"jwtool: error: the output could not be written: no space left on device\n")


def test_stdin_that_is_closed(keys: Path) -> None:
    command = f"'{sys.executable}' -m jwtool verify -k es256.public.jwk --lines <&-"
    done = subprocess.run(["bash", "-c", command], cwd=keys, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr == b"jwtool: error: can't read the tokens: stdin: it is closed\n"
