"""Every token and all claims are judged, whatever they hold and whatever is demanded; nothing unsound is signed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwtool.explain.lookup import topics
from jwtool.jose import base64url, claims, crit, fit, selection, sign, signatures, token, typ
from jwtool.jose.algorithms import ALGORITHMS, CURVES, for_key
from jwtool.jose.errors import HeaderBadType, InputError, JwtoolError, TokenIsJwe
from jwtool.jose.keyset import KeySet, parse_jwks, usable
from jwtool.jose.policy import ClaimPolicy, Requirement
from jwtool.jose.verify import OfferedSet, Policy, verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jwtool.jose.keys.key import Key
    from jwtool.jose.token import Signature, UnverifiedToken

NOW = 1_795_556_400
CODES = frozenset(topics()["errors"])

ANY_TEXT = st.text(st.characters(), max_size=30)  # lone surrogates included
NUMBERS = st.integers(-(10**40) + 1, 10**40 - 1) | st.floats()
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
ALGS = st.sampled_from([*ALGORITHMS, "none", "NONE", "dir", "RSA1_5", "es256", ""]) | ANY_TEXT
TIMES = st.sampled_from([NOW - 60, NOW, NOW + 0.5, NOW + 60, 0, -1, 1e300, 10**39]) | NUMBERS
NAMES = st.sampled_from(["https://auth.example", "https://auth.example/", "api", "", "a b", "k1"]) | ANY_TEXT


def some_of(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with some of these members, of their own kind or of any, and others."""
    optional = {name.replace("__", "#"): strategy | strategy | JSON for name, strategy in members.items()}
    return st.builds(
        lambda known, more: {**more, **known},
        st.fixed_dictionaries({}, optional=optional),
        st.dictionaries(ANY_TEXT, JSON, max_size=2),
    )


HEADERS = some_of(
    alg=ALGS,
    kid=NAMES,
    typ=st.sampled_from(["JWT", "at+jwt", "application/at+jwt", "dpop+jwt"]),
    crit=st.lists(st.sampled_from(["b64", "exp", "alg", "x"]) | ANY_TEXT, max_size=2),
    b64=st.booleans(),
    jwk=st.just({}),
    x5c=st.lists(ANY_TEXT, max_size=1),
    x5t__S256=ANY_TEXT,
)
CLAIMS = some_of(
    **dict.fromkeys(("exp", "nbf", "iat", "auth_time"), TIMES),
    **dict.fromkeys(("iss", "sub", "nonce", "jti", "at_hash", "c_hash"), NAMES),
    **dict.fromkeys(("aud", "scope", "scp"), NAMES | st.lists(NAMES, max_size=3)),
)
JWK_CHANGES = {
    "kid": NAMES,
    "alg": ALGS,
    "use": st.sampled_from(["sig", "enc"]) | JSON,
    "key_ops": st.lists(st.sampled_from(["sign", "verify"]), max_size=2) | JSON,
    "k": st.just("AAAA"),
}
DURATIONS = st.none() | st.integers(0, 10**16)
SOME_NAMES = st.lists(NAMES, max_size=2).map(tuple)
PATTERNS = st.sampled_from([".*", "[a-z]+", "(", "a{99999999999}", "(?P<a>x)(?P<a>y)", "\\", "(?i)API"]) | ANY_TEXT
PATHS = st.lists(st.sampled_from(["iss", "aud", "scope", "a"]) | ANY_TEXT | st.integers(-2, 3), min_size=1).map(tuple)
REQUIREMENTS = (
    st.builds(Requirement, path=PATHS, name=ANY_TEXT, operator=st.just("present"), value=st.none())
    | st.builds(Requirement, path=PATHS, name=ANY_TEXT, operator=st.just("equal"), value=JSON)
    | st.builds(Requirement, path=PATHS, name=ANY_TEXT, operator=st.just("matches"), value=PATTERNS)
)
CLAIM_POLICIES = st.builds(
    ClaimPolicy,
    issuers=SOME_NAMES,
    audiences=SOME_NAMES,
    subject=st.none() | NAMES,
    required=st.lists(REQUIREMENTS, max_size=2).map(tuple),
    scopes=SOME_NAMES,
    leeway=st.integers(0, 10**16),
    max_age=DURATIONS,
    max_auth_age=DURATIONS,
    min_ttl=DURATIONS,
    nonce=st.none() | NAMES,
    access_token=st.none() | st.binary(max_size=5),
    code=st.none() | st.binary(max_size=5),
)
POLICIES = st.builds(
    Policy,
    claims=st.just(ClaimPolicy()) | CLAIM_POLICIES,
    algs=st.none() | st.lists(ALGS, max_size=3).map(tuple),
    typ=st.none() | st.sampled_from(["JWT", "at+jwt"]) | ANY_TEXT,
    payload_only=st.booleans(),
    allow_weak_key=st.booleans(),
)


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of `[[` in a pattern: who reads the option deals with it
@given(CLAIMS, CLAIM_POLICIES, st.integers(-(10**12), 10**18), st.none() | ALGS, st.none() | st.sampled_from([*CURVES]))
def test_claims_are_always_judged(
    found: dict[str, Any], policy: ClaimPolicy, now: int, alg: str | None, crv: str | None
) -> None:
    checks = claims.check(found, policy, now=now, alg=alg, crv=crv)
    assert [check.name for check in checks[:5]] == ["exp", "nbf", "iat", "iss", "aud"]
    for check in checks:
        assert (check.verdict == "failed") == (check.code is not None)
        assert check.code is None or check.code in CODES


def signed(header: dict[str, Any], payload: bytes, key: Key) -> Iterator[str]:
    """Tokens with that header, compact and in both JSON serializations, by that key if it can serve its alg."""
    protected = base64url.encode(json.dumps(header).encode())
    alg = header.get("alg")
    signing_input = f"{protected}.{base64url.encode(payload)}"
    value = b"\0" * 64
    if isinstance(alg, str) and fit.why_not(key, alg, operation="sign") is None:
        value = signatures.sign(alg, key, signing_input.encode())
    one = {"protected": protected, "signature": base64url.encode(value)}
    yield f"{signing_input}.{one['signature']}"
    yield json.dumps({"payload": base64url.encode(payload), **one, "header": {"x": 1}})
    yield json.dumps({"payload": base64url.encode(payload), "signatures": [{**one, "signature": "AA"}, one]})
    yield json.dumps({"payload": base64url.encode(payload), "header": header, "signature": one["signature"]})
    yield f"{signing_input}.{one['signature']}.AA.AA"


@given(
    st.data(),
    CLAIMS.map(lambda members: json.dumps(members).encode()) | st.binary(),
    st.lists(st.fixed_dictionaries({}, optional=JWK_CHANGES), max_size=3),
    POLICIES,
)
def test_every_token_is_judged(
    keys: Mapping[str, Key], data: st.DataObject, payload: bytes, changes: list[dict[str, Any]], policy: Policy
) -> None:
    key = data.draw(st.sampled_from([*keys.values()]), label="key")
    algs = st.sampled_from(for_key(key.kty, key.crv, key.bits // 8) or (key.alg,))
    header = data.draw(st.fixed_dictionaries({"alg": algs}) | st.just({}), label="alg") | data.draw(
        HEADERS, label="header"
    )
    others = parse_jwks({"keys": [{**key.members, **change} for change in changes]})
    sets = [KeySet((key,), is_set=False), usable(others, allow_weak_secret=policy.allow_weak_key)]
    for text in signed(header, payload, key):
        try:
            read = token.parse(text)
        except InputError:
            continue
        judge(read, [OfferedSet(each, "x") for each in sets], policy)


def judge(read: UnverifiedToken, offers: list[OfferedSet], policy: Policy) -> None:
    for signature in read.signatures:
        judge_signature(signature, offers, policy)
    try:
        answer = verify(read, offers, policy, now=NOW)
    except (HeaderBadType, TokenIsJwe):
        return
    failed = [check.code for check in answer.checks if check.verdict == "failed"]
    assert answer.valid == (not failed)
    assert answer.valid == (answer.payload is not None)
    assert answer.valid or answer.claims is None
    assert {*failed, *(candidate.code for candidate in answer.candidates)} <= CODES


def judge_signature(signature: Signature, offers: list[OfferedSet], policy: Policy) -> None:
    crit.judge_crit(signature)
    alg, kid = signature.header.get("alg"), signature.header.get("kid")
    if not isinstance(alg, str) or not isinstance(kid, str | None):
        return
    demand = selection.Demand(alg, kid, policy.algs, policy.allow_weak_key)
    chosen = selection.select(offers, demand)
    assert bool(chosen.keys) == (chosen.code is None)
    selection.candidates(offers, demand)
    if isinstance(signature.protected.get("typ"), str | None):
        typ.judge_typ(signature, policy.typ)


def check_refusal(error: JwtoolError) -> None:
    assert error.code in CODES
    assert error.message.isprintable()


@given(st.data(), ALGS, st.none() | NAMES, HEADERS, CLAIMS)
def test_what_is_signed_is_sound_or_refused(
    keys: Mapping[str, Key],
    data: st.DataObject,
    alg: str,
    kid: str | None,
    extra: dict[str, Any],
    members: dict[str, Any],
) -> None:
    key = data.draw(st.sampled_from([*keys.values()]), label="key")
    wanted = data.draw(st.sampled_from([alg, None]), label="wanted")
    header = extra if data.draw(st.booleans(), label="extra") else {}
    try:
        chosen = sign.choose_alg(key, wanted)
        text = sign.compact(
            sign.encode_claims(members), sign.build_header(key, chosen, kid=kid, extra=header), key, chosen
        )
    except JwtoolError as error:
        check_refusal(error)
        return
    answer = verify(token.parse(text), [OfferedSet(KeySet((key,)), "x")], Policy(payload_only=True), now=NOW)
    assert answer.checks[0].verdict == "ok"
