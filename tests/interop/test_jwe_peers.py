"""Encryption with jwcrypto, joserfc and Debian's `jose`: both directions, every alg × enc that they know.

The messages are not the same on both sides even where joserfc is under ours: its own reader and writer are the peer.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import encrypt
from jwtool.jose.decrypt import decrypt
from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.public import to_jwk
from jwtool.jose.keyset import KeySet
from jwtool.jose.selection import OfferedSet
from jwtool.jose.token import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtool.jose.keys.key import Key

PAYLOAD = "payload, Zoë".encode()
ROUNDS = 10_000  # jwcrypto and jose read no more than 16,384 and 32,768, joserfc 300,000
CURVES = ("P-384", "P-521", "X25519", "X448")


@cache
def key_for(alg: str, enc: str, crv: str | None = None) -> Key:
    """A private key without kid; for `dir` one as long as the enc wants."""
    key = generate("dir", size=CONTENT_ENCRYPTION[enc].key_octets * 8) if alg == "dir" else generate(alg, crv=crv)
    return parse_jwk({name: value for name, value in key.members.items() if name != "kid"})


def private(key: Key) -> dict[str, Any]:
    return {name: value for name, value in to_jwk(key, private=True).items() if name != "alg"}


def recipient(key: Key) -> dict[str, Any]:
    """What the sender gets: the public half, or the secret."""
    jwk = to_jwk(key, private=key.kty == "oct")
    return {name: value for name, value in jwk.items() if name != "alg"}


def ours_encrypts(key: Key, alg: str, enc: str, *, json_form: bool = False) -> str:
    plan = encrypt.choose([key], algs=[alg], encs=[enc])
    extra = {"p2c": ROUNDS} if KEY_MANAGEMENT[alg].family == "pbes2" else {}
    make = encrypt.json_serialization if json_form else encrypt.compact
    return make(PAYLOAD, encrypt.build_header(PAYLOAD, plan, extra), plan)


def ours_decrypts(token: str, key: Key) -> bytes | None:
    return decrypt(parse(token.strip()), [OfferedSet(KeySet((key,), is_set=False), "test")]).plaintext


class JwCrypto:
    """jwcrypto."""

    @staticmethod
    def knows(alg: str, enc: str, _crv: str | None) -> bool:
        from jwcrypto.jwa import JWA

        return {alg, enc} <= set(JWA.algorithms_registry)

    @staticmethod
    def encrypt(jwk: dict[str, Any], alg: str, enc: str) -> str:
        from jwcrypto import jwe
        from jwcrypto import jwk as jwks

        header = json.dumps({"alg": alg, "enc": enc})
        token = jwe.JWE(PAYLOAD, header, algs=[alg, enc], recipient=jwks.JWK(**jwk))
        return str(token.serialize(compact=True))

    @staticmethod
    def decrypt(token: str, jwk: dict[str, Any], alg: str, enc: str) -> bytes:
        from jwcrypto import jwe
        from jwcrypto import jwk as jwks

        read = jwe.JWE(algs=[alg, enc])
        read.deserialize(token, jwks.JWK(**jwk))
        return bytes(read.payload)


class JoseRfc:
    """joserfc, by its own front door."""

    @staticmethod
    def knows(alg: str, enc: str, _crv: str | None) -> bool:
        from joserfc.jwe import JWERegistry

        return alg in JWERegistry.algorithms["alg"] and enc in JWERegistry.algorithms["enc"]

    @staticmethod
    def encrypt(jwk: dict[str, Any], alg: str, enc: str) -> str:
        from joserfc import jwe
        from joserfc import jwk as jwks

        return jwe.encrypt_compact({"alg": alg, "enc": enc}, PAYLOAD, jwks.import_key(jwk), algorithms=[alg, enc])

    @staticmethod
    def decrypt(token: str, jwk: dict[str, Any], alg: str, enc: str) -> bytes | None:
        from joserfc import jwe
        from joserfc import jwk as jwks

        key = jwks.import_key(jwk)
        if token.startswith("{"):
            return jwe.decrypt_json(json.loads(token), key, algorithms=[alg, enc]).plaintext
        return jwe.decrypt_compact(token, key, algorithms=[alg, enc]).plaintext


@cache
def jose_algorithms() -> frozenset[str]:
    return frozenset(run_jose("alg").decode().split()) if shutil.which("jose") else frozenset()


def run_jose(*argv: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["jose", *argv], input=stdin, capture_output=True, check=True, timeout=30).stdout


@contextmanager
def key_file(jwk: dict[str, Any]) -> Iterator[str]:
    """A file with the key: `jose` takes it in no other way beside stdin."""
    with tempfile.NamedTemporaryFile("w", suffix=".jwk") as file:
        json.dump(jwk, file)
        file.flush()
        yield file.name


class Jose:
    """Debian's `jose`, in C."""

    @staticmethod
    def knows(alg: str, enc: str, crv: str | None) -> bool:
        return {alg, enc} <= jose_algorithms() and not (crv or "").startswith("X")

    @staticmethod
    def encrypt(jwk: dict[str, Any], alg: str, enc: str) -> str:
        header = json.dumps({"protected": {"alg": alg, "enc": enc}})
        with key_file(jwk) as file:
            return run_jose("jwe", "enc", "-i", header, "-I", "-", "-k", file, "-c", stdin=PAYLOAD).decode()

    @staticmethod
    def decrypt(token: str, jwk: dict[str, Any], _alg: str, _enc: str) -> bytes:
        with key_file(jwk) as file:
            return run_jose("jwe", "dec", "-i", "-", "-k", file, stdin=token.encode())


PEERS: tuple[Any, ...] = (JwCrypto, JoseRfc, Jose)


def pairs() -> Iterator[Any]:
    """Every alg × enc on the first curve, and the other curves of ECDH with one enc."""
    for peer in PEERS:
        for alg, row in KEY_MANAGEMENT.items():
            for enc in CONTENT_ENCRYPTION:
                if peer.knows(alg, enc, None):
                    yield pytest.param(peer, alg, enc, None, id=f"{peer.__name__}-{alg}-{enc}")
            for crv in CURVES if row.curves else ():
                if peer.knows(alg, "A128CBC-HS256", crv):
                    yield pytest.param(peer, alg, "A128CBC-HS256", crv, id=f"{peer.__name__}-{alg}-{crv}")


PAIRS = list(pairs())


@pytest.fixture(autouse=True)
def _peers_may_warn() -> Any:
    """What peers warn of is not our subject."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_every_pair_has_two_peers() -> None:
    for alg in KEY_MANAGEMENT:
        for enc in CONTENT_ENCRYPTION:
            assert [peer for peer in (JwCrypto, JoseRfc) if peer.knows(alg, enc, None)] == [JwCrypto, JoseRfc]


def test_jose_is_here() -> None:
    if not jose_algorithms():
        pytest.skip("there is no `jose` command here: it is not compared with")
    assert {"ECDH-ES", "A128KW", "A256GCM"} <= jose_algorithms()


@pytest.mark.parametrize(("peer", "alg", "enc", "crv"), PAIRS)
def test_we_read_theirs(peer: Any, alg: str, enc: str, crv: str | None) -> None:
    key = key_for(alg, enc, crv)
    assert ours_decrypts(peer.encrypt(recipient(key), alg, enc), key) == PAYLOAD


@pytest.mark.parametrize(("peer", "alg", "enc", "crv"), PAIRS)
def test_they_read_ours(peer: Any, alg: str, enc: str, crv: str | None) -> None:
    key = key_for(alg, enc, crv)
    for json_form in (False, True):
        assert peer.decrypt(ours_encrypts(key, alg, enc, json_form=json_form), private(key), alg, enc) == PAYLOAD


@pytest.mark.parametrize("peer", [JwCrypto, Jose], ids=lambda peer: str(peer.__name__))
def test_they_read_what_several_may_read(peer: Any) -> None:
    algs = [alg for alg in ("ECDH-ES+A128KW", "A256KW", "A128GCMKW") if peer.knows(alg, "A128GCM", None)]
    if not algs:
        pytest.skip("there is no `jose` command here")
    keys = [key_for(alg, "A128GCM") for alg in algs]
    plan = encrypt.choose(keys, encs=["A128GCM"])
    token = encrypt.json_serialization(PAYLOAD, encrypt.build_header(PAYLOAD, plan), plan)
    for alg, key in zip(algs, keys, strict=True):
        assert peer.decrypt(token, private(key), alg, "A128GCM") == PAYLOAD
