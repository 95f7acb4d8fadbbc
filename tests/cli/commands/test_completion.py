"""`jwtool completion`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jwtool.cli.shell_scripts import SCRIPTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli


@pytest.mark.parametrize("shell", SCRIPTS)
@pytest.mark.parametrize("tty", ["", "stdout"], ids=["pipe", "terminal"])
def test_prints_the_script(cli: Cli, shell: str, tty: str) -> None:
    done = cli("completion", shell, tty=tty)
    assert (done.exit, done.stdout, done.stderr) == (0, SCRIPTS[shell], "")


def test_as_a_document(cli: Cli) -> None:
    assert cli("completion", "fish", "--json").document == {
        "schema": "jwtool.completion/1",
        "ok": True,
        "shell": "fish",
        "script": SCRIPTS["fish"],
    }


BASHRC = "without the package bash-completion, add to ~/.bashrc: source {path}"
FPATH = "add to ~/.zshrc, before compinit is called: fpath=({folder} $fpath)"


@pytest.mark.parametrize(
    ("shell", "environ", "expected"),
    [
        ("bash", {}, ("home/.local/share/bash-completion/completions/jwtool", BASHRC)),
        ("bash", {"BASH_COMPLETION_USER_DIR": "{top}/own:/other"}, ("own/completions/jwtool", BASHRC)),
        (
            "bash",
            {"XDG_DATA_HOME": "{top}/my data/"},
            ("my data/bash-completion/completions/jwtool", BASHRC.replace("{path}", "'{path}'")),
        ),
        ("zsh", {"XDG_DATA_HOME": "relative"}, ("home/.local/share/zsh/site-functions/_jwtool", FPATH)),
        ("zsh", {"FPATH": "/usr/share/zsh:{top}/home/none:{top}/home/functions"}, ("home/functions/_jwtool", None)),
        (
            "zsh",
            {"FPATH": "{top}/home/functions:{top}/home/.local/share/zsh/site-functions"},
            ("home/.local/share/zsh/site-functions/_jwtool", None),
        ),
        ("fish", {}, ("home/.config/fish/completions/jwtool.fish", None)),
        ("fish", {"XDG_CONFIG_HOME": "{top}/config"}, ("config/fish/completions/jwtool.fish", None)),
        (
            "powershell",
            {},
            ("home/.config/powershell/jwtool.ps1", "add to the file that $PROFILE names: . '{path}'"),
        ),
        (
            "powershell",
            {"HOME": "", "XDG_CONFIG_HOME": "{top}/it's"},
            (
                "it's/powershell/jwtool.ps1",
                "add to the file that $PROFILE names: . '{top}/it''s/powershell/jwtool.ps1'",
            ),
        ),
    ],
)
def test_installs_for_the_user(
    cli: Cli, tmp_path: Path, shell: str, environ: dict[str, str], expected: tuple[str, str | None]
) -> None:
    (tmp_path / "home" / "functions").mkdir(parents=True)
    env = {"HOME": f"{tmp_path}/home"} | {name: value.format(top=tmp_path) for name, value in environ.items()}
    path = tmp_path / expected[0]
    needed = expected[1] and expected[1].format(top=tmp_path, path=path, folder=path.parent)

    done = cli("completion", shell, "--install", env=env)
    assert (done.exit, done.stderr) == (0, "")
    assert done.stdout == f"wrote  {path}\n" + (f"hint: {needed}\n" if needed else "")
    assert path.read_text() == SCRIPTS[shell]

    path.write_text("an older one")
    again = cli("completion", shell, "--install", "--json", env=env)
    assert again.document == {
        "schema": "jwtool.completion/1",
        "ok": True,
        "shell": shell,
        "path": str(path),
        "still_needed": needed,
    }
    assert path.read_text() == SCRIPTS[shell]
    assert cli("completion", shell, "--install", "-q", env=env).stdout == f"{path}\n"


def test_installs_on_windows_beside_the_profile(cli: Cli, tmp_path: Path) -> None:
    done = cli("completion", "powershell", "--install", "-q", env={"USERPROFILE": str(tmp_path)})
    assert (done.exit, done.stdout) == (0, f"{tmp_path}/Documents/PowerShell/jwtool.ps1\n")


def test_an_unknown_shell(cli: Cli) -> None:
    done = cli("completion", "tcsh")
    assert (done.exit, done.stdout) == (2, "")
    assert done.stderr == (
        "jwtool: error: there is no completion for 'tcsh', only for bash, zsh, fish, powershell\n"
        "hint: jwtool completion bash\n"
    )


def test_without_a_home(cli: Cli) -> None:
    done = cli("completion", "fish", "--install")
    assert (done.exit, done.stdout) == (3, "")
    assert done.stderr == (
        "jwtool: error: HOME is not set: there is no telling where the completion belongs\n"
        "hint: jwtool completion SHELL > FILE\n"
    )


def test_where_a_file_is_in_the_way(cli: Cli) -> None:
    done = cli("completion", "fish", "--install", env={"HOME": "/dev/null"})
    assert (done.exit, done.stdout) == (6, "")
    assert done.stderr == (
        "jwtool: error: the folder '/dev/null/.config/fish/completions' can't be made: not a directory\n"
    )
