"""The short way of `verify --lines`: what it keeps of one token says nothing false about another."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.cli.exits import exit_code
from jwtool.jose import base64url, signatures, strict_json
from jwtool.jose.errors import InputError
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import KeySet
from jwtool.jose.policy import ClaimPolicy
from jwtool.jose.selection import OfferedSet
from jwtool.jose.sign import build_header, compact
from jwtool.jose.token import parse
from jwtool.jose.verify import Policy, verify
from jwtool.operations import verify_lines
from jwtool.operations.lines import Chunk, Wanted
from jwtool.operations.verify_lines import VerifyLines
from jwtool.operations.verify_report import verify_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwtool.jose.keys.key import Key

NOW = 1_795_556_400
ODD: tuple[Any, ...] = (
    "1",
    1,
    1.0,
    True,
    None,
    [],
    ["1"],
    [1],
    {"a": 1},
    {},
    "",
    0,
    False,
    -1,
    10**30,
    NOW,
    NOW + 60,
    float(NOW + 60),
)
TEXTS = (
    *(
        '{"a":1}',
        '{"a":1,"a":1}',
        '{"a":1,"a" :1}',
        '{"a":"\\"a","a":1}',
        '{"a":{"b":1,"b":1}}',
        '{"a":[{"a":1,"a":1}]}',
    ),
    *('{"a":NaN}', '{"a":Infinity}', '{"a":1e999}', '{"a":1.5}', f'{{"a":{"1" * 40}}}', f'{{"a":{"1" * 41}}}'),
    *(f'{{"a":{"1" * 5000}}}', f'{{"a":-{"9" * 40}}}', f'{{"a":0.{"0" * 45}}}', '{"a":"\\ud800"}'),
    *(
        "",
        "{}",
        " {}",
        "{} ",
        "[]",
        "1",
        '"a"',
        "null",
        '{"a":":b","c":"d"}',
        '{"a":["b","c"],"d":"e"}',
        '{"a":["b",1]}',
    ),
    *("[" * 100_000, '{"a":' * 70 + "1" + "}" * 70, '{"a":"\t"}', '\ufeff{"a":1}', '{"a":1}x', '{"a":true,"b":null}'),
    *('{"":1,"":2}', '{"":1}', '{"a":"b""c":1}', "{'a':1}", '{"a":1,}', '{"é":"\u202e"}', '{"a":[],"a":[]}'),
)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_parse_claims_reads_what_the_strict_parser_reads_and_nothing_else(text: str) -> None:
    try:
        wanted: Any = strict_json.parse_object(text)
    except InputError:
        wanted = None
    found = strict_json.parse_claims(text)
    assert found == wanted
    assert json.dumps(found) == json.dumps(wanted)  # 1 is no true, and no 1.0


def sign(key: Key, claims: Mapping[str, Any], **extra: object) -> bytes:
    payload = json.dumps(claims, separators=(",", ":")).encode()
    return compact(payload, build_header(key, "ES256", extra=extra), key, "ES256").encode()


def answers(judge: VerifyLines, tokens: Sequence[bytes], at: int = NOW) -> list[Any]:
    answered = judge.judge(Chunk(1, b"\n".join(tokens), at))
    return [json.loads(line) for line in answered.text.splitlines()]


def offer(*keys: Key, issuer: str | None = None) -> list[OfferedSet]:
    return [OfferedSet(KeySet(keys), "keys.json", issuer)]


def by_verify(token: bytes, offered: Sequence[OfferedSet], policy: Policy, at: int = NOW) -> Any:
    verification = verify(parse(token), offered, policy, now=at)
    document = {"ok": verification.valid, **verify_document(verification, at)}
    if verification.notes:
        document["notes"] = list(verification.notes)
    return json.loads(json.dumps(document))


def assert_alike(tokens: Sequence[bytes], offered: Sequence[OfferedSet], policy: Policy, at: int = NOW) -> None:
    judge = VerifyLines(Wanted(exit_code), offered, policy)
    found = answers(judge, [*tokens, *tokens, *reversed(tokens)], at)
    for token, document in zip([*tokens, *tokens, *reversed(tokens)], found, strict=True):
        wanted = by_verify(token, offered, policy, at)
        said = {name: value for name, value in document.items() if name not in {"schema", "line"}}
        assert json.dumps(said, sort_keys=True) == json.dumps(wanted, sort_keys=True)


POLICIES = {
    "nothing": ClaimPolicy(),
    "all": ClaimPolicy(
        issuers=("1",),
        audiences=("1", "api"),
        subject="1",
        scopes=("read",),
        leeway=30,
        max_age=60,
        max_auth_age=60,
        min_ttl=10,
        nonce="1",
        access_token=b"x",
        code=b"y",
    ),
}


@pytest.mark.parametrize("demanded", POLICIES)
@pytest.mark.parametrize("claim", ["exp", "nbf", "iat", "iss", "aud", "sub", "nonce", "auth_time", "scope", "at_hash"])
def test_values_that_python_takes_for_equal_are_told_apart(keys: Mapping[str, Key], claim: str, demanded: str) -> None:
    key = keys["ES256"]
    usual = {"exp": NOW + 60, "iss": "1", "aud": "api"}
    tokens = [sign(key, usual), sign(key, {name: value for name, value in usual.items() if name != claim})]
    tokens += [sign(key, usual | {claim: value}) for value in ODD]
    assert_alike(tokens, offer(key), Policy(claims=POLICIES[demanded]))


def test_headers_that_differ_in_anything_are_told_apart(keys: Mapping[str, Key]) -> None:
    key, other = keys["ES256"], parse_jwk({**keys["ES384"].members, "kid": "other"})
    claims = {"exp": NOW + 60}
    tokens = [
        sign(key, claims),
        *(sign(key, claims, kid=kid) for kid in ("a", "other", "\u202e")),
        *(sign(key, claims, typ=typ) for typ in ("JWT", "at+jwt", "dpop+jwt")),
        sign(key, claims, x5u="https://evil.example"),
        sign(key, claims | {"cnf": {"jkt": "x"}}),
        sign(key, claims | {"cnf": 1}),
    ]
    tokens += [token[:-2] + b"AA" for token in tokens]
    for policy in (Policy(), Policy(algs=("ES384",)), Policy(algs=("ES256",)), Policy(typ="JWT"), Policy(typ="x")):
        assert_alike(tokens, offer(key, other), policy)
        assert_alike(tokens, offer(key), policy)


def test_a_weak_secret_is_said_to_be_one_each_time() -> None:
    weak = parse_jwk({"kty": "oct", "k": base64url.encode(b"0123456789abcdef")})
    first = ".".join(base64url.encode(part) for part in (b'{"alg":"HS256"}', b"{}"))
    token = f"{first}.{base64url.encode(signatures.sign('HS256', weak, first.encode()))}".encode()
    assert_alike([token], offer(weak), Policy(allow_weak_key=True))


def test_the_keys_of_an_issuer_serve_no_tokens_of_another(keys: Mapping[str, Key]) -> None:
    key, other = keys["ES256"], keys["ES384"]
    tokens = [sign(key, claims) for claims in ({"iss": "a"}, {"iss": "b"}, {"iss": ["a"]}, {}, {"iss": None})]
    offered = [*offer(key, issuer="a"), *offer(other, issuer="b")]
    assert_alike(tokens, offered, Policy())
    assert_alike(tokens[::-1], offered, Policy())
    assert_alike(tokens, offer(key, issuer="b"), Policy())


def test_another_moment_is_another_answer(keys: Mapping[str, Key]) -> None:
    key = keys["ES256"]
    judge = VerifyLines(Wanted(exit_code), offer(key), Policy())
    token = sign(key, {"exp": NOW + 1})
    assert [answers(judge, [token], at)[0]["ok"] for at in (NOW, NOW + 1, NOW)] == [True, False, True]


def test_what_is_kept_is_bounded(keys: Mapping[str, Key], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_lines, "KEPT_HEADERS", 4)
    monkeypatch.setattr(verify_lines, "KEPT_VALUES", 4)
    key = keys["ES256"]
    judge = VerifyLines(Wanted(exit_code), offer(key), Policy())
    tokens = [sign(key, {"exp": NOW + number, "iss": "x" * number * 100}, kid=str(number // 3)) for number in range(30)]
    for token in tokens * 2:
        answers(judge, [token])
        assert len(judge._known) <= 4
        assert all(len(pieces) <= 4 for pieces in judge._pieces.values())
        assert all(len(piece[0]) <= 512 for pieces in judge._pieces.values() for piece in pieces.values())


def test_it_travels_and_keeps_nothing_made_of_keys(keys: Mapping[str, Key]) -> None:
    key = keys["ES256"]
    judge = VerifyLines(Wanted(exit_code), offer(key), Policy(claims=ClaimPolicy(issuers=("a",))))
    tokens = [sign(key, {"iss": "a"}), sign(key, {"iss": "b"})]
    there = answers(judge, tokens)
    assert answers(pickle.loads(pickle.dumps(judge)), tokens) == there
