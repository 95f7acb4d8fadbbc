"""`jwtool sign --payload`, `--detached`, `--unencoded`, `--json-serialization`, and `verify` of what they make."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.operations.read_payload import MAX_PAYLOAD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

DETACHED = "the token is detached: it holds no payload, and the signature is over one"
BODY = b'{"amount": 5, "exp": "soon"}\r\n'


@pytest.fixture(autouse=True)
def _here(keys: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder holds es256.jwk, its public set jwks.json, ed.jwk with both in both.json, and body."""
    monkeypatch.chdir(keys)
    (keys / "body").write_bytes(BODY)
    assert cli("key", "new", "--alg", "EdDSA", "--kid", "k2", "-o", "ed.jwk").exit == 0
    assert cli("jwks", "build", "es256.jwk", "ed.jwk", "-o", "both.json").exit == 0


def opened(segment: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(f"{segment}=="))


def test_a_payload_is_signed_as_it_is(cli: Cli) -> None:
    done = cli("sign", "-k", "es256.jwk", "--payload", "@body")
    assert (done.exit, done.stderr) == (0, "")
    header, payload, _ = done.stdout.split(".")
    assert opened(header) == {"alg": "ES256", "kid": "k1"}
    assert base64.urlsafe_b64decode(f"{payload}==") == BODY
    checked = cli("verify", "--json", "-k", "jwks.json", "--payload-only", stdin=done.raw)
    assert (checked.exit, checked.document["payload"]) == (0, BODY.decode())
    assert cli("verify", "--json", "-k", "jwks.json", stdin=done.raw).codes == {"claim_bad_type"}


@pytest.mark.parametrize(
    ("argv", "stdin", "env", "payload"),
    [
        (("--payload", "a.b@c"), None, {}, b"a.b@c"),
        (("--payload", "{"), None, {}, b"{"),
        (("--payload", "-"), b"\xff\n", {}, b"\xff\n"),
        (("--payload", "env:BODY"), None, {"BODY": "x\n"}, b"x\n"),
        (("--payload", "x", "--bare"), None, {}, b"x"),
    ],
)
def test_where_a_payload_comes_from(
    cli: Cli, argv: tuple[str, ...], stdin: bytes | None, env: dict[str, str], payload: bytes
) -> None:
    done = cli("sign", "-k", "es256.jwk", *argv, stdin=stdin, env=env)
    assert base64.urlsafe_b64decode(f"{done.stdout.split('.')[1]}==") == payload


def test_the_typ_of_a_payload_is_given_or_none(cli: Cli) -> None:
    for argv, typ in ((("--typ", "a"), "a"), (("-H", "typ=b"), "b"), ((), None)):
        document = cli("sign", "--json", "-k", "es256.jwk", "--payload", "x", *argv).document
        assert document["header"].get("typ") == typ
        assert (document["claims"], document["payload"]) == (None, "x")
    detached = cli("sign", "--json", "-k", "es256.jwk", "--payload", "x", "--detached").document
    assert detached.keys() == {"schema", "ok", "token", "header", "claims", "output"}


@pytest.mark.parametrize("unencoded", [(), ("--unencoded",)], ids=["encoded", "unencoded"])
@pytest.mark.parametrize("form", [(), ("--json-serialization",)], ids=["compact", "flattened"])
def test_a_detached_payload(cli: Cli, unencoded: tuple[str, ...], form: tuple[str, ...]) -> None:
    done = cli("sign", "-k", "es256.jwk", "--payload", "@body", "--detached", *unencoded, *form)
    assert (done.exit, done.stderr) == (0, "")
    token = done.stdout.strip()
    parts = (
        json.loads(token) if form else dict(zip(("protected", "payload", "signature"), token.split("."), strict=True))
    )
    assert parts.get("payload", "") == ""
    header = {"alg": "ES256", "kid": "k1"} | ({"b64": False, "crit": ["b64"]} if unencoded else {})
    assert opened(parts["protected"]) == header
    verify = ("verify", "--json", "-k", "jwks.json", "--payload-only", token)
    good = cli(*verify, "--payload", "@body")
    assert (good.exit, good.document["payload"], good.document["claims"]) == (0, BODY.decode(), None)
    for other in (BODY + b"\n", BODY.strip(), b"."):
        bad = cli(*verify, "--payload", "-", stdin=other)
        assert (bad.exit, bad.codes) == (1, {"signature_invalid"})
    missing = cli("verify", "-k", "jwks.json", token)
    assert (missing.exit, missing.stdout, missing.stderr) == (
        3,
        "",
        f"jwtool: error: {DETACHED}\nhint: --payload @FILE\n",
    )
    assert cli("verify", "--json", "-k", "jwks.json", token).codes == {"payload_missing"}


def test_a_detached_payload_may_be_claims(cli: Cli) -> None:
    token = cli("sign", "-k", "es256.jwk", "--detached", "--bare", '{"sub":"x","exp":5}').stdout.strip()
    assert opened(token.split(".")[0])["typ"] == "JWT"
    verify = ("verify", "--json", "-k", "jwks.json", token, "--payload", '{"sub":"x","exp":5}')
    assert cli(*verify).codes == {"token_expired"}
    assert cli(*verify, "--at", "4").document["claims"] == {"sub": "x", "exp": 5}


def test_a_payload_of_nothing(cli: Cli) -> None:
    """A signature over nothing is whole as it stands, and detached all the same."""
    token = cli("sign", "-k", "es256.jwk", "--payload", "-", stdin=b"").stdout.strip()
    assert token.split(".")[1] == ""
    assert cli("verify", "-k", "jwks.json", "--payload-only", token).exit == 0
    assert cli("verify", "-k", "jwks.json", "--payload-only", token, "--payload", "-", stdin=b"").exit == 0
    assert cli("verify", "-k", "jwks.json", "--payload-only", token, "--payload", "x").exit == 1


def test_a_payload_for_a_token_that_has_one_is_refused_even_if_it_is_the_same(cli: Cli) -> None:
    token = cli("sign", "-k", "es256.jwk", "--payload", "x").stdout.strip()
    done = cli("verify", "-k", "jwks.json", "--payload-only", token, "--payload", "x")
    assert (done.exit, done.stdout, done.stderr) == (
        2,
        "",
        "jwtool: error: the token holds its payload, and was given another\nhint: leave --payload out\n",
    )


def test_a_large_payload_makes_no_large_token(cli: Cli, keys: Path) -> None:
    (keys / "large").write_bytes(bytes(1_000_000))
    done = cli("sign", "-k", "es256.jwk", "--payload", "@large", "--detached")
    assert (done.exit, len(done.stdout) < 200) == (0, True)
    assert cli("verify", "-q", "-k", "jwks.json", "--payload-only", "--payload", "@large", done.stdout).exit == 0
    assert cli("sign", "--json", "-k", "es256.jwk", "--payload", "@large").codes == {"input_too_large"}
    with (keys / "huge").open("wb") as huge:
        huge.truncate(MAX_PAYLOAD + 1)
    done = cli("sign", "--json", "-k", "es256.jwk", "--payload", "@huge", "--detached")
    assert (done.exit, done.codes) == (3, {"input_too_large"})


@pytest.mark.parametrize(
    ("argv", "message", "hint"),
    [
        (('{"a":1}',), "--payload is signed as it is, and CLAIMS would put claims in its place", "leave CLAIMS out"),
        (("",), "--payload is signed as it is, and CLAIMS would put claims in its place", "leave CLAIMS out"),
        *(
            (
                (option, value),
                f"--payload is signed as it is, and {name} would put claims in its place",
                f"leave {name} out",
            )
            for option, value, name in (
                ("-c", "a=1", "--claim"),
                ("-i", "x", "--iss"),
                ("-a", "x", "--aud"),
                ("--sub", "x", "--sub"),
                ("--jti", "x", "--jti"),
                ("--exp", "1h", "--exp"),
                ("--nbf", "now", "--nbf"),
                ("--iat", "now", "--iat"),
                ("--preset", "dpop", "--preset"),
            )
        ),
        (("--unencoded",), "--unencoded needs --detached: such a payload doesn't fit into a token", "add --detached"),
    ],
)
def test_what_does_not_go_with_a_payload(cli: Cli, argv: tuple[str, ...], message: str, hint: str) -> None:
    done = cli("sign", "-k", "es256.jwk", "--payload", "x", *argv)
    assert (done.exit, done.stdout, done.stderr) == (2, "", f"jwtool: error: {message}\nhint: {hint}\n")


@pytest.mark.parametrize("typ", [("--typ", "JWT"), ("--typ", "at+jwt"), ("-H", "typ=jwt")])
def test_a_jwt_is_never_unencoded(cli: Cli, typ: tuple[str, ...]) -> None:
    done = cli("sign", "-k", "es256.jwk", "--payload", '{"sub":"a"}', "--detached", "--unencoded", *typ)
    assert (done.exit, done.stdout, done.stderr) == (
        2,
        "",
        "jwtool: error: a JWT is always encoded, and 'typ' says that this is one\nhint: leave --unencoded out\n",
    )


def test_claims_are_never_unencoded(cli: Cli) -> None:
    for argv in (("--unencoded",), ("--unencoded", "--detached"), ("--unencoded", "--detached", "{}")):
        done = cli("sign", "-k", "es256.jwk", *argv)
        assert (done.exit, done.stderr) == (
            2,
            "jwtool: error: --unencoded is for a payload: claims are always encoded\nhint: add --payload @FILE\n",
        )


@pytest.mark.parametrize("argv", [("-k", "-", "--payload", "-"), ("--passphrase", "-", "--payload", "-")])
def test_stdin_is_read_once(cli: Cli, argv: tuple[str, ...]) -> None:
    assert cli("sign", "--json", *argv, stdin=b"x").codes == {"stdin_twice"}
    assert cli("verify", "--json", "-k", "jwks.json", "--payload", "-", stdin=b"x").codes == {"stdin_twice"}


class TestSeveralSignatures:
    """`sign -k A -k B --json-serialization`, `verify --signatures any|all`."""

    @pytest.fixture
    def token(self, cli: Cli) -> Any:
        done = cli("sign", "-k", "es256.jwk", "-k", "ed.jwk", "--json-serialization", "--sub", "x")
        assert (done.exit, done.stderr, done.stdout.count("\n")) == (0, "", 1)
        return json.loads(done.stdout)

    def test_one_key_makes_a_flattened_token(self, cli: Cli) -> None:
        done = cli("sign", "-k", "es256.jwk", "--json-serialization", "--sub", "x")
        assert list(json.loads(done.stdout)) == ["payload", "protected", "signature"]
        assert cli("verify", "-q", "-k", "jwks.json", stdin=done.raw).exit == 0
        assert cli("verify", "-q", "-k", "jwks.json", "--signatures", "all", stdin=done.raw).exit == 0
        assert cli("decode", "--json", stdin=done.raw).document["serialization"] == "flattened"

    def test_two_keys_make_a_general_token(self, cli: Cli, token: Any) -> None:
        assert [opened(one["protected"]) for one in token["signatures"]] == [
            {"alg": "ES256", "typ": "JWT", "kid": "k1"},
            {"alg": "EdDSA", "typ": "JWT", "kid": "k2"},
        ]
        assert opened(token["payload"])["sub"] == "x"
        text = json.dumps(token).encode()
        for argv in ((), ("--signatures", "any"), ("--signatures", "all")):
            done = cli("verify", "--json", "-k", "both.json", *argv, stdin=text)
            assert (done.exit, done.document["claims"]["sub"]) == (0, "x")

    def test_the_document_names_all_headers(self, cli: Cli) -> None:
        argv = ("sign", "--json", "-k", "es256.jwk", "-k", "ed.jwk", "--json-serialization")
        document = cli(*argv).document
        assert [header["kid"] for header in document["headers"]] == ["k1", "k2"]
        assert document["header"] == document["headers"][0]
        assert list(json.loads(document["token"])) == ["payload", "signatures"]

    def test_one_forged(self, cli: Cli, token: Any) -> None:
        token["signatures"][0]["signature"] = "A" * 86
        text = json.dumps(token).encode()
        assert cli("verify", "-q", "-k", "both.json", stdin=text).exit == 0
        done = cli("verify", "-k", "both.json", "--signatures", "all", stdin=text)
        assert done.exit == 1
        assert done.stdout.splitlines()[2:4] == [
            "signature   FAILED  signature 1 of 2: not by key 'k1' of both.json",
            "signature   ok      signature 2 of 2: EdDSA, key 'k2' of both.json",
        ]

    def test_one_without_a_key(self, cli: Cli, token: Any) -> None:
        text = json.dumps(token).encode()
        assert cli("verify", "-q", "-k", "jwks.json", stdin=text).exit == 0
        done = cli("verify", "--json", "-k", "jwks.json", "--signatures", "all", stdin=text)
        assert (done.exit, done.codes, done.document["claims"]) == (1, {"key_not_found"}, None)

    def test_detached_and_unencoded(self, cli: Cli) -> None:
        argv = ("--json-serialization", "--payload", "@body", "--detached", "--unencoded")
        done = cli("sign", "-k", "es256.jwk", "-k", "ed.jwk", *argv)
        assert list(json.loads(done.stdout)) == ["signatures"]
        verify = ("verify", "-q", "-k", "both.json", "--signatures", "all", "--payload-only")
        assert cli(*verify, "--payload", "@body", "-", stdin=done.raw).exit == 0
        assert cli(*verify, "--payload", "body", "-", stdin=done.raw).exit == 1
        assert cli(*verify, "-", stdin=done.raw).exit == 3

    @pytest.mark.parametrize(
        ("argv", "code", "message"),
        [
            (("-k", "ed.jwk"), 2, "more than one key was given, and a compact token has one signature"),
            (("-k", "ed.jwk", "--json-serialization", "--kid", "x"), 2, "--kid would give several keys the same name"),
            (("-k", "ed.jwk", "--json-serialization", "--alg", "ES256"), 4, ""),
            (("-k", "jwks.json", "--json-serialization"), 4, "jwks.json holds no private key, and signing needs one"),
        ],
    )
    def test_what_is_refused(self, cli: Cli, argv: tuple[str, ...], code: int, message: str) -> None:
        done = cli("sign", "-k", "es256.jwk", *argv)
        assert (done.exit, done.stdout) == (code, "")
        assert done.stderr.startswith(f"jwtool: error: {message}")

    def test_which_signatures(self, cli: Cli) -> None:
        done = cli("verify", "-k", "jwks.json", "--signatures", "some", "@token.jwt")
        assert (done.exit, done.stderr) == (
            2,
            "jwtool: error: --signatures takes any or all, found 'some'\nhint: --signatures all\n",
        )
