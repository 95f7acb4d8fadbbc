"""Answer a stream of lines: this file is what joins chunks, judge and tally, and ends well however it ends."""

from __future__ import annotations

import gc
from itertools import chain
from typing import TYPE_CHECKING

from jwtool.batch.chunks import chunks
from jwtool.batch.tally import Tally
from jwtool.batch.workers import Workers, cores
from jwtool.output.progress import Progress, watched
from jwtool.output.report import Lines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from jwtool.batch.settings import Settings
    from jwtool.operations.lines import Answered, Chunk, Judge
    from jwtool.output.report import Report
    from jwtool.sources.lines import LineInput
    from jwtool.sources.runtime import Runtime

WORTH_WORKERS = 1024 * 1024  # octets of input
GARBAGE = 20_000  # objects


def answer_lines(
    judge: Judge,
    source: LineInput,
    settings: Settings,
    runtime: Runtime,
    *,
    at: int | None = None,
    notes: tuple[str, ...] = (),
) -> Iterator[Lines | Report]:
    """The answers of `judge` to all lines of `source`, in order, and then the summary if it is wanted.

    They are judged at the moment `at`, or at that at which they were read.

    Whoever is interrupted, or can't get rid of what he was given, throws KeyboardInterrupt or BrokenPipeError into
    this generator: it stops at once, and gives the summary so far. After an interrupt that is raised again.
    """
    tally = Tally()
    stopped: BaseException | None = None
    _collect_garbage()
    coming = chunks(source.read, runtime.now if at is None else lambda: at)
    if settings.cluster is None:
        answers = _answers(judge, source, coming, settings.jobs or cores())
    else:
        from jwtool.batch.cluster import cluster_answers

        answers = cluster_answers(judge, coming, settings.cluster)
    progress = _progress(judge, source, settings, runtime)
    try:
        for answered in answers:
            tally.add(answered)
            if progress is not None:
                progress.show(done=tally.ok + tally.failed + tally.blank, failed=tally.failed, taken=source.taken)
            yield Lines(answered.text, answered.aside, positive=not any(not said.ok for said in answered.counts))
    except (KeyboardInterrupt, BrokenPipeError) as error:
        stopped = error
        tally.interrupted = True
    finally:
        if progress is not None:
            progress.end()
        answers.close()
        source.close()
    interrupted = isinstance(stopped, KeyboardInterrupt)
    if settings.summary or settings.silent or interrupted:
        alone = settings.silent and not isinstance(stopped, BrokenPipeError)
        yield tally.report(notes, whole=settings.summary, aside=not alone)
    if interrupted:
        raise KeyboardInterrupt


def _progress(judge: Judge, source: LineInput, settings: Settings, runtime: Runtime) -> Progress | None:
    """What shows progress, if anybody sees it, and nothing else is said on stderr meanwhile."""
    if settings.as_json or (judge.raw and not settings.quiet):
        return None
    return Progress(runtime, source.size) if watched(runtime, prints_lines=not settings.silent) else None


def _answers(judge: Judge, source: LineInput, coming: Iterator[Chunk], jobs: int) -> Generator[Answered, None, None]:
    """The answers, by this process alone until so much has been read that others pay for their start."""
    seen = source.size or 0
    for chunk in coming:
        if jobs > 1 and seen >= WORTH_WORKERS:
            with Workers(judge, jobs) as workers:
                yield from workers.answers(chain((chunk,), coming), source.waits_for)
            return
        yield judge.judge(chunk)
        seen = max(seen, source.taken)


def _collect_garbage() -> None:
    """Turn on again what a short command goes without, for what is made from now on."""
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(GARBAGE)
        gc.enable()
