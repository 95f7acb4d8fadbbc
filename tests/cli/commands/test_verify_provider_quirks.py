"""What is odd about some providers: padded tokens, one URL for each key, tokens that nobody else can verify."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url, signatures
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import to_pem
from jwtool.operations.load_preset import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.commands.conftest import Internet, Provided
    from tests.cli.conftest import Cli

NOW = 1_795_556_400
ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/front/0123456789abcdef"


class TestAwsAlb:
    """The parts of its tokens are padded, its keys stand each at a URL of its own."""

    @pytest.fixture
    def padded(self, keys: Path) -> Callable[..., str]:
        def make(header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> str:
            (key,) = load_keys((keys / "es256.jwk").read_bytes(), passphrase=lambda: None).keys
            said = {"alg": "ES256", "kid": "2026-11-a", "signer": ARN, "typ": "JWT", "client": "c", **(header or {})}
            payload = {"exp": NOW + 60, "iss": "https://idp.example", "sub": "u", **(claims or {})}
            first, second = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in (said, payload))
            signature = base64.urlsafe_b64encode(signatures.sign("ES256", key, f"{first}.{second}".encode())).decode()
            assert "=" in signature
            return f"{first}.{second}.{signature}"

        return make

    @pytest.fixture
    def pem(self, keys: Path) -> bytes:
        (key,) = load_keys((keys / "es256.jwk").read_bytes(), passphrase=lambda: None).keys
        return to_pem(key, private=False)

    def test_end_to_end(self, provided: Provided, internet: Internet, padded: Callable[..., str], pem: bytes) -> None:
        url = "https://public-keys.auth.elb.eu-west-1.amazonaws.com/2026-11-a"
        asked = internet(url, pem)
        done = provided.verify("aws-alb", padded(), keys=())
        assert (done.exit, asked) == (0, [url])
        assert provided.verify("aws-alb", padded({"signer": f"{ARN}0"}), keys=()).codes == {"claim_mismatch"}
        assert provided.verify("aws-alb", padded({"signer": None}), keys=()).codes == {"claim_mismatch"}

    def test_no_other_preset_lets_padding_through(
        self, provided: Provided, padded: Callable[..., str], pem: bytes, keys: Path
    ) -> None:
        (keys / "alb.pem").write_bytes(pem)
        token = padded()
        assert provided.verify("aws-alb", token, keys=("-k", "alb.pem")).exit == 0
        assert provided.cli("verify", "--json", "-k", "alb.pem", token).codes == {"bad_base64url"}
        for name in set(PROVIDERS) - {"aws-alb"}:
            assert provided.verify(name, token, keys=("-k", "alb.pem")).codes == {"bad_base64url"}
        assert provided.verify("aws-alb", base64url_of(token), keys=("-k", "alb.pem")).codes == {"signature_invalid"}

    @pytest.mark.parametrize("spoil", ["{}=", "{}==", "={}", "{}====", "{}=a"])
    def test_padding_that_is_none(self, provided: Provided, padded: Callable[..., str], spoil: str) -> None:
        head, payload, signature = padded().split(".")
        token = f"{head}.{payload}.{spoil.format(signature)}"
        assert provided.verify("aws-alb", token).codes == {"bad_base64url"}

    @pytest.mark.parametrize("audience", ["front", "arn:aws:s3:::bucket", "arn:aws:elasticloadbalancing:EVIL/..:1:x"])
    def test_a_region_out_of_an_arn(self, cli: Cli, audience: str) -> None:
        done = cli("verify", "--json", "--preset", "aws-alb", "-a", audience, "@token.jwt")
        assert (done.exit, done.codes) == (2, {"usage"})


def base64url_of(token: str) -> str:
    """The token without padding, signature and all: other octets than those that were signed."""
    return ".".join(base64url.encode(base64.urlsafe_b64decode(part)) for part in token.split("."))


class TestQuirks:
    """Tokens that nobody can verify but their provider: one sentence instead of a riddle."""

    def test_okta_org_server(self, provided: Provided) -> None:
        argv = ("-i", "https://d.okta.com")
        change = {"iss": "https://d.okta.com", "cid": "0oa"}
        done = provided.verify("okta", provided.token("okta", change, kid="unknown"), *argv)
        assert (done.exit, done.codes) == (1, {"key_not_found"})
        assert "org authorization server" in done.document["notes"][-1]
        id_token = provided.verify("okta", provided.token("okta", {"iss": "https://d.okta.com"}, kid="unknown"), *argv)
        assert not any("org authorization server" in note for note in id_token.document["notes"])
        assert not any(
            "org" in note for note in provided.verify("okta", provided.token("okta", change), *argv).document["notes"]
        )

    def test_auth0_opaque_token(self, provided: Provided) -> None:
        header = base64url.encode(b'{"alg":"dir","enc":"A256GCM","iss":"https://t.auth0.com/"}')
        token = f"{header}..{'A' * 16}.{'A' * 20}.{'A' * 22}"
        done = provided.cli("verify", "-k", "jwks.json", token)
        assert (done.exit, done.stdout, done.stderr) == (
            3,
            "",
            (
                "jwtool: error: the token is encrypted for Auth0 itself (alg 'dir'): it gives such an opaque "
                "access token where no audience was asked for\nhint: ask Auth0 for the token with audience=YOUR-API\n"
            ),
        )
        other = base64url.encode(b'{"alg":"dir","enc":"A256GCM"}')
        assert "Auth0" not in provided.cli("verify", "-k", "jwks.json", token.replace(header, other)).stderr
        assert "Auth0" in provided.verify("auth0", token.replace(header, other)).stdout

    def test_entra_nonce_in_the_header(self, provided: Provided) -> None:
        assert provided.cli("key", "new", "--kid", "k1", "-o", "other.jwk").exit == 0
        claims = {"exp": NOW + 60, "iat": NOW, **provided.claims("entra")}
        forged = provided.issue(claims, by="other.jwk", kid="k1", nonce="AQABAAAAAAD")
        done = provided.verify("entra", forged)
        assert (done.exit, done.codes) == (1, {"signature_invalid"})
        assert "Graph" in done.document["notes"][-1]
        plain = provided.cli("verify", "--json", "-k", "jwks.json", forged)
        assert "Graph" in plain.document["notes"][-1]
        assert "Graph" not in provided.verify("entra", provided.issue(claims, by="other.jwk", kid="k1")).stdout
        assert "Graph" not in provided.verify("entra", provided.token("entra", nonce="AQ")).stdout
