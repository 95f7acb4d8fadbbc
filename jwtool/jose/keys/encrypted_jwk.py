"""A private key written as a JWE of its JWK, for a passphrase (RFC 7517 §7): this file makes it."""

from __future__ import annotations

from jwtool.jose import base64url, strict_json
from jwtool.jose.encryption_fit import PASSWORD
from jwtool.jose.errors import UsageError
from jwtool.jose.keys.key import Key
from jwtool.jose.keys.public import to_jwk

CONTENT_TYPE = "jwk+json"
ALGORITHM = "PBES2-HS256+A128KW"
ROUNDS = 600_000
"""What is recommended of PBKDF2 with SHA-256 (OWASP, 2023), hundreds of times what a PKCS#8 file gets."""


def to_encrypted_jwk(key: Key, passphrase: bytes) -> str:
    """The JWE, in compact serialization, that holds the private JWK of `key` for whoever knows the passphrase.

    Raises UsageError for an empty passphrase, KeyNotPrivate for a public key.
    """
    from jwtool.jose import encrypt

    if not passphrase:
        raise UsageError("the new passphrase is empty")
    # Not by `parse_jwk`: no policy for secrets has a say in what a person chose to remember.
    password = Key(
        kty="oct",
        crv=None,
        bits=len(passphrase) * 8,
        private=True,
        members={"kty": "oct", "k": base64url.encode(passphrase)},
        form=PASSWORD,
    )
    payload = strict_json.encode_compact(to_jwk(key, private=True))
    plan = encrypt.choose([password], algs=[ALGORITHM])
    header = encrypt.build_header(payload, plan, {"cty": CONTENT_TYPE, "p2c": ROUNDS})
    return encrypt.compact(payload, header, plan)
