"""Tokens that nobody but their provider can verify: this file is the sentence that says so, instead of a riddle."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtool.jose.errors import TokenIsJwe
from jwtool.jose.token import read_claims

if TYPE_CHECKING:
    from jwtool.jose.token import UnverifiedToken
    from jwtool.jose.verify import Verification

ENTRA_NONCE = (
    "the header has a nonce: Microsoft signs such tokens (those for Graph) over another header than they show, and "
    "only the API that they are for can verify them; get a token for an API of your own"
)
OKTA_ORG = (
    "the issuer is Okta's org authorization server, whose access tokens are for Okta alone and can't be verified by "
    "others; get one of a custom authorization server, as in https://DOMAIN/oauth2/default"
)
_MICROSOFT = r"https://(?:login\.microsoftonline\.(?:com|us)|sts\.windows\.net|login\.partner\.microsoftonline\.cn)/.*"
_OKTA = r"https://[a-z0-9-]+\.(?:okta|okta-emea|oktapreview|okta-gov)\.com/?"
_UNVERIFIED = ("signature_invalid", "key_not_found")


def refuse_opaque(token: UnverifiedToken, preset: str | None) -> None:
    """Raise TokenIsJwe for the encrypted token that Auth0 gives where no audience was asked for: it is for Auth0."""
    issuer = token.header.get("iss")
    named = isinstance(issuer, str) and issuer.endswith(".auth0.com/")
    if token.kind == "JWE" and token.header.get("alg") == "dir" and (named or preset == "auth0"):
        raise TokenIsJwe(
            "the token is encrypted for Auth0 itself (alg 'dir'): it gives such an opaque access token where no "
            "audience was asked for",
            hint="ask Auth0 for the token with audience=YOUR-API",
        )


def quirk_of(token: UnverifiedToken, verification: Verification, preset: str | None) -> tuple[str, ...]:
    """Why a signature could not be verified, if it is of a kind that only its provider can verify."""
    if verification.checks[0].code not in _UNVERIFIED:
        return ()
    claims = read_claims(token.payload)[0] or {}
    issuer = claims.get("iss")
    named = issuer if isinstance(issuer, str) else ""
    if isinstance(verification.header.get("nonce"), str) and (preset == "entra" or re.fullmatch(_MICROSOFT, named)):
        return (ENTRA_NONCE,)
    if "cid" in claims and re.fullmatch(_OKTA, named):
        return (OKTA_ORG,)
    return ()
