"""Mutants: hostile variants of sound tokens; the same seed gives the same ones. This file is their supply."""

from __future__ import annotations

import inspect
import json
import random
import sys
import tomllib
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

    Kind = Callable[["Matter"], str | bytes]

HERE = Path(__file__).parent
WRAPPINGS = (
    *("{}\n", " {}", '"{}"', "Bearer {}", "“{}”", "\u2003{}"),
    *(
        "authorization: bearer '{}'",
        "Authorization: Bearer {}\r\n",
        '{"id_token":"{}"}',
        '{"access_token": "Bearer {}"}',
    ),
)


@dataclass(frozen=True)
class Original:
    """A sound token, another one by the same key, and the key that verifies both: all that an attacker may know."""

    alg: str
    key: Mapping[str, str]
    token: str
    other: str


@dataclass(frozen=True)
class Mutant:
    """A token that nobody signed. It prints escaped."""

    kind: str
    data: bytes

    def __str__(self) -> str:
        return f"{self.kind}: {self.data!r}"


@dataclass(frozen=True)
class Matter:
    """What a mutation works on: a sound token, where it comes from, and the chance that it leaves its choices to."""

    original: Original
    token: str
    random: random.Random = field(repr=False)

    @property
    def parts(self) -> list[str]:
        """Header, payload and signature, encoded."""
        return self.token.split(".")

    def replaced(self, index: int, part: str) -> str:
        """The token with another header (0), payload (1) or signature (2)."""
        parts = self.parts
        parts[index] = part
        return ".".join(parts)


class Mutator:
    """The mutants of one original. `twins` counts the results that say the same as the original, and are left out."""

    def __init__(self, original: Original, seed: int, kinds: Mapping[str, Kind]) -> None:
        self._original = original
        self._random = random.Random(f"{seed} {original.alg}")
        self._kinds = kinds
        self.twins = 0

    def mutants(self, count: int) -> Iterator[Mutant]:
        """`count` different ones, of every kind in turn."""
        seen: set[bytes] = set()
        kinds = cycle(self._kinds)
        while len(seen) < count:
            mutant = self._mutant(next(kinds))
            if mutant is None:
                self.twins += 1
            elif mutant.data not in seen:
                seen.add(mutant.data)
                yield mutant

    def _mutant(self, kind: str) -> Mutant | None:
        """One mutant, sometimes wrapped; None for a sound token, which it is among blanks too."""
        sound = (self._original.token, self._original.other)
        token = self._random.choice([sound[0], *sound])
        made = self._kinds[kind](Matter(self._original, token, self._random))
        text = made.decode("utf-8", "replace") if isinstance(made, bytes) else made
        if text.strip() in sound:
            return None
        if isinstance(made, str) and self._random.randrange(4) == 0:
            kind, made = f"{kind}, wrapped", self._random.choice(WRAPPINGS).replace("{}", made)
        return Mutant(kind, made if isinstance(made, bytes) else made.encode("utf-8", "surrogatepass"))


def load(name: str) -> ModuleType:
    """A file beside this one, which pytest's importlib mode doesn't import."""
    spec = spec_from_file_location(f"tests.properties.{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def cases() -> ModuleType:
    """What a second opinion is asked about."""
    return load("cases")


@pytest.fixture(scope="session")
def kinds() -> Mapping[str, Kind]:
    """Every kind of mutation, by its name."""
    functions = [one for module in map(load, ("mutations", "forgeries")) for one in vars(module).items()]
    own = ("tests.properties.mutations", "tests.properties.forgeries")
    return {
        name: value
        for name, value in functions
        if inspect.isfunction(value) and value.__module__ in own and not name.startswith("_")
    }


@pytest.fixture(scope="session")
def originals() -> Mapping[str, Original]:
    """One original for each algorithm, by its name."""
    read = tomllib.loads((HERE / "tokens.toml").read_text("utf-8"))
    return {alg: Original(alg, json.loads(one["key"]), one["token"], one["other"]) for alg, one in read.items()}


@pytest.fixture(scope="session")
def mutator(kinds: Mapping[str, Kind]) -> Callable[[Original, int], Mutator]:
    """`mutator(original, seed)`."""
    return lambda original, seed: Mutator(original, seed, kinds)
