"""Rotation while a set is served: what `jwks rotate` does from cron, by the server's own clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtool.jose.errors import JwtoolError, RotationTooFast, UsageError
from jwtool.jose.numeric_date import parse_duration
from jwtool.jose.rotation_plan import Schedule, refuse_too_fast
from jwtool.operations import rotation_report
from jwtool.operations.rotate_keyset import rotate

if TYPE_CHECKING:
    from jwtool.sources.runtime import Runtime

EVERY = 30 * 86_400
LOOKS = 10
"""How often within the shortest duration of its schedule a set is looked at."""
SECONDS = (1, 60)
"""The least and the most between two looks."""


def parse_schedule(
    every: str | None, publish_before: str | None, retire_after: str | None, *, max_age: int
) -> Schedule:
    """The schedule of these options: 30 days, an hour (or `max_age` if that is longer), and a day where not given.

    Raises RotationTooFast for keys that would sign before every client, which keeps the set for `max_age` seconds, has
    seen them.
    """
    usual = Schedule()
    schedule = Schedule(
        max(usual.publish_before, max_age) if publish_before is None else parse_duration(publish_before),
        usual.retire_after if retire_after is None else parse_duration(retire_after),
        EVERY if every is None else parse_duration(every),
    )
    try:
        refuse_too_fast(schedule, max_age=max_age, token_life=None)
    except RotationTooFast as error:
        raise RotationTooFast(error.message, hint="a shorter --max-age, or a longer --publish-before") from None
    return schedule


class ScheduledRotation:
    """Rotates the private set of the SOURCE `text`, a file, whenever something is due; the first look is `start`."""

    def __init__(self, text: str, schedule: Schedule, runtime: Runtime) -> None:
        from jwtool.sources.source import parse_source

        source = parse_source(text, bare="file", what="SET")
        if source.kind != "file" or source.fragment is not None:
            raise UsageError(
                "--rotate changes SET, so SET must be a file: the private set", hint="jwtool jwks serve FILE --rotate"
            )
        self._path = source.value
        self._schedule = schedule
        self._runtime = runtime
        self._trouble: str | None = None
        shortest = min(schedule.publish_before, schedule.retire_after, schedule.every or EVERY)
        self.seconds = min(max(shortest / LOOKS, SECONDS[0]), SECONDS[1])
        """How long to wait between two looks."""

    def start(self) -> None:
        """Do what is due, or make the file if it is missing. Raises as `rotate` does."""
        now = self._runtime.now()
        done = rotate(self._path, self._schedule, now=now)
        if done.changes:
            word, text = rotation_report.summary(done, self._schedule, path=self._path, now=now, dry_run=False)
            self._runtime.warn(f"{word.lower()}: {text}")

    def __call__(self) -> None:
        """Do what is due; what is wrong with the file is said, once per reason, and tried again the next time."""
        try:
            self.start()
        except (JwtoolError, OSError) as error:
            reason = error.message if isinstance(error, JwtoolError) else type(error).__name__
            if reason != self._trouble:
                self._runtime.warn(f"the keys can't be rotated: {reason}")
            self._trouble = reason
        else:
            self._trouble = None
