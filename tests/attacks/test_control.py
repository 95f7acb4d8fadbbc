"""What must still be accepted: a verifier that refuses everything withstands every attack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.keys.generate import generate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jwtool.jose.keys.key import Key
    from tests.attacks.conftest import Forger, Publish, Verify
    from tests.cli.conftest import Cli

NOW = 1_795_556_400
CLAIMS = {"iss": "https://idp.example", "aud": "api", "iat": NOW, "exp": NOW + 300}
DEMANDS = ("--iss", "https://idp.example", "--aud", "api")


@pytest.mark.attack("A001")
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_happy_path(
    alg: str, forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify
) -> None:
    keyset = publish_set(publish(alg, kid="k1"))
    token = forge.sign(alg, {"alg": alg, "kid": "k1"}, CLAIMS)
    verdict = verify(token, "-k", keyset, "--alg", alg, *DEMANDS)
    assert verdict.short == (0, set())
    assert verdict.document["claims"] == CLAIMS
    assert verdict.document["key"] == {"kid": "k1", "source": str(keyset)}


@pytest.mark.attack("A003")
def test_long_x5c_header_is_ignored(
    forge: Forger,
    publish: Publish,
    verify: Verify,
    certificates: Callable[[str], bytes],
    standard_base64: Callable[[bytes], str],
) -> None:
    chain = [standard_base64(certificates("RS256"))] * 4
    assert sum(map(len, chain)) > 3500
    token = forge.sign("RS256", {"alg": "RS256", "kid": "k1", "x5c": chain})
    assert verify(token, "-k", publish("RS256", kid="k1")).short == (0, set())


@pytest.mark.attack("A004")
def test_set_with_keys_that_nobody_understands(
    forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify, cli: Cli
) -> None:
    strangers: list[dict[str, Any]] = [
        {"kty": "ZZZ"},
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
    ]
    keyset = publish_set(*strangers, publish("ES256", kid="e1"))
    token = forge.sign("ES256", {"alg": "ES256", "kid": "e1"})
    assert verify(token, "-k", keyset).short == (0, set())
    said = cli("verify", "-k", keyset, stdin=token.encode()).stderr.splitlines()
    assert [line.partition(" is not used: ")[2].partition(":")[0] for line in said] == [
        "number 1",
        "number 2",
        "number 3",
    ]


@pytest.mark.attack("A006")
def test_rotation_overlap(forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify) -> None:
    pair = {"k1": generate("ES256", kid="k1"), "k2": generate("ES256", kid="k2")}
    keyset = publish_set(*map(publish, pair.values()))
    for kid, key in pair.items():
        token = forge.sign("ES256", {"alg": "ES256", "kid": kid}, by=key)
        verdict = verify(token, "-k", keyset)
        assert (verdict.short, verdict.document["key"]["kid"]) == ((0, set()), kid)


@pytest.mark.attack("A008")
def test_eddsa_is_the_legacy_name_of_ed25519(forge: Forger, publish: Publish, verify: Verify) -> None:
    verdict = verify(forge.sign("EdDSA"), "-k", publish("EdDSA"), "--alg", "EdDSA")
    assert verdict.short == (0, set())
    assert verdict.document["notes"] == ["alg 'EdDSA' is deprecated by RFC 9864, which calls it 'Ed25519'"]
    assert verify(forge.sign("EdDSA"), "-k", publish("EdDSA"), "--alg", "Ed25519").short == (0, set())
    fully_named = forge.sign("EdDSA", {"alg": "Ed25519"})
    assert verify(fully_named, "-k", publish("EdDSA"), "--alg", "EdDSA").short == (0, set())
    assert verify(fully_named, "-k", publish("EdDSA"), "--alg", "Ed448").short == (1, {"alg_not_allowed"})


def test_a_good_signature_is_found_beside_a_forged_one(
    forge: Forger, publish: Publish, verify: Verify, keys: Mapping[str, Key]
) -> None:
    """General JSON serialization: what the forged entry says of itself must not colour what the good one proves."""
    import json

    body = forge.segment({"sub": "user-42"})
    forged = {"alg": "ES256", "kid": "admin", "typ": "at+jwt", "role": "admin"}
    good = {"alg": "ES256", "kid": "k1", "typ": "JWT"}
    entries = []
    for header, key in ((forged, generate("ES256")), (good, keys["ES256"])):
        signed = f"{forge.segment(header)}.{body}"
        signature = forge.segment(forge.signature("ES256", signed, by=key))
        entries.append({"protected": forge.segment(header), "signature": signature})
    public = publish("ES256", kid="k1")
    for order in (entries, entries[::-1]):
        verdict = verify(json.dumps({"payload": body, "signatures": order}), "-k", public)
        assert verdict.short == (0, set())
        assert verdict.document["header"] == good
        demanding = verify(json.dumps({"payload": body, "signatures": order}), "-k", public, "--typ", "at+jwt")
        assert demanding.short == (1, {"typ_mismatch"})


def test_an_ecdsa_signature_has_a_twin(forge: Forger, publish: Publish, verify: Verify) -> None:
    """(r, n - s) verifies wherever (r, s) does. ECDSA allows it: nobody may count tokens by their text."""
    from jwtool.jose import base64url
    from jwtool.jose.algorithms import CURVES

    for alg, curve in (("ES256", "P-256"), ("ES384", "P-384"), ("ES512", "P-521"), ("ES256K", "secp256k1")):
        octets, order = CURVES[curve].octets, CURVES[curve].n
        signed, _, signature = forge.sign(alg).rpartition(".")
        r, s = base64url.decode(signature)[:octets], int.from_bytes(base64url.decode(signature)[octets:])
        twin = f"{signed}.{base64url.encode(r + (order - s).to_bytes(octets))}"
        assert verify(twin, "-k", publish(alg)).short == (0, set())
