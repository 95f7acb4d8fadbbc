from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from jwtool.jose import base64url, encrypt
from jwtool.jose.decrypt import decrypt
from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, ECDH_CURVES, KEY_MANAGEMENT
from jwtool.jose.encryption_fit import PASSWORD
from jwtool.jose.errors import (
    AlgorithmKeyMismatch,
    AlgorithmUnsupported,
    HeaderBadType,
    HeaderTooLarge,
    InputTooLarge,
    KeyUseMismatch,
    UsageError,
)
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.public import public_half
from jwtool.jose.keyset import KeySet
from jwtool.jose.selection import OfferedSet
from jwtool.jose.token import Encrypted, parse

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

JWS = b"eyJhbGciOiJIUzI1NiJ9.e30.AAAA"
RSA = generate("RSA-OAEP-256", kid="r")


def bare(key: Key, **members: Any) -> Key:
    own = {name: value for name, value in key.members.items() if name not in {"alg", "kid"}}
    return parse_jwk(own | members)


def secret(octets: int, **members: Any) -> Key:
    return parse_jwk({"kty": "oct", "k": base64url.encode(bytes(range(1, octets + 1)))} | members)


def password() -> Key:
    return replace(secret(9), form=PASSWORD)


def open_with(token: str, key: Key) -> bytes | None:
    return decrypt(parse(token), [OfferedSet(KeySet((key,), is_set=False), "test")]).plaintext


def parts(token: str) -> Encrypted:
    found = parse(token).encrypted
    assert found is not None
    return found


def seal(payload: bytes, *keys: Key, json_form: bool = False, extra: dict[str, Any] | None = None) -> str:
    plan = encrypt.choose(keys)
    make = encrypt.json_serialization if json_form else encrypt.compact
    return make(payload, encrypt.build_header(payload, plan, extra), plan)


@pytest.mark.parametrize(
    ("key", "alg", "enc"),
    [
        (bare(RSA), "RSA-OAEP-256", "A256GCM"),
        *((bare(generate("ECDH-ES", crv=crv)), "ECDH-ES+A256KW", "A256GCM") for crv in ECDH_CURVES),
        (secret(16), "A128KW", "A256GCM"),
        (secret(24), "A192KW", "A256GCM"),
        (secret(32), "A256KW", "A256GCM"),
        (secret(48), "dir", "A192CBC-HS384"),
        (secret(64), "dir", "A256CBC-HS512"),
        (secret(16, alg="dir"), "dir", "A128GCM"),
        (secret(24, alg="dir"), "dir", "A192GCM"),
        (secret(32, alg="dir"), "dir", "A256GCM"),
        (secret(32, alg="A128CBC-HS256"), "dir", "A128CBC-HS256"),
        (secret(16, alg="A128GCMKW"), "A128GCMKW", "A256GCM"),
        (password(), "PBES2-HS256+A128KW", "A256GCM"),
        (bare(RSA, alg="RSA-OAEP"), "RSA-OAEP", "A256GCM"),
    ],
    ids=lambda one: one if isinstance(one, str) else one.describe(),
)
def test_the_key_decides(key: Key, alg: str, enc: str) -> None:
    plan = encrypt.choose([key])
    assert (plan.targets, plan.enc) == ((encrypt.Target(key, alg),), enc)
    public = key if key.kty == "oct" else public_half(key)
    token = seal(b"payload", public)
    assert {name: parts(token).protected[name] for name in ("alg", "enc")} == {"alg": alg, "enc": enc}
    assert open_with(token, key) == b"payload"


@pytest.mark.parametrize("enc", CONTENT_ENCRYPTION)
@pytest.mark.parametrize("alg", [alg for alg, row in KEY_MANAGEMENT.items() if row.family != "pbes2"])
def test_every_pair(alg: str, enc: str) -> None:
    key = RSA if alg == "RSA-OAEP-256" else generate(enc) if alg == "dir" else generate(alg)
    plan = encrypt.choose([key], algs=[alg], encs=[enc])
    token = encrypt.compact(b"\0" * 15, encrypt.build_header(b"", plan), plan)
    assert (parts(token).protected["alg"], parts(token).protected["enc"]) == (alg, enc)
    assert open_with(token, key) == b"\0" * 15


def test_restrictions_are_tried_in_their_order() -> None:
    key = bare(RSA)
    assert encrypt.choose([key], algs=["A256KW", "RSA-OAEP", "RSA-OAEP-256"]).targets[0].alg == "RSA-OAEP"
    assert encrypt.choose([key], encs=["A128GCM", "A256GCM"]).enc == "A128GCM"
    assert encrypt.choose([secret(64)], encs=["A256GCM", "A256CBC-HS512"]).enc == "A256CBC-HS512"


@pytest.mark.parametrize(
    ("keys", "restriction", "error", "message"),
    [
        (
            [bare(RSA)],
            {"algs": ["A256KW"]},
            AlgorithmKeyMismatch,
            "A256KW needs a secret of 256 bits, this is RSA 2048",
        ),
        (
            [secret(16, alg="dir")],
            {"encs": ["A256GCM"]},
            AlgorithmKeyMismatch,
            "A256GCM under 'dir' needs a secret of 256 bits, this is oct 128 bits",
        ),
        (
            [generate("Ed25519", kid="e")],
            {},
            AlgorithmUnsupported,
            "alg 'Ed25519' is no encryption algorithm known here",
        ),
        (
            [bare(generate("Ed25519"))],
            {},
            AlgorithmKeyMismatch,
            "no encryption algorithm goes with a key of type OKP Ed25519",
        ),
        ([bare(RSA, use="sig")], {}, KeyUseMismatch, "'use' of the key is 'sig', wanted 'enc'"),
        (
            [secret(64), bare(RSA)],
            {},
            AlgorithmKeyMismatch,
            "A256GCM under 'dir' needs a secret of 256 bits, this is oct 512 bits",
        ),
        (
            [generate("ECDH-ES"), bare(RSA)],
            {},
            AlgorithmKeyMismatch,
            "ECDH-ES serves one recipient only, and there are several",
        ),
    ],
)
def test_a_key_that_can_not_be_used(keys: list[Key], restriction: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as refusal:
        encrypt.choose(keys, **restriction)
    assert (type(refusal.value), str(refusal.value)) == (error, message)


def test_the_header_of_a_compact_token() -> None:
    token = seal(JWS, RSA, extra={"typ": "x", "a": [1]})
    assert parts(token).protected == {
        "alg": "RSA-OAEP-256",
        "kid": "r",
        "enc": "A256GCM",
        "cty": "JWT",
        "typ": "x",
        "a": [1],
    }
    named = seal(b"x", RSA, extra={"kid": "other"})
    assert parts(named).protected == {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "other"}
    assert parts(seal(JWS, RSA, extra={"cty": "x"})).protected["cty"] == "x"


@pytest.mark.parametrize("payload", [b"", b"a.b.c", b"{}", JWS + b"\n", b"\xff", b'{"payload":"","signature":""}'])
def test_what_is_no_jwt_inside(payload: bytes) -> None:
    assert not encrypt.is_signed(payload)
    assert open_with(seal(payload, RSA), RSA) == payload


def test_flattened_json_is_the_compact_token_in_pieces() -> None:
    token = seal(b"payload", RSA, json_form=True)
    assert list(json.loads(token)) == ["protected", "encrypted_key", "iv", "ciphertext", "tag"]
    assert parse(token).serialization == "flattened"
    assert open_with(token, RSA) == b"payload"
    direct = seal(b"", generate("dir"), json_form=True)
    assert list(json.loads(direct)) == ["protected", "iv", "ciphertext", "tag"]
    assert parse(direct).jwe_parts == (0, 12, 0, 16)


def test_general_json_has_several_recipients() -> None:
    keys = [RSA, generate("ECDH-ES+A128KW", crv="X25519", kid="x"), secret(32, kid="s"), generate("A128GCMKW", kid="g")]
    token = seal(JWS, *keys, json_form=True)
    message = parts(token)
    assert parse(token).serialization == "general"
    assert message.protected == {"enc": "A256GCM", "cty": "JWT"}
    assert [(one.header["alg"], one.header["kid"]) for one in message.recipients] == [
        ("RSA-OAEP-256", "r"),
        ("ECDH-ES+A128KW", "x"),
        ("A256KW", "s"),
        ("A128GCMKW", "g"),
    ]
    assert [open_with(token, key) for key in keys] == [JWS] * 4


def test_no_private_member_is_in_a_token() -> None:
    token = seal(b"x", RSA, generate("ECDH-ES+A256KW"), json_form=True)
    written = json.loads(token)
    assert set(written["recipients"][1]["header"]["epk"]) == {"kty", "crv", "x", "y"}


def test_the_rounds_of_a_password() -> None:
    assert parts(seal(b"x", password())).protected["p2c"] == 600_000
    token = seal(b"x", password(), extra={"p2c": 1_000})
    assert parts(token).protected["p2c"] == 1_000
    assert len(base64url.decode(parts(token).protected["p2s"])) == 16
    assert open_with(token, password()) == b"x"


@pytest.mark.parametrize("count", [999, 1_200_001, 10**9, True, "4096", 4096.0])
def test_rounds_that_are_not_written(count: Any) -> None:
    with pytest.raises(UsageError) as refusal:
        seal(b"x", password(), extra={"p2c": count})
    assert refusal.value.message == "'p2c' must be a whole number from 1,000 to 1,200,000"


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"alg": "dir"}, "the header member 'alg' is chosen by the key, and by --alg"),
        ({"enc": "A256GCM"}, "the header member 'enc' is chosen by the key, and by --enc"),
        ({"p2c": 4096}, "the header member 'p2c' goes with a password only"),
        *(
            ({name: "DEF"}, f"the header member '{name}' can't be set by hand")
            for name in ("crit", "b64", "zip", "epk", "iv", "tag", "p2s")
        ),
    ],
)
def test_header_members_that_are_refused(extra: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        seal(b"x", RSA, extra=extra)
    assert refusal.value.message == message


@pytest.mark.parametrize("extra", [{"kid": 1}, {"apu": 1}, {"x5c": "a"}, {"jku": "nowhere"}])
def test_header_members_of_the_wrong_type(extra: dict[str, Any]) -> None:
    with pytest.raises(HeaderBadType):
        seal(b"x", RSA, extra=extra)


def test_what_is_too_large() -> None:
    with pytest.raises(HeaderTooLarge):
        seal(b"x", RSA, extra={"a": "b" * 16_000})
    with pytest.raises(InputTooLarge):
        seal(bytes(200_000), RSA)
    assert open_with(seal(bytes(190_000), RSA), RSA) == bytes(190_000)


def test_party_info_goes_into_the_key() -> None:
    key = generate("ECDH-ES+A128KW")
    token = seal(b"x", key, extra={"apu": "QWxpY2U", "apv": "Qm9i"})
    assert open_with(token, key) == b"x"
