"""`jwtool.cli.option_groups`: a command line that names no option of a group does without building it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from jwtool.cli import app, option_groups
from jwtool.cli.commands import verify
from jwtool.cli.line_options import CLUSTER_LINES
from jwtool.cli.network_options import NETWORK

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

NAMES = {*NETWORK, *CLUSTER_LINES}


def built(*args: str) -> set[str]:
    return {param.name for param in app.build("verify", verify.command, None, args).params}


@pytest.mark.parametrize(
    "args",
    [(), ("-k", "a.jwk", "--aud=b", "--json", "-qv"), ("--", "--offline"), ("--typ", "JWT", "-"), ("-",)],
    ids=["nothing", "own and common", "after the end", "several names", "stdin"],
)
def test_what_names_none_gets_none(args: tuple[str, ...]) -> None:
    assert built(*args) & NAMES == set()


@pytest.mark.parametrize(
    "args",
    [("--offline",), ("--timeout=3s",), ("--lines",), ("-h",), ("-qh",), ("--help",), ("--ofline",), ("-k", "--x")],
)
def test_what_may_name_one_gets_all(args: tuple[str, ...]) -> None:
    assert built(*args) >= NAMES


def test_the_options_of_every_command_are_known_without_building_them() -> None:
    options = [annotation.__metadata__[0] for annotation, _ in option_groups.COMMON.values()]
    names = [name for option in options for name in (option.default, *(option.param_decls or ()))]
    assert [name for name in names if name.startswith("--")] == list(option_groups.COMMON_NAMES)


def test_a_group_that_is_not_built_has_its_defaults(cli: Cli) -> None:
    with_them = cli("verify", "-k", "none.jwk", "--timeout", "10s", "abc")
    assert cli("verify", "-k", "none.jwk", "abc") == with_them
    assert inspect.signature(verify.command).parameters.keys() >= {"network", "cluster_lines"}
