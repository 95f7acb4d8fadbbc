from __future__ import annotations

import hashlib
from typing import Any

import pytest

from jwtool.jose import base64url
from jwtool.jose.errors import (
    JwksWithoutUsableKey,
    KeyAmbiguous,
    KeyMalformed,
    KeyNotFound,
    KeyRefused,
    KeyTooWeak,
    KeyUnsupported,
)
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.members import encode_number
from jwtool.jose.keyset import (
    HashName,
    KeySet,
    Skipped,
    count_sharing,
    parse_jwks,
    random_kid,
    refusal,
    select,
    thumbprint,
    thumbprint_uri,
    usable,
)

RFC7638_N = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
    "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
    "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
    "kEgU8awapJzKnqDKgw"
)
EC_MEMBERS = ("kty", "crv", "x", "y")


def rsa_key(bits: int, **own: object) -> dict[str, Any]:
    return {"kty": "RSA", "n": encode_number(3 * 2 ** (bits - 2) + 1), "e": "AQAB", **own}


def oct_key(octets: int, **own: object) -> dict[str, Any]:
    return {"kty": "oct", "k": base64url.encode(bytes(range(octets))), **own}


def ec_key(p256: dict[str, Any], **own: object) -> dict[str, Any]:
    return {name: p256[name] for name in EC_MEMBERS} | own


def kids(keyset: KeySet) -> list[str | None]:
    return [key.kid for key in keyset.keys]


# Picking by kid


def test_select_gives_the_one_key(p256: dict[str, Any]) -> None:
    keyset = parse_jwks({"keys": [ec_key(p256, kid="a"), None, oct_key(32, kid="b"), oct_key(32)]})
    assert select(keyset, "b") == KeySet((keyset.keys[1],), (), is_set=True)


def refused(keyset: KeySet, kid: str, error: type[KeyRefused]) -> str:
    with pytest.raises(error) as caught:
        select(keyset, kid)
    return caught.value.message


def test_select_names_the_kids_on_offer(p256: dict[str, Any]) -> None:
    keyset = parse_jwks({"keys": [ec_key(p256, kid="a"), oct_key(32), ec_key(p256, kid="\x1b[31m")]})
    assert refused(keyset, "c", KeyNotFound) == "no key has the kid 'c'; on offer: 'a', '\\x1b[31m'"
    many = parse_jwks({"keys": [oct_key(32, kid=f"k{i}") for i in range(10)]})
    named = "'k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7'"
    assert refused(many, "k", KeyNotFound) == f"no key has the kid 'k'; on offer: {named} and 2 more"
    eight = parse_jwks({"keys": [oct_key(32, kid=f"k{i}") for i in range(8)]})
    assert refused(eight, "k", KeyNotFound) == f"no key has the kid 'k'; on offer: {named}"
    assert refused(parse_jwks({"keys": [oct_key(32)]}), "", KeyNotFound) == "no key has the kid ''; no key has a kid"


def test_select_refuses_a_shared_kid(p256: dict[str, Any]) -> None:
    keyset = parse_jwks({"keys": [ec_key(p256, kid="a"), oct_key(32, kid="a")]})
    assert refused(keyset, "a", KeyAmbiguous) == "2 keys have the kid 'a', wanted one"


def test_select_tells_why_the_key_was_skipped(p256: dict[str, Any]) -> None:
    broken = ec_key(p256, kid="off") | {"x": "AA"}
    keyset = usable(parse_jwks({"keys": [broken, {"kty": "X", "kid": "unknown"}, rsa_key(1024, kid="weak")]}))
    start = "the key 'off' can't be used: "
    assert refused(keyset, "off", KeyMalformed) == f"{start}'x' of the key is 1 octets long, P-256 wants 32"
    assert refused(keyset, "unknown", KeyUnsupported) == (
        "the key 'unknown' can't be used: the key type 'X' is not supported, wanted RSA, EC, OKP, oct, AKP"
    )
    assert refused(keyset, "weak", KeyTooWeak) == (
        "the key 'weak' can't be used: an RSA key of 1024 bits is too short, wanted at least 2048"
    )
    own = KeySet((), (Skipped(0, "a", {}, "own_code", "because"),))
    assert refused(own, "a", KeyRefused) == "the key 'a' can't be used: because"


def test_a_broken_key_beside_a_good_one_of_its_type_makes_the_kid_ambiguous(p256: dict[str, Any]) -> None:
    good, broken = ec_key(p256, kid="a"), ec_key(p256, kid="a") | {"x": "AA"}
    keyset = parse_jwks({"keys": [good, broken]})
    assert count_sharing(keyset, "a") == 2
    assert refused(keyset, "a", KeyAmbiguous) == "2 keys have the kid 'a', wanted one"


def test_a_skipped_key_of_another_type_may_share_the_kid(p256: dict[str, Any]) -> None:
    keyset = parse_jwks({"keys": [{"kty": "AKP", "kid": "a"}, ec_key(p256, kid="a"), {"kid": "a"}]})
    assert count_sharing(keyset, "a") == 1
    assert kids(select(keyset, "a")) == ["a"]


@pytest.mark.parametrize(("kid", "sharing"), [("a", 2), ("b", 1), ("c", 0), ("d", 0)])
def test_sharing(kid: str, sharing: int) -> None:
    entries = [
        oct_key(32, kid="a"),
        oct_key(33, kid="a"),
        oct_key(32, kid="b"),
        oct_key(32),
        {"kty": "oct", "kid": "d"},
    ]
    assert count_sharing(parse_jwks({"keys": entries}), kid) == sharing


# What to say if nothing is left


@pytest.mark.parametrize(
    ("keyset", "error", "message"),
    [
        (parse_jwks({"keys": []}), JwksWithoutUsableKey, "keys.json holds no key"),
        (
            KeySet((), (Skipped(0, None, {}, "key_too_weak", "it is short"),), is_set=False),
            KeyTooWeak,
            "the key of keys.json can't be used: it is short",
        ),
        (
            parse_jwks({"keys": [None]}),
            KeyMalformed,
            "key number 1 of keys.json can't be used: a key must be an object, found null",
        ),
        (
            parse_jwks({"keys": [{"kid": "a"}]}),
            KeyMalformed,
            "key 'a' of keys.json can't be used: the key has no 'kty'",
        ),
        (
            parse_jwks({"keys": [oct_key(32), None, {}]}),
            KeyMalformed,
            "key number 2 of keys.json can't be used: a key must be an object, found null",
        ),
        (
            parse_jwks({"keys": [{"kid": "a"}, None]}),
            JwksWithoutUsableKey,
            "none of the 2 keys of keys.json can be used; the first, key 'a': the key has no 'kty'",
        ),
    ],
    ids=["empty", "bare key", "one without kid", "one with kid", "some usable", "several"],
)
def test_refusal(keyset: KeySet, error: type[KeyRefused], message: str) -> None:
    found = refusal(keyset, "keys.json")
    assert (type(found), found.message) == (error, message)


# Names


def test_thumbprint_of_rfc_7638_section_3_1() -> None:
    key = parse_jwk({"kty": "RSA", "n": RFC7638_N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"})
    assert thumbprint(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert thumbprint_uri(key) == (
        "urn:ietf:params:oauth:jwk-thumbprint:sha-256:NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    )


def test_thumbprint_of_rfc_8037_appendix_a_3(ed25519: dict[str, Any]) -> None:
    expected = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert thumbprint(parse_jwk(ed25519)) == expected
    del ed25519["d"]
    assert thumbprint(parse_jwk(ed25519)) == expected


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_thumbprint_covers_the_required_members(
    hash_name: HashName, p256: dict[str, Any], octets: dict[str, Any]
) -> None:
    ec = f'{{"crv":"P-256","kty":"EC","x":"{p256["x"]}","y":"{p256["y"]}"}}'
    secret = f'{{"k":"{octets["k"]}","kty":"oct"}}'
    for jwk, text in ((p256, ec), (octets, secret)):
        digest = base64url.encode(hashlib.new(hash_name, text.encode()).digest())
        key = parse_jwk(jwk | {"kid": "ignored", "use": "sig"})
        assert thumbprint(key, hash_name) == digest
        assert thumbprint_uri(key, hash_name) == (f"urn:ietf:params:oauth:jwk-thumbprint:sha-{hash_name[3:]}:{digest}")


def test_random_kids_differ_and_are_16_octets() -> None:
    one, other = random_kid(), random_kid()
    assert one != other
    assert len(base64url.decode(one)) == 16
