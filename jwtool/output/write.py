"""Deliver a report or an error: which words go to which stream, in which clothes."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from jwtool.jose.errors import UsageError, WriteError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.jose.errors import JwtoolError
    from jwtool.output.report import Block, Lines, Report
    from jwtool.sources.runtime import Runtime


PRIVATE = "this is private: whoever has it can act as its owner; -o FILE keeps it in a file of mode 0600"


class OutputOptions(NamedTuple):
    """The options of every command: --json, --quiet, --verbose, --color."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    color: str = "auto"


def deliver(report: Report, runtime: Runtime, options: OutputOptions) -> None:
    """Write what the report holds. Raises `WriteError` where a stream can't take it, but not for a closed pipe."""
    from jwtool.output import json
    from jwtool.output.report import Line

    if options.json:
        if report.document is None:
            return
        if report.private:
            raise UsageError("a private key never stands inside a JSON document", hint="name a file with -o FILE")
        _write(runtime.stdout, json.text(json.document(report)))
        return
    notes = (*report.notes, PRIVATE) if report.private and runtime.stdout_is_terminal else report.notes
    for note in notes:
        warn(note, runtime, options)
    blocks: Sequence[Block] = report.blocks
    if options.quiet:
        blocks = (Line(report.quiet),) if isinstance(report.quiet, str) and report.quiet else report.quiet or ()
    if blocks and report.aside:
        _people(runtime, options, blocks, to_stdout=False)
    if report.product is not None:
        _hand_over(report.product, runtime)
    if blocks and not report.aside:
        _people(runtime, options, blocks, to_stdout=True)


def deliver_lines(lines: Lines, runtime: Runtime, options: OutputOptions) -> None:
    """Write answers of --lines. Raises BrokenPipeError where nobody reads them any more, else WriteError."""
    from jwtool.output.report import Line

    if lines.aside and not (options.json or options.quiet):
        _people(runtime, options, [Line(sentence) for sentence in lines.aside], to_stdout=False)
    if lines.text:
        _write(runtime.stdout, lines.text, quietly=False)


def deliver_error(error: JwtoolError, exit_code: int, runtime: Runtime, options: OutputOptions) -> None:
    """Say what could not be done: on stderr, or with --json as the one document on stdout."""
    from jwtool.output import json
    from jwtool.output.report import Hint, Line

    if options.json:
        _write(runtime.stdout, json.text(json.error_document(error, exit_code)))
        return
    blocks: list[Block] = [Line(f"jwtool: error: {error.message}")]
    if error.hint is not None:
        blocks.append(Hint(error.hint))
    _people(runtime, options, blocks, to_stdout=False)


def warn(sentence: str, runtime: Runtime, options: OutputOptions) -> None:
    """One remark, at once, on stderr; none with --json."""
    from jwtool.output.report import Line

    if not options.json:
        _people(runtime, options, [Line(f"note: {sentence}", "warn")], to_stdout=False)


def narrate(sentence: str, runtime: Runtime, options: OutputOptions) -> None:
    """One line of --verbose, at once, on stderr."""
    from jwtool.output.report import Line

    _people(runtime, options, [Line(sentence, "dim")], to_stdout=False)


def show_text(text: str, runtime: Runtime, *, to_stdout: bool = True) -> None:
    """Text of jwtool's own (help) on stdout or stderr, as it is."""
    whole = text if text.endswith("\n") else text + "\n"
    if to_stdout:
        _write(runtime.stdout, whole)
    else:
        _write_aside(whole, runtime)


def wants_colour(color: str, environ: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether to colour: --color, then NO_COLOR, TERM=dumb, FORCE_COLOR, CLICOLOR_FORCE, then terminal or not."""
    if color != "auto":
        return color == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("TERM") == "dumb":
        return False
    if environ.get("FORCE_COLOR") or environ.get("CLICOLOR_FORCE", "0") not in {"", "0"}:
        return True
    return terminal


def _hand_over(product: str | bytes, runtime: Runtime) -> None:
    """Write a product: text escaped and with a line break, bytes as they are but on a terminal."""
    from jwtool.jose.quoting import printable

    if isinstance(product, str):
        _write(runtime.stdout, printable(product, keep="\n") + "\n")
    elif runtime.stdout_is_terminal:
        show_text(printable(product.decode("utf-8", "backslashreplace"), keep="\n"), runtime)
    else:
        _write(runtime.stdout, product)


def _people(runtime: Runtime, options: OutputOptions, blocks: Sequence[Block], *, to_stdout: bool) -> None:
    from jwtool.output import human

    terminal = runtime.stdout_is_terminal if to_stdout else runtime.stderr_is_terminal
    lines = human.lay_out(blocks)
    colour = wants_colour(options.color, runtime.environ, terminal=terminal)
    text = human.coloured(lines) if colour else human.plain(lines)
    if to_stdout:
        _write(runtime.stdout, text)
        return
    _write_aside(text, runtime)


def _write_aside(text: str, runtime: Runtime) -> None:
    try:
        _write(runtime.stderr, text)
    except WriteError:
        return  # nobody listens; the exit code still speaks


def _write(stream: BinaryIO, text: str | bytes, *, quietly: bool = True) -> None:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    try:
        stream.write(data)
        stream.flush()
    except BrokenPipeError:
        if not quietly:
            raise
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "the stream is closed"
        raise WriteError(f"the output could not be written: {reason.lower()}") from None
