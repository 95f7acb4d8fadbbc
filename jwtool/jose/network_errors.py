"""The ways in which the network or a server fails: the leaves of `NetworkError`, for processes that use either."""

from __future__ import annotations

from jwtool.jose.errors import NetworkError


class JwksUnreachable(NetworkError):
    """`transient` says that the next try may succeed."""

    code = "jwks_unreachable"

    def __init__(self, message: str, *, hint: str | None = None, transient: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.transient = transient


class LinkLocalRefused(NetworkError):
    code = "link_local_refused"


class Offline(NetworkError):
    code = "offline"


class JwksTimeout(NetworkError):
    code = "jwks_timeout"


class JwksRedirectRefused(NetworkError):
    code = "jwks_redirect_refused"


class TlsFailed(NetworkError):
    code = "tls_failed"


class HttpStatus(NetworkError):
    """Another status than wanted: `status`, a number. `retry_after` are the seconds that the server asks for."""

    code = "http_status"

    def __init__(
        self, message: str, *, hint: str | None = None, status: int = 0, retry_after: int | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.retry_after = retry_after


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


class TokenRefused(NetworkError):
    code = "token_refused"


class ClusterFailed(NetworkError):
    code = "cluster_failed"
