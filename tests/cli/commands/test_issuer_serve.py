"""`jwtool issuer serve` as a process: ready, options, clients, and its end."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from jwtool.jose import base64url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Cli

SECONDS = 20


@contextmanager
def serving(
    folder: Path, *argv: str, env: dict[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The server in that folder, once it answers, and the URL of its ready file."""
    ready = folder / "ready"
    command = [sys.executable, "-m", "jwtool", "issuer", "serve", "--port", "0", "--ready-file", "ready", *argv]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | (env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + SECONDS
        while not ready.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process, ready.read_text().removesuffix("\n")
    finally:
        process.kill()
        process.communicate()


def post(url: str, form: dict[str, str], **fields: str) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(url, urlencode(form).encode(), fields)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=SECONDS) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, json.loads(answer.read())


def token(url: str, client: str = "app:any", **form: str) -> tuple[int, dict[str, Any]]:
    basic = base64.b64encode(client.encode()).decode()
    return post(f"{url}/token", {"grant_type": "client_credentials", **form}, Authorization=f"Basic {basic}")


def opened(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims = (json.loads(base64url.decode(part)) for part in text.split(".")[:2])
    return header, claims


def end(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
    process.send_signal(number)
    out, err = process.communicate(timeout=SECONDS)
    return process.returncode, out.decode(), err.decode()


def test_a_fresh_key_signs_what_verify_believes(cli: Cli, tmp_path: Path) -> None:
    with serving(tmp_path) as (process, url):
        status, answer = token(url, audience="api")
        assert status == 200
        text = answer["access_token"]
        assert opened(text)[0]["alg"] == "RS256"
        now = opened(text)[1]["iat"]
        argv = ("verify", "--json", "--jwks", f"{url}/.well-known/jwks.json", "-i", url, "-a", "api", "-")
        done = cli(*argv, "--preset", "access-token", stdin=text.encode(), now=now)
        assert (done.exit, done.document["claims"]["client_id"]) == (0, "app")
        found = cli("verify", "--json", "-i", url, "-a", "api", "-", stdin=text.encode(), now=now)
        assert (found.exit, found.document["key"]["source"]) == (0, f"{url}/.well-known/jwks.json")
        assert cli("issuer", "show", "-q", url).exit == 0
        bad = token(url, audience="api", bad="sig")[1]["access_token"]
        done = cli(*argv, stdin=bad.encode(), now=now)
        assert (done.exit, done.codes) == (1, {"signature_invalid"})
        code, out, err = end(process)
    assert (code, out) == (0, f"{url}\n")
    assert err.splitlines()[0].startswith("signing with RS256, key ")
    assert not (tmp_path / "ready").exists()
    assert list(tmp_path.iterdir()) == []


def test_keys_claims_and_clients_are_given(keys: Path) -> None:
    (keys / "claims.json").write_text('{"roles":["admin"]}')
    (keys / "secret").write_text("s3cret\n")
    argv = ("-k", "es256.jwk", "--claims", "@claims.json", "--sub", "user-42", "-a", "api", "--max-age", "1m")
    clients = ("--client", "app=@secret", "--client", "other=env:OTHER")
    with serving(keys, *argv, *clients, "-v", env={"OTHER": "hunter2"}) as (process, url):
        assert token(url)[0] == 401
        status, answer = token(url, "app:s3cret")
        header, claims = opened(answer["access_token"])
        assert (status, header["kid"], claims["roles"], claims["sub"]) == (200, "k1", ["admin"], "user-42")
        assert claims["aud"] == "api"
        assert token(url, "other:hunter2")[0] == 200
        code, _, err = end(process)
    assert code == 0
    assert ("s3cret" in err, "hunter2" in err) == (False, False)
    assert err.splitlines()[-3:] == ["127.0.0.1 POST /token 401", *["127.0.0.1 POST /token 200"] * 2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_json_prints_one_document_when_ready(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path, "--json", "--path", "/keys") as (process, url):
        code, out, err = end(process, number)
    document = json.loads(out)
    assert (code, err, len(document.pop("kid"))) == (0, "", 43)
    assert document == {
        "schema": "jwtool.issuer-serve/1",
        "ok": True,
        "issuer": url,
        "jwks_uri": f"{url}/keys",
        "token_endpoint": f"{url}/token",
        "introspection_endpoint": f"{url}/introspect",
        "alg": "RS256",
        "keys": 1,
        "origin": url,
    }


def test_it_says_so_if_others_can_reach_it(keys: Path) -> None:
    with serving(keys, "-k", "es256.jwk", "--host", "0.0.0.0", "-q") as (process, url):
        said = (
            "note: this is no production server, and others can reach it\n"
            f"note: to clients it is {url}; --issuer URL names it as they reach it\n"
        )
        assert end(process) == (0, f"{url}\n", said)


def test_clients_elsewhere_know_it_by_another_name(keys: Path) -> None:
    named = "http://issuer.test:8080"
    with serving(keys, "-k", "es256.jwk", "--host", "0.0.0.0", "--issuer", named, "--json") as (process, url):
        document = json.loads(end(process)[1])
    assert url == document["issuer"] == named
    assert document["jwks_uri"] == f"{named}/.well-known/jwks.json"
    assert document["origin"].startswith("http://127.0.0.1:")
    assert document["notes"] == ["this is no production server, and others can reach it"]


def test_a_port_in_use(cli: Cli, keys: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = cli("issuer", "serve", "-k", keys / "es256.jwk", "--port", str(port), "--ready-file", keys / "ready")
    message = f"jwtool: error: can't listen on port {port} of '127.0.0.1': address already in use"
    assert (done.exit, done.stdout, done.stderr.splitlines()[0]) == (5, "", message)
    assert not (keys / "ready").exists()


@pytest.mark.parametrize(
    ("argv", "exit_code", "message", "hint"),
    [
        (("-k", "nope"), 3, "can't read the key: no such file: 'nope'", None),
        (
            ("-k", "es256.public.jwk"),
            4,
            "es256.public.jwk holds no private key, and an issuer signs with one",
            "jwtool key new -o private.jwk",
        ),
        (
            ("-k", "enc.jwk"),
            4,
            "no key of enc.jwk is for signatures",
            "jwtool key new -o private.jwk",
        ),
        (("-k", "secret:env:HMAC"), 4, "an oct key is a shared secret and has no public half", None),
        (
            ("--claims", "x"),
            2,
            "CLAIMS must be JSON that begins with '{', or -, @PATH or env:NAME",
            "one claim: -c name=text",
        ),
        (("--claims", '{"exp":"x"}'), 3, "'exp' must be a number of seconds, found a string", "exp:=1795556700"),
        (
            ("--client", "app"),
            2,
            "--client takes ID=SOURCE: an id, and where its secret or key is",
            "--client app=env:SECRET",
        ),
        (
            ("--client", "app=hunter2"),
            2,
            "--client takes ID= and -, @PATH or env:NAME: a secret on the command line is seen by others",
            "--client app=env:SECRET",
        ),
        (
            ("--client", "a=env:HMAC", "--client", "a=env:HMAC"),
            2,
            "the client 'a' is given twice",
            "one --client for each",
        ),
        (("--client", "a=env:EMPTY"), 2, "the secret of the client 'a' is empty", "--client app=env:SECRET"),
        (
            ("--client", "a=-", "--client", "b=-"),
            2,
            "stdin can't be both one client secret and another",
            "give one of them as @FILE or env:NAME",
        ),
        (("--port", "x"), 2, "--port takes a whole number, found 'x'", None),
        (("--path", "token"), 2, "--path /token is where another endpoint is", "--path /.well-known/jwks.json"),
        (("-i", "ftp://x.test"), 2, "a URL of the scheme 'ftp' is never fetched", "https:// is"),
        (
            ("-i", "http://issuer.test/?a"),
            2,
            "the URL of an issuer has no query and no fragment",
            "try http://issuer.test/",
        ),
        (("--max-age", "5"), 2, "'5' is not a duration", "for 5 seconds write 5s"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
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
    assert cli("key", "new", "--alg", "ECDH-ES", "--use", "enc", "-o", "enc.jwk").exit == 0
    env = {"HMAC": "a secret of sixty-four octets, that is long enough for all of them", "EMPTY": ""}
    done = cli("issuer", "serve", *argv, env=env)
    said = f"jwtool: error: {message}\n" + ("" if hint is None else f"hint: {hint}\n")
    assert (done.exit, done.stdout, done.stderr) == (exit_code, "", said)


def test_token_get_by_secret_and_by_key(cli: Cli, keys: Path) -> None:
    clients = ("--client", "app=@es256.public.jwk", "--client", "other=env:OTHER")
    with serving(keys, *clients, env={"OTHER": "hunter2"}) as (_, url):
        now = int(time.time())
        get = ("token", "get", "-i", url, "-a", "api")
        by_key = cli(*get, "--client-id", "app", "-k", keys / "es256.jwk", now=now)
        by_secret = cli(*get, "--client-id", "other", "--client-secret", "env:S", env={"S": "hunter2"}, now=now)
        refused = cli(*get, "--client-id", "other", "-k", keys / "es256.jwk", now=now)
    assert (by_key.exit, opened(by_key.stdout.strip())[1]["client_id"]) == (0, "app")
    assert (by_secret.exit, opened(by_secret.stdout.strip())[1]["client_id"]) == (0, "other")
    assert (refused.exit, "invalid_client" in refused.stderr) == (5, True)


def test_the_active_key_of_a_private_set_signs_and_all_are_published(cli: Cli, keys: Path) -> None:
    assert cli("key", "new", "--kid", "k2", "-o", keys / "b.jwk").exit == 0
    private = [json.loads((keys / name).read_text()) for name in ("es256.jwk", "b.jwk")]
    (keys / "set.json").write_text(json.dumps({"keys": [private[0], private[1] | {"nbf": 1000}]}))
    with serving(keys, "-k", "set.json", "--json") as (process, url):
        assert opened(token(url)[1]["access_token"])[0]["kid"] == "k2"
        document = json.loads(end(process)[1])
    assert (document["kid"], document["keys"]) == ("k2", 2)
