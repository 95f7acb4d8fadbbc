"""The hostile keys of worst.py: sets and files at their caps, and the dearest keys that the policy lets through."""

from __future__ import annotations

import base64
import datetime
import json
import random
from math import lcm
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from jwtool.jose import base64url
from jwtool.jose.keys import der_policy, native
from jwtool.jose.keys.generate import generate
from jwtool.jose.keys.key import Key
from jwtool.jose.keys.public import to_jwk
from jwtool.jose.keyset import MAX_KEYS
from jwtool.sources.http import MAX_BODY
from tests.bench.worst_case import case, filled

if TYPE_CHECKING:
    from pathlib import Path

MAX_KEY_FILE = 1024 * 1024
LARGEST = 16384
LARGEST_E = 2**32 - 1
Jwk = dict[str, Any]


def key_cases(folder: Path) -> list[dict[str, Any]]:
    """Key sets, tokens for them, key files."""
    return [*set_cases(folder), *file_cases(folder), *encrypted_cases(folder)]


def public_keys() -> dict[str, Jwk]:
    """One public key of each kind, as dear as it can be."""
    found = {crv: to_jwk(generate(alg, crv=crv), private=False) for crv, alg in DEAREST.items()}
    dice = random.Random(1)
    number = dice.getrandbits(LARGEST) | 1 | 1 << LARGEST - 1
    rsa_key = {"kty": "RSA", "n": integer(number), "e": integer(LARGEST_E)}
    return found | {"RSA 16384": rsa_key, "RSA 2048": to_jwk(generate("RS256"), private=False), "x5c": certified()}
