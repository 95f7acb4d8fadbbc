from __future__ import annotations

from typing import Any

import pytest

from jwtool.jose.errors import KeyMalformed, KeyUnsupported
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.members import encode_number

MEMBERS = {
    "rsa": ("n", "e", "d", "p", "q", "dp", "dq", "qi"),
    "p256": ("x", "y", "d"),
    "ed25519": ("x", "d"),
    "octets": ("k",),
}
OWNERS = dict.fromkeys(("n", "e", "p", "q", "dp", "dq", "qi", "oth"), "RSA") | {
    "crv": "EC",
    "x": "EC",
    "y": "EC",
    "k": "oct",
    "pub": "AKP",
    "priv": "AKP",
}
OWN = {"rsa": {*MEMBERS["rsa"], "oth"}, "p256": {"crv", "x", "y"}, "ed25519": {"crv", "x"}, "octets": {"k"}}


def malformed(jwk: dict[str, Any]) -> str:
    with pytest.raises(KeyMalformed) as caught:
        parse_jwk(jwk)
    return caught.value.message


def test_a_huge_private_key_must_bring_its_primes() -> None:
    """To find them again costs milliseconds, and a set of such keys a second."""
    lone = {"kty": "RSA", "n": encode_number(2**8192 + 1), "e": "AQAB", "d": "Aw"}
    with pytest.raises(KeyUnsupported) as caught:
        parse_jwk(lone)
    message = "a private RSA key of more than 8192 bits must bring its primes, and this has 'd' alone"
    assert caught.value.message == message
    assert malformed(lone | {"n": encode_number(2**8192 - 1)}).startswith("the private exponent 'd'")


def test_all_that_a_jwk_says_is_kept(p256: dict[str, Any]) -> None:
    own = {"kid": "a", "alg": "ES256", "use": "sig", "key_ops": ["verify", "sign"], "x5u": "https://h.example/c"}
    key = parse_jwk(p256 | own)
    assert (key.kty, key.crv, key.bits, key.private) == ("EC", "P-256", 256, True)
    assert (key.kid, key.alg, key.use, key.key_ops) == ("a", "ES256", "sig", ("verify", "sign"))
    assert (key.form, key.weakness, key.remarks, key.certificates) == ("jwk", None, (), ())
    assert key.members == p256 | own


@pytest.mark.parametrize(
    ("fixture", "facts"),
    [
        ("rsa", ("RSA", None, 2048)),
        ("p521", ("EC", "P-521", 521)),
        ("ed25519", ("OKP", "Ed25519", 256)),
        ("octets", ("oct", None, 256)),
    ],
)
def test_kinds(fixture: str, facts: tuple[Any, ...], request: pytest.FixtureRequest) -> None:
    jwk = request.getfixturevalue(fixture)
    key = parse_jwk(jwk)
    assert (key.kty, key.crv, key.bits) == facts
    assert key.private is True
    assert key.members == jwk
    assert (key.kid, key.alg, key.use, key.key_ops) == (None, None, None, None)


def test_a_key_without_its_private_members_is_public(
    rsa: dict[str, Any], p521: dict[str, Any], ed25519: dict[str, Any]
) -> None:
    for jwk in (rsa, p521, ed25519):
        public: dict[str, Any] = {name: jwk[name] for name in ("kty", "crv", "n", "e", "x", "y") if name in jwk}
        key = parse_jwk(public)
        assert key.private is False
        assert key.members == public


def test_form_and_certificates_are_kept(p256: dict[str, Any]) -> None:
    key = parse_jwk(p256, form="certificate", certificates=(b"der",))
    assert (key.form, key.certificates) == ("certificate", (b"der",))
    assert key.members == p256


def test_unknown_members_are_dropped(octets: dict[str, Any]) -> None:
    jwk = octets | {"note": "hidden", "nbf": "soon", "issuer": "https://login.example", "ext": True}
    assert parse_jwk(jwk).members == octets


def test_the_times_of_a_private_set_are_kept(octets: dict[str, Any]) -> None:
    times = {"iat": 1, "nbf": 2, "exp": 3.5}
    assert parse_jwk(octets | times).members == octets | times
    assert parse_jwk(octets | {"nbf": True}).members == octets


@pytest.mark.parametrize(
    ("jwk", "message"),
    [
        ({}, "the key has no 'kty'"),
        ({"kty": None}, "'kty' of the key must be text, found null"),
        ({"kty": 1}, "'kty' of the key must be text, found a number"),
        ({"kty": True}, "'kty' of the key must be text, found a boolean"),
        ({"kty": ["RSA"]}, "'kty' of the key must be text, found an array"),
        ({"kty": {}}, "'kty' of the key must be text, found an object"),
    ],
)
def test_kty_must_be_text(jwk: dict[str, Any], message: str) -> None:
    assert malformed(jwk) == message


@pytest.mark.parametrize(
    ("kty", "shown", "hint"),
    [
        ("akp", "'akp'", "write 'AKP', key types are case-sensitive"),
        ("PQC", "'PQC'", None),
        ("", "''", None),
        ("rsa", "'rsa'", "write 'RSA', key types are case-sensitive"),
        ("OCT", "'OCT'", "write 'oct', key types are case-sensitive"),
        ("\x1b[31m", "'\\x1b[31m'", None),
    ],
)
def test_unknown_kty(kty: str, shown: str, hint: str | None) -> None:
    with pytest.raises(KeyUnsupported) as caught:
        parse_jwk({"kty": kty})
    assert caught.value.message == f"the key type {shown} is not supported, wanted RSA, EC, OKP, oct, AKP"
    assert caught.value.hint == hint


@pytest.mark.parametrize("name", ["kid", "alg", "use", "x5u", "x5t", "x5t#S256"])
def test_common_members_must_be_text(name: str, octets: dict[str, Any]) -> None:
    assert malformed(octets | {name: 7}) == f"'{name}' of the key must be text, found a number"


@pytest.mark.parametrize(
    ("fixture", "name"),
    [("rsa", "n"), ("rsa", "e"), ("p256", "x"), ("p256", "y"), ("p256", "crv"), ("ed25519", "x"), ("octets", "k")],
)
def test_material_must_be_there_and_be_text(fixture: str, name: str, request: pytest.FixtureRequest) -> None:
    jwk = request.getfixturevalue(fixture)
    assert malformed(jwk | {name: None}) == f"'{name}' of the key must be text, found null"
    del jwk[name]
    assert malformed(jwk) == f"the key has no '{name}'"


@pytest.mark.parametrize(
    ("fixture", "name"),
    [(kind, name) for kind, names in MEMBERS.items() for name in names],
)
def test_material_must_be_strict_base64url(fixture: str, name: str, request: pytest.FixtureRequest) -> None:
    jwk = request.getfixturevalue(fixture)
    padded = malformed(jwk | {name: jwk[name] + "="})
    assert padded == f"'{name}' of the key is not base64url: padding ('=') at offset {len(jwk[name])}"
    assert malformed(jwk | {name: jwk[name] + "\n"}) == (
        f"'{name}' of the key is not base64url: a line break at offset {len(jwk[name])}"
    )


@pytest.mark.parametrize(
    ("fixture", "name"), [(kind, name) for kind, own in OWN.items() for name in OWNERS if name not in own]
)
def test_members_of_another_type_are_refused(fixture: str, name: str, request: pytest.FixtureRequest) -> None:
    jwk = request.getfixturevalue(fixture)
    message = malformed(jwk | {name: "AA"})
    assert message == f"the {jwk['kty']} key has the member '{name}', which belongs to {OWNERS[name]} keys"


def test_a_secret_has_no_private_exponent(octets: dict[str, Any]) -> None:
    assert malformed(octets | {"d": "AA"}) == "the oct key has the member 'd', which belongs to RSA keys"


def test_no_message_repeats_material(octets: dict[str, Any]) -> None:
    secret = octets["k"]
    assert secret[4:12] not in malformed(octets | {"k": secret + "!"})


@pytest.mark.parametrize(
    ("key_ops", "message"),
    [
        ("verify", "'key_ops' of the key must be an array, found text"),
        (None, "'key_ops' of the key must be an array, found null"),
        ({}, "'key_ops' of the key must be an array, found an object"),
        (["verify", 1], "'key_ops' of the key must hold text only, found a number"),
        (["verify", ["sign"]], "'key_ops' of the key must hold text only, found an array"),
        (["verify", "sign", "verify"], "'key_ops' of the key names an operation twice"),
    ],
)
def test_key_ops_are_unique_texts(key_ops: object, message: str, p256: dict[str, Any]) -> None:
    assert malformed(p256 | {"key_ops": key_ops}) == message


@pytest.mark.parametrize("key_ops", [[], ["verify"], ["sign", "verify"], ["Verify", "verify"], ["x-own"]])
def test_key_ops_are_kept_in_order(key_ops: list[str], p256: dict[str, Any]) -> None:
    assert parse_jwk(p256 | {"key_ops": key_ops}).key_ops == tuple(key_ops)


@pytest.mark.parametrize(
    ("use", "operation"),
    [("enc", name) for name in ("sign", "verify")]
    + [("sig", name) for name in ("encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits")],
)
def test_use_and_key_ops_must_agree(use: str, operation: str, p256: dict[str, Any]) -> None:
    jwk = p256 | {"use": use, "key_ops": ["x-own", operation]}
    assert malformed(jwk) == f"'use' of the key is '{use}', but its 'key_ops' name '{operation}'"
    other = {"enc": "sig", "sig": "enc"}[use]
    assert parse_jwk(jwk | {"use": other}).use == other
    assert parse_jwk(jwk | {"use": "x-own"}).use == "x-own"


@pytest.mark.parametrize(
    ("fixture", "alg", "kind"),
    [
        ("rsa", "HS256", "RSA"),
        ("rsa", "ES256", "RSA"),
        ("p256", "ES384", "EC P-256"),
        ("p256", "ES256K", "EC P-256"),
        ("p256", "EdDSA", "EC P-256"),
        ("ed25519", "Ed448", "OKP Ed25519"),
        ("ed25519", "ES256", "OKP Ed25519"),
        ("octets", "RS256", "oct"),
        ("octets", "RSA-OAEP", "oct"),
        ("octets", "ECDH-ES", "oct"),
        ("rsa", "A256KW", "RSA"),
        ("rsa", "A256GCM", "RSA"),
        ("p256", "RSA-OAEP-256", "EC P-256"),
        ("ed25519", "ECDH-ES", "OKP Ed25519"),
    ],
)
def test_alg_must_suit_the_key(fixture: str, alg: str, kind: str, request: pytest.FixtureRequest) -> None:
    message = malformed(request.getfixturevalue(fixture) | {"alg": alg})
    assert message == f"'alg' of the key is {alg}, which is not for a key of type {kind}"


@pytest.mark.parametrize(
    ("fixture", "alg"),
    [
        ("rsa", "PS512"),
        ("rsa", "RSA-OAEP"),
        ("p256", "ES256"),
        ("p256", "ES521"),
        ("p256", "ECDH-ES"),
        ("ed25519", "EdDSA"),
        ("ed25519", "Ed25519"),
        ("octets", "HS256"),
        ("octets", "A256GCM"),
        ("octets", "none"),
    ],
)
def test_alg_that_suits_or_is_unknown_is_kept(fixture: str, alg: str, request: pytest.FixtureRequest) -> None:
    assert parse_jwk(request.getfixturevalue(fixture) | {"alg": alg}).alg == alg
