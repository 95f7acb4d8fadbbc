"""Whether a key may encrypt or decrypt with an algorithm: the key decides, never the token (RFC 7517 §4.2 to §4.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from jwtool.jose.encryption_algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT, REFUSED, KeyManagement, fits_key
from jwtool.jose.quoting import quote, quote_public

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key

Operation = Literal["encrypt", "decrypt"]
Misfit = tuple[str, str]

PASSWORD = "password"  # noqa: S105  the name of a form of key, not one
NAMED_OPERATIONS = 4

# The values of `key_ops` of which one is enough, beside deriving: who wraps a key may also call it encrypting.
OPERATIONS = {"encrypt": ("encrypt", "wrapKey"), "decrypt": ("decrypt", "unwrapKey")}
DERIVING = ("deriveKey", "deriveBits")


def why_not(key: Key, alg: str, enc: str, *, operation: Operation) -> Misfit | None:
    """None if `key` may `operation` with this `alg` and `enc`; else the reason's code and a sentence.

    The codes: `alg_unsupported`, `alg_key_mismatch` (type, curve, length, the key's own `alg`, or a password for
    anything but PBES2), `key_not_private`, `key_use_mismatch`, `key_too_weak`.
    """
    if alg in REFUSED:
        return "alg_unsupported", f"alg '{alg}' is refused: {REFUSED[alg]}"
    row = KEY_MANAGEMENT.get(alg)
    if row is None:
        return "alg_unsupported", f"alg {quote_public(alg)} is no encryption algorithm known here"
    if enc not in CONTENT_ENCRYPTION:
        return "alg_unsupported", f"enc {quote_public(enc)} is no content encryption known here"
    return _mismatch(key, row, enc) or _not_private(key, operation) or _wrong_use(key, row, operation) or _too_weak(key)


def _mismatch(key: Key, row: KeyManagement, enc: str) -> Misfit | None:
    code = "alg_key_mismatch"
    if key.form == PASSWORD and row.family != "pbes2":
        return code, f"a password ('secret:…') serves PBES2 only, not {row.name}"
    if not fits_key(row, key.kty, key.crv, key.bits // 8):
        return code, f"{row.name} needs {_wanted(row)}, this is {key.describe()}"
    if row.family == "pbes2" and key.form != PASSWORD and key.alg is None:
        return code, f"{row.name} takes a password ('secret:…'), or a secret whose 'alg' says so"
    if row.family == "dir" and key.bits // 8 != CONTENT_ENCRYPTION[enc].key_octets:
        wanted = CONTENT_ENCRYPTION[enc].key_octets * 8
        return code, f"{enc} under 'dir' needs a secret of {wanted} bits, this is {key.describe()}"
    if key.alg not in {None, row.name} and not (row.family == "dir" and key.alg == enc):
        used = f"{row.name} and {enc}" if row.family == "dir" else row.name
        return code, f"the key is for {quote(key.alg or '')} only, by its 'alg', not for {used}"
    return None


def _wanted(row: KeyManagement) -> str:
    if row.curves:
        return f"a key on {', '.join(row.curves[:-1])} or {row.curves[-1]}"
    if row.wrap_octets and row.family != "pbes2":
        return f"a secret of {row.wrap_octets * 8} bits"
    if row.family == "dir":
        sizes = sorted({enc.key_octets * 8 for enc in CONTENT_ENCRYPTION.values()})
        return f"a secret of {', '.join(map(str, sizes[:-1]))} or {sizes[-1]} bits"
    return "an RSA key" if row.family == "rsa-oaep" else "a password"


def _not_private(key: Key, operation: Operation) -> Misfit | None:
    if operation == "decrypt" and not key.private:
        return "key_not_private", f"the key ({key.describe()}) is public, and only a private key can decrypt"
    return None


def _wrong_use(key: Key, row: KeyManagement, operation: Operation) -> Misfit | None:
    if key.use is not None and key.use != "enc":
        return "key_use_mismatch", f"'use' of the key is {quote(key.use)}, wanted 'enc'"
    if key.key_ops is None:
        return None
    allowed = OPERATIONS[operation] + (DERIVING if row.family in {"ecdh", "pbes2"} else ())
    if operation == "encrypt" and key.private and key.kty != "oct":
        allowed += OPERATIONS["decrypt"]  # it is the public half that encrypts
    if operation == "encrypt" and row.family == "ecdh" and not key.private and not key.key_ops:
        return None  # deriving takes a private key on both sides: the public half of such a key names no operation
    if any(name in allowed for name in key.key_ops):
        return None
    named = ", ".join(quote(name) for name in key.key_ops[:NAMED_OPERATIONS]) or "nothing"
    return "key_use_mismatch", f"'key_ops' of the key allow {named}, wanted '{allowed[-1]}'"


def _too_weak(key: Key) -> Misfit | None:
    """A secret that is too short for HMAC has the length of its algorithm here, or is a password."""
    if key.weakness is not None and not key.is_short_secret:
        return "key_too_weak", key.weakness
    return None
