"""Where the shells look for completions: this file is the paths, and what is there already."""

import os
from collections.abc import Mapping

from jwtool.cli.shell_scripts import FILES, SCRIPTS


def installed(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """For each shell whose completion is there: its path, and "current", or "another version"; none without a HOME."""
    from jwtool.jose.errors import VariableNotSet

    found = {}
    for shell, script in SCRIPTS.items():
        try:
            paths = [install_path(shell, environ), *_linked_by_pipx(shell, environ)]
        except VariableNotSet:
            continue
        path = next(filter(os.path.isfile, paths), None)
        if path is not None:
            found[shell] = (path, "current" if _holds(path, script) else "another version")
    return found


def _holds(path: str, script: str) -> bool:
    try:
        with open(path, "rb") as stream:
            return stream.read(len(script.encode()) + 1) == script.encode()
    except OSError:
        return False


def _linked_by_pipx(shell: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    folders = {"bash": "bash-completion/completions/jwtool", "zsh": "zsh/site-functions/_jwtool"}
    folders["fish"] = "fish/vendor_completions.d/jwtool.fish"
    return (f"{_data(environ)}/{folders[shell]}",) if shell in folders else ()


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
