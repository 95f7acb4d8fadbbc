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
    code = "http_status"


class ResponseTooLarge(NetworkError):
    code = "response_too_large"


class ResponseMalformed(NetworkError):
    code = "response_malformed"


class AddressUnavailable(NetworkError):
    code = "address_unavailable"
