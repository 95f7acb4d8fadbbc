"""The lives of the keys of a rotated set, and the picture of them."""

from __future__ import annotations

from typing import Any

import pytest

from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.raw_keyset import RawKey
from jwtool.jose.rotation_plan import Schedule
from jwtool.jose.rotation_times import lives, time_line

NOW = 1_795_556_400
HOUR, DAY = 3_600, 86_400


def entry(kid: str, **members: Any) -> RawKey:
    jwk = {**generate("ES256", kid=kid).members, **members}
    return RawKey(jwk, parse_jwk(jwk))


OLD = entry("old", nbf=NOW - DAY, exp=NOW + 25 * HOUR)
NEW = entry("new", nbf=NOW + HOUR)


@pytest.mark.parametrize(
    ("now", "states"),
    [
        (NOW, ["active", "published"]),
        (NOW + HOUR - 1, ["active", "published"]),
        (NOW + HOUR, ["retiring", "active"]),
        (NOW + 25 * HOUR - 1, ["retiring", "active"]),
        (NOW + 25 * HOUR, ["gone", "active"]),
    ],
)
def test_published_active_retiring_gone(now: int, states: list[str]) -> None:
    assert [life.state for life in lives((OLD, NEW), now)] == states


def test_when_each_part_begins() -> None:
    old, new = lives((OLD, NEW), NOW)
    assert (old.active, old.retiring, old.gone) == (NOW - DAY, NOW + HOUR, NOW + 25 * HOUR)
    assert (new.active, new.retiring, new.gone) == (NOW + HOUR, None, None)


def test_the_picture() -> None:
    found = lives((OLD, NEW), NOW)
    line = time_line(found, NOW, width=40)
    assert line.step == pytest.approx(25 * HOUR * 1.1 / 28)
    assert [line.draw(life, Schedule()) for life in found] == [
        "############|#------------------------",
        "            |.##########################",
    ]
    slow = Schedule(publish_before=3 * HOUR)
    assert line.draw(found[1], slow) == "          ..|.##########################"


def test_a_young_set_is_shown_on_a_line_of_a_day() -> None:
    found = lives((entry("first", nbf=NOW),), NOW)
    line = time_line(found, NOW, width=40)
    assert line.step == pytest.approx(DAY / 40)
    assert line.now == 12
    assert line.draw(found[0], Schedule()) == "            |###########################"
