"""`jwtool.output.progress`: one line for whoever watches, and nothing for anybody else."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jwtool.output.progress import Progress, watched
from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNTIME = Runtime(
    stdin=io.BytesIO(),
    stdout=io.BytesIO(),
    stderr=io.BytesIO(),
    environ={},
    now=lambda: 0,
    stdin_is_terminal=False,
    stdout_is_terminal=False,
    stderr_is_terminal=True,
    ask_secret=lambda _: "",
)


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def seen(stderr: io.BytesIO) -> list[str]:
    """What was drawn, without colours."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", stderr.getvalue().decode())
    return [line.strip() for line in re.split(r"[\r\n]+", text) if "lines" in line]


@pytest.mark.parametrize(("size", "left"), [(1000, "  3 s left"), (None, "")])
def test_it_says_how_far_the_work_is(size: int | None, left: str) -> None:
    stderr, clock = io.BytesIO(), Clock()
    progress = Progress(replace(RUNTIME, stderr=stderr), size, clock)
    progress.show(done=10, failed=0, taken=10)
    clock.time += 0.4
    progress.show(done=1_000, failed=1, taken=100)
    assert stderr.getvalue() == b""
    clock.time += 0.6
    progress.show(done=3_000, failed=2, taken=250)
    assert seen(stderr)[-1] == f"3,000 lines  2 failed  3,000/s{left}"
    clock.time += 0.05
    progress.show(done=3_500, failed=2, taken=260)
    assert not any("3,500" in line for line in seen(stderr))
    progress.end()
    progress.end()
    clock.time += 10
    progress.show(done=9_000, failed=2, taken=900)
    assert not any("9,000" in line for line in seen(stderr))
    assert not stderr.closed


def test_a_short_work_shows_nothing() -> None:
    stderr = io.BytesIO()
    progress = Progress(replace(RUNTIME, stderr=stderr), 10)
    progress.show(done=1, failed=0, taken=1)
    progress.end()
    assert stderr.getvalue() == b""


@pytest.mark.parametrize(
    ("stderr", "stdout", "prints_lines", "environ", "there"),
    [
        (True, False, True, {}, True),
        (True, True, True, {}, False),
        (True, True, False, {}, True),
        (False, False, True, {}, False),
        (True, False, True, {"TERM": "dumb"}, False),
    ],
)
def test_who_watches(stderr: bool, stdout: bool, prints_lines: bool, environ: Mapping[str, str], there: bool) -> None:
    runtime = replace(RUNTIME, stderr_is_terminal=stderr, stdout_is_terminal=stdout, environ=environ)
    assert watched(runtime, prints_lines=prints_lines) is there
