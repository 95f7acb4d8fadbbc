"""When the keys of a rotated set begin and end each part of their lives, and a time line of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtool.jose.rotation_plan import Schedule, State, expiry, passed, signs, start, state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.raw_keyset import RawKey

MARKS: dict[State, str] = {"published": ".", "active": "#", "retiring": "-", "gone": " "}
NOW = "|"
HISTORY = 0.3  # of the line is past
DAY = 86_400
FARTHEST = 36_525 * DAY


class Life(NamedTuple):
    """The life of one key in Unix seconds: when it begins to sign, retires and goes; None is not known, or not set."""

    entry: RawKey
    state: State
    active: float
    retiring: float | None
    gone: float | None


def lives(entries: Sequence[RawKey], now: float) -> list[Life]:
    """The life of every key that takes part in rotation, in the order of the set."""
    keys = [entry for entry in entries if signs(entry)]
    return [
        Life(
            entry,
            state(entry, keys, now),
            start(entry),
            min((start(other) for other in keys if start(other) > start(entry)), default=None),
            expiry(entry),
        )
        for entry in keys
    ]


class TimeLine(NamedTuple):
    """Columns of `step` seconds each, from `left` on; `now` is a column."""

    left: float
    step: float
    now: int
    width: int

    def draw(self, life: Life, schedule: Schedule) -> str:
        """The line of one key: `.` published, `#` active, `-` retiring, and a bar where now is."""
        columns = []
        for column in range(self.width):
            moment = self.left + (column + 0.5) * self.step
            columns.append(NOW if column == self.now else MARKS[_state_at(life, moment, schedule)])
        return "".join(columns).rstrip()


def time_line(entries: Sequence[Life], now: float, *, width: int) -> TimeLine:
    """A line that shows all that is to come, and less of what was: a day at least in all, a century or so at most."""
    ahead = [moment - now for life in entries for moment in (life.active, life.gone or 0) if moment > now]
    step = max(min(max(ahead, default=0), FARTHEST) * 1.1, DAY * (1 - HISTORY)) / (width * (1 - HISTORY))
    column = int(width * HISTORY)
    return TimeLine(now - (column + 0.5) * step, step, column, width)


def _state_at(life: Life, moment: float, schedule: Schedule) -> State:
    if passed(life.entry, moment):
        return "gone"
    if moment < life.active:  # since when one that is active by now was published, nobody knows any more
        waits = life.state == "published" and moment >= life.active - schedule.publish_before
        return "published" if waits else "gone"
    return "active" if life.retiring is None or moment < life.retiring else "retiring"
