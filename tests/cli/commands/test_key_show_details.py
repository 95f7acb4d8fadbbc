"""`jwtool key show`: names and fingerprints, certificates, what a key may do, and how its file is encrypted."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT
from jwtool.jose.keys.public import SSH_CURVES
from tests.cli.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.cli.conftest import Cli

DAY = 86400


def rows(text: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (line.strip().partition("  ") for line in text.splitlines())]


class TestNames:
    """Each name is a hash that others compute too."""

    def test_fingerprints(self, cli: Cli, private_keys: Mapping[str, Path], alg: str) -> None:
        document = cli("key", "show", "--json", private_keys[alg]).document
        if ALGORITHMS[alg].kty == "oct":
            assert not {"thumbprint", "thumbprints", "thumbprint_uri", "spki_fingerprint", "ssh_fingerprint"} & set(
                document
            )
            return
        spki = cli("key", "public", "--to", "der", private_keys[alg]).raw
        assert document["spki_fingerprint"] == f"SHA256:{base64.b64encode(hashlib.sha256(spki).digest()).decode()}"
        if document["kty"] == "RSA" or document.get("crv") in SSH_CURVES:
            line = load_der_public_key(spki).public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
            digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
            assert document["ssh_fingerprint"] == f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"
        else:
            assert "ssh_fingerprint" not in document
        for name, value in document["thumbprints"].items():
            assert cli("key", "thumbprint", "--hash", name, private_keys[alg]).stdout == f"{value}\n"
        assert list(document["thumbprints"]) == ["sha256", "sha384", "sha512"]
        assert cli("key", "thumbprint", "--uri", private_keys[alg]).stdout == f"{document['thumbprint_uri']}\n"

    @pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen here")
    def test_ssh_keygen_and_openssl_say_the_same(self, cli: Cli, keys: Path) -> None:
        assert cli("key", "public", "--to", "ssh", keys / "es256.jwk", "-o", keys / "id.pub").exit == 0
        listed = subprocess.run(["ssh-keygen", "-lf", keys / "id.pub"], capture_output=True, check=True).stdout
        document = cli("key", "show", "--json", keys / "es256.jwk").document
        assert listed.decode().split()[1] == document["ssh_fingerprint"]


class TestFitting:
    """What a key may do, by its type and by what it says of itself."""

    @pytest.mark.parametrize(
        ("said", "signs", "encrypts"),
        [
            ({}, ["ES256"], ["ECDH-ES+A256KW", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW"]),
            ({"use": "sig"}, ["ES256"], []),
            ({"use": "enc"}, [], ["ECDH-ES+A256KW", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW"]),
            ({"alg": "ES256"}, ["ES256"], []),
            ({"alg": "ECDH-ES"}, [], ["ECDH-ES"]),
            ({"key_ops": ["sign"]}, ["ES256"], []),
            ({"key_ops": []}, [], []),
        ],
    )
    def test_by_what_it_says(
        self, cli: Cli, keys: Path, said: dict[str, Any], signs: list[str], encrypts: list[str]
    ) -> None:
        jwk = {n: v for n, v in json.loads((keys / "es256.jwk").read_text()).items() if n != "alg"} | said
        (keys / "own.jwk").write_text(json.dumps(jwk))
        document = cli("key", "show", "--json", keys / "own.jwk").document
        assert (document["signing_algorithms"], document["encryption_algorithms"]) == (signs, encrypts)
        shown = dict(rows(cli("key", "show", keys / "own.jwk").stdout))
        assert shown["signatures"].strip() == (", ".join(signs) or "nothing")
        assert shown["encryption"].strip() == (", ".join(encrypts) or "nothing")

    @pytest.mark.parametrize("name", [*KEY_MANAGEMENT, *CONTENT_ENCRYPTION])
    def test_a_new_key_fits_what_it_was_made_for(self, cli: Cli, tmp_path: Path, name: str) -> None:
        assert cli("key", "new", "--alg", name, "-o", tmp_path / "k.jwk").exit == 0
        document = cli("key", "show", "--json", tmp_path / "k.jwk").document
        wanted = "dir" if name in CONTENT_ENCRYPTION else name
        assert wanted in document["encryption_algorithms"] or (name == "dir" and document["bits"] == 256)
        assert document["signing_algorithms"] == []


class TestCertificates:
    """Whose they are and how long they are good for, by the clock; nobody has judged whom to trust."""

    @pytest.fixture
    def certify(self, tmp_path: Path) -> Any:
        """Write a chain of a leaf and its root to chain.pem; the leaf is valid between these days from NOW."""
        root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root_name, leaf_name = (
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in ("root", "le\x1b[31maf")
        )

        def make(first: int, last: int, *, forged: bool = False) -> Path:
            def certificate(subject: x509.Name, own: Any, days: tuple[int, int], by: Any) -> bytes:
                begin, end = (dt.datetime.fromtimestamp(NOW + day * DAY, dt.UTC) for day in days)
                builder = x509.CertificateBuilder(root_name, subject, own.public_key(), 255, begin, end)
                return builder.sign(by, hashes.SHA256()).public_bytes(Encoding.PEM)

            own = certificate(leaf_name, leaf, (first, last), leaf if forged else root)
            path = tmp_path / "chain.pem"
            path.write_bytes(own + certificate(root_name, root, (-9, 9), root))
            return path

        return make

    def test_good_ones(self, cli: Cli, certify: Any) -> None:
        done = cli("key", "show", certify(-1, 2))
        document = cli("key", "show", "--json", certify(-1, 2)).document
        first, second = document["chain"]
        assert first == {
            "subject": "CN=le\x1b[31maf",
            "issuer": "CN=root",
            "serial": "ff",
            "not_before": NOW - DAY,
            "not_after": NOW + 2 * DAY,
            "valid": True,
            "x5t#S256": first["x5t#S256"],
        }
        assert (second["subject"], second["valid"], document["certificates"], "remarks" in document) == (
            "CN=root",
            True,
            2,
            False,
        )
        shown = done.stdout.splitlines()
        at = shown.index(r"certificate  CN=le\x1b[31maf")
        assert shown[at + 1 : at + 4] == [
            "  issuer     CN=root",
            "  from       2026-11-23 21:40:00 UTC",
            "  until      2026-11-26 21:40:00 UTC, in 2 d",
        ]

    @pytest.mark.parametrize(
        ("days", "forged", "remark"),
        [
            ((-3, -1), False, "certificate 1 of the chain expired 1 d ago, 2026-11-23 21:40:00 UTC"),
            ((1, 3), False, "certificate 1 of the chain is not valid yet: it will be in 1 d, 2026-11-25 21:40:00 UTC"),
            ((-1, 1), True, "certificate 2 of the chain did not issue certificate 1"),
        ],
    )
    def test_bad_ones(self, cli: Cli, certify: Any, days: tuple[int, int], forged: bool, remark: str) -> None:
        path = certify(*days, forged=forged)
        document = cli("key", "show", "--json", path).document
        assert (document["ok"], document["remarks"], document["chain"][0]["valid"]) == (True, [remark], forged)
        assert cli("key", "show", path).stdout.splitlines()[-1] == f"remark       {remark}"

    def test_one_that_cant_be_read(self, cli: Cli, certify: Any, tmp_path: Path) -> None:
        """The key policy reads the first certificate of x5c only; the others may be anything."""
        (jwk,) = json.loads(cli("jwks", "build", certify(-1, 1)).stdout)["keys"]
        jwk["x5c"][1] = base64.b64encode(b"\x30\x03\x02\x01\x01").decode()
        (tmp_path / "odd.jwk").write_text(json.dumps(jwk))
        document = cli("key", "show", "--json", tmp_path / "odd.jwk").document
        assert (document["chain"][0]["valid"], document["chain"][1]) == (True, None)
        assert document["remarks"] == [
            "certificate 2 of the chain can't be read",
            "certificate 2 of the chain did not issue certificate 1",
        ]
        assert ("certificate", "damaged") in [
            (a, b.strip()) for a, b in rows(cli("key", "show", tmp_path / "odd.jwk").stdout)
        ]


class TestEncryption:
    """How the file of the key is encrypted, and how few rounds that is."""

    @pytest.mark.parametrize(
        ("form", "scheme", "rounds", "recommended", "remark"),
        [
            (
                "pem",
                "PKCS#8, PBKDF2 with SHA-256",
                2048,
                600_000,
                (
                    "the file is encrypted with 2,048 rounds only, 600,000 are recommended:"
                    " jwtool key convert --new-passphrase writes a JWK with as many"
                ),
            ),
            ("ssh", "OpenSSH, bcrypt", 24, 16, None),
            ("jwk", "JWE, PBKDF2 with SHA-256", 600_000, 600_000, None),
        ],
    )
    def test_what_we_write(
        self, cli: Cli, keys: Path, form: str, scheme: str, rounds: int, recommended: int, remark: str | None
    ) -> None:
        argv = ("key", "convert", keys / "es256.jwk", "--to", form, "--new-passphrase", "env:P", "-o", keys / "locked")
        assert cli(*argv, env={"P": "x"}).exit == 0
        show = ("key", "show", keys / "locked", "--passphrase", "env:P")
        document = cli(*show, "--json", env={"P": "x"}).document
        assert document["encryption"] == {"scheme": scheme, "rounds": rounds, "recommended": recommended}
        assert document.get("remarks", []) == ([] if remark is None else [remark])
        shown = [(name, value.strip()) for name, value in rows(cli(*show, env={"P": "x"}).stdout)]
        assert ("encrypted", f"{scheme}, {rounds:,} rounds") in shown

    def test_an_old_scheme(self, cli: Cli, tmp_path: Path) -> None:
        native = ec.generate_private_key(ec.SECP256R1())
        locked = native.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"x"))
        (tmp_path / "old.pem").write_bytes(locked)
        show = ("key", "show", tmp_path / "old.pem", "--passphrase", "env:P")
        document = cli(*show, "--json", env={"P": "x"}).document
        assert document["encryption"] == {"scheme": "PEM as in RFC 1421, MD5", "rounds": 1, "recommended": None}
        assert document["remarks"] == ["the file is encrypted weakly: PEM as in RFC 1421, MD5, 1 round"]
        assert cli(*show, env={"P": "x"}).stdout.splitlines()[-1] == f"remark      {document['remarks'][0]}"

    def test_a_plain_file_says_nothing(self, cli: Cli, keys: Path) -> None:
        assert "encryption" not in cli("key", "show", "--json", keys / "es256.jwk").document
