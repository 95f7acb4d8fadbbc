"""ML-DSA on the command line: what differs from other keys, and a machine whose cryptography lacks it."""

from __future__ import annotations

import base64
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.algorithms import ALGORITHMS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

NAMES = [row.name for row in ALGORITHMS.values() if row.kty == "AKP"]
MISSING = "the cryptography library of this machine has no ML-DSA-44"
HINT = "`jwtool --version -v` shows its version; releases of 2026 have it"


@pytest.fixture
def folder(keys: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Besides `keys`: pq.jwk, pq.pub.jwk, pq.pem, pq.der and their public halves, mixed.json, pq.jwt."""
    monkeypatch.chdir(keys)
    assert (
        cli("key", "new", "--alg", "ML-DSA-44", "--kid", "pq", "-o", "pq.jwk", "--public-out", "pq.pub.jwk").exit == 0
    )
    for form in ("pem", "der"):
        new = ("key", "new", "--alg", "ML-DSA-44", "--format", form)
        assert cli(*new, "-o", f"pq.{form}", "--public-out", f"public.{form}").exit == 0
    assert cli("jwks", "build", "pq.jwk", "es256.jwk", "-o", "mixed.json").exit == 0
    assert cli("sign", "-k", "pq.jwk", "--sub", "user-42", "-o", "pq.jwt").exit == 0
    return keys


@pytest.fixture
def without_ml_dsa(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same folder, met by a library that is older."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    monkeypatch.delattr("cryptography.hazmat.primitives.asymmetric.mldsa", raising=False)
    return folder


def jwk(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_a_new_key(cli: Cli, folder: Path) -> None:
    private, public = jwk(folder / "pq.jwk"), jwk(folder / "pq.pub.jwk")
    assert list(private) == ["kty", "kid", "alg", "pub", "priv"]
    assert (private["kty"], private["kid"], private["alg"], len(private["priv"])) == ("AKP", "pq", "ML-DSA-44", 43)
    assert public == {name: value for name, value in private.items() if name != "priv"}
    assert json.loads(cli("key", "public", "pq.jwk").stdout) == public
    assert cli("key", "show", "pq.jwk").stdout.splitlines()[:3] == [
        "type        AKP ML-DSA-44, private",
        "kid         pq",
        "alg         ML-DSA-44",
    ]


@pytest.mark.usefixtures("folder")
def test_a_document_has_neither_a_curve_nor_bits(cli: Cli) -> None:
    document = cli("key", "show", "--json", "pq.jwk").document
    assert {"crv", "bits", "pub", "priv"}.isdisjoint(document)
    assert (document["kty"], document["alg"], document["algorithms"]) == ("AKP", "ML-DSA-44", ["ML-DSA-44"])
    (first, _) = cli("jwks", "show", "--json", "mixed.json").document["keys"]
    assert (first["kid"], first["kty"], first["alg"], first["usable"]) == ("pq", "AKP", "ML-DSA-44", True)
    assert "crv" not in first
    assert cli("jwks", "show", "mixed.json").stdout.splitlines()[1].split() == ["pq", "AKP", "ML-DSA-44", "-"]


@pytest.mark.usefixtures("folder")
def test_the_alg_of_the_key_is_the_one(cli: Cli) -> None:
    done = cli("sign", "--json", "-k", "pq.jwk", "--alg", "ML-DSA-65")
    assert (done.exit, done.codes) == (4, {"alg_key_mismatch"})
    message = "the key is for 'ML-DSA-44' only, by its 'alg', not for ML-DSA-65"
    assert done.document["error"]["message"] == message
    for alg, codes in (("ML-DSA-44", set()), ("ML-DSA-65", {"alg_not_allowed"}), ("ES256", {"alg_not_allowed"})):
        assert cli("verify", "--json", "-k", "mixed.json", "--alg", alg, "@pq.jwt").codes == codes


@pytest.mark.parametrize("option", ["--curve", "--size"])
def test_nothing_is_left_open(cli: Cli, option: str) -> None:
    done = cli("key", "new", "--alg", "ML-DSA-87", option, "256")
    kind, found = ("curve", "'256'") if option == "--curve" else ("size", "256")
    assert done.exit == 2
    assert done.stderr.splitlines()[0] == f"jwtool: error: ML-DSA-87 leaves no choice of a {kind}, found {found}"


@pytest.mark.usefixtures("folder")
def test_keys_from_pem_and_der_sign_and_verify(cli: Cli) -> None:
    for form in ("pem", "der"):
        token = cli("sign", "-k", f"pq.{form}").raw
        done = cli("verify", "--json", "-k", f"public.{form}", "-", stdin=token)
        assert (done.exit, done.document["alg"]) == (0, "ML-DSA-44")


def test_a_truncated_and_a_longer_signature(cli: Cli, folder: Path) -> None:
    signed, _, signature = (folder / "pq.jwt").read_text().strip().rpartition(".")
    value = base64.urlsafe_b64decode(f"{signature}==")
    assert len(value) == 2420
    for other in (value[:-1], value + b"\0", b"", bytes(2420), value[1:] + value[:1]):
        text = base64.urlsafe_b64encode(other).decode().rstrip("=")
        done = cli("verify", "--json", "-k", "pq.pub.jwk", "-", stdin=f"{signed}.{text}".encode())
        assert (done.exit, done.codes) == (1, {"signature_invalid"})


@pytest.mark.parametrize("name", ["pq.jwk", "pq.pub.jwk", "pq.pem", "public.pem", "pq.der", "public.der", "mixed.json"])
@pytest.mark.usefixtures("folder")
def test_the_key_is_no_secret(cli: Cli, name: str) -> None:
    for argv in (("sign", "-k", f"secret:@{name}"), ("verify", "-k", f"secret:@{name}", "@pq.jwt")):
        done = cli(*argv, "--json")
        assert (done.exit, done.document["error"]["code"]) == (4, "key_confusion")


@pytest.mark.usefixtures("folder")
def test_a_hash_of_no_algorithm_is_not_made_up(cli: Cli) -> None:
    claims = ("-i", "https://auth.example", "--sub", "u", "-a", "api")
    made = cli(
        "sign", "-k", "pq.jwk", "--preset", "id-token", *claims, "--access-token", "env:AT", env={"AT": "opaque"}
    )
    assert made.exit == 0
    read = cli("decode", "--json", "-", stdin=made.raw).document
    assert "at_hash" not in read["claims"]


def test_a_proof_of_possession(cli: Cli, folder: Path) -> None:
    """The jwk of a DPoP proof must name its alg, and cnf.jkt is the thumbprint over alg, kty and pub."""
    jkt = cli("key", "thumbprint", "pq.jwk").stdout.strip()
    shape = ("-i", "https://auth.example", "--sub", "u", "-a", "api", "-c", "client_id=app", "-c", f"cnf[jkt]={jkt}")
    token = cli("sign", "-k", "es256.jwk", "--preset", "access-token", *shape).raw
    parts = ("-c", "htm=GET", "-c", "htu=https://api.example/")
    proof = cli("sign", "-k", "pq.jwk", "--preset", "dpop", *parts, "--access-token", "-", stdin=token).stdout
    header = cli("decode", "--json", "-", stdin=proof.encode()).document["header"]
    assert header["jwk"] == {name: jwk(folder / "pq.pub.jwk")[name] for name in ("kty", "alg", "pub")}
    (folder / "proof").write_text(proof)
    done = cli("verify", "--json", "-k", "jwks.json", "--dpop", "@proof", "-", stdin=token)
    assert (done.exit, done.codes) == (0, set())


@pytest.mark.parametrize("alg", NAMES)
def test_it_explains_itself(cli: Cli, alg: str) -> None:
    row = ALGORITHMS[alg]
    done = cli("explain", alg.lower())
    assert done.exit == 0
    assert f"public key of {row.public_octets} bytes" in done.stdout
    assert f"A signature has {row.signature_octets} bytes" in done.stdout
    for member in ("pub", "priv", "kty"):
        assert "AKP" in cli("explain", member).stdout


class TestWithoutTheLibrary:
    """cryptography came before ML-DSA: the key is recognised, listed and skipped, and nothing else is harmed."""

    def test_the_set_goes_on(self, cli: Cli, without_ml_dsa: Path) -> None:
        done = cli("verify", "-q", "-k", "mixed.json", f"@{without_ml_dsa}/token.jwt")
        assert (done.exit, done.stdout) == (0, "valid\n")
        assert done.stderr == f"note: a key of mixed.json is not used: kid 'pq': {MISSING}\n"

    @pytest.mark.usefixtures("without_ml_dsa")
    def test_it_is_listed(self, cli: Cli) -> None:
        found = cli("jwks", "show", "--json", "mixed.json").document["keys"]
        assert [(one["kid"], one["usable"]) for one in found] == [("k1", True), ("pq", False)]
        assert (found[1]["kty"], found[1]["alg"], found[1]["code"]) == ("AKP", "ML-DSA-44", "key_unsupported")
        assert found[1]["reason"] == MISSING

    @pytest.mark.usefixtures("without_ml_dsa")
    def test_its_token_is_answered(self, cli: Cli) -> None:
        done = cli("verify", "--json", "-k", "mixed.json", "@pq.jwt")
        assert (done.exit, done.codes) == (1, {"key_not_found"})
        assert cli("decode", "@pq.jwt").exit == 0

    @pytest.mark.parametrize(
        "argv",
        [
            ("sign", "-k", "pq.jwk"),
            ("sign", "-k", "pq.pem"),
            ("verify", "-k", "pq.pub.jwk", "@pq.jwt"),
            ("key", "show", "pq.jwk"),
            ("key", "show", "pq.der"),
            ("key", "new", "--alg", "ML-DSA-44"),
            ("jwks", "build", "pq.jwk"),
        ],
    )
    @pytest.mark.usefixtures("without_ml_dsa")
    def test_alone_it_is_refused_by_name(self, cli: Cli, argv: tuple[str, ...]) -> None:
        done = cli(*argv)
        assert (done.exit, done.stdout) == (4, "")
        assert MISSING in done.stderr

    @pytest.mark.usefixtures("without_ml_dsa")
    def test_the_hint_can_be_typed(self, cli: Cli) -> None:
        done = cli("key", "new", "--alg", "ML-DSA-44")
        assert done.stderr == f"jwtool: error: {MISSING}\nhint: {HINT}\n"
        assert "cryptography" in cli("--version", "-v").stdout
