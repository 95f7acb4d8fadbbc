"""`just bench-serve`: requests per second of `jwks serve` beside nginx, with the same file, in one run.

Both listen on 127.0.0.1, and 200 clients keep their connections. What generates the load (wrk, else ab) shares the
machine with what it measures, so that only the ratio means something on another one.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 200
SECONDS = 5
NGINX = """
worker_processes auto; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000; client_body_temp_path {folder}/temp; proxy_temp_path {folder}/temp;
  fastcgi_temp_path {folder}/temp; uwsgi_temp_path {folder}/temp; scgi_temp_path {folder}/temp;
  server {{ listen 127.0.0.1:{port}; root {folder}/root; default_type application/jwk-set+json; }}
}}
"""


def jwtool(*argv: str) -> list[str]:
    return [sys.executable, "-m", "jwtool", *argv]


@contextmanager
def running(argv: list[str], folder: Path) -> Iterator[None]:
    """That server, ended at the end."""
    process = subprocess.Popen(argv, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(port: int) -> None:
    """Return when somebody listens there."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nobody listens on port {port}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def load(url: str) -> tuple[float, str]:
    """Requests per second, and what the generator says of latency and errors."""
    if shutil.which("wrk"):
        argv = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}", "--latency", url]
        wanted = r"(?m)^ +99%.*$|Socket errors.*$|Non-2xx.*$"
    elif shutil.which("ab"):
        argv = ["ab", "-k", "-q", f"-c{CLIENTS}", f"-t{SECONDS}", "-n1000000", url]
        wanted = r"(?m)^ +99%.*$|^Failed requests.*$"
    else:
        sys.exit("bench-serve needs wrk or ab (apache2-utils)")
    said = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout
    found = re.search(r"Requests(?:/sec| per second): +([0-9.]+)", said)
    assert found, said
    return float(found[1]), "; ".join(" ".join(one.split()) for one in re.findall(wanted, said))


def main() -> None:
    """Measure both, one after the other, twice, and print the better run of each."""
    if shutil.which("nginx") is None:
        sys.exit("bench-serve needs nginx")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "root" / ".well-known").mkdir(parents=True)
        served = folder / "root" / ".well-known" / "jwks.json"
        folder.chmod(0o755)  # the workers of nginx are nobody
        for words in (("key", "new", "-o", "key.jwk"), ("jwks", "build", "key.jwk", "-o", str(served))):
            subprocess.run(jwtool(*words), cwd=folder, check=True, capture_output=True)
        ports = {"jwtool": free_port(), "nginx": free_port()}
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=ports["nginx"]))
        servers = {
            "jwtool": jwtool("jwks", "serve", str(served), "--port", str(ports["jwtool"])),
            "nginx": ["nginx", "-c", str(folder / "nginx.conf")],
        }
        best: dict[str, tuple[float, str]] = {}
        for _ in range(2):
            for server, argv in servers.items():
                with running(argv, folder):
                    wait_for(ports[server])
                    rate = load(f"http://127.0.0.1:{ports[server]}/.well-known/jwks.json")
                best[server] = max(best.get(server, rate), rate)
    for server, (rate_of, remarks) in best.items():
        print(f"{server:7} {rate_of:9.0f} requests/s  {CLIENTS} clients, keep-alive  {remarks}")
    print(f"jwtool / nginx: {best['jwtool'][0] / best['nginx'][0]:.2f}")


if __name__ == "__main__":
    main()
