"""What the tests of faults borrow from those of the command line and of files."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from _pytest.terminal import TerminalReporter

TESTS = Path(__file__).parents[1]


def _conftest_of(folder: str) -> ModuleType:
    name = f"_faults_{folder}_conftest"
    spec = spec_from_file_location(name, TESTS / folder / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


cli = _conftest_of("cli").cli
unprivileged = _conftest_of("sources").unprivileged


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print what the tests counted."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "figures":
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value}, in {report.duration:.0f} s")
