"""A discovery document without faults, for tests to spoil."""

from __future__ import annotations

from typing import Any

from jwtool.sources.discovery import Metadata
from jwtool.sources.urls import parse_url


def sound(of: str, **members: Any) -> dict[str, Any]:
    """A document without faults."""
    stem = of.rstrip("/")
    return {
        "issuer": of,
        "authorization_endpoint": f"{stem}/authorize",
        "token_endpoint": f"{stem}/token",
        "jwks_uri": f"{stem}/jwks.json",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
    } | members


def metadata(url: str = "https://auth.example/x", **members: Any) -> Metadata:
    return Metadata("https://auth.example", parse_url(url), "openid", sound("https://auth.example", **members))
