"""`jwtool issuer show`: the discovery document of an issuer, checked, with its endpoints, algorithms and keys."""

from typing import Annotated

import typer

from jwtool.output.report import Report
from jwtool.sources.network import Network
from jwtool.sources.runtime import Runtime


def command(
    *,
    runtime: Runtime,
    issuer: Annotated[
        str, typer.Argument(metavar="URL", show_default=False, help="The issuer, https://…, as its tokens have it.")
    ],
    network: Network,
) -> Report:
    """Read and check the discovery document of the issuer at URL. Exit 0: sound; 1: it has faults.

    Example: jwtool issuer show https://auth.example
    Example: jwtool issuer show --json https://auth.example
    """
    from jwtool.operations.show_issuer import show_issuer

    return show_issuer(issuer, network, runtime)
