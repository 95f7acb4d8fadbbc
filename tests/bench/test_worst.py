"""The worst inputs in this process, with a bound that holds on a busy machine too; `just bench-worst` is exact."""

from __future__ import annotations

import io
import json
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from jwtool.cli.main import run
from jwtool.sources.runtime import Runtime

MOST_SECONDS = 5.0
LEFT_OUT = {"--json", "always", "fetch", "show", "build", "secret", "zsh:", "fish:"}  # much the same as others
DOCUMENTED = {0, 1, 2, 3, 4, 5, 6}


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The cases of worst.py that need no server, in the folder of their inputs; each in one rendering only."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    import_module("tests.bench.worst_inputs").main(tmp_path)
    monkeypatch.chdir(tmp_path)
    found = json.loads((tmp_path / "cases.json").read_text("utf-8"))
    return [case for case in found if not LEFT_OUT & {*case["argv"], *case["name"].split()}]


@pytest.mark.slow
@pytest.mark.timeout(600)  # the processor may be busy with something else
def test_no_input_takes_long_or_comes_out_undocumented(cases: list[dict[str, Any]]) -> None:
    assert len(cases) > 200
    passed = {}
    for case in cases:
        begin = time.process_time()
        code = run(case["argv"], quiet_runtime(case.get("env", {})))
        seconds = time.process_time() - begin
        if seconds > MOST_SECONDS or code not in DOCUMENTED:
            passed[case["name"]] = (code, seconds)
    assert passed == {}


def quiet_runtime(environ: dict[str, str]) -> Runtime:
    return Runtime(
        stdin=io.BytesIO(),
        stdout=io.BytesIO(),
        stderr=io.BytesIO(),
        environ=environ,
        now=lambda: 1_795_556_400,
        stdin_is_terminal=False,
        stdout_is_terminal=False,
        stderr_is_terminal=False,
        ask_secret=lambda _prompt: "",
    )
