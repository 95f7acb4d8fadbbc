"""What a preset does to a token that is being made: it fills in what was not given, and says what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtool.jose.errors import UsageError

if TYPE_CHECKING:
    from jwtool.jose.keys.key import Key
    from jwtool.operations.load_preset import Preset


def fill_claims(claims: dict[str, Any], preset: Preset) -> None:
    """Give claims that are the same one value, and hold the claims to the preset.

    Raises UsageError for one that is missing, with the option that gives it, or that can't be so.
    """
    for one, other in (preset.same, preset.same[::-1]) if preset.same else ():
        if one in claims:
            claims.setdefault(other, claims[one])
    for claim, option in (preset.needs or {}).items():
        if claim not in claims:
            raise UsageError(f"a token of the preset '{preset.name}' needs the claim '{claim}'", hint=option)
    for claim in preset.texts:
        if not isinstance(claims[claim], str):
            raise UsageError(f"the claim '{claim}' must be a string", hint=(preset.needs or {}).get(claim))
    if "htu" in preset.texts and set(claims["htu"]) & {"?", "#"}:
        raise UsageError("'htu' is the URL of the request without its query and fragment", hint="cut it at the ? or #")


def hash_claims(preset: Preset | None, access_token: bytes | None, key: Key, alg: str) -> dict[str, str]:
    """The claim that holds the hash of the access token, if one was given (RFC 9449 §4.2, OpenID Connect §3.1.3.6)."""
    if access_token is None or preset is None:
        return {}
    if preset.hashed is None:
        raise UsageError("--access-token needs a preset that hashes it", hint="--preset dpop or --preset id-token")
    if preset.hashed == "ath":
        from jwtool.jose.dpop import hash_of

        return {"ath": hash_of(access_token)}
    from jwtool.jose.requirements import half_hash

    halved = half_hash(alg, key.crv, access_token)
    return {} if halved is None else {preset.hashed: halved}


def own_key(key: Key) -> dict[str, Any]:
    """The header member `jwk`: the public half of the key, its numbers and nothing else.

    Raises KeySymmetricInPublic for a secret, which has no public half.
    """
    from jwtool.jose.keys.public import PUBLIC_MATERIAL, to_jwk

    public = to_jwk(key, private=False)
    return {"jwk": {name: public[name] for name in ("kty", *PUBLIC_MATERIAL[key.kty])}}
