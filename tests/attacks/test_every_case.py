"""Every case of attacks.json is a test here, or stands in not_applicable.toml with a reason; never both."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
NOT_APPLICABLE: dict[str, str] = tomllib.loads((HERE / "not_applicable.toml").read_text("utf-8"))["cases"]


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every test function of this folder, with the name of its file."""
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield path.stem, node


def attacks(test: ast.FunctionDef) -> Iterator[str]:
    """The ids of its marks."""
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.attack":
            (argument,) = mark.args
            assert isinstance(argument, ast.Constant)
            assert isinstance(argument.value, str)
            yield argument.value


def covered() -> dict[str, str]:
    """Each id that is tested, and in which file; one test a case."""
    found: dict[str, str] = {}
    for file, test in functions():
        for case in attacks(test):
            assert case not in found, f"{case} is tested twice"
            found[case] = file
    return found


def test_every_case_is_tested_or_not_applicable(vectors: Callable[[str], Any]) -> None:
    cases = {case["id"] for case in vectors("attacks.json")}
    done = covered()
    assert cases - done.keys() - NOT_APPLICABLE.keys() == set(), "neither tested nor listed"
    assert done.keys() & NOT_APPLICABLE.keys() == set(), "tested and listed"
    assert (done.keys() | NOT_APPLICABLE.keys()) - cases == set(), "no such case"


def test_every_case_is_tested_in_the_file_of_its_area(vectors: Callable[[str], Any]) -> None:
    areas = {case["id"]: f"test_{case['area']}" for case in vectors("attacks.json")}
    misplaced = {case: file for case, file in covered().items() if not re.fullmatch(rf"{areas[case]}(_\w+)?", file)}
    assert misplaced == {}


def test_every_reason_is_one() -> None:
    assert all(len(reason.split()) >= 4 for reason in NOT_APPLICABLE.values())


def test_every_advisory_is_a_test(vectors: Callable[[str], Any]) -> None:
    sources = " ".join(case["source"] for case in vectors("attacks.json"))
    wanted = {name.lower().replace("-", "_") for name in re.findall(r"CVE-\d{4}-\d{4,}", sources)}
    named = {name for _, test in functions() for name in re.findall(r"cve_\d{4}_\d{4,}", test.name)}
    assert wanted - named == set()
