"""Completion in the real shells: a line and a Tab go in, the line that stands there then comes out."""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import jwtool
from jwtool.cli.shell_scripts import FILES, SCRIPTS
from jwtool.jose.algorithms import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVIL = "evil\x1b]0;pwned\x07.jwk"
NAMES = ("path one.txt", "fresh.jwk", "it's $x.txt", 'quote"d.txt', "a:b.txt", "sum=1.txt", "ünïcode.txt", EVIL)
IN_TERMINAL = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


class Place:
    """A folder of files to complete, a home, and a `jwtool` on the PATH."""

    def __init__(self, top: Path) -> None:
        self.top, self.home, self.files = top, top / "home", top / "files"
        for folder in (top / "bin", self.home / "keys", self.files / "my keys", self.files / "sub"):
            folder.mkdir(parents=True)
        for name in (*NAMES, "my keys/in here.jwk", "sub/one.jwk", "sub/other.jwk"):
            (self.files / name).touch()
        (self.home / "keys" / "mine.jwk").touch()
        program = top / "bin" / "jwtool"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m jwtool "$@"\n')
        program.chmod(0o755)
        self.environ = {
            "PATH": f"{top / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(Path(jwtool.__file__).parents[1]),
            "HOME": str(self.home),
            "ZDOTDIR": str(self.home),
            "KEYDIR": str(self.home / "keys"),
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
        }

    def run(self, *argv: str, environ: dict[str, str] | None = None) -> str:
        """The stdout of a program; it must not complain on stderr."""
        done = subprocess.run(
            argv, cwd=self.files, env=self.environ | (environ or {}), capture_output=True, check=True, timeout=60
        )
        assert done.stderr == b""
        return done.stdout.decode()

    def answer(self, shell: str, line: str) -> list[str]:
        """What `jwtool` tells the completion script of a shell."""
        return self.run("jwtool", environ={"_JWTOOL_COMPLETE": shell, "_JWTOOL_LINE": line}).splitlines()


class Shell:
    """An interactive shell in a pseudo-terminal. Ctrl-X d writes the line being edited to a file."""

    def __init__(self, argv: list[str], place: Place, dump: Path) -> None:
        self.dump, self.screen = dump, b""
        self.terminal, inner = os.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", IN_TERMINAL, *argv], stdin=inner, stdout=inner, stderr=inner,
            cwd=place.files, env=place.environ,
        )  # fmt: skip
        os.close(inner)
        self._read_until(lambda: b"> " in self.screen)

    def complete(self, line: str) -> str:
        """The line after a Tab at its end."""
        self.dump.unlink(missing_ok=True)
        os.write(self.terminal, f"{line}\t\x18d".encode())
        self._read_until(self.dump.exists)
        os.write(self.terminal, b"\x15")
        return self.dump.read_text().removesuffix("\n")

    def _read_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, self.screen[-2000:]
            if select.select([self.terminal], [], [], 0.02)[0]:
                self.screen += os.read(self.terminal, 65536)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


def need(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} here")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("shells"))


def bash(place: Place, dump: Path) -> list[str]:
    settings = "PS1='> '\nIFS=o\nset -fu\nbind 'set completion-query-items 0'\n"
    show = f"""bind -x '"\\C-xd": printf %s "$READLINE_LINE" >{dump}.new; mv {dump}.new {dump}'\n"""
    (place.home / "bashrc").write_text(SCRIPTS["bash"] + settings + show)
    return ["bash", "--noprofile", "--rcfile", str(place.home / "bashrc"), "-i"]


def zsh(place: Place, dump: Path) -> list[str]:
    (place.home / "functions").mkdir()
    (place.home / "functions" / FILES["zsh"]).write_text(SCRIPTS["zsh"])
    (place.home / ".zshrc").write_text(
        f"PS1='> '\nfpath=({place.home}/functions $fpath)\nautoload -Uz compinit && compinit -u -D\nbindkey -e\n"
        f'show() {{ print -rn -- "$BUFFER" >{dump}.new; mv {dump}.new {dump} }}\nzle -N show; bindkey "^Xd" show\n'
    )
    return ["zsh", "-i"]


def fish(place: Place, dump: Path) -> list[str]:
    folder = place.home / ".config" / "fish"
    (folder / "completions").mkdir(parents=True)
    (folder / "completions" / FILES["fish"]).write_text(SCRIPTS["fish"])
    (folder / "config.fish").write_text(
        "function fish_greeting; end\nfunction fish_prompt; printf '> '; end\n"
        f"function show; commandline >{dump}.new; mv {dump}.new {dump}; end\n"
        "bind \\cxd show\nbind \\cu kill-whole-line\n"
    )
    return ["fish", "-i"]


@pytest.fixture(scope="module", params=[bash, zsh, fish], ids=["bash", "zsh", "fish"])
def shell(request: pytest.FixtureRequest, place: Place) -> Iterator[Shell]:
    name = request.param.__name__
    need(name)
    dump = place.top / f"{name}-line"
    started = Shell(request.param(place, dump), place, dump)
    yield started
    started.close()


COMPLETED = {
    "jwtool ver": "jwtool verify ",
    "jwtool key thu": "jwtool key thumbprint ",
    "jwtool frob ver": "jwtool frob ver",
    "jwtool decode --js": "jwtool decode --json ",
    "jwtool verify --alg EdD": "jwtool verify --alg EdDSA ",
    "jwtool verify --alg=EdD": "jwtool verify --alg=EdDSA ",
    "jwtool verify env:HO": "jwtool verify env:HOME ",
    "jwtool verify @pa": r"jwtool verify @path\ one.txt ",
    r"jwtool verify @path\ o": r"jwtool verify @path\ one.txt ",
    "jwtool verify '@pa": "jwtool verify '@path one.txt' ",
    'jwtool verify "env:HO': 'jwtool verify "env:HOME" ',
    "jwtool verify -k secret:@f": "jwtool verify -k secret:@fresh.jwk ",
    "jwtool verify --key=f": "jwtool verify --key=fresh.jwk ",
    "jwtool verify --key=secret:@f": "jwtool verify --key=secret:@fresh.jwk ",
    "jwtool verify -k f": "jwtool verify -k fresh.jwk ",
    "jwtool verify -kf": "jwtool verify -kfresh.jwk ",
    "jwtool verify -k my": r"jwtool verify -k my\ keys/",
    r"jwtool verify -k my\ keys/": r"jwtool verify -k my\ keys/in\ here.jwk ",
    'jwtool verify -k "my': 'jwtool verify -k "my keys/',
    "jwtool verify -k it": r"jwtool verify -k it\'s\ \$x.txt ",
    'jwtool verify -k "q': r'jwtool verify -k "quote\"d.txt" ',
    "jwtool verify -k a:": "jwtool verify -k a:b.txt ",
    "jwtool verify -k sum": "jwtool verify -k sum=1.txt ",
    "jwtool verify -k ün": "jwtool verify -k ünïcode.txt ",
    "jwtool verify -k evil": "jwtool verify -k evil",
    "jwtool verify -k ~/k": "jwtool verify -k ~/keys/",
    "jwtool verify -k $KEYDIR/m": "jwtool verify -k $KEYDIR/mine.jwk ",
    "jwtool verify -k secr": "jwtool verify -k secret:",
    "jwtool verify -k sub/ot": "jwtool verify -k sub/other.jwk ",
    "jwtool verify -- @pa": r"jwtool verify -- @path\ one.txt ",
    "jwtool verify < fr": "jwtool verify < fresh.jwk ",
    "jwtool sign -c x:@=fr": "jwtool sign -c x:@=fresh.jwk ",
    "FOO=1 jwtool verify env:HO": "FOO=1 jwtool verify env:HOME ",
    "true; jwtool verify env:HO": "true; jwtool verify env:HOME ",
}


@pytest.mark.parametrize("line", COMPLETED)
def test_a_tab(shell: Shell, line: str) -> None:
    assert shell.complete(line) == COMPLETED[line]


def test_a_list_of_candidates_holds_nothing_that_drives_the_terminal(shell: Shell) -> None:
    before = len(shell.screen)
    shell.complete("jwtool verify -k \t")
    shell.complete("jwtool verify env:HO")  # what the list printed has arrived before this comes back
    assert b"pwned" not in shell.screen[before:]


def test_bash_function_by_itself(place: Place) -> None:
    need("bash")
    script = SCRIPTS["bash"] + (
        'compopt() { printf "option %s\\n" "$2"; }\n'
        'COMP_LINE="jwtool verify -k secret:@s rest" COMP_POINT=26 _jwtool jwtool @s secret\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
        'COMP_LINE="jwtool verify -k secret:@sub/o" COMP_POINT=30 _jwtool jwtool @sub/o secret\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
        'COMP_LINE="jwtool verify --key=my" COMP_POINT=22 _jwtool jwtool my =\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
        'COMP_LINE="jwtool verify \\$HO" COMP_POINT=17 _jwtool jwtool "\\$HO" verify\n'
        'printf "%s\\n" "${#COMPREPLY[@]}"\n'
    )
    assert place.run("bash", "--norc", "-c", script).splitlines() == [
        "@sub/",
        "@sum=1.txt",
        "option filenames",
        "option noquote",
        "@sub/one.jwk",
        "@sub/other.jwk",
        "option nospace",
        "option filenames",
        "option noquote",
        r"my\ keys/",
        "option bashdefault",
        "0",
    ]


def test_zsh_script_can_be_sourced(place: Place) -> None:
    need("zsh")
    script = f"autoload -Uz compinit && compinit -u -D\n{SCRIPTS['zsh']}\nprint -r -- $_comps[jwtool]"
    assert place.run("zsh", "-f", "-c", script) == "_jwtool\n"


def test_fish_describes(place: Place) -> None:
    need("fish")
    script = f"{SCRIPTS['fish']}\ncomplete -C 'jwtool verify --alg ES'"
    expected = sorted(f"{name}\t{row.summary}" for name, row in ALGORITHMS.items() if name.startswith("ES"))
    assert sorted(place.run("fish", "--no-config", "-c", script).splitlines()) == expected


def test_powershell_completes(place: Place) -> None:
    need("pwsh")
    script = f"{SCRIPTS['powershell']}\n" + "".join(
        f"[System.Management.Automation.CommandCompletion]::CompleteInput('{line}', {len(line)}, $null)"
        ".CompletionMatches.CompletionText\n"
        for line in ("jwtool ver", "jwtool verify --alg EdD", "jwtool verify env:HO", "jwtool verify -k secret:@f")
    )
    found = place.run("pwsh", "-NoProfile", "-Command", script).splitlines()
    assert found == ["verify", "EdDSA", "env:HOME", "'secret:@fresh.jwk'"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_plain_text(name: str) -> None:
    script = SCRIPTS[name]
    assert script.isascii()
    assert script.replace("\n", "").isprintable()
    assert script.endswith("\n")
    assert [script.count(left) - script.count(right) for left, right in ("{}", "[]")] == [0, 0]


def test_powershell_script_leaves_no_variable_behind() -> None:
    script = SCRIPTS["powershell"]
    used = {line.split("=")[0].strip() for line in script.splitlines() if line.strip().startswith("$env:")}
    assert used == {"$env:_JWTOOL_COMPLETE", "$env:_JWTOOL_LINE"}
    assert "Remove-Item Env:_JWTOOL_COMPLETE, Env:_JWTOOL_LINE" in script
