"""`verify --lines` is as strict as `verify`: five thousand hostile tokens, one by one and as lines, answered alike.

Between them stand sound ones, so that the short way of `--lines` knows every header that an attacker may reuse, and
tokens that are signed as they should be but say odd things. Not only verdict and reason are compared: the whole
documents are the same.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.cli.main import run
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    from tests.properties.conftest import Mutator, Original

NOW = 1_795_556_400
SEED = 8
MUTANTS = 5_000
CASES = 400


def answers(argv: list[str], stdin: bytes) -> list[Any]:
    """The documents on stdout."""
    out = io.BytesIO()
    runtime = Runtime(
        stdin=io.BytesIO(stdin),
        stdout=out,
        stderr=io.BytesIO(),
        environ={},
        now=lambda: NOW,
        stdin_is_terminal=False,
        stdout_is_terminal=False,
        stderr_is_terminal=False,
        ask_secret=lambda _prompt: pytest.fail("nobody expected a prompt"),
    )
    run(argv, runtime)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def both_ways(argv: list[str], tokens: Sequence[bytes]) -> tuple[list[Any], list[Any]]:
    """The answers token by token, with the numbers of lines; and those of all of them as lines."""
    single = []
    for number, token in enumerate(tokens, 1):
        (document,) = answers([*argv, "--json"], token)
        single.append(document | {"line": number})
    return single, answers([*argv, "--json", "--lines"], b"".join(token + b"\n" for token in tokens))


def first_difference(single: list[Any], lines: list[Any], tokens: Sequence[bytes]) -> str:
    if len(single) != len(lines):
        return f"{len(single)} tokens, {len(lines)} answers"
    differing = [place for place, one in enumerate(single) if one != lines[place]]
    return "".join(f"{single[n]}\n{lines[n]}\n{tokens[n]!r}\n" for n in differing[:2])


def one_line_each(tokens: Iterable[bytes]) -> list[bytes]:
    return [token for token in tokens if b"\n" not in token and token.strip()]


@pytest.mark.slow
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_hostile_lines_are_answered_as_hostile_tokens(
    originals: Mapping[str, Original], mutator: Callable[[Original, int], Mutator], tmp_path: Path, alg: str
) -> None:
    original = originals[alg]
    key = tmp_path / "key.jwk"
    key.write_text(json.dumps(original.key))
    share = -(-MUTANTS // len(ALGORITHMS))
    hostile: list[bytes] = []
    for mutant in mutator(original, SEED).mutants(share * 2):
        hostile += one_line_each([mutant.data])
        if len(hostile) == share:
            break
    assert len(hostile) == share
    tokens = [original.token.encode()]
    for number, one in enumerate(hostile):
        tokens += [one, original.other.encode()] if number % 50 == 0 else [one]
    single, lines = both_ways(["verify", "--at", str(NOW), "-k", str(key)], tokens)
    assert first_difference(single, lines, tokens) == ""


@pytest.mark.slow
@pytest.mark.parametrize("demanded", [(), ("-i", "https://auth.example", "-a", "api", "--leeway", "60s")])
def test_odd_claims_that_are_signed_are_answered_alike(
    cases: ModuleType, tmp_path: Path, demanded: tuple[str, ...]
) -> None:
    usual = {**cases.USUAL, "alg": "ES256"}
    key = tmp_path / "key.jwk"
    key.write_text(json.dumps(cases.trial_of(usual).jwk))
    tokens = [cases.trial_of(usual).token.encode()]
    respects = ("exp", "nbf", "iat", "iss", "aud", "sub", "jti", "payload", "header", "spelling")
    for case in cases.random_cases(SEED, CASES):
        trial = cases.trial_of({**usual, **{respect: case[respect] for respect in respects if respect in case}})
        text = trial.token
        tokens += one_line_each([text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")])
    single, lines = both_ways(["verify", "--at", str(NOW), "-k", str(key), *demanded], tokens)
    assert first_difference(single, lines, tokens) == ""
    assert {document["ok"] for document in single} == {True, False}


def test_decode_says_the_same_both_ways(
    originals: Mapping[str, Original], mutator: Callable[[Original, int], Mutator]
) -> None:
    original = originals["ES256"]
    tokens = [original.token.encode()]
    tokens += one_line_each(mutant.data for mutant in mutator(original, SEED).mutants(200))
    single, lines = both_ways(["decode"], tokens)
    assert first_difference(single, lines, tokens) == ""
