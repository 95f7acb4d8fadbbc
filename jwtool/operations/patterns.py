r"""The patterns of `--require`, matched within a limit of time.

Python's `re` backtracks, and has no limit of its own: on a claim that an attacker wrote for it, an innocent pattern
such as `(\w+\.?)+` takes longer than the universe is old.
"""

from __future__ import annotations

import re
import signal
import time
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 0.5


class Matcher:
    """Matches the patterns of one command line, which share half a second: many slow ones cost no more than one."""

    def __init__(self) -> None:
        self.left = SECONDS

    def __call__(self, pattern: str, text: str) -> bool:
        """Whether `pattern` matches the whole of `text`. Raises TimeoutError once no time is left, and as `re` does."""
        if self.left <= 0:
            raise TimeoutError
        began = time.monotonic()
        try:
            with _alarm(self.left):
                return re.fullmatch(pattern, text) is not None
        finally:
            self.left -= time.monotonic() - began


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise TimeoutError inside the block when it takes longer; where the system or the thread can't, never."""
    if not hasattr(signal, "setitimer") or current_thread() is not main_thread():
        yield
        return

    def ring(_signal: int, _frame: object) -> NoReturn:
        raise TimeoutError

    handler = signal.signal(signal.SIGALRM, ring)
    others = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *others)
        signal.signal(signal.SIGALRM, handler)
