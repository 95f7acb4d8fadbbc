from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mldsa

from jwtool.jose import base64url, signatures
from jwtool.jose.algorithms import ALGORITHMS, Algorithm
from jwtool.jose.errors import JwtoolError, KeyMalformed, KeyUnsupported
from jwtool.jose.fit import why_not
from jwtool.jose.keys.akp_policy import from_seed
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keyset import parse_jwks

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = [row for row in ALGORITHMS.values() if row.kty == "AKP"]
WANTED = "ML-DSA-44, ML-DSA-65, ML-DSA-87"
ABSENT = object()


def jwk(of: str = "ML-DSA-44", /, **changes: Any) -> dict[str, Any]:
    """The private JWK of the seed 00 01 02 … 1f, changed."""
    members = {**from_seed(of, bytes(range(32))), **changes}
    return {name: value for name, value in members.items() if value is not ABSENT}


def refusal(members: dict[str, Any]) -> tuple[type[JwtoolError], str]:
    with pytest.raises(JwtoolError) as caught:
        parse_jwk(members)
    return type(caught.value), caught.value.message


@pytest.fixture(params=["no module", "no such OpenSSL"])
def without_ml_dsa(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Take ML-DSA away, in each of the two ways that a machine can be without it."""

    def refuse(*_: object) -> None:
        raise UnsupportedAlgorithm("not supported by this backend")

    def take_away() -> None:
        if request.param == "no module":
            monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
            monkeypatch.delattr("cryptography.hazmat.primitives.asymmetric.mldsa")
            return
        for size in (44, 65, 87):
            monkeypatch.setattr(mldsa, f"MLDSA{size}PublicKey", type("_", (), {"from_public_bytes": refuse}))
            monkeypatch.setattr(mldsa, f"MLDSA{size}PrivateKey", type("_", (), {"from_seed_bytes": refuse}))

    return take_away


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_both_halves(row: Algorithm) -> None:
    whole = jwk(row.name)
    for members, private in ((whole, True), ({n: v for n, v in whole.items() if n != "priv"}, False)):
        key = parse_jwk(members | {"kid": "pq", "use": "sig", "stranger": 1})
        assert (key.kty, key.crv, key.bits, key.alg, key.private) == ("AKP", None, 0, row.name, private)
        assert dict(key.members) == members | {"kid": "pq", "use": "sig"}
        assert (key.describe(), key.weakness, key.remarks) == (f"AKP {row.name}", None, ())
        assert (len(key.octets("pub")), signatures.signature_octets(key)) == (row.public_octets, row.signature_octets)


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"alg": ABSENT}, KeyMalformed, "the key has no 'alg'"),
        ({"alg": 44}, KeyMalformed, "'alg' of the key must be text, found a number"),
        ({"alg": ""}, KeyUnsupported, f"an AKP key for '' is not supported, wanted one for {WANTED}"),
        ({"alg": "ml-dsa-44"}, KeyUnsupported, f"an AKP key for 'ml-dsa-44' is not supported, wanted one for {WANTED}"),
        ({"alg": "SLH-DSA"}, KeyUnsupported, f"an AKP key for 'SLH-DSA' is not supported, wanted one for {WANTED}"),
        ({"alg": "\x1b[31m"}, KeyUnsupported, f"an AKP key for '\\x1b[31m' is not supported, wanted one for {WANTED}"),
        *[
            ({"alg": alg}, KeyMalformed, f"'alg' of the key is {alg}, which is not for a key of type AKP, {tail}")
            for alg in ("ES256", "HS256", "EdDSA", "RSA-OAEP", "A128GCM", "dir")
            for tail in (f"wanted one of {WANTED}",)
        ],
        ({"alg": "ML-DSA-65"}, KeyMalformed, "'pub' of the key is 1312 octets long, ML-DSA-65 wants 1952"),
        ({"pub": ABSENT}, KeyMalformed, "the key has no 'pub'"),
        ({"pub": ""}, KeyMalformed, "'pub' of the key is 0 octets long, ML-DSA-44 wants 1312"),
        ({"pub": ["AA"]}, KeyMalformed, "'pub' of the key must be text, found an array"),
        ({"priv": ""}, KeyMalformed, "'priv' of the key is 0 octets long, ML-DSA-44 wants 32"),
        ({"priv": None}, KeyMalformed, "'priv' of the key must be text, found null"),
        ({"priv": f"{'A' * 43}="}, KeyMalformed, "'priv' of the key is not base64url: padding ('=') at offset 43"),
        (
            {"priv": base64url.encode(bytes(2560))},
            KeyMalformed,
            "'priv' of the key is 2560 octets long, ML-DSA-44 wants 32",
        ),
        (
            {"priv": base64url.encode(bytes(32))},
            KeyMalformed,
            "the seed 'priv' of the key does not belong to the public key 'pub'",
        ),
        ({"crv": "Ed25519"}, KeyMalformed, "the AKP key has the member 'crv', which belongs to EC keys"),
        ({"d": "AA"}, KeyMalformed, "the AKP key has the member 'd', which belongs to RSA keys"),
        ({"k": "AA"}, KeyMalformed, "the AKP key has the member 'k', which belongs to oct keys"),
        (
            {"use": "sig", "key_ops": ["encrypt"]},
            KeyMalformed,
            "'use' of the key is 'sig', but its 'key_ops' name 'encrypt'",
        ),
    ],
)
def test_what_is_no_akp_key(changes: dict[str, Any], kind: type[JwtoolError], message: str) -> None:
    assert refusal(jwk(**changes)) == (kind, message)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_length_is_exact(row: Algorithm) -> None:
    pub = base64url.decode(jwk(row.name)["pub"])
    for other in (pub[:-1], pub + b"\0", pub * 2):
        found = jwk(row.name, pub=base64url.encode(other), priv=ABSENT)
        message = f"'pub' of the key is {len(other)} octets long, {row.name} wants {row.public_octets}"
        assert refusal(found) == (KeyMalformed, message)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_key_by_which_anybody_can_sign(row: Algorithm) -> None:
    """With t1 = 0 the verifier never multiplies by what only the owner knows: a random short vector is a signature."""
    nobody = jwk(row.name, pub=base64url.encode(b"\x5a" * 32 + bytes(row.public_octets - 32)), priv=ABSENT)
    message = "'pub' of the key is zero after its first 32 octets, so anybody could sign for it"
    assert refusal(nobody) == (KeyMalformed, message)
    nearly = b"\x5a" * 32 + bytes(row.public_octets - 33) + b"\1"
    assert parse_jwk(jwk(row.name, pub=base64url.encode(nearly), priv=ABSENT)).private is False


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_an_akp_key_serves_the_one_algorithm_that_it_names(row: Algorithm) -> None:
    key = parse_jwk(jwk(row.name))
    signature = signatures.sign(row.name, key, b"data")
    for other in ROWS:
        fits = other is row
        assert (why_not(key, other.name, operation="verify") is None) is fits
        assert signatures.verify(other.name, key, b"data", signature) is fits
    assert why_not(key, "ML-DSA-44", operation="sign") == (
        None
        if row.name == "ML-DSA-44"
        else ("alg_key_mismatch", f"the key is for '{row.name}' only, by its 'alg', not for ML-DSA-44")
    )


def test_a_signature_with_a_context_is_none() -> None:
    """RFC 9964 §5: the context is empty."""
    key = parse_jwk(jwk())
    native = mldsa.MLDSA44PrivateKey.from_seed_bytes(bytes(range(32)))
    assert signatures.verify("ML-DSA-44", key, b"data", native.sign(b"data"))
    assert signatures.verify("ML-DSA-44", key, b"data", native.sign(b"data", b""))
    assert not signatures.verify("ML-DSA-44", key, b"data", native.sign(b"data", b"JWS"))


def test_a_machine_without_ml_dsa_skips_the_key_and_says_why(without_ml_dsa: Callable[[], None]) -> None:
    other = {"kty": "oct", "k": base64url.encode(bytes(range(32))), "kid": "hs"}
    keys = [jwk(kid="pq"), jwk("ML-DSA-87", kid="public", priv=ABSENT), other]
    without_ml_dsa()
    found = parse_jwks({"keys": keys})
    assert [key.kid for key in found.keys] == ["hs"]
    assert [(one.kid, one.code, one.facts) for one in found.skipped] == [
        ("pq", "key_unsupported", {"kty": "AKP", "alg": "ML-DSA-44"}),
        ("public", "key_unsupported", {"kty": "AKP", "alg": "ML-DSA-87"}),
    ]
    assert [one.reason for one in found.skipped] == [
        "the cryptography library of this machine has no ML-DSA-44",
        "the cryptography library of this machine has no ML-DSA-87",
    ]


def test_a_key_that_outlives_the_library_is_refused_by_name(without_ml_dsa: Callable[[], None]) -> None:
    """A key that was read before: nothing but a KeyUnsupported comes out of its use."""
    key = parse_jwk(jwk())
    without_ml_dsa()
    for use in (
        lambda: signatures.sign("ML-DSA-44", key, b"data"),
        lambda: signatures.verify("ML-DSA-44", key, b"data", bytes(2420)),
        lambda: from_seed("ML-DSA-44", bytes(32)),
    ):
        with pytest.raises(KeyUnsupported) as caught:
            use()
        assert caught.value.message == "the cryptography library of this machine has no ML-DSA-44"


def test_other_keys_do_not_pay_for_it() -> None:
    program = (
        "import sys; from jwtool.jose import sign, signatures; from jwtool.jose.keys.jwk import parse_jwk;"
        "from jwtool.jose.keys.generate import generate; key = parse_jwk(generate('ES256').members);"
        "assert signatures.verify('ES256', key, b'', signatures.sign('ES256', key, b''));"
        "print([name for name in sys.modules if 'mldsa' in name or 'akp' in name])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"
