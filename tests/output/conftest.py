"""Text that would like to drive the terminal, or hide in it."""

from __future__ import annotations

import io
import sys
import unicodedata
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


class Stage(Protocol):
    """`stage(tty="stdout", env={…})`: a Runtime with streams to look into."""

    def __call__(self, *, tty: str = "", env: Mapping[str, str] | None = None, **streams: Any) -> Runtime: ...


@pytest.fixture(scope="session")
def hostile() -> str:
    """Every character of Unicode's Cc, Cf, Zl and Zp: C0, C1, bidi, zero-width, tags; and what Rich reads as markup."""
    characters = "".join(chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in HIDDEN)
    return f"[bold red]a[/]{characters}[link=https://evil.example]b[/link] :smile: \\[x]\ud800\udfff"


@pytest.fixture
def stage() -> Stage:
    """A Runtime whose output goes to memory."""

    def make(*, tty: str = "", env: Mapping[str, str] | None = None, **streams: Any) -> Runtime:
        return Runtime(
            stdin=io.BytesIO(),
            stdout=streams.get("stdout", io.BytesIO()),
            stderr=streams.get("stderr", io.BytesIO()),
            environ=dict(env or {}),
            now=lambda: 0,
            stdin_is_terminal=False,
            stdout_is_terminal="stdout" in tty,
            stderr_is_terminal="stderr" in tty,
            ask_secret=lambda _prompt: "",
        )

    return make
