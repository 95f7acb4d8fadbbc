"""Runtime: the process as a value: streams, environment, clock, terminal or not.

Commands and sources take what they need from here and from nowhere else, so that a test can call them
as functions.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, NoReturn, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _discard(_message: str) -> None:
    """Say nothing: what a Runtime does until the command line gives it a voice."""


@dataclass(slots=True, eq=False, repr=False)
class Runtime:
    """What surrounds one run of jwtool.

    `now` returns Unix seconds. `trace` receives the sentences of --verbose ("jwks: fetched …"), `warn` remarks
    that can't wait for a report; the command line sets both. `ask_secret` prompts on the terminal without echo
    and returns what was typed.
    `stdin_taken_for` names what has consumed stdin: it can be used once per command line.
    """

    stdin: BinaryIO
    stdout: BinaryIO
    stderr: BinaryIO
    environ: Mapping[str, str]
    now: Callable[[], int]
    stdin_is_terminal: bool
    stdout_is_terminal: bool
    stderr_is_terminal: bool
    ask_secret: Callable[[str], str]
    trace: Callable[[str], None] = field(default=_discard)
    warn: Callable[[str], None] = field(default=_discard)
    stdin_taken_for: str | None = None

    @classmethod
    def of_this_process(cls) -> Runtime:
        """The real thing. A stream that the parent closed fails when it is used, and is no terminal."""
        return cls(
            stdin=_binary(sys.stdin),
            stdout=_binary(sys.stdout),
            stderr=_binary(sys.stderr),
            environ=os.environ,
            now=lambda: int(time.time()),
            stdin_is_terminal=_is_terminal(sys.stdin),
            stdout_is_terminal=_is_terminal(sys.stdout),
            stderr_is_terminal=_is_terminal(sys.stderr),
            ask_secret=_ask_on_terminal,
        )


class _ClosedStream(io.RawIOBase):
    """What stands for a stream that was closed before jwtool began (`<&-`, `>&-`)."""

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, _buffer: object) -> NoReturn:
        raise OSError(errno.EBADF, "it is closed")

    def write(self, _data: object) -> NoReturn:
        raise OSError(errno.EBADF, "it is closed")


def _binary(stream: TextIO | None) -> BinaryIO:
    return cast("BinaryIO", _ClosedStream()) if stream is None else stream.buffer


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _ask_on_terminal(prompt: str) -> str:
    import getpass

    return getpass.getpass(prompt)
