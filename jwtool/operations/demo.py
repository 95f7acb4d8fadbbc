"""The whole story on this machine: keys, a JWKS URI, tokens good and bad, a rotation, by the real commands.

Every step runs `jwtool` as a process of its own, in a folder that is thrown away, just as a user would
type it; only `--json` is added, so that the outcome can be judged.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jwtool.jose import base64url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ISSUER = "https://auth.example"
READY_SECONDS = 20.0
STEP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it came out: what it shows, what was typed, what was wanted and what was found."""

    title: str
    typed: str
    wanted: str
    found: str

    @property
    def as_it_must(self) -> bool:
        """Whether the step came out as it must."""
        return self.found == self.wanted


class Stage:
    """A folder, an environment without the user's own JWTOOL_ variables, and a way to run jwtool in them."""

    def __init__(self, folder: str, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self.environ = {name: value for name, value in environ.items() if not name.startswith("JWTOOL_")}
        self.environ["JWTOOL_CACHE_DIR"] = self.path("cache")

    def path(self, name: str) -> str:
        """A file of this stage."""
        return os.path.join(self.folder, name)

    def command(self, argv: list[str]) -> list[str]:
        """The process for a jwtool command line."""
        return [sys.executable, "-m", "jwtool", *argv]

    def run(self, typed: str) -> tuple[int, dict[str, Any]]:
        """Run `jwtool …` as typed and return its exit code and its document."""
        done = subprocess.run(  # noqa: S603  our own interpreter and our own words
            self.command([*shlex.split(typed)[1:], "--json"]),
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=STEP_SECONDS,
            check=False,
        )
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, {}

    def step(self, title: str, typed: str, *, wanted: str) -> Step:
        """Run one step; `wanted` is `ok`, or the reason code of the one check that must fail."""
        code, document = self.run(typed)
        return Step(title, typed, wanted, outcome(code, document))


def outcome(code: int, document: Mapping[str, Any]) -> str:
    """How a command came out, in one word or a few: `ok`, or the codes of what failed."""
    if code == 0 and document.get("ok") is True:
        return "ok"
    failed = sorted({check["code"] for check in document.get("checks", ()) if check["verdict"] == "failed"})
    if code == 1 and failed:
        return " ".join(failed)
    error = document.get("error") or {}
    return f"{error.get('code', 'no answer')} (exit {code})"


@contextlib.contextmanager
def serving(stage: Stage, typed: str) -> Iterator[tuple[str | None, subprocess.Popen[bytes]]]:
    """A `jwks serve` in the background: its URL once it answers (None if it never did), ended on exit."""
    server = subprocess.Popen(  # noqa: S603  our own interpreter and our own words
        stage.command(shlex.split(typed)[1:]),
        cwd=stage.folder,
        env=stage.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _wait_for(stage.path("ready"), server), server
    finally:
        server.terminate()
        try:
            server.wait(timeout=STEP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(ready: str, server: subprocess.Popen[bytes]) -> str | None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), open(ready, encoding="ascii") as file:
            return file.read().strip()
        time.sleep(0.02)
    return None


def forge(token: str) -> str:
    """The token with other claims under the old signature: what an attacker can make without a key."""
    header, payload, signature = token.strip().split(".")
    claims = json.loads(base64url.decode(payload)) | {"sub": "admin"}
    return f"{header}.{base64url.encode(json.dumps(claims).encode())}.{signature}"


def play(environ: Mapping[str, str]) -> Iterator[Step]:
    """Play every step, in order, and yield each as it came out."""
    with tempfile.TemporaryDirectory(prefix="jwtool-demo-") as folder:
        stage = Stage(folder, environ)
        yield stage.step("make a private key", "jwtool key new --alg ES256 -o signing.jwk", wanted="ok")
        yield stage.step(
            "build the key set: public halves only", "jwtool jwks build signing.jwk -o jwks.json", wanted="ok"
        )
        serve = "jwtool jwks serve jwks.json --port 0 --max-age 1s --ready-file ready"
        with serving(stage, serve) as (url, server):
            yield Step("serve it at a JWKS URI", f"{serve} &", "ok", "ok" if url else "the server did not get ready")
            if url is not None:
                yield from _with_server(stage, url)
        ended = "ok" if server.returncode == 0 else f"exit {server.returncode}"
        yield Step("stop the server", "kill %1", "ok", ended)


def _with_server(stage: Stage, url: str) -> Iterator[Step]:
    verify = f"jwtool verify --jwks {url} -i {ISSUER} -a api"
    sign = f"jwtool sign -i {ISSUER} -a api --sub user-42"
    yield stage.step("sign a token", f"{sign} -k signing.jwk -o token.jwt", wanted="ok")
    yield stage.step("look at it, believing nothing", "jwtool decode @token.jwt", wanted="ok")
    yield stage.step("fetch the set and verify", f"{verify} @token.jwt", wanted="ok")
    yield stage.step("sign one that has expired", f"{sign} -k signing.jwk --iat -2h --exp -1h -o old.jwt", wanted="ok")
    yield stage.step("it is refused", f"{verify} @old.jwt", wanted="token_expired")
    with open(stage.path("token.jwt"), encoding="ascii") as file:
        forged = forge(file.read())
    with open(stage.path("forged.jwt"), "w", encoding="ascii") as file:
        file.write(forged)
    yield stage.step("a forgery, sub changed to admin: refused", f"{verify} @forged.jwt", wanted="signature_invalid")
    rotate = "jwtool jwks rotate signing.jwk --public-out jwks.json --publish-before 0s"
    yield stage.step("rotate: a second key, which signs at once", rotate, wanted="ok")
    yield stage.step("sign with the active key: the second", f"{sign} -k signing.jwk -o new.jwt", wanted="ok")
    yield stage.step("verify, without being told", f"{verify} @new.jwt", wanted="ok")
    yield stage.step("tokens of the first key live on", f"{verify} @token.jwt", wanted="ok")
    yield stage.step("a stranger makes a key", "jwtool key new -o stranger.jwk", wanted="ok")
    yield stage.step("and signs with it", f"{sign} -k stranger.jwk -o stranger.jwt", wanted="ok")
    yield stage.step("nobody knows that key: refused", f"{verify} @stranger.jwt", wanted="key_not_found")
