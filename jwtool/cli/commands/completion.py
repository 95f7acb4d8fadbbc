"""`jwtool completion`: complete commands, options, algorithms and files in a shell."""

import os
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from jwtool.cli.shell_scripts import FILES, SCRIPTS
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


def install_path(shell: str, environ: Mapping[str, str]) -> str:
    """Where `shell` looks for the completions of this user. Raises `VariableNotSet` where HOME is needed and isn't."""
    name = FILES[shell]
    if shell == "bash":
        folder = environ.get("BASH_COMPLETION_USER_DIR", "").partition(":")[0]
        return f"{folder or _data(environ) + '/bash-completion'}/completions/jwtool"
    if shell == "zsh":
        return f"{_folder_of_zsh(environ)}/{name}"
    if shell == "fish":
        return f"{_config(environ)}/fish/completions/{name}"
    if "HOME" not in environ and environ.get("USERPROFILE"):
        return f"{environ['USERPROFILE']}/Documents/PowerShell/{name}"
    return f"{_config(environ)}/powershell/{name}"


def still_needed(shell: str, path: str, environ: Mapping[str, str]) -> str | None:
    """What the user has to do besides, in words; None where the shell finds `path` by itself."""
    import shlex

    folder = shlex.quote(os.path.dirname(path))
    if shell == "bash":
        return f"without the package bash-completion, add to ~/.bashrc: source {shlex.quote(path)}"
    if shell == "zsh" and os.path.dirname(path) not in _fpath(environ):
        return f"add to ~/.zshrc, before compinit is called: fpath=({folder} $fpath)"
    if shell == "powershell":
        quoted = path.replace("'", "''")
        return f"add to the file that $PROFILE names: . '{quoted}'"
    return None


def _folder_of_zsh(environ: Mapping[str, str]) -> str:
    """A folder of the user's own that zsh searches already, else the customary one."""
    home = environ.get("HOME", "")
    own = [folder for folder in _fpath(environ) if home and folder.startswith(f"{home}/")]
    usable = (folder for folder in own if os.path.isdir(folder) and os.access(folder, os.W_OK))
    customary = f"{_data(environ)}/zsh/site-functions"
    return customary if customary in own else next(usable, customary)


def _fpath(environ: Mapping[str, str]) -> list[str]:
    return environ.get("FPATH", "").split(":")


def _data(environ: Mapping[str, str]) -> str:
    return _xdg("XDG_DATA_HOME", "/.local/share", environ)


def _config(environ: Mapping[str, str]) -> str:
    return _xdg("XDG_CONFIG_HOME", "/.config", environ)


def _xdg(name: str, usual: str, environ: Mapping[str, str]) -> str:
    """A folder of the XDG base directory specification, which wants a relative one ignored."""
    from jwtool.jose.errors import VariableNotSet

    if environ.get(name, "").startswith("/"):
        return environ[name].rstrip("/")
    if not environ.get("HOME"):
        raise VariableNotSet(
            "HOME is not set: there is no telling where the completion belongs", hint="jwtool completion SHELL > FILE"
        )
    return environ["HOME"].rstrip("/") + usual
