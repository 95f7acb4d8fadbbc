"""Options that commands get in groups: those of every command, and those of what a command declares it takes."""

import inspect
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from jwtool.cli.invocation import Invocation

COLORS = ("auto", "always", "never")

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, also for an error.")]
QuietOption = Annotated[bool, typer.Option("-q", "--quiet", help="Products as ever, reports one line at most.")]
VerboseOption = Annotated[bool, typer.Option("-v", "--verbose", help="Decisions and network, on stderr.")]
ColorOption = Annotated[
    str,
    typer.Option("--color", metavar="WHEN", help="auto, always or never.", autocompletion=lambda: list(COLORS)),
]
COMMON: dict[str, tuple[Any, Any]] = {
    "as_json": (JsonOption, False),
    "quiet": (QuietOption, False),
    "verbose": (VerboseOption, False),
    "color": (ColorOption, "auto"),
}
COMMON_NAMES = ("--json", "--quiet", "--verbose", "--color")
GROUPS = ("network", "lines", "claim_lines", "cluster_lines")


def group(name: str) -> dict[str, tuple[Any, Any]]:
    """The options in the place of the parameter `name` of a command, one of GROUPS."""
    if name == "network":
        from jwtool.cli.network_options import NETWORK

        return NETWORK
    from jwtool.cli import line_options

    return {
        "lines": line_options.LINES,
        "claim_lines": line_options.CLAIM_LINES,
        "cluster_lines": line_options.CLUSTER_LINES,
    }[name]


def take(name: str, values: dict[str, Any], invocation: Invocation) -> Any:
    """What the parameter `name` of a command, one of GROUPS, gets out of the values of a command line.

    The options of the group are taken out of them.
    """
    if name == "network":
        from jwtool.cli.network_options import take_network

        return take_network(values, invocation.runtime)
    from jwtool.cli.line_options import take_lines

    return take_lines(values, invocation.options)


def unnamed(name: str) -> Any:
    """What it gets where no option of the group was named, without building any."""
    if name != "network":
        return None
    from jwtool.sources.network import Network

    return Network()


def parameters_of(options: dict[str, tuple[Any, Any]]) -> list[inspect.Parameter]:
    """The options of a group, as the parameters of a function that Typer reads."""
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in options.items()
    ]


def names_only(own: Iterable[inspect.Parameter], args: Sequence[str]) -> bool:
    """Whether `args` hold no long option but those of `own` and the common ones; help is about all of them."""
    known: set[object] = set(COMMON_NAMES)
    for parameter in own:
        for about in getattr(parameter.annotation, "__metadata__", ()):
            known |= {about.default, *(about.param_decls or ())}  # Typer keeps the first name as the default
    for arg in args:
        if arg == "--":
            break
        if arg.startswith("--"):
            if arg.partition("=")[0] not in known:
                return False
        elif arg.startswith("-") and "h" in arg:
            return False
    return True
