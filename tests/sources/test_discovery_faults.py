"""What is wrong with a discovery document, whatever it holds."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from authlib.oidc.discovery import OpenIDProviderMetadata
from hypothesis import given
from hypothesis import strategies as st

from jwtool.jose.errors import NetworkError
from jwtool.sources.discovery import Metadata, endpoint
from jwtool.sources.discovery_faults import faults_of
from jwtool.sources.urls import parse_url
from tests.sources.discovery_documents import metadata, sound

WRONG: tuple[Any, ...] = (None, True, 0, 1.5, "x", "", [], [None], [1], [[]], [{}], {}, {"a": []})


@pytest.mark.parametrize("member", sorted({*sound("x"), "grant_types_supported", "ui_locales_supported", "op_tos_uri"}))
def test_no_value_is_too_odd_to_be_judged(member: str) -> None:
    """Authlib's models stop at the first fault, and stumble over types; here each member has its sentence."""
    for value in WRONG:
        for fault in faults_of(metadata(**{member: value})):
            assert fault.message == fault.message.strip()
            assert "Error" not in fault.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
URLS = st.sampled_from(["https://auth.example", "http://[", "https://[::1", "//", "http://127.0.0.1", "https://a@b"])


@given(
    st.dictionaries(st.sampled_from(OpenIDProviderMetadata.REGISTRY_KEYS) | st.text(), JSON | URLS),
    st.sampled_from(["openid", "oauth"]),
)
def test_whatever_a_document_holds_is_a_fault_and_no_failure(members: dict[str, Any], kind: Any) -> None:
    found = Metadata("https://auth.example", parse_url("https://auth.example/x"), kind, members)
    assert faults_of(found)
    with suppress(NetworkError):
        assert endpoint(found, "jwks_uri").scheme == "https"


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, []),
        ({"scopes_supported": ["openid"], "claims_parameter_supported": True}, []),
        ({"id_token_signing_alg_values_supported": ["ES256"]}, []),
        ({"jwks_uri": None}, [("jwks_uri", "jwks_uri names no jwks_uri")]),
        ({"subject_types_supported": ["all"]}, [("subject_types_supported", "holds a value that is none of those")]),
        ({"scopes_supported": "openid"}, [("scopes_supported", "must be an array of strings, found a string")]),
        ({"scopes_supported": ["openid", 1]}, [("scopes_supported", "must be an array of strings")]),
        ({"request_parameter_supported": "yes"}, [("request_parameter_supported", "must be true or false")]),
        ({"token_endpoint": "http://auth.example/token"}, [("token_endpoint", "http to 'auth.example' is refused")]),
        ({"revocation_endpoint": 7}, [("revocation_endpoint", "is a number, wanted a string")]),
        ({"op_tos_uri": "x"}, [("op_tos_uri", "must be a URL")]),
        (
            {"response_types_supported": [], "token_endpoint": "ftp://x/"},
            [("token_endpoint", "scheme 'ftp'"), ("response_types_supported", "is missing, and required")],
        ),
    ],
)
def test_every_fault_is_named(changes: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    found = faults_of(metadata(**changes))
    assert [fault.member for fault in found] == [member for member, _ in faults]
    if "jwks_uri" not in changes:
        assert all(words in fault.message for fault, (_, words) in zip(found, faults, strict=True)), found
