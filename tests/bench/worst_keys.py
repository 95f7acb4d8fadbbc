"""The hostile keys of worst.py: sets and files at their caps, and the dearest keys that the policy lets through."""

from __future__ import annotations

import base64
import datetime as dt
import json
import random
from functools import cache
from math import gcd, lcm
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from jwtool.jose import base64url
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.members import encode_number
from jwtool.jose.keys.native import ec_curve
from jwtool.jose.keys.public import to_jwk
from jwtool.jose.keyset import MAX_KEYS
from tests.bench.worst_case import RENDERINGS, case

if TYPE_CHECKING:
    from pathlib import Path

Jwk = dict[str, Any]

MAX_KEY_FILE = 1024 * 1024
MAX_BODY = 512 * 1024
LARGEST = 16384
LARGEST_E = 2**32 - 1
TELLING_KID = "eyJhbGciOiJIUzI1NiJ9.e30." * 2  # like a token, so that it is judged at length before it is shown
TRIED = {"RSA 16384": "PS512", "RSA 2048": "RS256", "P-521": "ES512", "Ed448": "EdDSA", "x5c": "ES256"}


@cache
def dearest() -> dict[str, Jwk]:
    """A private key of each kind that is dear to check; the RSA key of 16384 bits is made of composite numbers."""
    made = {"P-521": generate("ES512"), "Ed448": generate("EdDSA", crv="Ed448"), "RSA 2048": generate("RS256")}
    keys = {name: to_jwk(key, private=True) for name, key in made.items()}
    return keys | {
        "RSA 16384": largest_rsa(),
        "oct": {"kty": "oct", "k": base64url.encode(random.Random(1).randbytes(32))},
    }


def largest_rsa() -> Jwk:
    """An RSA key as large as may be, whose numbers fit each other, though its primes are none."""
    dice = random.Random(1)
    p, q = (unlike(dice.getrandbits(LARGEST // 2) | 3 << LARGEST // 2 - 2 | 1) for _ in range(2))
    d = pow(LARGEST_E, -1, lcm(p - 1, q - 1))
    numbers = {"n": p * q, "e": LARGEST_E, "d": d, "p": p, "q": q, "dp": d % (p - 1), "dq": d % (q - 1)}
    numbers["qi"] = pow(q, -1, p)
    return {"kty": "RSA", **{name: encode_number(number) for name, number in numbers.items()}}


def unlike(number: int) -> int:
    """The next number whose predecessor shares no factor with the exponent."""
    while gcd(number - 1, LARGEST_E) > 1:
        number += 2
    return number


def public_of(jwk: Jwk) -> Jwk:
    """Its public members."""
    return {name: jwk[name] for name in ("kty", "crv", "x", "y", "n", "e", "k") if name in jwk}


def certified() -> Jwk:
    """A public key on P-256 with a certificate."""
    signer = generate("ES256")
    native = ec.derive_private_key(signer.ec_scalar(), ec_curve("P-256"))
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a")])
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(native.public_key())
    dated = builder.serial_number(1).not_valid_before(begin).not_valid_after(begin + dt.timedelta(days=1))
    der = dated.sign(native, hashes.SHA256()).public_bytes(Encoding.DER)
    return to_jwk(signer, private=False) | {"x5c": [base64.b64encode(der).decode()]}


def as_many(jwk: Jwk, cap: int, *, kid: str | None = None) -> str:
    """A set of that key, as many times as a set or `cap` octets allow; `kid` is the beginning of their names."""
    entries: list[str] = []
    room = cap - 20
    while len(entries) < MAX_KEYS:
        named = jwk if kid is None else {**jwk, "kid": f"{kid}{len(entries)}"}
        entries.append(json.dumps({name: value for name, value in named.items() if name != "kid" or kid is not None}))
        room -= len(entries[-1]) + 1
        if room < 0:
            entries.pop()
            break
    return f'{{"keys":[{",".join(entries)}]}}'


def set_cases(folder: Path) -> list[dict[str, Any]]:
    """Sets of public and of private keys."""
    return [*public_set_cases(folder), *private_set_cases(folder)]


def public_set_cases(folder: Path) -> list[dict[str, Any]]:
    """Sets of public keys through every command that reads one, from files and over HTTP."""
    sets = {f"{name} keys": public_of(jwk) for name, jwk in dearest().items()} | {"x5c keys": certified()}
    sets["broken keys"] = {**sets["P-521 keys"], "x": "A" * 88}
    sets["weak keys"] = {"kty": "RSA", "n": "_" * 100, "e": "AQAB"}
    sets["keys of unknown types"] = {"kty": "eyJ" * 100}
    cases = []
    for number, (name, jwk) in enumerate(sets.items()):
        alg = TRIED.get(name.removesuffix(" keys"), "HS256")
        octets = {"ES512": 132, "EdDSA": 114, "PS512": 2048, "RS256": 256, "ES256": 64}.get(alg, 32)
        signature = base64url.encode(b"\x01" * octets)
        header = base64url.encode(json.dumps({"alg": alg}).encode())
        (folder / f"set{number}.jwt").write_text(f"{header}.e30.{signature}", "utf-8")
        entries = [{"protected": header, "signature": signature}] * 16
        (folder / f"set{number}.json").write_text(json.dumps({"payload": "e30", "signatures": entries}), "utf-8")
        (folder / f"set{number}.jwks").write_text(as_many(jwk, MAX_KEY_FILE), "utf-8")
        (folder / f"named{number}.jwks").write_text(as_many(jwk, MAX_BODY, kid=TELLING_KID), "utf-8")
        cases += [
            case(f"verify{how}: {name}", "verify", "-k", f"set{number}.jwks", f"@set{number}.jwt", *more)
            for how, more in RENDERINGS.items()
        ]
        cases += [
            case(f"jwks show{how}: {name}", "jwks", "show", f"set{number}.jwks", *more)
            for how, more in RENDERINGS.items()
        ]
        cases += [
            case(f"verify, 16 signatures: {name}", "verify", "-k", f"set{number}.jwks", f"@set{number}.json"),
            case(f"verify, named: {name}", "verify", "-k", f"named{number}.jwks", f"@set{number}.jwt"),
            case(f"key show: {name}", "key", "show", f"set{number}.jwks"),
            case(f"key show, one: {name}", "key", "show", f"named{number}.jwks#{TELLING_KID}1"),
            case(f"key show, no such: {name}", "key", "show", f"named{number}.jwks#x"),
            case(f"jwks build: {name}", "jwks", "build", f"named{number}.jwks"),
            case(f"jwks fetch: {name}", "jwks", "fetch", f"URL/named{number}.jwks"),
            case(f"a secret of {name}", "verify", "-k", f"secret:@set{number}.jwks", f"@set{number}.jwt"),
        ]
    return cases


def private_set_cases(folder: Path) -> list[dict[str, Any]]:
    """Sets of private keys, and one of each."""
    cases = []
    for number, (name, jwk) in enumerate(dearest().items()):
        (folder / f"private{number}.jwks").write_text(as_many(jwk, MAX_KEY_FILE, kid="k"), "utf-8")
        (folder / f"private{number}.jwk").write_text(json.dumps(jwk), "utf-8")
        lone: Jwk = {member: jwk[member] for member in ("kty", "n", "e", "d", "crv", "x", "y", "k") if member in jwk}
        (folder / f"lone{number}.jwks").write_text(as_many(lone, MAX_KEY_FILE, kid="k"), "utf-8")
        cases += [
            case(f"jwks show: private {name} keys", "jwks", "show", f"private{number}.jwks"),
            case(f"jwks show: private {name} keys of d alone", "jwks", "show", f"lone{number}.jwks"),
            case(f"jwks build: private {name} keys", "jwks", "build", f"private{number}.jwks"),
            case(f"sign: private {name} keys", "sign", "-k", f"private{number}.jwks", "--sub", "x"),
            case(f"sign: a private {name} key", "sign", "-k", f"private{number}.jwk", "--sub", "x"),
            case(f"key public: a private {name} key", "key", "public", "--to", "pem", f"private{number}.jwk"),
        ]
    return cases
