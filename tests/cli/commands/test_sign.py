"""`jwtool sign`: where claims come from, what is added, who wins."""

from __future__ import annotations

import base64
import json
import stat
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Cli

    Sign = Callable[..., tuple[dict[str, Any], dict[str, Any]]]

NOW = 1_795_556_400


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token."""
    header, claims = (json.loads(base64.urlsafe_b64decode(f"{part}==")) for part in token.split(".")[:2])
    return header, claims


@pytest.fixture
def sign(cli: Cli, keys: Path) -> Sign:
    """Sign by es256.jwk; header and claims of the token, which verifies."""
    public = json.loads((keys / "es256.public.jwk").read_text())
    (keys / "nameless.jwk").write_text(json.dumps({name: public[name] for name in ("kty", "crv", "x", "y")}))

    def run(*argv: str | Path, stdin: bytes | None = None, env: dict[str, str] | None = None) -> Any:
        done = cli("sign", "-k", keys / "es256.jwk", *argv, stdin=stdin, env=env)
        assert (done.exit, done.stderr) == (0, "")
        assert done.stdout.count("\n") == 1
        checked = cli("verify", "--json", "-k", keys / "nameless.jwk", "-", stdin=done.raw)
        assert checked.document["checks"][0]["verdict"] == "ok"
        return opened(done.stdout)

    return run


def test_the_defaults(sign: Sign) -> None:
    header, claims = sign()
    assert header == {"alg": "ES256", "typ": "JWT", "kid": "k1"}
    assert claims == {"iat": NOW, "exp": NOW + 900, "jti": claims["jti"]}
    assert len(claims["jti"]) == 36
    assert sign()[1]["jti"] != claims["jti"]


def test_bare_adds_nothing(sign: Sign) -> None:
    assert sign("--bare")[1] == {}
    assert sign("--bare", '{"sub":"x","exp":1}')[1] == {"sub": "x", "exp": 1}
    assert sign("--bare", "--exp", "1h", "--iat", "now")[1] == {"exp": NOW + 3600, "iat": NOW}


@pytest.mark.parametrize(
    ("claims", "options", "wanted"),
    [
        ('{"exp":5,"iat":6,"jti":"a"}', (), {"exp": 5, "iat": 6, "jti": "a"}),
        ('{"exp":5,"jti":"a"}', (), {"exp": 5, "iat": NOW, "jti": "a"}),
        ('{"exp":5,"jti":"a"}', ("--exp", "1h", "--jti", "b"), {"exp": NOW + 3600, "iat": NOW, "jti": "b"}),
        ('{"iat":6,"jti":"a"}', ("--iat", "-1h"), {"exp": NOW + 900, "iat": NOW - 3600, "jti": "a"}),
        ('{"jti":"a"}', ("-c", "jti=b"), {"exp": NOW + 900, "iat": NOW, "jti": "b"}),
        ('{"jti":"a"}', ("-c", "jti=b", "--jti", "c"), {"exp": NOW + 900, "iat": NOW, "jti": "c"}),
        ('{"jti":"a"}', ("--jti", "c", "-c", "exp:=9"), {"exp": 9, "iat": NOW, "jti": "c"}),
        ('{"jti":"a","exp":5}', ("--exp", "never"), {"iat": NOW, "jti": "a"}),
        ('{"jti":"a"}', ("--exp", "never"), {"iat": NOW, "jti": "a"}),
        ('{"jti":"a"}', ("--nbf", "-5m"), {"exp": NOW + 900, "iat": NOW, "jti": "a", "nbf": NOW - 300}),
        ('{"jti":"a"}', ("--exp", "2026-11-24T21:45:00Z"), {"exp": NOW + 300, "iat": NOW, "jti": "a"}),
        ('{"jti":"a"}', ("--exp", "1795556700"), {"exp": NOW + 300, "iat": NOW, "jti": "a"}),
        ('{"jti":"a"}', ("--exp", "now"), {"exp": NOW, "iat": NOW, "jti": "a"}),
    ],
)
def test_claims_win_over_defaults_and_options_over_both(
    sign: Sign, claims: str, options: tuple[str, ...], wanted: dict[str, Any]
) -> None:
    assert sign(*options, claims)[1] == wanted


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("-i", "x"), {"iss": "x"}),
        (("--iss", "x"), {"iss": "x"}),
        (("--issuer", "x"), {"iss": "x"}),
        (("-a", "x"), {"aud": "x"}),
        (("--aud", "x", "--audience", "y"), {"aud": ["x", "y"]}),
        (("--sub", "007"), {"sub": "007"}),
        (("-c", "n=1"), {"n": "1"}),
        (("-c", "n=:=1"), {"n": ":=1"}),
        (("-c", "n=@x"), {"n": "@x"}),
        (("-c", "n:=1"), {"n": 1}),
        (("-c", 'n:={"a":[true,null]}'), {"n": {"a": [True, None]}}),
        (("-c", "a.b=1"), {"a.b": "1"}),
        (("-c", "a[b]=1", "-c", "a[c]:=2"), {"a": {"b": "1", "c": 2}}),
        (("-c", "a[]=1", "-c", "a[]=2"), {"a": ["1", "2"]}),
        (("-c", "a[b][]=1"), {"a": {"b": ["1"]}}),
        (("-c", "n=1", "-c", "n=2"), {"n": "2"}),
        (("-c", "n="), {"n": ""}),
        (("-c", "n=a=b"), {"n": "a=b"}),
        (("-c", "n=ü€😀"), {"n": "ü€😀"}),
        (("-c", "https://example.com/is_root:=true"), {"https://example.com/is_root": True}),
    ],
)
def test_claim_options(sign: Sign, options: tuple[str, ...], wanted: dict[str, Any]) -> None:
    assert sign("--bare", *options)[1] == wanted


def test_claims_from_files(sign: Sign, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("line\n")
    (tmp_path / "json").write_text('{"a": 1}\n')
    assert sign("--bare", "-c", f"t@={tmp_path}/text", "-c", f"j:@={tmp_path}/json")[1] == {
        "t": "line\n",
        "j": {"a": 1},
    }


@pytest.mark.parametrize("text", ['{"sub":"x"}', '\n {"sub": "x"}\n'])
def test_where_claims_come_from(sign: Sign, tmp_path: Path, text: str) -> None:
    (tmp_path / "claims.json").write_text(text)
    wanted = {"sub": "x"}
    assert sign("--bare", text)[1] == wanted
    assert sign("--bare", "-", stdin=text.encode())[1] == wanted
    assert sign("--bare", f"@{tmp_path}/claims.json")[1] == wanted
    assert sign("--bare", "env:CLAIMS", env={"CLAIMS": text})[1] == wanted


def test_without_an_argument_stdin_is_left_alone(sign: Sign) -> None:
    assert sign("--bare", stdin=b"not read")[1] == {}


@pytest.mark.parametrize(
    ("options", "header"),
    [
        (("--kid", "x"), {"alg": "ES256", "typ": "JWT", "kid": "x"}),
        (("--typ", "at+jwt"), {"alg": "ES256", "typ": "at+jwt", "kid": "k1"}),
        (("-H", "typ=at+jwt"), {"alg": "ES256", "typ": "at+jwt", "kid": "k1"}),
        (("-H", "kid=x"), {"alg": "ES256", "typ": "JWT", "kid": "x"}),
        (("-H", "cty=JWT", "-H", "n:=1"), {"alg": "ES256", "typ": "JWT", "kid": "k1", "cty": "JWT", "n": 1}),
        (("-H", "alg=ES256"), {"alg": "ES256", "typ": "JWT", "kid": "k1"}),
    ],
)
def test_header_options(sign: Sign, options: tuple[str, ...], header: dict[str, Any]) -> None:
    assert sign(*options)[0] == header


def test_a_decode_document_brings_header_and_claims(cli: Cli, sign: Sign) -> None:
    old = {
        "alg": "RS256",
        "kid": "old",
        "typ": "at+jwt",
        "cty": "x",
        "jku": "https://x",
        "x5c": [],
        "crit": ["y"],
        "y": 1,
    }
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in (old, {"sub": "a"})]
    decoded = cli("decode", "--json", ".".join([*parts, "AAAA"])).raw
    header, claims = sign("--bare", "-", "--sub", "b", stdin=decoded)
    assert header == {"alg": "ES256", "kid": "k1", "typ": "at+jwt", "cty": "x", "y": 1}
    assert claims == {"sub": "b"}
    assert sign("-", stdin=decoded)[1].keys() == {"iat", "exp", "jti", "sub"}


def test_a_verify_document_is_no_decode_document(cli: Cli, keys: Path, sign: Sign) -> None:
    verified = cli("verify", "--json", "-k", keys / "jwks.json", f"@{keys}/token.jwt").raw
    assert sign("--bare", "-", stdin=verified)[1]["schema"] == "jwtool.verify/1"


def test_json_describes_and_holds_the_token(cli: Cli, keys: Path) -> None:
    done = cli("sign", "--json", "-k", keys / "es256.jwk", "--bare", "--sub", "x")
    document = done.document
    assert opened(document.pop("token")) == (document["header"], document["claims"])
    assert document == {
        "schema": "jwtool.sign/1",
        "ok": True,
        "header": {"alg": "ES256", "typ": "JWT", "kid": "k1"},
        "claims": {"sub": "x"},
        "output": None,
    }


def test_output_to_a_file(cli: Cli, keys: Path) -> None:
    path = keys / "new.jwt"
    done = cli("sign", "-k", keys / "es256.jwk", "-o", path)
    assert (done.exit, done.stdout, done.stderr) == (0, "", f"wrote  {path}\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert opened(path.read_text())[0]["kid"] == "k1"
    again = cli("sign", "-k", keys / "es256.jwk", "-o", path)
    assert (again.exit, again.stdout) == (6, "")
    assert cli("sign", "-q", "-k", keys / "es256.jwk", "-o", path, "--force").stderr == ""


def test_a_token_is_ascii_whatever_the_claims(cli: Cli, keys: Path) -> None:
    assert cli("sign", "-k", keys / "es256.jwk", "-c", "n=ü\x1b[31m").raw.isascii()


@pytest.mark.parametrize("payload", ["hello", "[1]"])
def test_a_decode_document_without_claims_can_not_be_signed(cli: Cli, keys: Path, payload: str) -> None:
    text = base64.urlsafe_b64encode(payload.encode()).rstrip(b"=").decode()
    decoded = cli("decode", "--json", f"eyJhbGciOiJIUzI1NiJ9.{text}.AAAA").raw
    done = cli("sign", "-k", keys / "es256.jwk", "-", stdin=decoded)
    assert (done.exit, done.stdout) == (3, "")
    assert done.stderr == (
        "jwtool: error: the decoded token has no claims to sign\nhint: give claims as a JSON object\n"
    )
