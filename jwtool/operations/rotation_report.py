"""What `jwks rotate` says: what was done, where each key is in its life, and when something is due again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose.numeric_date import describe_utc, format_duration, human_utc, relative
from jwtool.jose.rotation_plan import active_entries, next_rotation
from jwtool.jose.rotation_times import MARKS, NOW, Life, TimeLine, lives, time_line
from jwtool.output.report import Gap, Headline, Line, Row, Table
from jwtool.output.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.rotation_plan import Change, Schedule
    from jwtool.operations.rotate_keyset import Rotation
    from jwtool.output.report import Block, Mood

WIDTH = 60
LONGEST_NAME = 12
MOODS: dict[str, Mood] = {"active": "good", "published": "name", "retiring": "dim"}


def document(done: Rotation, schedule: Schedule, *, path: str, public_out: str | None, now: int) -> dict[str, Any]:
    """The members of the JSON document, without `dry_run`."""
    found = lives(done.entries, now)
    upcoming = next_rotation(done.entries, schedule, now)
    return {
        "source": path,
        "public_output": public_out,
        "now": now,
        "changed": bool(done.written),
        "written": list(done.written),
        "changes": [_change_document(one) for one in done.changes],
        "keys": [_life_document(one) for one in found],
        "next_rotation": _moment(upcoming),
    }


def summary(done: Rotation, schedule: Schedule, *, path: str, now: int, dry_run: bool) -> tuple[str, str]:
    """The loud word, and what it means in one line."""
    would = "WOULD " if dry_run else ""
    added = next((one for one in done.changes if one.what == "added"), None)
    dropped = [one for one in done.changes if one.what in {"expired", "compromised"}]
    if done.made:
        word, said = "MAKE" if dry_run else "MADE", [f"{path}: its first key is active"]
    elif added is not None:
        when = "active at once" if added.at <= now else f"active {_when(added.at, now)}"
        word, said = "ROTATE" if dry_run else "ROTATED", [f"a new key, {when}"]
    elif dropped:
        word, said = "DROP" if dry_run else "DROPPED", []
    elif done.written:
        word, said = "REPAIR" if dry_run else "REPAIRED", [f"{done.written[0]} was not what {path} implies"]
    else:
        due = next_rotation(done.entries, schedule, now)
        return "NOTHING DUE", f"the next rotation is {_when(due, now)}"
    if dropped:
        said.append(f"{counted(len(dropped), 'key')} gone: {', '.join(one.entry.name for one in dropped)}")
    return f"{would}{word}", "; ".join(said)


def blocks(done: Rotation, schedule: Schedule, *, path: str, now: int, dry_run: bool) -> tuple[Block, ...]:
    """The report for people: the verdict, a table of the keys, and a picture of their lives."""
    word, text = summary(done, schedule, path=path, now=now, dry_run=dry_run)
    found = lives(done.entries, now)
    line = time_line(found, now, width=WIDTH)
    legend = f"{NOW} now, {human_utc(now)}; a column is {format_duration(max(round(line.step / 60), 1) * 60)}"
    marks = ", ".join(f"{mark} {name}" for name, mark in MARKS.items() if mark.strip())
    written = " and ".join(done.written)
    return (
        Headline(word, text, "warn" if dry_run else "good"),
        *((Line(f"{'would write' if dry_run else 'wrote'} {written}", "dim"),) if written else ()),
        Gap(),
        _table(found, now),
        Gap(),
        _picture(found, line, schedule),
        Line(f"{legend}; {marks}", "dim"),
    )


def remarks(done: Rotation, schedule: Schedule, *, now: int) -> tuple[str, ...]:
    """What a person should know: what is left out, a promise that a compromise breaks, an impossible schedule."""
    notes = list(done.notes)
    if not done.made and any(one.what == "added" and one.at <= now for one in done.changes) and schedule.publish_before:
        notes.append("clients meet the new key before the copies of the set that they keep are renewed")
    if not active_entries(done.entries, now):
        notes.append("no key signs at this moment: each waits for its nbf")
    takes = schedule.publish_before + schedule.retire_after
    if schedule.every is not None and schedule.every < takes:
        notes.append(
            f"a rotation takes {format_duration(takes)} (--publish-before and --retire-after), so one every "
            f"{format_duration(schedule.every)} can't be"
        )
    return tuple(notes)


def _change_document(change: Change) -> dict[str, Any]:
    return {"change": change.what, "kid": change.entry.kid, **(_moment(change.at) or {})}


def _life_document(life: Life) -> dict[str, Any]:
    key = life.entry.key
    facts: dict[str, Any] = {"kid": life.entry.kid, "state": life.state}
    if key is not None:
        facts |= {"kty": key.kty, "alg": key.alg, "private": key.private}
    times = {"active": life.active, "retiring": life.retiring, "gone": life.gone}
    facts["times"] = {name: _moment(moment) for name, moment in times.items()}
    return facts


def _moment(moment: float | None) -> dict[str, Any] | None:
    return None if moment is None else {"at": moment, "utc": describe_utc(moment)}


def _table(found: Sequence[Life], now: int) -> Table:
    rows = [Row(("kid", "state", "signs from", "gone"), ("dim",) * 4)]
    for life in found:
        since = relative(life.active, now=now) if life.active else "ever"
        gone = "-" if life.gone is None else relative(life.gone, now=now)
        rows.append(Row((life.entry.name.strip("'"), life.state, since, gone), ("name", MOODS.get(life.state, ""))))
    return Table(tuple(rows))


def _picture(found: Sequence[Life], line: TimeLine, schedule: Schedule) -> Table:
    return Table(tuple(Row((_short(life), line.draw(life, schedule)), ("name",)) for life in found))


def _short(life: Life) -> str:
    name = life.entry.name.strip("'")
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _when(moment: float, now: int) -> str:
    utc = human_utc(moment)
    return relative(moment, now=now) + (f", {utc}" if utc else "")
