"""`jwtool` as a process: real streams, real signals, real files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[bytes]]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals, pipes and devices of POSIX")

SECONDS = 30
COMMAND = [sys.executable, "-m", "jwtool"]
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."
FULL = Path("/dev/full")
AT = ("--at", "1795556400")


@pytest.fixture
def run(keys: Path) -> Run:
    """Run jwtool as a process in the folder of `keys`; stdin is empty unless it is given."""

    def call(*argv: str | bytes, **options: Any) -> subprocess.CompletedProcess[bytes]:
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.run([*COMMAND, *argv], cwd=keys, timeout=SECONDS, check=False, **options)

    return call


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """A line of sh in which `jwtool` is this jwtool."""
    function = f'jwtool() {{ "{sys.executable}" -m jwtool "$@"; }}; '
    return subprocess.run(
        ["sh", "-c", function + line],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )


def test_a_token_that_is_made_while_verify_waits_for_it(keys: Path) -> None:
    line = "{ sleep 1.2; jwtool sign -k es256.jwk --nbf now; } | jwtool verify -k es256.jwk --json"
    done = shell(line, keys)
    checks = {check["name"]: check["verdict"] for check in json.loads(done.stdout)["checks"]}
    assert (done.returncode, checks["nbf"]) == (0, "ok")


class TestStdout:
    """A closed pipe ends quietly; what could not be written is said, exit 6."""

    def test_a_closed_pipe_ends_quietly(self, keys: Path) -> None:
        done = shell("{ jwtool explain errors; echo $? >&2; } | head -n 1", keys)
        assert done.stdout.count(b"\n") == 1
        assert done.stderr == b"0\n"

    def test_a_reader_that_has_gone(self, run: Run) -> None:
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "wb") as stdout:
            done = run("decode", TOKEN, stdout=stdout)
        assert (done.returncode, done.stderr) == (0, b"")

    @pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
    @pytest.mark.parametrize(
        "argv",
        [
            ("decode", TOKEN),
            ("--help",),
            ("--version",),
            ("sign", "-k", "es256.jwk"),
            ("key", "public", "--to", "der", "es256.jwk"),
            ("key", "convert", "--to", "ssh", "es256.jwk"),
            ("verify", "--json", "-k", "jwks.json", "@token.jwt", *AT),
            ("decode", "--json", "x"),
        ],
    )
    def test_a_full_disk(self, run: Run, argv: tuple[str, ...]) -> None:
        with FULL.open("wb") as stdout:
            done = run(*argv, stdout=stdout)
        said = b"" if "--json" in argv else b"jwtool: error: the output could not be written: no space left on device\n"
        assert (done.returncode, done.stderr) == (6, said)

    def test_closed_before_it_began(self, keys: Path) -> None:
        done = shell(f"jwtool decode {TOKEN} >&-; echo $?", keys)
        assert done.stdout == b"6\n"
        assert done.stderr == b"jwtool: error: the output could not be written: it is closed\n"

    def test_stderr_may_be_closed_or_full(self, run: Run, keys: Path) -> None:
        assert shell("jwtool decode x 2>&-; echo $?", keys).stdout == b"3\n"
        assert shell(f"jwtool decode -f sub {TOKEN} 2>&-", keys).stdout == b"x\n"
        if FULL.exists():
            with FULL.open("wb") as stderr:
                assert run("decode", "x", stderr=stderr).returncode == 3

    def test_der_goes_out_as_it_is(self, run: Run) -> None:
        der = run("key", "public", "--to", "der", "es256.jwk")
        assert (der.returncode, der.stdout[:2], der.stderr) == (0, b"0Y", b"")


class TestStdin:
    """Stdin is read to its end, once."""

    def test_a_pipe(self, run: Run) -> None:
        assert run("decode", "-q", "-f", "sub", input=TOKEN.encode()).stdout == b"x\n"

    def test_closed_before_it_began(self, keys: Path) -> None:
        done = shell("jwtool decode <&-; echo $?", keys)
        assert (done.stdout, done.stderr) == (b"3\n", b"jwtool: error: can't read the token: stdin: it is closed\n")

    def test_empty(self, run: Run) -> None:
        done = run("decode")
        assert (done.returncode, done.stderr) == (3, b"jwtool: error: stdin is empty, wanted a token\n")

    def test_endless(self, keys: Path) -> None:
        done = shell("jwtool decode - </dev/zero; echo $?", keys)
        assert (done.stdout, done.stderr) == (
            b"3\n",
            b"jwtool: error: can't read the token: stdin holds more than 1 MiB\n",
        )

    def test_not_read_where_it_is_not_wanted(self, run: Run) -> None:
        read, write = os.pipe()  # nobody ever writes, and nobody closes it
        try:
            assert run("sign", "-k", "es256.jwk", stdin=read).returncode == 0
            assert run("verify", "-q", "-k", "jwks.json", "@token.jwt", *AT, stdin=read).returncode == 0
        finally:
            os.close(read)
            os.close(write)


class TestSignals:
    """Interrupted: 130; terminated: 143; nothing half-written."""

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_while_it_waits_for_stdin(self, keys: Path, number: signal.Signals, code: int) -> None:
        command = [*COMMAND, "verify", "-v", "-f", "sub", "-"]
        env = {**os.environ, "JWTOOL_KEY": "jwks.json"}
        process = subprocess.Popen(
            command, cwd=keys, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stderr is not None
        assert process.stderr.readline() == b"JWTOOL_KEY names the key\n"
        time.sleep(0.3)  # it is about to read
        process.send_signal(number)
        out, err = process.communicate(timeout=SECONDS)
        assert (process.returncode, out, err) == (code, b"", b"")


class TestArguments:
    """Words that are no UTF-8, and locales that know none."""

    def test_argv_that_is_no_utf8(self, run: Run) -> None:
        for argv in (
            (b"\xff\xfe",),
            (b"decode", b"\xff"),
            (b"decode", b"@\xff"),
            (b"verify", b"-k", b"\xff", b"x.y.z"),
        ):
            done = run(*argv)
            assert done.returncode in {2, 3}
            assert done.stdout == b""
            assert done.stderr.startswith(b"jwtool: error: ")
            assert done.stderr.isascii()
        claim = run(b"sign", b"-k", b"es256.jwk", b"-c", b"n=\xff")
        assert (claim.returncode, claim.stdout) == (2, b"")
        assert claim.stderr == b"jwtool: error: 'n=\\udcff' is not UTF-8\n"

    def test_a_file_name_that_is_no_utf8(self, run: Run, keys: Path) -> None:
        path = os.fsencode(keys / "k\udcff.jwk")
        Path(os.fsdecode(path)).write_bytes((keys / "jwks.json").read_bytes())
        done = run("verify", "-q", "-k", path, "@token.jwt", *AT)
        assert (done.returncode, done.stdout) == (0, b"valid\n")
        shown = run("jwks", "show", "--json", path)
        assert json.loads(shown.stdout)["source"].endswith("k\\udcff.jwk")

    @pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8"])
    def test_any_locale(self, run: Run, locale: str) -> None:
        env = {**{name: value for name, value in os.environ.items() if not name.startswith("LC_")}, "LANG": locale}
        env |= {"LC_ALL": locale}
        token = run("sign", "-k", "es256.jwk", "-c", "name=Zoë", env=env).stdout
        done = run("decode", "-q", "-f", "name", input=token, env=env)
        assert (done.returncode, done.stdout, done.stderr) == (0, "Zoë\n".encode(), b"UNVERIFIED\n")
        assert run("explain", "source", env=env).returncode == 0
        assert run("sign", "--help", env=env).stdout.count("…".encode()) > 0


class TestFiles:
    """Files that can't be read, and files that are no files."""

    @pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
    def test_an_unreadable_file(self, run: Run, keys: Path) -> None:
        (keys / "jwks.json").chmod(0)
        done = run("verify", "-k", "jwks.json", "@token.jwt", *AT)
        assert (done.returncode, done.stderr) == (
            3,
            (
                b"jwtool: error: can't read the key: no permission to read 'jwks.json'\n"
                b"hint: look at it with ls -l 'jwks.json'\n"
            ),
        )

    @pytest.mark.parametrize("device", ["/dev/zero", "/dev/tty"])
    def test_devices(self, run: Run, device: str) -> None:
        done = run("verify", "-k", device, "@token.jwt", *AT)
        said = f"jwtool: error: can't read the key: '{device}' is a device, not a file\nhint: stdin is written -\n"
        assert (done.returncode, done.stdout, done.stderr) == (3, b"", said.encode())

    def test_a_fifo_is_read_to_its_end(self, keys: Path) -> None:
        os.mkfifo(keys / "fifo")
        done = shell("cat token.jwt > fifo & jwtool verify -q -k jwks.json --at 1795556400 @fifo", keys)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"valid\n", b"")

    def test_process_substitution_and_dev_stdin(self, run: Run, keys: Path) -> None:
        done = run("verify", "-q", "-k", "/dev/stdin", "@token.jwt", *AT, input=(keys / "jwks.json").read_bytes())
        assert (done.returncode, done.stdout, done.stderr) == (0, b"valid\n", b"")

    def test_the_umask_does_not_open_a_private_key(self, keys: Path) -> None:
        done = shell("umask 0; jwtool key new -q -o new.jwk --public-out new.pub && stat -c %a new.jwk new.pub", keys)
        assert done.stdout == b"600\n666\n"


def test_the_exit_code_of_a_bug_is_70_and_shows_no_traceback(keys: Path) -> None:
    code = (
        "import sys\n"
        "from jwtool.jose import token\n"
        "token.parse = lambda *a, **k: 1 / 0\n"
        "from jwtool.cli.main import main\n"
        f"sys.argv = ['jwtool', 'decode', '{TOKEN}']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=keys, capture_output=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout) == (70, b"")
    assert done.stderr.startswith(b"jwtool: error: this is a bug in jwtool: ZeroDivisionError at ")
    assert b"Traceback" not in done.stderr


def test_help_on_a_terminal_keeps_each_example_on_its_line(keys: Path) -> None:
    pty = pytest.importorskip("pty")
    parent, child = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    with subprocess.Popen(
        [*COMMAND, "decode", "--help"],
        cwd=keys,
        env={**env, "TERM": "xterm", "COLUMNS": "80"},
        stdin=child,
        stdout=child,
    ) as process:
        os.close(child)
        shown = b""
        try:
            while chunk := os.read(parent, 4096):
                shown += chunk
        except OSError:  # the other end has gone
            pass
        os.close(parent)
    assert process.returncode == 0
    assert shown.decode().splitlines()[-5:] == [
        "Examples:",
        "  jwtool decode @token.jwt",
        "  pbpaste | jwtool decode",
        "  jwtool decode -f sub @token.jwt",
        "  jwtool decode --lines @tokens.txt",
    ]
    assert "\x1b[" in shown.decode()
