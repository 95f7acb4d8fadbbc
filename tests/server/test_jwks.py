"""The JWKS URI as clients meet it: http.client, raw sockets and curl."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from jwtool import __version__
from jwtool.server.jwks import JwksServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WELL_KNOWN = "/.well-known/jwks.json"
BODY = b'{"keys":[{"kty":"EC","kid":"one"}]}'
ETAG = f'"{hashlib.sha256(BODY).hexdigest()}"'
OTHER = b'{"keys":[{"kty":"EC","kid":"two"}]}'


class Shelf:
    """A key set that a test can change, break or take away."""

    def __init__(self) -> None:
        self.body = BODY
        self.stamp: object = 1
        self.error: Exception | None = None
        self.said: list[str] = []
        self.seen: list[str] = []

    def load(self) -> bytes:
        if self.error is not None:
            raise self.error
        return self.body

    def serve(self, *, host: str = "127.0.0.1", path: str = WELL_KNOWN) -> JwksServer:
        return JwksServer(
            self.load,
            stamp=lambda: self.stamp,
            host=host,
            port=0,
            path=path,
            max_age=300,
            log=self.said.append,
            access=self.seen.append,
        )


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def server(shelf: Shelf) -> Iterator[JwksServer]:
    with shelf.serve() as running:
        yield running


@pytest.fixture
def client(server: JwksServer) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=10)
    with contextlib.closing(connection):
        yield connection


def port_of(server: JwksServer) -> int:
    return int(server.url.removesuffix(WELL_KNOWN).rpartition(":")[2])


def ask(
    client: http.client.HTTPConnection, method: str = "GET", target: str = WELL_KNOWN, **fields: str
) -> tuple[int, dict[str, str], bytes]:
    client.request(method, target, headers={name.replace("_", "-"): value for name, value in fields.items()})
    response = client.getresponse()
    body = response.read()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


def test_get_answers_with_the_set_and_every_field(client: http.client.HTTPConnection) -> None:
    status, fields, body = ask(client)
    date = parsedate_to_datetime(fields.pop("date"))
    assert date.utcoffset() is not None
    assert (status, body) == (200, BODY)
    assert fields == {
        "server": f"jwtool/{__version__}",
        "content-type": "application/jwk-set+json",
        "content-length": str(len(BODY)),
        "etag": ETAG,
        "cache-control": "public, max-age=300",
        "x-content-type-options": "nosniff",
        "access-control-allow-origin": "*",
    }


def test_head_is_get_without_a_body(client: http.client.HTTPConnection) -> None:
    _, wanted, _ = ask(client)
    status, found, body = ask(client, "HEAD")
    wanted.pop("date")
    found.pop("date")
    assert (status, found, body) == (200, wanted, b"")


def test_one_connection_serves_many_requests(client: http.client.HTTPConnection, shelf: Shelf) -> None:
    client.connect()
    before = client.sock
    ask(client)
    ask(client, "HEAD")
    ask(client, target="/nothing")
    ask(client, if_none_match=ETAG)
    ask(client)
    assert client.sock is before
    assert shelf.seen == [
        f"127.0.0.1 GET {WELL_KNOWN} 200",
        f"127.0.0.1 HEAD {WELL_KNOWN} 200",
        "127.0.0.1 GET /nothing 404",
        f"127.0.0.1 GET {WELL_KNOWN} 304",
        f"127.0.0.1 GET {WELL_KNOWN} 200",
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "condition", [ETAG, "*", " * ", f"W/{ETAG}", f'"a", {ETAG}', f'W/"a,b",, W/{ETAG} ,"c"'], ids=ascii
)
def test_a_known_entity_is_not_sent_again(client: http.client.HTTPConnection, method: str, condition: str) -> None:
    status, fields, body = ask(client, method, if_none_match=condition)
    fields.pop("date")
    assert (status, body) == (304, b"")
    assert fields == {
        "server": f"jwtool/{__version__}",
        "etag": ETAG,
        "cache-control": "public, max-age=300",
        "x-content-type-options": "nosniff",
        "access-control-allow-origin": "*",
    }


@pytest.mark.parametrize("condition", ['"other"', "", ETAG.strip('"'), ETAG[:-1], "W/*"], ids=ascii)
def test_an_unknown_entity_is_sent(client: http.client.HTTPConnection, condition: str) -> None:
    status, _, body = ask(client, if_none_match=condition)
    assert (status, body) == (200, BODY)


@pytest.mark.parametrize(
    "target", [f"{WELL_KNOWN}?x=1", f"{WELL_KNOWN}?", "/.well%2Dknown/jwks.json", "http://other.example" + WELL_KNOWN]
)
def test_other_spellings_of_the_target(client: http.client.HTTPConnection, target: str) -> None:
    assert ask(client, target=target)[0] == 200


@pytest.mark.parametrize("target", ["/", "/jwks.json", f"{WELL_KNOWN}/"])
def test_other_paths_are_not_found(client: http.client.HTTPConnection, target: str) -> None:
    status, fields, body = ask(client, target=target)
    assert (status, body) == (404, b"not found; the key set is at /.well-known/jwks.json\n")
    assert (fields["content-type"], fields["cache-control"]) == ("text/plain; charset=utf-8", "no-store")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "BREW"])
def test_other_methods_are_not_allowed(client: http.client.HTTPConnection, method: str) -> None:
    status, fields, body = ask(client, method)
    assert (status, fields["allow"], body) == (405, "GET, HEAD", b"a key set is only read: GET or HEAD\n")


def test_a_body_is_not_read_but_the_response_arrives(client: http.client.HTTPConnection) -> None:
    client.request("POST", WELL_KNOWN, body=b"x" * 60_000)
    response = client.getresponse()
    assert (response.status, response.getheader("connection")) == (405, "close")


def test_a_changed_set_is_served_at_once(client: http.client.HTTPConnection, shelf: Shelf) -> None:
    assert ask(client)[2] == BODY
    shelf.body, shelf.stamp = OTHER, 2
    status, fields, body = ask(client, if_none_match=ETAG)
    assert (status, body) == (200, OTHER)
    assert fields["etag"] == f'"{hashlib.sha256(OTHER).hexdigest()}"'
    assert shelf.said == ["the key set was read again and is served from now on"]


def test_the_first_failure_is_the_callers(shelf: Shelf) -> None:
    shelf.error = InterruptedError()
    with pytest.raises(InterruptedError):
        shelf.serve()


def test_a_server_never_started_gives_its_port_back(shelf: Shelf) -> None:
    server = shelf.serve()
    server.close()
    client = http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=10)
    with pytest.raises(ConnectionRefusedError):
        client.connect()


def test_a_bug_in_loading_costs_one_response(client: http.client.HTTPConnection, shelf: Shelf) -> None:
    shelf.error, shelf.stamp = RuntimeError("secret"), 2
    status, _, body = ask(client)
    assert (status, body, shelf.said) == (500, b"internal error\n", ["internal error while answering: RuntimeError"])
    assert ask(client)[2] == BODY


@pytest.mark.parametrize(
    ("path", "in_url"), [("/keys", "/keys"), ("keys", "/keys"), ("/", "/"), ("/a b/é?", "/a%20b/%C3%A9%3F")]
)
def test_another_path(shelf: Shelf, path: str, in_url: str) -> None:
    with shelf.serve(path=path) as server:
        authority, _, found = server.url.removeprefix("http://").partition("/")
        assert f"/{found}" == in_url
        client = http.client.HTTPConnection(authority, timeout=10)
        with contextlib.closing(client):
            assert [ask(client, target=in_url)[0], ask(client)[0]] == [200, 404]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_follows_the_etag(server: JwksServer, tmp_path: Path) -> None:
    etag, body = tmp_path / "etag", tmp_path / "body"
    options = ["--etag-save", str(etag), "--etag-compare", str(etag), "-o", str(body), "-w", "%{http_code}"]
    etag.touch()
    codes = [
        subprocess.check_output(["curl", "-sS", "--noproxy", "*", *options, server.url], timeout=30) for _ in range(2)
    ]
    assert (codes, body.read_bytes(), etag.read_text().strip()) == ([b"200", b"304"], BODY, ETAG)


SERVE_A_FILE = """
import sys
from pathlib import Path
from jwtool.server.http_server import stop_on_signals
from jwtool.server.jwks import JwksServer
path = Path(sys.argv[1])
def stamp():
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino
server = JwksServer(path.read_bytes, stamp=stamp, host="127.0.0.1", port=0, max_age=5)
with stop_on_signals(server):
    print(server.url, flush=True)
    server.serve_until_stopped()
print("ended", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_a_replaced_file_is_served(tmp_path: Path, number: signal.Signals) -> None:
    file = tmp_path / "set.jwks"
    file.write_bytes(BODY)
    command = [sys.executable, "-c", SERVE_A_FILE, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().strip()
        client = http.client.HTTPConnection(url.removeprefix("http://").partition("/")[0], timeout=10)
        with contextlib.closing(client):
            assert ask(client)[2] == BODY
            fresh = tmp_path / "fresh"
            fresh.write_bytes(OTHER)
            os.replace(fresh, file)
            assert ask(client)[2] == OTHER
            process.send_signal(number)
            assert client.sock.recv(1) == b""
        assert (process.stdout.read(), process.stderr.read(), process.wait(30)) == ("ended\n", "", 0)


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_ipv6_is_bracketed_in_the_url(shelf: Shelf) -> None:
    with shelf.serve(host="::1") as server:
        authority = server.url.removeprefix("http://").removesuffix(WELL_KNOWN)
        assert authority.startswith("[::1]:")
        client = http.client.HTTPConnection(authority, timeout=10)
        with contextlib.closing(client):
            assert json.loads(ask(client)[2]) == json.loads(BODY)
