"""The built wheel in an environment of its own: what a user gets, and no more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it; its dependencies are borrowed from the one that runs the tests."""
    folder = tmp_path_factory.mktemp("bare") / "env"
    venv.create(folder)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    borrowed = folder / "lib" / version / "site-packages" / "borrowed.pth"
    borrowed.write_text(sysconfig.get_path("purelib") + "\n")
    return folder


PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE", "JWTOOL"))}


def jwtool(bare: Path, *argv: str, cwd: Path | None = None, ok: int = 0) -> str:
    done = subprocess.run(
        [bare / "bin" / "jwtool", *argv], env=PLAIN, cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == ok, done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_and_its_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    here = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "jwtool").rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not path.name.startswith(".")
    }
    assert {name for name in names if name.startswith("jwtool/")} == here
    assert not [name for name in names if name.startswith("tests")]


def test_the_wheel_brings_completions_for_pipx_to_link(bare: Path) -> None:
    for name, source in {
        "bash-completion/completions/jwtool": "jwtool.bash",
        "zsh/site-functions/_jwtool": "_jwtool",
        "fish/vendor_completions.d/jwtool.fish": "jwtool.fish",
    }.items():
        assert (bare / "share" / name).read_text() == (ROOT / "completions" / source).read_text()


def test_the_entry_point_runs_the_installed_package(bare: Path, tmp_path: Path) -> None:
    python = bare / "bin" / "python"
    asked = [str(python), "-c", "import jwtool; print(jwtool.__file__)"]
    where = subprocess.run(asked, env=PLAIN, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(where.stdout.strip()).is_relative_to(bare)
    assert jwtool(bare, "-V", cwd=tmp_path).startswith("jwtool ")


def test_the_main_job_by_hand(bare: Path, tmp_path: Path) -> None:
    jwtool(bare, "key", "new", "-o", "private.jwk", "--public-out", "public.jwk", cwd=tmp_path)
    (tmp_path / "token.jwt").write_text(jwtool(bare, "sign", "-k", "private.jwk", "-a", "api", cwd=tmp_path))
    judged = jwtool(bare, "verify", "--json", "-k", "public.jwk", "-a", "api", "@token.jwt", cwd=tmp_path)
    assert json.loads(judged)["ok"] is True
    jwtool(bare, "verify", "-k", "public.jwk", "-a", "web", "@token.jwt", cwd=tmp_path, ok=1)


def test_the_demo(bare: Path, tmp_path: Path) -> None:
    assert jwtool(bare, "demo", cwd=tmp_path).endswith(" steps came out as they must\n")


def test_explain_finds_its_texts(bare: Path, tmp_path: Path) -> None:
    assert "aud" in jwtool(bare, "explain", "aud_mismatch", cwd=tmp_path)
