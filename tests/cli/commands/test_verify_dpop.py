"""`verify --dpop PROOF`: the token is bound to the key that made the proof, by `cnf`."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.keys.load import load_keys
from jwtool.jose.keyset import thumbprint

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli, Outcome

NOW = 1_795_556_400
GIVEN = {
    "access-token": ("-i", "https://auth.example", "--sub", "user-42", "-a", "api", "-c", "client_id=app"),
    "dpop": ("-c", "htm=POST", "-c", "htu=https://api.example/orders"),
}


@pytest.fixture(autouse=True)
def _here(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(keys)


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims = (json.loads(base64.urlsafe_b64decode(f"{part}==")) for part in token.split(".")[:2])
    return header, claims


class TestDpop:
    """`verify --dpop PROOF`: the token is bound to the key that made the proof."""

    @pytest.fixture
    def token(self, cli: Cli, keys: Path) -> str:
        """An access token bound to client.jwk, and proof for it."""
        assert cli("key", "new", "-o", "client.jwk").exit == 0
        jkt = thumbprint(load_keys((keys / "client.jwk").read_bytes(), passphrase=lambda: None).keys[0])
        shape = ("--preset", "access-token", *GIVEN["access-token"], "-c", f"cnf[jkt]={jkt}")
        token = cli("sign", "-k", "es256.jwk", *shape).stdout.strip()
        self.prove(cli, token, "-o", "proof")
        return token

    def prove(self, cli: Cli, token: str, *argv: str, key: str = "client.jwk") -> None:
        made = cli(
            "sign", "-k", key, "--preset", "dpop", *GIVEN["dpop"], "--access-token", "-", *argv, stdin=token.encode()
        )
        assert (made.exit, made.stdout) == (0, "")

    def verify(self, cli: Cli, token: str, *argv: str, **more: Any) -> Outcome:
        return cli("verify", "--json", "-k", "jwks.json", "--preset", "access-token", *argv, token, **more)

    def test_a_sound_proof(self, cli: Cli, token: str) -> None:
        done = self.verify(cli, token, "--dpop", "@proof")
        assert (done.exit, done.document["claims"]["sub"]) == (0, "user-42")
        (check,) = [check for check in done.document["checks"] if check["name"] == "cnf"]
        assert check["verdict"] == "ok"
        assert done.document["notes"] == [
            "whether htm and htu of the proof are those of the request was not judged: see verify --preset dpop"
        ]
        shown = cli("verify", "-k", "jwks.json", "--dpop", "@proof", f"Bearer {token}").stdout
        assert [line.split()[:3] for line in shown.splitlines() if line.startswith("key binding")] == [
            ["key", "binding", "ok"]
        ]

    def test_by_the_key_of_somebody_else(self, cli: Cli, token: str) -> None:
        self.prove(cli, token, "-o", "stolen", key="es256.jwk")
        done = self.verify(cli, token, "--dpop", "@stolen")
        assert (done.exit, done.codes, done.document["claims"]) == (1, {"cnf_mismatch"}, None)

    def test_for_another_token(self, cli: Cli, token: str) -> None:
        self.prove(cli, "another", "-o", "other")
        assert self.verify(cli, token, "--dpop", "@other").codes == {"ath_mismatch"}

    def test_too_old(self, cli: Cli, token: str) -> None:
        assert self.verify(cli, token, "--dpop", "@proof", "--at", "5m").codes == set()
        late = self.verify(cli, token, "--dpop", "@proof", "--at", str(NOW + 301))
        assert late.codes == {"dpop_proof_invalid"}
        assert self.verify(cli, token, "--dpop", "@proof", "--at", str(NOW + 301), "--leeway", "1s").codes == set()

    def test_the_token_itself_is_no_proof(self, cli: Cli, token: str, keys: Path) -> None:
        (keys / "token").write_text(token)
        assert self.verify(cli, token, "--dpop", "@token").codes == {"dpop_proof_invalid"}

    def test_a_token_that_is_bound_to_nothing(self, cli: Cli, token: str) -> None:
        assert token
        done = cli("verify", "--json", "-k", "jwks.json", "--dpop", "@proof", "@token.jwt")
        assert done.codes == {"claim_missing"}

    def test_a_sound_proof_makes_no_token_valid(self, cli: Cli, token: str) -> None:
        forged = f"{token[:-4]}AAAA"
        self.prove(cli, forged, "-o", "for-forged")
        assert self.verify(cli, forged, "--dpop", "@for-forged").codes == {"signature_invalid"}

    @pytest.mark.parametrize(
        ("proof", "exit_code", "code"),
        [
            ("x", 2, "secret_on_command_line"),
            ("@absent", 3, "file_not_found"),
            ("@bad", 3, "token_malformed"),
            ("@json", 3, "token_malformed"),
            ("env:NONE", 3, "variable_not_set"),
        ],
    )
    def test_a_proof_that_can_not_be_read(
        self, cli: Cli, token: str, keys: Path, proof: str, exit_code: int, code: str
    ) -> None:
        (keys / "bad").write_text("no proof")
        first, payload, signature = (keys / "proof").read_text().strip().split(".")
        (keys / "json").write_text(json.dumps({"protected": first, "payload": payload, "signature": signature}))
        done = self.verify(cli, token, "--dpop", proof)
        assert (done.exit, done.codes) == (exit_code, {code})
        if code == "token_malformed":
            assert done.document["error"]["message"].startswith("--dpop: ")

    def test_the_hash_in_the_proof_is_that_of_the_token(self, token: str, keys: Path) -> None:
        _, claims = opened((keys / "proof").read_text())
        digest = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
        assert claims["ath"] == digest
