"""Which words go to which stream, in which clothes."""

from __future__ import annotations

import errno
import io
import unicodedata
from typing import TYPE_CHECKING, Any, cast

import pytest

from jwtool.jose.errors import InputError, UsageError, WriteError
from jwtool.output.report import Hint, Line, Report
from jwtool.output.write import OutputOptions, deliver, deliver_error, narrate, show_text, wants_colour, warn

if TYPE_CHECKING:
    from jwtool.sources.runtime import Runtime
    from tests.output.conftest import Stage

PLAIN = OutputOptions()


def written(runtime: Runtime) -> tuple[bytes, bytes]:
    """What is on stdout and on stderr."""
    return cast("io.BytesIO", runtime.stdout).getvalue(), cast("io.BytesIO", runtime.stderr).getvalue()


@pytest.mark.parametrize(
    ("report", "options", "stdout", "stderr"),
    [
        (Report("x", {}, blocks=(Line("a"),)), PLAIN, b"a\n", b""),
        (Report("x", {}, blocks=(Line("a"),), aside=True), PLAIN, b"", b"a\n"),
        (Report("x", {}, blocks=(Line("a"),), product="p", aside=True), PLAIN, b"p\n", b"a\n"),
        (Report("x", {}, blocks=(Line("a"),), product="p"), PLAIN, b"p\na\n", b""),
        (Report("x", {}, product="p\nq"), PLAIN, b"p\nq\n", b""),
        (Report("x", {}, product=""), PLAIN, b"\n", b""),
        (Report("x", {}, product=b"\x00\xff"), PLAIN, b"\x00\xff", b""),
        (Report("x", {}, product=b""), PLAIN, b"", b""),
        (Report("x", {}, blocks=(Line("a"),), notes=("n",)), PLAIN, b"a\n", b"note: n\n"),
        (Report("x", {}, blocks=(Line("a"),), quiet="q"), OutputOptions(quiet=True), b"q\n", b""),
        (Report("x", {}, blocks=(Line("a"),), quiet="q", aside=True), OutputOptions(quiet=True), b"", b"q\n"),
        (Report("x", {}, blocks=(Line("a"),), quiet=""), OutputOptions(quiet=True), b"", b""),
        (Report("x", {}, blocks=(Line("a"),)), OutputOptions(quiet=True), b"", b""),
        (Report("x", {}, product="p", quiet=""), OutputOptions(quiet=True), b"p\n", b""),
        (
            Report("x", {"a": 1}, blocks=(Line("a"),), product="p", notes=("n",)),
            OutputOptions(json=True),
            b'{"schema":"jwtool.x/1","ok":true,"a":1,"notes":["n"]}\n',
            b"",
        ),
        (Report("x", None, blocks=(Line("a"),)), OutputOptions(json=True), b"", b""),
        (Report("x", {}, product="p", private=True), PLAIN, b"p\n", b""),
    ],
)
def test_a_report(stage: Stage, report: Report, options: OutputOptions, stdout: bytes, stderr: bytes) -> None:
    runtime = stage()
    deliver(report, runtime, options)
    assert written(runtime) == (stdout, stderr)


def test_a_private_product_gets_a_word_on_a_terminal_and_no_document(stage: Stage) -> None:
    runtime = stage(tty="stdout")
    deliver(Report("x", {}, product="p", private=True), runtime, PLAIN)
    said = b"note: this is private: whoever has it can act as its owner; -o FILE keeps it in a file of mode 0600\n"
    assert written(runtime) == (b"p\n", said)
    with pytest.raises(UsageError, match=r"^a private key never stands inside a JSON document$"):
        deliver(Report("x", {"k": "p"}, product="p", private=True), runtime, OutputOptions(json=True))


def test_bytes_on_a_terminal_are_escaped(stage: Stage) -> None:
    runtime = stage(tty="stdout")
    deliver(Report("x", {}, product=b"a\x1b[31m\xff\n\tb"), runtime, PLAIN)
    assert written(runtime) == (b"a\\x1b[31m\\xff\n\\tb\n", b"")


def test_an_error(stage: Stage) -> None:
    runtime = stage()
    deliver_error(InputError("no good", hint="try this"), 3, runtime, PLAIN)
    deliver_error(InputError("no good"), 3, runtime, OutputOptions(quiet=True))
    assert written(runtime) == (b"", b"jwtool: error: no good\nhint: try this\njwtool: error: no good\n")
    runtime = stage()
    deliver_error(InputError("no good"), 3, runtime, OutputOptions(json=True))
    body = b'{"code":"input_unusable","message":"no good","exit":3}'
    assert written(runtime) == (b'{"schema":"jwtool.error/1","ok":false,"error":' + body + b"}\n", b"")


def test_remarks_are_silent_with_json_and_what_verbose_says_is_not(stage: Stage) -> None:
    runtime = stage()
    warn("w", runtime, OutputOptions(json=True))
    narrate("v", runtime, OutputOptions(json=True, verbose=True))
    warn("w", runtime, PLAIN)
    assert written(runtime) == (b"", b"v\nnote: w\n")


def test_help_is_shown_as_it_is(stage: Stage) -> None:
    runtime = stage()
    show_text("a\n  b", runtime)
    show_text("c\n", runtime, to_stdout=False)
    assert written(runtime) == (b"a\n  b\n", b"c\n")


@pytest.mark.parametrize("tty", ["", "stdout stderr"])
@pytest.mark.parametrize("json", [True, False])
def test_nothing_hostile_gets_through(stage: Stage, hostile: str, tty: str, *, json: bool) -> None:
    runtime = stage(tty=tty, env={"NO_COLOR": "1"})
    options = OutputOptions(json=json)
    report = Report("x", {"a": hostile}, blocks=(Line(hostile), Hint(hostile)), product=hostile, notes=(hostile,))
    deliver(report, runtime, options)
    deliver_error(InputError(hostile, hint=hostile), 3, runtime, options)
    narrate(hostile, runtime, options)
    for data in written(runtime):
        text = data.decode()
        found = {unicodedata.category(character) for character in text.replace("\n", "")}
        assert not found & {"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"}
        assert (text.count("[bold red]a[/]") > 0) is bool(text)


class Broken(io.RawIOBase):
    """A stream that fails in a way of its own."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def writable(self) -> bool:
        return True

    def write(self, _data: Any) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the output could not be written: no space left on device"),
        (OSError("odd"), "the output could not be written: the stream is closed"),
        (ValueError("I/O operation on closed file"), "the output could not be written: the stream is closed"),
    ],
)
def test_what_can_not_be_written_is_an_error(stage: Stage, error: Exception, message: str) -> None:
    runtime = stage(stdout=Broken(error))
    with pytest.raises(WriteError) as caught:
        deliver(Report("x", {}, product="p"), runtime, PLAIN)
    assert caught.value.message == message


def test_a_closed_pipe_is_none(stage: Stage) -> None:
    deliver(Report("x", {}, product="p"), stage(stdout=Broken(BrokenPipeError())), PLAIN)


def test_stderr_may_fail(stage: Stage) -> None:
    runtime = stage(stderr=Broken(OSError(errno.ENOSPC, "full")))
    deliver_error(InputError("x"), 3, runtime, PLAIN)
    assert cast("io.BytesIO", runtime.stdout).getvalue() == b""


@pytest.mark.parametrize(
    ("color", "environ", "terminal", "wanted"),
    [
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "0"}, True, False),
        ("auto", {"NO_COLOR": "", "TERM": "dumb", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False, False),
        ("auto", {"CLICOLOR_FORCE": ""}, False, False),
    ],
)
def test_the_order_of_who_decides(color: str, environ: dict[str, str], *, terminal: bool, wanted: bool) -> None:
    assert wants_colour(color, environ, terminal=terminal) is wanted
