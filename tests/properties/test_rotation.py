"""Rotation over a simulated year: no client ever meets a valid token whose key it can't find.

The set is published when `rotate` runs, at random moments; clients keep it for up to `max_age`; the signer takes the
active key by the clock; tokens live for up to `token_life`. What is checked is every moment, not a sample: of each key
the time in which somebody may look for it lies within the time in which it is published.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jwtool.jose.errors import KeyNotActive
from jwtool.jose.keys.generate import generate
from jwtool.jose.rotation import active_key
from jwtool.jose.rotation_plan import Schedule, expiry, plan, published, start

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jwtool.jose.keys.key import Key
    from jwtool.jose.raw_keyset import RawKey

BEGIN = 1_795_556_400
MINUTE, HOUR, DAY = 60, 3_600, 86_400
YEAR = 365 * DAY
PATTERN = generate("ES256", kid="pattern")


class Run(NamedTuple):
    """One run of `jwks rotate`: when, the set after it, what is published from there on, who was compromised."""

    at: int
    entries: tuple[RawKey, ...]
    served: frozenset[str]
    compromised: frozenset[str]


class World(NamedTuple):
    """What clients and tokens do: no slower than the schedule allows."""

    schedule: Schedule
    max_age: int
    token_life: int


@st.composite
def worlds(draw: st.DrawFn) -> World:
    publish_before = draw(st.integers(0, 10 * DAY))
    retire_after = draw(st.integers(0, 40 * DAY))
    every = draw(st.none() | st.integers(0, 90 * DAY))
    max_age = draw(st.just(publish_before) | st.integers(0, publish_before))
    token_life = draw(st.just(retire_after) | st.integers(0, retire_after))
    return World(Schedule(publish_before, retire_after, every), max_age, token_life)


GAPS = st.one_of(st.integers(1, 2 * HOUR), st.integers(1, 3 * DAY), st.integers(1, 60 * DAY))


def simulate(world: World, gaps: Iterable[int], victims: Iterable[int | None]) -> list[Run]:
    """A year of runs; a number among `victims` is the place of a key that is compromised at that run."""
    runs: list[Run] = []
    entries: tuple[RawKey, ...] = ()
    made = 0

    def make(_models: Sequence[Key]) -> Key:
        nonlocal made
        made += 1
        kid = f"k{made}"
        return replace(PATTERN, kid=kid, members={**PATTERN.members, "kid": kid})

    now = BEGIN
    for gap, victim in zip((0, *gaps), (None, *victims), strict=False):
        now += gap
        if now >= BEGIN + YEAR:
            break
        places = [] if victim is None or not entries else [victim % len(entries)]
        lost = frozenset(str(entries[place].kid) for place in places)
        planned = plan(entries, world.schedule, now=now, make=make, compromised=places)
        if not planned.changes:  # nothing is written
            continue
        entries = planned.entries
        served = frozenset(str(jwk["kid"]) for jwk in published(entries)[0])
        runs.append(Run(now, entries, served, lost))
    return runs


def signing_times(runs: Sequence[Run], end: int) -> dict[str, list[tuple[int, int]]]:
    """For each key the intervals [from, until) in which it is the active one; there is one at every moment."""
    times = defaultdict(list)
    for run, until in zip(runs, [*(one.at for one in runs[1:]), end], strict=True):
        keys = [entry.key for entry in run.entries if entry.key is not None]
        marks = {run.at} | {int(start(one)) for one in run.entries} | {int(expiry(one) or 0) for one in run.entries}
        moments = sorted(moment for moment in marks if run.at <= moment < until)
        for moment, following in zip(moments, [*moments[1:], until], strict=True):
            times[str(active_key(keys, now=moment).kid)].append((moment, following))
    return times


def hold(world: World, runs: Sequence[Run]) -> None:
    """Every promise, for every key and moment."""
    end = BEGIN + YEAR
    times = signing_times(runs, end)
    moments = [run.at for run in runs]
    lost = {kid: run.at for run in runs for kid in run.compromised}
    before = [frozenset[str](), *(run.served for run in runs)]
    at_once = {
        str(entry.kid)
        for run, known in zip(runs, before, strict=False)
        for entry in run.entries
        if start(entry) == run.at and str(entry.kid) not in known and world.schedule.publish_before
    }
    for kid, intervals in times.items():
        if kid in lost:
            continue
        first, last = intervals[0][0], intervals[-1][1] - 1
        # One that was made in an emergency nobody can know before; the first one nobody could ask for before.
        since = first if kid in at_once else max(BEGIN, first - world.max_age)
        until = min(end - 1, last + world.token_life - 1)
        for run in runs[max(bisect_right(moments, since) - 1, 0) : bisect_right(moments, until)]:
            assert kid in run.served, (kid, since, until, run)
    for run in runs:
        kids = {str(entry.kid) for entry in run.entries}
        assert run.served == kids
        assert not any(kid in kids for kid, at in lost.items() if at <= run.at)
        for entry in run.entries:
            exp, replaced_at = expiry(entry), [start(one) for one in run.entries if start(one) > start(entry)]
            assert exp is None or exp > run.at - (
                world.schedule.publish_before + world.schedule.retire_after == 0
            )  # no private key outlives its time
            assert (exp is None) is not bool(replaced_at) or lost  # once replaced, and only then, it has an end
            assert exp is None or not replaced_at or exp == min(replaced_at) + world.schedule.retire_after or lost


@given(world=worlds(), gaps=st.lists(GAPS, max_size=60))
def test_no_client_ever_meets_a_token_whose_key_it_can_not_find(world: World, gaps: list[int]) -> None:
    hold(world, simulate(world, gaps, [None] * len(gaps)))


@given(world=worlds(), gaps=st.lists(GAPS, max_size=40), data=st.data())
def test_nor_of_a_key_that_was_not_compromised(world: World, gaps: list[int], data: st.DataObject) -> None:
    size = len(gaps)
    victims = data.draw(st.lists(st.none() | st.integers(0, 3), min_size=size, max_size=size))
    hold(world, simulate(world, gaps, victims))


@given(world=worlds(), phase=st.integers(1, HOUR))
@settings(max_examples=3)
def test_with_cron_every_hour_of_the_year(world: World, phase: int) -> None:
    runs = simulate(world, [phase, *[HOUR] * (365 * 24)], [None] * 9000)
    hold(world, runs)
    schedule = world.schedule
    if schedule.every is not None:
        starts = sorted({start(entry) for run in runs for entry in run.entries})
        assert all(later - earlier >= schedule.every for earlier, later in pairwise(starts[1:]))


@pytest.mark.slow
@given(world=worlds(), gaps=st.lists(GAPS, max_size=200), data=st.data())
@settings(max_examples=1_000)
def test_a_thousand_years(world: World, gaps: list[int], data: st.DataObject) -> None:
    size = len(gaps)
    victims = data.draw(st.lists(st.none() | st.integers(0, 3), min_size=size, max_size=size))
    hold(world, simulate(world, gaps, [None] * size))
    hold(world, simulate(world, gaps, victims))


@pytest.mark.parametrize("spoil", ["publish_before", "retire_after"])
def test_a_schedule_that_is_refused_breaks_the_promise(spoil: str) -> None:
    """The check can fail: a second less than --max-age or --token-life need is enough."""
    good = World(Schedule(HOUR, DAY, 30 * DAY), max_age=HOUR, token_life=DAY)
    gaps = [MINUTE * 10] * 6 * 24 * 40
    hold(good, simulate(good, gaps, [None] * len(gaps)))
    schedule = good.schedule._replace(**{spoil: getattr(good.schedule, spoil) - 20 * MINUTE})
    bad = good._replace(schedule=schedule)
    with pytest.raises(AssertionError):
        hold(bad, simulate(bad, gaps, [None] * len(gaps)))


def test_a_moment_at_which_no_key_signs_would_be_noticed() -> None:
    with pytest.raises(KeyNotActive):
        signing_times([Run(BEGIN, (), frozenset(), frozenset())], BEGIN + 1)
