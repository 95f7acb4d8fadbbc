"""Every command that writes a file × everything that can go wrong: the old file stays, and nothing else is left."""

from __future__ import annotations

import errno
import io
import os
import shlex
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

import pytest

from jwtool.cli.main import run
from jwtool.server.http_server import HttpServer
from jwtool.sources import atomic
from jwtool.sources.runtime import Runtime
from tests.faults.writers import EDITED, FAULTS, NOW, PLACES, WHILE_SERVING, Place, Stage, all_writers

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from tests.cli.conftest import Cli


def test_no_command_that_writes_is_forgotten() -> None:
    assert all_writers() == sorted([*PLACES, *WHILE_SERVING])


@pytest.fixture(scope="module")
def prepared(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the lines name."""
    folder = tmp_path_factory.mktemp("prepared")
    for line in (
        f"key new --kid k1 -o {folder}/k1.jwk",
        f"key new --kid k2 -o {folder}/k2.jwk",
        f"jwks build --private {folder}/k1.jwk -o {folder}/private.json",
        f"jwks build {folder}/k2.jwk -o {folder}/public.json",
        f"key new --alg ECDH-ES -o {folder}/recipient.jwk",
        f"encrypt -k {folder}/recipient.jwk text -o {folder}/token.jwe",
    ):
        assert cli(*shlex.split(line)).exit == 0, line
    (folder / "secret.txt").write_text("s3cret of the client")
    return folder


@pytest.fixture
def stage(cli: Cli, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer) -> Stage:
    for path in prepared.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(HttpServer, "serve_until_stopped", lambda _: None)  # it has written by then
    url = httpserver.url_for("").rstrip("/")
    metadata = {"issuer": url, "jwks_uri": f"{url}/jwks.json", "token_endpoint": f"{url}/token"}
    httpserver.expect_request("/jwks.json").respond_with_data((prepared / "public.json").read_bytes())
    httpserver.expect_request("/.well-known/openid-configuration").respond_with_json(metadata)
    httpserver.expect_request("/token").respond_with_json({"access_token": "opaque", "token_type": "Bearer"})
    found = Stage(cli, tmp_path, url)
    for name, value in found.environ.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture(params=PLACES, ids=" ".join)
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.param
    return found


@pytest.fixture(params=[*PLACES, *WHILE_SERVING], ids=" ".join)
def any_place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.param
    return found


def test_it_writes(stage: Stage, place: Place) -> None:
    """Without a fault, so that the other tests mean something."""
    argv = stage.argv(place)
    before = stage.state()
    assert stage.run(argv).exit == 0
    ((name, *_, data),) = stage.state()
    assert (name, data != before[0][-1]) == ("jwtool", True)


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
@pytest.mark.parametrize("step", ["_fill", "_publish"])
def test_a_write_that_fails(
    stage: Stage, any_place: Place, number: int, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(atomic, step)

    def fail(*arguments: Any, **options: Any) -> NoReturn:
        if step == "_fill":
            real(*arguments, **options)
        raise OSError(number, os.strerror(number))

    argv = stage.argv(any_place)
    before = stage.state()
    monkeypatch.setattr(atomic, step, fail)
    done = stage.run(argv)
    assert (done.exit, done.stdout) == (6, "")
    assert done.stderr.splitlines()[0] == f"jwtool: error: can't write '{stage.out}': {FAULTS[number]}"
    assert stage.state() == before


def test_a_limit_on_file_sizes(stage: Stage, any_place: Place) -> None:
    argv = stage.argv(any_place)
    before = stage.state()
    script = (
        "import resource, sys; from jwtool.sources import atomic; fill = atomic._fill\n"
        "def limited(*arguments):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))\n"
        "    fill(*arguments)\n"
        "atomic._fill = limited; from jwtool.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", script, *argv], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.splitlines()[0].endswith(": the limit on file sizes is reached")
    assert stage.state() == before


def test_a_folder_without_permission(stage: Stage, any_place: Place, request: pytest.FixtureRequest) -> None:
    with tempfile.TemporaryDirectory() as folder:  # the temporary folders of pytest are for root alone
        there = Stage(stage.cli, Path(folder), stage.url)
        for path in stage.folder.iterdir():
            if path.is_file():
                (there.folder / path.name).write_bytes(path.read_bytes())
        os.chdir(folder)
        assert there.run(there.argv(any_place)).exit == 0  # it may have to import what somebody else may not read
        for path in stage.folder.iterdir():
            if path.is_file():
                (there.folder / path.name).write_bytes(path.read_bytes())
                (there.folder / path.name).chmod(0o644)
        argv = there.argv(any_place)
        there.folder.chmod(0o755)
        there.out.chmod(0o644)
        there.work.chmod(0o555)
        before = there.state()
        request.getfixturevalue("unprivileged")
        try:
            done, after = there.run(argv), there.state()
        finally:
            if os.getuid() == 0:
                os.seteuid(0)
            there.work.chmod(0o755)
        assert (done.exit, done.stdout, after) == (6, "", before)
        assert done.stderr.splitlines()[0] == f"jwtool: error: can't write '{there.out}': {FAULTS[errno.EACCES]}"
        os.chdir(stage.folder)


def fill(file: BinaryIO) -> NoReturn:
    while True:
        file.write(bytes(4096))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can mount a file system")
def test_a_full_disk(stage: Stage, any_place: Place) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=16", "tmpfs", str(stage.work)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        argv = stage.argv(any_place)
        with open(stage.work / "ballast", "wb", buffering=0) as ballast, pytest.raises(OSError, match="space"):
            fill(ballast)
        before = stage.state()
        done = stage.run(argv)
        assert done.exit == 6
        assert done.stderr.splitlines()[0] == f"jwtool: error: can't write '{stage.out}': {FAULTS[errno.ENOSPC]}"
        assert stage.state() == before
    finally:
        subprocess.run(["umount", str(stage.work)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"])
@pytest.mark.parametrize("step", ["_fill", "_publish"])
def test_a_signal(stage: Stage, place: Place, number: int, code: int, step: str) -> None:
    """When all is written but has no name yet, and when it is about to get it."""
    argv = stage.argv(place)
    before = stage.state()
    script = (
        "import os; from jwtool.sources import atomic\n"
        f"real = atomic.{step}\n"
        "def interrupted(*arguments, **options):\n"
        f"    if {step == '_fill'}: real(*arguments, **options)\n"
        f"    os.kill(os.getpid(), {int(number)})\n"
        f"atomic.{step} = interrupted; from jwtool.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", script, *argv], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")
    assert stage.state() == before


class ClosedPipe(io.BytesIO):
    """Nobody reads any more."""

    def write(self, _data: object) -> NoReturn:
        raise BrokenPipeError(errno.EPIPE, "broken pipe")


def test_a_closed_pipe(stage: Stage, place: Place) -> None:
    """The file is written; what nobody hears is not said."""
    argv = stage.argv(place)
    before = stage.state()
    errors = io.BytesIO()
    runtime = Runtime(
        stdin=io.BytesIO(),
        stdout=ClosedPipe(),
        stderr=errors,
        environ=stage.environ,
        now=lambda: NOW,
        stdin_is_terminal=False,
        stdout_is_terminal=False,
        stderr_is_terminal=False,
        ask_secret=lambda _prompt: "",
    )
    assert run(argv, runtime) == 0
    assert b"error" not in errors.getvalue()
    assert stage.state()[0][-1] != before[0][-1]


def test_a_link(stage: Stage, place: Place) -> None:
    """An edit in place follows it and replaces its target; -o --force replaces the link itself."""
    argv = stage.argv(place)
    target = stage.folder / "target"
    stage.out.rename(target)
    before = target.stat().st_ino, target.read_bytes()
    stage.out.symlink_to(target)
    assert stage.run(argv).exit == 0
    if place in EDITED:
        assert stage.out.is_symlink()
        assert target.stat().st_ino != before[0]
        assert target.read_bytes() != before[1]
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    else:
        assert not stage.out.is_symlink()
        assert (target.stat().st_ino, target.read_bytes()) == before
    assert [path.name for path in stage.work.iterdir()] == ["jwtool"]


def test_a_hard_link_keeps_what_it_had(stage: Stage, place: Place) -> None:
    argv = stage.argv(place)
    other = stage.folder / "other"
    os.link(stage.out, other)
    before = other.read_bytes()
    assert stage.run(argv).exit == 0
    assert other.read_bytes() == before
