"""Cases for a second opinion: tokens usual in all respects but some. This file is what a respect can be like."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from jwtool.jose import base64url, signatures
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.pem import parse_encoded
from jwtool.jose.keys.public import to_jwk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jwtool.jose.keys.key import Key

    Case = dict[str, str]

NOW = 1_795_556_400
HOUR = 3600
ISSUER = "https://auth.example"
ABSENT = object()


class Trial(NamedTuple):
    """What the judges are given: a token, a key, and what is demanded. `algs` None: whatever the key can."""

    token: str
    jwk: Mapping[str, Any]
    algs: tuple[str, ...] | None
    issuers: tuple[str, ...]
    audiences: tuple[str, ...]
    leeway: int


def segment(value: object) -> str:
    return base64url.encode(json.dumps(value, separators=(",", ":")).encode())


def edited(token: str, edit: Callable[[bytes], bytes]) -> str:
    """The token with an edited signature."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{base64url.encode(edit(base64url.decode(signature)))}"


def in_der(value: bytes) -> bytes:
    half = len(value) // 2
    return encode_dss_signature(int.from_bytes(value[:half]), int.from_bytes(value[half:]))


def padded(token: str, index: int) -> str:
    """The token with the padding that a segment would have in base64; with some in any case."""
    parts = token.split(".")
    parts[index] += "=" * (-len(parts[index]) % 4)
    return ".".join(parts)


def other_names(alg: str) -> tuple[str, ...]:
    return {"EdDSA": ("Ed25519",), "Ed25519": ("EdDSA",), "Ed448": ("EdDSA",)}.get(alg, ())


# What JSON can be written like: text of an object -> octets.
WRITTEN: dict[str, Callable[[str], bytes]] = {
    "with blanks": lambda text: json.dumps(json.loads(text), indent=2).encode(),
    "with a member twice": lambda text: f'{text[:-1]},"x":1,"x":2}}'.encode(),
    "with a byte order mark": lambda text: text.encode("utf-8-sig"),
    "in UTF-16": lambda text: text.encode("utf-16"),
    "with NaN": lambda text: f'{text[:-1]},"x":NaN}}'.encode(),
    "with an overflow": lambda text: f'{text[:-1]},"x":1e999}}'.encode(),
    "with 50 digits": lambda text: f'{text[:-1]},"x":{"9" * 50}}}'.encode(),
    "nested 70 deep": lambda text: f'{text[:-1]},"x":{"[" * 70}{"]" * 70}}}'.encode(),
    "with half a character escaped": lambda text: f'{text[:-1]},"x":"\\ud800"}}'.encode(),
    "with a Latin-1 character": lambda text: f'{text[:-1]},"x":"é"}}'.encode("latin-1"),
    "with a trailing comma": lambda text: f"{text[:-1]},}}".encode(),
    "an array": lambda text: f"[{text}]".encode(),
}
ODD: dict[str, Any] = {"text": "x", "null": None, "true": True, "a list": [NOW], "an object": {}}
# PyJWT knows no ML-DSA, and refuses its keys as a whole; what jwcrypto says of it is in interop/test_libraries.py.
JUDGED = [name for name, row in ALGORITHMS.items() if row.kty != "AKP"]
# What a respect of a case can be; the first is the usual. A function gets the leeway, or the alg.
RESPECTS: Mapping[str, Mapping[str, Any]] = {
    "alg": {"ES256": "ES256", **{name: name for name in JUDGED if name != "ES256"}},
    "key": {
        "its own": None,
        **dict.fromkeys(("another", "the private half", "a short one", "of another type"), None),
        **dict.fromkeys(("for another alg", "for encryption", "for signing only"), None),
    },
    "header": {
        "plain": {},
        "an unknown member": {"x": [1]},
        "crit with an unknown name": {"crit": ["x"], "x": 1},
        "crit empty": {"crit": []},
        "crit a text": {"crit": "b64", "b64": True},
        "crit with a name twice": {"crit": ["b64", "b64"], "b64": True},
        "crit with an absent name": {"crit": ["b64"]},
        "crit with a registered name": {"crit": ["alg"]},
        "b64 true": {"b64": True},
        "b64 true and critical": {"b64": True, "crit": ["b64"]},
        "b64 false": {"b64": False},
        "typ a number": {"typ": 1},
        "typ of a DPoP proof": {"typ": "dpop+jwt"},
        "kid a number": {"kid": 1},
        "kid a text": {"kid": "k"},
        "jwk a number": {"jwk": 1},
        "x5c a text": {"x5c": "x"},
        "cty a number": {"cty": 1},
        "alg in another case": lambda alg: {"alg": alg.swapcase()},
        "alg a list": lambda alg: {"alg": [alg]},
        "alg none": {"alg": "none"},
        "alg of another kind": lambda alg: {"alg": "RS512" if alg.startswith("HS") else "HS256"},
        **WRITTEN,
    },
    "payload": {"plain": None, **WRITTEN, "empty": lambda _text: b"", "no JSON": lambda _text: b"hello"},
    "spelling": {
        "plain": lambda token, _alg: token,
        "a bit of the signature turned": lambda token, _alg: edited(
            token, lambda value: bytes([value[0] ^ 1, *value[1:]])
        ),
        "the signature empty": lambda token, _alg: edited(token, lambda _value: b""),
        "the signature longer": lambda token, _alg: edited(token, lambda value: value + b"\0"),
        "the signature in DER": lambda token, alg: (
            edited(token, in_der) if ALGORITHMS[alg].family == "ecdsa" else token
        ),
        "the signature padded": lambda token, _alg: f"{token}==" if len(token.rpartition(".")[2]) % 4 == 2 else token,
        "the header padded": lambda token, _alg: padded(token, 0),
        "the payload padded": lambda token, _alg: padded(token, 1),
        "stray bits": lambda token, _alg: token[:-1] + chr(ord(token[-1]) + 1) if token[-1] in "AQgwEIMUYck" else token,
        "a foreign character in the signature": lambda token, _alg: f"{token[:-4]}!{token[-4:]}",
        "a line break in the payload": lambda token, _alg: token.replace(".", ".\n", 1),
        "a line break at the end": lambda token, _alg: f"{token}\n",
        "four segments": lambda token, _alg: f"{token}.AA",
        "unsigned": lambda token, _alg: f"{segment({'alg': 'none'})}.{token.split('.')[1]}.",
    },
    "exp": {
        "in an hour": NOW + HOUR,
        "absent": ABSENT,
        "an hour ago": NOW - HOUR,
        "now": NOW,
        "in a second": NOW + 1,
        "in half a second": NOW + 0.5,
        "now less the leeway": lambda leeway: NOW - leeway,
        "now less the leeway and a second": lambda leeway: NOW - leeway - 1,
        "in an hour as text": str(NOW + HOUR),
        "far ahead": 10**30,
        "farther than an int can tell": 1e300,
        "below zero": -1,
        **ODD,
    },
    "nbf": {
        "absent": ABSENT,
        "an hour ago": NOW - HOUR,
        "now": NOW,
        "in half a second": NOW + 0.5,
        "now and the leeway": lambda leeway: NOW + leeway,
        "now, the leeway and a second": lambda leeway: NOW + leeway + 1,
        "an hour ago as text": str(NOW - HOUR),
        "far ahead": 10**30,
        "below zero": -1,
        **ODD,
    },
    "iat": {
        "a minute ago": NOW - 60,
        "absent": ABSENT,
        "in an hour": NOW + HOUR,
        "a minute ago as text": str(NOW - 60),
        "with a fraction": NOW - 60.5,
        **ODD,
    },
    "iss": {
        "the issuer": ISSUER,
        "absent": ABSENT,
        "another": "https://other.example",
        "with a slash more": f"{ISSUER}/",
        "in a list": [ISSUER],
        "a number": 1,
        "null": None,
    },
    "aud": {
        "the audience": "api",
        "absent": ABSENT,
        "another": "web",
        "in capitals": "API",
        "a list with it": ["web", "api"],
        "a list without it": ["web"],
        "a list with it and a number": ["api", 1],
        "an empty list": [],
        "an empty text": "",
        "a number": 1,
        "null": None,
        "an object": {"api": True},
    },
    "sub": {"a text": "user-42", "absent": ABSENT, "a number": 42, "null": None, "a list": ["user-42"]},
    "jti": {"absent": ABSENT, "a text": "1", "a number": 1, "null": None},
    "issuers": {"one": (ISSUER,), "none": (), "two": ("https://first.example", ISSUER)},
    "audiences": {"one": ("api",), "none": (), "two": ("first", "api")},
    "leeway": {"none": 0, "a minute": 60},
    "algs": {
        "any that the key can": lambda _alg: None,
        "its own": lambda alg: (alg,),
        "the others": lambda alg: tuple(name for name in JUDGED if name not in (alg, *other_names(alg))),
        "its other name": lambda alg: other_names(alg) or (alg,),
    },
}
USUAL: Case = {respect: next(iter(values)) for respect, values in RESPECTS.items()}


@cache
def private_key(alg: str, number: int = 0) -> Key:
    """The signing key of an algorithm, or another of its kind; RSA algorithms share theirs."""
    if ALGORITHMS[alg].kty == "RSA" and alg != "RS256":
        return private_key("RS256", number)
    members = generate(alg).members
    return parse_jwk({name: value for name, value in members.items() if name not in {"kid", "alg"}})


@cache
def short_key(alg: str) -> Key:
    """A key that is too short for the algorithm, where there can be one; else the usual one."""
    row = ALGORITHMS[alg]
    if row.kty == "oct":
        return parse_jwk({"kty": "oct", "k": base64url.encode(b"0123456789abcdef")})
    if row.kty == "RSA":
        native = rsa.generate_private_key(65537, 1536)
        pkcs8 = native.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return parse_encoded(pkcs8, passphrase=lambda: None)[0]
    return private_key(alg)


def verifying_jwk(label: str, alg: str, key: Key) -> dict[str, Any]:
    """The JWK that is offered for a token by `key`."""
    row = ALGORITHMS[alg]
    if label == "another":
        key = private_key(alg, 1)
    if label == "of another type":
        key = private_key("RS256" if row.kty == "oct" else "HS256")
    jwk = to_jwk(key, private=key.kty == "oct" or label == "the private half")
    others = [other.name for other in ALGORITHMS.values() if other.kty == row.kty and other is not row]
    marks: dict[str, dict[str, Any]] = {
        "for another alg": {"alg": next((name for name in others if not row.curves), "X")},
        "for encryption": {"use": "enc"},
        "for signing only": {"key_ops": ["sign"]},
    }
    return {**jwk, **marks.get(label, {})}


def trial_of(case: Case) -> Trial:
    """The token, the key and the demands of a case; what is signed is signed as it is, however odd."""
    chosen = {respect: RESPECTS[respect][label] for respect, label in case.items()}
    alg, leeway = case["alg"], chosen["leeway"]
    key = short_key(alg) if case["key"] == "a short one" else private_key(alg)
    claims = {name: chosen[name] for name in ("exp", "nbf", "iat", "iss", "aud", "sub", "jti")}
    claims = {
        name: value(leeway) if callable(value) else value for name, value in claims.items() if value is not ABSENT
    }
    header = {"alg": alg}
    if case["header"] in WRITTEN:
        written = chosen["header"](json.dumps(header))
    else:
        odd = chosen["header"]
        header |= odd(alg) if callable(odd) else odd
        written = json.dumps(header).encode()
    text = json.dumps(claims)
    payload = chosen["payload"](text) if chosen["payload"] else text.encode()
    signed = f"{base64url.encode(written)}.{base64url.encode(payload)}"
    token = f"{signed}.{base64url.encode(signatures.sign(alg, key, signed.encode()))}"
    spelled = chosen["spelling"](token, alg)
    jwk = verifying_jwk(case["key"], alg, key)
    return Trial(spelled, jwk, chosen["algs"](alg), chosen["issuers"], chosen["audiences"], leeway)


def random_cases(seed: int, count: int) -> Iterator[Case]:
    """Cases that are unusual in a few respects, by any algorithm; what is demanded is unusual the more often."""
    rng = random.Random(seed)
    unusual = [(respect, label) for respect in RESPECTS for label in list(RESPECTS[respect])[1:] if respect != "alg"]
    for _ in range(count):
        case = {**USUAL, "alg": rng.choice(list(RESPECTS["alg"]))}
        demanded = [respect for respect in ("issuers", "audiences", "leeway", "algs") if rng.randrange(4) == 0]
        case |= {respect: rng.choice(list(RESPECTS[respect])) for respect in demanded}
        yield case | dict(rng.sample(unusual, rng.choice([0, 1, 1, 1, 2, 3])))
