"""Workers: processes that judge chunks. This file is what starts them, keeps their answers in order, and ends them.

On Linux they are forked: keys and secrets are where they were, and travel through nothing. Elsewhere they are spawned,
and get the judge through a pipe that nobody else can read. A worker that dies is replaced, and its chunk judged once
more; whatever happens to this process, none stays behind: they end when their pipe does.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
from collections import deque
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, NamedTuple, Self

from jwtool.jose.errors import JwtoolError, WorkerDied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.process import BaseProcess
    from types import TracebackType

    from jwtool.operations.lines import Answered, Chunk, Judge

    Numbered = tuple[int, Chunk]

ROOM = 1024 * 1024  # octets that a pipe to a worker is asked to hold, so that a second chunk waits there
LEAST_ROOM = 64 * 1024
AHEAD = 4  # chunks for each worker between the one that is written next and the last one that was read
PATIENCE = 5.0  # seconds for a worker to end by itself
MAX_TRIES = 2


class Failed(NamedTuple):
    """A bug, as a worker met it: what, and where, without any value."""

    what: str


class Worker:
    """One process. `given` are the chunks that it has not answered, the oldest first, with their sizes in its pipe."""

    def __init__(self, judge: Judge, others: Sequence[Worker]) -> None:
        forks = sys.platform == "linux"
        context = multiprocessing.get_context("fork") if forks else multiprocessing.get_context("spawn")
        inner_requests, self.requests = context.Pipe(duplex=False)
        self.answers, inner_answers = context.Pipe(duplex=False)
        self.room = max(_widened(self.requests), LEAST_ROOM)
        _widened(inner_answers)
        self.given: deque[tuple[Numbered, int]] = deque()
        inherited = [end for one in (self, *others) for end in (one.requests, one.answers)] if forks else []
        arguments = (judge, inner_requests, inner_answers, inherited)
        self.process: BaseProcess = context.Process(target=_serve, args=arguments, daemon=True)
        with _signals_wait():
            self.process.start()
        inner_requests.close()
        inner_answers.close()

    def takes(self, size: int) -> bool:
        """Whether a chunk of that size can be sent without waiting: an idle worker reads it, or its pipe has room."""
        return not self.given or sum(length for _, length in self.given) + size <= self.room

    def end(self) -> None:
        """End it at once, and wait until it is gone."""
        self.process.kill()
        self.process.join()
        self.requests.close()
        self.answers.close()


class Workers:
    """As many processes as `jobs` says, which judge chunks; to be used in a `with`, at whose end they are gone."""

    def __init__(self, judge: Judge, jobs: int) -> None:
        self.judge = judge
        self.jobs = jobs
        self.workers: list[Worker] = []
        self._tries: dict[int, int] = {}
        self._again: deque[Numbered] = deque()

    def __enter__(self) -> Self:
        for _ in range(self.jobs):
            self.workers.append(Worker(self.judge, self.workers))
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        for worker in self.workers:
            if kind is None:
                worker.requests.close()
                worker.process.join(PATIENCE)
            worker.end()
        self.workers = []

    def answers(self, chunks: Iterator[Chunk], waits_for: Callable[[], int | None]) -> Iterator[Answered]:
        """The answers for all chunks, in their order; bounded many are under way.

        `waits_for` gives the descriptor that the next chunk has to be waited for at, or None if there is no waiting:
        what has been answered by then is not held back. Raises WorkerDied where the same chunk ended two workers.
        """
        coming: Iterator[Numbered] = iter(enumerate(chunks))
        done: dict[int, Answered] = {}
        read = written = 0
        ended = False
        while not ended or written < read:
            full = read - written >= AHEAD * self.jobs
            feeding = bool(self._again) or not (ended or full)
            waiting = waits_for() if feeding and not self._again and written < read else None
            worker = self._free() if feeding and waiting is None else None
            if worker is not None:
                numbered = self._again.popleft() if self._again else next(coming, None)
                if numbered is None:
                    ended = True
                else:
                    read = max(read, numbered[0] + 1)
                    self._send(worker, numbered)
            self._receive(done, also=waiting, seconds=None if worker is None else 0)
            while written in done:
                yield done.pop(written)
                written += 1

    def _free(self) -> Worker | None:
        """The worker to give the next chunk: an idle one, else one whose pipe has room for another usual chunk."""
        least = min(self.workers, key=lambda one: len(one.given))
        return least if not least.given or (len(least.given) == 1 and least.takes(ROOM // 3)) else None

    def _send(self, worker: Worker, numbered: Numbered) -> None:
        data = pickle.dumps(numbered[1], pickle.HIGHEST_PROTOCOL)
        if not worker.takes(len(data)):
            self._again.appendleft(numbered)
            self._drain(worker)
            return
        worker.given.append((numbered, len(data)))
        try:
            worker.requests.send_bytes(data)
        except (BrokenPipeError, ConnectionResetError):
            self._replace(worker)

    def _drain(self, worker: Worker) -> None:
        """Wait until that worker has something to say: it is given a chunk of unusual size only when it is idle."""
        wait([worker.answers])

    def _receive(self, done: dict[int, Answered], *, also: int | None = None, seconds: float | None = None) -> None:
        """Take the answers that there are, or wait for one, or for something to read at the descriptor `also`."""
        by_end = {worker.answers: worker for worker in self.workers if worker.given}
        for end in wait([*by_end, *(() if also is None else (also,))], seconds):
            if not isinstance(end, Connection):
                continue
            worker = by_end[end]
            try:
                answered: Answered | Failed = end.recv()
            except (EOFError, ConnectionResetError):
                self._replace(worker)
                continue
            (number, _chunk), _size = worker.given.popleft()
            if isinstance(answered, Failed):
                raise JwtoolError(
                    answered.what, hint="please report it; JWTOOL_TRACEBACK=1 --jobs 1 shows the way there"
                )
            self._tries.pop(number, None)
            done[number] = answered

    def _replace(self, worker: Worker) -> None:
        """Put another in the place of one that died. Raises WorkerDied if its chunk has ended one before."""
        lost = [numbered for numbered, _ in worker.given]
        worker.end()
        place = self.workers.index(worker)
        if lost:
            number, chunk = lost[0]
            self._tries[number] = self._tries.get(number, 0) + 1
            if self._tries[number] >= MAX_TRIES:
                raise WorkerDied(
                    f"a process that judged the lines from {chunk.first} on died, and so did the next one",
                    hint="was it killed for want of memory? --jobs 1 needs the least",
                )
        self._again.extendleft(reversed(lost))
        del self.workers[place]
        self.workers.insert(place, Worker(self.judge, self.workers))


def cores() -> int:
    """How many processes can run at a time here."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _serve(judge: Judge, requests: Connection, answers: Connection, others: Sequence[Connection]) -> None:
    """What a worker does: answer chunks until there are no more, or nobody is there to send them."""
    import gc

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it gets that too, and ends it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    for end in others:  # or it would keep them open for others that wait for their end
        end.close()
    gc.freeze()
    gc.enable()
    with suppress(EOFError, OSError):
        while True:
            chunk = pickle.loads(requests.recv_bytes())  # noqa: S301  from the process that started this one
            try:
                answered: Answered | Failed = judge.judge(chunk)
            except Exception as error:  # noqa: BLE001  said by the process that has a user
                answered = Failed(f"this is a bug in jwtool: {type(error).__name__} at {_place(error)}")
            answers.send(answered)


def _place(error: BaseException) -> str:
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename.rpartition('jwtool/')[2]}:{frame.lineno}"


def _widened(end: Connection) -> int:
    """How much a pipe holds, once it has been asked to hold ROOM; 0 where nobody can say."""
    try:
        import fcntl

        return fcntl.fcntl(end.fileno(), fcntl.F_SETPIPE_SZ, ROOM)
    except (ImportError, AttributeError, OSError):
        return 0


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Hold back what would end this process: the one that is started in the block shall decide for itself."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
