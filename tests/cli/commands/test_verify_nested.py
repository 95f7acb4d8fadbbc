from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_jwk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli, Outcome


@pytest.fixture
def nested(keys: Path, cli: Cli) -> Path:
    """The folder of `keys` with reader.jwk, other.jwk, and nested.jwe: token.jwt encrypted for reader.jwk."""
    for name in ("reader", "other"):
        key = generate("ECDH-ES+A128KW", crv="X25519", kid="r1")
        (keys / f"{name}.jwk").write_text(json.dumps(to_jwk(key, private=True)))
    made = cli("encrypt", "-k", keys / "reader.jwk", f"@{keys / 'token.jwt'}", "-o", keys / "nested.jwe")
    assert made.exit == 0
    return keys


def verify(cli: Cli, nested: Path, *more: str | Path, key: str = "jwks.json", reader: str = "reader.jwk") -> Outcome:
    options = ("-k", nested / key, "--decrypt-key", nested / reader)
    return cli("verify", *options, f"@{nested / 'nested.jwe'}", *more)


def test_decrypted_and_verified(cli: Cli, nested: Path) -> None:
    document = verify(cli, nested, "--json", "-a", "api").document
    assert (document["ok"], document["alg"], document["claims"]["sub"]) == (True, "ES256", "user-42")
    assert document["header"]["typ"] == "JWT"
    assert document["encryption"] == {
        "alg": "ECDH-ES+A128KW",
        "enc": "A256GCM",
        "key": {"kid": "r1", "source": str(nested / "reader.jwk")},
    }
    shown = verify(cli, nested).stdout.splitlines()
    assert shown[:3] == [
        "VALID  3 checks passed",
        f"decrypted  ECDH-ES+A128KW, A256GCM, by key 'r1' of {nested / 'reader.jwk'}",
        "",
    ]
    assert verify(cli, nested, "-f", "sub").stdout == "user-42\n"


def test_the_claims_are_judged(cli: Cli, nested: Path) -> None:
    done = verify(cli, nested, "--json", "-a", "other")
    assert (done.exit, done.codes, done.document["claims"]) == (1, {"aud_mismatch"}, None)


def test_signed_by_somebody_else(cli: Cli, nested: Path) -> None:
    assert cli("key", "new", "--kid", "k1", "-o", nested / "wrong.jwk").exit == 0
    done = verify(cli, nested, "--json", key="wrong.jwk")
    assert (done.exit, done.codes, done.document["encryption"]["key"]["kid"]) == (1, {"signature_invalid"}, "r1")


def test_encrypted_for_somebody_else(cli: Cli, nested: Path) -> None:
    done = verify(cli, nested, "--json", reader="other.jwk")
    assert (done.exit, done.codes) == (1, {"decryption_failed"})
    assert (done.document["claims"], done.document["alg"], done.document["encryption"]["key"]) == (None, None, None)
    assert verify(cli, nested, "-f", "sub", reader="other.jwk").stdout == ""


def test_without_the_option(cli: Cli, nested: Path) -> None:
    done = cli("verify", "-k", nested / "jwks.json", f"@{nested / 'nested.jwe'}")
    assert (done.exit, done.stderr) == (
        3,
        "jwtool: error: the token is encrypted (JWE), so there is no signature to verify\nhint: see --decrypt-key\n",
    )


@pytest.mark.parametrize("payload", ['{"sub":"user-42"}', "text"])
def test_decrypted_alone_is_never_verified(cli: Cli, nested: Path, payload: str) -> None:
    assert cli("encrypt", "-k", nested / "reader.jwk", payload, "-o", nested / "nested.jwe", "--force").exit == 0
    done = verify(cli, nested, "--json")
    assert (done.exit, done.codes, done.document["claims"]) == (1, {"signature_missing"}, None)
    assert verify(cli, nested, "-f", "sub").stdout == ""
    assert verify(cli, nested, "-q").stdout == "not valid: signature_missing\n"
    assert verify(cli, nested, "--payload-only", "-q").exit == 1


def test_a_token_that_is_not_encrypted_needs_no_key_for_it(cli: Cli, nested: Path) -> None:
    (nested / "nested.jwe").write_bytes((nested / "token.jwt").read_bytes())
    done = verify(cli, nested, "-v", "--json")
    assert (done.exit, done.document["ok"]) == (0, True)
    assert "the token is not encrypted: --decrypt-key is not needed\n" in done.stderr


def test_by_a_pipe(cli: Cli, nested: Path) -> None:
    opened = cli("decrypt", "-k", nested / "reader.jwk", f"@{nested / 'nested.jwe'}")
    assert cli("verify", "-q", "-k", nested / "jwks.json", stdin=opened.raw).exit == 0


def test_a_key_that_is_called_otherwise(cli: Cli, nested: Path) -> None:
    done = verify(cli, nested, "--json", reader="es256.jwk")
    assert (done.exit, done.codes, done.document["claims"]) == (1, {"decryption_failed"}, None)


def test_a_key_of_another_type_is_an_answer_too(cli: Cli, nested: Path) -> None:
    """As for a signed token: the header is the sender's, and the key is sound."""
    assert cli("key", "new", "--alg", "RSA-OAEP", "--format", "pem", "-o", nested / "rsa.pem").exit == 0
    done = verify(cli, nested, "--json", reader="rsa.pem")
    assert (done.exit, done.codes, done.document["claims"]) == (1, {"alg_key_mismatch"}, None)
    assert done.document["encryption"]["key"] is None
