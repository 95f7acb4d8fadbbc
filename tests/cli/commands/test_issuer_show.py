"""`jwtool issuer show`: documents sound and faulty."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.conftest import Cli

OPENID, OAUTH = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"


@pytest.fixture
def base(httpserver: HTTPServer, keys: Path) -> str:
    """An issuer without a document yet, whose key set is at /jwks.json."""
    httpserver.expect_request("/jwks.json").respond_with_data((keys / "jwks.json").read_bytes())
    return httpserver.url_for("").rstrip("/")


def document(of: str, **changes: Any) -> dict[str, Any]:
    members = {
        "issuer": of,
        "authorization_endpoint": f"{of}/authorize",
        "token_endpoint": f"{of}/token",
        "jwks_uri": f"{of}/jwks.json",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
    }
    return {name: value for name, value in (members | changes).items() if value is not ...}


def test_a_sound_document(cli: Cli, httpserver: HTTPServer, base: str) -> None:
    httpserver.expect_request(OPENID).respond_with_json(document(base))
    done = cli("issuer", "show", base)
    assert (done.exit, done.stderr) == (0, "")
    assert done.stdout == (
        f"SOUND  the document of {base}\n"
        "\n"
        f"document                {base}{OPENID}  OpenID Connect Discovery 1.0\n"
        f"jwks_uri                {base}/jwks.json\n"
        f"authorization_endpoint  {base}/authorize\n"
        f"token_endpoint          {base}/token\n"
        "id_token_signing_alg    RS256, ES256\n"
        "\n"
        "kid  key       alg    use\n"
        "k1   EC P-256  ES256  -\n"
    )
    assert cli("issuer", "show", "-q", f"issuer:{base}").stdout == f"sound: no faults in the document of {base}\n"
    found = cli("issuer", "show", "--json", base).document
    assert (found["ok"], found["issuer"], found["document"]) == (True, base, f"{base}{OPENID}")
    assert found["endpoints"] == {
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
    }
    assert found["algorithms"] == {"id_token_signing_alg_values_supported": ["RS256", "ES256"]}
    assert ([key["kid"] for key in found["keys"]], found["faults"]) == (["k1"], [])
    assert found["metadata"] == document(base)


def test_every_fault_has_its_section(cli: Cli, httpserver: HTTPServer, base: str) -> None:
    members = document(base, issuer=f"{base}/", jwks_uri="http://192.0.2.1/", token_endpoint=..., scopes_supported="a")
    httpserver.expect_request(OPENID).respond_with_json(members)
    done = cli("issuer", "show", "--json", base)
    assert (done.exit, done.document["ok"], done.document["keys"]) == (1, False, [])
    assert done.document["faults"] == [
        {
            "member": "issuer",
            "message": f"the document is of another issuer: wanted '{base}', found '{base}/'; "
            "the issuers differ only by a trailing slash",
            "section": "OpenID Connect Discovery 1.0 §4.3",
        },
        {
            "member": "jwks_uri",
            "message": "jwks_uri: http to '192.0.2.1' is refused: without TLS anyone on the way can change the keys",
            "section": "OpenID Connect Discovery 1.0 §3",
        },
        {
            "member": "token_endpoint",
            "message": "token_endpoint is missing, and required",
            "section": "OpenID Connect Discovery 1.0 §3",
        },
        {
            "member": "scopes_supported",
            "message": "scopes_supported must be an array of strings, found a string",
            "section": "OpenID Connect Discovery 1.0 §3",
        },
    ]
    shown = cli("issuer", "show", base)
    assert (shown.exit, shown.stdout.splitlines()[0]) == (1, f"FAULTY  4 faults in the document of {base}")
    assert "jwks_uri          http to '192.0.2.1' is refused: " in shown.stdout
    assert cli("issuer", "show", "-q", base).stdout == f"faulty: 4 faults in the document of {base}\n"


def test_an_oauth_document(cli: Cli, httpserver: HTTPServer, base: str) -> None:
    """RFC 8414 needs no jwks_uri, and nothing of OpenID."""
    members = document(base, jwks_uri=..., subject_types_supported=..., id_token_signing_alg_values_supported=...)
    httpserver.expect_request(OPENID).respond_with_data(status=404)
    httpserver.expect_request(OAUTH).respond_with_json(members)
    done = cli("issuer", "show", "--json", base)
    assert (done.exit, done.document["specification"], done.document["jwks_uri"]) == (0, "RFC 8414", None)
    httpserver.clear()
    httpserver.expect_request(OPENID).respond_with_data(status=404)
    httpserver.expect_request(OAUTH).respond_with_json({**members, "issuer": "x"})
    (fault,) = cli("issuer", "show", "--json", base).document["faults"]
    assert (fault["member"], fault["section"]) == ("issuer", "RFC 8414 §3.3")


def test_keys_on_another_host_are_pointed_out(cli: Cli, httpserver: HTTPServer, base: str) -> None:
    elsewhere = base.replace("localhost", "127.0.0.1") + "/jwks.json"
    httpserver.expect_request(OPENID).respond_with_json(document(base, jwks_uri=elsewhere))
    done = cli("issuer", "show", base)
    assert (done.exit, f"{elsewhere}  on another host\n" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>", "its keys can't be had: HOST answered with a web page, wanted a JWK set"),
        (b"{}", "its keys can't be had: the answer of HOST is no JWK set: the key set has no 'keys'"),
        (b'{"keys":[]}', "no key of its set can be used"),
    ],
)
def test_keys_that_cannot_be_had_are_a_fault(
    cli: Cli, httpserver: HTTPServer, base: str, body: bytes, message: str
) -> None:
    httpserver.expect_request("/other").respond_with_data(body)
    httpserver.expect_request(OPENID).respond_with_json(document(base, jwks_uri=f"{base}/other"))
    done = cli("issuer", "show", "--json", base)
    faults = [(fault["member"], fault["message"]) for fault in done.document["faults"]]
    assert (done.exit, faults) == (1, [("jwks_uri", message.replace("HOST", base.removeprefix("http://")))])


def test_a_published_private_key_is_a_fault(cli: Cli, httpserver: HTTPServer, base: str, keys: Path) -> None:
    served = {"keys": [json.loads((keys / "es256.jwk").read_text())]}
    httpserver.expect_request("/private").respond_with_json(served)
    httpserver.expect_request(OPENID).respond_with_json(document(base, jwks_uri=f"{base}/private"))
    done = cli("issuer", "show", "--json", base)
    (fault,) = done.document["faults"]
    assert (done.exit, fault["section"], "publishes a private key" in fault["message"]) == (1, "RFC 7517 §9.2", True)
    assert "d" not in done.document["keys"][0]


def test_a_remark_is_no_fault(cli: Cli, httpserver: HTTPServer, base: str) -> None:
    modern = document(base, id_token_signing_alg_values_supported=["ES256"])
    httpserver.expect_request(OPENID).respond_with_json(modern)
    done = cli("issuer", "show", base)
    assert (done.exit, done.stderr) == (
        0,
        (
            "note: id_token_signing_alg_values_supported has no RS256, which OpenID Connect Discovery 1.0 §3 "
            "still asks of everyone\n"
        ),
    )


def test_an_issuer_of_workloads_needs_no_endpoints(cli: Cli, httpserver: HTTPServer, base: str) -> None:
    """GitHub Actions and Kubernetes publish their keys, and nobody logs in there."""
    httpserver.expect_request(OPENID).respond_with_json(document(base, authorization_endpoint=..., token_endpoint=...))
    done = cli("issuer", "show", base)
    assert (done.exit, done.stderr) == (
        0,
        (
            "note: there is no authorization_endpoint and no token_endpoint: "
            "nobody logs in there, it publishes keys alone\n"
        ),
    )


def test_nothing_in_a_document_drives_the_terminal(cli: Cli, httpserver: HTTPServer, base: str) -> None:
    hostile = "\x1b[2J\u202e\x9b"
    members = document(base, issuer=hostile, op_tos_uri=hostile, id_token_signing_alg_values_supported=[hostile])
    httpserver.expect_request(OPENID).respond_with_json(members)
    done = cli("issuer", "show", "--color", "always", base)
    assert not set(done.stdout) & set("\u202e\x9b")
    assert "\x1b[2J" not in done.stdout
    assert cli("issuer", "show", "--json", base).exit == 1


@pytest.mark.parametrize(
    ("url", "code", "exit_code"),
    [
        ("http://auth.example", "url_scheme_refused", 2),
        ("auth.example", "url_malformed", 2),
        ("https://user:pw@auth.example", "url_malformed", 2),
        ("https://auth.example?a=b", "url_malformed", 2),
        ("https://auth.example/#k1", "url_malformed", 2),
        ("http://127.0.0.1:1", "jwks_unreachable", 5),
    ],
)
def test_an_issuer_that_cannot_be_asked(cli: Cli, url: str, code: str, exit_code: int) -> None:
    done = cli("issuer", "show", "--json", url)
    assert (done.exit, done.codes) == (exit_code, {code})


def test_no_document(cli: Cli, httpserver: HTTPServer, base: str) -> None:
    httpserver.expect_request(OPENID).respond_with_data(status=404)
    httpserver.expect_request(OAUTH).respond_with_data(status=404)
    done = cli("issuer", "show", "--json", base)
    assert (done.exit, done.codes) == (5, {"discovery_not_found"})
