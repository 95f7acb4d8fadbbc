"""The command line as a whole: help, versions, typos, options out of place, exit codes, bugs."""

from __future__ import annotations

import io
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from jwtool import __version__
from jwtool.cli import app, exits, main
from jwtool.cli.usage import HABITS
from jwtool.jose import errors
from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Cli

GROUPS = ((), ("key",), ("jwks",))
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."


def said(message: str, hint: str | None = None) -> str:
    return f"jwtool: error: {message}\n" + ("" if hint is None else f"hint: {hint}\n")


class TestHelp:
    """`jwtool` alone, or a group alone, prints its help: 0."""

    @pytest.mark.parametrize("group", GROUPS)
    def test_alone_and_asked_for(self, cli: Cli, group: tuple[str, ...]) -> None:
        alone = cli(*group)
        assert (alone.exit, alone.stderr) == (0, "")
        assert alone.stdout.startswith(f"Usage: {' '.join(('jwtool', *group))} [OPTIONS] COMMAND [ARGS]...\n")
        for option in ("-h", "--help"):
            assert cli(*group, option).stdout == alone.stdout

    @pytest.mark.parametrize("group", GROUPS)
    def test_every_command_has_its_line(self, cli: Cli, group: tuple[str, ...]) -> None:
        out = cli(*group).stdout.partition("Commands:\n")[2]
        names = [line.split()[0] for line in out.splitlines() if line[:3].strip()]
        package = ".".join((app.COMMANDS, *group))
        assert names == app.command_names(package)

    def test_as_json(self, cli: Cli) -> None:
        for argv in (("--json", "--help"), ("--help", "--json")):
            document = cli(*argv).document
            assert document["command"] == "jwtool"
            assert document["text"] == cli("--help").stdout.removesuffix("\n")
        document = cli("decode", "--json", "-h").document
        assert (document["schema"], document["command"]) == ("jwtool.help/1", "jwtool decode")
        assert document["text"].startswith("Usage: jwtool decode [OPTIONS] [TOKEN]\n")


class TestVersion:
    """`jwtool --version`: `jwtool VERSION`, with -v the libraries too."""

    @pytest.mark.parametrize("argv", [("--version",), ("-V",)])
    def test_one_line(self, cli: Cli, argv: tuple[str, ...]) -> None:
        done = cli(*argv)
        assert (done.exit, done.stdout, done.stderr) == (0, f"jwtool {__version__}\n", "")

    @pytest.mark.parametrize("argv", [("--version", "-v"), ("-v", "--version"), ("-V", "--verbose"), ("-Vv",)])
    def test_the_libraries_too(self, cli: Cli, argv: tuple[str, ...]) -> None:
        lines = cli(*argv).stdout.splitlines()
        assert lines[0] == f"jwtool {__version__}"
        assert lines[1].startswith("python 3.")
        libraries = ("authlib", "cryptography", "httpx", "joserfc", "rich", "typer")
        assert lines[2:] == [f"{name} {version(name)}" for name in libraries]

    def test_json(self, cli: Cli) -> None:
        assert cli("--version", "--json").document == {
            "schema": "jwtool.version/1",
            "ok": True,
            "version": __version__,
            "libraries": {},
        }


class TestUnknownCommands:
    """A typo and a habit from elsewhere are answered with what was probably meant."""

    @pytest.mark.parametrize(
        ("path", "name", "meant"),
        [
            *[(path, name, meant) for path, habits in HABITS.items() for name, meant in habits.items()],
            ("jwtool", "INSPECT", "decode"),
            ("jwtool", "decod", "decode"),
            ("jwtool", "verfiy", "verify"),
            ("jwtool", "Sign", "sign"),
            ("jwtool", "explane", "explain"),
            ("jwtool", "inspec", "decode"),
            ("jwtool key", "sho", "show"),
            ("jwtool jwks", "buidl", "build"),
        ],
    )
    def test_did_you_mean(self, cli: Cli, path: str, name: str, meant: str) -> None:
        done = cli(*path.split()[1:], name)
        assert (done.exit, done.stdout) == (2, "")
        assert done.stderr == said(f"no such command '{name}'", f"did you mean `{path} {meant}`?")

    def test_what_is_suggested_is_there(self, cli: Cli) -> None:
        for path, habits in HABITS.items():
            for meant in set(habits.values()):
                assert cli(*path.split()[1:], *meant.split(), "--help").exit == 0

    @pytest.mark.parametrize(("path", "name"), [("jwtool", "xyzzy"), ("jwtool key", "xyzzy"), ("jwtool", "")])
    def test_nothing_near(self, cli: Cli, path: str, name: str) -> None:
        done = cli(*path.split()[1:], name)
        assert (done.exit, done.stdout) == (2, "")
        assert done.stderr == said(f"no such command '{name}'", f"`{path} --help` lists the commands")

    def test_a_token_is_not_repeated(self, cli: Cli) -> None:
        done = cli(TOKEN)
        assert (done.exit, done.stdout) == (2, "")
        assert done.stderr == said("a token is no command", "jwtool decode shows it, jwtool verify judges it")

    def test_as_json(self, cli: Cli) -> None:
        assert cli("validate", "--json", "x").document["error"] == {
            "code": "command_unknown",
            "message": "no such command 'validate'",
            "hint": "did you mean `jwtool verify`?",
            "exit": 2,
        }


class TestUnknownOptions:
    """Options are named back, values never."""

    @pytest.mark.parametrize(
        ("argv", "message", "hint"),
        [
            (("verify", "--audiance", "x"), "no such option `--audiance`", "did you mean `--audience`?"),
            (("verify", "--ke", "x"), "no such option `--ke`", "did you mean `--key`?"),
            (("sign", "--algorithm", "x"), "no such option `--algorithm`", "did you mean `--alg`?"),
            (("sign", "--expires=1h"), "no such option `--expires`", "did you mean `--exp`?"),
            (("key", "new", "--out", "x"), "no such option `--out`", "did you mean `--output`?"),
            (("verify", "--bogus"), "no such option `--bogus`", "`jwtool verify --help` shows how it is used"),
            (("verify", "-z"), "no such option `-z`", "`jwtool verify --help` shows how it is used"),
            (("verify", "-k"), "`-k` needs a value", "`jwtool verify --help` shows how it is used"),
            (("verify", "--iss"), "`--iss` needs a value", "`jwtool verify --help` shows how it is used"),
            (("key", "new", "-o"), "`-o` needs a value", "`jwtool key new --help` shows how it is used"),
            (("decode", "--json=1"), "`--json` takes no value", "`jwtool decode --help` shows how it is used"),
            (
                ("decode", "a", "b"),
                "there are more arguments than the command takes",
                "`jwtool decode --help` shows how it is used",
            ),
            (("key", "show"), "KEY is missing", "`jwtool key show --help` shows how it is used"),
            (("completion",), "SHELL is missing", "`jwtool completion --help` shows how it is used"),
            (("decode", "--color", "blue", "x"), "--color takes auto, always or never", "--color never"),
        ],
    )
    def test_usage_errors(self, cli: Cli, argv: tuple[str, ...], message: str, hint: str) -> None:
        done = cli(*argv)
        assert (done.exit, done.stdout, done.stderr) == (2, "", said(message, hint))

    @pytest.mark.parametrize(
        "argv",
        [
            ("decode", TOKEN, "hunter2-hunter2-hunter2"),
            ("decode", f"--{TOKEN}"),
            ("verify", "--bogus=hunter2-hunter2"),
            ("verify", "--hunter2-hunter2-hunter2-hunter2"),
            ("verify", "-k", f"secret:{TOKEN}", "--x", "hunter2"),
            ("verify", "-k", "secret:hunter2"),
            ("verify", "-k", "hex:68756e74657232"),
            ("verify", "--passphrase", "hunter2", "-k", "x", TOKEN),
            ("sign", "-k", "x", TOKEN),
            ("sign", "-k", "x", "--exp", TOKEN),
            ("verify", "-k", "x", "--leeway", TOKEN),
            ("verify", "-k", "x", "--alg", TOKEN),
            ("sign", "-k", TOKEN),
            ("key", "show", TOKEN),
            ("jwks", "fetch", f"https://user:hunter2@h.example/?{TOKEN}"),
            ("jwks", "fetch", f"ftp://h.example/?{TOKEN}"),
            ("explain", TOKEN),
            (f"x{TOKEN}",),
            (f"-{TOKEN}",),
            (f"--key={TOKEN}", "verify"),
            ("completion", TOKEN),
            ("key", "new", "--curve", TOKEN),
            ("key", "new", "--size", TOKEN),
        ],
    )
    def test_tokens_and_secrets_are_never_repeated(self, cli: Cli, argv: tuple[str, ...]) -> None:
        for options in ((), ("-v",)):
            done = cli(*argv, *options)
            assert done.exit in {2, 3}
            assert done.stdout == ""
            for word in ("hunter2", TOKEN[:12], "68756e74", "eyJ"):
                assert word not in done.stderr


class TestOptionsBeforeTheCommand:
    """Given before the command: exit 2, put it after."""

    @pytest.mark.parametrize("option", ["--json", "-q", "--quiet", "-v", "--verbose", "--color"])
    @pytest.mark.parametrize("path", [(), ("key",)])
    def test_common_options(self, cli: Cli, option: str, path: tuple[str, ...]) -> None:
        name = "--verbose" if option == "-v" and not path else option
        message, hint = f"`{name}` stands before the command", f"put `{name}` after the command"
        done = cli(*path, option, *(("never",) if option == "--color" else ()), "show" if path else "decode")
        assert done.exit == 2
        if option == "--json":
            assert done.document["error"] == {"code": "usage", "message": message, "hint": hint, "exit": 2}
        else:
            assert (done.stdout, done.stderr) == ("", said(message, hint))

    def test_other_options(self, cli: Cli) -> None:
        done = cli("-k", "x", "verify")
        assert (done.exit, done.stderr) == (
            2,
            said("`jwtool` itself has no option `-k`", "if it belongs to a command, put `-k` after the command"),
        )


@pytest.fixture
def run_plainly() -> Callable[..., tuple[int, str, str]]:
    """A command line without the care that `cli` takes of --json: exit code, stdout, stderr."""

    def call(*argv: str) -> tuple[int, str, str]:
        out, err = io.BytesIO(), io.BytesIO()
        runtime = Runtime(
            stdin=io.BytesIO(),
            stdout=out,
            stderr=err,
            environ={},
            now=lambda: 0,
            stdin_is_terminal=False,
            stdout_is_terminal=False,
            stderr_is_terminal=False,
            ask_secret=lambda _: "",
        )
        code = main.run(argv, runtime)
        return code, out.getvalue().decode(), err.getvalue().decode()

    return call


@pytest.mark.parametrize(
    ("argv", "json"),
    [
        (("decode", "--json", "x"), True),
        (("decode", "x", "--json"), True),
        (("decode", "--bogus", "--json"), True),
        (("xyzzy", "--json"), True),
        (("decode", "x", "y", "--json"), True),
        (("decode", "--", "--json"), False),
        (("decode", "x", "--", "--json"), False),
    ],
)
def test_json_counts_anywhere_before_two_dashes(
    run_plainly: Callable[..., tuple[int, str, str]], argv: tuple[str, ...], *, json: bool
) -> None:
    done = run_plainly(*argv)
    code, out, err = done
    assert code in {2, 3}
    assert out.startswith('{"schema":"jwtool.error/1","ok":false,') is json
    assert (err == "") is json


def test_every_family_of_errors_has_its_exit_code(cli: Cli, tmp_path: Path) -> None:
    assert {family.__name__: code for family, code in exits.BY_FAMILY.items()} == {
        "UsageError": 2,
        "InputError": 3,
        "KeyRefused": 4,
        "NetworkError": 5,
        "WriteError": 6,
    }
    for family, code in exits.BY_FAMILY.items():
        for leaf in (family, *family.__subclasses__()):
            assert exits.exit_code(leaf("x")) == code
    assert exits.exit_code(errors.JwtoolError("x")) == 70
    (tmp_path / "set.json").write_text('{"keys":[]}')
    assert cli("decode", "a", "b").exit == 2
    assert cli("decode", "abc").exit == 3
    assert cli("key", "show", tmp_path / "set.json").exit == 4
    assert cli("jwks", "fetch", "http://127.0.0.1:1/").exit == 5
    assert cli("key", "new", "-o", tmp_path).exit == 6
