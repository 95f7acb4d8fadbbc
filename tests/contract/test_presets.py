"""Every preset: a file of the name, both sides, claims that are explained, options that the commands have."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import pytest

from jwtool.cli import app
from jwtool.cli.commands import sign, verify
from jwtool.cli.complete_value import preset as completed
from jwtool.explain.titles import CLAIMS
from jwtool.jose.dpop import MAX_AGE, REQUIRED, TYP
from jwtool.jose.numeric_date import parse_duration
from jwtool.operations.load_preset import NAMES, filled_options, load_preset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMMANDS: Mapping[str, Callable[..., Any]] = {"sign": sign.command, "verify": verify.command}
both = pytest.mark.parametrize("command", ["sign", "verify"])
every = pytest.mark.parametrize("name", NAMES)


def test_the_files_are_the_names() -> None:
    found = {entry.name.removesuffix(".toml") for entry in files("jwtool.presets").iterdir() if "toml" in entry.name}
    assert found == set(NAMES)
    assert [name for name, _ in completed()] == list(NAMES)


@every
@both
def test_each_side_is_sound(name: str, command: Literal["sign", "verify"]) -> None:
    preset = load_preset(name, command)
    assert (preset.name, preset.command) == (name, command)
    assert preset.title
    assert preset.source.startswith(("RFC ", "OpenID Connect Core 1.0 "))
    claims = {*preset.required, *preset.same, *preset.texts, *(preset.needs or {})}
    assert claims <= {*CLAIMS}
    assert (preset.needs is None) is (command == "verify")
    options = {name for param in app.build(command, COMMANDS[command], None).params for name in param.opts}
    given = {text.split()[0] for text in (preset.needs or {}).values()}
    assert {option for option, _, _ in filled_options(preset)} | given <= options


@every
def test_what_one_side_needs_the_other_demands(name: str) -> None:
    made, demanded = load_preset(name, "sign"), load_preset(name, "verify")
    judged = {*demanded.required, *({"iat"} if demanded.max_age else ())}
    assert judged == set(made.needs or {})
    assert demanded.typ in {None, made.typ}


def test_a_proof_beside_a_token_is_held_to_the_same() -> None:
    preset = load_preset("dpop", "verify")
    assert (preset.typ, parse_duration(preset.max_age or "")) == (TYP, MAX_AGE)
    assert preset.required == tuple(one.name for one in REQUIRED)
