"""Rotation, clause by clause as the contract of the command line has it: every sentence of it is a test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.errors import KeyAmbiguous, KeySymmetricInPublic, RotationTooFast
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.raw_keyset import RawKey, read_entries
from jwtool.jose.rotation import active_key
from jwtool.jose.rotation_plan import (
    Plan,
    Schedule,
    expiry,
    is_under_way,
    next_rotation,
    plan,
    published,
    refuse_too_fast,
    start,
    state,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtool.jose.keys.key import Key

NOW = 1_795_556_400
HOUR, DAY = 3_600, 86_400
USUAL = Schedule()


def make(_models: Sequence[Key]) -> Key:
    return generate("ES256", kid="new")


def entry(kid: str, *, alg: str = "ES256", **members: Any) -> RawKey:
    jwk = {**generate(alg, kid=kid).members, **members}
    return RawKey(jwk, parse_jwk(jwk))


def due(
    *entries: RawKey, now: int = NOW, compromised: Sequence[int] = (), schedule: Schedule = USUAL
) -> tuple[Plan, list[tuple[str | None, float, float | None]]]:
    """The plan, and the kid, nbf and exp of every key that is left."""
    planned = plan(entries, schedule, now=now, make=make, compromised=compromised)
    return planned, [(one.kid, start(one), expiry(one)) for one in planned.entries]


def what(planned: Plan) -> list[tuple[str, str | None]]:
    return [(one.what, one.entry.kid) for one in planned.changes]


ACTIVE = entry("a", nbf=NOW - 40 * DAY)
WAITING = entry("b", nbf=NOW + HOUR)
REPLACED = entry("a", nbf=NOW - 40 * DAY, exp=NOW + 25 * HOUR)


class TestTheContract:
    """Under "Rotation"."""

    @pytest.mark.parametrize(("exp", "gone"), [(NOW - 1, True), (NOW, True), (NOW + 1, False)])
    def test_keys_whose_exp_has_passed_are_dropped(self, *, exp: int, gone: bool) -> None:
        planned, left = due(entry("old", nbf=NOW - 50 * DAY, exp=exp), ACTIVE, schedule=Schedule(every=60 * DAY))
        assert what(planned) == ([("expired", "old")] if gone else [])
        assert [kid for kid, _, _ in left] == (["a"] if gone else ["old", "a"])

    def test_a_new_key_is_added_and_those_before_it_get_an_exp(self) -> None:
        planned, left = due(ACTIVE)
        nbf = NOW + USUAL.publish_before
        assert left == [("a", NOW - 40 * DAY, nbf + USUAL.retire_after), ("new", nbf, None)]
        assert what(planned) == [("added", "new"), ("retires", "a")]

    def test_every_key_before_it_does_even_without_an_nbf(self) -> None:
        _, left = due(entry("x"), ACTIVE)
        exp = NOW + USUAL.publish_before + USUAL.retire_after
        assert left[:2] == [("x", 0, exp), ("a", NOW - 40 * DAY, exp)]

    def test_unless_a_key_waits_for_its_nbf(self) -> None:
        assert what(due(REPLACED, WAITING)[0]) == []
        assert what(due(ACTIVE, WAITING)[0]) == []

    def test_or_retires_towards_its_exp(self) -> None:
        retiring = entry("r", nbf=NOW - 50 * DAY, exp=NOW + 1)
        assert what(due(retiring, ACTIVE)[0]) == []
        assert what(due(retiring, ACTIVE, now=NOW + 1)[0]) == [("expired", "r"), ("added", "new"), ("retires", "a")]

    @pytest.mark.parametrize(("every", "begins"), [(40 * DAY - 1, True), (40 * DAY, True), (40 * DAY + 1, False)])
    def test_or_every_says_that_the_active_key_is_too_young(self, *, every: int, begins: bool) -> None:
        assert what(due(ACTIVE, schedule=Schedule(every=every))[0]) == (
            [("added", "new"), ("retires", "a")] if begins else []
        )

    def test_a_compromised_key_is_dropped_now(self) -> None:
        retiring = entry("r", nbf=NOW - 50 * DAY, exp=NOW + DAY)
        planned, left = due(retiring, ACTIVE, compromised=[0], schedule=Schedule(every=60 * DAY))
        assert (what(planned), left) == ([("compromised", "r")], [("a", NOW - 40 * DAY, None)])

    def test_if_it_was_active_a_new_one_is_at_once(self) -> None:
        planned, left = due(ACTIVE, compromised=[0], schedule=Schedule(every=60 * DAY))
        assert (what(planned), left) == ([("compromised", "a"), ("added", "new")], [("new", NOW, None)])

    def test_also_in_the_middle_of_a_rotation(self) -> None:
        planned, left = due(REPLACED, WAITING, compromised=[0])
        assert what(planned) == [("compromised", "a"), ("added", "new")]
        assert left == [("b", NOW + HOUR, None), ("new", NOW, NOW + HOUR + USUAL.retire_after)]

    def test_or_while_another_retires(self) -> None:
        retiring = entry("r", nbf=NOW - 50 * DAY, exp=NOW + DAY)
        _, left = due(retiring, ACTIVE, compromised=[1])
        assert left == [("r", NOW - 50 * DAY, NOW + DAY), ("new", NOW, None)]

    def test_a_missing_set_is_made_its_first_key_active_at_once(self) -> None:
        planned, left = due()
        assert (what(planned), left) == ([("added", "new")], [("new", NOW, None)])

    def test_public_halves_of_all_without_nbf_and_exp(self) -> None:
        retiring = entry("r", nbf=NOW - 50 * DAY, exp=NOW + DAY, **{"x-note": "internal"})
        jwks, remarks = published((retiring, ACTIVE, WAITING))
        assert [(jwk["kid"], sorted(jwk)) for jwk in jwks] == [
            (kid, ["alg", "crv", "kid", "kty", "x", "y"]) for kid in ("r", "a", "b")
        ]
        assert remarks == []

    def test_sign_takes_the_active_key_by_the_clock(self) -> None:
        entries = due(ACTIVE)[0].entries
        keys = [one.key for one in entries if one.key is not None]
        nbf = NOW + USUAL.publish_before
        assert [active_key(keys, now=now).kid for now in (NOW, nbf - 1, nbf)] == ["a", "a", "new"]
        exp = nbf + USUAL.retire_after
        assert [active_key(keys, now=now).kid for now in (exp - 1, exp)] == ["new", "new"]


class TestWhereTheContractIsSilent:
    """Whatever else: a set that signs goes on to sign."""

    def test_one_key_at_most_is_added(self) -> None:
        assert what(due(ACTIVE, compromised=[0])[0]) == [("compromised", "a"), ("added", "new")]

    def test_a_set_whose_keys_are_all_past_their_exp(self) -> None:
        planned, left = due(entry("x", nbf=NOW - DAY, exp=NOW - 1))
        assert (what(planned), left) == ([("expired", "x"), ("added", "new")], [("new", NOW, None)])

    @pytest.mark.parametrize("every", [None, 60 * DAY])
    def test_a_rotation_whose_new_key_is_compromised_begins_again(self, every: int | None) -> None:
        planned, left = due(REPLACED, WAITING, compromised=[1], schedule=Schedule(every=every))
        assert what(planned) == [("compromised", "b"), ("added", "new"), ("retires", "a")]
        assert left == [("a", NOW - 40 * DAY, NOW + 25 * HOUR), ("new", NOW + HOUR, None)]

    def test_all_are_compromised(self) -> None:
        planned, left = due(REPLACED, WAITING, compromised=[0, 1])
        assert left == [("new", NOW, None)]
        assert what(planned) == [("compromised", "a"), ("compromised", "b"), ("added", "new")]

    def test_one_of_two_equally_good_ones(self) -> None:
        other = entry("other", nbf=NOW - 40 * DAY)
        _, left = due(ACTIVE, other, compromised=[0])
        assert left == [("other", NOW - 40 * DAY, NOW + DAY), ("new", NOW, None)]

    def test_keys_for_encryption_take_no_part(self) -> None:
        enc = (
            entry("e", alg="ECDH-ES", nbf=NOW + DAY),
            entry("f", alg="RSA-OAEP", use="enc"),
            entry("g", alg="A128KW"),
        )
        planned, left = due(ACTIVE, *enc)
        assert what(planned) == [("added", "new"), ("retires", "a")]
        assert left[1:4] == [("e", NOW + DAY, None), ("f", 0, None), ("g", 0, None)]

    def test_what_is_not_understood_stays_until_its_exp(self) -> None:
        strange: list[Any] = [{"kty": "strange", "kid": "pq", "exp": NOW + 1}, 5, {"kid": "x"}]
        entries = (*read_entries({"keys": strange}), ACTIVE)
        planned, _ = due(*entries)
        assert [one.jwk for one in planned.entries[:3]] == strange
        assert what(due(*entries, now=NOW + 1)[0])[0] == ("expired", "pq")

    def test_times_that_are_no_numbers_are_none(self) -> None:
        assert what(due(entry("x", nbf="soon", exp="late"))[0]) == [("added", "new"), ("retires", "x")]
        assert expiry(RawKey({"exp": True}, None)) is None

    def test_a_weak_key_can_not_be_the_active_one_and_goes(self) -> None:
        weak = RawKey({"kty": "oct", "kid": "w", "k": "c2hvcnQ"}, parse_jwk({"kty": "oct", "kid": "w", "k": "c2hvcnQ"}))
        _, left = due(weak)
        assert left == [("w", 0, None), ("new", NOW, None)]

    def test_a_public_key_of_the_set_can_not_be_the_active_one(self) -> None:
        public = {name: value for name, value in entry("p", nbf=NOW - 1).jwk.items() if name != "d"}
        held = RawKey(public, parse_jwk(public))
        assert state(held, (held, ACTIVE), NOW) == "retiring"
        assert what(due(held, ACTIVE)[0]) == [("added", "new"), ("retires", "p"), ("retires", "a")]

    def test_unknown_members_stay_in_their_order(self) -> None:
        jwk = {"x-first": [1.0, None], **ACTIVE.jwk, "x-last": {"a": 1}}
        planned, _ = due(RawKey(jwk, parse_jwk(jwk)))
        assert list(planned.entries[0].jwk) == [*jwk, "exp"]
        assert json.dumps(planned.entries[0].jwk).startswith('{"x-first": [1.0, null], ')

    def test_a_secret_has_no_public_half(self) -> None:
        with pytest.raises(KeySymmetricInPublic) as caught:
            published((entry("s", alg="HS256"),))
        assert caught.value.message == "the key 's' is a shared secret and has no public half"

    def test_two_keys_of_one_kid_are_not_published(self) -> None:
        with pytest.raises(KeyAmbiguous):
            published((entry("s"), entry("s")))

    def test_what_can_not_be_published_is_named(self) -> None:
        (strange,) = read_entries({"keys": [{"kty": "strange", "kid": "pq"}]})
        jwks, remarks = published((strange, ACTIVE))
        assert [jwk["kid"] for jwk in jwks] == ["a"]
        assert remarks == [
            "the key 'pq' is not published: the key type 'strange' is not supported, wanted RSA, EC, OKP, oct, AKP"
        ]


@pytest.mark.parametrize(
    ("max_age", "token_life", "message", "hint"),
    [
        (HOUR, DAY, None, None),
        (None, None, None, None),
        (
            HOUR + 1,
            DAY,
            (
                "--publish-before 1h is shorter than --max-age 1h1s: a client that has just fetched the set would meet "
                "tokens of a key that it doesn't know yet"
            ),
            "--publish-before 1h1s, or --force",
        ),
        (
            None,
            DAY + 1,
            "--retire-after 1d is shorter than --token-life 1d1s: the last tokens of the old key would outlive it",
            "--retire-after 1d1s, or --force",
        ),
    ],
)
def test_when_may_i(max_age: int | None, token_life: int | None, message: str | None, hint: str | None) -> None:
    if message is None:
        refuse_too_fast(USUAL, max_age=max_age, token_life=token_life)
        return
    with pytest.raises(RotationTooFast) as caught:
        refuse_too_fast(USUAL, max_age=max_age, token_life=token_life)
    assert (caught.value.message, caught.value.hint) == (message, hint)


class TestNextRotation:
    """The first moment at which a key would be added."""

    def test_at_once(self) -> None:
        assert next_rotation((ACTIVE,), USUAL, NOW) == NOW
        assert next_rotation((), USUAL, NOW) == NOW

    def test_not_while_the_only_key_waits(self) -> None:
        assert what(due(WAITING)[0]) == []
        assert next_rotation((WAITING,), USUAL, NOW) == NOW + HOUR

    def test_once_the_active_key_is_old_enough(self) -> None:
        assert next_rotation((ACTIVE,), Schedule(every=50 * DAY), NOW) == NOW + 10 * DAY

    @pytest.mark.parametrize(("every", "wanted"), [(None, 25 * HOUR), (DAY, 25 * HOUR), (2 * DAY, 2 * DAY + HOUR)])
    def test_once_the_one_under_way_has_ended(self, every: int | None, wanted: int) -> None:
        assert is_under_way((REPLACED, WAITING), NOW)
        assert next_rotation((REPLACED, WAITING), Schedule(every=every), NOW) == NOW + wanted

    @pytest.mark.parametrize("every", [None, HOUR, 30 * DAY])
    def test_it_is_the_moment_at_which_plan_adds(self, every: int | None) -> None:
        schedule = Schedule(every=every)
        entries: tuple[RawKey, ...] = ()
        now = NOW
        for _ in range(5):
            planned, _ = due(*entries, now=now, schedule=schedule)
            assert ("added", "new") in what(planned)
            entries = planned.entries
            moment = int(next_rotation(entries, schedule, now))
            early, _ = due(*entries, now=moment - 1, schedule=schedule)
            assert ("added", "new") not in what(early)
            now = moment
