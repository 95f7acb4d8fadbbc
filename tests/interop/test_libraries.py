"""Tokens by PyJWT, jwcrypto, joserfc and Debian's `jose`, and ours read by them: every algorithm that they know."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
import warnings
from typing import Any

import pytest

from jwtool.jose import sign
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.public import to_jwk
from jwtool.jose.keyset import parse_jwks
from jwtool.jose.token import parse
from jwtool.jose.verify import OfferedSet, Policy, verify

NOW = int(time.time())
CLAIMS = {"iss": "https://auth.example", "aud": "api", "sub": "user-42", "exp": NOW + 3600, "name": "Zoë"}
_made: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}


def key_pair(alg: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The private and the public JWK (the secret twice for HMAC) for an algorithm, made once."""
    if alg not in _made:
        key = generate(alg)
        private = to_jwk(key, private=True)
        _made[alg] = private, private if key.kty == "oct" else to_jwk(key, private=False)
    return _made[alg]


def ours_signs(alg: str) -> str:
    key = parse_jwk(key_pair(alg)[0])
    return sign.compact(sign.encode_claims(CLAIMS), sign.build_header(key, alg), key, alg)


def ours_verifies(token: str, alg: str) -> dict[str, Any] | None:
    offered = OfferedSet(parse_jwks({"keys": [key_pair(alg)[1]]}), "test")
    claims = verify(parse(token), [offered], Policy(), now=NOW).claims
    return None if claims is None else dict(claims)


def plain(jwk: dict[str, Any]) -> dict[str, Any]:
    """The JWK without its alg (but of AKP) and kid: peers that don't know the newest alg names still know the key."""
    dropped = {"kid", "use", "key_ops"} if jwk["kty"] == "AKP" else {"alg", "kid", "use", "key_ops"}
    return {name: value for name, value in jwk.items() if name not in dropped}


class PyJWT:
    """PyJWT."""

    @staticmethod
    def algorithms() -> set[str]:
        from jwt.algorithms import get_default_algorithms

        return set(get_default_algorithms())

    @staticmethod
    def sign(jwk: dict[str, Any], alg: str) -> str:
        import jwt

        return jwt.encode(CLAIMS, jwt.PyJWK(plain(jwk), alg).key, algorithm=alg, headers={"kid": jwk["kid"]})

    @staticmethod
    def verify(token: str, jwk: dict[str, Any], alg: str) -> Any:
        import jwt

        return jwt.decode(token, jwt.PyJWK(plain(jwk), alg).key, algorithms=[alg], audience="api")


class JwCrypto:
    """jwcrypto."""

    @staticmethod
    def algorithms() -> set[str]:
        from jwcrypto.jwa import JWA
        from jwcrypto.jws import default_allowed_algs

        return {*default_allowed_algs, *(name for name in ALGORITHMS if name in JWA.algorithms_registry)}

    @staticmethod
    def sign(jwk: dict[str, Any], alg: str) -> str:
        from jwcrypto import jwk as jwks
        from jwcrypto import jws

        token = jws.JWS(json.dumps(CLAIMS))
        token.allowed_algs = [alg]
        token.add_signature(jwks.JWK(**plain(jwk)), alg, protected=json.dumps({"alg": alg, "kid": jwk["kid"]}))
        return str(token.serialize(compact=True))

    @staticmethod
    def verify(token: str, jwk: dict[str, Any], alg: str) -> Any:
        from jwcrypto import jwk as jwks
        from jwcrypto import jws

        read = jws.JWS()
        read.allowed_algs = [alg]
        read.deserialize(token, jwks.JWK(**plain(jwk)))
        return json.loads(read.payload)


class JoseRfc:
    """joserfc."""

    @staticmethod
    def algorithms() -> set[str]:
        from joserfc.jws import JWSRegistry

        return set(JWSRegistry.algorithms)

    @staticmethod
    def sign(jwk: dict[str, Any], alg: str) -> str:
        from joserfc import jwk as jwks
        from joserfc import jwt

        return jwt.encode({"alg": alg, "kid": jwk["kid"]}, CLAIMS, jwks.import_key(plain(jwk)), algorithms=[alg])

    @staticmethod
    def verify(token: str, jwk: dict[str, Any], alg: str) -> Any:
        from joserfc import jwk as jwks
        from joserfc import jwt

        return jwt.decode(token, jwks.import_key(plain(jwk)), algorithms=[alg]).claims


class Jose:
    """Debian's `jose`, in C."""

    @staticmethod
    def algorithms() -> set[str]:
        return set(Jose.run("alg").split()) if shutil.which("jose") else set()

    @staticmethod
    def run(*argv: str, stdin: str = "") -> str:
        done = subprocess.run(["jose", *argv], input=stdin.encode(), capture_output=True, check=True, timeout=30)
        return done.stdout.decode()

    @staticmethod
    def sign(jwk: dict[str, Any], alg: str) -> str:
        header = json.dumps({"protected": {"alg": alg, "kid": jwk["kid"]}})
        with tempfile.NamedTemporaryFile("w", suffix=".json") as payload:  # `jose` takes one thing only by stdin
            json.dump(CLAIMS, payload)
            payload.flush()
            argv = ("-s", header, "-I", payload.name, "-k", "-", "-c")
            return Jose.run("jws", "sig", *argv, stdin=json.dumps(plain(jwk))).strip()

    @staticmethod
    def verify(token: str, jwk: dict[str, Any], _alg: str) -> Any:
        with tempfile.NamedTemporaryFile("w", suffix=".jws") as file:
            file.write(token)
            file.flush()
            return json.loads(
                Jose.run("jws", "ver", "-i", file.name, "-k", "-", "-O", "-", stdin=json.dumps(plain(jwk)))
            )


PEERS = (PyJWT, JwCrypto, JoseRfc, Jose)
PAIRS = [
    pytest.param(peer, alg, id=f"{peer.__name__}-{alg}")
    for peer in PEERS
    for alg in ALGORITHMS
    if alg in peer.algorithms()
]


@pytest.fixture(autouse=True)
def _peers_may_warn() -> Any:
    """What peers say of each other's choices (deprecated names, short keys) is not our subject."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_every_algorithm_has_a_peer() -> None:
    assert set(ALGORITHMS) - set().union(*(peer.algorithms() for peer in PEERS)) == set()


@pytest.mark.parametrize(("peer", "alg"), PAIRS)
def test_we_believe_their_token(peer: Any, alg: str) -> None:
    assert ours_verifies(peer.sign(key_pair(alg)[0], alg), alg) == CLAIMS


@pytest.mark.parametrize(("peer", "alg"), PAIRS)
def test_they_believe_our_token(peer: Any, alg: str) -> None:
    assert peer.verify(ours_signs(alg), key_pair(alg)[1], alg) == CLAIMS


@pytest.mark.parametrize(("peer", "alg"), PAIRS)
def test_neither_believes_another_key(peer: Any, alg: str) -> None:
    token = ours_signs(alg)
    other = to_jwk(generate(alg), private=ALGORITHMS[alg].kty == "oct")
    with pytest.raises(Exception, match=r".*") as refusal:
        peer.verify(token, other, alg)
    assert not isinstance(refusal.value, AssertionError | TypeError | AttributeError)
