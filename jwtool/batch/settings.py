"""The options that go with `--lines`: this file is what they mean, and which others they exclude."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.errors import UsageError
from jwtool.jose.quoting import quote
from jwtool.operations.lines import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jwtool.jose.errors import JwtoolError

ONLY = ("ok", "failed")
MAX_JOBS = 256


class Settings(NamedTuple):
    """How lines are answered. `jobs` None: as many as there are cores. `quiet` is -q: the summary alone."""

    jobs: int | None = None
    only: str | None = None
    summary: bool = False
    keep: tuple[str, ...] = ()
    quiet: bool = False
    as_json: bool = False
    field: str | None = None
    member: str | None = None
    cluster: str | None = None
    ship_secrets: bool = False

    @property
    def silent(self) -> bool:
        """Whether the summary stands alone; with -f the values are the product, and are never left out."""
        return self.quiet and self.field is None

    def wanted(self, exit_code: Callable[[JwtoolError], int]) -> Wanted:
        """What of it concerns a single line."""
        return Wanted(exit_code, self.member, self.keep, self.only, self.silent, self.field, self.field is not None)


def check_settings(settings: Settings) -> None:
    """Raise UsageError for what makes no sense."""
    if settings.only is not None and settings.only not in ONLY:
        raise UsageError(f"--only takes ok or failed, found {quote(settings.only)}", hint="--only failed")
    if settings.jobs is not None and not 1 <= settings.jobs <= MAX_JOBS:
        raise UsageError(f"--jobs takes 1 to {MAX_JOBS}, found {settings.jobs}", hint="--jobs 2")
    if settings.ship_secrets and settings.cluster is None:
        raise UsageError("--allow-secret-shipping needs --cluster", hint="leave it out")
    if any(not name for name in settings.keep):
        raise UsageError("--keep is empty, and a member's name is wanted", hint="--keep request_id")


def refuse_beside_lines(given: Mapping[str, object]) -> None:
    """Raise UsageError for an option that is about one token, where each line holds another."""
    for name, value in given.items():
        if value:
            raise UsageError(f"{name} is about one token, and --lines reads many", hint=f"leave {name} out")


def refuse_without_lines(given: Mapping[str, object]) -> None:
    """Raise UsageError for an option that means nothing without --lines."""
    for name, value in given.items():
        if value:
            raise UsageError(f"{name} needs --lines", hint=f"--lines {name}")


def names(values: Sequence[str]) -> tuple[str, ...]:
    """The names of a repeated option, each once."""
    return tuple(dict.fromkeys(values))
