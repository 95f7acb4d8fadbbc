"""`jwtool` as a function, and as a process: the only place that ends with an exit code."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from jwtool.cli import exits
from jwtool.cli.invocation import Invocation
from jwtool.jose.errors import JwtoolError, UsageError
from jwtool.output.write import OutputOptions, deliver, deliver_error, deliver_lines, show_text, wants_colour
from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from jwtool.cli.app import Answer
    from jwtool.output.report import Lines, Report


class Terminated(BaseException):
    """SIGTERM arrived: unwind, so that nothing half-written stays."""


def run(argv: Sequence[str], runtime: Runtime) -> int:
    """Run one command line and return its exit code. Never raises but for `Terminated`."""
    invocation = Invocation(runtime, OutputOptions(json=_wants_json(argv)))
    try:
        return _run(argv, invocation)
    except JwtoolError as error:
        return _fail(error, invocation)
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except Exception as error:  # noqa: BLE001  the last line of defence: no traceback reaches a user
        return _confess(error, invocation)


def _run(argv: Sequence[str], invocation: Invocation) -> int:
    runtime = invocation.runtime
    if "_JWTOOL_COMPLETE" in runtime.environ:
        from jwtool.cli.complete import answer

        show_text(answer(runtime), runtime)
        return exits.YES
    from jwtool.cli import app

    colour = wants_colour("auto", runtime.environ, terminal=runtime.stdout_is_terminal)
    root = app.root("markdown" if colour and runtime.stdout_is_terminal else None)
    try:
        with root.make_context("jwtool", list(argv), obj=invocation) as ctx:
            return _deliver_all(root.invoke(ctx), invocation)
    except app.HelpRequested as request:
        _show_help(request.ctx, invocation)
    except app.TokenMissing as request:
        if not invocation.options.json:
            show_text(request.short_help(), runtime, to_stdout=False)
        raise UsageError("no token was given", hint="give it as @FILE, env:NAME, or by a pipe") from None
    except app.VersionRequested as request:
        deliver(_version(verbose=request.verbose), runtime, invocation.options)
    except JwtoolError:
        raise
    except Exception as error:
        from typer._click.exceptions import ClickException

        if not isinstance(error, ClickException):
            raise
        from jwtool.cli.usage import translate

        raise translate(error) from None
    return exits.YES


def _deliver_all(answer: "Answer", invocation: Invocation) -> int:
    """Deliver the one report of a command, or each of a server's as it comes; the exit code that they add up to."""
    from jwtool.output.report import Report

    if isinstance(answer, Report):
        deliver(answer, invocation.runtime, invocation.options)
        return exits.YES if answer.positive else exits.NO
    code, pending = exits.YES, iter(answer)
    try:
        given = next(pending, None)
        while given is not None:
            if not given.positive:
                code = exits.NO
            given = _deliver_one(given, pending, invocation)
    finally:
        close = getattr(pending, "close", None)
        if close is not None:
            close()
    return code


def _deliver_one(
    given: "Lines | Report", pending: "Iterator[Lines | Report]", invocation: Invocation
) -> "Lines | Report | None":
    """Deliver one of many; the next one."""
    from jwtool.output.report import Report

    try:
        if isinstance(given, Report):
            deliver(given, invocation.runtime, invocation.options)
        else:
            deliver_lines(given, invocation.runtime, invocation.options)
    except (BrokenPipeError, KeyboardInterrupt) as stop:
        return _stop(pending, stop)
    return next(pending, None)


def _stop(pending: "Iterator[Lines | Report]", stop: BaseException) -> "Lines | Report | None":
    """Tell the maker of answers that they are not wanted any more; what it has to say in the end."""
    throw = getattr(pending, "throw", None)
    if throw is None:
        raise stop
    try:
        last: Lines | Report = throw(stop)
    except StopIteration:
        return None
    return last


def _wants_json(argv: Sequence[str]) -> bool:
    before = list(argv)[: list(argv).index("--")] if "--" in argv else argv
    return "--json" in before


def _show_help(ctx: Any, invocation: Invocation) -> None:
    if invocation.options.json:
        from jwtool.output.report import Report

        ctx.command.rich_markup_mode = None
        report = Report("help", {"command": ctx.command_path, "text": ctx.command.get_help(ctx)})
        deliver(report, invocation.runtime, invocation.options)
    elif ctx.command.rich_markup_mode is None:
        show_text(ctx.command.get_help(ctx), invocation.runtime)
    else:
        examples, ctx.command.epilog = ctx.command.epilog, None  # Rich would run them together
        ctx.command.format_help(ctx, ctx.make_formatter())
        if examples:
            show_text(examples.removeprefix("\b\n"), invocation.runtime)


def _version(*, verbose: bool) -> "Report":
    from jwtool import __version__
    from jwtool.output.report import Line, Report

    versions = {"python": sys.version.split()[0]}
    if verbose:
        from importlib.metadata import version

        for name in ("authlib", "cryptography", "httpx", "joserfc", "rich", "typer"):
            versions[name] = version(name)
    rows = tuple(Line(f"{name} {number}") for name, number in versions.items()) if verbose else ()
    blocks = (Line(f"jwtool {__version__}"), *rows)
    return Report("version", {"version": __version__, "libraries": versions if verbose else {}}, blocks=blocks)


def _fail(error: JwtoolError, invocation: Invocation) -> int:
    code = exits.exit_code(error)
    try:
        deliver_error(error, code, invocation.runtime, invocation.options)
    except JwtoolError as second:
        return exits.exit_code(second)
    return code


def _confess(error: Exception, invocation: Invocation) -> int:
    """A bug: say where it happened, never what was in a value; frames only if they were asked for."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rpartition('jwtool/')[2]}:{frames[-1].lineno}" if frames else "unknown"
    bug = JwtoolError(
        f"this is a bug in jwtool: {type(error).__name__} at {where}",
        hint="please report it; JWTOOL_TRACEBACK=1 shows the way there",
    )
    if invocation.runtime.environ.get("JWTOOL_TRACEBACK") == "1":
        for frame in frames:
            invocation.narrate(f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line}")
    return _fail(bug, invocation)


def main() -> NoReturn:
    """The process: real streams, real signals, one exit."""
    import atexit
    import contextlib
    import gc
    import os
    import signal

    gc.disable()  # a short life makes no garbage worth looking for: a tenth of the start-up; servers turn it on again

    def terminate(_signal: int, _frame: Any) -> NoReturn:
        raise Terminated

    signal.signal(signal.SIGTERM, terminate)
    forbid_core_dumps()
    try:
        code = run(sys.argv[1:], Runtime.of_this_process())
    except Terminated:
        code = exits.TERMINATED
    except KeyboardInterrupt:
        code = exits.INTERRUPTED
    # The system takes everything back at once. Left to the interpreter that costs a seventh of a whole `verify`, and
    # it would try again to write what a closed pipe did not take.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
    atexit._run_exitfuncs()  # noqa: SLF001  the public way to run them is the slow exit
    os._exit(code)


def forbid_core_dumps() -> None:
    """No core file of a process that may hold a private key."""
    try:
        import resource
    except ImportError:  # Windows has none
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
