"""`jwtool sign --bad`: wrong in one thing, right in all else, marked, and said loudly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jwt as pyjwt
import pytest

from jwtool.jose import base64url
from jwtool.jose.bad import KINDS, MARK, OTHER_AUDIENCE, SIGNED_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cli.conftest import Cli

NOW = 1_795_556_400
GOOD = ("-i", "https://auth.example", "-a", "api", "--sub", "user-42", "--typ", "at+jwt", "--nbf", "now")
DEMANDS = ("-i", "https://auth.example", "-a", "api", "--sub", "user-42", "--typ", "at+jwt", "--max-age", "2h")
REASONS = {
    "expired": "token_expired",
    "kid": "key_not_found",
    "sig": "signature_invalid",
    "aud": "aud_mismatch",
    "typ": "typ_mismatch",
}


def said(kind: str) -> str:
    return f"this token is bad on purpose: {KINDS[kind]}; its header says so, in 'jwtool-bad'"


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims = (json.loads(base64url.decode(part)) for part in token.strip().split(".")[:2])
    return header, claims


@pytest.mark.parametrize("kind", SIGNED_KINDS)
def test_every_algorithm_fails_for_that_reason_alone(
    cli: Cli, private_keys: Mapping[str, Path], tmp_path: Path, alg: str, kind: str
) -> None:
    key = json.loads(private_keys[alg].read_text()) | {"kid": "k1", "alg": alg}
    (tmp_path / "key.jwk").write_text(json.dumps(key))
    signed = cli("sign", "-k", tmp_path / "key.jwk", *GOOD, "--bad", kind)
    assert signed.exit == 0
    done = cli("verify", "--json", "-k", tmp_path / "key.jwk", *DEMANDS, "-", stdin=signed.raw)
    assert (done.exit, done.codes) == (1, {REASONS[kind]})


@pytest.mark.parametrize("kind", SIGNED_KINDS)
def test_it_is_marked_and_said_and_named(cli: Cli, keys: Path, kind: str) -> None:
    sign = ("sign", "-k", keys / "es256.jwk", *GOOD, "-H", f"{MARK}=fine", "--bad", kind)
    done = cli(*sign)
    assert (done.exit, done.stderr) == (0, f"note: {said(kind)}\n")
    assert opened(done.stdout)[0][MARK] == kind
    document = cli(*sign, "--json").document
    assert (document["bad"], document["header"][MARK], document["notes"]) == (kind, kind, [said(kind)])
    assert opened(document["token"]) == (document["header"], document["claims"])


def test_verify_says_so_even_where_nothing_is_wrong_for_it(cli: Cli, keys: Path) -> None:
    public = json.loads((keys / "es256.public.jwk").read_text())
    del public["kid"]
    (keys / "nameless.jwk").write_text(json.dumps(public))
    token = cli("sign", "-k", keys / "es256.jwk", "--bad", "kid").raw
    note = "the token was made for a test and is bad on purpose: 'jwtool-bad' in its header says how"
    done = cli("verify", "--json", "-k", keys / "nameless.jwk", "-", stdin=token)
    assert (done.exit, done.document["notes"]) == (0, [note])
    said = cli("verify", "-q", "-k", keys / "nameless.jwk", "-", stdin=token)
    assert (said.exit, said.stderr) == (0, f"note: {note}\n")
    lines = cli("verify", "--json", "--lines", "-k", keys / "nameless.jwk", stdin=token * 3)
    assert [json.loads(line).get("notes") for line in lines.stdout.splitlines()] == [[note]] * 3


def test_a_good_token_has_no_mark(cli: Cli, keys: Path) -> None:
    document = cli("sign", "--json", "-k", keys / "es256.jwk", *GOOD).document
    assert ("bad" in document, MARK in document["header"], document.get("notes")) == (False, False, None)


@pytest.mark.parametrize(
    ("options", "times"),
    [
        ((), (NOW - 4500, None, NOW - 3600)),
        (("--exp", "2h", "--nbf", "5m"), (NOW - 10_800, NOW - 10_500, NOW - 3600)),
        (("--exp", "never"), (NOW - 4500, None, NOW - 3600)),
        (("--exp", "-2h", "--iat", "-3h"), (NOW - 10_800, None, NOW - 7200)),
        (("--exp", "-2h"), (NOW - 7201, None, NOW - 7200)),
        (("--bare",), (None, None, NOW - 3600)),
    ],
)
def test_an_expired_token_lived_before(
    cli: Cli, keys: Path, options: tuple[str, ...], times: tuple[int | None, ...]
) -> None:
    done = cli("sign", "-k", keys / "es256.jwk", *options, "--bad", "expired")
    claims = opened(done.stdout)[1]
    assert tuple(claims.get(name) for name in ("iat", "nbf", "exp")) == times


@pytest.mark.parametrize(
    ("given", "found"), [(("-a", "api"), OTHER_AUDIENCE), (("-a", "api", "-a", "b"), [OTHER_AUDIENCE])]
)
def test_the_wrong_audience_has_the_form_of_the_right_one(
    cli: Cli, keys: Path, given: tuple[str, ...], found: object
) -> None:
    assert opened(cli("sign", "-k", keys / "es256.jwk", *given, "--bad", "aud").stdout)[1]["aud"] == found


def test_two_unknown_kids_differ(cli: Cli, keys: Path) -> None:
    kids = {opened(cli("sign", "-k", keys / "es256.jwk", "--bad", "kid").stdout)[0]["kid"] for _ in range(2)}
    assert len(kids) == 2


@pytest.mark.parametrize("kind", ["kid", "sig", "typ"])
def test_a_payload_may_be_bad_in_its_header_and_signature(cli: Cli, keys: Path, kind: str) -> None:
    signed = cli("sign", "-k", keys / "es256.jwk", "--payload", "hello", "--typ", "note", "--bad", kind)
    demands = ("-k", keys / "jwks.json", "--payload-only", "--typ", "note")
    done = cli("verify", "--json", *demands, "-", stdin=signed.raw)
    assert (done.exit, done.codes) == (1, {REASONS[kind]})


def test_every_signature_of_a_json_token_is_forged(cli: Cli, keys: Path) -> None:
    assert cli("key", "new", "--alg", "EdDSA", "-o", keys / "b.jwk").exit == 0
    both = ("-k", keys / "es256.jwk", "-k", keys / "b.jwk")
    for given in (both, both[:2]):
        signed = cli("sign", *given, "--json-serialization", "--bad", "sig")
        done = cli("verify", "--json", *both, "--signatures", "any", "-", stdin=signed.raw)
        assert (done.exit, done.codes) == (1, {"signature_invalid"})


@pytest.mark.parametrize(
    ("argv", "message", "hint"),
    [
        (("--bad", "all"), "--bad takes expired, kid, sig, aud, typ, found 'all'", "--bad expired"),
        (("--bad", "nbf"), "--bad takes expired, kid, sig, aud, typ, found 'nbf'", "--bad expired"),
        (("--bad", "aud"), "a token without an audience can't have a wrong one", "-a api"),
        (
            ("--bad", "expired", "--payload", "x"),
            "--bad expired needs claims, and --payload has none",
            "--bad sig",
        ),
    ],
)
def test_what_can_not_be_so(cli: Cli, keys: Path, argv: tuple[str, ...], message: str, hint: str) -> None:
    done = cli("sign", "-k", keys / "es256.jwk", *argv)
    assert (done.exit, done.stdout, done.stderr) == (2, "", f"jwtool: error: {message}\nhint: {hint}\n")


def test_the_mark_does_not_pass_to_a_token_made_of_it(cli: Cli, keys: Path) -> None:
    bad = cli("sign", "-k", keys / "es256.jwk", "--bad", "sig")
    decoded = cli("decode", "--json", "-", stdin=bad.raw)
    again = cli("sign", "-k", keys / "es256.jwk", "-", stdin=decoded.raw)
    assert opened(again.stdout)[0] == {"alg": "ES256", "typ": "JWT", "kid": "k1"}


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("expired", pyjwt.ExpiredSignatureError),
        ("sig", pyjwt.InvalidSignatureError),
        ("aud", pyjwt.InvalidAudienceError),
    ],
)
def test_pyjwt_gives_the_same_reason(cli: Cli, keys: Path, kind: str, error: type[Exception]) -> None:
    key = pyjwt.PyJWK(json.loads((keys / "es256.public.jwk").read_text()))
    token = cli("sign", "-k", keys / "es256.jwk", *GOOD, "--bad", kind).stdout.strip()
    with pytest.raises(error):
        pyjwt.decode(token, key, algorithms=["ES256"], audience="api", options={"verify_exp": kind == "expired"})
