"""`python -m jwtool.cli.docs`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from jwtool.cli import app, docs
from jwtool.cli.shell_scripts import FILES, SCRIPTS

if TYPE_CHECKING:
    from pathlib import Path

DERIVED = [*(f"completions/{name}" for name in FILES.values()), "jwtool/cli/command_index.json"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project without a single derived file."""
    (tmp_path / "jwtool" / "cli").mkdir(parents=True)
    (tmp_path / "README.md").write_text("# jwtool\n\n<!-- commands -->\nold\n<!-- /commands -->\n\nmore\n")
    return tmp_path


def test_the_derived_files_of_this_project_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    code = docs.main(["check"], docs.PROJECT)
    assert (capsys.readouterr().out, code) == ("", 0)


def test_check_names_what_is_stale_and_write_repairs_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [*DERIVED, "README.md"]
    assert docs.main(["check"], project) == 1
    stale = "".join(f"stale: {name}\n" for name in names)
    assert capsys.readouterr().out == f"{stale}hint: python -m jwtool.cli.docs write\n"
    assert not (project / "completions").exists()

    assert docs.main(["write"], project) == 0
    assert capsys.readouterr().out == "".join(f"wrote {name}\n" for name in names)
    for shell, script in SCRIPTS.items():
        assert (project / "completions" / FILES[shell]).read_bytes() == script.encode()

    assert docs.main(["check"], project) == 0
    (project / "completions" / "_jwtool").write_text("edited")
    assert docs.main(["check"], project) == 1
    assert capsys.readouterr().out == "stale: completions/_jwtool\nhint: python -m jwtool.cli.docs write\n"


def test_a_readme_without_markers_is_left_alone(project: Path) -> None:
    (project / "README.md").write_text("# jwtool\n<!-- commands -->\n")
    assert docs.main(["write"], project) == 0
    assert (project / "README.md").read_text() == "# jwtool\n<!-- commands -->\n"


@pytest.mark.parametrize("argv", [[], ["wirte"], ["check", "write"]])
def test_other_words(argv: list[str], project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert docs.main(argv, project) == 2
    assert capsys.readouterr().err == "usage: python -m jwtool.cli.docs write|check\n"


def test_the_tables_of_the_readme(project: Path) -> None:
    docs.main(["write"], project)
    before, _, rest = (project / "README.md").read_text().partition("<!-- commands -->\n")
    inside, _, after = rest.partition("<!-- /commands -->")
    assert (before, after) == ("# jwtool\n\n", "\n\nmore\n")
    rows = inside.splitlines()
    assert rows[:3] == ["", "| Command | Purpose |", "|---|---|"]
    assert "| `jwtool key thumbprint KEY` | The name that a key has by its own numbers (RFC 7638) |" in rows
    assert rows[3] == ("| `jwtool completion SHELL` | Complete commands, options, algorithms and files in a shell |")
    assert rows[rows.index("| Command | Options |") + 2] == (
        "| every command | `--json`, `-q/--quiet`, `-v/--verbose`, `--color WHEN`, `-h/--help` |"
    )
    assert "| `jwtool completion` | `--install` |" in rows
    assert "| `jwtool issuer show` | network |" in rows
    (network,) = [row for row in rows if row.startswith("| network: where it may be used | ")]
    assert network.startswith("| network: where it may be used | `--offline`, `--refresh`, `--stale-ok DURATION`, ")
    assert "`--offline`" not in "".join(row for row in rows if row != network)


def test_a_bar_does_not_end_a_cell() -> None:
    node = {"help": "this | that", "arguments": [], "options": []}
    assert "| `jwtool a` | this \\| that |" in docs.tables({"commands": {"a": node}}).splitlines()


def test_the_index_holds_every_command() -> None:
    index = docs.index()
    assert list(index["commands"]) == app.command_names(app.COMMANDS)
    assert list(index["commands"]["key"]["commands"]) == app.command_names(f"{app.COMMANDS}.key")
    written = (docs.PROJECT / DERIVED[-1]).read_text("utf-8")
    assert json.loads(written) == index


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_files_do_not_depend_on_the_process(seed: str) -> None:
    """Typer keeps the names of --help in a set."""
    environ = os.environ | {"PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-m", "jwtool.cli.docs", "check"], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
