"""`jwtool decode`."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

NOW = 1_795_556_400


def segment(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make(header: Any, payload: Any, signature: bytes = b"0" * 64) -> str:
    return f"{segment(header)}.{segment(payload)}.{segment(signature)}"


TOKEN = make(
    {"alg": "ES256", "typ": "at+jwt", "kid": "2026-11-a"},
    {"iss": "https://auth.example", "aud": "api", "iat": NOW - 600, "exp": NOW + 300, "roles": ["admin"]},
)


def test_shows_header_and_claims_and_says_unverified(cli: Cli) -> None:
    done = cli("decode", TOKEN)
    assert done.exit == 0
    assert done.stderr == ""
    assert done.stdout == (
        "UNVERIFIED  the signature was not checked; anyone could have written this\n"
        "\n"
        "header     alg    ES256\n"
        "           typ    at+jwt      access token, RFC 9068\n"
        "           kid    2026-11-a\n"
        "claims     iss    https://auth.example\n"
        "           aud    api\n"
        "           iat    1795555800  2026-11-24 21:30:00 UTC  10 min ago\n"
        "           exp    1795556700  2026-11-24 21:45:00 UTC  in 5 min\n"
        '           roles  ["admin"]\n'
        "signature  64 bytes\n"
    )


def test_json_holds_times_and_lengths(cli: Cli) -> None:
    done = cli("decode", "--json", make({"alg": "ES256"}, {"sub": "user-42", "exp": 1795556700}))
    assert done.document == {
        "schema": "jwtool.decode/1",
        "ok": True,
        "verified": False,
        "serialization": "compact",
        "header": {"alg": "ES256"},
        "claims": {"sub": "user-42", "exp": 1795556700},
        "times": {"exp": {"utc": "2026-11-24T21:45:00Z", "seconds_left": 300}},
        "signature_bytes": 64,
    }


def test_needs_no_known_algorithm(cli: Cli) -> None:
    assert cli("decode", "--json", make({"alg": 7, "kid": ["x"]}, {})).document["header"] == {"alg": 7, "kid": ["x"]}


@pytest.mark.parametrize(
    ("payload", "member", "value"),
    [
        (b"hello", "payload", "hello"),
        (b"\xff\xfe", "payload_base64url", "__4"),
        (b'["a"]', "payload", '["a"]'),
        (b'{"a":1,"a":2}', "payload", '{"a":1,"a":2}'),
        (b'{"a":"\\ud800"}', "payload", '{"a":"\\ud800"}'),
        (b"", "payload", ""),
    ],
    ids=["text", "binary", "array", "duplicate", "surrogate", "empty"],
)
def test_a_payload_that_is_no_claims_is_shown(cli: Cli, payload: bytes, member: str, value: str) -> None:
    done = cli("decode", "--json", make({"alg": "HS256"}, payload))
    assert (done.exit, done.document["claims"], done.document[member]) == (0, None, value)


def test_a_jwe_is_told_from_a_jws(cli: Cli) -> None:
    token = ".".join(
        [segment({"alg": "dir", "enc": "A128GCM"}), "", segment(b"0" * 12), segment(b"12345"), segment(b"0" * 16)]
    )
    done = cli("decode", "--json", token)
    assert done.document["encrypted"] is True
    assert done.document["octets"] == {"encrypted_key": 0, "iv": 12, "ciphertext": 5, "tag": 16}
    assert "encrypted  5 bytes; the claims can't be read without the key\n" in cli("decode", token).stdout


def test_a_json_serialization_is_shown(cli: Cli) -> None:
    header, payload, signature = TOKEN.split(".")
    document = json.dumps({"payload": payload, "protected": header, "signature": signature})
    done = cli("decode", "--json", "-", stdin=document.encode())
    assert (done.document["serialization"], done.document["claims"]["aud"]) == ("flattened", "api")


@pytest.mark.parametrize(
    "wrapped",
    [
        f"  {TOKEN}\r\n",
        f'"{TOKEN}"',
        f"Bearer {TOKEN}",
        f"authorization: bearer {TOKEN}",
        f"'Bearer {TOKEN}'",
        json.dumps({"token_type": "Bearer", "access_token": TOKEN, "id_token": "x"}),
        json.dumps({"value": TOKEN}),
    ],
)
def test_tidies_what_people_paste(cli: Cli, wrapped: str) -> None:
    assert cli("decode", stdin=wrapped.encode()).stdout == cli("decode", TOKEN).stdout


def test_field_prints_the_value_and_warns_on_stderr(cli: Cli) -> None:
    done = cli("decode", "-f", "roles", TOKEN)
    assert (done.exit, done.stdout) == (0, '["admin"]\n')
    assert done.stderr.startswith("UNVERIFIED  ")


@pytest.mark.parametrize(
    ("name", "value"),
    [("iss", "https://auth.example"), ("a.b", "dotted"), ("c.d.e", "1"), ("header.alg", "HS256"), ("c.d", '{"e":1}')],
)
def test_field_takes_a_name_or_a_dotted_path(cli: Cli, name: str, value: str) -> None:
    token = make({"alg": "HS256"}, {"iss": "https://auth.example", "a.b": "dotted", "c": {"d": {"e": 1}}})
    assert cli("decode", "-q", "-f", name, token).stdout == f"{value}\n"


def test_a_missing_field_prints_nothing_and_exits_1(cli: Cli) -> None:
    done = cli("decode", "-q", "-f", "nope", TOKEN)
    assert (done.exit, done.stdout, done.stderr) == (1, "", "the token has no such member\n")


def test_milliseconds_and_distant_times_are_remarked(cli: Cli) -> None:
    out = cli("decode", make({"alg": "HS256"}, {"exp": 1795556700000, "nbf": 10**15, "iat": "x"})).stdout
    assert "exp  1795556700000     milliseconds? a time is in seconds\n" in out
    assert "nbf  1000000000000000  beyond the year 9999" in out
    assert "iat  x                 not a time\n" in out


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "token_malformed"),
        ("abc", "token_malformed"),
        ("a.b", "token_malformed"),
        ("e30.e30.e30.e30", "token_malformed"),
        ("e30.e30.a=", "bad_base64url"),
        ("e30.e30.A", "bad_base64url"),
        ("W10.e30.AA", "header_not_object"),
        (TOKEN[:40] + "\n" + TOKEN[40:], "token_malformed"),
        (TOKEN + " " + TOKEN, "token_malformed"),
    ],
    ids=["empty", "one", "two", "four", "padding", "length", "array", "wrapped", "two-tokens"],
)
def test_what_is_no_token_is_refused(cli: Cli, given: str, code: str) -> None:
    done = cli("decode", "--json", "-", stdin=given.encode())
    assert (done.exit, done.codes) == (3, {code})


def test_a_file_name_gets_a_hint(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "token.jwt"
    path.write_text(TOKEN)
    done = cli("decode", str(path))
    assert done.exit == 3
    assert done.stderr.endswith(f"hint: @{path}\n")


def test_no_token_on_a_terminal_is_a_usage_error(cli: Cli) -> None:
    assert cli("decode", tty="stdin stdout stderr", env={"NO_COLOR": "1"}).exit == 2


def test_an_sd_jwt_shows_its_first_part(cli: Cli) -> None:
    done = cli("decode", "--json", f"{TOKEN}~{segment('d')}~")
    assert (done.document["claims"]["aud"], done.document["disclosures"]) == ("api", 1)


@pytest.mark.parametrize("options", [(), ("--json",), ("-f", "aud"), ("-q",)])
def test_says_valid_and_verified_only_to_deny_it(cli: Cli, options: tuple[str, ...]) -> None:
    token = make({"alg": "ES256", "typ": "JWT"}, {"aud": "api", "nbf": NOW - 600, "exp": NOW - 300})
    done = cli("decode", *options, token)
    said = (done.stdout + done.stderr).replace('"verified":false', "").replace("UNVERIFIED", "")
    assert [word for word in ("valid", "verified", "trust") if word in said.lower()] == []
