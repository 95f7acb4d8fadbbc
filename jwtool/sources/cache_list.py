"""What is in the cache: this file is its list for people, and its end."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from jwtool.sources.cache_entry import read_named
from jwtool.sources.cache_folder import ENTRY, LOCK

if TYPE_CHECKING:
    from collections.abc import Iterator


class Listed(NamedTuple):
    """A cached answer: the `url`, None for one that can't be read; octets; age and freshness in seconds."""

    url: str | None
    octets: int
    age: int | None
    fresh_for: int


def list_entries(folder: str, now: int) -> tuple[Listed, ...]:
    """Every answer in the folder, by URL; those that nobody can read, last. A folder that isn't there is empty."""
    listed = []
    for path in _files(folder, ENTRY):
        name = os.path.basename(path).removesuffix(ENTRY)
        entry = read_named(folder, name)
        size = 0
        with suppress(OSError):
            size = os.lstat(path).st_size
        if entry is None:
            listed.append(Listed(None, size, None, 0))
        else:
            url, answer = entry
            listed.append(Listed(url, size, answer.age_at(now), answer.fresh_for(now)))
    return tuple(sorted(listed, key=lambda one: (one.url is None, one.url or "")))


def clear(folder: str) -> int:
    """Remove every answer and its lock; how many answers that were. Raises OSError for one that stays."""
    cleared = 0
    for path in _files(folder, ENTRY):
        os.unlink(path)
        cleared += 1
    for path in _files(folder, LOCK):
        os.unlink(path)
    return cleared


def _files(folder: str, ending: str) -> Iterator[str]:
    names: list[str] = []
    with suppress(OSError):
        names = os.listdir(folder)
    return (os.path.join(folder, name) for name in names if name.endswith(ending))
