"""`jwtool jwks serve`: as a process of its own, from the ready file to a clean end."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Cli

SECONDS = 20
DEFAULT_PATH = "/.well-known/jwks.json"


@contextlib.contextmanager
def serving(folder: Path, *argv: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`jwks serve … --port 0 --ready-file ready`, and the URL once it answers."""
    command = [sys.executable, "-m", "jwtool", "jwks", "serve", *argv, "--port", "0", "--ready-file", "ready"]
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield process, wait_for(folder / "ready", process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for(ready: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + SECONDS
    while not ready.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it did not get ready"
        time.sleep(0.01)
    text = ready.read_text()
    assert text.endswith("\n")
    return text.strip()


def get(url: str, method: str = "GET", **headers: str) -> tuple[int, bytes, Any]:
    """Status, body and headers of one answer."""
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=SECONDS) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.read(), answer.headers


def end(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
    process.send_signal(number)
    out, err = process.communicate(timeout=SECONDS)
    return process.returncode, out.decode(), err.decode()


def test_the_public_halves_are_served(keys: Path) -> None:
    with serving(keys, "es256.jwk", "--max-age", "2m") as (process, url):
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith(DEFAULT_PATH)
        status, body, headers = get(url)
        assert (status, json.loads(body)) == (200, json.loads((keys / "jwks.json").read_text()))
        assert headers["Content-Type"] == "application/jwk-set+json"
        assert headers["Cache-Control"] == "public, max-age=120"
        etag = headers["ETag"]
        assert get(url, **{"If-None-Match": etag})[:2] == (304, b"")
        assert get(url, "HEAD")[:2] == (200, b"")
        assert get(url.replace("jwks.json", "other"))[0] == 404
        status, _, headers = get(url, "POST")
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
        assert end(process) == (0, f"{url}\n", "serving 1 key, until Ctrl-C\n")
    assert not (keys / "ready").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly(keys: Path, number: signal.Signals) -> None:
    with serving(keys, "jwks.json", "-q") as (process, url):
        assert end(process, number) == (0, f"{url}\n", "")


def test_a_changed_file_is_picked_up_and_a_broken_one_is_not(cli: Cli, keys: Path) -> None:
    with serving(keys, "jwks.json") as (process, url):
        first = get(url)
        assert cli("key", "new", "--kid", "k2", "-o", keys / "b.jwk").exit == 0
        build = ("jwks", "build", keys / "b.jwk", keys / "es256.jwk", "-o", keys / "jwks.json", "--force")
        assert cli(*build).exit == 0
        second = get(url)
        assert [key["kid"] for key in json.loads(second[1])["keys"]] == ["k2", "k1"]
        assert first[2]["ETag"] != second[2]["ETag"]
        (keys / "jwks.json").write_text('{"keys":[')
        assert get(url)[:2] == second[:2]
        _, _, err = end(process)
        assert "serving 1 key, until Ctrl-C\n" in err
        assert err.count("not JSON") == 1


def test_json_prints_one_document_when_ready(keys: Path) -> None:
    with serving(keys, "jwks.json", "--json", "--path", "/keys") as (process, url):
        code, out, err = end(process)
    assert url.endswith("/keys")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"schema": "jwtool.jwks-serve/1", "ok": True, "url": url, "keys": 1}


def test_verify_finds_its_keys_there(cli: Cli, keys: Path) -> None:
    with serving(keys, "jwks.json") as (_, url):
        done = cli("verify", "--json", "--jwks", url, f"@{keys}/token.jwt")
        assert (done.exit, done.document["key"]) == (0, {"kid": "k1", "source": url})
        chosen = cli("verify", "-v", "-q", "-k", f"{url}#k1", f"@{keys}/token.jwt")
        assert (chosen.exit, chosen.stdout) == (0, "valid\n")
        assert cli("jwks", "fetch", "-q", url).raw == get(url)[1]


def test_it_says_so_if_others_can_reach_it(keys: Path) -> None:
    with serving(keys, "jwks.json", "--host", "0.0.0.0") as (process, _):
        assert end(process)[2] == (
            "note: this is no production server, and others can reach it\nserving 1 key, until Ctrl-C\n"
        )


def test_a_port_in_use(cli: Cli, keys: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = cli("jwks", "serve", keys / "jwks.json", "--port", str(port), "--ready-file", keys / "ready")
    assert (done.exit, done.stdout) == (5, "")
    assert done.stderr.splitlines()[0].startswith("jwtool: error: ")
    assert f"{port}" in done.stderr.splitlines()[0]
    assert not (keys / "ready").exists()


def test_the_ready_file_is_no_secret_and_replaces_nothing_else(keys: Path) -> None:
    (keys / "ready").mkdir()
    command = [sys.executable, "-m", "jwtool", "jwks", "serve", "jwks.json", "--port", "0", "--ready-file", "ready"]
    done = subprocess.run(command, cwd=keys, capture_output=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout) == (6, b"")
    assert stat.S_ISDIR((keys / "ready").stat().st_mode)


@pytest.mark.parametrize(
    ("argv", "exit_code", "message", "hint"),
    [
        ((), 2, "SET is missing", "`jwtool jwks serve --help` shows how it is used"),
        (("nope",), 3, "can't read the key: no such file: 'nope'", None),
        (("empty.json",), 4, "empty.json holds no key", None),
        (("secret.jwk",), 4, "an oct key is a shared secret and has no public half", None),
        (("jwks.json", "--port", "http"), 2, "--port takes a whole number, found 'http'", None),
        (("jwks.json", "--port", "65536"), 2, "--port goes up to 65535, found 65536", None),
        (("jwks.json", "--max-age", "5"), 2, "'5' is not a duration", "for 5 seconds write 5s"),
        (("https://127.0.0.1:1/",), 5, "127.0.0.1:1 refused the connection", "is the server up, and the port right?"),
    ],
)
def test_what_can_not_be_served(
    cli: Cli,
    keys: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: tuple[str, ...],
    exit_code: int,
    message: str,
    hint: str | None,
) -> None:
    monkeypatch.chdir(keys)
    (keys / "empty.json").write_text('{"keys":[]}')
    (keys / "secret.jwk").write_text(json.dumps({"kty": "oct", "k": "A" * 42 + "E"}))
    done = cli("jwks", "serve", *argv)
    said = f"jwtool: error: {message}\n" + ("" if hint is None else f"hint: {hint}\n")
    assert (done.exit, done.stdout, done.stderr) == (exit_code, "", said)
