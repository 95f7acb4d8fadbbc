"""The ways in which the network or a server fails: the leaves of `NetworkError`, for processes that use either."""

from __future__ import annotations

from jwtool.jose.errors import NetworkError


class JwksUnreachable(NetworkError):
    code = "jwks_unreachable"


class Offline(NetworkError):
    code = "offline"


class JwksTimeout(NetworkError):
    code = "jwks_timeout"


class JwksRedirectRefused(NetworkError):
    code = "jwks_redirect_refused"


class TlsFailed(NetworkError):
    code = "tls_failed"


class HttpStatus(NetworkError):
    """Another status than wanted: `status`, a number."""

    code = "http_status"

    def __init__(self, message: str, *, hint: str | None = None, status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class ResponseTooLarge(NetworkError):
    code = "response_too_large"


class ResponseMalformed(NetworkError):
    code = "response_malformed"


class AddressUnavailable(NetworkError):
    code = "address_unavailable"


class DiscoveryNotFound(NetworkError):
    code = "discovery_not_found"


class DiscoveryMalformed(NetworkError):
    code = "discovery_malformed"


class IssuerMismatch(NetworkError):
    code = "issuer_mismatch"


class DiscoveredUrlRefused(NetworkError):
    code = "discovered_url_refused"
