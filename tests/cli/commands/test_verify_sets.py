"""`jwtool verify`: sets that mix kinds of keys, and sets that come from a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from jwtool.jose import base64url

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.commands.conftest import Issue
    from tests.cli.conftest import Cli, Outcome

SECRET = {"kty": "oct", "k": base64url.encode(b"a secret of thirty-two octets !!"), "kid": "s1"}
VERIFY = ("verify", "--json")


def failed(done: Outcome) -> dict[str, str]:
    return {check["name"]: check["code"] for check in done.document["checks"] if check["verdict"] == "failed"}


@pytest.fixture
def mixed(keys: Path) -> Path:
    """secret.jwk, and mixed.json with it, a public key and a key that nobody understands."""
    public = json.loads((keys / "es256.public.jwk").read_text())
    (keys / "secret.jwk").write_text(json.dumps(SECRET))
    (keys / "mixed.json").write_text(json.dumps({"keys": [SECRET, public, {"kty": "XX", "kid": "x1"}]}))
    return keys / "mixed.json"


def test_a_local_mixed_set_serves_each_for_its_own(cli: Cli, mixed: Path, issue: Issue) -> None:
    by_secret = issue({}, by="secret.jwk", alg="HS256")
    assert cli(*VERIFY, "-k", mixed, by_secret).document["key"]["kid"] == "s1"
    assert cli(*VERIFY, "-k", mixed, issue({})).document["key"]["kid"] == "k1"
    assert cli(*VERIFY, "-k", mixed, issue({}, by="secret.jwk", alg="HS256", kid=None)).document["key"]["kid"] == "s1"
    named = issue({}, by="secret.jwk", alg="HS256", kid="k1")
    assert failed(cli(*VERIFY, "-k", mixed, named)) == {"signature": "alg_key_mismatch", "alg": "alg_key_mismatch"}


def test_what_is_not_understood_is_skipped_and_named(cli: Cli, mixed: Path, issue: Issue) -> None:
    done = cli("verify", "-q", "-k", mixed, issue({}))
    assert (done.exit, done.stdout) == (0, "valid\n")
    assert done.stderr == (
        f"note: a key of {mixed} is not used: kid 'x1': "
        "the key type 'XX' is not supported, wanted RSA, EC, OKP, oct, AKP\n"
    )
    meant = cli(*VERIFY, "-k", mixed, issue({}, kid="x1"))
    assert failed(meant) == {"signature": "key_not_found"}
    assert [(one["kid"], one["code"]) for one in meant.document["candidates"]] == [
        ("s1", "kid_mismatch"),
        ("k1", "kid_mismatch"),
        ("x1", "key_unsupported"),
    ]


def test_a_secret_of_a_server_is_ignored_and_named(cli: Cli, mixed: Path, issue: Issue, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/jwks.json").respond_with_data(mixed.read_bytes())
    url = httpserver.url_for("/jwks.json")
    done = cli(*VERIFY, "-k", url, issue({}, by="secret.jwk", alg="HS256"))
    assert (done.exit, failed(done)) == (1, {"signature": "key_not_found"})
    assert done.document["checks"][0]["detail"] == (
        "no key on offer can be used: a secret that a server publishes is none: whoever reads the set can forge tokens"
    )
    assert done.document["notes"][0] == (
        f"{url} publishes an HMAC secret, the key 's1': whoever reads it can forge tokens; it is ignored"
    )
    assert cli("verify", "-q", "-k", url, issue({})).exit == 0


def test_a_server_with_nothing_but_secrets(cli: Cli, mixed: Path, issue: Issue, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/jwks.json").respond_with_json({"keys": [SECRET]})
    done = cli(
        *VERIFY, "-k", httpserver.url_for("/jwks.json"), issue({}, by=mixed.with_name("secret.jwk").name, alg="HS256")
    )
    assert (done.exit, done.document["schema"]) == (4, "jwtool.error/1")


def test_a_private_key_of_a_server_serves_by_its_public_half(
    cli: Cli, keys: Path, issue: Issue, httpserver: HTTPServer
) -> None:
    private = json.loads((keys / "es256.jwk").read_text())
    httpserver.expect_request("/jwks.json").respond_with_json({"keys": [private]})
    url = httpserver.url_for("/jwks.json")
    done = cli("verify", "-q", "-k", url, issue({}))
    assert (done.exit, done.stdout) == (0, "valid\n")
    assert done.stderr == (
        f"note: {url} publishes a private key, the key 'k1': whoever reads it can forge tokens; "
        "only its public half is used\n"
    )
    refused = cli("sign", "-k", url)
    assert (refused.exit, refused.stdout) == (4, "")


def test_times_of_a_jwk_do_not_concern_verify(cli: Cli, keys: Path, issue: Issue) -> None:
    public = json.loads((keys / "es256.public.jwk").read_text())
    (keys / "old.jwk").write_text(json.dumps(public | {"nbf": 9_000_000_000, "exp": 1}))
    assert cli("verify", "-q", "-k", keys / "old.jwk", issue({})).stdout == "valid\n"
