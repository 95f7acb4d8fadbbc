r"""The patterns of `--require`, matched within a limit of time.

Python's `re` backtracks, and has no limit of its own: on a claim that an attacker wrote for it, an innocent pattern
such as `(\w+\.?)+` takes longer than the universe is old.
"""

from __future__ import annotations

import re
import signal
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 0.5


def fullmatch(pattern: str, text: str) -> bool:
    """Whether `pattern` matches the whole of `text`. Raises TimeoutError after half a second, and what `re` raises."""
    with _alarm(SECONDS):
        return re.fullmatch(pattern, text) is not None


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
