"""While the server fails, and without the network: when a copy serves, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.errors import JwtoolError
from jwtool.jose.network_errors import HttpStatus, Offline
from jwtool.sources.network import Network

if TYPE_CHECKING:
    from tests.sources.conftest import World

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
BEGAN = 1_795_556_400
SECRET = "s3cret-bearer"
FIVE = Network(5)


@pytest.mark.parametrize(
    ("age", "stale_ok", "serves"), [(301, 301, True), (301, 300, False), (301, None, False), (10_000, 86_400, True)]
)
def test_a_copy_serves_while_the_server_fails(
    world: World, refusal: Refusal, *, age: int, stale_ok: int | None, serves: bool
) -> None:
    world.get()
    world.now += age
    world.status = 500
    network = Network(5, stale_ok=stale_ok)
    if not serves:
        assert refusal(world.get, network) == (
            HttpStatus,
            f"{world.server.host}:{world.server.port} answered 500 Internal Server Error, wanted 200",
            "--stale-ok 1h would use the copy in the cache, 5 min old",
        )
        return
    answered = world.get(network)
    assert (answered.value, answered.stale, answered.age, answered.fresh_for) == ("one", True, age, 0)
    assert answered.facts() == {"age": age, "fresh_for": 0, "stale": True}
    assert answered.failure is not None
    assert "answered 500" in answered.remarks("URL")[0]


def test_a_fresh_copy_serves_unasked_and_is_not_stale(world: World) -> None:
    world.get()
    world.status = 500
    assert world.get(Network(5, stale_ok=1000)).stale is False
    assert world.get().remarks("URL") == ()


@pytest.mark.parametrize("status", [401, 404, 410])
def test_no_copy_speaks_against_a_server_that_says_no(world: World, refusal: Refusal, status: int) -> None:
    world.get()
    world.now += 301
    world.status = status
    kind, _message, hint = refusal(world.get, Network(5, stale_ok=1000))
    assert kind is HttpStatus
    assert "--stale-ok" not in str(hint)


def test_a_fresh_copy_may_serve_where_a_refresh_fails(world: World) -> None:
    world.get()
    world.now += 10
    world.status = 500
    answered = world.get(Network(5, refresh=True, stale_ok=60))
    assert (answered.value, answered.stale, answered.fresh_for) == ("one", True, 290)
    assert answered.remarks("URL")[0].startswith("stale: the copy of URL is 10 s old, and not what was asked for (")


def test_offline_sends_nothing(world: World, refusal: Refusal) -> None:
    url = world.server.url_for("/set")
    offline = Network(5, offline=True)
    assert refusal(world.get, offline) == (
        Offline,
        f"--offline sends nothing, and {url} is not in the cache",
        "run it once without --offline",
    )
    world.get()
    assert world.get(offline).stale is False
    world.now += 3 * 3600
    assert refusal(world.get, offline) == (
        Offline,
        f"the copy of {url} is 3 h old and past its freshness, and --offline sends nothing",
        "--stale-ok 4h lets it serve",
    )
    answered = world.get(offline._replace(stale_ok=4 * 3600))
    assert (answered.value, answered.stale) == ("one", True)
    assert answered.remarks("URL") == (
        "stale: the copy of URL is 3 h old and past its freshness (--offline sends nothing)",
    )
    assert len(world.asked) == 1
