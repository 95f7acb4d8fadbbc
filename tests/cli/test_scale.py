"""docs/scale.md: the recipe for GNU parallel does what the page says, where that program is installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import jwtool

PAGE = Path(jwtool.__file__).parent.parent / "docs" / "scale.md"
TOKENS = 200


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("parallel") is None, reason="GNU parallel is not installed")
@pytest.mark.skipif(not PAGE.is_file(), reason="the page is in the repository, not in the wheel")
def test_gnu_parallel(keys: Path) -> None:
    match = re.search(r"<!-- parallel -->\n```sh\n(.*?)\n```\n<!-- /parallel -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert match is not None
    recipe = match[1]
    assert "\n" not in recipe
    assert recipe.count("--block 16M jwtool ") == 1
    shutil.copy(keys / "es256.public.jwk", keys / "public.jwk")
    good = (keys / "token.jwt").read_text().strip()
    tokens = [good if number % 7 else f"bad{number}" for number in range(TOKENS)]
    (keys / "tokens.txt").write_text("\n".join(tokens) + "\n")
    ours = f"'{sys.executable}' -m jwtool"
    small = recipe.replace("--block 16M jwtool ", f"--block 20k {ours} ")
    done = subprocess.run(["bash", "-c", small], cwd=keys, capture_output=True, check=False, timeout=100)
    alone = subprocess.run(
        ["bash", "-c", f"{ours} verify -k public.jwk --lines < tokens.txt"],
        cwd=keys,
        capture_output=True,
        check=False,
        timeout=100,
    )
    assert done.stderr == b""
    found, wanted = ([json.loads(line) for line in one.stdout.splitlines()] for one in (done, alone))
    assert [document.pop("line") for document in wanted] == list(range(1, TOKENS + 1))
    blocks = [document.pop("line") for document in found].count(1)
    for document in (*found, *wanted):
        document.pop("checked_at", None)
        for check in document.get("checks", ()):
            check.pop("detail", None)  # how long ago, by another clock
    assert found == wanted
    assert (done.returncode, alone.returncode) == (blocks, 1)
    assert blocks > 1
