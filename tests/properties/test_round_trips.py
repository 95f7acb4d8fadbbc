"""What is written is read back as it was: tokens by every algorithm, keys in every form; nothing private gets out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import assume, example, given
from hypothesis import strategies as st

from jwtool.jose import base64url, sign, strict_json
from jwtool.jose.algorithms import ALGORITHMS, CURVES, Algorithm, for_key
from jwtool.jose.errors import InputError, KeyRefused
from jwtool.jose.keys.akp_policy import SEED_OCTETS, from_seed
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.native import ec_curve, okp_private_class, public_members
from jwtool.jose.keys.pem import parse_encoded
from jwtool.jose.keys.public import PRIVATE_MATERIAL, PUBLIC_MATERIAL, public_half, to_der, to_jwk, to_pem
from jwtool.jose.keyset import KeySet, thumbprint
from jwtool.jose.token import parse
from jwtool.jose.verify import OfferedSet, Policy, Verification, verify
from jwtool.output.token_blocks import times_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtool.jose.keys.key import Key

NOW = 1_795_556_400

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(-(10**40) + 1, 10**40 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
PAST = st.integers(-(10**40) + 1, NOW) | st.floats(-1e300, NOW)
FUTURE = st.integers(NOW + 1, 10**40 - 1) | st.floats(NOW + 0.001, 1e300)
REGISTERED = {"exp": FUTURE, "nbf": PAST, "iat": NUMBERS, "iss": TEXT, "sub": TEXT, "jti": TEXT}
CLAIMS = st.builds(
    lambda own, registered: {**{name: own[name] for name in own if name not in {*REGISTERED, "aud"}}, **registered},
    st.dictionaries(TEXT, JSON, max_size=5),
    st.fixed_dictionaries({}, optional={**REGISTERED, "aud": TEXT | st.lists(TEXT, max_size=3)}),
)
OUR_HEADERS = ("alg", "typ", "kid", "cty", "jku", "x5u", "x5t", "x5t#S256", "jwk", "x5c", "crit", "b64")
HEADERS = st.dictionaries(TEXT.filter(lambda name: name not in OUR_HEADERS), JSON, max_size=3)
DESCRIPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "kid": TEXT,
        "use": st.just("sig"),
        "key_ops": st.sampled_from([["sign"], ["verify"], ["sign", "verify"], []]),
        "exp": NUMBERS,
        "nbf": NUMBERS,
    },
)
SECRET = "do-not-publish-me"
ML_DSA = [row for row in ALGORITHMS.values() if row.kty == "AKP"]
EXTRAS = st.dictionaries(
    st.sampled_from(
        ["oth", "priv", "private", "D", "d ", "p ", "k_", "seed", "ext", "password", "comment", "__proto__"]
    )
    | TEXT,
    st.just(SECRET) | st.lists(st.just(SECRET)) | st.just({"d": SECRET, "k": SECRET}),
    max_size=4,
)


def alike(first: object, second: object) -> bool:
    """Whether two JSON values are the same to the last digit: 1 is not 1.0, and -0.0 is not 0.0."""
    return json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


def judged(token: str, key: Key, **policy: Any) -> Verification:
    return verify(parse(token), [OfferedSet(KeySet((key,)), "test")], Policy(**policy), now=NOW)


# Tokens


@pytest.mark.parametrize("name", [*ALGORITHMS, "EdDSA on Ed448"])
@given(members=CLAIMS, extra=HEADERS)
@example(members={"": [10**40 - 1, 5e-324, -0.0, 1e22, 0.1 + 0.2, "\u2028\0😀", {"é": []}]}, extra={})
def test_what_is_signed_verifies_and_is_what_was_signed(
    keys: Mapping[str, Key], name: str, members: dict[str, Any], extra: dict[str, Any]
) -> None:
    key, alg = keys[name], name.partition(" ")[0]
    token = sign.compact(sign.encode_claims(members), sign.build_header(key, alg, extra=extra), key, alg)
    for verifier in (key, key if key.kty == "oct" else public_half(key)):
        answer = judged(token, verifier)
        assert answer.valid
        assert alike(answer.claims, members)
        assert alike(answer.header, {"alg": alg, "typ": "JWT", **extra})


@pytest.mark.parametrize("name", ALGORITHMS)
@given(payload=st.binary())
def test_a_payload_of_any_kind_comes_back(keys: Mapping[str, Key], name: str, payload: bytes) -> None:
    token = sign.compact(payload, {"alg": name}, keys[name], name)
    assert judged(token, keys[name], payload_only=True).payload == payload


@given(st.data(), CLAIMS)
def test_every_believed_token_goes_back_to_the_same_bytes(
    keys: Mapping[str, Key], data: st.DataObject, members: dict[str, Any]
) -> None:
    """A text that is believed is the one that was signed: nothing beside it is believed to be it."""
    key = keys["HS256"]
    token = sign.compact(strict_json.encode_compact(members), {"alg": "HS256"}, key, "HS256")
    at = data.draw(st.integers(0, len(token)))
    changed = token[:at] + data.draw(st.text(max_size=2)) + token[at + data.draw(st.integers(0, 2)) :]
    try:
        read = parse(changed)
        answer = judged(changed, key, payload_only=True)
    except InputError:
        return
    one = read.signatures[0]
    assert f"{read.signing_input(one).decode()}.{base64url.encode(one.value)}" == changed
    assert answer.valid == (changed == token)


@given(NUMBERS)
@example(1e308)
@example(-(10**40) + 1)
def test_what_is_said_of_a_time_can_be_read_again(seconds: float) -> None:
    said = times_of({"exp": seconds}, now=NOW)
    assert alike(strict_json.parse(strict_json.dump(said)), said)


# Keys


@st.composite
def private_jwks(draw: st.DrawFn) -> dict[str, str]:
    """A private key of any type but RSA, out of its number."""
    curve = draw(st.sampled_from([None, *ML_DSA, *CURVES.values()]))
    if curve is None:
        return {"kty": "oct", "k": base64url.encode(draw(st.binary(min_size=32, max_size=200)))}
    if isinstance(curve, Algorithm):
        return from_seed(curve.name, draw(st.binary(min_size=SEED_OCTETS, max_size=SEED_OCTETS)))
    if curve.kty == "OKP":
        seed = draw(st.binary(min_size=curve.octets, max_size=curve.octets))
        public = okp_private_class(curve.name).from_private_bytes(seed).public_key()
        return {**public_members(public), "d": base64url.encode(seed)}
    number = draw(st.integers(1, curve.n - 1) | st.integers(1, 300))
    point = ec.derive_private_key(number, ec_curve(curve.name)).public_key()
    return {**public_members(point), "d": base64url.encode(number.to_bytes(curve.octets))}


@st.composite
def any_keys(draw: st.DrawFn, keys: Mapping[str, Key]) -> Key:
    """A key with a description, and with members that no key has."""
    rsa = {name: keys["RS256"].members[name] for name in ("kty", *PUBLIC_MATERIAL["RSA"], *PRIVATE_MATERIAL["RSA"])}
    jwk: dict[str, Any] = draw(private_jwks() | st.just(rsa))
    curve = CURVES.get(jwk.get("crv", ""))
    algs = for_key(jwk["kty"], jwk.get("crv"), 64) if curve is None or curve.signs else ()  # of AKP: none but its own
    described = draw(DESCRIPTIONS) | (
        draw(st.fixed_dictionaries({}, optional={"alg": st.sampled_from(algs)})) if algs else {}
    )
    try:
        return parse_jwk({**draw(EXTRAS), **jwk, **described})
    except KeyRefused:
        assume(False)  # noqa: FBT003  hypothesis's own way to say: another one
        raise


def material(key: Key) -> dict[str, Any]:
    names = ("kty", *PUBLIC_MATERIAL.get(key.kty, ()), *PRIVATE_MATERIAL[key.kty])
    return {name: key.members[name] for name in names if name in key.members}


@given(st.data())
def test_a_key_is_the_same_in_every_form(keys: Mapping[str, Key], data: st.DataObject) -> None:
    key = data.draw(any_keys(keys))
    written = json.dumps(to_jwk(key, private=True)).encode()
    (again,) = load_keys(written, passphrase=lambda: None).keys
    assert alike(again.members, key.members)
    assert (again.kid, again.alg, again.use, again.key_ops) == (key.kid, key.alg, key.use, key.key_ops)
    if key.kty == "oct":
        return
    passphrase = data.draw(st.none() | st.binary(min_size=1, max_size=40))
    for write in (to_pem, to_der):
        (again,) = parse_encoded(write(key, private=True, passphrase=passphrase), passphrase=lambda: passphrase)
        assert material(again) == material(key)
        assert (again.private, again.weakness) == (True, key.weakness)
        (half,) = parse_encoded(write(key, private=False), passphrase=lambda: None)
        assert material(half) == material(public_half(key))
        assert not half.private


@given(st.data())
def test_a_thumbprint_names_a_key_in_every_form(keys: Mapping[str, Key], data: st.DataObject) -> None:
    key = data.draw(any_keys(keys))
    assume(key.kty != "oct")
    forms = [public_half(key), parse_jwk(to_jwk(key, private=False)), parse_jwk(to_jwk(key, private=True))]
    forms += [
        one
        for write in (to_pem, to_der)
        for private in (True, False)
        for one in parse_encoded(write(key, private=private), passphrase=lambda: None)
    ]
    assert {thumbprint(form) for form in forms} == {thumbprint(key)}


@given(st.data())
def test_nothing_private_is_published(keys: Mapping[str, Key], data: st.DataObject) -> None:
    key = data.draw(any_keys(keys))
    if key.kty == "oct":
        with pytest.raises(KeyRefused, match="no public half"):
            to_jwk(key, private=False)
        return
    described = {"kty", "kid", "use", "alg", "key_ops", *PUBLIC_MATERIAL[key.kty]}
    for published in (to_jwk(key, private=False), public_half(key).members):
        assert published.keys() <= described
        text = json.dumps(dict(published))
        assert SECRET not in text
        assert not any(key.members[name] in text for name in PRIVATE_MATERIAL[key.kty])
    assert not public_half(key).private
