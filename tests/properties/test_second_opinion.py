"""A thousand tokens judged by jwtool, PyJWT and jwcrypto: where they disagree, disagreements.toml says why.

A case is usual in all respects but some. Where a peer answers otherwise than jwtool, the class of the disagreement is
what must be unusual for that: found by making the case as usual as it may be without them agreeing.
"""

from __future__ import annotations

import json
import random
import re
import tomllib
import warnings
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT

from jwtool.jose import base64url, signatures
from jwtool.jose.algorithms import ALGORITHMS, for_key
from jwtool.jose.errors import JwtoolError
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.jwk import parse_jwk
from jwtool.jose.keys.native import public_members
from jwtool.jose.keys.public import to_jwk
from jwtool.jose.keyset import KeySet, usable
from jwtool.jose.policy import ClaimPolicy
from jwtool.jose.token import parse
from jwtool.jose.verify import OfferedSet, Policy, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jwtool.jose.keys.key import Key

    Case = dict[str, str]

NOW = 1_795_556_400
SEED, CASES = 4, 1000
DISAGREEMENTS = tomllib.loads(Path(__file__).with_name("disagreements.toml").read_text("utf-8"))
PEERS = {"pyjwt": lambda trial: ask_pyjwt(trial), "jwcrypto": lambda trial: ask_jwcrypto(trial)}
ABSENT = object()
ISSUER, HOUR = "https://auth.example", 3600

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
ODD = {"text": "x", "null": None, "true": True, "a list": [NOW], "an object": {}}
# What a respect of a case can be; the first is the usual. A function gets the leeway, or the alg.
RESPECTS: Mapping[str, Mapping[str, Any]] = {
    "alg": {"ES256": "ES256", **{name: name for name in ALGORITHMS if name != "ES256"}},
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
        "a bit of the signature turned": lambda token, _alg: edited(token, lambda value: bytes([value[0] ^ 1, *value[1:]])),
        "the signature empty": lambda token, _alg: edited(token, lambda _value: b""),
        "the signature longer": lambda token, _alg: edited(token, lambda value: value + b"\0"),
        "the signature in DER": lambda token, alg: edited(token, in_der) if ALGORITHMS[alg].family == "ecdsa" else token,
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
        "any that the key can": lambda alg: None,
        "its own": lambda alg: (alg,),
        "the others": lambda alg: tuple(name for name in ALGORITHMS if name != alg and not same(name, alg)),
        "its other name": lambda alg: tuple(name for name in ALGORITHMS if name != alg and same(name, alg)) or (alg,),
    },
}
USUAL: Case = {respect: next(iter(values)) for respect, values in RESPECTS.items()}
