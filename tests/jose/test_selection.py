"""`jwtool.jose.selection`: which keys a signature may be by, and why not the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet, parse_jwks, usable
from jwtool.jose.selection import Candidate, Demand, OfferedKey, OfferedSet, Selection, candidates, select

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.key import Key


def named(key: Key, kid: str | None = None, **members: Any) -> Key:
    return parse_jwk({**key.members, **({} if kid is None else {"kid": kid}), **members})


def offer(*keys: Key, source: str = "test") -> OfferedSet:
    return OfferedSet(KeySet(keys), source)


def demand(alg: str, kid: str | None = None, algs: tuple[str, ...] | None = None, *, weak: bool = False) -> Demand:
    return Demand(alg, kid, algs, weak)


def refused(code: str, detail: str) -> Selection:
    return Selection((), code, detail)


def chosen(*keys: Key, source: str = "test") -> Selection:
    return Selection(tuple(OfferedKey(key, source) for key in keys))


# alg


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("algs", [None, (), ("none",), ("nOnE",), tuple(ALGORITHMS)])
def test_none_is_never_accepted(keys: Mapping[str, Key], alg: str, algs: tuple[str, ...] | None) -> None:
    wanted = demand(alg, algs=algs, weak=True)
    assert select([offer(*keys.values())], wanted) == refused("alg_none", "the token is not signed: its alg is 'none'")
    assert candidates([offer(*keys.values())], wanted) == ()


@pytest.mark.parametrize("alg", ["RSA1_5", "HS1", "es256", "ES521", "A256GCM", " ES256", ""])
def test_an_unknown_alg_fits_no_key(keys: Mapping[str, Key], alg: str) -> None:
    expected = refused("alg_unsupported", f"alg '{alg}' is no signature algorithm known here")
    assert select([offer(*keys.values())], demand(alg)) == expected
    assert candidates([offer(*keys.values())], demand(alg)) == ()


@pytest.mark.parametrize("algs", [(), ("ES256",), ("HS384", "HS512"), ("hs256",), ("HS25",), ("none",)])
def test_an_alg_that_the_caller_does_not_allow(keys: Mapping[str, Key], algs: tuple[str, ...]) -> None:
    expected = refused("alg_not_allowed", "alg 'HS256' is not among those allowed")
    assert select([offer(keys["HS256"])], demand("HS256", algs=algs)) == expected


def test_an_alg_that_the_caller_allows(keys: Mapping[str, Key]) -> None:
    assert select([offer(keys["HS256"])], demand("HS256", algs=("ES256", "HS256"))) == chosen(keys["HS256"])


@pytest.mark.parametrize(
    ("name", "alg", "allowed", "detail"),
    [
        ("Ed25519", "EdDSA", "Ed25519", ""),
        ("Ed25519", "Ed25519", "EdDSA", ""),
        ("Ed448", "EdDSA", "Ed448", ""),
        ("Ed448", "Ed448", "EdDSA", ""),
        ("Ed448", "EdDSA", "Ed25519", "alg 'EdDSA' on Ed448 is not among those allowed"),
        ("Ed25519", "Ed25519", "Ed448", "alg 'Ed25519' is not among those allowed"),
        ("Ed448", "EdDSA", "ES256", "alg 'EdDSA' is not among those allowed"),
    ],
)
def test_the_names_of_eddsa_satisfy_each_other(
    keys: Mapping[str, Key], name: str, alg: str, allowed: str, detail: str
) -> None:
    expected = refused("alg_not_allowed", detail) if detail else chosen(keys[name])
    assert select([offer(keys[name])], demand(alg, algs=(allowed,))) == expected
    by_the_key = named(keys[name], alg=name)
    assert select([offer(by_the_key)], demand(alg)) == chosen(by_the_key)


@pytest.mark.parametrize("name", ["HS256", "RS256", "ES256", "ES384", "ES512", "ES256K", "Ed25519", "Ed448"])
def test_the_key_decides_about_the_alg(keys: Mapping[str, Key], name: str) -> None:
    fitting = [alg for alg in ALGORITHMS if select([offer(keys[name])], demand(alg)).keys]
    key = keys[name]
    expected = [row.name for row in ALGORITHMS.values() if row.kty == key.kty and key.crv in (row.curves or (None,))]
    assert fitting == (["HS256"] if name == "HS256" else expected)
    labelled = named(keys["RS256"], alg="RS256")
    assert select([offer(labelled)], demand("PS256")).code == "alg_key_mismatch"


# kid


def test_a_kid_names_one_key_and_no_other(keys: Mapping[str, Key]) -> None:
    first, second = named(keys["ES256"], "k1"), named(keys["Ed25519"], "k2")
    offered = [offer(first, second, source="a"), offer(first, source="b")]
    expected = refused("key_not_found", "no key has the kid 'k3'; on offer: 'k1', 'k2'")
    assert select(offered, demand("ES256", "k3")) == expected
    assert candidates(offered, demand("ES256", "k3")) == (
        Candidate("k1", "a", "kid_mismatch", "its kid is 'k1'"),
        Candidate("k2", "a", "kid_mismatch", "its kid is 'k2'"),
        Candidate("k1", "b", "kid_mismatch", "its kid is 'k1'"),
    )
    assert select([offer(first, named(keys["ES256"], "k2"))], demand("ES256", "k1")) == chosen(first)


def test_kids_are_compared_as_they_are_written(keys: Mapping[str, Key]) -> None:
    for kid in ("K1", "k1 ", "", "k", "../k1"):
        assert select([offer(named(keys["ES256"], "k1"))], demand("ES256", kid)).code == "key_not_found"
    empty = named(keys["ES256"], "")
    assert select([offer(empty)], demand("ES256", "k1")).code == "key_not_found"
    assert select([offer(empty)], demand("ES256", "")) == chosen(empty)


def test_a_key_without_kid_stands_for_any_after_those_with_it(keys: Mapping[str, Key]) -> None:
    bare, key, other = keys["ES256"], named(keys["ES256"], "k1"), named(keys["ES256"], "k2")
    assert select([offer(bare, other, key)], demand("ES256", "k1")) == chosen(key, bare)
    assert select([offer(bare, other)], demand("ES256", "k1")) == chosen(bare)


def test_a_kid_that_two_keys_of_a_set_share_is_refused(keys: Mapping[str, Key]) -> None:
    key = named(keys["ES256"], "k1")
    for other in (key, named(keys["Ed25519"], "k1")):
        offered = [offer(keys["ES256"], key, other, source="a"), offer(key, source="b")]
        expected = refused("key_ambiguous", "2 keys of a share the kid 'k1'")
        assert select(offered, demand("ES256", "k1")) == expected
        reason = "another key of the set has the same kid"
        assert candidates(offered, demand("ES256", "k1")) == (Candidate("k1", "a", "key_ambiguous", reason),) * 2
        assert select(offered, demand("ES256")).code is None


def test_a_kid_shared_with_a_broken_key_of_its_type_is_refused(keys: Mapping[str, Key]) -> None:
    good = {**keys["ES256"].members, "kid": "k1"}
    offered = [OfferedSet(parse_jwks({"keys": [good, {"kty": "EC", "kid": "k1"}, {"kty": "new"}]}), "a")]
    assert select(offered, demand("ES256", "k1")).code == "key_ambiguous"
    assert [one.code for one in candidates(offered, demand("ES256", "k1"))] == [
        "key_ambiguous",
        "key_ambiguous",
        "key_unsupported",
    ]


def test_a_kid_shared_with_a_key_of_an_unknown_type_is_that_of_the_known_one(keys: Mapping[str, Key]) -> None:
    good = {**keys["ES256"].members, "kid": "k1"}
    keyset = parse_jwks({"keys": [{"kty": "new", "kid": "k1"}, good]})
    assert select([OfferedSet(keyset, "a")], demand("ES256", "k1")) == Selection((OfferedKey(keyset.keys[0], "a"),))


def test_a_kid_in_two_sets_names_both_keys(keys: Mapping[str, Key]) -> None:
    key = named(keys["ES256"], "k1")
    found = select([offer(key, source="a"), offer(key, source="b")], demand("ES256", "k1"))
    assert found == Selection((OfferedKey(key, "a"), OfferedKey(key, "b")))


def test_without_kid_every_fitting_key_is_tried(keys: Mapping[str, Key]) -> None:
    first, second = named(keys["ES256"], "k1"), named(keys["ES256"], "k2")
    offered = [offer(first, keys["Ed25519"], keys["ES256"], second)]
    assert select(offered, demand("ES256")) == chosen(first, keys["ES256"], second)
    assert [one.code for one in candidates(offered, demand("ES256"))] == ["alg_key_mismatch"]


@pytest.mark.parametrize(("fitting", "left_out"), [(16, 0), (17, 1), (30, 14)])
def test_at_most_sixteen_keys_are_tried(keys: Mapping[str, Key], fitting: int, left_out: int) -> None:
    found = select([offer(*[keys["ES256"]] * fitting)], demand("ES256"))
    assert (len(found.keys), found.left_out) == (16, left_out)


def test_no_key_at_all() -> None:
    for kid in (None, "k"):
        assert select([], demand("ES256", kid)) == refused("key_not_found", "there is no key on offer")
        assert select([offer()], demand("ES256", kid)) == refused("key_not_found", "there is no key on offer")


def test_many_kids_are_not_all_named(keys: Mapping[str, Key]) -> None:
    others = [named(keys["ES256"], f"k{number}") for number in range(12)]
    kids = ", ".join(f"'k{number}'" for number in range(10))
    assert select([offer(*others)], demand("ES256", "x\n")).detail == (
        f"no key has the kid 'x\\n'; on offer: {kids} and 2 more"
    )


# Why a key does not fit


@pytest.mark.parametrize(
    "members", [{"use": "enc"}, {"key_ops": ["encrypt"]}, {"key_ops": []}, {"use": "sig", "key_ops": ["derive"]}]
)
def test_use_and_key_ops_are_obeyed(keys: Mapping[str, Key], members: Mapping[str, Any]) -> None:
    public = {name: value for name, value in keys["ES256"].members.items() if name != "d"}
    assert select([offer(parse_jwk({**public, **members}))], demand("ES256")).code == "key_use_mismatch"


def test_the_nearest_miss_is_the_reason(keys: Mapping[str, Key]) -> None:
    for_encryption = named(keys["ES256"], use="enc")
    offered = [offer(keys["Ed25519"], for_encryption, keys["RS256"])]
    assert select(offered, demand("ES256")) == refused(
        "key_use_mismatch", "none of 3 keys fits: 'use' of the key is 'enc', wanted 'sig'"
    )
    assert [one.code for one in candidates(offered, demand("ES256"))] == [
        "alg_key_mismatch",
        "key_use_mismatch",
        "alg_key_mismatch",
    ]


def test_only_the_keys_that_the_token_may_mean_give_the_reason(keys: Mapping[str, Key]) -> None:
    offered = [offer(named(keys["ES256"], "k1", use="enc"), named(keys["Ed25519"], "k2"))]
    assert select(offered, demand("ES256", "k2")).code == "alg_key_mismatch"


def test_a_weak_secret_fits_only_if_allowed() -> None:
    weak = parse_jwk({"kty": "oct", "k": base64url.encode(bytes(range(16)))})
    for keyset in (KeySet((weak,)), usable(KeySet((weak,)))):
        offered = [OfferedSet(keyset, "test")]
        detail = "the secret is 16 octets long, HS256 wants at least 32"
        assert select(offered, demand("HS256")) == refused("key_too_weak", detail)
        assert candidates(offered, demand("HS256")) == (Candidate(None, "test", "key_too_weak", detail),)
    assert select([offer(weak)], demand("HS256", weak=True)) == chosen(weak)


def test_a_weak_key_of_another_type_is_no_near_miss() -> None:
    weak = usable(KeySet((parse_jwk({"kty": "oct", "k": "AAEC"}),)))
    assert select([OfferedSet(weak, "a")], demand("ES256")) == refused(
        "alg_key_mismatch", "alg 'ES256' needs a key of type EC"
    )


@pytest.mark.parametrize(
    "jwk", [{"kty": "new"}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, {"kty": "oct", "k": ""}]
)
def test_a_key_that_was_skipped_says_why(jwk: Mapping[str, Any]) -> None:
    keyset = parse_jwks({"keys": [{**jwk, "kid": "k1"}]})
    (skipped,) = keyset.skipped
    offered = [OfferedSet(keyset, "a")]
    for kid in ("k1", None):
        detail = f"no key on offer can be used: {skipped.reason}"
        assert select(offered, demand("ES256", kid)) == refused("key_not_found", detail)
        assert candidates(offered, demand("ES256", kid)) == (Candidate("k1", "a", skipped.code, skipped.reason),)
    assert candidates(offered, demand("ES256", "k2")) == (Candidate("k1", "a", "kid_mismatch", "its kid is 'k1'"),)
