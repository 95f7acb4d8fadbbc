"""The cache across processes: what is kept, for how long, and for whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.errors import JwtoolError
from jwtool.jose.network_errors import HttpStatus, Offline, ResponseMalformed
from jwtool.sources.cache_entry import find_place
from jwtool.sources.network import Network

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sources.conftest import World

Refusal = Callable[..., tuple[type[JwtoolError], str, str | None]]
BEGAN = 1_795_556_400
SECRET = "s3cret-bearer"
FIVE = Network(5)


def test_a_hit_costs_no_request(world: World) -> None:
    first = world.get()
    world.now += 299
    second = world.get()
    assert (first.value, first.asked, first.age, first.fresh_for) == ("one", True, 0, 300)
    assert (second.value, second.asked, second.age, second.fresh_for) == ("one", False, 299, 1)
    assert (second.body, second.stale, second.facts()) == (b"one", False, {"age": 299, "fresh_for": 1})
    assert len(world.asked) == 1
    assert world.said[-1] == "http: cached 4 min ago, fresh for 1 s"


@pytest.mark.parametrize(("control", "after", "asked"), [("max-age=10", 9, 1), ("max-age=10", 10, 2), ("", 300, 2)])
def test_freshness_ends(world: World, control: str, after: int, asked: int) -> None:
    world.headers = {"Cache-Control": control}
    world.get()
    world.now += after
    world.get()
    assert len(world.asked) == asked


def test_the_age_of_a_cache_on_the_way_counts(world: World) -> None:
    world.headers = {"Cache-Control": "max-age=100", "Age": "40"}
    assert world.get().facts() == {"age": 40, "fresh_for": 60}
    world.now += 60
    assert world.get().asked


def test_what_is_not_fresh_is_revalidated(world: World) -> None:
    world.headers = {"ETag": '"1"', "Last-Modified": "Sat, 28 Nov 2026 20:00:00 GMT", "Cache-Control": "max-age=10"}
    world.get()
    world.now += 11
    world.body = "not sent with 304"
    second = world.get()
    assert (second.value, second.asked, second.facts()) == ("one", True, {"age": 0, "fresh_for": 10})
    world.now += 9
    assert world.get().asked is False
    world.headers["ETag"] = '"2"'
    world.now += 2
    third = world.get()
    assert (third.value, third.headers["etag"]) == ("not sent with 304", '"2"')
    assert [request.get("if-none-match") for request in world.asked] == [None, '"1"', '"1"']
    assert world.asked[1]["if-modified-since"] == "Sat, 28 Nov 2026 20:00:00 GMT"


def test_304_without_a_question_is_no_answer(world: World, refusal: Refusal) -> None:
    world.status = 304
    assert refusal(world.get)[0] is HttpStatus


def test_no_store_is_obeyed(world: World) -> None:
    world.get()
    world.headers = {"Cache-Control": "no-store, max-age=60"}
    world.now += 301
    assert world.get().value == "one"
    assert list((world.folder / "http").glob("*.answer")) == []
    world.get()
    assert len(world.asked) == 3


def test_no_cache_is_kept_and_revalidated_each_time(world: World) -> None:
    world.headers = {"Cache-Control": "no-cache", "ETag": '"1"'}
    for _ in range(3):
        assert (world.get().value, world.get().fresh_for) == ("one", 0)
    assert [request.get("if-none-match") for request in world.asked] == [None, *['"1"'] * 5]


def test_refresh_asks_past_every_cache(world: World) -> None:
    world.headers = {"ETag": '"1"'}
    world.get()
    world.body = "two"
    assert world.get(Network(5, refresh=True)).value == "two"
    assert "if-none-match" not in world.asked[1]
    assert world.asked[1]["cache-control"] == "no-cache"
    assert (world.get().value, len(world.asked)) == ("two", 2)


def test_a_clock_that_was_set_back_makes_nothing_fresh_forever(world: World, refusal: Refusal) -> None:
    world.get()
    world.now -= 1
    offline = Network(5, offline=True, stale_ok=1_000_000)
    assert refusal(world.get, offline) == (
        Offline,
        f"nobody knows how old the copy of {world.server.url_for('/set')} is: the clock was set back",
        "run it once without --offline",
    )
    answered = world.get()
    assert (answered.asked, answered.fresh_for) == (True, 300)


@pytest.mark.parametrize("status", [204, 400, 403, 429, 500])
def test_only_good_answers_are_kept(world: World, refusal: Refusal, status: int) -> None:
    world.status = status
    assert refusal(world.get)[0] is HttpStatus
    world.status, world.body = 200, "bad"
    assert refusal(world.get)[0] is ResponseMalformed
    assert list((world.folder / "http").glob("*.answer")) == []


def test_what_is_of_no_use_does_not_take_the_place_of_a_good_copy(world: World) -> None:
    world.get()
    world.now += 301
    world.body = "empty"
    assert world.get(keep=lambda value: value != "empty").value == "empty"
    world.status = 500
    assert world.get(Network(5, stale_ok=1000)).value == "one"


def test_each_credential_has_a_cache_of_its_own(world: World) -> None:
    with_bearer = Network(5, headers=(("Authorization", f"Bearer {SECRET}"),))
    world.body = "for the bearer only"
    world.get(with_bearer)
    world.body = "for all"
    assert world.get().value == "for all"
    assert world.get(Network(5, headers=(("Authorization", "Bearer other"),))).value == "for all"
    assert world.get(with_bearer).value == "for the bearer only"
    assert len(world.asked) == 3
    for path in (world.folder / "http").iterdir():
        assert SECRET.encode() not in path.read_bytes() + path.name.encode()


def test_each_url_has_an_entry_of_its_own(world: World) -> None:
    world.get()
    world.body = "two"
    assert world.get(path="/other").value == "two"
    assert world.get().value == "one"


def test_who_trusts_these_authorities_alone_shares_nothing_with_who_trusts_more(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("authorities")
    folder = {"SSL_CERT_DIR": "/etc/ssl/certs", "JWTOOL_CACHE_DIR": str(tmp_path)}
    trusting = [
        (Network(ca_file=str(ca)), folder),
        (Network(), folder | {"SSL_CERT_FILE": str(ca)}),
        (Network(), folder),
        (Network(), {"JWTOOL_CACHE_DIR": str(tmp_path)}),
    ]
    names = [find_place("https://h.example/jwks", network, environ).name for network, environ in trusting]
    assert len(set(names)) == len(names)
    (tmp_path / "other").write_text("")
    ignored = folder | {"SSL_CERT_FILE": str(tmp_path / "other"), "SSL_CERT_DIR": "/other"}
    assert find_place("https://h.example/jwks", Network(ca_file=str(ca)), ignored).name == names[0]
