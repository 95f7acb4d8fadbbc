"""`jwtool completion`: complete commands, options, algorithms and files in a shell."""

import os
from typing import Annotated, Any

import typer

from jwtool.cli.completion_files import install_path, still_needed
from jwtool.cli.shell_scripts import SCRIPTS
from jwtool.output.report import Headline, Hint, Report
from jwtool.sources.runtime import Runtime


def _shells() -> list[str]:
    return list(SCRIPTS)


def command(
    *,
    runtime: Runtime,
    shell: Annotated[
        str,
        typer.Argument(
            metavar="SHELL", show_default=False, autocompletion=_shells, help="bash, zsh, fish, powershell."
        ),
    ],
    install: Annotated[bool, typer.Option("--install", help="Write it where the shell finds it for you.")] = False,
) -> Report:
    """Print the completion script of SHELL, or with --install write it where that shell finds it.

    Example: jwtool completion bash
    """
    from jwtool.jose.errors import UsageError
    from jwtool.jose.quoting import quote

    script = SCRIPTS.get(shell)
    if script is None:
        raise UsageError(
            f"there is no completion for {quote(shell)}, only for {', '.join(SCRIPTS)}", hint="jwtool completion bash"
        )
    if not install:
        return Report("completion", {"shell": shell, "script": script}, product=script.removesuffix("\n"))
    path = install_path(shell, runtime.environ)
    _write(path, script)
    needed = still_needed(shell, path, runtime.environ)
    document: dict[str, Any] = {"shell": shell, "path": path, "still_needed": needed}
    hints = () if needed is None else (Hint(needed),)
    return Report("completion", document, blocks=(Headline("wrote", path, "good"), *hints), quiet=path)


def _write(path: str, script: str) -> None:
    from jwtool.jose.errors import WriteError
    from jwtool.jose.quoting import quote
    from jwtool.sources.files import write_new

    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise WriteError(f"the folder {quote(folder)} can't be made: {reason}") from None
    write_new(path, script.encode(), private=False, force=True)
