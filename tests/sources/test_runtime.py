from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os, sys
from jwtool.sources.runtime import Runtime
runtime = Runtime.of_this_process()
said = []
for act in (lambda: runtime.stdin.read(9), lambda: runtime.stdout.write(b"x")):
    try:
        said.append(act())
    except OSError as error:
        said.append(error.strerror)
runtime.stdout.flush()
terminals = runtime.stdin_is_terminal, runtime.stdout_is_terminal, runtime.stderr_is_terminal
print(said, terminals, runtime.environ["WHO"], file=sys.stderr)
"""


def run(redirection: str) -> tuple[bytes, bytes]:
    command = f'exec "$0" -c "$1" {redirection}'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, PROGRAM],
        capture_output=True,
        check=True,
        input=b"in",
        env={"WHO": "me"},
    )
    return done.stdout, done.stderr


def test_the_streams_of_the_process() -> None:
    assert run("") == (b"x", b"[b'in', 1] (False, False, False) me\n")


def test_streams_that_the_parent_closed_fail_when_they_are_used() -> None:
    assert run("<&- >&-") == (b"", b"['it is closed', 'it is closed'] (False, False, False) me\n")
