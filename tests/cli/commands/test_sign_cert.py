"""`jwtool sign --cert`: a certificate goes into the header, if it is that of the key that signs."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from jwtool.jose import base64url
from tests.cli.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli

DAY = 86400


def certify(subject: str, issuer: str, own: Any, by: Any, days: tuple[int, int] = (-1, 1)) -> bytes:
    """A certificate in PEM that is valid from and until so many days after NOW."""
    named = {one: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, one)]) for one in (subject, issuer)}
    begin, end = (dt.datetime.fromtimestamp(NOW + day * DAY, dt.UTC) for day in days)
    return (
        x509.CertificateBuilder()
        .subject_name(named[subject])
        .issuer_name(named[issuer])
        .public_key(own.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(end)
        .sign(by, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """leaf.key, and certificates for it: leaf.pem, leaf.der, chain.pem, old.pem, early.pem; for others root.pem."""
    monkeypatch.chdir(tmp_path)
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "leaf.key").write_bytes(leaf.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    own, above = certify("leaf", "root", leaf, root), certify("root", "root", root, root)
    (tmp_path / "leaf.pem").write_bytes(own)
    (tmp_path / "leaf.der").write_bytes(der(own))
    (tmp_path / "both.pem").write_bytes((tmp_path / "leaf.key").read_bytes() + own)
    (tmp_path / "root.pem").write_bytes(above)
    (tmp_path / "chain.pem").write_bytes(own + above)
    (tmp_path / "reversed.pem").write_bytes(above + own)
    (tmp_path / "forged.pem").write_bytes(certify("leaf", "root", leaf, leaf) + above)
    (tmp_path / "stranger.pem").write_bytes(own + certify("a", "a", root, root))
    (tmp_path / "old.pem").write_bytes(certify("leaf", "root", leaf, root, (-3, -2)))
    (tmp_path / "early.pem").write_bytes(certify("leaf", "root", leaf, root, (2, 3)))
    return tmp_path


def der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def header_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64url.decode(token.split(".", maxsplit=1)[0]))
    return found


@pytest.mark.parametrize("cert", ["leaf.pem", "leaf.der", "@leaf.pem", "both.pem"])
def test_a_certificate(cli: Cli, folder: Path, cert: str) -> None:
    done = cli("sign", "-k", "leaf.key", "--cert", cert)
    octets = (folder / "leaf.der").read_bytes()
    assert (done.exit, done.stderr) == (0, "")
    assert header_of(done.stdout) == {
        "alg": "ES256",
        "typ": "JWT",
        "x5c": [base64.b64encode(octets).decode()],
        "x5t#S256": base64url.encode(hashlib.sha256(octets).digest()),
    }
    assert cli("verify", "-q", "-k", "leaf.key", stdin=done.raw).exit == 0


def test_a_bundle_of_key_and_certificates(cli: Cli, folder: Path) -> None:
    """PKCS#12, as most authorities hand it over: one file for -k and --cert, and for a set."""
    key = load_pem_private_key((folder / "leaf.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    own, above = (x509.load_pem_x509_certificate((folder / name).read_bytes()) for name in ("leaf.pem", "root.pem"))
    bundle = pkcs12.serialize_key_and_certificates(b"leaf", key, own, [above], BestAvailableEncryption(b"x"))
    (folder / "leaf.p12").write_bytes(bundle)
    open_it = ("--passphrase", "env:P")
    header = header_of(cli("sign", "-k", "leaf.p12", "--cert", "leaf.p12", *open_it, env={"P": "x"}).stdout)
    (jwk,) = json.loads(cli("jwks", "build", "leaf.p12", *open_it, env={"P": "x"}).stdout)["keys"]
    assert header["x5c"] == jwk["x5c"] == json.loads(cli("jwks", "build", "chain.pem").stdout)["keys"][0]["x5c"]


def test_a_chain(cli: Cli, folder: Path) -> None:
    header = header_of(cli("sign", "-k", "leaf.key", "--cert", "chain.pem").stdout)
    blocks = [der((folder / name).read_bytes()) for name in ("leaf.pem", "root.pem")]
    assert [base64.b64decode(text) for text in header["x5c"]] == blocks
    assert header["x5t#S256"] == base64url.encode(hashlib.sha256(blocks[0]).digest())


@pytest.mark.parametrize("given", ["env:P", "-", "typed"])
def test_a_file_that_holds_the_encrypted_key_too(cli: Cli, folder: Path, given: str) -> None:
    """The passphrase is read once, and serves for both."""
    argv = ("key", "convert", "leaf.key", "--to", "pem", "--new-passphrase", "env:P")
    locked = cli(*argv, env={"P": "x"}).raw
    (folder / "locked.pem").write_bytes(locked + (folder / "leaf.pem").read_bytes())
    options = () if given == "typed" else ("--passphrase", given)
    env, stdin = ({"P": "x"}, None) if given == "env:P" else ({}, b"x\n" if given == "-" else None)
    tty = "stdin" if given == "typed" else ""
    done = cli(
        *("sign", "-k", "locked.pem", "--cert", "locked.pem", *options), env=env, stdin=stdin, tty=tty, typed="x"
    )
    assert (done.exit, done.stderr) == (0, "")
    assert list(header_of(done.stdout)) == ["alg", "typ", "x5c", "x5t#S256"]


def test_it_makes_no_one_believe_the_token(cli: Cli, folder: Path) -> None:
    """x5c of a token is never trusted: another key is asked for, and says no."""
    token = cli("sign", "-k", "leaf.key", "--cert", "leaf.pem").raw
    assert cli("key", "new", "-o", folder / "other.jwk").exit == 0
    assert cli("verify", "--json", "-k", "other.jwk", stdin=token).codes == {"signature_invalid"}
    assert cli("verify", stdin=token).exit == 2


@pytest.mark.parametrize(
    ("cert", "said"),
    [
        ("old.pem", "note: the certificate in 'old.pem' expired 2 d ago, 2026-11-22 21:40:00 UTC\n"),
        (
            "early.pem",
            "note: the certificate in 'early.pem' is not valid yet: it will be in 2 d, 2026-11-26 21:40:00 UTC\n",
        ),
    ],
)
def test_its_time_is_remarked(cli: Cli, folder: Path, cert: str, said: str) -> None:
    assert folder.is_dir()
    done = cli("sign", "-k", "leaf.key", "--cert", cert)
    assert (done.exit, done.stderr) == (0, said)
    assert "x5c" in header_of(done.stdout)


@pytest.mark.parametrize(
    ("cert", "days", "seconds", "remarked"),
    [
        ("old.pem", -2, 0, False),
        ("old.pem", -2, 1, True),
        ("early.pem", 2, 0, False),
        ("early.pem", 2, -1, True),
    ],
)
def test_its_first_and_last_seconds_are_good(
    cli: Cli, folder: Path, cert: str, days: int, seconds: int, *, remarked: bool
) -> None:
    """Both ends belong to the time of a certificate (RFC 5280 §4.1.2.5)."""
    assert folder.is_dir()
    done = cli("sign", "-k", "leaf.key", "--cert", cert, now=NOW + days * DAY + seconds)
    assert ("note: the certificate" in done.stderr) is remarked


@pytest.mark.parametrize(
    ("argv", "exit_code", "message", "hint"),
    [
        (
            ("--cert", "root.pem"),
            4,
            "'root.pem': the first certificate is for another key than this EC P-256: it is that of CN=root",
            None,
        ),
        (
            ("--cert", "reversed.pem"),
            4,
            "'reversed.pem': the certificates of the PEM file are no chain in which each is followed by its issuer",
            None,
        ),
        (
            ("--cert", "forged.pem"),
            4,
            "'forged.pem': certificate 2 of the chain did not issue certificate 1",
            "the certificate of the key comes first, and after each the one that issued it",
        ),
        (
            ("--cert", "stranger.pem"),
            4,
            "'stranger.pem': this file holds 2 keys that are no chain of certificates",
            "the certificate of the key first, then its issuers",
        ),
        (
            ("--cert", "leaf.key"),
            4,
            "'leaf.key': this file holds no certificate",
            "the certificate of the key first, then its issuers",
        ),
        (
            ("--cert", "leaf.pen"),
            3,
            "can't read the certificate: no such file: 'leaf.pen'",
            "did you mean 'leaf.pem'?",
        ),
        (
            ("--cert", "leaf.pem", "-H", "x5c:=[]"),
            2,
            "--cert writes the header member 'x5c', and -H sets it too",
            "leave one of them out",
        ),
        (
            ("--cert", "leaf.pem", "-H", "x5t#S256=x"),
            2,
            "--cert writes the header member 'x5t#S256', and -H sets it too",
            "leave one of them out",
        ),
        (
            ("--cert", "leaf.pem", "-k", "leaf.key", "--json-serialization"),
            2,
            "--cert is for one key, and several were given",
            "sign with one key, or leave --cert out",
        ),
    ],
)
def test_refusals(
    cli: Cli, folder: Path, argv: tuple[str, ...], exit_code: int, message: str, hint: str | None
) -> None:
    assert folder.is_dir()
    done = cli("sign", "-k", "leaf.key", *argv)
    said = f"jwtool: error: {message}\n" + ("" if hint is None else f"hint: {hint}\n")
    assert (done.exit, done.stdout, done.stderr) == (exit_code, "", said)


def test_a_secret_has_no_certificate(cli: Cli, folder: Path) -> None:
    assert folder.is_dir()
    done = cli("sign", "-k", "secret:env:S", "--cert", "leaf.pem", env={"S": "a secret of thirty-two octets or more"})
    assert (done.exit, done.stderr) == (
        4,
        "jwtool: error: an oct key is a shared secret, and no certificate is for it\nhint: leave --cert out\n",
    )


def test_the_document_says_it(cli: Cli, folder: Path) -> None:
    assert folder.is_dir()
    document = cli("sign", "--json", "-k", "leaf.key", "--cert", "root.pem").document
    assert document["error"]["code"] == "certificate_mismatch"
    header = cli("sign", "--json", "-k", "leaf.key", "--cert", "leaf.pem").document["header"]
    assert list(header) == ["alg", "typ", "x5c", "x5t#S256"]


class TestSets:
    """A certificate that is published in a set brings both members with it."""

    @pytest.mark.parametrize("given", [("chain.pem",), ("leaf.key", "chain.pem"), ("chain.pem", "leaf.key")])
    def test_build(self, cli: Cli, folder: Path, given: tuple[str, ...]) -> None:
        done = cli("jwks", "build", *given)
        (jwk,) = json.loads(done.stdout)["keys"]
        blocks = [der((folder / name).read_bytes()) for name in ("leaf.pem", "root.pem")]
        assert (done.exit, done.stderr, list(jwk)) == (0, "", ["kty", "kid", "crv", "x", "y", "x5c", "x5t#S256"])
        assert [base64.b64decode(text) for text in jwk["x5c"]] == blocks
        assert jwk["x5t#S256"] == base64url.encode(hashlib.sha256(blocks[0]).digest())
        assert jwk["kid"] == cli("key", "thumbprint", "leaf.key").stdout.strip()
        token = cli("sign", "-k", "leaf.key").raw
        (folder / "set.json").write_bytes(done.raw)
        assert cli("verify", "-q", "-k", "set.json", stdin=token).exit == 0

    def test_a_set_that_has_them_keeps_them(self, cli: Cli, folder: Path) -> None:
        first = cli("jwks", "build", "chain.pem", "-o", folder / "set.json")
        assert first.exit == 0
        assert cli("jwks", "build", "set.json").raw == (folder / "set.json").read_bytes()

    def test_add(self, cli: Cli, folder: Path) -> None:
        assert cli("key", "new", "-o", folder / "a.jwk").exit == 0
        assert cli("jwks", "build", "a.jwk", "-o", folder / "set.json").exit == 0
        assert cli("jwks", "add", "set.json", "chain.pem").exit == 0
        added = json.loads((folder / "set.json").read_text())["keys"][1]
        assert added == json.loads(cli("jwks", "build", "chain.pem").stdout)["keys"][0]

    def test_a_private_set_too(self, cli: Cli, folder: Path) -> None:
        assert folder.is_dir()
        (jwk,) = json.loads(cli("jwks", "build", "--private", "both.pem").stdout)["keys"]
        assert {"d", "x5c", "x5t#S256"} <= jwk.keys()
