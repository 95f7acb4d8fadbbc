"""Keys that we write, read by openssl, ssh-keygen, jwcrypto and Debian's `jose`, and theirs converted by us.

Every type of key in every format, encrypted too. What a peer reads is proved by the public key that it finds inside.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from jwcrypto import jwa, jwe, jwk

from jwtool.jose.keys.encrypted_jwk import to_encrypted_jwk
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import SSH_CURVES, public_half, to_der, to_jwk, to_openssh, to_pem
from jwtool.jose.keyset import thumbprint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jwtool.jose.keys.key import Key

PASSPHRASE = b"correct horse"
KINDS: Mapping[str, tuple[str, str | None]] = {
    "RSA": ("RS256", None),
    "P-256": ("ES256", None),
    "P-384": ("ES384", None),
    "P-521": ("ES512", None),
    "secp256k1": ("ES256K", None),
    "Ed25519": ("EdDSA", "Ed25519"),
    "Ed448": ("EdDSA", "Ed448"),
    "X25519": ("ECDH-ES", "X25519"),
    "X448": ("ECDH-ES", "X448"),
}
OF_SSH = [kind for kind in KINDS if kind == "RSA" or kind in SSH_CURVES]
THEIRS: Mapping[str, tuple[str, ...]] = {
    "RSA": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    **{
        kind: ("-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{kind}", "-pkeyopt", "ec_param_enc:named_curve")
        for kind in ("P-256", "P-384", "P-521", "secp256k1")
    },
    **{kind: ("-algorithm", kind.upper()) for kind in ("Ed25519", "Ed448", "X25519", "X448")},
}
WRITE: Mapping[str, Callable[..., bytes]] = {"pem": to_pem, "der": to_der}


@pytest.fixture(scope="module")
def ours() -> Mapping[str, Key]:
    """A private key of every kind."""
    return {kind: generate(alg, crv=crv) for kind, (alg, crv) in KINDS.items()}


@pytest.fixture
def peer(tmp_path: Path) -> Callable[..., bytes]:
    """`peer("openssl", "pkey", "-in", data)`: stdout of a program; octets among the words become files of mode 0600."""

    def call(*words: str | bytes, stdin: bytes = b"") -> bytes:
        program = shutil.which(str(words[0]))
        if program is None:
            pytest.skip(f"there is no {words[0]!r} here")
        argv = [program]
        for number, word in enumerate(words[1:]):
            if isinstance(word, bytes):
                path = tmp_path / str(number)
                path.write_bytes(word)
                path.chmod(0o600)
                argv.append(str(path))
            else:
                argv.append(word)
        done = subprocess.run(argv, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


def read(data: bytes) -> Key:
    (key,) = load_keys(data, passphrase=lambda: PASSPHRASE).keys
    return key


def material(key: Key) -> dict[str, Any]:
    return {name: value for name, value in key.members.items() if name not in {"kid", "alg", "use"}}


class TestOpenssl:
    """PKCS#8 and SPKI, in PEM and DER, both ways."""

    @pytest.mark.parametrize("passphrase", [None, PASSPHRASE], ids=["plain", "encrypted"])
    @pytest.mark.parametrize("form", list(WRITE))
    @pytest.mark.parametrize("kind", list(KINDS))
    def test_it_reads_our_private_keys(
        self, ours: Mapping[str, Key], peer: Callable[..., bytes], kind: str, form: str, passphrase: bytes | None
    ) -> None:
        data = WRITE[form](ours[kind], private=True, passphrase=passphrase)
        secret = ("-passin", f"pass:{PASSPHRASE.decode()}")
        words = ("openssl", "pkey", "-inform", form, *secret, "-in", data, "-check", "-pubout", "-outform", "DER")
        checked = peer(*words)
        assert checked.removeprefix(b"Key is valid\n") == to_der(ours[kind], private=False)

    @pytest.mark.parametrize("form", list(WRITE))
    @pytest.mark.parametrize("kind", list(KINDS))
    def test_it_reads_our_public_keys(
        self, ours: Mapping[str, Key], peer: Callable[..., bytes], kind: str, form: str
    ) -> None:
        data = WRITE[form](ours[kind], private=False)
        assert peer("openssl", "pkey", "-pubin", "-inform", form, "-in", data) == to_pem(ours[kind], private=False)

    @pytest.mark.parametrize("cipher", [(), ("-aes-256-cbc", "-pass", f"pass:{PASSPHRASE.decode()}")])
    @pytest.mark.parametrize("form", list(WRITE))
    @pytest.mark.parametrize("kind", list(KINDS))
    def test_its_keys_go_through_every_format_of_ours_and_back(
        self, peer: Callable[..., bytes], kind: str, form: str, cipher: tuple[str, ...]
    ) -> None:
        theirs = peer("openssl", "genpkey", *THEIRS[kind], "-outform", form, *cipher)
        key = read(theirs)
        through = [read(json.dumps(to_jwk(key, private=True)).encode()), read(to_der(key, private=True))]
        if kind in OF_SSH:
            through.append(read(to_openssh(key, private=True)))
        assert [material(one) for one in through] == [material(key)] * len(through)
        public = ("-passin", f"pass:{PASSPHRASE.decode()}", "-pubout")
        assert peer("openssl", "pkey", "-inform", form, "-in", theirs, *public) == to_pem(through[-1], private=False)


class TestSshKeygen:
    """OpenSSH's own format, both halves, both ways."""

    @pytest.mark.parametrize("passphrase", [None, PASSPHRASE], ids=["plain", "encrypted"])
    @pytest.mark.parametrize("kind", OF_SSH)
    def test_it_reads_our_private_keys(
        self, ours: Mapping[str, Key], peer: Callable[..., bytes], kind: str, passphrase: bytes | None
    ) -> None:
        data = to_openssh(ours[kind], private=True, passphrase=passphrase)
        found = peer("ssh-keygen", "-y", "-P", (passphrase or b"").decode(), "-f", data)
        assert found.split()[:2] == to_openssh(ours[kind], private=False).split()

    @pytest.mark.parametrize("kind", ["RSA", "Ed25519"])
    def test_it_changes_the_passphrase_of_ours(
        self, ours: Mapping[str, Key], peer: Callable[..., bytes], tmp_path: Path, kind: str
    ) -> None:
        path = tmp_path / "id"
        path.write_bytes(to_openssh(ours[kind], private=True, passphrase=b"before"))
        path.chmod(0o600)
        peer("ssh-keygen", "-p", "-P", "before", "-N", PASSPHRASE.decode(), "-a", "2", "-f", str(path))
        assert material(read(path.read_bytes())) == material(ours[kind])

    @pytest.mark.parametrize("kind", [kind for kind in OF_SSH if kind != "Ed25519"])  # which it converts to nothing
    def test_it_reads_our_public_keys(self, ours: Mapping[str, Key], peer: Callable[..., bytes], kind: str) -> None:
        line, pem = to_openssh(ours[kind], private=False), to_pem(ours[kind], private=False)
        assert peer("ssh-keygen", "-e", "-m", "PKCS8", "-f", line) == pem
        assert peer("ssh-keygen", "-i", "-m", "PKCS8", "-f", pem).split()[:2] == line.split()

    @pytest.mark.parametrize("kind", OF_SSH)
    def test_it_signs_with_ours_and_believes_it(
        self, ours: Mapping[str, Key], peer: Callable[..., bytes], tmp_path: Path, kind: str
    ) -> None:
        (tmp_path / "allowed").write_bytes(b"me@here " + to_openssh(ours[kind], private=False))
        signed = peer(
            *("ssh-keygen", "-Y", "sign", "-n", "file", "-f", to_openssh(ours[kind], private=True)), stdin=b"message"
        )
        verify = ("-Y", "verify", "-n", "file", "-I", "me@here", "-f", str(tmp_path / "allowed"), "-s", signed)
        assert peer("ssh-keygen", *verify, stdin=b"message").startswith(b'Good "file" signature for me@here')


class TestJose:
    """JWK with Debian's `jose`, which knows RSA, the curves of NIST and secrets."""

    KNOWN = ("RSA", "P-256", "P-384", "P-521")

    @pytest.mark.parametrize("kind", KNOWN)
    def test_it_reads_ours(self, ours: Mapping[str, Key], peer: Callable[..., bytes], kind: str) -> None:
        written = json.dumps(to_jwk(ours[kind], private=True)).encode()
        found = read(peer("jose", "jwk", "pub", "-i", written))
        assert {**material(found), "key_ops": None} == {**material(public_half(ours[kind])), "key_ops": None}
        assert peer("jose", "jwk", "thp", "-a", "S256", "-i", written).decode().strip() == ours[kind].kid

    @pytest.mark.parametrize("kind", KNOWN)
    def test_we_convert_its_own(self, peer: Callable[..., bytes], kind: str) -> None:
        made = peer("jose", "jwk", "gen", "-i", json.dumps({"alg": KINDS[kind][0]}))
        key = read(made)
        assert material(read(to_pem(key, private=True))) == {
            name: value for name, value in material(key).items() if name != "key_ops"
        }

    @pytest.mark.parametrize("alg", ["PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"])
    def test_we_open_what_it_encrypted(self, ours: Mapping[str, Key], peer: Callable[..., bytes], alg: str) -> None:
        """Only so: of ours it takes no more than 32,768 rounds."""
        written = json.dumps(to_jwk(ours["P-256"], private=True)).encode()
        header = json.dumps({"protected": {"alg": alg, "enc": "A256GCM", "cty": "jwk+json"}})
        password = json.dumps(PASSPHRASE.decode()).encode()
        key = read(peer("jose", "jwe", "enc", "-c", "-I", written, "-k", password, "-i", header))
        assert material(key) == material(ours["P-256"])

    def test_secrets(self, peer: Callable[..., bytes]) -> None:
        ours = generate("HS256")
        written = json.dumps(to_jwk(ours, private=True)).encode()
        assert peer("jose", "jwk", "thp", "-a", "S256", "-i", written).decode().strip() == thumbprint(ours)
        theirs = peer("jose", "jwk", "gen", "-i", '{"alg":"HS384"}')
        assert read(theirs).members["k"] == json.loads(theirs)["k"]


class TestJwcrypto:
    """JWE of a JWK, which jwcrypto opens once it is allowed more rounds of key derivation than by itself."""

    @pytest.mark.parametrize("kind", list(KINDS))
    def test_it_opens_ours(self, ours: Mapping[str, Key], monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
        monkeypatch.setattr(jwa, "default_max_pbkdf2_iterations", 600_000)
        token = jwe.JWE(algs=["PBES2-HS256+A128KW", "A256GCM"])
        token.deserialize(to_encrypted_jwk(ours[kind], PASSPHRASE), PASSPHRASE)
        assert json.loads(token.payload) == to_jwk(ours[kind], private=True)
        theirs = jwk.JWK.from_json(token.payload.decode())
        assert theirs.thumbprint() == ours[kind].kid
        assert theirs.export_to_pem() == to_pem(ours[kind], private=False)
        assert theirs.export_to_pem(private_key=True, password=None) == to_pem(ours[kind], private=True)

    @pytest.mark.parametrize("alg", ["PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"])
    def test_we_open_its_own(self, ours: Mapping[str, Key], alg: str) -> None:
        theirs = jwk.JWK(**to_jwk(ours["P-256"], private=True))
        header = {"alg": alg, "enc": "A128CBC-HS256", "cty": "jwk+json"}
        token = jwe.JWE(theirs.export(), json.dumps(header), algs=[alg, "A128CBC-HS256"])
        token.add_recipient(PASSPHRASE)
        key = read(token.serialize(compact=True).encode())
        assert material(key) == material(ours["P-256"])
        assert key.protection is not None
        assert key.protection.is_weak
