"""`just fuzz SECONDS`: run each harness for a third of the time, and print executions and findings.

Needs atheris, which is the extra `fuzz`. What libFuzzer collects stays in tests/fuzz/work/, which git ignores, and
serves the next run; a finding stands in tests/fuzz/findings/. Exits 1 if there is one. To look at it once more:
`python tests/fuzz/run.py HARNESS FILE`. Once it is mended, move it into tests/fuzz/corpus/HARNESS/.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import ModuleType

FOLDER = Path(__file__).parent
HARNESSES = ("strict_json", "token", "keys")
SLOWEST = 5  # seconds for one input of some kilobytes: more is a finding
INTERRUPTED = "run interrupted"
MOST_MEMORY = 2048  # megabytes; the fuzzer's own tables need most of it


class Outcome(NamedTuple):
    """What one run of a harness came to; `processor` is in seconds."""

    executions: int
    processor: float
    coverage: tuple[int, int]
    findings: tuple[str, ...]


def main(argv: list[str]) -> int:
    """Run all harnesses for SECONDS in all; or, in a process of its own, one of them with libFuzzer's arguments."""
    if argv and argv[0] in HARNESSES:
        return fuzz(argv[0], argv[1:])
    seconds = max(int(argv[0]) // len(HARNESSES), 1)
    print(
        f"{'harness':<14}{'executions':>12}{'cpu s':>8}{'edges at first':>17}{'at last':>9}{'findings':>10}",
        flush=True,
    )
    found: list[str] = []
    for name in HARNESSES:
        outcome = run(name, seconds)
        (first, last), found_here = outcome.coverage, len(outcome.findings)
        row = f"{name:<14}{outcome.executions:>12}{outcome.processor:>8.0f}{first:>17}{last:>9}{found_here:>10}"
        print(row, flush=True)
        found += outcome.findings
    for finding in found:
        print(f"finding: {finding}")
    return 1 if found else 0


def run(name: str, seconds: int) -> Outcome:
    """Run one harness in a process of its own, over the committed corpus and what earlier runs have collected."""
    work, findings = FOLDER / "work" / name, FOLDER / "findings" / name
    for folder in (work, findings):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    argv = [
        sys.executable,
        __file__,
        name,
        f"-max_total_time={seconds}",
        f"-max_len={load(name).LONGEST}",
        f"-timeout={SLOWEST}",
        f"-rss_limit_mb={MOST_MEMORY}",
        f"-artifact_prefix={findings}/",
        f"-dict={FOLDER / 'dictionary.txt'}",
        "-print_final_stats=1",
        str(work),
        str(FOLDER / "corpus" / name),
    ]
    with (FOLDER / "work" / f"{name}.log").open("w+", encoding="utf-8", errors="replace") as log:
        before_it = os.times()
        code = subprocess.run(argv, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
        after_it = os.times()
        log.seek(0)
        text = log.read()
    new = tuple(str(path) for path in sorted(set(findings.iterdir()) - before))
    if code and not new and INTERRUPTED not in text:
        sys.exit(f"the harness {name} did not run, see {log.name}")
    processor = sum(after_it[2:4]) - sum(before_it[2:4])
    return Outcome(executions(text), processor, edges(text), new)


def executions(text: str) -> int:
    """How often the harness was called, by the last line of the log that says so."""
    every = re.findall(r"^(?:#|stat::number_of_executed_units: )([0-9]+)", text, re.MULTILINE)
    return int(every[-1]) if every else 0


def edges(text: str) -> tuple[int, int]:
    """How many edges were covered once the corpus was read, and at the end."""
    first = re.search(r"INITED cov: ([0-9]+)", text)
    every = re.findall(r" cov: ([0-9]+)", text)
    return (int(first[1]) if first else 0, int(every[-1]) if every else 0)


def load(name: str) -> ModuleType:
    """The module of a harness."""
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", FOLDER / f"fuzz_{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fuzz(name: str, arguments: list[str]) -> int:
    """Hand the harness to libFuzzer, which ends the process."""
    import atheris

    with atheris.instrument_imports(include=["jwtool"]):
        import jwtool.jose

        for module in pkgutil.walk_packages(jwtool.jose.__path__, "jwtool.jose."):
            importlib.import_module(module.name)  # what a function would import only later is covered too
        harness = load(name)
    atheris.Setup([sys.argv[0], *arguments], harness.check)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
