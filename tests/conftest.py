"""Fixtures for all tests."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jwtool.jose.keys.key import Key

VECTORS = "JWTOOL_VECTORS"

os.environ["JWTOOL_CACHE_DIR"] = os.devnull  # no test leaves a trace in the user's cache, nor finds one there

# A machine that others use too is slow now and then, and that is no finding.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, max_examples=300, print_blob=True)
settings.load_profile("ci" if "CI" in os.environ else "dev")  # --hypothesis-profile has the last word


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], Any]:
    """A reader of the published vectors that this repository holds no copy of: `vectors("wycheproof/….json")`.

    The environment variable names their folder. Where it is not set the tests are skipped, and say so; where it
    is, a file that isn't there is a failure.
    """
    folder = os.environ.get(VECTORS)
    if not folder:
        pytest.skip(f"{VECTORS} is not set: it names the folder with wycheproof/ and rfc7520-cookbook/")

    def read(name: str) -> Any:
        return json.loads(Path(folder, name).read_text("utf-8"))

    return read


@pytest.fixture(scope="session")
def keys() -> Mapping[str, Key]:
    """A private key for each algorithm of the table and `EdDSA on Ed448`, without `kid`, `alg` and `use`.

    One key serves all algorithms of RSA. An AKP key is none without its `alg`.
    """
    rsa = generate("RS256")
    made = {row.name: rsa if row.kty == "RSA" else generate(row.name) for row in ALGORITHMS.values()}
    made["EdDSA on Ed448"] = generate("EdDSA", crv="Ed448")
    unnamed = {"kid", "alg", "use"}
    return {
        alg: parse_jwk(
            {
                name: value
                for name, value in key.members.items()
                if name not in unnamed or (key.kty == "AKP" and name == "alg")
            }
        )
        for alg, key in made.items()
    }
