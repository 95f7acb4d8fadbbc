"""A complete local issuer for the tests of other software: where its endpoints are, and what each answers."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from jwtool.jose import strict_json
from jwtool.jose.algorithms import ALGORITHMS
from jwtool.jose.errors import JwtoolError, UsageError
from jwtool.server.http_server import HttpServer
from jwtool.server.issuer_admin import NO_FAULT, REBOUND, Stage, named_host, names_this_machine
from jwtool.server.issuer_token import INTROSPECT, TOKEN, Defaults, TokenEndpoints
from jwtool.server.jwks import COMMON, MEDIA_TYPE, WELL_KNOWN, in_url, rooted
from jwtool.server.messages import Request, Response, cacheable, plain
from jwtool.server.oauth import OAuthError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtool.server.issuer_keys import Ring
    from jwtool.server.oauth import Clients

OPENID = "/.well-known/openid-configuration"
RFC_8414 = "/.well-known/oauth-authorization-server"
ADMIN = ("rotate", "time", "fail")
TAKEN = (OPENID, RFC_8414, TOKEN, INTROSPECT, *(f"/admin/{action}" for action in ADMIN))
GUARDED = ("token", "introspect")
"""What no web page shall read by a name of its own that it points at this machine."""
MAX_BODY = 64 * 1024
_AUTHENTICATION = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
_ASSERTED = [row.name for row in ALGORITHMS.values() if row.family != "hmac"]
_BROKEN = b'{"keys":[{"kty":"RSA","n":'


class _Endpoint(NamedTuple):
    place: str
    methods: tuple[str, ...]
    answer: Callable[[Request], Response]


class IssuerServer(HttpServer):
    """Serves an issuer whose keys are those of `ring`. `now` is the clock, `max_age` is in seconds.

    `path` is where its key set is. `issuer` is the URL by which clients reach it, by default the one where it listens;
    its path, if it has one, comes before those of all endpoints. Raises UsageError for a `path` that is another's.
    The rest is as `HttpServer` has it.
    """

    def __init__(
        self,
        ring: Ring,
        *,
        clients: Clients,
        defaults: Defaults,
        now: Callable[[], int],
        host: str,
        port: int,
        issuer: str | None = None,
        path: str = WELL_KNOWN,
        max_age: int,
        log: Callable[[str], None] | None = None,
        access: Callable[[str], None] | None = None,
    ) -> None:
        if rooted(path) in TAKEN:
            raise UsageError(f"--path {in_url(rooted(path))} is where another endpoint is", hint=f"--path {WELL_KNOWN}")
        super().__init__(self._answer, host=host, port=port, max_body=MAX_BODY, log=log, access=access)
        self.issuer = issuer or self.origin
        stem = self.issuer.rstrip("/")
        self.jwks_uri = stem + in_url(rooted(path))
        self.token_endpoint = stem + TOKEN
        self.introspection_endpoint = stem + INTROSPECT
        named = urlsplit(stem)
        self._host = named.netloc.lower().removesuffix(f":{named.port}")
        self._prefix = prefix = unquote(named.path)
        self._stage = Stage(ring, now)
        self._cache_control = ("Cache-Control", f"public, max-age={max_age}")
        tokens = TokenEndpoints(
            self.issuer, ring=lambda: self._stage.ring, clock=self._stage.clock, clients=clients, defaults=defaults
        )
        read = ("GET", "HEAD")
        self._endpoints = {
            prefix + OPENID: _Endpoint("discovery", read, self._discovery),
            RFC_8414 + prefix: _Endpoint("discovery", read, self._discovery),  # inserted, RFC 8414 §3.1
            prefix + TOKEN: _Endpoint("token", ("POST",), tokens.token),
            prefix + INTROSPECT: _Endpoint("introspect", ("POST",), tokens.introspect),
            **{f"{prefix}/admin/{action}": _Endpoint("admin", ("POST",), self._admin(action)) for action in ADMIN},
            prefix + rooted(path): _Endpoint("jwks", read, self._jwks),
        }

    def _answer(self, request: Request) -> Response:
        endpoint = self._endpoints.get(request.path)
        if endpoint is None:
            return plain(
                HTTPStatus.NOT_FOUND, f"not found; what is here stands in {in_url(self._prefix)}{OPENID}", *COMMON
            )
        fault = self._stage.take_fault(endpoint.place)
        if fault.status is not None:
            failing = plain(fault.status, "failing on purpose, as /admin/fail was asked", *COMMON)
            return failing._replace(delay=fault.delay)
        if request.method not in endpoint.methods:
            allowed = ", ".join(endpoint.methods)
            return plain(HTTPStatus.METHOD_NOT_ALLOWED, f"only {allowed} here", *COMMON, ("Allow", allowed))
        if endpoint.place in GUARDED and self.is_loopback and not self._is_asked_by_name(request):
            return plain(HTTPStatus.FORBIDDEN, REBOUND)
        if fault.broken and endpoint.place == "jwks":
            fields = (("Content-Type", MEDIA_TYPE), ("Cache-Control", "no-store"), *COMMON)
            return Response(HTTPStatus.OK, fields, _BROKEN, fault.delay)
        try:
            answer = endpoint.answer(request)
        except OAuthError as refusal:
            answer = refusal.response()
        except JwtoolError as error:
            answer = OAuthError("invalid_request", error.message).response()
        return answer if fault == NO_FAULT else answer._replace(delay=fault.delay)

    def _is_asked_by_name(self, request: Request) -> bool:
        """Whether the Host is this machine's or, as a proxy before this server may leave it, the issuer's."""
        return names_this_machine(request) or named_host(request) == self._host

    def _admin(self, action: str) -> Callable[[Request], Response]:
        return lambda request: self._stage.act(action, request)

    def _jwks(self, request: Request) -> Response:
        return self._cacheable(request, self._stage.ring.document, MEDIA_TYPE)

    def _discovery(self, request: Request) -> Response:
        """OpenID Connect Discovery 1.0 §3 and RFC 8414 §2: the same members serve both."""
        document = {
            "issuer": self.issuer,
            "jwks_uri": self.jwks_uri,
            "token_endpoint": self.token_endpoint,
            "introspection_endpoint": self.introspection_endpoint,
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": ["none"],  # demanded, and there is no endpoint to ask for another
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": list(dict.fromkeys([*self._stage.ring.algs(), "RS256"])),
            "token_endpoint_auth_methods_supported": _AUTHENTICATION,
            "token_endpoint_auth_signing_alg_values_supported": _ASSERTED,
            "introspection_endpoint_auth_methods_supported": _AUTHENTICATION,
            "introspection_endpoint_auth_signing_alg_values_supported": _ASSERTED,
        }
        return self._cacheable(request, f"{strict_json.dump(document, indent=2)}\n".encode(), "application/json")

    def _cacheable(self, request: Request, body: bytes, media_type: str) -> Response:
        etag = f'"{hashlib.sha256(body).hexdigest()}"'
        return cacheable(request, body, etag, ("Content-Type", media_type), self._cache_control, *COMMON)
