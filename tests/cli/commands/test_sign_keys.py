"""`jwtool sign`: which key signs, in which form it may come, and which is refused; every message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import to_der, to_pem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cli.conftest import Cli

NOW = 1_795_556_400


def kid_of(cli: Cli, token: bytes) -> Any:
    return cli("decode", "--json", "-", stdin=token).document["header"].get("kid")


@pytest.mark.parametrize("form", ["pem", "der", "encrypted"])
def test_pem_and_der(cli: Cli, keys: Path, form: str) -> None:
    (key,) = load_keys((keys / "es256.jwk").read_bytes(), passphrase=lambda: None).keys
    write = to_der if form == "der" else to_pem
    data = write(key, private=True, passphrase=b"x y" if form == "encrypted" else None)
    (keys / "any").write_bytes(data)
    (keys / "pass").write_bytes(b"x y\r\n")
    done = cli("sign", "-k", keys / "any", "--passphrase", f"@{keys}/pass")
    assert (done.exit, kid_of(cli, done.raw)) == (0, None)
    assert cli("verify", "-q", "-k", keys / "jwks.json", "-", stdin=done.raw).stdout == "valid\n"
    assert cli("sign", "-k", "-", "--passphrase", f"@{keys}/pass", stdin=data).exit == 0


def test_a_secret(cli: Cli) -> None:
    secret = {"S": "a secret of sixty-four octets, that is long enough for all of them"}
    done = cli("sign", "-k", "secret:env:S", env=secret)
    assert cli("decode", "--json", "-", stdin=done.raw).document["header"] == {"alg": "HS512", "typ": "JWT"}
    assert cli("verify", "-q", "-k", "secret:env:S", "-", stdin=done.raw, env=secret).stdout == "valid\n"


def test_the_key_may_come_from_the_environment(cli: Cli, keys: Path) -> None:
    done = cli("sign", "-v", env={"JWTOOL_KEY": str(keys / "es256.jwk")})
    assert (done.exit, kid_of(cli, done.raw), done.stderr) == (0, "k1", "JWTOOL_KEY names the key\n")
    given = cli("sign", "-v", "-k", keys / "es256.jwk", env={"JWTOOL_KEY": "absent"})
    assert (given.exit, given.stderr) == (0, "")


@pytest.mark.parametrize(("length", "alg"), [(32, "HS256"), (47, "HS256"), (48, "HS384"), (63, "HS384"), (64, "HS512")])
def test_a_secret_gets_the_largest_hash_it_is_long_enough_for(cli: Cli, length: int, alg: str) -> None:
    done = cli(
        "sign",
        "--json",
        "-k",
        "secret:env:S",
        env={"S": "0123456789abcdef" * 3 + "x" * (length - 48) if length >= 48 else ("0123456789abcdef" * 3)[:length]},
    )
    assert done.document["header"]["alg"] == alg


def test_the_default_algorithm_is_by_type_and_curve(cli: Cli, private_keys: Mapping[str, Path], alg: str) -> None:
    default = cli("sign", "--json", "-k", private_keys[alg]).document["header"]["alg"]
    chosen = cli("sign", "--json", "-k", private_keys[alg], "--alg", alg).document["header"]["alg"]
    assert chosen == alg
    family = {"RS": "RS256", "PS": "RS256", "Ed": "EdDSA"}
    assert default == family.get(alg[:2], alg)


class TestSets:
    """`SET#KID` selects; two keys that could sign are refused."""

    @pytest.fixture
    def two(self, cli: Cli, keys: Path) -> Path:
        assert cli("key", "new", "--kid", "k2", "-o", keys / "other.jwk").exit == 0
        build = ("jwks", "build", "--private", keys / "es256.jwk", keys / "other.jwk", "-o", keys / "two.json")
        assert cli(*build).exit == 0
        return keys / "two.json"

    @pytest.mark.parametrize("kid", ["k1", "k2"])
    def test_one_is_selected(self, cli: Cli, two: Path, kid: str) -> None:
        assert kid_of(cli, cli("sign", "-k", f"{two}#{kid}").raw) == kid

    def test_two_are_one_too_many(self, cli: Cli, two: Path) -> None:
        done = cli("sign", "-k", two)
        assert (done.exit, done.stdout) == (4, "")
        assert done.stderr == (
            "jwtool: error: 2 keys could sign, and one is wanted: 'k1' and 'k2'\n"
            "hint: name one with #KID after the source\n"
        )

    def test_an_unknown_kid(self, cli: Cli, two: Path) -> None:
        done = cli("sign", "-k", f"{two}#k3")
        assert (done.exit, done.stderr) == (
            4,
            f"jwtool: error: {two}: no key has the kid 'k3'; on offer: 'k1', 'k2'\n",
        )

    @pytest.mark.parametrize(
        ("lives", "kid"),
        [
            (({}, {"nbf": NOW}), "k2"),
            (({}, {"nbf": NOW + 1}), "k1"),
            (({"exp": NOW}, {}), "k2"),
            (({"nbf": NOW - 2, "exp": NOW + 1}, {"nbf": NOW - 1, "exp": NOW}), "k1"),
        ],
    )
    def test_the_active_one_by_the_clock(
        self, cli: Cli, two: Path, lives: tuple[dict[str, int], dict[str, int]], kid: str
    ) -> None:
        keys = json.loads(two.read_text())["keys"]
        two.write_text(json.dumps({"keys": [key | life for key, life in zip(keys, lives, strict=True)]}))
        assert kid_of(cli, cli("sign", "-k", two).raw) == kid
        for one in ("k1", "k2"):
            assert kid_of(cli, cli("sign", "-k", f"{two}#{one}").raw) == one

    def test_public_and_encryption_keys_beside_do_not_disturb(self, cli: Cli, keys: Path) -> None:
        mixed = [json.loads((keys / name).read_text()) for name in ("es256.jwk", "es256.public.jwk")]
        enc = mixed[0] | {"kid": "enc", "use": "enc", "alg": "ECDH-ES"}
        (keys / "mixed.json").write_text(json.dumps({"keys": [mixed[1] | {"kid": "public"}, enc, mixed[0]]}))
        assert kid_of(cli, cli("sign", "-k", keys / "mixed.json").raw) == "k1"


@pytest.mark.parametrize(
    ("members", "options", "code"),
    [
        ({"use": "enc"}, (), "key_use_mismatch"),
        ({"key_ops": ["verify"]}, (), "key_use_mismatch"),
        ({"alg": "ES256"}, ("--alg", "ES384"), "alg_key_mismatch"),
        ({}, ("--alg", "RS256"), "alg_key_mismatch"),
        ({"alg": "ECDH-ES"}, (), "alg_key_mismatch"),
        ({"d": None}, (), "key_not_private"),
        ({"d": "AAAA"}, (), "key_malformed"),
        ({"crv": "P-257"}, (), "key_unsupported"),
        ({"kty": "XX"}, (), "key_unsupported"),
    ],
)
def test_a_key_that_can_not_sign(
    cli: Cli, keys: Path, members: dict[str, Any], options: tuple[str, ...], code: str
) -> None:
    jwk = json.loads((keys / "es256.jwk").read_text())
    del jwk["alg"]
    (keys / "bad.jwk").write_text(json.dumps({n: v for n, v in (jwk | members).items() if v is not None}))
    done = cli("sign", "--json", "-k", keys / "bad.jwk", *options)
    assert (done.exit, done.codes) == (4, {code})
    assert jwk["d"] not in done.stdout


@pytest.mark.parametrize(
    ("argv", "exit_code", "message", "hint"),
    [
        ((), 2, "no key was given, and signing needs one", "jwtool sign -k private.jwk"),
        (
            ("-k", "a", "-k", "b"),
            2,
            "more than one key was given, and a compact token has one signature",
            "--json-serialization holds several signatures",
        ),
        (
            ("-k", "@es256.public.jwk"),
            4,
            "es256.public.jwk holds no private key, and signing needs one",
            "jwtool key new -o private.jwk",
        ),
        (("-k", "es256.jwk", "--exp", "15M"), 2, "'15M' is not a time", "for 15 minutes write 15m"),
        (
            ("-k", "es256.jwk", "--exp", ""),
            2,
            "'' is not a time",
            "a TIME is now, 15m, -5m, Unix seconds, or like 2026-11-24T21:45:00Z",
        ),
        (
            ("-k", "es256.jwk", "--nbf", "never"),
            2,
            "'never' is not a time",
            "a TIME is now, 15m, -5m, Unix seconds, or like 2026-11-24T21:45:00Z",
        ),
        (
            ("-k", "es256.jwk", "--iat", "1795556400000"),
            2,
            "'1795556400000' is not a time",
            "milliseconds? in seconds it is 1795556400",
        ),
        (
            ("-k", "es256.jwk", "--alg", "none"),
            2,
            "'none' means no signature, and nothing is accepted or made without one",
            None,
        ),
        (("-k", "es256.jwk", "--alg", "es256"), 2, "'es256' is no algorithm that jwtool knows", "did you mean ES256?"),
        (("-k", "absent.jwk", "--alg", "RS257"), 2, "'RS257' is no algorithm that jwtool knows", "did you mean RS256?"),
        (
            ("-k", "es256.jwk", "sub=x"),
            2,
            "CLAIMS must be JSON that begins with '{', or -, @PATH or env:NAME",
            "one claim: -c name=text",
        ),
        (
            ("-k", "es256.jwk", "[1]"),
            2,
            "CLAIMS must be JSON that begins with '{', or -, @PATH or env:NAME",
            "one claim: -c name=text",
        ),
        (
            ("-k", "es256.jwk", '{"a":1,}'),
            3,
            "CLAIMS is not JSON: trailing comma at line 1, column 7",
            "remove the comma before the closing bracket",
        ),
        (("-k", "es256.jwk", '{"a":1,"a":2}'), 3, "CLAIMS has the member 'a' twice", None),
        (
            ("-k", "es256.jwk", "-c", "sub"),
            2,
            "'sub' is not a claim: there is no '=' in it",
            "write name=text, name:=json, name@=FILE or name:@=FILE",
        ),
        (
            ("-k", "es256.jwk", "-c", "n:=x"),
            2,
            "the value of 'n' is not JSON: no JSON value at line 1, column 1",
            "for text instead of JSON write name=text",
        ),
        (("-k", "es256.jwk", "-c", "n@=absent"), 3, "can't read the claim: no such file: 'absent'", None),
        (("-k", "es256.jwk", '{"exp":"x"}'), 3, "'exp' must be a number of seconds, found a string", "exp:=1795556700"),
        (
            ("-k", "es256.jwk", '{"exp":true}'),
            3,
            "'exp' must be a number of seconds, found a boolean",
            "exp:=1795556700",
        ),
        (
            ("-k", "es256.jwk", '{"aud":[1]}'),
            3,
            "'aud' must be a string or a list of strings, found a list with other things in it",
            "aud=api",
        ),
        (("-k", "es256.jwk", "-c", "sub:=1"), 3, "'sub' must be a string, found a number", "sub=user-42"),
        (
            ("-k", "es256.jwk", "-H", "crit:=[]"),
            2,
            "the header member 'crit' can't be set: it changes how the whole token is read",
            None,
        ),
        (
            ("-k", "es256.jwk", "-H", "b64:=false"),
            2,
            "the header member 'b64' can't be set: it changes how the whole token is read",
            None,
        ),
        (
            ("-k", "es256.jwk", "-H", "alg=none"),
            4,
            "the header would say another alg than 'ES256', which the token is signed with",
            "choose it with --alg",
        ),
        (("-k", "es256.jwk", "-H", "kid:=1"), 3, "'kid' of the header is a number, wanted a string", None),
        (("-k", "-", "-"), 2, "stdin can't be both the claims and the key", "give one of them as @FILE or env:NAME"),
        (
            ("-k", "es256.jwk", "-o", "token.jwt"),
            6,
            "'token.jwt' exists",
            "choose another name, or replace it with --force",
        ),
        (
            ("-k", "es256.jwk", "-o", "no/new.jwt"),
            6,
            "can't write 'no/new.jwt': no such folder: 'no'",
            "make it: mkdir -p 'no'",
        ),
    ],
)
def test_what_can_not_be_signed(
    cli: Cli,
    keys: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: tuple[str, ...],
    exit_code: int,
    message: str,
    hint: str | None,
) -> None:
    monkeypatch.chdir(keys)
    done = cli("sign", *argv)
    said = f"jwtool: error: {message}\n" + ("" if hint is None else f"hint: {hint}\n")
    assert (done.exit, done.stdout, done.stderr) == (exit_code, "", said)
    assert not (keys / "new.jwt").exists()
