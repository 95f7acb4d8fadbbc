"""`verify --preset` of a provider: what every one of them demands, explains and needs, by a key that is given."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from jwtool.operations.load_preset import PROVIDERS, load_preset

if TYPE_CHECKING:
    from tests.cli.commands.conftest import Provided
    from tests.cli.conftest import Cli

every = pytest.mark.parametrize("name", PROVIDERS)


@every
def test_a_good_token_passes(provided: Provided, name: str) -> None:
    done = provided.verify(name, provided.token(name))
    assert (done.exit, done.codes) == (0, set())


@every
def test_what_is_demanded_must_be_there(provided: Provided, name: str) -> None:
    preset = load_preset(name, "verify")
    assert preset.provider is not None
    patterns = {re.split("~=|:=|=", demand)[0] for demand in preset.provider.demands}
    for claim in {*preset.required, *patterns}:
        done = provided.verify(name, provided.token(name, {claim: ...}))
        assert (done.exit, done.codes) == (1, {"claim_missing"}), claim
    for claim in patterns:
        assert provided.verify(name, provided.token(name, {claim: "other"})).codes == {"claim_mismatch"}


@every
def test_another_issuer_is_refused(provided: Provided, name: str) -> None:
    """Of aws-alb the signer is the issuer; a Kubernetes cluster has keys of its own, and any name."""
    if name == "aws-alb":
        done = provided.verify(name, provided.token(name, signer=f"{provided.given(name)[1]}0"))
        assert (done.exit, done.codes) == (1, {"claim_mismatch"})
        assert [check["name"] for check in done.document["checks"] if check["verdict"] == "failed"] == [
            "require:signer"
        ]
        return
    token = provided.token(name, {"iss": f"{provided.claims(name)['iss']}x"})
    assert provided.verify(name, token).codes == (set() if name == "kubernetes" else {"iss_mismatch"})


@every
def test_options_that_are_given_win(provided: Provided, name: str) -> None:
    token = provided.token(name, {"iss": "https://me.example"})
    given = ("-i", "https://me.example", *(provided.given(name) if name in {"aws-alb", "firebase"} else ()))
    assert provided.verify(name, token, *given).exit == 0
    assert provided.verify(name, token, *given, "--alg", "RS256").codes == {"alg_not_allowed"}


@every
def test_it_explains_itself(cli: Cli, name: str) -> None:
    document = cli("verify", "--json", "--preset", name, "--explain-preset").document
    preset = load_preset(name, "verify")
    assert (document["title"], document["source"]) == (preset.title, preset.source)
    about = preset.provider.about if preset.provider else ()
    assert document.get("about", []) == list(about)
    assert all(line in cli("verify", "--preset", name, "--explain-preset").stdout for line in about)
    shown = [one["value"] for one in document["options"] if one["option"] == "--require"]
    assert set(shown) == {*preset.required, *(preset.provider.demands if preset.provider else ())}
    assert (files("jwtool.presets") / f"{name}.toml").read_text().startswith("# ")
    assert cli("sign", "--json", "-k", "es256.jwk", "--preset", name).document["error"]["exit"] == 2


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("auth0", "-i https://TENANT.auth0.com/"),
        ("cloudflare-access", "-i https://TEAM.cloudflareaccess.com"),
        ("cognito", "-i https://cognito-idp.REGION.amazonaws.com/POOL-ID"),
        ("keycloak", "-i https://HOST/realms/REALM"),
        ("okta", "-i https://DOMAIN.okta.com/oauth2/default"),
        ("firebase", "-a PROJECT-ID"),
        ("aws-alb", "-a arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID"),
    ],
)
def test_what_only_the_user_knows_must_be_given(cli: Cli, name: str, hint: str) -> None:
    done = cli("verify", "--json", "--preset", name, "@token.jwt")
    assert (done.exit, done.document["error"]["hint"]) == (2, hint)


@pytest.mark.parametrize("project", ["a/b", "..", ".", "a?b", "a#b", "https://x", "p" * 129, "\u00e9"])
def test_a_project_that_would_change_the_url(cli: Cli, project: str) -> None:
    done = cli("verify", "--json", "--preset", "firebase", "-a", project, "@token.jwt")
    assert (done.exit, done.codes) == (2, {"usage"})


def test_tenants_share_their_keys_so_the_issuer_is_always_needed(cli: Cli) -> None:
    assert cli("verify", "--json", "--preset", "entra", "-k", "jwks.json", "@token.jwt").exit == 2


class TestCognito:
    def test_an_access_token_names_its_client_in_client_id(self, provided: Provided) -> None:
        access = provided.token("cognito", {"aud": ..., "client_id": "app", "token_use": "access"})
        argv = provided.given("cognito")
        assert provided.verify("cognito", access, *argv, "-a", "app").exit == 0
        assert provided.verify("cognito", access, *argv, "-a", "other").codes == {"aud_mismatch"}
        assert provided.verify("cognito", provided.token("cognito"), *argv, "-a", "app").exit == 0
        both = provided.token("cognito", {"aud": "other", "client_id": "app"})
        assert provided.verify("cognito", both, *argv, "-a", "app").codes == {"aud_mismatch"}
        plain = provided.cli("verify", "--json", "-k", "jwks.json", "-a", "app", access)
        assert plain.codes == {"claim_missing"}
        only = provided.verify("cognito", access, *argv, "--require", "token_use=id")
        assert only.codes == {"claim_mismatch"}


def test_an_audience_that_nobody_demanded_is_pointed_out(provided: Provided) -> None:
    token = provided.token("google")
    said = "no audience was demanded: a token that was made for somebody else passes too; -a demands one"
    assert provided.verify("google", token).document["notes"] == [said]
    assert "notes" not in provided.verify("google", token, "-a", "app").document
    argv = ("verify", "--lines", "-q", "--preset", "google", "-k", "jwks.json")
    assert provided.cli(*argv, stdin=token.encode()).stderr.startswith(f"note: {said}\n")
