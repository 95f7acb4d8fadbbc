"""Whatever comes from outside, `jwtool.jose` answers it or raises a JwtoolError that is fit to be shown."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given
from hypothesis import strategies as st

from jwtool.cli import exits
from jwtool.explain.lookup import topics
from jwtool.jose import (
    base64url,
    keyset,
    numeric_date,
    quoting,
    strict_json,
    token,
)
from jwtool.jose.algorithms import ALGORITHMS, CURVES
from jwtool.jose.errors import JwtoolError
from jwtool.jose.keys import der, encrypted_jwk, load, pem, public, secret, x5c
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.rotation import active_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.jose.keys.key import Key

NOW = 1_795_556_400
PASSPHRASE = b"correct horse"

ANY_TEXT = st.text(st.characters(), max_size=30)  # lone surrogates included
NUMBERS = st.integers(-(10**40) + 1, 10**40 - 1) | st.floats()
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
ALGS = st.sampled_from([*ALGORITHMS, "none", "NONE", "dir", "RSA1_5", "es256", ""]) | ANY_TEXT
# Key material, sound at first


@cache
def private_keys() -> list[Key]:
    rsa = generate("RS256")
    return [
        rsa,
        *(generate(row.name) for row in ALGORITHMS.values() if row.kty != "RSA"),
        generate("EdDSA", crv="Ed448"),
    ]


@cache
def certificate() -> bytes:
    """A certificate in DER for the first of the keys."""
    native: Any = serialization.load_der_private_key(public.to_der(private_keys()[0], private=True), None)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "jwtool")])
    year = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, native.public_key(), 1, *year)
    return builder.sign(native, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@cache
def jwks() -> list[dict[str, Any]]:
    """A JWK of every type and curve, private and public, and one with its certificate."""
    private = [public.to_jwk(key, private=True) for key in private_keys()]
    others = [public.to_jwk(key, private=False) for key in private_keys() if key.kty != "oct"]
    digest = base64url.encode(hashlib.sha256(certificate()).digest())
    certified = {**others[0], "x5c": [base64.b64encode(certificate()).decode()], "x5t#S256": digest}
    return [*private, *others, certified]


@cache
def key_files() -> list[bytes]:
    """A file of every form that is read, and of some that are refused by their names."""
    asymmetric = [key for key in private_keys() if key.kty != "oct"]
    forms = [json.dumps(jwk).encode() for jwk in jwks()] + [json.dumps({"keys": jwks()}).encode()]
    for write in (public.to_pem, public.to_der):
        forms += [write(key, private=private) for key in asymmetric for private in (True, False)]
        forms += [write(asymmetric[1], private=True, passphrase=PASSPHRASE)]
    nothing = serialization.NoEncryption()
    for key in asymmetric[:2]:
        native: Any = serialization.load_der_private_key(public.to_der(key, private=True), None)
        for form in (serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.OpenSSH):
            forms += [native.private_bytes(serialization.Encoding.PEM, form, nothing)]
        encrypted = serialization.BestAvailableEncryption(PASSPHRASE)
        for encoding, encryption in ((serialization.Encoding.DER, nothing), (serialization.Encoding.PEM, encrypted)):
            forms += [native.private_bytes(encoding, serialization.PrivateFormat.TraditionalOpenSSL, encryption)]
        openssh = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        forms += [
            native.public_key().public_bytes(*openssh),
            pkcs12.serialize_key_and_certificates(None, native, None, None, nothing),
        ]
    pem_certificate = b"-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" % base64.encodebytes(certificate())
    return [*forms, *other_files(), certificate(), pem_certificate, pem_certificate + forms[-1]]


def other_files() -> list[bytes]:
    """Files of other programs, encrypted by as few rounds as may be."""
    key = private_keys()[0]
    native: Any = serialization.load_der_private_key(public.to_der(key, private=True), None)
    ssh = serialization.PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(1).build(PASSPHRASE)
    files = [native.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, ssh)]
    own = x509.load_der_x509_certificate(certificate())
    for scheme in (pkcs12.PBES.PBESv2SHA256AndAES256CBC, pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC):
        builder = serialization.PrivateFormat.PKCS12.encryption_builder().key_cert_algorithm(scheme).kdf_rounds(1)
        files.append(pkcs12.serialize_key_and_certificates(None, native, own, None, builder.build(PASSPHRASE)))
    pem = public.to_pem(key, private=True).decode()
    files += [json.dumps(one).encode() for one in ({"a": pem, "b": 7}, {"private_key": pem, "private_key_id": "a"})]
    with mock.patch.object(encrypted_jwk, "ROUNDS", 1000):
        return [*files, encrypted_jwk.to_encrypted_jwk(key, PASSPHRASE).encode()]


@st.composite
def damaged(draw: st.DrawFn, sound: st.SearchStrategy[bytes]) -> bytes:
    """Something sound, and often bytes of it replaced."""
    data = draw(sound)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        part = draw(st.binary(max_size=3) | st.sampled_from(PIECES))
        data = data[:at] + part + data[at + draw(st.integers(0, 3)) :]
    return data


@st.composite
def damaged_jwks(draw: st.DrawFn) -> dict[str, Any]:
    """A JWK of ours with members taken away, taken from another key, or of any kind."""
    ours, other = draw(st.sampled_from(jwks())), draw(st.sampled_from(jwks()))
    octets = st.binary(max_size=70).map(base64url.encode)
    names = st.sampled_from([*ours, *other, "key_ops", "use", "x5c", "x5t", "x5t#S256", "oth", "nbf", "exp", "d", "k"])
    operations = st.lists(st.sampled_from(["sign", "verify", "encrypt"]) | ANY_TEXT, max_size=3)
    changes = draw(st.dictionaries(names, octets | JSON | operations | ALGS, max_size=3))
    taken = draw(st.sets(st.sampled_from([*other]), max_size=2))
    left = draw(st.sets(st.sampled_from([*ours]), max_size=1))
    merged = {**ours, **{name: other[name] for name in taken}, **changes}
    return {name: value for name, value in merged.items() if name not in left}


def as_text(data: bytes | str) -> str:
    return data if isinstance(data, str) else data.decode("utf-8", "surrogateescape")


def ask() -> bytes:
    return PASSPHRASE


PIECES = [
    b"\n",
    b"-----",
    b"\x30\x80",
    b"\0" * 9,
    b'"',
    b"{",
    b".",
    b"=",
    b"~",
    b" ",
    b"\\u",
    b"1e999",
    b"9" * 41,
    b"\xff",
]
SEGMENTS = (JSON.map(json.dumps).map(str.encode) | st.binary()).map(base64url.encode).map(str.encode)
SOUND = (
    SEGMENTS
    | JSON.map(json.dumps).map(str.encode)
    | st.lists(SEGMENTS, min_size=3, max_size=5).map(b".".join)
    | st.binary().map(base64.b64encode)
    | st.binary().map(bytes.hex).map(str.encode)
)
TEXTS = damaged(SOUND) | damaged(SOUND) | st.binary() | ANY_TEXT
KEY_FILES = damaged(st.deferred(lambda: st.sampled_from(key_files())))
FILES = KEY_FILES | KEY_FILES | KEY_FILES | damaged(SOUND) | st.binary()
JWKS = damaged_jwks() | st.dictionaries(ANY_TEXT, JSON, max_size=4)
KIDS = st.deferred(lambda: st.sampled_from([jwk["kid"] for jwk in jwks()])) | ANY_TEXT
WISHES = st.fixed_dictionaries(
    {"alg": st.sampled_from([row.name for row in ALGORITHMS.values() if row.kty != "RSA"]) | ANY_TEXT},
    optional={
        "crv": st.sampled_from([*CURVES, "P256"]) | ANY_TEXT,
        "size": st.sampled_from([0, -8, 128, 256, 512, 521, 4096, 10**6, 10**40]) | st.integers(),
        "kid": ANY_TEXT,
        "use": st.sampled_from(["sig", "enc"]) | ANY_TEXT,
    },
)
READERS: dict[str, tuple[Callable[..., object], st.SearchStrategy[Any]]] = {
    "base64url": (base64url.decode, TEXTS),
    "JSON": (strict_json.parse, TEXTS),
    "a JSON object": (strict_json.parse_object, TEXTS | JSON.map(json.dumps)),
    "a token": (token.parse, TEXTS),
    "a header": (token.decode_header, TEXTS.map(as_text)),
    "any JSON to sign": (strict_json.encode_compact, JSON | st.sets(st.integers())),
    "a duration": (
        numeric_date.parse_duration,
        ANY_TEXT | st.from_regex(r"(-?[0-9]{1,10} ?[wdhmsWM.]){0,5}", fullmatch=True),
    ),
    "a key file": (partial(load.load_keys, passphrase=ask), FILES),
    "a key file without a passphrase": (partial(load.load_keys, passphrase=lambda: None), FILES),
    "PEM or DER": (partial(pem.parse_encoded, passphrase=ask), FILES),
    "a secret": (partial(secret.secret_key, where="x"), FILES),
    "a JWK": (parse_jwk, JWKS),
    "certificates of a JWK": (x5c.judge, JWKS),
    "a key of a set": (
        lambda pair: keyset.select(keyset.parse_jwks({"keys": pair[0]}), pair[1]),
        st.tuples(st.lists(JWKS), KIDS),
    ),
    "the key that signs": (lambda found: active_key(keyset.parse_jwks({"keys": found}).keys, now=NOW), st.lists(JWKS)),
    "a wish for a new key": (lambda wish: generate(**wish), WISHES),
    "a JWK set": (keyset.parse_jwks, st.fixed_dictionaries({"keys": st.lists(JWKS | JSON, max_size=4) | JSON}) | JSON),
}
NEVER: dict[str, tuple[Callable[..., object], st.SearchStrategy[Any]]] = {
    "claims of a payload": (token.read_claims, st.binary()),
    "facts of a JWK": (keyset.readable_facts, JWKS),
    "what a secret is": (secret.find_key, FILES),
    "what a DER file is": (der.identify, FILES),
    "a text made printable": (quoting.printable, ANY_TEXT),
    "a text quoted": (quoting.quote, ANY_TEXT),
    "the kind of a value": (strict_json.kind_of, JSON),
}


def check_refusal(error: JwtoolError) -> None:
    """An error says what went wrong in a family of its own, with a code that is explained, in printable words."""
    assert exits.exit_code(error) in {2, 3, 4}, error
    assert error.code in topics()["errors"]
    assert error.message.isprintable(), error
    assert (error.hint or "").isprintable(), error


@pytest.mark.parametrize("what", READERS)
@given(data=st.data())
def test_what_is_read_is_taken_or_refused(what: str, data: st.DataObject) -> None:
    read, inputs = READERS[what]
    try:
        read(data.draw(inputs))
    except JwtoolError as error:
        check_refusal(error)


@pytest.mark.parametrize("what", NEVER)
@given(data=st.data())
def test_what_never_raises_never_raises(what: str, data: st.DataObject) -> None:
    read, inputs = NEVER[what]
    read(data.draw(inputs))
