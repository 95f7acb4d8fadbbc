"""How two key sets differ."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import public_half
from jwtool.jose.keyset_diff import Difference, MemberChange, diff
from jwtool.jose.raw_keyset import RawKey, read_entries

KEY = dict(public_half(generate("ES256", kid="k1")).members)
OTHER = dict(public_half(generate("ES256", kid="k1")).members)
PRIVATE = dict(generate("ES256", kid="p").members)
SECRET: dict[str, Any] = {"kty": "oct", "kid": "s", "k": "A" * 43}


def compare(before: list[Any], after: list[Any]) -> Difference:
    return diff(read_entries({"keys": before}), read_entries({"keys": after}))


def changes(found: Difference) -> list[tuple[bool, list[tuple[Any, ...]]]]:
    return [(one.another_key, [tuple(member) for member in one.members]) for one in found.changed]


def kids(entries: tuple[RawKey, ...]) -> list[str | None]:
    return [entry.kid for entry in entries]


def test_the_same() -> None:
    turned = dict(reversed(KEY.items()))
    assert compare([KEY, PRIVATE, SECRET, {"kty": "x"}], [{"kty": "x"}, SECRET, turned, PRIVATE]).nothing


def test_added_and_removed() -> None:
    found = compare([KEY, {"kty": "x", "kid": "odd"}], [KEY, PRIVATE])
    assert (kids(found.added), kids(found.removed), found.changed) == (["p"], ["odd"], ())


@pytest.mark.parametrize(
    ("before", "after", "members"),
    [
        ({}, {"use": "sig"}, [("use", None, "sig", False)]),
        ({"use": "sig"}, {}, [("use", "sig", None, False)]),
        ({"x-note": [1]}, {"x-note": [1.0]}, []),
        ({"x-note": 1}, {"x-note": True}, [("x-note", 1, True, False)]),
        ({"exp": 1, "nbf": 2}, {"exp": 3, "nbf": 2}, [("exp", 1, 3, False)]),
    ],
)
def test_changed_member_by_member(before: dict[str, Any], after: dict[str, Any], members: list[Any]) -> None:
    assert changes(compare([KEY | before], [KEY | after])) == ([(False, members)] if members else [])


def test_the_same_kid_with_another_key_is_an_alarm() -> None:
    assert changes(compare([KEY], [OTHER])) == [(True, [])]
    assert changes(compare([KEY], [OTHER | {"use": "sig"}])) == [(True, [("use", None, "sig", False)])]


def test_another_type_is_an_alarm_too() -> None:
    ed = dict(public_half(generate("EdDSA", kid="k1")).members)
    ((alarm, members),) = changes(compare([KEY], [ed]))
    assert (alarm, [name for name, *_ in members]) == (True, ["kty", "alg", "crv"])


def test_without_a_kid_keys_are_paired_by_thumbprint() -> None:
    bare = {name: value for name, value in KEY.items() if name != "kid"}
    assert changes(compare([bare], [bare | {"use": "sig"}])) == [(False, [("use", None, "sig", False)])]
    found = compare([bare], [{name: value for name, value in OTHER.items() if name != "kid"}])
    assert (len(found.added), len(found.removed)) == (1, 1)


def test_a_kid_that_two_keys_have() -> None:
    assert compare([KEY, OTHER], [KEY, OTHER]).nothing
    assert kids(compare([KEY], [KEY, OTHER]).added) == ["k1"]


def test_a_private_set_and_what_it_publishes() -> None:
    published = {name: value for name, value in PRIVATE.items() if name != "d"}
    assert compare([PRIVATE | {"nbf": 1, "exp": 2, "x-owner": "me"}], [published]).nothing
    ((alarm, members),) = changes(compare([PRIVATE | {"key_ops": ["sign"]}], [published]))
    assert (alarm, members) == (False, [("key_ops", ["verify"], None, False)])


class TestNothingPrivateIsTold:
    """Not a member of private material, nor what a stranger wrote beside it."""

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (PRIVATE, dict(generate("ES256", kid="p").members)),
            (SECRET, SECRET | {"k": "B" * 42 + "A"}),
            (PRIVATE | {"x-pin": "1234"}, PRIVATE | {"x-pin": "4321"}),
            ({"kty": "x", "kid": "q", "priv": "1234"}, {"kty": "x", "kid": "q", "priv": "4321"}),
            ({"kty": "x", "kid": "q", "d": "1", "seed": "1234"}, {"kty": "x", "kid": "q", "d": "1", "seed": "4321"}),
        ],
    )
    def test_it(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        found = compare([before], [after])
        assert len(found.changed) == 1
        told = json.dumps([(member.before, member.after) for one in found.changed for member in one.members])
        for value in (before, after):
            for name in ("d", "k", "priv", "x-pin", "seed"):
                assert name not in value or f'"{value[name]}"' not in told

    def test_of_another_secret_there_is_an_alarm(self) -> None:
        assert changes(compare([SECRET], [SECRET | {"k": "B" * 42 + "A"}])) == [(True, [])]
        odd = {"kty": "x", "kid": "q", "priv": "1"}
        assert changes(compare([odd], [odd | {"priv": "2"}])) == [(True, [])]


def test_members_of_the_set() -> None:
    found = diff((), (), members=({"keys": [], "x": 1, "y": 2}, {"keys": [], "y": 3}))
    assert found.members == (MemberChange("x", 1, None), MemberChange("y", 2, 3))
    entries = read_entries({"keys": [PRIVATE]})
    hidden = diff(entries, entries, members=({"x": 1}, {"x": 2}))
    assert hidden.members == (MemberChange("x", withheld=True),)
