"""Start-up of whole processes: each command against `python -c pass` of the same environment, interleaved.

And `verify` with a key set out of the cache against the same with a local file. Run by `just bench-start [RUNS]`.
Prints the median of the ratios, pair by pair, beside the bound that the project sets itself; exits 1 where a bound is
passed. A benchmark is a command and no test: machines are noisy.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = 30
CACHED = 1.15
LINE = "jwtool verify --al"


def main() -> int:
    """Measure, print the table, and say whether every bound holds."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    jwtool = shutil.which("jwtool", path=str(Path(sys.executable).parent)) or sys.exit("install jwtool first")
    with tempfile.TemporaryDirectory() as folder:
        cases = prepare(jwtool, Path(folder))
        print(f"{'command':<18}{'ms':>8}{'× pass':>9}{'bound':>8}")
        passed = True
        for name, bound, argv, environ in cases:
            ratio, milliseconds = measure(argv, environ, folder, runs)
            passed = passed and ratio <= bound
            print(f"{name:<18}{milliseconds:>8.1f}{ratio:>9.2f}{bound:>8}{'' if ratio <= bound else '  missed'}")
        for alg in ("RS256", "ES256"):
            with cached(jwtool, Path(folder), alg) as (local, hit, environ):
                ratio, milliseconds = measure(hit, environ, folder, runs, base=local)
            passed = passed and ratio <= CACHED
            verdict = "" if ratio <= CACHED else "  missed"
            print(
                f"{f'verify {alg}, set out of the cache':<34}{milliseconds:>8.1f}{ratio:>6.2f} × a local file{verdict}"
            )
    return 0 if passed else 1


@contextmanager
def cached(jwtool: str, folder: Path, alg: str) -> Iterator[tuple[list[str], list[str], dict[str, str]]]:
    """`verify` with a local set, the same with one out of the cache, and their environment; no server runs by then."""
    environ = dict(os.environ) | {"JWTOOL_CACHE_DIR": f"{folder}/cache"}
    ready = folder / f"ready.{alg}"
    serve = [
        jwtool,
        "jwks",
        "serve",
        f"{folder}/{alg}.jwks",
        "--port",
        "0",
        "--max-age",
        "1d",
        "--ready-file",
        str(ready),
    ]
    server = subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        while not ready.exists():
            time.sleep(0.05)
        url = ready.read_text().strip()
        commands = [[jwtool, "verify", "-k", key, f"@{folder}/{alg}.jwt"] for key in (f"{folder}/{alg}.jwks", url)]
        timed(commands[1], environ, str(folder))
    finally:
        server.terminate()
        server.wait()
    yield commands[0], commands[1], environ


def prepare(jwtool: str, folder: Path) -> list[tuple[str, float, list[str], dict[str, str]]]:
    """The cases: name, bound, command line, environment. Makes their keys and tokens."""
    plain = dict(os.environ)
    for alg in ("RS256", "ES256"):
        run(jwtool, "key", "new", "--alg", alg, "-o", f"{folder}/{alg}.jwk")
        run(jwtool, "jwks", "build", f"{folder}/{alg}.jwk", "-o", f"{folder}/{alg}.jwks")
        sign = ("sign", "-k", f"{folder}/{alg}.jwk", "-i", "https://auth.example", "-a", "api", "--sub", "user-42")
        run(jwtool, *sign, "-o", f"{folder}/{alg}.jwt")
    completing = plain | {"_JWTOOL_COMPLETE": "bash", "_JWTOOL_LINE": LINE}
    judge = ["-i", "https://auth.example", "-a", "api"]
    return [
        ("--help", 6.5, [jwtool, "--help"], plain),
        ("completion", 6.5, [jwtool], completing),
        ("decode", 7.0, [jwtool, "decode", f"@{folder}/ES256.jwt"], plain),
        ("verify RS256", 8.0, [jwtool, "verify", "-k", f"{folder}/RS256.jwks", *judge, f"@{folder}/RS256.jwt"], plain),
        ("verify ES256", 8.0, [jwtool, "verify", "-k", f"{folder}/ES256.jwks", *judge, f"@{folder}/ES256.jwt"], plain),
    ]


def run(*argv: str) -> None:
    """Run one preparing command, which must succeed."""
    subprocess.run(argv, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def measure(
    argv: list[str], environ: dict[str, str], folder: str, runs: int, *, base: list[str] | None = None
) -> tuple[float, float]:
    """The median ratio of `argv` to `base` or `python -c pass`, and the median time of `argv` in milliseconds."""
    bare = base or [sys.executable, "-c", "pass"]
    ratios, times = [], []
    for number in range(runs + 2):
        other, own = timed(bare, environ, folder), timed(argv, environ, folder)
        if number >= 2:  # the first rounds warm the caches
            ratios.append(own / other)
            times.append(own * 1000)
    return statistics.median(ratios), statistics.median(times)


def timed(argv: list[str], environ: dict[str, str], folder: str) -> float:
    """Wall seconds of one process, which must succeed."""
    start = time.perf_counter()
    subprocess.run(argv, env=environ, cwd=folder, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
