"""`jwtool verify`: which key verifies, which keys are refused, and where keys come from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import to_der, to_pem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cli.commands.conftest import Issue
    from tests.cli.conftest import Cli, Outcome

VERIFY = ("verify", "--json")


def failed(done: Outcome) -> dict[str, str]:
    return {check["name"]: check["code"] for check in done.document["checks"] if check["verdict"] == "failed"}


def write_set(path: Path, *jwks: object) -> Path:
    path.write_text(json.dumps({"keys": list(jwks)}))
    return path


def read(path: Path) -> dict[str, object]:
    members: dict[str, object] = json.loads(path.read_text())
    return members


@pytest.fixture
def other(keys: Path, cli: Cli) -> Path:
    """Another ES256 key beside the usual one, with the kid k2: other.jwk and other.public.jwk."""
    new = ("key", "new", "--kid", "k2", "-o", keys / "other.jwk", "--public-out", keys / "other.public.jwk")
    assert cli(*new).exit == 0
    return keys


class TestKid:
    """A token with a `kid`: the key of that `kid` and no other; a key without one stands for any."""

    def test_the_key_of_that_kid(self, cli: Cli, other: Path, issue: Issue) -> None:
        both = write_set(other / "both.json", read(other / "other.public.jwk"), read(other / "es256.public.jwk"))
        done = cli(*VERIFY, "-k", both, issue({}))
        assert (done.exit, done.document["key"]) == (0, {"kid": "k1", "source": str(both)})

    def test_no_other_even_if_it_would_verify(self, cli: Cli, keys: Path, issue: Issue) -> None:
        done = cli(*VERIFY, "-k", keys / "jwks.json", issue({}, kid="k2"))
        assert (done.exit, failed(done), done.document["key"]) == (1, {"signature": "key_not_found"}, None)
        assert done.document["candidates"] == [
            {"kid": "k1", "source": str(keys / "jwks.json"), "code": "kid_mismatch", "reason": "its kid is 'k1'"}
        ]

    def test_a_key_without_a_kid_stands_for_any(self, cli: Cli, keys: Path, issue: Issue) -> None:
        bare = {name: value for name, value in read(keys / "es256.public.jwk").items() if name != "kid"}
        (keys / "bare.jwk").write_text(json.dumps(bare))
        assert cli(*VERIFY, "-k", keys / "bare.jwk", issue({}, kid="anything")).exit == 0
        assert cli(*VERIFY, "-k", write_set(keys / "bare.json", bare), issue({}, kid="anything")).exit == 0

    def test_a_kid_that_two_keys_share_is_refused(self, cli: Cli, other: Path, issue: Issue) -> None:
        twin = read(other / "other.public.jwk") | {"kid": "k1"}
        twins = write_set(other / "twins.json", read(other / "es256.public.jwk"), twin)
        assert failed(cli(*VERIFY, "-k", twins, issue({}))) == {"signature": "key_ambiguous"}

    def test_without_a_kid_every_fitting_key_is_tried(self, cli: Cli, other: Path, issue: Issue) -> None:
        both = ("-k", other / "other.public.jwk", "-k", other / "es256.public.jwk")
        done = cli(*VERIFY, *both, issue({}, kid=None))
        assert (done.exit, done.document["key"]["kid"]) == (0, "k1")
        assert failed(cli(*VERIFY, "-k", other / "other.public.jwk", issue({}, kid=None))) == {
            "signature": "signature_invalid"
        }

    def test_at_most_sixteen_keys_are_tried(self, cli: Cli, other: Path, issue: Issue) -> None:
        stranger = read(other / "other.public.jwk")
        strangers = [stranger | {"kid": f"s{number}"} for number in range(16)]
        right = read(other / "es256.public.jwk")
        done = cli(*VERIFY, "-k", write_set(other / "17.json", *strangers, right), issue({}, kid=None))
        assert failed(done) == {"signature": "signature_invalid"}
        assert done.document["notes"] == ["1 more keys fit and were not tried: at most 16 are"]
        assert cli(*VERIFY, "-k", write_set(other / "16.json", *strangers[1:], right), issue({}, kid=None)).exit == 0

    def test_a_fragment_chooses_one_key(self, cli: Cli, other: Path, issue: Issue) -> None:
        both = write_set(other / "both.json", read(other / "other.public.jwk"), read(other / "es256.public.jwk"))
        assert cli(*VERIFY, "-k", f"{both}#k1", issue({}, kid=None)).exit == 0
        assert failed(cli(*VERIFY, "-k", f"{both}#k2", issue({}, kid=None))) == {"signature": "signature_invalid"}
        missing = cli("verify", "-k", f"{both}#k3", issue({}))
        assert (missing.exit, missing.stdout) == (4, "")
        assert missing.stderr == f"jwtool: error: {both}: no key has the kid 'k3'; on offer: 'k2', 'k1'\n"


class TestFit:
    """A key fits by `kty`, curve, `alg`, `use`, `key_ops`: the algorithm is what the key allows."""

    @pytest.mark.parametrize(
        ("members", "code"),
        [
            ({}, None),
            ({"use": "sig"}, None),
            ({"key_ops": ["verify"]}, None),
            ({"alg": "ES256"}, None),
            ({"use": "enc"}, "key_use_mismatch"),
            ({"use": "https://example.com/other"}, "key_use_mismatch"),
            ({"key_ops": ["encrypt"]}, "key_use_mismatch"),
            ({"key_ops": []}, "key_use_mismatch"),
            ({"alg": "ECDH-ES"}, "alg_key_mismatch"),
        ],
    )
    def test_members_of_the_key(
        self, cli: Cli, keys: Path, issue: Issue, members: dict[str, object], code: str | None
    ) -> None:
        public = {name: value for name, value in read(keys / "es256.public.jwk").items() if name != "alg"}
        (keys / "marked.jwk").write_text(json.dumps(public | members))
        assert failed(cli(*VERIFY, "-k", keys / "marked.jwk", issue({}))).get("signature") == code

    def test_a_key_of_the_wrong_type_is_a_failed_check(
        self, cli: Cli, keys: Path, private_keys: Mapping[str, Path]
    ) -> None:
        done = cli(*VERIFY, "-k", private_keys["RS256"], f"@{keys}/token.jwt")
        assert (done.exit, failed(done)) == (1, {"signature": "alg_key_mismatch", "alg": "alg_key_mismatch"})
        assert [one["code"] for one in done.document["candidates"]] == ["alg_key_mismatch"]

    def test_a_public_key_is_no_secret(self, cli: Cli, keys: Path, tmp_path: Path, issue: Issue) -> None:
        """The oldest attack: HS256 over the bytes of the public key."""
        (public,) = load_keys((keys / "es256.public.jwk").read_bytes(), passphrase=lambda: None).keys
        (tmp_path / "public.pem").write_bytes(to_pem(public, private=False))
        secret = read(tmp_path / "es256.public.jwk")
        assert secret["kty"] == "EC"
        done = cli("verify", "-k", f"secret:@{tmp_path}/public.pem", issue({}))
        assert (done.exit, done.stdout) == (4, "")
        assert done.stderr == (
            f"jwtool: error: secret:@{tmp_path}/public.pem holds a PEM block, which must not become an HMAC secret\n"
            "hint: give the key file as it is, without 'secret:', 'hex:' or 'base64:'\n"
        )

    @pytest.mark.parametrize(
        ("allowed", "code"),
        [
            (("ES256",), None),
            (("RS256", "ES256"), None),
            (("RS256",), "alg_not_allowed"),
            (("ES256K",), "alg_not_allowed"),
        ],
    )
    def test_alg_narrows(self, cli: Cli, keys: Path, issue: Issue, allowed: tuple[str, ...], code: str | None) -> None:
        options = [part for name in allowed for part in ("--alg", name)]
        done = cli(*VERIFY, "-k", keys / "jwks.json", *options, issue({}))
        assert failed(done) == ({} if code is None else {"signature": code, "alg": code})

    @pytest.mark.parametrize("key", ["EdDSA", "Ed25519"])
    @pytest.mark.parametrize("token", ["EdDSA", "Ed25519"])
    @pytest.mark.parametrize("option", ["EdDSA", "Ed25519"])
    def test_eddsa_and_its_full_name_satisfy_each_other(
        self,
        cli: Cli,
        private_keys: Mapping[str, Path],
        issue: Issue,
        tmp_path: Path,
        key: str,
        token: str,
        option: str,
    ) -> None:
        (tmp_path / "named.jwk").write_text(json.dumps(read(private_keys["EdDSA"]) | {"alg": key}))
        signed = issue({}, by=str(tmp_path / "named.jwk"), alg=token)
        assert cli(*VERIFY, "-k", tmp_path / "named.jwk", "--alg", option, signed).exit == 0
        refused = cli(*VERIFY, "-k", tmp_path / "named.jwk", "--alg", "Ed448", signed)
        assert failed(refused) == {"signature": "alg_not_allowed", "alg": "alg_not_allowed"}


class TestWeakKeys:
    """`--allow-weak-key` lets a legacy secret through that is only short, and says so."""

    @pytest.fixture
    def weak(self, tmp_path: Path) -> Path:
        path = tmp_path / "weak.jwk"
        path.write_text(json.dumps({"kty": "oct", "k": "c2hvcnQgc2VjcmV0"}))
        return path

    def test_it_is_refused(self, cli: Cli, weak: Path, issue: Issue) -> None:
        done = cli("verify", "-k", weak, issue({}, by="weak.jwk", alg="HS256"))
        assert (done.exit, done.stdout) == (4, "")
        assert done.stderr == (
            f"jwtool: error: the key of {weak} can't be used: the secret is 12 octets long, HS256 wants at least 32\n"
        )

    def test_it_verifies_if_allowed_and_is_shown(self, cli: Cli, weak: Path, issue: Issue) -> None:
        token = issue({}, by="weak.jwk", alg="HS256")
        done = cli("verify", "-q", "--allow-weak-key", "-k", weak, token)
        assert (done.exit, done.stdout) == (0, "valid\n")
        assert done.stderr == (
            f"note: the key of {weak} is too weak, and was allowed to verify: "
            "the secret is 12 octets long, HS256 wants at least 32\n"
        )

    def test_it_is_allowed_to_verify_what_it_signed_only(self, cli: Cli, weak: Path, issue: Issue) -> None:
        header, payload, signature = issue({}, by="weak.jwk", alg="HS256").split(".")
        forged = f"{header}.{payload}.{signature[:-2]}AA"
        assert failed(cli(*VERIFY, "--allow-weak-key", "-k", weak, forged)) == {"signature": "signature_invalid"}

    @pytest.mark.parametrize("jwk", [{"kty": "oct", "k": ""}, {"kty": "oct", "k": "A="}])
    def test_no_other_weakness_is_forgiven(self, cli: Cli, keys: Path, jwk: dict[str, str]) -> None:
        (keys / "bad.jwk").write_text(json.dumps(jwk))
        done = cli(*VERIFY, "--allow-weak-key", "-k", keys / "bad.jwk", f"@{keys}/token.jwt")
        assert done.exit == 4
        assert done.codes <= {"key_too_weak", "key_malformed"}


class TestForms:
    """Key material is recognised by content, wherever it comes from."""

    @pytest.mark.parametrize("private", [True, False])
    @pytest.mark.parametrize("form", ["jwk", "pem", "der"])
    def test_jwk_pem_and_der(self, cli: Cli, keys: Path, issue: Issue, form: str, *, private: bool) -> None:
        (key,) = load_keys((keys / "es256.jwk").read_bytes(), passphrase=lambda: None).keys
        name = "es256.jwk" if private else "es256.public.jwk"
        write = {"pem": to_pem, "der": to_der}.get(form)
        data = (keys / name).read_bytes() if write is None else write(key, private=private)
        (keys / "any").write_bytes(data)
        assert cli(*VERIFY, "-k", keys / "any", issue({})).exit == 0
        assert cli(*VERIFY, "-k", f"@{keys}/any", issue({})).exit == 0
        assert cli(*VERIFY, "-k", "-", issue({}), stdin=data).exit == 0

    def test_from_a_variable(self, cli: Cli, keys: Path, issue: Issue) -> None:
        env = {"KEYS": (keys / "jwks.json").read_text(), "JWTOOL_KEY": "env:KEYS"}
        done = cli(*VERIFY, "-k", "env:KEYS", issue({}), env=env)
        assert (done.exit, done.document["key"]) == (0, {"kid": "k1", "source": "env:KEYS"})
        assert cli(*VERIFY, issue({}), env=env).exit == 0

    @pytest.mark.parametrize(("prefix", "text"), [("hex", "{hex}"), ("base64", "{b64}"), ("secret", "{raw}\n")])
    def test_secrets(self, cli: Cli, tmp_path: Path, issue: Issue, prefix: str, text: str) -> None:
        secret = b"a secret of thirty-two octets !!"
        (tmp_path / "s.jwk").write_text(json.dumps({"kty": "oct", "k": "YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBvY3RldHMgISE"}))
        written = text.format(hex=secret.hex(), b64="YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBvY3RldHMgISE=", raw=secret.decode())
        (tmp_path / "secret").write_text(written)
        token = issue({}, by="s.jwk", alg="HS256")
        assert cli(*VERIFY, "-k", f"{prefix}:@{tmp_path}/secret", token).exit == 0
        assert cli(*VERIFY, "-k", f"{prefix}:-", token, stdin=written.encode()).exit == 0
        assert cli(*VERIFY, "-k", f"{prefix}:env:S", token, env={"S": written.strip()}).exit == 0
