"""Worst cases as whole processes: no input within the caps may take more than a second or 150 MB.

Run by `just bench-worst [WORD…]`, which picks the cases whose name holds one of the words. Prints seconds by the
clock and of the processor, the latter's ratio to `jwtool --help` in the same run, peak memory and the exit code;
exits 1 where a bound is passed or a bug shows. A case is run again, three times at most, while it is over a bound:
the least counts. On a machine that is busy with something else the clock says little: there the seconds of the
processor are judged alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SECONDS = 1.0
MOST_MEGABYTES = 150.0
RUNS = 3
EXPECTED = {0, 1, 2, 3, 4, 5, 6}  # answers and errors; anything else is a bug or a crash
ONE_PROCESS = str(Path(__file__).with_name("one_process.py"))
MEBIBYTE = 1024  # of kibibytes, in which Linux counts


class Cost(NamedTuple):
    """What one process took."""

    processor: float
    wall: float
    megabytes: float
    code: int


def main(words: list[str]) -> int:
    """Make the inputs, run every case, print the table, and say whether every bound holds."""
    jwtool = shutil.which("jwtool", path=str(Path(sys.executable).parent)) or sys.exit("install jwtool first")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "tests.bench.worst_inputs", folder], check=True)
        cases = json.loads(Path(folder, "cases.json").read_text("utf-8"))
        base = min(measure([jwtool, "--help"], {}, folder).processor for _ in range(10))
        print(f"{'case':<58}{'clock':>7}{'cpu':>7}{'× help':>8}{'MB':>7}{'exit':>6}")
        over = 0
        with serving(folder) as url:
            for case in cases:
                if words and not any(word in case["name"] for word in words):
                    continue
                cost = least([jwtool, *(part.replace("URL/", url) for part in case["argv"])], case, folder)
                verdict = judge(cost, case)
                over += bool(verdict)
                row = f"{cost.wall:>7.2f}{cost.processor:>7.2f}{cost.processor / base:>8.1f}{cost.megabytes:>7.0f}"
                print(f"{case['name']:<58}{row}{cost.code:>6}{verdict}", flush=True)
    bounds = f"bounds: {MOST_SECONDS:g} s, {MOST_MEGABYTES:g} MB; {over} passed"
    print(f"jwtool --help takes {base:.3f} s of the processor; {bounds}")
    return 1 if over else 0


def judge(cost: Cost, case: dict[str, Any]) -> str:
    """What is wrong with that cost, to be printed behind its row."""
    most = case.get("seconds", MOST_SECONDS)
    faults = {
        "too slow": cost.processor > most or (cost.wall > most and not is_busy()),
        "too large": cost.megabytes > MOST_MEGABYTES,
        "not a documented exit code": cost.code not in EXPECTED,
    }
    found = ", ".join(name for name, is_so in faults.items() if is_so)
    return f"  {found}" if found else ""


def is_busy() -> bool:
    """Whether other processes want all processors."""
    return os.getloadavg()[0] > (os.cpu_count() or 1)


def least(argv: list[str], case: dict[str, Any], folder: str) -> Cost:
    """The least cost of a few runs; one that holds is enough."""
    costs: list[Cost] = []
    while not costs or (len(costs) < RUNS and judge(min(costs), case)):
        costs.append(measure(argv, case, folder))
    return min(costs)


def measure(argv: list[str], case: dict[str, Any], folder: str) -> Cost:
    """Run one process to its end."""
    stdin = Path(folder, case["stdin"]) if "stdin" in case else Path(os.devnull)
    read, write = os.pipe()
    with stdin.open("rb") as source:
        subprocess.run(
            [sys.executable, "-I", "-S", ONE_PROCESS, str(write), *argv],
            env={**os.environ, **case.get("env", {})},
            cwd=folder,
            stdin=source,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[write],
            check=True,
        )
    os.close(write)
    with os.fdopen(read) as said:
        facts = json.load(said)
    return Cost(facts["processor"], facts["wall"], facts["kibibytes"] / MEBIBYTE, facts["code"])


class Quiet(SimpleHTTPRequestHandler):
    """Serves the folder of the inputs, without a word."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name that http.server calls it by
        pass


@contextmanager
def serving(folder: str) -> Iterator[str]:
    """A server on 127.0.0.1 for the files of `folder`; gives its address, with a slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
