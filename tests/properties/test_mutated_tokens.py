"""Ten thousand tokens that nobody signed, through `verify` and `decode`: none is believed, every answer is documented.

A token that means what the original means is no mutant: of surrounding blanks and wrappings by the contract, of a JSON
serialization and of the other s of an ECDSA signature by the RFCs. Those must be believed.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from jwtool.cli.main import run
from jwtool.explain.lookup import topics
from jwtool.jose import base64url, strict_json
from jwtool.jose.algorithms import ALGORITHMS, CURVES
from jwtool.jose.errors import InputError
from jwtool.sources.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.properties.conftest import Mutant, Mutator, Original

    Mutators = Callable[[Original, int], Mutator]

NOW = 1_795_556_400  # 2026-11-24 21:40:00 UTC
SEED = 4
IN_PROCESS, AS_PROCESSES = 10_000, 500


class Call(NamedTuple):
    """One command line with its stdin and environment."""

    argv: list[str]
    stdin: bytes = b""
    environ: Mapping[str, str] = {}


class Outcome(NamedTuple):
    """How a command came out."""

    exit: int
    stdout: bytes
    stderr: bytes


def handed_over(command: list[str], data: bytes, way: int) -> Call:
    """The token by stdin, or every third time as an argument or a variable, if these can hold it."""
    if way % 3 == 0 or b"\0" in data or len(data) > 100_000:
        return Call(command, data)
    text = data.decode("utf-8", "surrogateescape")  # as the system hands over what is no UTF-8
    return Call([*command, "--", text]) if way % 3 == 1 else Call([*command, "env:TOKEN"], b"", {"TOKEN": text})


def here(call: Call) -> Outcome:
    """The outcome in this process."""
    out, err = io.BytesIO(), io.BytesIO()
    runtime = Runtime(
        stdin=io.BytesIO(call.stdin),
        stdout=out,
        stderr=err,
        environ=call.environ,
        now=lambda: NOW,
        stdin_is_terminal=False,
        stdout_is_terminal=False,
        stderr_is_terminal=False,
        ask_secret=lambda _prompt: pytest.fail("nobody expected a prompt"),
    )
    return Outcome(run(call.argv, runtime), out.getvalue(), err.getvalue())


def apart(call: Call) -> Outcome:
    """The outcome in a process of its own, which would show a traceback."""
    environ = {**os.environ, **call.environ, "JWTOOL_TRACEBACK": "1"}
    argv = [os.fsencode(part) for part in (sys.executable, "-m", "jwtool", *call.argv)]
    done = subprocess.run(argv, input=call.stdin, env=environ, capture_output=True, check=False, timeout=60)
    return Outcome(done.returncode, done.stdout, done.stderr)


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(files("jwtool.schemas").joinpath(f"{name}.schema.json").read_text("utf-8")))


@cache
def known_codes() -> frozenset[str]:
    return frozenset(topics()["errors"])


def codes_of(document: Any) -> Iterator[str]:
    """Every member `code` of a document of verify, or that of an error."""
    if "error" in document:
        yield document["error"]["code"]
    for check in (*document.get("checks", ()), *document.get("candidates", ())):
        if "code" in check:
            yield check["code"]


def faults_of(command: str, outcome: Outcome) -> Iterator[str]:
    """What is wrong with an outcome that is no documented refusal (of decode: no denial of belief)."""
    if outcome.exit not in {1 if command == "verify" else 0, 3}:
        yield f"exit {outcome.exit} with {outcome.stdout[:500]!r}"
    if outcome.stderr:
        yield f"stderr holds {outcome.stderr[:500]!r}"
    lines = outcome.stdout.decode("ascii").splitlines()
    if len(lines) != 1:
        yield f"stdout holds {len(lines)} lines"
        return
    try:
        document = strict_json.parse(lines[0])
    except InputError as error:
        yield error.message
        return
    schema = "error" if outcome.exit == 3 else command
    if document["schema"] != f"jwtool.{schema}/1" or not validator(schema).is_valid(document):
        yield "the document is not as its schema says"
    codes = set(codes_of(document))
    if not codes <= known_codes():
        yield f"codes that nobody explains: {sorted(codes - known_codes())}"
    if not codes and schema != "decode":
        yield "a refusal without a reason"
    if document.get("verified") or (document.get("claims") is not None and command == "verify"):
        yield "a denial that believes"


def judge(mutant: Mutant, way: int, key: Path, ask: Callable[[Call], Outcome]) -> list[str]:
    """What is wrong with the outcomes of `verify` and `decode`."""
    verify = ["verify", "--json", "--at", str(NOW), "--key", str(key)]
    commands = {"verify": verify, "decode": ["decode", "--json"]}
    if ask is apart:
        commands.pop("decode" if way % 4 else "verify")
    return [
        f"number {way}: {name}: {fault}: {mutant}"
        for name, command in commands.items()
        for fault in faults_of(name, ask(handed_over(command, mutant.data, way)))
    ]


def share(total: int) -> int:
    """How many of `total` fall to each algorithm, rounded up."""
    return -(-total // len(ALGORITHMS))


@pytest.fixture
def key(originals: Mapping[str, Original], alg: str, tmp_path: Path) -> Path:
    """A file with the key of the algorithm, which has no kid and no alg, and so stands for any."""
    path = tmp_path / "key.jwk"
    path.write_text(json.dumps(originals[alg].key))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_no_mutant_is_believed(originals: Mapping[str, Original], mutator: Mutators, key: Path, alg: str) -> None:
    supply = mutator(originals[alg], SEED)
    faults = [
        fault
        for number, mutant in enumerate(supply.mutants(share(IN_PROCESS)))
        for fault in judge(mutant, number, key, here)
    ]
    assert not faults, "\n".join([f"{len(faults)} of {share(IN_PROCESS)}", *faults[:5]])
    assert supply.twins * 20 < share(IN_PROCESS)


@pytest.mark.slow
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_no_mutant_is_believed_by_a_process(
    originals: Mapping[str, Original], mutator: Mutators, key: Path, alg: str
) -> None:
    mutants = list(mutator(originals[alg], SEED + 1).mutants(share(AS_PROCESSES)))
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        judged = workers.map(lambda number: judge(mutants[number], number, key, apart), range(len(mutants)))
        faults = [fault for each in judged for fault in each]
    assert not faults, "\n".join([f"{len(faults)} of {len(mutants)}", *faults[:5]])


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_what_means_the_same_is_believed(originals: Mapping[str, Original], key: Path, alg: str) -> None:
    for token in (originals[alg].token, originals[alg].other):
        for twin in twins(token, originals[alg]):
            outcome = here(Call(["verify", "--json", "--key", str(key)], twin.encode()))
            assert (outcome.exit, json.loads(outcome.stdout)["ok"]) == (0, True), ascii(twin)


def twins(token: str, original: Original) -> Iterator[str]:
    yield from (token, f"\n {token}\r\n", f'"{token}"', f"Bearer {token}", f"'authorization: BEARER {token}' ")
    header, payload, signature = token.split(".")
    one = {"protected": header, "signature": signature}
    for form in (
        {"access_token": token, "id_token": "x"},
        {"payload": payload, **one},
        {"payload": payload, **one, "ext": 1, "header": {"jwk": {}, "x": [1]}},
        {"payload": payload, "signatures": [one]},
        {"payload": payload, "signatures": [{**one, "signature": "AA"}, one]},
    ):
        yield json.dumps(form)
    if ALGORITHMS[original.alg].family == "ecdsa":
        curve = CURVES[original.key["crv"]]
        value = base64url.decode(signature)
        r, s = value[: curve.octets], int.from_bytes(value[curve.octets :])
        yield f"{header}.{payload}.{base64url.encode(r + (curve.n - s).to_bytes(curve.octets))}"


def test_a_seed_makes_the_same_mutants_for_ever(originals: Mapping[str, Original], mutator: Mutators) -> None:
    for original in originals.values():
        first, again = (list(mutator(original, 1).mutants(100)) for _ in range(2))
        assert first == again
        assert {mutant.data for mutant in first} != {mutant.data for mutant in mutator(original, 2).mutants(100)}


def test_every_algorithm_has_an_original(originals: Mapping[str, Original]) -> None:
    assert originals.keys() == ALGORITHMS.keys()


def test_every_kind_of_mutation_makes_mutants(
    originals: Mapping[str, Original], mutator: Mutators, kinds: Mapping[str, object]
) -> None:
    mutants = list(mutator(originals["ES512"], SEED).mutants(share(IN_PROCESS)))
    made = {mutant.kind.removesuffix(", wrapped") for mutant in mutants}
    assert made == kinds.keys()
    assert all(str(mutant).isascii() and str(mutant).isprintable() for mutant in mutants)
