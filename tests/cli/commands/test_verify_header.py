"""`jwtool verify`: what the header of a token says, and what must not be believed of it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.commands.conftest import Issue
    from tests.cli.conftest import Cli, Outcome


def segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def failed(done: Outcome) -> dict[str, str]:
    return {check["name"]: check["code"] for check in done.document["checks"] if check["verdict"] == "failed"}


@pytest.mark.parametrize(
    ("found", "option", "wanted", "code"),
    [
        ("at+jwt", "--typ", "at+jwt", None),
        ("AT+JWT", "--type", "at+jwt", None),
        ("application/at+jwt", "--typ", "at+jwt", None),
        ("at+jwt", "--typ", "application/at+jwt", None),
        ("JWT", "--typ", "jwt", None),
        ("JWT", "--typ", "at+jwt", "typ_mismatch"),
        ("text/at+jwt", "--typ", "at+jwt", "typ_mismatch"),
        (None, "--typ", "JWT", "typ_mismatch"),
        ("dpop+jwt", None, None, "typ_mismatch"),
        ("dpop+jwt", "--typ", "dpop+jwt", None),
        ("whatever", None, None, None),
    ],
)
def test_typ(
    cli: Cli, keys: Path, issue: Issue, found: str | None, option: str | None, wanted: str | None, code: str | None
) -> None:
    demand = () if option is None else (option, str(wanted))
    done = cli("verify", "--json", "-k", keys / "jwks.json", *demand, issue({}, typ=found))
    assert (done.exit, failed(done)) == ((0, {}) if code is None else (1, {"typ": code}))


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"crit": ["exp"], "exp": 1}, "crit_unsupported"),
        ({"crit": ["http://example.com/x"], "http://example.com/x": 1}, "crit_unsupported"),
        ({"crit": []}, "crit_malformed"),
        ({"crit": "b64"}, "crit_malformed"),
        ({"crit": ["alg"]}, "crit_malformed"),
        ({"crit": ["missing"]}, "crit_malformed"),
        ({"crit": ["b64", "b64"], "b64": True}, "crit_malformed"),
        ({"b64": False}, "b64_unsupported"),
        ({"b64": True}, "b64_unsupported"),
        ({"crit": ["b64"], "b64": False}, "b64_unsupported"),
        ({"crit": ["b64"], "b64": True}, None),
    ],
)
def test_crit(cli: Cli, keys: Path, issue: Issue, members: dict[str, Any], code: str | None) -> None:
    token = issue({}, **members)
    if members.get("b64") is False:  # the payload stands there as it is
        token = token.replace(f".{segment({})}.", ".{}.")
    done = cli("verify", "--json", "-k", keys / "jwks.json", "-", stdin=token.encode())
    assert failed(done).get("crit") == code
    assert done.exit == (0 if code is None else 1)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_alg_none_is_never_accepted(cli: Cli, keys: Path, alg: str, signature: str) -> None:
    token = f"{segment({'alg': alg})}.{segment({'sub': 'admin'})}.{signature}"
    for option in ((), ("--allow-weak-key",), ("--payload-only",), ("--alg", "ES256")):
        done = cli("verify", "--json", "-k", keys / "jwks.json", *option, token)
        assert (done.exit, failed(done)) == (1, {"signature": "alg_none", "alg": "alg_none"})
        assert done.document["claims"] is None


@pytest.mark.parametrize("alg", ["ES257", "RSA1_5", "dir", "HS1", "es256", "A" * 200])
def test_an_unknown_algorithm_is_a_failed_check(cli: Cli, keys: Path, alg: str) -> None:
    token = f"{segment({'alg': alg, 'kid': 'k1'})}.{segment({})}.AAAA"
    done = cli("verify", "--json", "-k", keys / "jwks.json", token)
    assert (done.exit, failed(done)) == (1, {"signature": "alg_unsupported", "alg": "alg_unsupported"})


@pytest.mark.parametrize("option", ["none", "NONE"])
def test_none_is_no_algorithm_to_allow(cli: Cli, keys: Path, option: str) -> None:
    done = cli("verify", "-k", keys / "jwks.json", "--alg", option, f"@{keys}/token.jwt")
    assert (done.exit, done.stdout) == (2, "")
    assert done.stderr == ("jwtool: error: 'none' means no signature, and nothing is accepted or made without one\n")


def test_keys_that_the_token_brings_are_not_looked_at(cli: Cli, keys: Path, tmp_path: Path, issue: Issue) -> None:
    assert cli("key", "new", "-o", tmp_path / "evil.jwk", "--public-out", tmp_path / "evil.public").exit == 0
    evil = json.loads((tmp_path / "evil.public").read_text())
    members = {"jwk": evil, "jku": "https://evil.example/jwks.json", "x5u": "https://evil.example/c.pem"}
    token = issue({"sub": "admin"}, by="evil.jwk", kid=None, **members)
    done = cli("verify", "--json", "-k", keys / "jwks.json", token)
    assert (done.exit, failed(done)) == (1, {"signature": "signature_invalid"})


@pytest.mark.parametrize(
    ("header", "code", "message"),
    [
        ({}, "header_bad_type", "the header has no 'alg'"),
        ({"alg": 7}, "header_bad_type", "'alg' of the header is a number, wanted a string"),
        ({"alg": ""}, "header_bad_type", "'alg' of the header is empty"),
        ({"alg": "ES256", "kid": 7}, "header_bad_type", "'kid' of the header is a number, wanted a string"),
        ({"alg": "ES256", "typ": None}, "header_bad_type", "'typ' of the header is null, wanted a string"),
        ({"alg": "ES256", "x5c": "x"}, "header_bad_type", "'x5c' of the header is a string, wanted a list"),
        ({"alg": "ES256", "jwk": []}, "header_bad_type", "'jwk' of the header is a list, wanted an object"),
        ([], "header_not_object", "the header is a list, wanted a JSON object"),
    ],
)
def test_a_header_of_impossible_types_is_unreadable(cli: Cli, keys: Path, header: Any, code: str, message: str) -> None:
    done = cli("verify", "--json", "-k", keys / "jwks.json", f"{segment(header)}.{segment({})}.AAAA")
    assert done.exit == 3
    assert done.document["error"] == {"code": code, "message": message, "exit": 3}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"hello", "payload_not_claims"),
        (b"[1]", "payload_not_claims"),
        (b"", "payload_not_claims"),
        (b'{"a":1,}', "payload_not_claims"),
        (b'{"a":1,"a":2}', "duplicate_member"),
        (b"\xef\xbb\xbf{}", "bad_utf8"),
        (b'{"a":"\xff"}', "bad_utf8"),
        (b'{"a":NaN}', "json_bad_number"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "json_too_deep"),
    ],
)
def test_a_payload_that_is_no_claims(cli: Cli, keys: Path, issue: Issue, payload: bytes, code: str) -> None:
    token = issue(payload)
    done = cli("verify", "--json", "-k", keys / "jwks.json", token)
    assert (done.exit, failed(done), done.document["claims"]) == (1, {"claims": code}, None)
    assert done.document["checks"][0]["verdict"] == "ok"
    only = cli("verify", "--json", "--payload-only", "-k", keys / "jwks.json", token)
    assert (only.exit, failed(only)) == (0, {})
    assert [check["name"] for check in only.document["checks"]] == ["signature", "crit"]
    text = payload.decode() if b"\xff" not in payload else None
    encoded = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    assert only.document.get("payload", text) == text
    assert only.document.get("payload_base64url", encoded) == encoded
    assert ("payload" in only.document) is not ("payload_base64url" in only.document)


def test_a_hint_leads_to_payload_only(cli: Cli, keys: Path, issue: Issue) -> None:
    done = cli("verify", "-k", keys / "jwks.json", issue(b"hello"))
    assert done.stdout.splitlines()[-1] == "hint: if the payload is not meant to be claims: --payload-only"


def test_payload_only_judges_the_signature_all_the_same(cli: Cli, keys: Path, issue: Issue) -> None:
    header, _, signature = issue(b"hello").split(".")
    done = cli("verify", "--json", "--payload-only", "-k", keys / "jwks.json", f"{header}.{segment('x')}.{signature}")
    assert (done.exit, failed(done)) == (1, {"signature": "signature_invalid"})
    assert not {"payload", "payload_base64url"} & done.document.keys()


def test_a_jwe_can_not_be_verified(cli: Cli, keys: Path) -> None:
    token = ".".join([segment({"alg": "dir", "enc": "A128GCM"}), "", "AAAAAAAAAAAAAAAA", "AAAA", "A" * 22])
    done = cli("verify", "--json", "-k", keys / "jwks.json", token)
    assert (done.exit, done.codes) == (3, {"token_is_jwe"})


def test_an_sd_jwt_can_not_be_verified(cli: Cli, keys: Path) -> None:
    token = (keys / "token.jwt").read_text().strip()
    done = cli("verify", "--json", "-k", keys / "jwks.json", f"{token}~WyJ4Il0~")
    assert (done.exit, done.codes) == (3, {"token_is_sd_jwt"})


def test_the_payload_is_shown_to_a_person(cli: Cli, keys: Path, issue: Issue) -> None:
    for payload, shown in ((b"hello\x1b", r"hello\x1b"), (b"", "empty"), (b"\xff", "_w")):
        out = cli("verify", "--payload-only", "-k", keys / "jwks.json", issue(payload)).stdout
        assert out.startswith("VALID  1 check passed\n")
        assert out.splitlines()[-1] == f"payload  {shown}"
