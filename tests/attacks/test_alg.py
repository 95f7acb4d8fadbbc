"""The token says which algorithm it wants; the key decides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.public import to_pem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jwtool.jose.keys.key import Key
    from tests.attacks.conftest import Forger, Publish, Verify


@pytest.mark.attack("A009")
@pytest.mark.parametrize("spelling", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("key", ["RS256", "ES256", "HS256", "EdDSA"])
def test_alg_none(key: str, spelling: str, forge: Forger, publish: Publish, verify: Verify) -> None:
    unsigned = f"{forge.segment({'alg': spelling})}.{forge.segment({'sub': 'admin'})}."
    signature = forge.sign(key).rpartition(".")[2]
    for token in (unsigned, unsigned + signature):
        verdict = verify(token, "-k", publish(key))
        assert verdict.short == (1, {"alg_none"})
        assert verdict.document["checks"][0] == {
            "name": "signature",
            "verdict": "failed",
            "code": "alg_none",
            "detail": "the token is not signed: its alg is 'none'",
        }


@pytest.mark.attack("A011")
@pytest.mark.parametrize("spelling", ["none", "None", "NONE"])
def test_user_lists_none(spelling: str, forge: Forger, publish: Publish, verify: Verify) -> None:
    token = f"{forge.segment({'alg': 'none'})}.{forge.segment({'sub': 'admin'})}."
    for options in (["--alg", spelling], ["--alg", "RS256", "--alg", spelling]):
        assert verify(token, "-k", publish("RS256"), *options).short == (2, {"alg_unknown"})


@pytest.mark.attack("A012")
@pytest.mark.parametrize("empty", ["", " ", ",", "[]"])
def test_empty_allow_list(empty: str, forge: Forger, publish: Publish, verify: Verify) -> None:
    assert verify(forge.sign("HS256"), "-k", publish("HS256"), "--alg", empty).short == (2, {"alg_unknown"})


@pytest.mark.attack("A013")
@pytest.mark.parametrize(
    "header",
    [{}, {"alg": None}, {"alg": 256}, {"alg": ["ES256"]}, {"alg": {"ES256": 1}}, {"alg": ""}, {"alg": True}],
    ids=["missing", "null", "number", "list", "object", "empty", "boolean"],
)
def test_alg_is_missing_or_of_another_type(
    header: Mapping[str, Any], forge: Forger, publish: Publish, verify: Verify
) -> None:
    assert verify(forge.sign("ES256", header), "-k", publish("ES256")).short == (3, {"header_bad_type"})


@pytest.mark.attack("A018")
def test_ps256_token_for_a_key_whose_alg_is_rs256(forge: Forger, publish: Publish, verify: Verify) -> None:
    public = publish("RS256", alg="RS256")
    for options in ([], ["--alg", "RS256", "--alg", "PS256"], ["--alg", "PS256"]):
        assert verify(forge.sign("PS256"), "-k", public, *options).short == (1, {"alg_key_mismatch"})
    assert verify(forge.sign("RS256"), "-k", public, "--alg", "RS256", "--alg", "PS256").short == (0, set())


@pytest.mark.attack("A019")
@pytest.mark.parametrize(
    ("alg", "signed_as"),
    [("ES256", "ES384"), ("ES256K", "ES256"), ("ES256", "ES256K"), ("ES384", "ES512"), ("Ed25519", "Ed448")],
)
def test_signature_under_a_key_on_another_curve(
    alg: str, signed_as: str, forge: Forger, publish: Publish, verify: Verify
) -> None:
    token = forge.sign(signed_as, {"alg": alg})
    assert verify(token, "-k", publish(signed_as)).short == (1, {"alg_key_mismatch"})


@pytest.mark.attack("A077")
def test_good_signature_outside_the_allow_list(forge: Forger, publish: Publish, verify: Verify) -> None:
    assert verify(forge.sign("PS256"), "-k", publish("RS256"), "--alg", "RS256").short == (1, {"alg_not_allowed"})
    assert verify(forge.sign("HS256"), "-k", publish("HS256"), "--alg", "ES256").short == (1, {"alg_not_allowed"})


@pytest.mark.parametrize(
    "alg",
    [
        *("hs256", "Hs256", "HS256 ", " HS256", "HS256\0", "HS256\n", "\0", "HS", "HS 256", "HS2560", "HS0256"),
        *("\uff28S256", "H\u200bS256", "HS256\u0301", "none ", "n\u00f6ne", "no\u0000ne", "HS256,none", "['HS256']"),
        *("HS1", "MD5", "RS1", "dir", "A256KW", "RSA-OAEP", "ECDH-ES", "A256GCM", "PBES2-HS256+A128KW"),
    ],
)
def test_alg_that_only_looks_like_one(alg: str, forge: Forger, publish: Publish, verify: Verify) -> None:
    """`HS256` in another case, with blanks, with NUL, in other letters; and algorithms of encryption."""
    token = forge.sign("HS256", {"alg": alg})
    assert verify(token, "-k", publish("HS256")).short == (1, {"alg_unsupported"})


def test_no_algorithm_verifies_with_the_key_of_another_type(
    forge: Forger, publish: Publish, verify: Verify, keys: Mapping[str, Key]
) -> None:
    """Every algorithm of the table against the key of every other: the signature is real, and by that very key."""
    for name, row in ALGORITHMS.items():
        for other, key in keys.items():
            fits = key.kty == row.kty and (not row.curves or key.crv in row.curves) and key.alg in {None, name}
            if not fits:
                signer = "RS256" if other == "EdDSA on Ed448" else other
                token = forge.sign(signer, {"alg": name})
                assert verify(token, "-k", publish(key)).short == (1, {"alg_key_mismatch"}), (name, other)


def test_secret_of_a_mixed_set_serves_its_own_algorithms_only(
    forge: Forger, publish: Publish, publish_set: Callable[..., Path], verify: Verify, keys: Mapping[str, Key]
) -> None:
    """A local set of a secret and a public key: nothing that is known of the public key makes an HMAC that counts."""
    public = publish("RS256", kid="rsa")
    keyset = publish_set(public, publish("HS256", kid="secret"))
    pem = to_pem(keys["RS256"], private=False)
    for secret in (
        pem,
        pem.strip(),
        public.read_bytes(),
        json.dumps({"keys": [json.loads(public.read_text())]}).encode(),
    ):
        named = forge.mac(secret, {"alg": "HS256", "kid": "rsa"})
        assert verify(named, "-k", keyset).short == (1, {"alg_key_mismatch"})
        for header in ({"alg": "HS256"}, {"alg": "HS256", "kid": "secret"}):
            assert verify(forge.mac(secret, header), "-k", keyset).short == (1, {"signature_invalid"})
    crossed = forge.sign("RS256", {"alg": "RS256", "kid": "secret"})
    assert verify(crossed, "-k", keyset).short == (1, {"alg_key_mismatch"})
    assert verify(forge.sign("HS256", {"alg": "HS256", "kid": "secret"}), "-k", keyset).short == (0, set())


@pytest.mark.parametrize(
    "secret", [b"", b"null", b"undefined", b"None", b"0", b"\0" * 32, b"secret", b"[object Object]", b"{}"]
)
def test_hmac_with_a_key_that_a_program_makes_of_nothing(
    secret: bytes, forge: Forger, publish: Publish, verify: Verify
) -> None:
    for key in ("HS256", "RS256", "ES256"):
        code = "signature_invalid" if key == "HS256" else "alg_key_mismatch"
        assert verify(forge.mac(secret), "-k", publish(key)).short == (1, {code})


@pytest.mark.parametrize(("alg", "signed_as"), [("RS256", "PS256"), ("PS256", "RS256"), ("RS512", "RS256")])
def test_header_says_another_alg_of_the_same_key(
    alg: str, signed_as: str, forge: Forger, publish: Publish, verify: Verify
) -> None:
    token = forge.sign(signed_as, {"alg": alg})
    assert verify(token, "-k", publish("RS256")).short == (1, {"signature_invalid"})


def test_key_alg_that_nobody_knows_fits_nothing(forge: Forger, publish: Publish, verify: Verify) -> None:
    for alg in ("RS1", "none", "RSA-OAEP", "rs256", ""):
        verdict = verify(forge.sign("RS256"), "-k", publish("RS256", alg=alg))
        assert verdict.short == (1, {"alg_key_mismatch"}), alg


def test_alg_twice_by_an_unprotected_header(forge: Forger, publish: Publish, verify: Verify) -> None:
    """An attacker adds `alg` beside the one that is signed, or moves it where it is not."""
    twice = forge.flattened("ES256", {"alg": "ES256"}, {"alg": "none"})
    assert verify(json.dumps(twice), "-k", publish("ES256")).short == (3, {"token_malformed"})
    none = forge.flattened("ES256", None, {"alg": "none"})
    assert verify(json.dumps(none), "-k", publish("ES256")).short == (1, {"alg_none"})
    neither = forge.flattened("ES256", {"typ": "JWT"}, {"kid": "k1"})
    assert verify(json.dumps(neither), "-k", publish("ES256")).short == (3, {"header_bad_type"})


def test_sign_makes_no_unsigned_token(publish: Publish, cli: Any) -> None:
    private = publish(generate("ES256"), private=True)
    for argv, code in (
        (["--alg", "none"], "alg_unknown"),
        (["-H", "alg=none"], "alg_key_mismatch"),
        (["-H", "b64:=false"], "usage"),
        (["-H", 'crit:=["exp"]'], "usage"),
    ):
        assert cli("sign", "--json", "-k", private, *argv).codes == {code}
