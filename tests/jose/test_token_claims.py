from __future__ import annotations

import pytest

from jwtool.jose.token import PayloadFault, read_claims


def test_claims_are_read() -> None:
    assert read_claims(b'{"sub":"a","exp":1}') == ({"sub": "a", "exp": 1}, None)


NOT_AN_OBJECT = "the payload is not a JSON object"


@pytest.mark.parametrize(
    ("payload", "code", "message"),
    [
        (b"", "payload_not_claims", "the payload is empty, wanted JSON"),
        (b"[]", "payload_not_claims", "the payload is a list, wanted a JSON object"),
        (b'"a"', "payload_not_claims", "the payload is a string, wanted a JSON object"),
        (b"hello", "payload_not_claims", "the payload is not JSON: no JSON value at line 1, column 1"),
        (b'{"a":1,}', "payload_not_claims", "the payload is not JSON: trailing comma at line 1, column 7"),
        (b"\x00\x01\x02", "payload_not_claims", NOT_AN_OBJECT),
        (b"\x89PNG\xff", "payload_not_claims", NOT_AN_OBJECT),
        (b"[" * 1000, "payload_not_claims", NOT_AN_OBJECT),
        (b'[{"a":1,"a":1}]', "payload_not_claims", NOT_AN_OBJECT),
        (b"1e999", "payload_not_claims", NOT_AN_OBJECT),
        (b'{"exp":1,"exp":9999999999}', "duplicate_member", "the payload has the member 'exp' twice"),
        (b'\n {"a":{"b":1,"b":1}}', "duplicate_member", "the payload has the member 'b' twice"),
        (b'{"exp":1,"\\u0065xp":2}', "duplicate_member", "the payload has the member 'exp' twice"),
        (b'{"a":' + b"[" * 5000, "json_too_deep", "the payload is nested deeper than 64 levels"),
        (b'{"exp":1e999}', "json_bad_number", "the payload has a number that is too large for a double"),
        (b'{"exp":NaN}', "json_bad_number", "the payload has NaN, which is no JSON number"),
        (b'{"a":"\xff"}', "bad_utf8", "the payload is not UTF-8: an invalid byte at offset 6"),
        (b'\xef\xbb\xbf{"a":1}', "bad_utf8", "the payload begins with a byte order mark"),
        (b'{"a":"\\ud800"}', "bad_utf8", "the payload has an escaped lone surrogate at offset 6"),
        *[
            ('{"a":1}'.encode(encoding), "bad_utf8", "the payload is not UTF-8: it is UTF-16 or UTF-32")
            for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
        ],
    ],
)
def test_payloads_that_hold_no_claims(payload: bytes, code: str, message: str) -> None:
    assert read_claims(payload) == (None, PayloadFault(code, message))
