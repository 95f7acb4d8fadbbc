"""Score a run of mutmut by the groups of `mutants.toml`, and print each survivor that it gives no reason for.

Run from the repository root, where mutmut has left `mutants/`; `just mutate` does both. Exits with 1 if a survivor
has no reason, a reason has no survivor, or a group has less than 90 % of its mutants killed.
"""

from __future__ import annotations

import ast
import difflib
import json
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WANTED = 0.9
REPORTED = Path("tests/mutants.toml")
MUTATED = Path("mutants/jwtool/jose")
# What mutmut notes of a mutant: the exit code of pytest, or one of its own.
OUTCOMES = {0: "survived", 1: "killed", 3: "killed", 5: "no tests", 33: "no tests", None: "not run"}
TIMEOUTS = frozenset({36, 24, -24, 152, 255})


def outcome(code: int | None) -> str:
    return "timeout" if code in TIMEOUTS else OUTCOMES.get(code, f"exit {code}")


def changes(module: str, names: list[str]) -> Iterator[str]:
    """What each of these mutants changes, as `mutants.toml` writes it: "module.function: the line after it"."""
    lines = (MUTATED / f"{module}.py").read_text("utf-8").splitlines()
    functions = {
        node.name: lines[node.lineno - 1 : node.end_lineno]
        for node in ast.walk(ast.parse("\n".join(lines)))
        if isinstance(node, ast.FunctionDef)
    }
    for name in names:
        mutant = name.rpartition(".")[2]
        mangled = mutant.rpartition("__mutmut_")[0]
        before = [line.replace(f"{mangled}__mutmut_orig(", "(") for line in functions[f"{mangled}__mutmut_orig"]]
        after = [line.replace(f"{mutant}(", "(") for line in functions[mutant]]
        diff = list(difflib.ndiff(before, after))
        added = [line[2:].strip() for line in diff if line.startswith("+ ")]
        removed = [line[2:].strip() for line in diff if line.startswith("- ")]
        function = mangled.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
        yield f"{module.replace('/', '.')}.{function}: {' '.join(added) or 'without ' + ' '.join(removed)}"


def report(group: str, modules: list[str], reasons: list[str]) -> bool:
    """Print the group's line and what is to be done; False if there is something."""
    outcomes: Counter[str] = Counter()
    alive: list[str] = []
    for module in modules:
        codes = json.loads((MUTATED / f"{module}.py.meta").read_text("utf-8"))["exit_code_by_key"]
        outcomes.update(outcome(code) for code in codes.values())
        alive += changes(module, [name for name, code in codes.items() if outcome(code) not in {"killed", "timeout"}])
    total = outcomes.total()
    score = (outcomes["killed"] + outcomes["timeout"]) / total
    counts = ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))
    print(f"{group}: {score:.1%} of {total} mutants ({counts})")
    unexplained, stale = Counter(alive) - Counter(reasons), Counter(reasons) - Counter(alive)
    for mutant in unexplained.elements():
        print(f"  no reason: {mutant}")
    for mutant in stale.elements():
        print(f"  no longer alive: {mutant}")
    return score >= WANTED and not unexplained and not stale


def main() -> int:
    groups = tomllib.loads(REPORTED.read_text("utf-8"))
    good = [
        report(group, listed["modules"], [mutant for one in listed["alive"] for mutant in one["mutants"]])
        for group, listed in groups.items()
    ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
