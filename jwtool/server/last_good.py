"""A key set that follows the file behind it, and survives what happens to that file.

Half-written, broken, absent for a moment: this file is why a client still gets the last good set.
"""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.errors import JwtoolError

if TYPE_CHECKING:
    from collections.abc import Callable

AGAIN_SECONDS = 2.0
"""When a set is read once more although its stamp is the same: the coarsest clock of a file system in use."""

_NO_STAMP = object()


class Served(NamedTuple):
    """The JSON of a set, and its strong entity tag: the SHA-256 of its octets, in quotes."""

    body: bytes
    etag: str


class LastGoodSet:
    """The last good set that `load` returned, read again when `stamp` differs.

    The first `load` lets its error through; later on JwtoolError and OSError leave the last good set standing, and
    `log` is told, once per reason.
    """

    def __init__(
        self, load: Callable[[], bytes], stamp: Callable[[], object], log: Callable[[str], None] | None
    ) -> None:
        self._load = load
        self._stamp = stamp
        self._log = log
        self._reading = threading.Lock()
        self._trouble: str | None = None
        self._seen: object = stamp()
        self._read_again_at: float | None = time.monotonic() + AGAIN_SECONDS
        self._served = _as_served(load())

    def current(self) -> Served:
        """The set as it stands now. While one thread reads a changed one, the others get the one before."""
        if self._reading.acquire(blocking=False):
            try:
                self._refresh()
            except (JwtoolError, OSError) as error:
                self._keep_last_good(error)
            finally:
                self._reading.release()
        return self._served

    def _refresh(self) -> None:
        # A file rewritten within one tick of its clock keeps its stamp, and so does one that becomes readable:
        # each new stamp is read twice, and a failed reading is repeated.
        try:
            stamp = self._stamp()
        except (JwtoolError, OSError):
            self._seen = _NO_STAMP
            raise
        changed = stamp != self._seen
        due = self._read_again_at is not None and time.monotonic() >= self._read_again_at
        if not changed and not due:
            return
        self._seen = stamp
        self._read_again_at = time.monotonic() + AGAIN_SECONDS
        served = _as_served(self._load())
        if not changed:
            self._read_again_at = None
        if served != self._served or self._trouble is not None:
            self._say("the key set was read again and is served from now on")
        self._served, self._trouble = served, None

    def _keep_last_good(self, error: JwtoolError | OSError) -> None:
        reason = error.message if isinstance(error, JwtoolError) else (error.strerror or type(error).__name__).lower()
        if reason != self._trouble:
            self._say(f"the key set can't be read, the last good one is still served: {reason}")
        self._trouble = reason

    def _say(self, sentence: str) -> None:
        if self._log is not None:
            self._log(sentence)


def _as_served(body: bytes) -> Served:
    return Served(body, f'"{hashlib.sha256(body).hexdigest()}"')
