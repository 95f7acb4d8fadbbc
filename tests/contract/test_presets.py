"""Every preset: a file of the name, both sides, claims that are explained, options that the commands have."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import pytest

from jwtool.cli import app
from jwtool.cli.commands import sign, verify
from jwtool.cli.complete_value import preset as completed_for_sign
from jwtool.cli.complete_value import verify_preset as completed_for_verify
from jwtool.explain.titles import CLAIMS
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.dpop import MAX_AGE, REQUIRED, TYP
from jwtool.jose.errors import UsageError
from jwtool.jose.numeric_date import parse_duration
from jwtool.operations.load_preset import NAMES, PROVIDERS, filled_options, load_preset
from jwtool.sources.claim_options import parse_requirement
from jwtool.sources.urls import parse_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMMANDS: Mapping[str, Callable[..., Any]] = {"sign": sign.command, "verify": verify.command}
both = pytest.mark.parametrize("command", ["sign", "verify"])
every = pytest.mark.parametrize("name", NAMES)


def test_the_files_are_the_names() -> None:
    found = {entry.name.removesuffix(".toml") for entry in files("jwtool.presets").iterdir() if "toml" in entry.name}
    assert found == {*NAMES, *PROVIDERS}
    assert [name for name, _ in completed_for_sign()] == list(NAMES)
    assert [name for name, _ in completed_for_verify()] == [*NAMES, *PROVIDERS]


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


def read_nothing(_path: str) -> bytes:
    pytest.fail("a preset reads no files for what it demands")


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_provider_is_sound(name: str) -> None:
    preset = load_preset(name, "verify")
    assert (preset.name, preset.command, preset.own_key, preset.typ) == (name, "verify", False, None)
    assert preset.source.startswith("https://")
    provider = preset.provider
    assert provider is not None
    demands = [parse_requirement(demand, read_nothing) for demand in provider.demands]
    claims = {*preset.required, *(demand.name for demand in demands)}
    assert claims <= {*CLAIMS} | {"typ"}
    assert "exp" in claims
    assert set(provider.algs) <= set(ALGORITHMS)
    assert provider.issuers or provider.key or provider.needs_issuer
    for text in (*provider.issuers, provider.key):
        if text is not None and "://" in text:
            assert parse_url(text.format(aud="x", iss="https://h.example", region="r", kid="{kid}")).scheme == "https"
    options = {option for param in app.build("verify", verify.command, None).params for option in param.opts}
    needed = [text.split()[0] for text in (provider.needs_issuer, provider.needs_audience) if text is not None]
    assert {option for option, _, _ in filled_options(preset)} | set(needed) <= options
    with pytest.raises(UsageError):
        load_preset(name, "sign")
