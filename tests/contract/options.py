"""The own options of every command, as the contract of the command line names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMON = {"--json", "-q --quiet", "-v --verbose", "--color", "-h --help"}
KEYS = {"--passphrase"}
NETWORK = {
    *{"--offline", "--refresh", "--stale-ok", "--timeout", "--ca-file", "--bearer", "--http-header"},
    "--allow-link-local",
}
MADE = {"-o --output", "--force"}
LINES = {"--lines", "--jobs", "--only", "--summary", "--keep"}
ISS, AUD = "-i --iss --issuer", "-a --aud --audience"
OPTIONS: Mapping[str, set[str]] = {
    "completion": {"--install"},
    "decode": {"-f --field", "--member", *LINES},
    "decrypt": {"-k --key", "--alg", "--enc", "-H --header", "--json-serialization", *MADE, *KEYS, *NETWORK},
    "demo": set(),
    "doctor": {"-i --issuer", "--clear-cache", *NETWORK},
    "encrypt": {"-k --key", "--alg", "--enc", "-H --header", "--json-serialization", *MADE, *KEYS, *NETWORK},
    "explain": set(),
    "issuer show": {*NETWORK},
    "jwks add": {"--replace", *KEYS, *NETWORK},
    "issuer serve": {
        *{"-k --key", "--claims", "--sub", AUD, "--client", ISS},
        *{"--host", "--port", "--path", "--max-age", "--ready-file", *KEYS},
    },
    "jwks build": {"--private", "--use", "--alg", *MADE, *KEYS, *NETWORK},
    "jwks diff": {*KEYS, *NETWORK},
    "jwks fetch": {*MADE, *NETWORK},
    "jwks remove": set(),
    "jwks rotate": {
        *{"--alg", "--public-out", "--every", "--publish-before", "--retire-after", "--compromised", "--max-age"},
        *{"--token-life", "--at", "--dry-run", "--force"},
    },
    "jwks serve": {
        *{"--host", "--port", "--path", "--max-age", "--ready-file", "--rotate", *KEYS, *NETWORK},
        *{"--every", "--publish-before", "--retire-after"},
    },
    "jwks show": {*KEYS, *NETWORK},
    "key convert": {"--to", "--new-passphrase", *MADE, *KEYS, *NETWORK},
    "key new": {"--alg", "--curve", "--size", "--use", "--kid", "--format", "--new-passphrase", "--public-out", *MADE},
    "key public": {"--to", "--new-passphrase", *MADE, *KEYS, *NETWORK},
    "key show": {*KEYS, *NETWORK},
    "key thumbprint": {"--hash", "--uri", "--spki", "--ssh", *KEYS, *NETWORK},
    "sign": {
        *{"-k --key", "--alg", "-c --claim", "-H --header", ISS, AUD, "--sub", "--jti", "--exp", "--nbf", "--iat"},
        *{"--preset", "--explain-preset", "--access-token", "--bad", *MADE, *KEYS, *NETWORK},
        *{"--kid", "--typ", "--bare", "--cert", "--payload", "--detached", "--unencoded", "--json-serialization"},
        *{"--lines", "--jobs"},
    },
    "token get": {
        *{"-i --issuer", "--client-id", "--client-secret", "-k --key", "--scope", AUD, "--resource"},
        *{*MADE, *KEYS, *NETWORK},
    },
    "verify": {
        *{"-k --key", "--jwks", ISS, AUD, "--sub", "--alg", "--typ --type", "--require", "--scope", "--leeway", "--at"},
        *{"--max-age", "--max-auth-age", "--min-ttl", "--nonce", "--access-token", "--code", "--allow-weak-key"},
        *{"--payload-only", "-f --field", "--member", *KEYS, *NETWORK},
        *{"--payload", "--signatures", "--preset", "--explain-preset", "--dpop", "--decrypt-key", *LINES},
        *{"--cluster", "--allow-secret-shipping"},
    },
}
