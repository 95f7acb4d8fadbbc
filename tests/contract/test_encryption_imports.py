"""What encryption needs is imported where something is encrypted or decrypted, and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import sys
from jwtool.cli.main import run
from jwtool.sources.runtime import Runtime
code = run(sys.argv[1:], Runtime.of_this_process())
print("\\n", code, *sorted({"joserfc", "jwtool.jose.encryption_algorithms"} & {*sys.modules}))
"""


def imported(folder: Path, *argv: str) -> str:
    """The exit code, and which of the modules of encryption were imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *argv], cwd=folder, input="", capture_output=True, text=True, check=True
    )
    return done.stdout.rpartition("\n ")[2].strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with key.jwk, enc.jwk, token.jwt, token.jwe."""
    made = tmp_path_factory.mktemp("imports")
    for argv in (
        ("key", "new", "-o", "key.jwk"),
        ("key", "new", "--alg", "ECDH-ES", "-o", "enc.jwk"),
        ("sign", "-k", "key.jwk", "-o", "token.jwt"),
        ("encrypt", "-k", "enc.jwk", "@token.jwt", "-o", "token.jwe"),
    ):
        assert imported(made, *argv).split()[0] == "0"
    return made


@pytest.mark.parametrize(
    "argv",
    [
        ("--help",),
        ("encrypt", "--help"),
        ("decrypt", "--help"),
        ("decode", "@token.jwt"),
        ("decode", "@token.jwe"),
        ("verify", "-k", "key.jwk", "@token.jwt"),
        ("verify", "-k", "key.jwk", "--decrypt-key", "enc.jwk", "@token.jwt"),
        ("sign", "-k", "key.jwk"),
    ],
    ids=" ".join,
)
def test_nothing_else_pays_for_it(folder: Path, argv: tuple[str, ...]) -> None:
    assert imported(folder, *argv) == "0"


def test_it_is_imported_where_it_is_used(folder: Path) -> None:
    assert imported(folder, "decrypt", "-k", "enc.jwk", "@token.jwe") == "0 joserfc jwtool.jose.encryption_algorithms"


def test_the_registry_of_joserfc_stays_its_own() -> None:
    """Other programs in this process may use joserfc: what we change is ours."""
    program = (
        "from joserfc.jwe import JWERegistry as theirs; before = dict(theirs.algorithms['alg']);"
        "from jwtool.jose import jwe_engine; from jwtool.jose.encryption_algorithms import KEY_MANAGEMENT;"
        "own = jwe_engine._Registry.algorithms['alg'];"
        "print(theirs.algorithms['alg'] == before, 'RSA1_5' in before, set(own) == set(KEY_MANAGEMENT))"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "True True True\n"
