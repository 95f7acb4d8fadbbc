"""Answer a stream of lines: this file is what joins chunks, judge and tally, and ends well however it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.batch.chunks import chunks
from jwtool.batch.tally import Tally
from jwtool.output.report import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jwtool.batch.settings import Settings
    from jwtool.operations.lines import Answered, Chunk, Judge
    from jwtool.output.report import Report
    from jwtool.sources.lines import LineInput

    Engine = Callable[[Iterable[Chunk]], Iterator[Answered]]


def answer_lines(
    judge: Judge, source: LineInput, settings: Settings, *, now: Callable[[], int], notes: tuple[str, ...] = ()
) -> Iterator[Lines | Report]:
    """The answers of `judge` to all lines of `source`, in order, and then the summary if it is wanted.

    Whoever is interrupted, or can't get rid of what he was given, throws KeyboardInterrupt or BrokenPipeError into
    this generator: it stops at once, and gives the summary so far. After an interrupt that is raised again.
    """
    tally = Tally()
    stopped: BaseException | None = None
    try:
        for answered in map(judge.judge, chunks(source.read, now)):
            tally.add(answered)
            yield Lines(answered.text, answered.aside, positive=not any(not said.ok for said in answered.counts))
    except (KeyboardInterrupt, BrokenPipeError) as error:
        stopped = error
        tally.interrupted = True
    finally:
        source.close()
    interrupted = isinstance(stopped, KeyboardInterrupt)
    if settings.summary or settings.silent or interrupted:
        alone = settings.silent and not isinstance(stopped, BrokenPipeError)
        yield tally.report(notes, whole=settings.summary, aside=not alone)
    if interrupted:
        raise KeyboardInterrupt
