"""Claims: what is demanded must be there, of the right type, and exactly so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.attacks.conftest import Forger, Publish, Verdict, Verify
    from tests.cli.conftest import Cli

NOW = 1_795_556_400


@pytest.fixture
def judge(forge: Forger, publish: Publish, verify: Verify) -> Callable[..., Verdict]:
    """`judge(payload, *options)`: the verdict on a token with a good signature and that payload."""
    public = publish("ES256")
    return lambda payload, *options: verify(forge.sign("ES256", None, payload), "-k", public, *options)


Judge = Any


@pytest.mark.attack("A064")
@pytest.mark.parametrize("exp", [NOW, NOW - 1, 0, -1, NOW - 0.5, -(2**63), 1.0e-300])
def test_expired(exp: float, judge: Judge) -> None:
    assert judge({"exp": exp}).short == (1, {"token_expired"})
    assert judge({"exp": NOW + 1}).short == (0, set())


@pytest.mark.attack("A066")
@pytest.mark.parametrize("value", [True, False, "9999999999", "", None, [9_999_999_999], {"value": 1}], ids=repr)
def test_time_of_another_type(value: Any, judge: Judge) -> None:
    for claim in ("exp", "nbf", "iat"):
        for options in ([], ["--leeway", "9999d"]):
            assert judge({claim: value}, *options).short == (1, {"claim_bad_type"})
    assert judge({"iat": value}, "--max-age", "1h").short == (1, {"claim_bad_type"})
    assert judge({"auth_time": value}, "--max-auth-age", "1h").short == (1, {"claim_bad_type"})
    assert judge({"exp": value}, "--min-ttl", "1s").short == (1, {"claim_bad_type"})


@pytest.mark.attack("A068")
@pytest.mark.parametrize(
    "payload",
    [
        b'{"exp":1,"exp":9999999999}',
        b'{"exp":9999999999,"exp":1}',
        rb'{"exp":1,"\u0065xp":9999999999}',
        rb'{"\u0065\u0078\u0070":9999999999,"exp":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":[{"":1,"":1}]}',
        b'{"aud":"api","aud":"api"}',
    ],
)
def test_duplicate_claim(payload: bytes, judge: Judge) -> None:
    assert judge(payload).short == (1, {"duplicate_member"})


@pytest.mark.attack("A069")
def test_exp_is_missing(judge: Judge) -> None:
    assert judge({}, "--require", "exp").short == (1, {"claim_missing"})
    free = judge({})
    assert free.short == (0, set())
    assert free.document["checks"][2] == {"name": "exp", "verdict": "absent", "detail": "never expires"}
    for look_alike in ("EXP", "Exp", "exp ", "exp\0", "e\u0445p", "\u200bexp"):
        assert judge({look_alike: 1}, "--require", "exp").short == (1, {"claim_missing"})


@pytest.mark.attack("A070")
def test_token_from_the_future(judge: Judge) -> None:
    assert judge({"nbf": NOW + 3600}).short == (1, {"token_not_yet_valid"})
    assert judge({"nbf": NOW + 1}).short == (1, {"token_not_yet_valid"})
    early = judge({"iat": NOW + 3600})
    assert early.short == (0, set())
    detail = "issued in 1 h, 2026-11-24 22:40:00 UTC: ahead of this clock"
    assert early.document["checks"][4] == {"name": "iat", "verdict": "ok", "detail": detail}
    assert judge({"iat": NOW + 3600}, "--max-age", "1h").short == (1, {"iat_in_future"})
    assert judge({"auth_time": NOW + 3600}, "--max-auth-age", "1h").short == (1, {"auth_time_in_future"})


@pytest.mark.attack("A072")
@pytest.mark.parametrize(
    "iss",
    [
        *("https", "", "https://idp.example/", "https://IDP.example", "https://idp.example\0", "https://idp.exampl"),
        *("https://idp.example\0.evil", " https://idp.example", "https://idp.example\n", "HTTPS://idp.example"),
        *("https://idp.example.evil", "https://idp.example@evil", "https://idp.example#", "https://idp.example:443"),
        *("https://\u0456dp.example", "https://idp\uff0eexample", "//idp.example", "https://idp.example%00"),
        *(["https://idp.example"], {"": "https://idp.example"}, None, True, 1),
    ],
    ids=ascii,
)
def test_iss_that_is_nearly_the_issuer(iss: Any, judge: Judge) -> None:
    assert judge({"iss": iss}, "--iss", "https://idp.example").short == (1, {"iss_mismatch"})
    assert judge({"iss": "https://idp.example"}, "--iss", "https://idp.example").short == (0, set())


@pytest.mark.parametrize(
    ("aud", "code"),
    [
        *[
            (aud, "aud_mismatch")
            for aud in ("", "ap", "apis", "API", "api ", "api\0", "\u0430pi", "api,web", "web api")
        ],
        *[(aud, "aud_mismatch") for aud in ([], ["apis"], ["api,web"], ["a", "p", "i"], [""])],
        *[(aud, "claim_bad_type") for aud in (None, True, 1, {"api": 1}, [["api"]], ["web", None], ["api", 1])],
    ],
    ids=ascii,
)
def test_aud_that_is_nearly_the_audience(aud: Any, code: str, judge: Judge) -> None:
    """A substring, an element of a string, a key of an object, a list in which others stand that are no strings."""
    assert judge({"aud": aud}, "--aud", "api").short == (1, {code})
    assert judge({"aud": ["web", "api"]}, "--aud", "api").short == (0, set())


@pytest.mark.attack("A073")
@pytest.mark.parametrize(
    ("option", "code"),
    [
        *[(f"{name}=", "usage") for name in ("--aud", "--iss", "--sub", "--typ", "--nonce", "--scope")],
        *[(f"{name}= ", "usage") for name in ("--aud", "--iss", "--sub", "--typ", "--nonce", "--scope")],
        *[
            (f"--leeway={text}", "duration_malformed")
            for text in ("", "-1", "-1s", "nan", "1e9", "10y", "inf", "\u0661s")
        ],
        *[(f"--max-age={text}", "duration_malformed") for text in ("", "-1s", "1.5h", "1h\n", "1h 1h", "0x1s")],
        *[(f"--at={text}", "time_malformed") for text in ("", "nan", "1e9", "-", "2026-11-24", "1_000")],
        ("--min-ttl=", "duration_malformed"),
        ("--max-auth-age=", "duration_malformed"),
        ("--require=", "claim_option_malformed"),
        ("--require==x", "claim_option_malformed"),
        ("--require=a:=", "claim_option_malformed"),
        ("--require=a~=(", "claim_option_malformed"),
        ("--access-token=", "source_malformed"),
    ],
    ids=ascii,
)
def test_empty_or_absurd_option_value(option: str, code: str, judge: Judge) -> None:
    assert judge({"exp": 1}, option).short == (2, {code})


@pytest.mark.attack("A075")
@pytest.mark.parametrize(
    "payload",
    [
        b'\xef\xbb\xbf{"sub":"x"}',
        '{"sub":"x"}'.encode("utf-16"),
        '{"sub":"x"}'.encode("utf-16-le"),
        '{"sub":"x"}'.encode("utf-16-be"),
        '{"sub":"x"}'.encode("utf-32"),
        b'{"sub":"\xff"}',
        b'{"sub":"\xc0\xaf"}',
        b'{"sub":"\xed\xa0\x80"}',
        rb'{"sub":"\ud800"}',
        rb'{"sub":"\udc00\ud800"}',
        rb'{"\uDBFF":1}',
    ],
    ids=ascii,
)
def test_payload_in_another_encoding(payload: bytes, judge: Judge, forge: Forger, cli: Cli) -> None:
    assert judge(payload).short == (1, {"bad_utf8"})
    for argv in (["decode"], ["decode", "--json"], ["decode", "-f", "sub"]):
        done = cli(*argv, stdin=forge.sign("ES256", None, payload).encode())
        assert done.exit == (1 if "-f" in argv else 0)
        assert all(character.isprintable() or character == "\n" for character in done.stdout)


@pytest.mark.attack("A076")
@pytest.mark.parametrize("depth", [63, 65, 5_000, 30_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_deep_nesting(
    depth: int, opening: str, closing: str, judge: Judge, forge: Forger, publish: Publish, verify: Verify, cli: Cli
) -> None:
    inside = opening * (depth - 1) + "1" + closing * (depth - 1)
    payload = f'{{"a":{inside}}}'.encode()
    expected = (0, set()) if depth < 64 else (1, {"json_too_deep"})
    assert judge(payload).short == expected
    token = forge.sign("ES256", f'{{"alg":"ES256","a":{inside}}}')
    code = "header_too_large" if len(inside) > 16_000 else "json_too_deep"
    assert verify(token, "-k", publish("ES256")).short == ((0, set()) if depth < 64 else (3, {code}))
    assert cli("decode", stdin=forge.sign("ES256", None, payload).encode()).exit == 0
    unclosed = f'{{"a":{opening * depth}'.encode()
    assert judge(unclosed).codes == {"payload_not_claims" if depth < 64 else "json_too_deep"}


def test_nesting_of_a_hundred_thousand_levels(verify: Verify, publish: Publish, forge: Forger, tmp_path: Any) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert verify(json.dumps({"access_token": 1})[:-1] + f',"a":{deep}}}', "-k", publish("ES256")).codes == {
        "json_too_deep"
    }
    path = tmp_path / "deep.json"
    path.write_text(f'{{"keys":{deep}}}')
    assert verify(forge.sign("ES256"), "-k", path).short == (3, {"json_too_deep"})


@pytest.mark.attack("A079")
def test_sd_jwt_is_not_verified_by_its_first_part(forge: Forger, publish: Publish, verify: Verify) -> None:
    digest = forge.segment(b"d" * 32)
    payload = {"sub": "user-42", "_sd": [digest, digest], "_sd_alg": "sha-256"}
    issued = forge.sign("ES256", {"alg": "ES256", "typ": "dc+sd-jwt"}, payload)
    disclosure = forge.segment(["salt", "role", "admin"])
    for token in (f"{issued}~", f"{issued}~{disclosure}~", f"{issued}~~", f"{issued}~{disclosure}~{issued}"):
        for options in ([], ["--payload-only"], ["--typ", "dc+sd-jwt"]):
            assert verify(token, "-k", publish("ES256"), *options).short == (3, {"token_is_sd_jwt"})
    flattened = forge.flattened("ES256", {"alg": "ES256"}, {"disclosures": [disclosure]}, payload)
    assert verify(json.dumps(flattened), "-k", publish("ES256")).short == (3, {"token_is_sd_jwt"})


@pytest.mark.attack("A080")
@pytest.mark.parametrize("typ", ["dpop+jwt", "DPOP+JWT", "application/dpop+jwt"])
def test_dpop_proof_is_refused_by_default(typ: str, forge: Forger, publish: Publish, verify: Verify) -> None:
    claims: Mapping[str, Any] = {"jti": "1", "htm": "GET", "htu": "https://api.example/", "iat": NOW}
    public = publish("ES256")
    own_key = json.loads(publish("ES256", private=True).read_text())
    for header in ({"jwk": own_key}, {}):
        token = forge.sign("ES256", {"alg": "ES256", "typ": typ, **header}, claims)
        assert verify(token, "-k", public).short == (1, {"typ_mismatch"})
        assert verify(token, "-k", public, "--typ", "JWT").short == (1, {"typ_mismatch"})
    proof = forge.sign("HS256", {"alg": "HS256", "typ": typ}, claims)
    assert verify(proof, "-k", publish("HS256")).short == (1, {"typ_mismatch"})
