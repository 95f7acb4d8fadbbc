"""OpenID providers that none of us wrote: oidc-provider and oauth2-mock-server, where Node and these packages are.

NODE_PATH says where the packages are; .ci/run puts them there if it can.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "the secret of a client in a test"
RESOURCE = "https://api.example"
SCRIPTS = {
    "oidc-provider": """
        import * as http from "node:http";
        import { generateKeyPairSync } from "node:crypto";
        import { Provider } from "oidc-provider";
        const server = http.createServer();
        await new Promise((done) => server.listen(0, "127.0.0.1", done));
        const issuer = `http://127.0.0.1:${server.address().port}`;
        const key = (type, options, kid) =>
            ({ ...generateKeyPairSync(type, options).privateKey.export({ format: "jwk" }), use: "sig", kid });
        const api = { scope: "read", audience: "api", accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } } };
        const provider = new Provider(issuer, {
            jwks: { keys: [key("rsa", { modulusLength: 2048 }, "r1"), key("ec", { namedCurve: "P-256" }, "e1")] },
            clients: [{
                client_id: "app", client_secret: process.env.SECRET, grant_types: ["client_credentials"],
                redirect_uris: [], response_types: [],
            }],
            features: {
                devInteractions: { enabled: false },
                clientCredentials: { enabled: true },
                resourceIndicators: { enabled: true, getResourceServerInfo: () => api },
            },
        });
        server.on("request", provider.callback());
        console.log(issuer);
    """,
    "oauth2-mock-server": """
        import { OAuth2Server } from "oauth2-mock-server";
        const server = new OAuth2Server();
        await server.issuer.keys.generate("RS256");
        await server.start(0, "127.0.0.1");
        console.log(server.issuer.url);
    """,
}


@pytest.fixture(params=sorted(SCRIPTS))
def issuer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a running issuer."""
    node = shutil.which("node")
    folders = [folder for folder in os.environ.get("NODE_PATH", "").split(os.pathsep) if folder]
    found = next((folder for folder in folders if (Path(folder) / request.param).is_dir()), None)
    if node is None or found is None:
        pytest.skip(f"no Node, or no {request.param} where NODE_PATH says")
    (tmp_path / "node_modules").symlink_to(Path(found).resolve())
    (tmp_path / "issuer.mjs").write_text(SCRIPTS[request.param])
    process = subprocess.Popen(
        [node, "issuer.mjs"],
        cwd=tmp_path,
        env={**os.environ, "SECRET": SECRET},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://"), "the issuer does not start"
        yield url
    finally:
        process.kill()
        process.communicate()


def jwtool(*argv: str, stdin: str = "") -> tuple[int, Any]:
    """Exit code and document of a command, by the real clock."""
    done = subprocess.run(
        [sys.executable, "-m", "jwtool", *argv, "--json"],
        input=stdin,
        env={**os.environ, "SECRET": SECRET},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_from_the_document_to_a_verdict(issuer: str) -> None:
    code, shown = jwtool("issuer", "show", issuer)
    assert (code, shown["faults"], shown["issuer"]) == (0, [], issuer)
    assert all(key["usable"] for key in shown["keys"])
    client = ("--client-id", "app", "--client-secret", "env:SECRET", "--resource", RESOURCE, "--scope", "read")
    code, got = jwtool("token", "get", "-i", issuer, *client)
    token = got["access_token"] if "access_token" in got else got["token"]
    assert code == 0
    code, verified = jwtool("verify", "-i", issuer, "--scope", "read", stdin=token)
    assert (code, verified["claims"]["iss"]) == (0, issuer)
    assert verified["key"]["source"] == shown["jwks_uri"]
    assert verified["key"]["kid"] in [key["kid"] for key in shown["keys"]]
    assert jwtool("verify", "-k", f"issuer:{issuer}", stdin=token)[0] == 0
    head, payload, signature = token.split(".")
    other = "A" if signature[0] != "A" else "B"
    code, forged = jwtool("verify", "-i", issuer, stdin=f"{head}.{payload}.{other}{signature[1:]}")
    assert (code, forged["checks"][0]["code"]) == (1, "signature_invalid")
    code, slash = jwtool("verify", "-i", f"{issuer}/", stdin=token)
    assert (code, slash["error"]["code"]) == (5, "issuer_mismatch")
