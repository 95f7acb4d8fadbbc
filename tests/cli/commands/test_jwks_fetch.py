"""`jwtool jwks fetch`: the bytes as served, what the server said on stderr, and each failure a sentence."""

from __future__ import annotations

import json
import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug import Response

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer
    from werkzeug import Request

    from tests.cli.conftest import Cli

PATH = "/.well-known/jwks.json"


@pytest.fixture
def body(keys: Path) -> bytes:
    """A sound set in an unusual layout, which must come out as it is."""
    return b"\n  " + (keys / "jwks.json").read_bytes().replace(b"\n", b"\r\n") + b"\t"


def test_the_bytes_as_served(cli: Cli, httpserver: HTTPServer, body: bytes) -> None:
    headers = {"Content-Type": "text/plain", "Cache-Control": "max-age=300", "ETag": '"abc"'}
    httpserver.expect_request(PATH).respond_with_data(body, headers=headers)
    url = httpserver.url_for(PATH)
    done = cli("jwks", "fetch", url)
    assert (done.exit, done.raw) == (0, body)
    assert done.stderr == (
        f"1 key from {url}: status 200, content_type text/plain, cache_control max-age=300, "
        f'etag "abc", bytes {len(body)}\n'
    )
    assert cli("jwks", "fetch", "-q", url).stderr == ""


def test_json_tells_of_the_keys_and_of_the_answer(cli: Cli, httpserver: HTTPServer, body: bytes) -> None:
    httpserver.expect_request(PATH).respond_with_data(body, content_type="application/json")
    url = httpserver.url_for(PATH)
    document = cli("jwks", "fetch", "--json", url).document
    assert [key["kid"] for key in document.pop("keys")] == ["k1"]
    assert document == {
        "schema": "jwtool.jwks/1",
        "ok": True,
        "source": url,
        "http": {
            "status": 200,
            "content_type": "application/json",
            "cache_control": None,
            "etag": None,
            "bytes": len(body),
        },
        "cache": {"age": 0, "fresh_for": 300},
        "output": None,
    }


def test_what_is_asked_for(cli: Cli, httpserver: HTTPServer, body: bytes) -> None:
    seen: dict[str, str] = {}

    def answer(request: Request) -> Response:
        seen.update(request.headers)
        return Response(body)

    httpserver.expect_request(PATH, method="GET").respond_with_handler(answer)
    assert cli("jwks", "fetch", httpserver.url_for(PATH)).exit == 0
    from jwtool import __version__

    assert seen["User-Agent"] == f"jwtool/{__version__}"
    assert seen["Accept"] == "application/jwk-set+json, application/json"
    assert seen["Accept-Encoding"] == "identity"


def test_into_a_file(cli: Cli, httpserver: HTTPServer, body: bytes, tmp_path: Path) -> None:
    httpserver.expect_request(PATH).respond_with_data(body)
    url = httpserver.url_for(PATH)
    done = cli("jwks", "fetch", url, "-o", tmp_path / "out.json")
    assert (done.exit, done.raw, (tmp_path / "out.json").read_bytes()) == (0, b"", body)
    assert done.stderr.endswith(f", written to {tmp_path}/out.json\n")
    again = cli("jwks", "fetch", url, "-o", tmp_path / "out.json")
    assert (again.exit, again.raw, len(httpserver.log)) == (6, b"", 1)
    assert cli("jwks", "fetch", url, "-o", tmp_path / "out.json", "--force").exit == 0


@pytest.mark.parametrize("mode", [0o600, 0o644], ids=["private", "public"])
def test_a_private_key_that_a_server_publishes_is_for_this_user_alone(
    cli: Cli, httpserver: HTTPServer, keys: Path, tmp_path: Path, mode: int
) -> None:
    key = json.loads((keys / "es256.jwk").read_text())
    members = key if mode == 0o600 else {name: value for name, value in key.items() if name != "d"}
    httpserver.expect_request(PATH).respond_with_json({"keys": [members]})
    done = cli("jwks", "fetch", httpserver.url_for(PATH), "-o", tmp_path / "out.json")
    assert (done.exit, stat.S_IMODE((tmp_path / "out.json").stat().st_mode)) == (0, mode)
    assert ("publishes a private key" in done.stderr) is (mode == 0o600)


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        (Response("gone", status=404), "http_status", "answered 404"),
        (Response("", status=302, headers={"Location": "https://evil.example/"}), "jwks_redirect_refused", "redirect"),
        (Response("<html>"), "response_malformed", "answered with a web page, wanted a JWK set"),
        (Response('{"keys":[],}'), "response_malformed", "is not JSON: trailing comma at line 1, column 11"),
        (Response('{"keys":{}}'), "response_malformed", "is no JWK set: 'keys' of the key set must be an array"),
        (Response('{"jwks_uri":"https://x"}'), "response_malformed", "is a discovery document, wanted a JWK set"),
        (Response(" " * (512 * 1024 + 1)), "response_too_large", "512 KiB"),
        (Response(""), "response_malformed", "is empty, wanted JSON"),
    ],
    ids=["404", "redirect", "html", "comma", "no-list", "discovery", "too-large", "empty"],
)
def test_a_server_that_fails(
    cli: Cli, httpserver: HTTPServer, tmp_path: Path, answer: Response, code: str, message: str
) -> None:
    httpserver.expect_request(PATH).respond_with_response(answer)
    url = httpserver.url_for(PATH)
    done = cli("jwks", "fetch", "--json", url, "-o", tmp_path / "out.json")
    assert (done.exit, done.codes) == (5, {code})
    assert message in done.document["error"]["message"]
    assert f"{httpserver.host}:{httpserver.port}" in done.document["error"]["message"]
    assert list(tmp_path.iterdir()) == []
    plain = cli("verify", "-k", url, "e30.e30.AAAA")
    assert (plain.exit, plain.stdout) == (5, "")


def test_a_url_that_hangs(cli: Cli, httpserver: HTTPServer) -> None:
    over = threading.Event()

    def slow(_request: Request) -> Response:
        over.wait(60)
        return Response("{}")

    httpserver.expect_request(PATH).respond_with_handler(slow)
    done = cli("jwks", "fetch", "--timeout", "1s", httpserver.url_for(PATH))
    assert not over.is_set()
    over.set()
    assert (done.exit, done.stdout) == (5, "")
    assert done.stderr == (
        f"jwtool: error: {httpserver.host}:{httpserver.port} did not answer within 1 s, still waiting for the answer\n"
        "hint: is it reachable from here? --timeout 30s waits longer\n"
    )


@pytest.mark.parametrize(
    ("url", "exit_code", "message", "hint"),
    [
        ("jwks.json", 2, "URL must be the https:// address of a key set", "jwtool jwks show reads files"),
        ("-", 2, "URL must be the https:// address of a key set", "jwtool jwks show reads files"),
        ("https://h.example/#k1", 2, "URL must be the https:// address of a key set", "jwtool jwks show reads files"),
        (
            "http://h.example/",
            2,
            "http to 'h.example' is refused: without TLS anyone on the way can change the keys",
            "write https://; http:// is for 127.0.0.0/8, [::1] and localhost only",
        ),
        (
            "https://user:pw@h.example/",
            2,
            "the URL holds a user name or a password before an '@'",
            "leave it out: a URL is seen by others",
        ),
        (
            "ftp://h.example/",
            2,
            "a URL of the scheme 'ftp' is never fetched",
            "https:// is; a file is named by its path",
        ),
        (
            "file:///etc/passwd",
            2,
            "a URL of the scheme 'file' is never fetched",
            "https:// is; a file is named by its path",
        ),
        ("https://", 2, "the URL names no host", "https://HOST/PATH"),
        ("http://127.0.0.1:1/x", 5, "127.0.0.1:1 refused the connection", "is the server up, and the port right?"),
    ],
)
def test_a_url_that_is_not_fetched(cli: Cli, url: str, exit_code: int, message: str, hint: Any) -> None:
    done = cli("jwks", "fetch", url)
    assert (done.exit, done.stdout, done.stderr) == (exit_code, "", f"jwtool: error: {message}\nhint: {hint}\n")


@pytest.mark.parametrize(
    ("timeout", "message"),
    [
        ("0s", "--timeout needs at least one second"),
        ("5", "'5' is not a duration"),
        ("25h", "--timeout takes a day at most"),
        ("1000000w", "--timeout takes a day at most"),
    ],
)
def test_a_timeout_that_is_none(cli: Cli, timeout: str, message: str) -> None:
    done = cli("jwks", "fetch", "--timeout", timeout, "https://h.example/")
    assert (done.exit, done.stderr.splitlines()[0]) == (2, f"jwtool: error: {message}")
