"""Progress of a long work, for whoever watches: one line on a terminal's stderr, from the first half second on."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.sources.runtime import Runtime

PATIENCE = 0.5  # seconds
EVERY = 0.1  # seconds


class Progress:
    """Shows how many lines are done and how many failed, the rate, and the time left where `size` (octets) is known.

    Nothing is shown where stderr is no terminal. No thread draws it: it is drawn when there is news.
    """

    def __init__(self, runtime: Runtime, size: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._runtime = runtime
        self._size = size
        self._clock = clock
        self._begun = clock()
        self._next = self._begun + PATIENCE
        self._live: Any = None
        self._task: Any = None

    def show(self, *, done: int, failed: int, taken: int) -> None:
        """Say how far the work is: `taken` octets of the input were read."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + EVERY
        if self._live is None:
            self._start()
        rate = done / (now - self._begun)
        left = f"{max(self._size - taken, 0) * (now - self._begun) / taken:.0f} s left" if self._size and taken else ""
        said = f"{done:,} lines  {failed:,} failed  {rate:,.0f}/s  {left}".rstrip()
        self._live.update(self._task, completed=taken, said=said)
        self._live.refresh()

    def end(self) -> None:
        """Take the line away."""
        if self._live is not None:
            self._live.stop()
            self._live.console.file.detach()
            self._live = None
        self._next = float("inf")

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Live

        text = io.TextIOWrapper(self._runtime.stderr, encoding="utf-8", errors="backslashreplace", write_through=True)
        console = Console(file=text, force_terminal=True, markup=False, emoji=False, highlight=False)
        columns = [TextColumn("{task.fields[said]}")]
        self._live = Live(
            *([BarColumn()] if self._size else []),
            *columns,
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._live.add_task("", total=self._size, said="")
        self._live.start()


def watched(runtime: Runtime, *, prints_lines: bool) -> bool:
    """Whether somebody would see progress: on a terminal that shows no lines at the same time."""
    if not runtime.stderr_is_terminal or runtime.environ.get("TERM") == "dumb":
        return False
    return not (prints_lines and runtime.stdout_is_terminal)
