"""`jwtool doctor`: versions, settings, cache, trust store, proxies, completion and clock of this machine."""

from typing import Annotated

import typer

from jwtool.output.report import Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    issuer: Annotated[
        str | None,
        typer.Option(
            "-i",
            "--issuer",
            metavar="URL",
            show_default=False,
            help="Compare the clock with this issuer's, and try to reach it.",
        ),
    ] = None,
    clear_cache: Annotated[bool, typer.Option("--clear-cache", help="Forget every cached answer.")] = False,
    network: Network,
) -> Report:
    """Show what jwtool finds on this machine, and what is wrong with it. Exit 1: something is.

    Example: jwtool doctor
    Example: jwtool doctor --clear-cache
    """
    from jwtool.cli.completion_files import installed
    from jwtool.operations.examine import examine

    return examine(issuer, network, runtime, completions=installed(runtime.environ), clear_cache=clear_cache)
