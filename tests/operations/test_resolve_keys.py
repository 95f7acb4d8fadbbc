"""Passphrases of encrypted keys: asked for once a key, read once a command line, and none where nobody answers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from jwtool.operations.resolve_keys import Passphrase
from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable


def runtime(ask: Callable[[str], str], *, stdin: bytes = b"", terminal: bool = True) -> Runtime:
    return Runtime(
        stdin=io.BytesIO(stdin),
        stdout=io.BytesIO(),
        stderr=io.BytesIO(),
        environ={},
        now=lambda: 0,
        stdin_is_terminal=terminal,
        stdout_is_terminal=False,
        stderr_is_terminal=False,
        ask_secret=ask,
    )


def test_each_key_is_asked_for_once_and_by_its_name() -> None:
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return f"answer {len(asked)}"

    passphrase = Passphrase(None, runtime(ask))
    answers = [passphrase(label) for label in ("a.pem", "b.pem", "a.pem")]
    assert answers == [b"answer 1", b"answer 2", b"answer 1"]
    assert asked == ["passphrase of a.pem: ", "passphrase of b.pem: "]


def test_stdin_is_read_once_for_all_keys() -> None:
    passphrase = Passphrase("-", runtime(lambda _: "never asked", stdin=b"secret\n", terminal=False))
    assert [passphrase(label) for label in ("a.pem", "b.pem")] == [b"secret", b"secret"]


def test_without_a_terminal_nobody_is_asked() -> None:
    assert Passphrase(None, runtime(lambda _: "never asked", terminal=False))("a.pem") is None


def test_an_end_of_file_is_no_answer() -> None:
    def hang_up(_prompt: str) -> str:
        raise EOFError

    assert Passphrase(None, runtime(hang_up))("a.pem") is None


def test_an_interrupt_goes_through() -> None:
    def interrupt(_prompt: str) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Passphrase(None, runtime(interrupt))("a.pem")
