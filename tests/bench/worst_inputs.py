"""The hostile inputs of worst.py: this file writes them into a folder, and the command lines beside them.

`python -m tests.bench.worst_inputs FOLDER` writes files, and cases.json: a list of name, argv, and maybe env. Every
input is as large as a cap lets it be, or just over it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.bench.worst_case import SECRET, numbered
from tests.bench.worst_key_files import file_cases
from tests.bench.worst_keys import set_cases
from tests.bench.worst_lines import line_cases
from tests.bench.worst_tokens import token_cases


def main(folder: Path) -> None:
    """Write the inputs and cases.json."""
    (folder / "secret.txt").write_text(SECRET, "utf-8")
    (folder / "claims.json").write_bytes(numbered('"{}":[{{}},0.5]', 100_000, 256 * 1024))
    cases = [*token_cases(folder), *line_cases(), *set_cases(folder), *file_cases(folder)]
    (folder / "cases.json").write_text(json.dumps(cases), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
