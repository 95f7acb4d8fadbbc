"""Short titles of claims and token types, for `decode`: plain dicts, for parsing a file would cost start-up time.

The long texts stand in `claims.toml`; a contract test holds both to the same names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CLAIMS: Mapping[str, str] = {
    "iss": "issuer",
    "sub": "subject",
    "aud": "audience",
    "exp": "expiry",
    "nbf": "not before",
    "iat": "issued at",
    "jti": "token id",
    "azp": "authorized party",
    "nonce": "nonce",
    "auth_time": "time of login",
    "acr": "level of authentication",
    "amr": "methods of authentication",
    "at_hash": "hash of the access token",
    "c_hash": "hash of the authorization code",
    "s_hash": "hash of the state",
    "sid": "session id",
    "name": "full name",
    "given_name": "given name",
    "family_name": "family name",
    "middle_name": "middle name",
    "nickname": "nickname",
    "preferred_username": "username",
    "profile": "profile page",
    "picture": "picture",
    "website": "website",
    "email": "e-mail address",
    "email_verified": "is the e-mail address verified",
    "gender": "gender",
    "birthdate": "date of birth",
    "zoneinfo": "time zone",
    "locale": "language",
    "phone_number": "telephone number",
    "phone_number_verified": "is the telephone number verified",
    "address": "postal address",
    "updated_at": "time of the last change",
    "scope": "scope",
    "scp": "scope",
    "client_id": "client",
    "act": "actor",
    "may_act": "permitted actor",
    "cnf": "confirmation key",
    "roles": "roles",
    "groups": "groups",
    "entitlements": "entitlements",
    "authorization_details": "authorization details",
    "events": "security events",
    "toe": "time of the event",
    "txn": "transaction id",
    "sub_id": "subject identifier",
    "htm": "HTTP method",
    "htu": "HTTP URL",
    "ath": "hash of the access token",
    "token_introspection": "introspection response",
    "token_use": "token use",
    "tid": "tenant",
    "oid": "object id of the user",
    "realm_access": "roles in the realm",
    "resource_access": "roles in each client",
}
"""The name of a registered or common claim, and what it is in a word or a few."""

TYPES: Mapping[str, str] = {
    "jwt": "JSON Web Token, RFC 7519",
    "jose": "JWS or JWE in compact form, RFC 7515",
    "jose+json": "JWS or JWE in JSON form, RFC 7515",
    "at+jwt": "access token, RFC 9068",
    "dpop+jwt": "DPoP proof, RFC 9449",
    "secevent+jwt": "security event token, RFC 8417",
    "logout+jwt": "logout token, OpenID Connect Back-Channel Logout 1.0",
    "oauth-authz-req+jwt": "authorization request, RFC 9101",
    "token-introspection+jwt": "introspection response, RFC 9701",
    "kb+jwt": "key binding of an SD-JWT, RFC 9901",
    "entity-statement+jwt": "entity statement, OpenID Federation 1.0",
    "trust-mark+jwt": "trust mark, OpenID Federation 1.0",
    "jwk-set+jwt": "signed key set, OpenID Federation 1.0",
    "passport": "personal assertion token, RFC 8225",
}
"""The `typ` of a header in lower case and without `application/`, and what such a token is."""


def claim_title(name: str) -> str | None:
    """What the claim `name` is, in a word or a few, or None. Claim names are case-sensitive (RFC 7519 §4)."""
    return CLAIMS.get(name)


def typ_title(typ: str) -> str | None:
    """What a token of that `typ` is, or None; without case, `application/` dropped (RFC 7515 §4.1.9)."""
    lowered = typ.encode("ascii", "replace").lower().decode("ascii")
    return TYPES.get(lowered.removeprefix("application/"))
