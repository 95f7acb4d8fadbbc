"""The command tree: the path of a module is the name of its command, and only the one named is imported.

`jwtool/cli/commands/jwks/fetch.py` is `jwtool jwks fetch`. Its function `command` takes `runtime` and its
own options and returns a Report; `build` adds the options that every command has.
"""

import importlib
import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer
from typer._click.exceptions import UsageError as TyperUsageError
from typer._click.formatting import HelpFormatter
from typer.core import TyperCommand, TyperGroup, TyperOption

from jwtool.cli.invocation import Invocation
from jwtool.cli.option_groups import COLORS, COMMON, GROUPS, group, names_only, parameters_of, take, unnamed
from jwtool.cli.stdin_once import refuse_stdin_twice
from jwtool.cli.usage import command_unknown, option_before_command
from jwtool.jose.errors import UsageError
from jwtool.output.write import OutputOptions

if TYPE_CHECKING:
    from jwtool.output.report import Lines, Report

    Answer = Report | Iterator[Report] | Iterator[Lines | Report]

COMMANDS = "jwtool.cli.commands"
EXAMPLES = "\b\nExamples:"
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class HelpRequested(Exception):
    """--help was given, or a group without a command: `ctx` knows the text."""

    def __init__(self, ctx: typer.Context) -> None:
        super().__init__()
        self.ctx = ctx


class TokenMissing(Exception):
    """No TOKEN was given, and nobody pipes one in: `ctx` knows the short help."""

    def __init__(self, ctx: typer.Context) -> None:
        super().__init__()
        self.ctx = ctx

    def short_help(self) -> str:
        """The usage line and the examples of the command."""
        return f"{self.ctx.get_usage()}\n{(self.ctx.command.epilog or '').removeprefix(EXAMPLES)}\n\n"


class VersionRequested(Exception):
    """--version was given; `verbose` wants the libraries too."""

    def __init__(self, *, verbose: bool) -> None:
        super().__init__()
        self.verbose = verbose


def _raise_help(ctx: Any, _param: Any, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        raise HelpRequested(ctx)


class _OwnHelp:
    """Replaces the printing of help by `HelpRequested`, so that help goes through the Runtime like all else."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]  # a mix-in over two of Typer's classes
        if option is not None:
            option.callback = _raise_help
            option.help = "Show this message and exit."
        return option


class Command(_OwnHelp, TyperCommand):
    """One command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except TyperUsageError as error:
            error.ctx = error.ctx or ctx  # a missing value comes without it, and a hint should name the command
            raise

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]


class LazyGroup(_OwnHelp, TyperGroup):
    """A folder of commands: names are read from it, a module is imported only when its command is named."""

    package: str = COMMANDS
    rest: list[str] | None = None
    """What follows the command on the command line that is being run; None outside of one."""

    def list_commands(self, _ctx: Any) -> list[str]:
        return command_names(self.package)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:  # asked for twice in each run, and dear to build
            if cmd_name not in command_names(self.package):
                return None
            self.commands[cmd_name] = load(f"{self.package}.{cmd_name}", cmd_name, self.rich_markup_mode, self.rest)
        return self.commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        self.rest = None if ctx.resilient_parsing else args[1:]
        if not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            raise command_unknown(name, path=ctx.command_path, known=self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            raise HelpRequested(ctx)
        if not ctx.resilient_parsing:
            known = {name for param in self.get_params(ctx) for name in (*param.opts, *param.secondary_opts)}
            if known & set(args) and all(arg in known or arg == "--json" for arg in args):
                args = [arg for arg in args if arg != "--json"]  # about the group itself: no command to put it after
            for arg in args:
                if not arg.startswith("-") or arg in {"-", "--"}:
                    break
                if arg not in known and not _is_cluster(arg, known):
                    raise option_before_command(arg, path=ctx.command_path)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: Any, formatter: HelpFormatter) -> None:
        rows = [(name, summary(f"{self.package}.{name}")) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _is_cluster(arg: str, known: set[str]) -> bool:
    """Whether `arg` is known short options in one word: `-Vv`."""
    return not arg.startswith("--") and all(f"-{letter}" in known for letter in arg[1:])


def _folder(package: str) -> str:
    here = os.path.dirname(os.path.abspath(__file__))
    return os.path.join(here, *package.split(".")[2:])


def command_names(package: str) -> list[str]:
    """The commands and groups in a folder of commands, sorted."""
    names = set()
    for entry in os.listdir(_folder(package)):
        name, dot, ending = entry.partition(".")
        if not name.startswith("_") and (not dot or ending == "py"):
            names.add(name.replace("_", "-"))
    return sorted(names)


def summary(module: str) -> str:
    """The help line of a command: its module's docstring after the colon, read without importing it."""
    path = _folder(module.replace("-", "_"))
    path = os.path.join(path, "__init__.py") if os.path.isdir(path) else f"{path}.py"
    with open(path, encoding="utf-8") as file:
        first = file.readline().strip().strip('"')
    text = first.partition("`: ")[2] or first
    return text[:1].upper() + text[1:]


def load(module: str, name: str, rich_markup_mode: Any, args: list[str] | None) -> Any:
    """Import one command module or group and build it; `args` as for `build`."""
    found = importlib.import_module(module.replace("-", "_"))
    if hasattr(found, "__path__"):
        group = LazyGroup(name=name, help=found.__doc__, context_settings=CONTEXT, rich_markup_mode=rich_markup_mode)
        group.package = module
        return group
    command = build(name, found.command, rich_markup_mode, args)
    if rich_markup_mode is not None:  # Rich lists the commands of a group by this; plain help reads it without building
        command.short_help = summary(module)
    return command


def build(
    name: str, function: "Callable[..., Answer]", rich_markup_mode: Any, args: Sequence[str] | None = None
) -> Any:
    """The command around `function`: `runtime` comes from the context, and the common options are added.

    A `function` that has to know of --json before it writes a file takes `as_json` too; one that may use the network
    takes `network`, and gets the options for that in its place; so does one that takes `lines`. These are not built
    for `args` that name none of them: a tenth of a millisecond each counts.
    """
    own = inspect.signature(function).parameters
    wants_json = "as_json" in own
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters: list[inspect.Parameter] = []
    untouched = args is not None and names_only(own.values(), args)
    for parameter in own.values():
        if parameter.name in GROUPS:
            parameters += () if untouched else parameters_of(group(parameter.name))
        elif parameter.name not in {"runtime", *COMMON}:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    def callback(ctx: typer.Context, **values: Any) -> "Answer":
        invocation: Invocation = ctx.obj
        invocation.adopt(_output_options(values))
        if values.get("token", "") is None and invocation.runtime.stdin_is_terminal:
            raise TokenMissing(ctx)
        refuse_stdin_twice(values, terminal=invocation.runtime.stdin_is_terminal)
        for taken in own.keys() & set(GROUPS):
            values[taken] = unnamed(taken) if untouched else take(taken, values, invocation)
        if wants_json:
            values["as_json"] = invocation.options.json
        return function(runtime=invocation.runtime, **values)

    signature = inspect.Signature([context, *parameters, *parameters_of(COMMON)])
    callback.__signature__ = signature  # type: ignore[attr-defined]  # what inspect.signature reads
    callback.__annotations__ = {parameter.name: parameter.annotation for parameter in signature.parameters.values()}
    callback.__doc__ = inspect.getdoc(function)
    text, examples = split_examples(inspect.getdoc(function) or "")
    app = typer.Typer(add_completion=False, rich_markup_mode=rich_markup_mode, pretty_exceptions_enable=False)
    app.command(name=name, cls=Command, help=text, epilog=examples, context_settings=CONTEXT)(callback)
    return typer.main.get_command(app)


def _output_options(values: dict[str, Any]) -> OutputOptions:
    color = values.pop("color")
    if color not in COLORS:
        raise UsageError("--color takes auto, always or never", hint="--color never")
    return OutputOptions(values.pop("as_json"), values.pop("quiet"), values.pop("verbose"), color)


def split_examples(doc: str) -> tuple[str, str | None]:
    """The docstring without its `Example:` lines, and those lines as a block that is not wrapped."""
    lines = doc.splitlines()
    examples = [line.removeprefix("Example: ") for line in lines if line.startswith("Example: ")]
    text = "\n".join(line for line in lines if not line.startswith("Example: ")).strip()
    block = EXAMPLES + "".join(f"\n  {example}" for example in examples) if examples else None
    return text, block


def root(rich_markup_mode: Any) -> LazyGroup:
    """The command `jwtool` itself."""
    from jwtool.cli import commands

    version = TyperOption(param_decls=["-V", "--version"], is_flag=True, help="Show the version and exit.")
    verbose = TyperOption(param_decls=["-v", "--verbose"], is_flag=True, help="With --version: the libraries too.")
    return LazyGroup(
        name="jwtool",
        help=commands.__doc__,
        params=[version, verbose],
        callback=_root,
        invoke_without_command=True,
        context_settings=CONTEXT,
        rich_markup_mode=rich_markup_mode,
    )


def _root(*, version: bool, verbose: bool) -> None:
    if version:
        raise VersionRequested(verbose=verbose)
    if verbose:
        raise option_before_command("--verbose", path="jwtool")
