"""Something is missing from an answer, and many ask at once: the server is asked once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.errors import JwtoolError
from jwtool.jose.network_errors import HttpStatus, JwksTimeout, ResponseMalformed
from jwtool.sources import cache_folder
from jwtool.sources.network import Network

if TYPE_CHECKING:
    from tests.sources.conftest import World

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
BEGAN = 1_795_556_400
SECRET = "s3cret-bearer"
FIVE = Network(5)


def test_asking_again_is_done_once_in_thirty_seconds(world: World) -> None:
    previous = world.get()
    world.now += 10
    world.body = "two"
    assert world.again(previous) is not None
    third = world.get()
    assert (third.value, third.asked) == ("two", False)
    for _ in range(100):
        assert world.again(third) is None
    assert len(world.asked) == 2
    world.now += 29
    assert world.again(third) is None
    world.now += 1
    assert world.again(third) is not None
    assert len(world.asked) == 3


def test_a_failed_attempt_harms_nothing_and_counts(world: World, refusal: Refusal) -> None:
    previous = world.get()
    world.now += 10
    world.status = 500
    assert refusal(world.again, previous, Network(5, stale_ok=1000))[0] is HttpStatus
    world.status, world.body = 200, "bad"
    world.now += 30
    assert refusal(world.again, previous)[0] is ResponseMalformed
    asked = len(world.asked)
    assert world.again(previous) is None
    assert (world.get().value, len(world.asked)) == ("one", asked)


def test_what_another_process_found_meanwhile_counts(world: World) -> None:
    previous = world.get()
    world.now += 2
    world.body = "two"
    world.get(Network(5, refresh=True))
    newer = world.again(previous)
    assert newer is not None
    assert (newer.value, newer.asked, len(world.asked)) == ("two", False, 2)


@pytest.mark.parametrize(("after", "asked"), [(0, 1), (1, 1), (2, 2)])
def test_what_is_new_is_not_asked_for_again(world: World, after: int, asked: int) -> None:
    previous = world.get()
    world.now += after
    assert (world.again(previous) is None) is (asked == 1)
    assert len(world.asked) == asked


def test_a_server_that_has_just_failed_is_not_asked_again(world: World) -> None:
    """Its time is up already: the deadline holds for all of a run."""
    world.get()
    world.now += 301
    world.status = 500
    stale = world.get(Network(5, stale_ok=1000))
    assert (stale.stale, len(world.asked)) == (True, 2)
    assert world.again(stale) is None
    assert len(world.asked) == 2
    world.now += 2
    world.status, world.body = 200, "two"
    newer = world.again(stale)
    assert newer is not None
    assert newer.value == "two"


def test_offline_never_asks_again(world: World) -> None:
    previous = world.get()
    world.now += 10
    assert world.again(previous, Network(5, offline=True)) is None
    assert len(world.asked) == 1


def test_a_stamp_that_is_ahead_is_no_reason_to_wait(world: World) -> None:
    previous = world.get()
    world.now += 1000
    world.again(previous)
    world.now -= 900
    previous = world.get()
    world.now += 2
    assert world.again(previous) is not None
    assert len(world.asked) == 4


def _together(count: int, call: Callable[[], Any]) -> list[Any]:
    found: list[Any] = []
    barrier = threading.Barrier(count)

    def run() -> None:
        barrier.wait()
        found.append(call())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return found


def test_many_that_start_cold_fetch_once(world: World) -> None:
    """A lock belongs to the file as it was opened, so that threads are to each other what processes are."""
    world.delay = 0.3
    found = _together(20, world.get)
    assert [answered.value for answered in found] == ["one"] * 20
    assert len(world.asked) == 1


def test_many_that_ask_again_fetch_once(world: World) -> None:
    previous = world.get()
    world.now += 10
    world.body, world.delay = "two", 0.3
    found = _together(20, lambda: world.again(previous))
    assert [answered and answered.value for answered in found] == ["two"] * 20
    assert len(world.asked) == 2


def test_a_process_that_never_lets_go_is_not_waited_for_longer_than_the_deadline(world: World) -> None:
    world.get()
    world.now += 301
    name = world.entry.stem
    with cache_folder.open_lock(str(world.folder / "http"), name) as lock:
        assert lock.try_alone()
        began = time.monotonic()
        with suppress(JwksTimeout):  # a tenth of a second is left to ask
            assert world.get(Network(1)).value == "one"
        assert 1 <= time.monotonic() - began < 20
