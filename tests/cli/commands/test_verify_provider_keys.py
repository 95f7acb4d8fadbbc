"""`verify --preset` of a provider without a key: where the keys of each come from; local servers play the provider."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import to_pem

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.commands.conftest import Internet, Provided

OPENID = "/.well-known/openid-configuration"
TENANT = "6574d610-008d-4501-83cd-8dfe9dfa0e07"
ENTRA = "https://login.microsoftonline.com"


class TestKeys:
    """Where each provider's keys come from, when none are given."""

    @pytest.mark.parametrize(
        ("name", "jwks"),
        [
            ("apple", "https://appleid.apple.com/auth/keys"),
            ("auth0", "https://t.auth0.com/.well-known/jwks.json"),
            ("cognito", "https://cognito-idp.eu-west-1.amazonaws.com/p/.well-known/jwks.json"),
            ("entra", f"{ENTRA}/{TENANT}/discovery/v2.0/keys"),
            ("firebase", "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"),
            ("github-actions", "https://token.actions.githubusercontent.com/.well-known/jwks"),
            ("gitlab-ci", "https://gitlab.com/oauth/discovery/keys"),
            ("google", "https://www.googleapis.com/oauth2/v3/certs"),
            ("keycloak", "https://k.example/realms/r/protocol/openid-connect/certs"),
            ("okta", "https://d.okta.com/oauth2/default/v1/keys"),
        ],
    )
    def test_by_discovery(self, provided: Provided, internet: Internet, name: str, jwks: str) -> None:
        issuer = provided.claims(name)["iss"]
        document = f"{issuer.rstrip('/')}{OPENID}"
        internet(document, {"issuer": issuer, "jwks_uri": jwks})
        asked = internet(jwks)
        done = provided.verify(name, provided.token(name), keys=())
        assert (done.exit, done.document["key"], asked) == (0, {"kid": "k1", "source": jwks}, [document, jwks])

    @pytest.mark.parametrize(
        ("name", "url"),
        [
            ("cloudflare-access", "https://t.cloudflareaccess.com/cdn-cgi/access/certs"),
            ("iap", "https://www.gstatic.com/iap/verify/public_key-jwk"),
        ],
    )
    def test_at_a_url(self, provided: Provided, internet: Internet, name: str, url: str) -> None:
        asked = internet(url)
        assert (provided.verify(name, provided.token(name), keys=()).exit, asked) == (0, [url])

    def test_google_spells_its_issuer_in_two_ways(self, provided: Provided, internet: Internet) -> None:
        internet(
            f"https://accounts.google.com{OPENID}", {"issuer": "https://accounts.google.com", "jwks_uri": "https://g/"}
        )
        internet("https://g/")
        assert provided.verify("google", provided.token("google", {"iss": "accounts.google.com"}), keys=()).exit == 0

    @pytest.mark.parametrize(
        ("issuer", "stem", "iss"),
        [
            (f"{ENTRA}/{{tenantid}}/v2.0", f"{ENTRA}/common/v2.0", f"{ENTRA}/{TENANT}/v2.0"),
            (
                "https://sts.windows.net/{tenantid}/",
                "https://sts.windows.net/common",
                f"https://sts.windows.net/{TENANT}/",
            ),
        ],
    )
    def test_any_tenant_of_entra(
        self, provided: Provided, internet: Internet, issuer: str, stem: str, iss: str
    ) -> None:
        internet(f"{stem}{OPENID}", {"issuer": issuer, "jwks_uri": f"{ENTRA}/keys"})
        internet(f"{ENTRA}/keys")
        argv = ("-i", issuer)
        assert provided.verify("entra", provided.token("entra", {"iss": iss}), *argv, keys=()).exit == 0
        for odd in (TENANT.upper(), "common", "a/../b", 7, f"{TENANT}/x", ""):
            claims = {"tid": odd, "iss": issuer.replace("{tenantid}", str(odd))}
            done = provided.verify("entra", provided.token("entra", claims), *argv, keys=())
            assert done.codes == {"iss_mismatch"}, odd
        other = provided.token("entra", {"iss": iss, "tid": TENANT.replace("6", "7")})
        assert provided.verify("entra", other, *argv, keys=()).codes == {"iss_mismatch"}
        bare = provided.cli("verify", "--json", "-i", issuer, "-k", "jwks.json", provided.token("entra", {"iss": iss}))
        assert bare.codes == {"iss_mismatch"}

    @pytest.mark.parametrize(
        ("issuer", "codes"),
        [
            (f"{ENTRA}/{{tenantid}}/v2.0", set()),
            (f"{ENTRA}/{TENANT}/v2.0", set()),
            (f"{ENTRA}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", {"key_use_mismatch"}),
            ("https://evil.example", {"key_use_mismatch"}),
        ],
    )
    @pytest.mark.parametrize("options", [(), ("-i", f"{ENTRA}/{{tenantid}}/v2.0")])
    def test_a_key_of_consumers_does_not_sign_for_a_tenant(
        self, provided: Provided, keys: Path, issuer: str, codes: set[str], options: tuple[str, ...]
    ) -> None:
        """Each key of Microsoft says of which issuer it is; mixing them up was Storm-0558."""
        jwks = json.loads((keys / "jwks.json").read_text())
        jwks["keys"][0]["issuer"] = issuer
        (keys / "entra.json").write_text(json.dumps(jwks))
        done = provided.verify("entra", provided.token("entra"), *options, keys=("-k", "entra.json"))
        assert done.codes == codes
        lines = ("verify", "--lines", "--preset", "entra", "-k", "entra.json", *(options or provided.given("entra")))
        streamed = provided.cli(*lines, stdin=provided.token("entra").encode())
        assert json.loads(streamed.stdout)["ok"] is (not codes)
        plain = provided.cli("verify", "-q", "-k", "entra.json", provided.token("entra"))
        assert plain.exit == 0

    def test_the_common_document_is_not_of_one_tenant(self, provided: Provided, internet: Internet) -> None:
        internet(f"{ENTRA}/common/v2.0{OPENID}", {"issuer": f"{ENTRA}/{{tenantid}}/v2.0", "jwks_uri": f"{ENTRA}/keys"})
        done = provided.verify("entra", provided.token("entra"), "-i", f"{ENTRA}/common/v2.0", keys=())
        assert (done.exit, done.codes) == (5, {"issuer_mismatch"})
        assert done.document["error"]["hint"] == (
            "give the tenant's own issuer; --preset entra takes {tenantid} in -i, for any tenant"
        )


class TestKubernetes:
    def test_within_the_cluster(
        self,
        provided: Provided,
        internet: Internet,
        keys: Path,
        httpserver: HTTPServer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """By the CA and the token of the pod, which go to its API server alone."""
        from jwtool.operations import load_preset as presets

        (keys / "ca.crt").write_text("")
        (keys / "pod.jwt").write_text("pod-token\n")
        real = presets.load_preset

        def in_pod(name: str, command: Any) -> Any:
            preset = real(name, command)
            assert preset.provider is not None
            assert preset.provider.ca_file == "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
            assert preset.provider.bearer == "@/var/run/secrets/kubernetes.io/serviceaccount/token"
            return preset._replace(provider=preset.provider._replace(ca_file="ca.crt", bearer="@pod.jwt"))

        monkeypatch.setattr(presets, "load_preset", in_pod)
        url = "https://kubernetes.default.svc/openid/v1/jwks"
        asked = internet(url)
        done = provided.verify("kubernetes", provided.token("kubernetes"), keys=())
        assert (done.exit, asked) == (0, [url])
        assert [request.headers["Authorization"] for request, _ in httpserver.log] == ["Bearer pod-token"]
        own = provided.verify("kubernetes", provided.token("kubernetes"), "--bearer", "env:MINE", keys=())
        assert own.codes == {"variable_not_set"}

    def test_elsewhere(self, provided: Provided, internet: Internet, httpserver: HTTPServer) -> None:
        """With -i its own discovery is asked, and no file of a pod is read."""
        issuer = provided.claims("kubernetes")["iss"]
        internet(f"{issuer}{OPENID}", {"issuer": issuer, "jwks_uri": f"{issuer}/keys"})
        internet(f"{issuer}/keys")
        assert provided.verify("kubernetes", provided.token("kubernetes"), "-i", issuer, keys=()).exit == 0
        assert ["Authorization" in request.headers for request, _ in httpserver.log] == [False, False]

    def test_not_in_a_pod(self, provided: Provided) -> None:
        done = provided.verify("kubernetes", provided.token("kubernetes"), keys=())
        assert (done.exit, done.codes) == (3, {"file_not_found"})


class TestOtherSources:
    """What providers serve beside JWK sets."""

    @pytest.fixture
    def certificates(self, provided: Provided, keys: Path) -> dict[str, str]:
        """A certificate of es256.jwk by its kid, and one of another key, as Google serves them."""
        assert provided.cli("key", "new", "--kid", "k2", "-o", "other.jwk").exit == 0
        found = {}
        for kid, file in (("k1", "es256.jwk"), ("k2", "other.jwk")):
            (key,) = load_keys((keys / file).read_bytes(), passphrase=lambda: None).keys
            private: Any = serialization.load_pem_private_key(to_pem(key, private=True), None)
            name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "securetoken.system.gserviceaccount.com")])
            first = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
            builder = x509.CertificateBuilder(name, name, private.public_key(), 1, first, first + dt.timedelta(days=30))
            found[kid] = builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
        return found

    def test_a_certificate_map(self, provided: Provided, internet: Internet, certificates: dict[str, str]) -> None:
        url = "https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"
        asked = internet(url, certificates)
        done = provided.verify("firebase", provided.token("firebase"), keys=("-k", url))
        assert (done.exit, done.document["key"], asked) == (0, {"kid": "k1", "source": url}, [url])
        wrong = provided.verify("firebase", provided.token("firebase", kid="k2"), keys=("-k", url))
        assert wrong.codes == {"signature_invalid"}
        unknown = provided.verify("firebase", provided.token("firebase", kid="k3"), keys=("-k", url))
        assert unknown.codes == {"key_not_found"}

    def test_a_bare_certificate(self, provided: Provided, internet: Internet, certificates: dict[str, str]) -> None:
        internet("https://idp.example/cert.pem", certificates["k1"].encode())
        assert provided.cli("verify", "-q", "-k", "https://idp.example/cert.pem", provided.token("iap")).exit == 0

    def test_a_secret_in_a_certificate_map(self, provided: Provided, internet: Internet) -> None:
        internet("https://idp.example/map", {"k1": "a secret of thirty-two octets !!"})
        done = provided.cli("verify", "--json", "-k", "https://idp.example/map", provided.token("iap"))
        assert (done.exit, done.codes) == (5, {"response_malformed"})

    def test_private_keys_in_a_published_set(self, provided: Provided, internet: Internet, keys: Path) -> None:
        internet("https://idp.example/jwks", {"keys": [json.loads((keys / "es256.jwk").read_text())]})
        done = provided.cli("verify", "--json", "-k", "https://idp.example/jwks", provided.token("iap"))
        assert done.exit == 0
        assert "publishes a private key" in done.document["notes"][0]
