"""The token endpoint of the local issuer (RFC 6749 §4.4, RFC 8707, RFC 9068) and its introspection (RFC 7662)."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtool.jose import strict_json
from jwtool.jose.bad import KINDS, check_kind, forge, spoil_claims, spoil_header
from jwtool.jose.errors import InputError, KeyRefused
from jwtool.jose.policy import ClaimPolicy, seconds
from jwtool.jose.sign import build_header, compact, encode_claims
from jwtool.jose.token import parse
from jwtool.jose.verify import OfferedSet, Policy, verify
from jwtool.server.oauth import Clients, Form, OAuthError, answer_json, one, read_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jwtool.server.issuer_keys import Ring
    from jwtool.server.messages import Request, Response

TOKEN = "/token"  # noqa: S105  a path
INTROSPECT = "/introspect"
LIFE_SECONDS = 900
TYP = "at+jwt"
REPEATABLE = ("audience", "resource")
_SCOPE = re.compile(r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*")
_TOLD = ("scope", "client_id", "username", "exp", "iat", "nbf", "sub", "aud", "iss", "jti")


class Defaults(NamedTuple):
    """What every token says unless its request says otherwise: `claims`, and over these `sub` and `audiences`."""

    claims: Mapping[str, Any]
    sub: str | None = None
    audiences: Sequence[str] = ()


class TokenEndpoints:
    """Answers token and introspection requests; `ring` and `clock` are asked anew for each of them."""

    def __init__(
        self,
        issuer: str,
        *,
        ring: Callable[[], Ring],
        clock: Callable[[], int],
        clients: Clients,
        defaults: Defaults,
    ) -> None:
        self._issuer = issuer
        self._ring = ring
        self._clock = clock
        self._clients = clients
        self._defaults = defaults

    def token(self, request: Request) -> Response:
        """A token for the client that asks.

        Raises OAuthError (RFC 6749 §5.2), and JwtoolError for what can't be signed.
        """
        form = read_form(request, repeatable=REPEATABLE)
        client = self._authenticate(request, form)
        grant = one(form, "grant_type")
        if grant is None:
            raise OAuthError("invalid_request", "grant_type is missing")
        if grant != "client_credentials":
            raise OAuthError("unsupported_grant_type", "only client_credentials is supported")
        now = self._clock()
        claims = self._claims(client, form, now)
        exp = seconds(claims, "exp") if "exp" in claims else None
        granted: dict[str, Any] = {"access_token": self._sign(claims, form, now), "token_type": "Bearer"}
        if exp is not None:
            granted["expires_in"] = max(int(exp) - now, 0)
        if isinstance(claims.get("scope"), str):
            granted["scope"] = claims["scope"]
        return answer_json(granted)

    def _claims(self, client: str, form: Mapping[str, list[str]], now: int) -> dict[str, Any]:
        defaults = self._defaults
        claims: dict[str, Any] = {"iss": self._issuer, "sub": client, "client_id": client}
        claims |= {"iat": now, "exp": now + LIFE_SECONDS, "jti": str(uuid.uuid4()), **defaults.claims}
        if defaults.sub is not None:
            claims["sub"] = defaults.sub
        _put_audiences(claims, defaults.audiences)
        for name, value in _given_claims(form).items():
            claims[name] = value
            if value is None:  # a test may want a token without it
                del claims[name]
        _put_audiences(claims, [*form.get("audience", ()), *form.get("resource", ())])
        for name in ("sub", "scope"):
            if name in form:
                claims[name] = form[name][0]
        if "scope" in form and not _SCOPE.fullmatch(form["scope"][0]):
            raise OAuthError("invalid_scope", "scope is a list of words with single blanks between them")
        return claims

    def _sign(self, claims: Mapping[str, Any], form: Mapping[str, list[str]], now: int) -> str:
        ring = self._ring()
        bad = form.get("bad", [None])[0]
        header = build_header(ring.signer, ring.alg, typ=form.get("typ", [TYP])[0])
        if bad is not None:
            check_kind(bad, tuple(KINDS), what="bad")
            claims = spoil_claims(bad, claims, now=now)
            header = spoil_header(bad, header)
        token = compact(encode_claims(claims), header, ring.signer, ring.alg)
        return forge(token, [ring.alg]) if bad == "sig" else token

    def _authenticate(self, request: Request, form: Form) -> str:
        audiences = (self._issuer, f"{self._issuer}{TOKEN}", f"{self._issuer}{INTROSPECT}")
        return self._clients.authenticate(request, form, audiences=audiences, now=self._clock())

    def introspect(self, request: Request) -> Response:
        """What a token of this issuer says, if it is one and still good: `active` is its signature, time and issuer.

        Raises OAuthError (RFC 7662 §2.3).
        """
        form = read_form(request)
        self._authenticate(request, form)
        token = one(form, "token")
        if token is None:
            raise OAuthError("invalid_request", "token is missing")
        policy = Policy(claims=ClaimPolicy(issuers=(self._issuer,)))
        try:
            offered = OfferedSet(self._ring().keyset, "this issuer")
            verification = verify(parse(token), [offered], policy, now=self._clock())
        except (InputError, KeyRefused):
            return answer_json({"active": False})
        if verification.claims is None:
            return answer_json({"active": False})
        told = {name: verification.claims[name] for name in _TOLD if name in verification.claims}
        return answer_json({"active": True, "token_type": "Bearer", **told})


def _put_audiences(claims: dict[str, Any], audiences: Sequence[str]) -> None:
    if audiences:
        claims["aud"] = audiences[0] if len(audiences) == 1 else list(audiences)


def _given_claims(form: Mapping[str, list[str]]) -> dict[str, Any]:
    """The claims of the request, as a JSON object."""
    return strict_json.parse_object(form["claims"][0], what="claims") if "claims" in form else {}
