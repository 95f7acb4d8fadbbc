"""ML-DSA with programs that made none of our mistakes: OpenSSL from 3.5 on, Node from 24 on, and noble-post-quantum.

Of the Python peers jwcrypto knows it, on the primitives that are ours too. Node finds the package
`@noble/post-quantum` where NODE_PATH says; what isn't there is skipped.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from base64 import b64decode, b64encode
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url, signatures
from jwtool.jose.algorithms import ALGORITHMS, Algorithm
from jwtool.jose.keys.akp_policy import from_seed
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.load import load_keys
from jwtool.jose.keys.public import public_half, to_pem

if TYPE_CHECKING:
    from pathlib import Path

    from jwtool.jose.keys.key import Key

DATA = b"eyJhbGciOiJNTC1EU0EtNDQifQ.eyJzdWIiOiJ1c2VyLTQyIn0"
ROWS = [row for row in ALGORITHMS.values() if row.kty == "AKP"]
every_algorithm = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
SINCE = (3, 5)

NOBLE = """
const all = require("@noble/post-quantum/ml-dsa.js");
const {alg, act, ...given} = JSON.parse(require("fs").readFileSync(0, "utf8"));
const mldsa = all[alg.toLowerCase().replaceAll("-", "").replace("mldsa", "ml_dsa")];
const octets = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, Buffer.from(text, "base64")]));
const keys = () => mldsa.keygen(new Uint8Array(octets.seed));
const text = (value) => Buffer.from(value).toString("base64");
const acts = {
  public: () => text(keys().publicKey),
  expanded: () => text(keys().secretKey),
  sign: () => text(mldsa.sign(new Uint8Array(octets.data), keys().secretKey)),
  verify: () => mldsa.verify(...["signature", "data", "pub"].map((name) => new Uint8Array(octets[name]))),
};
console.log(JSON.stringify(acts[act]()));
"""


# What Node's own crypto does, which is OpenSSL's; an answer is text.
NODE = """
const crypto = require("crypto");
const {alg, act, ...given} = JSON.parse(require("fs").readFileSync(0, "utf8"));
const octets = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, Buffer.from(text, "base64")]));
const passphrase = "correct horse";
const acts = {
  keys: () => {
    const {publicKey, privateKey} = crypto.generateKeyPairSync(alg.toLowerCase());
    const pkcs8 = {type: "pkcs8", format: "pem"};
    return {
      private: privateKey.export(pkcs8),
      encrypted: privateKey.export({...pkcs8, cipher: "aes-256-cbc", passphrase}),
      public: publicKey.export({type: "spki", format: "pem"}),
      jwk: JSON.stringify(privateKey.export({format: "jwk"})),
      signature: crypto.sign(null, octets.data, privateKey).toString("base64"),
    };
  },
  verify: () => crypto.verify(null, octets.data, octets.key, octets.signature),
  public: () => crypto.createPublicKey({key: octets.key, passphrase}).export({type: "spki", format: "pem"}),
};
console.log(JSON.stringify(acts[act]()));
"""


@cache
def node_knows(expression: str) -> bool:
    """Whether there is a Node here that can evaluate that."""
    program = shutil.which("node")
    if program is None:
        return False
    return subprocess.run([program, "-e", expression], capture_output=True, check=False).returncode == 0


@cache
def openssl_version() -> tuple[int, ...]:
    program = shutil.which("openssl")
    if program is None:
        return ()
    said = subprocess.check_output([program, "version"], text=True)
    found = re.match(r"OpenSSL (\d+)\.(\d+)", said)
    return tuple(map(int, found.groups())) if found else ()


def noble(alg: str, act: str, **given: bytes) -> Any:
    if not node_knows('require("@noble/post-quantum/ml-dsa.js")'):
        pytest.skip("there is no Node here that finds @noble/post-quantum")
    return ask_node(NOBLE, alg, act, **given)


def node(alg: str, act: str, **given: bytes) -> Any:
    if not node_knows('require("crypto").generateKeyPairSync("ml-dsa-44")'):
        pytest.skip("there is no Node here that knows ML-DSA")
    return ask_node(NODE, alg, act, **given)


def ask_node(script: str, alg: str, act: str, **given: bytes) -> Any:
    asked = json.dumps({"alg": alg, "act": act, **{name: b64encode(value).decode() for name, value in given.items()}})
    program = shutil.which("node") or ""
    return json.loads(
        subprocess.run([program, "-e", script], input=asked.encode(), capture_output=True, check=True).stdout
    )


def openssl(*argv: object) -> bytes:
    if openssl_version() < SINCE:
        pytest.skip("there is no OpenSSL 3.5 here")
    return subprocess.run(["openssl", *map(str, argv)], capture_output=True, check=True).stdout


def one(data: bytes, passphrase: bytes | None = None) -> Key:
    (key,) = load_keys(data, passphrase=lambda: passphrase).keys
    return key


class TestNoble:
    """JavaScript without any native code."""

    @every_algorithm
    def test_a_seed_grows_into_the_same_key(self, row: Algorithm) -> None:
        for seed in (bytes(32), b"\xff" * 32, bytes(range(32))):
            public = b64decode(noble(row.name, "public", seed=seed))
            assert from_seed(row.name, seed)["pub"] == base64url.encode(public)

    @every_algorithm
    def test_we_believe_their_signature(self, row: Algorithm) -> None:
        key = generate(row.name)
        signature = b64decode(noble(row.name, "sign", seed=key.octets("priv"), data=DATA))
        assert signatures.verify(row.name, public_half(key), DATA, signature)
        assert not signatures.verify(row.name, public_half(key), DATA + b".", signature)

    @every_algorithm
    def test_they_believe_ours(self, row: Algorithm) -> None:
        key = generate(row.name)
        given = {"signature": signatures.sign(row.name, key, DATA), "pub": key.octets("pub")}
        assert noble(row.name, "verify", data=DATA, **given) is True
        assert noble(row.name, "verify", data=DATA + b".", **given) is False


class TestNode:
    """Node's own crypto module."""

    @every_algorithm
    def test_we_read_their_keys(self, row: Algorithm) -> None:
        given = node(row.name, "keys", data=DATA)
        public = one(given["public"].encode())
        keys = [
            one(given["private"].encode()),
            one(given["encrypted"].encode(), b"correct horse"),
            one(given["jwk"].encode()),
        ]
        assert [(key.alg, key.private) for key in keys] == [(row.name, True)] * 3
        assert all(public_half(key).members == public.members for key in keys)
        assert signatures.verify(row.name, public, DATA, b64decode(given["signature"]))

    @every_algorithm
    def test_they_read_ours(self, row: Algorithm) -> None:
        key = generate(row.name)
        public = to_pem(key, private=False)
        signature = signatures.sign(row.name, key, DATA)
        assert node(row.name, "verify", data=DATA, key=public, signature=signature) is True
        assert node(row.name, "verify", data=DATA + b".", key=public, signature=signature) is False
        for private in (to_pem(key, private=True), to_pem(key, private=True, passphrase=b"correct horse")):
            assert node(row.name, "public", key=private).encode() == public


class TestOpenssl:
    """`openssl genpkey` writes the seed and the expanded key."""

    @every_algorithm
    def test_we_read_their_keys(self, row: Algorithm) -> None:
        pem = openssl("genpkey", "-algorithm", row.name)
        key = one(pem)
        assert (key.alg, key.private) == (row.name, True)
        assert signatures.verify(row.name, key, DATA, signatures.sign(row.name, key, DATA))

    @every_algorithm
    def test_we_read_their_encrypted_keys(self, row: Algorithm) -> None:
        pem = openssl("genpkey", "-algorithm", row.name, "-aes256", "-pass", "pass:correct horse")
        assert one(pem, b"correct horse").alg == row.name

    @every_algorithm
    def test_both_sign_and_verify(self, row: Algorithm, tmp_path: Path) -> None:
        key = generate(row.name)
        private, public, data, signature = (tmp_path / name for name in ("private", "public", "data", "signature"))
        private.write_bytes(to_pem(key, private=True))
        public.write_bytes(to_pem(key, private=False))
        data.write_bytes(DATA)
        openssl("pkeyutl", "-sign", "-rawin", "-in", data, "-inkey", private, "-out", signature)
        assert signatures.verify(row.name, key, DATA, signature.read_bytes())
        signature.write_bytes(signatures.sign(row.name, parse_jwk(key.members), DATA))
        openssl("pkeyutl", "-verify", "-rawin", "-in", data, "-pubin", "-inkey", public, "-sigfile", signature)
