"""The hostile keys of worst.py: key sets at their caps, key files at theirs, and the dearest that the policy lets through."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def write_keys(folder: Path) -> list[dict[str, Any]]:
    return []
