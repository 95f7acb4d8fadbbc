"""Every JSON Schema: valid 2020-12, named as its file, shipped in the package, and used by a command."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import jwtool
from jwtool.jose import strict_json

ENDING = ".schema.json"
PACKAGE = Path(jwtool.__file__).parent
NAMES = sorted(
    entry.name.removesuffix(ENDING) for entry in files("jwtool.schemas").iterdir() if entry.name.endswith(ENDING)
)


def read(name: str) -> Any:
    return strict_json.parse(files("jwtool.schemas").joinpath(f"{name}{ENDING}").read_text("utf-8"))


def used() -> set[str]:
    """The first argument of every `Report(…)` in the program, and `error`."""
    names = {"error"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Report":
                (name,) = (ast.literal_eval(node.args[0]),)
                names.add(name)
    return names


def test_there_is_one_for_every_document_and_no_other() -> None:
    assert set(NAMES) == used()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_valid_and_named_as_its_file(name: str) -> None:
    schema = read(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"]
    assert schema["type"] == "object"
    assert schema["properties"]["schema"] == {"const": f"jwtool.{name}/1"}
    assert {"schema", "ok"} <= set(schema["required"])
    assert set(schema["required"]) <= schema["properties"].keys()
    assert schema["properties"]["ok"] == ({"const": False} if name == "error" else {"type": "boolean"})


@pytest.mark.parametrize("name", NAMES)
def test_it_refuses_what_is_no_such_document(name: str) -> None:
    validator = Draft202012Validator(read(name))
    assert not validator.is_valid({})
    assert not validator.is_valid({"schema": f"jwtool.{name}/2", "ok": True})
    assert not validator.is_valid([])


@pytest.mark.parametrize("name", NAMES)
def test_members_may_be_added(name: str) -> None:
    """Members may be added to a document without a new version: no schema closes the outer object."""
    assert read(name).get("additionalProperties", True) is True


@pytest.mark.slow
def test_all_of_them_are_in_the_wheel(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="without the build backend here tests/installed has to find out")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=PACKAGE.parent, check=True, capture_output=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    assert {f"jwtool/schemas/{name}{ENDING}" for name in NAMES} <= inside
    texts = {f"jwtool/explain/{path.name}" for path in (PACKAGE / "explain").glob("*.toml")}
    assert texts
    assert texts <= inside
    presets = {f"jwtool/presets/{path.name}" for path in (PACKAGE / "presets").glob("*.toml")}
    assert presets
    assert presets <= inside
