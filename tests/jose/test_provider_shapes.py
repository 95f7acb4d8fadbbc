"""What providers do otherwise, and one preset alone lets through: padding in a token, an issuer of any tenant."""

from __future__ import annotations

from typing import Any

import pytest

from jwtool.jose.claims import of_tenant
from jwtool.jose.token import without_padding


@pytest.mark.parametrize(
    ("part", "bare"),
    [
        ("", ""),
        ("abcd", "abcd"),
        ("abc=", "abc"),
        ("ab==", "ab"),
        ("abcdabc=", "abcdabc"),
        ("ab=", "ab="),
        ("abc==", "abc=="),
        ("abcd====", "abcd===="),
        ("a=b=", "a=b"),
        ("=abc", "=abc"),
        ("abcdX", "abcdX"),
        ("abcde===", "abcde"),
        ("XabX", "XabX"),
        ("abcab", "abcab"),
    ],
)
def test_padding_goes_where_it_makes_a_multiple_of_four(part: str, bare: str) -> None:
    assert without_padding(part) == bare


TENANT = "6babcaad-604b-40ac-a9d7-9fd97c0b779f"
ISSUER = "https://login.microsoftonline.com/{tenantid}/v2.0"


@pytest.mark.parametrize(
    ("issuer", "claims", "expected"),
    [
        (ISSUER, {"tid": TENANT}, f"https://login.microsoftonline.com/{TENANT}/v2.0"),
        ("https://auth.example", {"tid": TENANT}, "https://auth.example"),
        (ISSUER, {}, ISSUER),
        (ISSUER, {"TID": TENANT, "XXtidXX": TENANT}, ISSUER),
        (ISSUER, {"tid": 5}, ISSUER),
        (ISSUER, {"tid": "contoso.com/evil"}, ISSUER),
        (ISSUER, {"tid": f"{TENANT}/"}, ISSUER),
        ("https://auth.example", {"tid": 5}, "https://auth.example"),
    ],
    ids=["uuid", "no place", "no tid", "other names", "number", "a path", "more", "neither"],
)
def test_the_issuer_of_a_tenant(issuer: str, claims: dict[str, Any], expected: str) -> None:
    assert of_tenant(issuer, claims) == expected
