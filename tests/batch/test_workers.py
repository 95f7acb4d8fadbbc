"""`jwtool.batch.workers`: order, room, and what happens when a worker dies or is not wanted any more."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from jwtool.batch.workers import AHEAD, Workers
from jwtool.jose.errors import JwtoolError, WorkerDied
from jwtool.operations.lines import Chunk, Judge, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Echo(Judge):
    """Answers a line with itself, after a while; some lines are commands."""

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(Wanted(lambda _error: 3))
        self.folder = folder

    def answer(self, line: bytes, number: int) -> str:
        self.count(True)
        text = line.decode()
        if text.startswith("sleep"):
            time.sleep(random.Random(number).random() / 100)
        if text == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "die once" and self.folder is not None and not (self.folder / "died").exists():
            (self.folder / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "bug":
            raise KeyError(text)
        return f"{number} {text}\n"


def chunked(lines: list[str]) -> Iterator[Chunk]:
    return iter([Chunk(number, line.encode(), 0) for number, line in enumerate(lines, 1)])


def answered(lines: list[str], folder: Path | None = None, jobs: int = 3) -> list[str]:
    with Workers(Echo(folder), jobs) as workers:
        answers = [one.text.decode() for one in workers.answers(chunked(lines), lambda: None)]
    assert multiprocessing.active_children() == []
    return answers


def test_answers_come_in_order() -> None:
    lines = [f"sleep {number}" for number in range(300)]
    assert answered(lines) == [f"{number} {line}\n" for number, line in enumerate(lines, 1)]


def test_nothing_to_do() -> None:
    assert answered([]) == []


def test_chunks_larger_than_a_pipe_and_as_large_answers_block_nobody() -> None:
    lines = [letter * size for size in (3_000_000, 10, 700_000, 1_200_000) for letter in "abcdefgh"]
    assert answered(lines, jobs=2) == [f"{number} {line}\n" for number, line in enumerate(lines, 1)]


def test_a_worker_that_dies_costs_a_retry_and_no_answer(tmp_path: Path) -> None:
    lines = [f"sleep {number}" for number in range(60)]
    lines[20] = "die once"
    assert answered(lines, tmp_path) == [f"{number} {line}\n" for number, line in enumerate(lines, 1)]
    assert (tmp_path / "died").exists()


def test_a_chunk_that_ends_two_workers_is_an_error() -> None:
    with pytest.raises(WorkerDied) as refusal:
        answered(["a", "b", "die", "c"])
    assert refusal.value.message == "a process that judged the lines from 3 on died, and so did the next one"
    assert multiprocessing.active_children() == []


def test_a_bug_in_a_worker_is_one_here() -> None:
    with pytest.raises(JwtoolError, match=r"^this is a bug in jwtool: KeyError at .*test_workers\.py:\d+$") as refusal:
        answered(["a", "bug"])
    assert refusal.value.code == "internal"
    assert multiprocessing.active_children() == []


def test_whoever_stops_listening_leaves_nobody_behind() -> None:
    with Workers(Echo(), 2) as workers:
        answers = workers.answers(chunked(["sleep"] * 100), lambda: None)
        assert next(answers).text == b"1 sleep\n"
        assert len(multiprocessing.active_children()) == 2
    assert multiprocessing.active_children() == []


def test_no_more_chunks_are_read_than_the_next_answer_allows() -> None:
    """A first chunk that takes long does not make the others pile up."""
    read = 0

    def supply() -> Iterator[Chunk]:
        nonlocal read
        for number in range(1, 200):
            read = number
            yield Chunk(number, b"sleep" if number == 1 else b"x", 0)

    with Workers(Echo(), 2) as workers:
        for written, _ in enumerate(workers.answers(supply(), lambda: None)):
            assert read - written <= AHEAD * 2 + 1


def test_what_has_been_answered_does_not_wait_for_what_is_to_be_read() -> None:
    """Lines that trickle in: the descriptor at which the next one is waited for never has anything to read."""
    reading, writing = os.pipe()

    def supply() -> Iterator[Chunk]:
        yield Chunk(1, b"a", 0)
        assert os.read(reading, 1) == b"x"
        yield Chunk(2, b"b", 0)

    with Workers(Echo(), 2) as workers:
        answers = workers.answers(supply(), lambda: reading if not given else None)
        given: list[bytes] = []
        assert next(answers).text == b"1 a\n"
        os.write(writing, b"x")
        given.append(b"x")
        assert [one.text for one in answers] == [b"2 b\n"]
    os.close(reading)
    os.close(writing)
