"""Files: nothing that exists is touched, nothing half-written stays, no link is written through."""

from __future__ import annotations

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_pem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.attacks.conftest import Forger, Publish
    from tests.cli.conftest import Cli


def state(path: Path) -> tuple[object, ...]:
    """What must not change: which inode, when written, what is in it."""
    status = path.lstat()
    content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
    return status.st_ino, status.st_mtime_ns, status.st_mode, content


@pytest.mark.attack("A116")
def test_key_new_over_what_exists(tmp_path: Path, cli: Cli, publish: Publish) -> None:
    target, link, dangling = tmp_path / "target", tmp_path / "link", tmp_path / "dangling"
    folder, fifo, loop = tmp_path / "folder", tmp_path / "fifo", tmp_path / "loop"
    target.write_text("precious")
    link.symlink_to(target)
    dangling.symlink_to(tmp_path / "nowhere")
    folder.mkdir()
    os.mkfifo(fifo)
    loop.symlink_to(loop)
    private = publish("ES256", private=True)
    places = (target, link, dangling, folder, fifo, loop)
    before = [state(path) for path in places]
    names = sorted(tmp_path.iterdir())
    for path in places:
        for argv in (
            ["key", "new", "-o", path],
            ["key", "new", "-o", tmp_path / "new", "--public-out", path],
            ["key", "public", private, "-o", path],
            ["jwks", "build", private, "-o", path],
            ["sign", "-k", private, "-o", path],
        ):
            done = cli(*argv, "--json")
            assert (done.exit, done.codes) == (6, {"file_exists"}), (path, argv)
    assert [state(path) for path in places] == before
    assert sorted(tmp_path.iterdir()) == names


def test_force_replaces_a_link_and_never_writes_through_it(tmp_path: Path, cli: Cli) -> None:
    target, link, dangling = tmp_path / "target", tmp_path / "link", tmp_path / "dangling"
    target.write_text("precious")
    target.chmod(0o644)
    link.symlink_to(target)
    dangling.symlink_to(tmp_path / "nowhere")
    hard = tmp_path / "hard"
    os.link(target, hard)
    before = state(target)
    for path in (link, dangling, hard):
        assert cli("key", "new", "--force", "-o", path).exit == 0
        assert not path.is_symlink()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert state(target) == before
    assert not (tmp_path / "nowhere").exists()
    for place in ("/dev/stdout", "//dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/../dev/stdout", "///dev/tty"):
        assert cli("key", "new", "--json", "--force", "-o", place).codes == {"write_failed"}, place


def test_private_file_is_private_from_its_first_octet(tmp_path: Path, publish: Publish) -> None:
    """Under the most generous umask, and while it is being written: every open is watched."""
    script = (
        "import os, sys; os.umask(0); real = os.open\n"
        "def watch(path, flags, mode=0o777, **k):\n"
        "    if flags & os.O_CREAT: print(oct(mode), flags & os.O_EXCL > 0, file=sys.stderr)\n"
        "    if flags & os.O_TMPFILE == os.O_TMPFILE: print(oct(mode), 'nameless', file=sys.stderr)\n"
        "    return real(path, flags, mode, **k)\n"
        "os.open = watch; from jwtool.cli.main import main; main()"
    )
    private = publish("ES256", private=True)
    for argv in (["key", "new", "-o", "a"], ["jwks", "build", "--private", str(private), "-o", "b"]):
        command = [sys.executable, "-c", script, *argv, "-q"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stderr in {"0o600 nameless\n", "0o600 nameless\n0o600 True\n"}  # the latter where links fail
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"] == [0o600, 0o600]


@pytest.mark.attack("A118")
@pytest.mark.parametrize("exists", [True, False])
def test_write_that_fails(
    *, exists: bool, tmp_path: Path, cli: Cli, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "key.jwk"
    if exists:
        target.write_text("precious")
    monkeypatch.chdir(tmp_path)
    before = os.listdir()

    command = [sys.executable, "-m", "jwtool", "key", "new", "--force", "-o", str(target)]
    done = subprocess.run(["bash", "-c", 'ulimit -f 0; exec "$0" "$@"', *command], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (6, b"")
    hint = b"hint: raise it: ulimit -f unlimited"
    assert done.stderr.splitlines()[1] == hint
    assert cli("key", "new", "--force", "--json", "-o", "missing/key.jwk").codes == {"write_failed"}
    assert cli("key", "new", "--force", "--json", "-o", "key.jwk/x").codes == {"write_failed"}
    tmp_path.chmod(0o555)
    request.getfixturevalue("unprivileged")
    assert cli("key", "new", "--force", "--json", "-o", "key.jwk").codes == {"write_failed"}
    assert os.listdir() == before
    assert not exists or Path("key.jwk").read_text() == "precious"


@pytest.mark.parametrize("exists", [True, False])
def test_kill_between_write_and_rename(*, exists: bool, tmp_path: Path, cli: Cli) -> None:
    target = tmp_path / "key.jwk"
    if exists:
        target.write_text("precious")
    script = (
        "import os, signal; from jwtool.sources import atomic\n"
        "atomic._publish = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from jwtool.cli.main import main; main()"
    )
    command = [sys.executable, "-c", script, "key", "new", "--force", "-o", str(target)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -signal.SIGKILL
    (left,) = set(tmp_path.iterdir()) - {target}
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    assert target.exists() == exists
    assert not exists or target.read_text() == "precious"
    os.utime(left, (0, 0))
    assert cli("key", "new", "-o", tmp_path / "next.jwk").exit == 0
    assert not left.exists()


def test_planted_temporary_files_are_harmless(tmp_path: Path, cli: Cli) -> None:
    """In a folder that others write in: links and pipes with the names of our leftovers."""
    precious = tmp_path / "precious"
    precious.write_text("precious")
    os.mkdir(tmp_path / "shared")
    (tmp_path / "shared" / ".jwtool-0000000000000000.tmp").symlink_to(precious)
    os.mkfifo(tmp_path / "shared" / ".jwtool-1111111111111111.tmp")
    os.mkdir(tmp_path / "shared" / ".jwtool-2222222222222222.tmp")
    assert cli("key", "new", "-o", tmp_path / "shared" / "key.jwk").exit == 0
    assert precious.read_text() == "precious"
    assert len(list((tmp_path / "shared").iterdir())) == 4


def test_full_disk_under_stdout(publish: Publish) -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "jwtool", "sign", "-k", str(publish("ES256", private=True))]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=30)
    assert done.returncode == 6
    assert done.stderr == b"jwtool: error: the output could not be written: no space left on device\n"


@pytest.mark.attack("A120")
def test_broken_pipe_and_interrupt(forge: Forger, serve: Any, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(forge.sign("ES256", None, {f"claim-{n}": "x" * 50 for n in range(2500)}))
    command = f"{sys.executable} -m jwtool decode @token | head -c1; echo ${{PIPESTATUS[0]}}"
    piped = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=False, timeout=30)
    assert (piped.stdout.splitlines()[0][:1], piped.stderr) == (b"U", b"")
    assert piped.stdout[1:].strip() in {b"0", b"141"}
    hung = serve(lambda connection: connection.recv(65536))
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        fetch = [sys.executable, "-m", "jwtool", "verify", "-k", hung.url, "@token"]
        seen = len(hung.requests)
        with subprocess.Popen(fetch, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            wait_for_more(hung.requests, seen)
            process.send_signal(number)
            out, err = process.communicate(timeout=10)
        assert (process.returncode, out, err) == (code, b"", b"")


def test_interrupt_at_a_passphrase_prompt(tmp_path: Path) -> None:
    key = tmp_path / "encrypted.pem"
    key.write_bytes(to_pem(generate("ES256"), private=True, passphrase=b"hunter2"))
    parent, child = pty.openpty()
    script = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); from jwtool.cli.main import main; main()"
    command = [sys.executable, "-c", script, "sign", "-k", str(key)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("JWTOOL_")}
    with subprocess.Popen(
        command, stdin=child, stdout=child, stderr=child, start_new_session=True, env=environ
    ) as process:
        os.close(child)
        shown = b""
        while b"passphrase of " not in shown:
            shown += os.read(parent, 4096)
        os.write(parent, b"hunt\x03")
        assert process.wait(10) == 130
    rest = b"".join(read_all(parent))
    os.close(parent)
    assert b"Traceback" not in shown + rest
    assert b"hunt" not in shown + rest


def read_all(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(descriptor, 4096)
        except OSError:  # the other end has gone
            return
        if not data:
            return
        yield data


def wait_for_more(requests: list[bytes], seen: int) -> None:
    deadline = time.monotonic() + 20
    while len(requests) == seen:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    """SIGTERM and SIGINT in the middle of the write: the temporary file goes, the target stays."""
    script = (
        "import os, sys; from jwtool.sources import atomic; number = int(sys.argv.pop())\n"
        "atomic._publish = lambda *a, **k: os.kill(os.getpid(), number)\n"
        "from jwtool.cli.main import main; main()"
    )
    target = tmp_path / "key.jwk"
    target.write_text("precious")
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        command = [sys.executable, "-c", script, "key", "new", "--force", "-o", str(target), str(int(number))]
        done = subprocess.run(command, capture_output=True, check=False, timeout=30)
        assert (done.returncode, done.stderr) == (code, b"")
        assert sorted(tmp_path.iterdir()) == [target]
        assert target.read_text() == "precious"


def test_source_is_never_read_out_of_data(forge: Forger, verify: Any, tmp_path: Path) -> None:
    """What came from a file, a variable or stdin is data, never again a SOURCE."""
    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef0123456789abcdef")
    indirect = tmp_path / "indirect"
    for text in (f"@{secret}", f"secret:@{secret}", str(secret), "env:X", "https://127.0.0.1:1/", "-"):
        indirect.write_text(text)
        env = {"X": text, "Y": secret.read_text()}
        token = forge.mac(secret.read_bytes())
        for source in (f"@{indirect}", str(indirect), "env:X"):
            assert verify(token, "-k", source, env=env).short == (3, {"key_unrecognized"}), (text, source)
        shown = verify(token, "-k", f"secret:@{indirect}", "--allow-weak-key", env=env)
        assert shown.short == (1, {"signature_invalid"})
        assert verify(text, "-k", f"secret:@{secret}").short[0] == 3
        assert verify(json.dumps({"access_token": text}), "-k", f"secret:@{secret}").short[0] == 3
