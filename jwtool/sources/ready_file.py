"""The ready file of a server: one URL and a line break, there only while the server answers."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from jwtool.sources.files import write_new

if TYPE_CHECKING:
    from types import TracebackType


class ReadyFile:
    """Writes `url` to `path` on entry, and removes the file on exit if it still says so. No path: nothing."""

    def __init__(self, path: str | None, url: str) -> None:
        self._path = path
        self._content = f"{url}\n".encode()

    def __enter__(self) -> None:
        if self._path is not None:
            write_new(self._path, self._content, private=False, force=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._path is None:
            return
        with contextlib.suppress(OSError), open(self._path, "rb") as file:
            if file.read() == self._content:
                os.unlink(self._path)
